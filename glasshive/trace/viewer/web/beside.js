// Two traces beside one another: which event of the one is which of the other.

import { h } from "./element.js";
import { row } from "./lists.js";
import { seconds } from "./words.js";

const ALONE = -(2 ** 31); // how far the like of an event that has none is away

// Gives each trace its `twins`: the place in the other of the event that came of the same causes.
//   offsets: how many events further that is, for each event of the whole first trace.
export function pairUp([left, right], offsets) {
  left.twins = new Int32Array(left.count).fill(-1);
  right.twins = new Int32Array(right.count).fill(-1);
  for (let event = 0; event < left.count; event += 1) {
    const offset = offsets[left.indexOf(event)];
    const twin = offset === ALONE ? -1 : right.placeOf(left.indexOf(event) + offset);
    if (twin < 0) continue;
    left.twins[event] = twin;
    right.twins[twin] = event;
  }
}

// What the other trace has of an event, for a panel; nothing where there is no other trace.
export function twinRows(focus, event) {
  const { trace, traces, side } = focus;
  if (traces.length < 2) return [];
  const other = traces[1 - side];
  const title = h("h3", {}, `In ${other.name}`);
  const twin = trace.twinOf(event);
  if (twin < 0) return [title, h("p", { class: "bad twin" }, "No event came of the same causes there.")];
  const later = other.time[twin] - trace.time[event];
  const when = later === 0 ? "at the same time" : `${seconds(Math.abs(later))} ${later > 0 ? "later" : "earlier"}`;
  const words = h("p", { class: "soft twin" }, `The same event, ${when}.`);
  Promise.all([trace.payload(event), other.payload(twin)]).then(([own, its]) => {
    if (JSON.stringify(own) !== JSON.stringify(its)) words.textContent = `The same event, ${when}, with another payload.`;
  });
  return [title, words, h("div", { class: "rows" }, row(focus, twin, { side: 1 - side }))];
}
