// Where two traces part.

import { h } from "./element.js";
import { row } from "./lists.js";
import { counted } from "./words.js";

const FEW = 40; // events of one trace alone that are listed
const DOES = {
  both: "does something else next",
  left: "does in the first what it leaves out in the other",
  right: "leaves out in the first what it does in the other",
  neither: "does the same in another order",
};

// Has lanes mark the parting. Where an actor does nothing more in one of the traces, its last event there
// is marked, and where it does nothing at all, the same moment.
export function markParting(traces, lanesOfTraces, parting) {
  const placeOf = (split, side) => traces[side].placeOf((side ? split.right : split.left) ?? split.before?.[side] ?? -1);
  const place = (split, side) => {
    if (!split) return null;
    const [own, other] = [placeOf(split, side), placeOf(split, 1 - side)];
    if (own >= 0) return own;
    return other < 0 ? null : traces[side].eventAt("time", traces[1 - side].time[other]);
  };
  lanesOfTraces.forEach((lanes, side) => {
    lanes.parting = place(parting?.split, side);
    lanes.deed = place(parting?.deed, side);
  });
}

export function partingPanel(focus, parting) {
  if (parting.same)
    return [
      h("p", { class: "good" }, "The same: every actor does the same in both, by what caused it."),
      table("How they were run", parting.header),
      table("How they ended", parting.end),
    ];
  const { split, deed } = parting;
  return [
    ...parting.spawned.map((each) => table(`${each.actor} begins otherwise`, each.differences)),
    decided(parting.decisions),
    ...(split ? place(focus, split, "They part at") : [h("p", {}, "What the actors do is the same.")]),
    ...(deed ? place(focus, deed, "More than payloads differs at") : []),
    table("How they were run", parting.header),
    table("How they ended", parting.end),
    h("h3", {}, "What they share"),
    h("p", {}, `${counted(parting.shared, "event")} in both, by what caused them.`),
    ...parting.only.flatMap((only, side) => alone(focus, only, side)),
  ];
}

function decided(decisions) {
  if (!decisions.length) return null;
  const items = decisions.map(({ number, run, words }) =>
    h("li", {}, h("b", {}, `${counted(number)} of the ${run === "A" ? "first" : "other"}`), `: ${words}`),
  );
  return h("section", { class: "decisions" }, h("h3", {}, "Decided by"), h("ul", { class: "checks" }, items));
}

function place(focus, split, title) {
  return [
    h("p", {}, `${title} `, h("b", {}, split.actor), `, which ${does(split)}.`),
    ...(split.before ? [h("h3", {}, "Before it, in both"), line(focus, 0, split.before[0])] : []),
    h("h3", {}, "Here, the first trace"),
    line(focus, 0, split.left),
    h("h3", {}, "And the other"),
    line(focus, 1, split.right),
    table("What differs", split.differences),
  ];
}

function does({ kind, only, left, before }) {
  if (kind === "value") return "does the same with another payload";
  if (kind !== "length") return DOES[only];
  return `does nothing${before ? " more" : ""} in the ${left === null ? "first" : "other"}`;
}

function alone(focus, { count, first }, side) {
  if (!count) return [];
  const places = first.slice(0, FEW).map((index) => focus.traces[side].placeOf(index));
  const rows = places.filter((event) => event >= 0).map((event) => row(focus, event, { side, near: true }));
  const rest = count - rows.length;
  return [
    h("h3", {}, `Only in ${focus.traces[side].name}`, h("span", { class: "count" }, counted(count))),
    h("div", { class: "rows" }, rows),
    rest ? h("p", { class: "soft" }, `and ${counted(rest)} more`) : null,
  ];
}

function line(focus, side, index) {
  if (index === null) return h("p", { class: "soft" }, "Nothing.");
  const event = focus.traces[side].placeOf(index);
  if (event < 0) return h("p", { class: "soft" }, `Event ${index}, which is not on this page.`);
  return h("div", { class: "rows" }, row(focus, event, { side, near: true }));
}

function table(title, differences) {
  if (!differences.length) return null;
  const rows = differences.map((each) => h("tr", {}, h("th", {}, each.at || "all"), h("td", {}, each.left), h("td", {}, each.right)));
  return h("section", {}, h("h3", {}, title), h("table", {}, h("tbody", {}, rows)));
}
