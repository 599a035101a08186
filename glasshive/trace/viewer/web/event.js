// The open event: what it is, what it carries, what it came from and what came of it.

import { twinRows } from "./beside.js";
import { h } from "./element.js";
import { chip, isolate, markWords, row } from "./lists.js";
import { counted, seconds, told } from "./words.js";

const MOST_CAUSES = 40;
const MOST_EFFECTS_SHOWN = 60;

export function eventPanel(focus) {
  const { event, trace } = focus;
  if (event < 0)
    return [
      h("p", { class: "soft" }, "Click an event or an arrow, or press → to go to the first event."),
    ];
  const causes = trace.causesOf(event);
  const effects = trace.effectsOf(event);
  const earlier = trace.cause[causes.at(-1) ?? event] > 0;
  const payload = h("pre", { class: "payload", tabindex: "0", "aria-label": "Payload" });
  trace.carried(event).then((data) => {
    const nothing = trace.isForgotten(event) ? "sent before the first event on this page" : "nothing";
    payload.textContent = data === undefined ? nothing : JSON.stringify(data, null, 2);
  });
  const words = h("span", {}, told(trace, event));
  trace.payload(event).then((data) => {
    const more = markWords(trace, trace.kindOf(event), event, data);
    if (more) words.replaceChildren(more);
  });
  const story = (events, most) => [
    ...[...events].slice(0, most).map((each) => row(focus, each)),
    events.length > most ? h("p", { class: "soft" }, `and ${counted(events.length - most)} more`) : null,
  ];
  return [
    h("h3", { class: "title" }, h("span", { class: "index" }, `#${trace.indexOf(event)} `), words),
    h("dl", {}, facts(focus).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    ...twinRows(focus, event),
    h("h3", {}, "Cause"),
    causes.length
      ? h("div", { class: "rows causes" }, row(focus, causes[0]))
      : h("p", { class: "soft" }, earlier ? "Before the first event on this page." : "None: it came from outside."),
    h("h3", {}, `Effects`, h("span", { class: "count" }, counted(effects.length))),
    effects.length
      ? h("div", { class: "rows effects" }, story(effects, MOST_EFFECTS_SHOWN))
      : h("p", { class: "soft" }, "Nothing came of it."),
    h("h3", {}, "Payload"),
    payload,
    causes.length > 1 ? h("h3", {}, "All causes", h("span", { class: "count" }, counted(causes.length))) : null,
    causes.length > 1 ? h("div", { class: "rows" }, story(causes, MOST_CAUSES)) : null,
  ];
}

function facts(focus) {
  const { event, trace } = focus;
  const found = [["time", seconds(trace.time[event])]];
  const kind = trace.kindOf(event);
  found.push(["kind", kind], ["actor", actorButton(focus, trace.actorOf(event))]);
  if (trace.peerOf(event) && trace.peerOf(event) !== trace.actorOf(event))
    found.push(["peer", actorButton(focus, trace.peerOf(event))]);
  if (trace.typeOf(event)) found.push(["type", trace.typeOf(event)]);
  if (trace.message[event]) found.push(["message", String(trace.message[event] - 1)]);
  const origin = trace.originOf(event);
  if (origin >= 0 && origin !== event && kind !== "duplicate")
    found.push(["under way", seconds(trace.time[event] - trace.time[origin])]);
  const jobs = trace.jobsOf(event);
  if (jobs.length) found.push(["job", jobs.map((job) => jobButton(focus, job))]);
  const change = trace.changeAt(event);
  if (change) found.push(["state", h("span", {}, `${change.subject}: `, chip(change.before), " → ", chip(change.after) ?? "gone")]);
  return found;
}

function jobButton(focus, job) {
  return h("button", { class: "link", onclick: () => isolate(focus, focus.job === job.name ? "" : job.name) }, job.name);
}

function actorButton(focus, name) {
  const title = "The metrics of this actor alone, of its class, and of all again";
  return h("button", { class: "link", title, onclick: () => focus.change({ actor: focus.following(name) }) }, name);
}
