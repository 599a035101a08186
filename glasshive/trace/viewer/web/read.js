// The traces that are in the page itself.

import { pairUp } from "./beside.js";
import { columnsOf } from "./events.js";
import { Packed, unpacked } from "./payloads.js";
import { Trace, rankAlike } from "./trace.js";

// told: what is told of each trace; its columns and payloads are in elements of their own.
export async function readTraces(told) {
  const textOfElement = (name) => document.getElementById(name).textContent;
  const traces = [];
  for (const [side, each] of told.entries()) {
    const columns = columnsOf(each, await unpacked(textOfElement(`columns-${side}`)));
    const payloads = new Packed(textOfElement(`payloads-${side}`).split("\n"), each.together);
    traces.push(new Trace(each, columns, payloads, traces[0]));
  }
  if (traces.length > 1) {
    rankAlike(traces[0], traces[1]);
    pairUp(traces, new Int32Array(await unpacked(textOfElement("pairs"))));
  }
  return traces;
}
