// The registry of every actor at one moment, with what has changed since the last one.

import { twinRows } from "./beside.js";
import { h } from "./element.js";
import { chip, row } from "./lists.js";
import { counted, seconds } from "./words.js";

const MOST_ENTRIES = 240; // rows of all registries, which are made anew while one scrubs
const LEAST_ENTRIES = 8; // of each registry

export function registriesPanel(focus) {
  const { trace, at } = focus;
  const since = Math.min(focus.before, at);
  const lead = h("p", { class: "moment" }, h("b", {}, seconds(trace.time[at])), ` after event ${counted(trace.indexOf(at))}`);
  const last = h("div", {}, row(focus, at), twinRows(focus, at));
  const registries = trace.registriesAt(at);
  if (!registries.size) return [lead, last, h("p", { class: "soft" }, "No registry holds anything yet.")];
  const back = focus.before > at;
  const most = Math.max(LEAST_ENTRIES, Math.floor(MOST_ENTRIES / registries.size));
  const sections = trace.lanes
    .filter((actor) => registries.has(actor.name))
    .map((actor) => registry(focus, actor.name, registries.get(actor.name), { since, back, most }));
  const direction = back ? "Scrubbed back: what is undone is marked." : `What has changed since event ${counted(trace.indexOf(since))} is marked.`;
  const known = trace.header.first ? " What has not changed since the trace begins is not known." : "";
  return [lead, last, h("p", { class: "soft" }, `${direction}${known}`), ...sections];
}

function registry(focus, name, changes, { since, back, most }) {
  const { trace, at, before } = focus;
  // Scrubbing back marks what had changed by the later moment.
  const undone = (change) => back && trace.subjects.get(change.subject).some((each) => each.event > at && each.event <= before);
  const marked = (change) => (back ? undone(change) : change.event > since || change.event === at);
  const there = changes.filter((change) => change.after !== null || marked(change));
  const held = changes.filter((change) => change.after !== null).length;
  const shown = there.length > most ? pressing(trace, there, marked).slice(0, most) : there;
  const make = (change) => entry(focus, change, marked(change));
  const list = h("div", { class: "rows" }, shown.map(make));
  const rest = there.length - shown.length;
  const all = ({ target }) => {
    list.replaceChildren(...there.map(make));
    target.remove();
    list.firstElementChild.focus();
  };
  return h(
    "section",
    { class: "registry", "data-actor": name },
    h("h3", {}, name, h("span", { class: "count" }, counted(held))),
    list,
    rest ? h("button", { class: "more", onclick: all }, `${counted(rest)} more`) : null,
    there.length ? null : h("p", { class: "soft" }, "holds nothing any more"),
  );
}

// Of more than there is room for: those that have changed, then those that have not ended.
function pressing(trace, changes, marked) {
  const rank = (change) => (marked(change) ? 0 : trace.openStates.includes(change.after) ? 1 : 2);
  return [0, 1, 2].flatMap((each) => changes.filter((change) => rank(change) === each));
}

function entry(focus, change, marked) {
  const { trace } = focus;
  const facts = Object.entries(change.facts ?? {}).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  const earlier = change.event < 0;
  return h(
    "button",
    {
      class: `row entry${marked ? " changed" : ""}`,
      "data-subject": change.subject,
      disabled: earlier,
      title: earlier ? "changed before the first event on this page" : `changed by event ${trace.indexOf(change.event)}`,
      onclick: () => focus.open(change.event),
    },
    h("span", { class: "words" }, change.subject, facts.length ? h("span", { class: "soft" }, ` ${facts.join(", ")}`) : null),
    h("span", { class: "states" }, marked && change.before ? h("s", {}, change.before) : null, chip(change.after, trace.openStates.includes(change.after)) ?? h("span", { class: "soft" }, "gone")),
  );
}
