// A link to what is shown: `#event=812&job=…`. What is as it is at first is left out.

const DIGITS = 10;

//   moves: whether it follows a run that goes on, so that no place is meant.
export function linkOf(focus, moves = false) {
  const { trace } = focus;
  const whole = focus.whole();
  const parts = new URLSearchParams();
  if (focus.side) parts.set("side", String(focus.side + 1));
  if (focus.event >= 0) parts.set("event", trace.indexOf(focus.event));
  if (focus.at && focus.at !== focus.event && !moves) parts.set("at", trace.indexOf(focus.at));
  for (const name of ["job", "where", "actor"]) if (focus[name]) parts.set(name, focus[name]);
  if (focus.axis !== "time") parts.set("axis", focus.axis);
  if (!moves && (focus.from !== whole.from || focus.to !== whole.to)) {
    parts.set("from", String(Number(focus.from.toPrecision(DIGITS))));
    parts.set("to", String(Number(focus.to.toPrecision(DIGITS))));
  }
  parts.set("tab", focus.tab);
  return `#${parts}`;
}

// What a link asks for, as changes of the focus; what it asks for and there is not, is left out.
export function linked(hash, focus, tabs) {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const side = parts.get("side") === "2" && focus.traces.length > 1 ? 1 : 0;
  const trace = focus.traces[side];
  const place = (name) => (parts.has(name) ? trace.placeOf(Number(parts.get(name))) : -1);
  const event = place("event");
  const at = place("at") >= 0 ? place("at") : Math.max(0, event);
  const axis = parts.get("axis") === "order" ? "order" : "time";
  const job = trace.jobNamed.get(parts.get("job"))?.name ?? "";
  const changes = { side, event, at, axis, job, where: parts.get("where") ?? "" };
  changes.actor = trace.numbersOf(parts.get("actor")) ? parts.get("actor") : "";
  const tab = parts.get("tab") ?? (event >= 0 ? "event" : "");
  if (tabs.includes(tab)) changes.tab = tab;
  const from = Number(parts.get("from") ?? NaN);
  const to = Number(parts.get("to") ?? NaN);
  focus.axis = axis; // bounds are of this axis
  if (from < to) Object.assign(changes, { from, to });
  else if (event >= 0) {
    const half = focus.close(event, side) / 2;
    const middle = trace.position[axis][event];
    Object.assign(changes, focus.kept(middle - half, middle + half));
  } else if (job) {
    const { events } = trace.jobNamed.get(job);
    const positions = trace.position[axis];
    Object.assign(changes, focus.kept(positions[events[0]], positions[events.at(-1)]));
  } else Object.assign(changes, focus.whole(axis));
  return changes;
}
