// Where two traces part.

import { h } from "./element.js";
import { row } from "./lists.js";
import { counted } from "./words.js";

export function partingPanel(focus, parting) {
  if (parting.same) return [h("p", { class: "good" }, "The two traces are the same, event for event.")];
  const parts = [];
  const { event } = parting;
  if (event) {
    parts.push(h("p", {}, h("b", {}, `The same for ${counted(parting.events, "event")}`), `, then they part in what `, h("b", {}, event.actor), ` does.`));
    if (event.handling !== null) parts.push(h("h3", {}, "While it handled"), line(focus, 0, event.handling));
    parts.push(h("h3", {}, "Here, the first trace"), line(focus, 0, event.left));
    parts.push(h("h3", {}, "And the other"), line(focus, 1, event.right));
    parts.push(table("What differs", event.differences));
  } else parts.push(h("p", {}, `All ${counted(parting.events, "event")} are the same.`));
  parts.push(table("How they were run", parting.header), table("How they ended", parting.end));
  return parts;
}

function line(focus, side, index) {
  if (index === null) return h("p", { class: "soft" }, "It has ended.");
  const event = focus.traces[side].placeOf(index);
  if (event < 0) return h("p", { class: "soft" }, `Event ${index}, which is not on this page.`);
  return h("div", { class: "rows" }, row(focus, event, { side, near: true }));
}

function table(title, differences) {
  if (!differences.length) return null;
  const rows = differences.map((each) => h("tr", {}, h("th", {}, each.at || "all"), h("td", {}, each.left), h("td", {}, each.right)));
  return h("section", {}, h("h3", {}, title), h("table", {}, h("tbody", {}, rows)));
}
