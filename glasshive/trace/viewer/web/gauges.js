// What is measured over a run: how often something happens, and how much of something there is.

import { ARRIVALS, firstAfter } from "./events.js";

const MOST_STATES = 3; // that have a gauge of their own

// Gauges of the whole run (`whose` is null), or of what some actors send, get and hold, who are given
// by their numbers. One with `counts` has a 1 for each event that happens; one with `steps` knows how
// much there is after each event.
export function gaugesOf(trace, whose) {
  const gauges = [{ name: "messages", unit: "message", counts: messagesOf(trace, whose) }];
  const items = itemsOf(trace, whose);
  if (items) gauges.push({ name: "items", unit: "item", counts: items });
  gauges.push({ name: "waiting", unit: "message", steps: pendingOf(trace, whose) });
  return [...gauges, ...statesOf(trace, whose)];
}

function messagesOf(trace, whose) {
  const { count, kind, number } = trace;
  const counts = new Uint8Array(count);
  for (let event = 0; event < count; event += 1)
    if (kind[event] === number.send && (whose === null || whose.has(trace.actor[event]) || whose.has(trace.peer[event]))) counts[event] = 1;
  return counts;
}

// Of the whole run each item where it is first sent, and not where it is passed on; of some actors
// those that they send, or, of such that send none, those that they get. Null: there are no items.
function itemsOf(trace, whose) {
  const { count, item, kind, number } = trace;
  const where = (holds) => {
    const counts = new Uint8Array(count);
    let any = false;
    for (let event = 0; event < count; event += 1)
      if (holds(event)) {
        counts[event] = 1;
        any = true;
      }
    return any ? counts : null;
  };
  const sent = (event) => item[event] === 1 && kind[event] === number.send;
  const isItem = (event) => event >= 0 && item[trace.carrierOf(event)] === 1;
  if (whose === null) return where((event) => sent(event) && !isItem(trace.causeOf(event)));
  return (
    where((event) => sent(event) && whose.has(trace.actor[event])) ??
    where((event) => kind[event] === number.deliver && whose.has(trace.actor[event]) && isItem(event))
  );
}

// Messages that were sent and that nobody handles yet: under way, or in an inbox.
function pendingOf(trace, whose) {
  const { count, kind, number } = trace;
  const step = new Int8Array(trace.kinds.length);
  for (const name of ["send", "duplicate", "timer-fired"]) step[number[name]] = 1;
  for (const name of ARRIVALS) step[number[name]] = -1;
  const steps = new Steps();
  for (let event = 0; event < count; event += 1) {
    const change = step[kind[event]];
    const origin = change ? trace.originOf(event) : -1;
    if (origin >= 0 && (whose === null || whose.has(trace.peer[origin]))) steps.add(event, change);
  }
  return steps;
}

// How many entries of registries are in each state that entries leave for another.
function statesOf(trace, whose) {
  const holders = whose && new Set([...whose].map((number) => trace.names[number - 1]));
  const changes = trace.changes.filter((change) => holders === null || holders.has(change.actor));
  const own = trace.gaugedStates.length > MOST_STATES ? trace.gaugedStates.slice(0, MOST_STATES - 1) : trace.gaugedStates;
  const gauges = new Map(own.map((state) => [state, { name: state, unit: "entry", steps: new Steps() }]));
  const rest = { name: "other open states", unit: "entry", steps: new Steps() };
  const gaugeOf = (state) => gauges.get(state) ?? (trace.gaugedStates.includes(state) ? rest : null);
  const held = new Map();
  for (const { event, actor: name, subject, after } of changes) {
    const entry = `${name} ${subject}`;
    gaugeOf(held.get(entry))?.steps.add(event, -1);
    gaugeOf(after)?.steps.add(event, 1);
    held.set(entry, after);
  }
  return trace.gaugedStates.length > MOST_STATES ? [...gauges.values(), rest] : [...gauges.values()];
}

// A number that changes with some events.
class Steps {
  constructor() {
    this.events = [];
    this.values = [];
  }
  // Changes are added in the order of their events; those before the first event are at -1.
  add(event, change) {
    const value = (this.values.at(-1) ?? 0) + change;
    if (this.events.at(-1) === event) this.values[this.values.length - 1] = value;
    else {
      this.events.push(event);
      this.values.push(value);
    }
  }
  // What it is after an event.
  at(event) {
    return this.values[firstAfter(this.events, event) - 1] ?? 0;
  }
}
