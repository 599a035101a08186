// How numbers and events are written.

export function seconds(value) {
  const size = Math.abs(value);
  if (size === 0) return "0 s";
  if (size < 1e-3) return `${trimmed(value * 1e6, 1)} µs`;
  if (size < 1) return `${trimmed(value * 1e3, 2)} ms`;
  return `${trimmed(value, size < 100 ? 4 : 3)} s`;
}

export function trimmed(value, digits) {
  return String(Number(value.toFixed(digits)));
}

// In the page's language, which is English, and not in that of whoever reads it.
export function counted(number, noun) {
  const amount = number.toLocaleString("en");
  if (!noun) return amount;
  const plural = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${amount} ${number === 1 ? noun : plural}`;
}

// A step between ticks that people count in: 1, 2 or 5 times a power of ten.
export function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  for (const factor of [1, 2, 5]) if (factor * power >= least) return factor * power;
  return 10 * power;
}

const HAPPENS = {
  spawn: "begins",
  send: "sends",
  deliver: "gets",
  drop: "never gets",
  unread: "never looks at",
  duplicate: "sends again",
  "timer-set": "sets a timer",
  "timer-fired": "is woken by",
  "timer-cancelled": "cancels a timer",
  state: "changes",
  note: "notes",
  fault: "is struck by",
  fail: "fails",
  stop: "ends",
  violation: "breaks a rule",
};

// One event in a line, as `hive-1 sends StreamItem to queen`.
export function told(trace, event) {
  const kind = trace.kindOf(event);
  const type = trace.typeOf(event);
  const peer = trace.peerOf(event);
  const actor = trace.actorOf(event);
  if (kind === "fault") return trace.hasLane(event) ? `${actor}: fault` : actor;
  let text = `${actor} ${HAPPENS[kind] ?? kind}`;
  if (type) text += ` ${type}`;
  if (kind === "send" || kind === "duplicate") text += peer ? ` to ${peer}` : "";
  else if ((kind === "deliver" || kind === "drop") && peer && peer !== actor) text += ` from ${peer}`;
  if (kind === "state") {
    const change = trace.changeAt(event);
    if (change) text += ` ${change.subject}: ${change.before ?? "new"} → ${change.after ?? "gone"}`;
  }
  return text;
}
