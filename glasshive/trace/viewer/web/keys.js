// What each key does.

import { h } from "./element.js";

const ZOOM = 0.6;

export const KEYS = [
  ["← →", "the event before, the next one of the same actor"],
  ["↑", "its cause"],
  ["↓", "the first that came of it"],
  ["[ ]", "the event before or after that has the same cause"],
  ["m M", "the next mark (fault, drop, duplicate, violation), the one before"],
  ["v V", "the next violation, the one before"],
  ["n N", "the next event in sight of the filter, the one before"],
  ["+ −", "closer, wider; the wheel does it too"],
  ["Shift ← →", "to the sides; dragging does it too"],
  ["Shift ↑ ↓", "lanes up and down"],
  ["0", "all of the run"],
  ["z", "close to the open event"],
  ["o", "across: time, or one step for each event"],
  ["a", "the metrics of the open event's actor alone, of its class, and of all again"],
  ["j", "only the job of the open event, and all again"],
  ["t", "the scrubber, which the arrow keys, Page Up and Page Down, Home and End move"],
  ["/", "the filter"],
  ["1 … 7", "the panels"],
  ["s", "the same event of the other trace, where there are two"],
  ["l", "of a run that goes on: follow its end, stand still"],
  ["Esc", "closes the event, then drops the filter and the job"],
  ["?", "this help"],
];

export function helpTable() {
  const rows = KEYS.map(([key, words]) => h("tr", {}, h("th", {}, h("kbd", {}, key)), h("td", {}, words)));
  return h("table", { class: "keys" }, h("tbody", {}, rows));
}

// Makes a page answer to its keys.
//   page: what the keys do that the focus cannot.
export function listenToKeys(focus, page) {
  const go = (event, near = false) => {
    if (event >= 0) focus.open(event, { near });
  };
  const step = (direction) =>
    focus.event < 0 ? go(firstInSight(focus)) : go(focus.trace.neighbour(focus.event, direction));
  const actions = {
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    ArrowUp: () => focus.event >= 0 && go(focus.trace.causeOf(focus.event)),
    ArrowDown: () => focus.event >= 0 && go(focus.trace.effectsOf(focus.event)[0] ?? -1),
    "[": () => go(sibling(focus, -1)),
    "]": () => go(sibling(focus, 1)),
    m: () => go(nextOf(focus, focus.trace.markedEvents, 1), true),
    M: () => go(nextOf(focus, focus.trace.markedEvents, -1), true),
    v: () => go(nextOf(focus, focus.trace.marks.violation, 1), true),
    V: () => go(nextOf(focus, focus.trace.marks.violation, -1), true),
    n: () => go(nextInSight(focus, 1)),
    N: () => go(nextInSight(focus, -1)),
    "+": () => focus.zoom(ZOOM, middle(focus)),
    "=": () => focus.zoom(ZOOM, middle(focus)),
    "-": () => focus.zoom(1 / ZOOM, middle(focus)),
    0: () => focus.change(focus.whole()),
    z: () => focus.event >= 0 && focus.open(focus.event, { near: true, tab: focus.tab }),
    o: () => focus.turn(focus.axis === "time" ? "order" : "time"),
    a: () => focus.change({ actor: focus.event < 0 ? "" : focus.following(focus.trace.actorOf(focus.event)) }),
    j: () => page.isolateOpen(),
    s: () => page.otherSide(),
    l: () => page.live?.toggle(),
    t: () => page.overview.canvas.focus(),
    "/": () => page.filter.focus(),
    "?": () => page.help(),
    Escape: () => (focus.event >= 0 ? focus.change({ event: -1 }) : focus.change({ job: "", where: "", actor: "" })),
  };
  const shifted = {
    ArrowLeft: () => focus.pan(-0.2),
    ArrowRight: () => focus.pan(0.2),
    ArrowUp: () => page.scroll(-60),
    ArrowDown: () => page.scroll(60),
  };
  document.addEventListener("keydown", (key) => {
    if (key.ctrlKey || key.altKey || key.metaKey || document.querySelector("dialog[open]")) return;
    const writes = key.target.closest?.("input");
    if (writes) {
      if (key.key === "Escape") page.stage.focus();
      return;
    }
    // In a panel the arrows go from row to row.
    const list = key.target.closest?.(".rows, [role=tablist]");
    if (list && key.key.startsWith("Arrow") && !key.shiftKey) return;
    if (/^[1-9]$/.test(key.key)) return page.openTab(Number(key.key) - 1, key);
    const action = (key.shiftKey && shifted[key.key]) || actions[key.key];
    if (!action) return;
    key.preventDefault();
    action();
  });
}

function middle(focus) {
  const at = focus.event >= 0 ? focus.trace.position[focus.axis][focus.event] : NaN;
  return at >= focus.from && at <= focus.to ? at : undefined;
}

function firstInSight(focus) {
  const { trace } = focus;
  for (let event = trace.eventAt(focus.axis, focus.from); event < trace.count; event += 1)
    if (trace.position[focus.axis][event] >= focus.from && trace.isVisible(event)) return event;
  return -1;
}

function sibling(focus, direction) {
  const { trace, event } = focus;
  const cause = event < 0 ? -1 : trace.causeOf(event);
  if (cause < 0) return -1;
  const siblings = trace.effectsOf(cause);
  return siblings[siblings.indexOf(event) + direction] ?? -1;
}

// The next of some events after the open one, and from the last to the first again.
function nextOf(focus, events, direction) {
  if (!events.length) return -1;
  const from = focus.event >= 0 ? focus.event : direction > 0 ? focus.at - 1 : focus.at + 1;
  if (direction > 0) return events.find((event) => event > from) ?? events[0];
  return events.findLast((event) => event < from) ?? events.at(-1);
}

function nextInSight(focus, direction) {
  const { trace } = focus;
  const from = focus.event >= 0 ? focus.event + direction : focus.at;
  for (let event = from; event >= 0 && event < trace.count; event += direction)
    if (trace.isVisible(event)) return event;
  return -1;
}
