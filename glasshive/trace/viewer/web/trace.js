// What follows from the events of a trace: its lanes, arrows, registries, jobs and marks.

import { ARRIVALS, Events } from "./events.js";
import { inOrder, ranksOf } from "./order.js";

const DEPARTURES = ["send", "duplicate"];

export const MARKS = ["violation", "fail", "fault", "drop", "duplicate", "undelivered", "note"];

export class Trace extends Events {
  // `beside` is the trace that this one is laid beside, whose lanes it follows.
  constructor(told, columns, payloads, beside = null) {
    super(told, columns, payloads);
    this._readRegistries();
    this._placeActors(beside);
    this._drawArrows();
    this._gatherMarks();
    this._rankTypes();
  }

  // The lanes, in their order. Who only notes or strikes has none.
  _placeActors(beside) {
    const { count, number } = this;
    const seen = new Uint8Array(this.names.length + 1);
    for (let event = 0; event < count; event += 1) {
      const says = this.kind[event] === number.fault || this.kind[event] === number.note;
      if (!says) seen[this.actor[event]] = 1;
      seen[this.peer[event]] = 1;
    }
    this.classOf = new Map(this.actors.map((actor) => [actor.name, actor.class]));
    const others = this.names
      .filter((name, place) => seen[place + 1] && !this.classOf.has(name))
      .map((name) => ({ name, alive: null }));
    this.ranks = this._ranks(beside);
    this.lanes = inOrder([...others, ...this.actors], this.ranks, !this.header.first);
    this._gatherHosts();
    const numbers = new Map(this.names.map((name, place) => [name, place + 1]));
    this.laneOf = new Int32Array(this.names.length + 1).fill(-1);
    this.lanes.forEach((actor, lane) => {
      actor.number = numbers.get(actor.name) ?? 0;
      if (actor.number) this.laneOf[actor.number] = lane;
    });
  }
  _ranks(beside) {
    return new Map([...ranksOf(this), ...(beside?.ranks ?? [])]);
  }
  // The numbers of the actors that a name stands for, an actor's or a class's; null for any other.
  numbersOf(name) {
    const own = this.lanes.filter((actor) => actor.name === name);
    const found = own.length ? own : this.lanes.filter((actor) => actor.class === name);
    return found.length ? new Set(found.map((actor) => actor.number)) : null;
  }
  // Numbers the hosts on which there are several actors; all others have none to show.
  _gatherHosts() {
    const counts = new Map();
    for (const { host } of this.lanes) if (host) counts.set(host, (counts.get(host) ?? 0) + 1);
    const shared = [...counts.keys()].filter((host) => counts.get(host) > 1);
    for (const actor of this.lanes) actor.shared = shared.indexOf(actor.host);
  }

  // Arrows go from a departure to each of its arrivals; one without has the arrival -1.
  _drawArrows() {
    const { count, kind } = this;
    const isDeparture = this.kinds.map((name) => DEPARTURES.includes(name));
    const isArrival = this.kinds.map((name) => ARRIVALS.includes(name));
    const from = [];
    const to = [];
    this.undelivered = [];
    for (let event = 0; event < count; event += 1) {
      if (!isDeparture[kind[event]]) continue;
      let arrived = false;
      for (const effect of this.effectsOf(event)) {
        if (!isArrival[kind[effect]]) continue;
        from.push(event);
        to.push(effect);
        arrived = true;
      }
      if (arrived) continue;
      from.push(event);
      to.push(-1);
      this.undelivered.push(event);
    }
    const names = this.names.length + 1;
    this.pairs = new Set(from.map((event) => this.actor[event] * names + this.peer[event])).size;
    this.arrowFrom = Int32Array.from(from);
    this.arrowTo = Int32Array.from(to);
    // The last arrival of all arrows up to one: tells which may still be under way at a time.
    this.arrowReach = new Int32Array(from.length);
    let reach = -1;
    for (let arrow = 0; arrow < from.length; arrow += 1) {
      reach = Math.max(reach, to[arrow], from[arrow]);
      this.arrowReach[arrow] = reach;
    }
  }

  _readRegistries() {
    this.subjects = new Map();
    this._changes = new Map();
    const left = new Set();
    const states = new Set();
    this.changes = this.changes.map(([event, actor, subject, before, after, facts]) => {
      const change = { event, actor, subject, before, after, facts };
      if (!this.subjects.has(subject)) this.subjects.set(subject, []);
      this.subjects.get(subject).push(change);
      if (event >= 0 && this.kindOf(event) === "state") this._changes.set(event, change);
      if (before !== null && after !== null) left.add(before);
      if (after !== null) states.add(after);
      return change;
    });
    // A state that no entry ever leaves for another is an end; all others are open.
    this.openStates = [...states].filter((state) => left.has(state));
    this.gaugedStates = this.openStates.length ? this.openStates : [...states];
    this.jobNamed = new Map();
    for (const job of this.jobs) {
      for (const name of job.names) this.jobNamed.set(name, job);
      job.parts = job.names.filter((name) => this.subjects.has(name)).map((name) => this._part(name));
      // The entry that was made first is the one that the others were made for.
      job.parts.sort((one, other) => one.from - other.from);
      job.outcome = job.parts[0]?.outcome ?? null;
      job.open = job.parts[0]?.open ?? false;
    }
    this.jobs.sort((one, other) => one.events[0] - other.events[0]);
  }

  // How an entry of a registry ended, or how it is.
  _part(name) {
    const changes = this.subjects.get(name);
    const outcome = changes.reduce((last, change) => change.after ?? last, null);
    return { name, outcome, from: changes[0].event, open: this.openStates.includes(outcome) };
  }

  changeAt(event) {
    return this._changes.get(event);
  }
  // The last change of each entry at or before an event, by the actor that holds it.
  registriesAt(event) {
    const registries = new Map();
    for (const changes of this.subjects.values()) {
      const past = changes.findLast((change) => change.event <= event);
      if (!past) continue;
      if (!registries.has(past.actor)) registries.set(past.actor, []);
      registries.get(past.actor).push(past);
    }
    return registries;
  }

  eventsOfJob(name) {
    const chosen = new Uint8Array(this.count);
    for (const event of this.jobNamed.get(name)?.events ?? []) chosen[event] = 1;
    return chosen;
  }
  // The jobs that an event belongs to.
  jobsOf(event) {
    if (!this._jobsFrom) this._listJobs();
    const jobs = this._jobsListed.subarray(this._jobsFrom[event], this._jobsFrom[event + 1]);
    return Array.from(jobs, (job) => this.jobs[job]);
  }
  _listJobs() {
    const from = new Int32Array(this.count + 1);
    for (const job of this.jobs) for (const event of job.events) from[event + 1] += 1;
    for (let event = 0; event < this.count; event += 1) from[event + 1] += from[event];
    const next = from.slice();
    this._jobsListed = new Int32Array(from[this.count]);
    this.jobs.forEach((job, place) => {
      for (const event of job.events) this._jobsListed[next[event]++] = place;
    });
    this._jobsFrom = from;
  }

  _gatherMarks() {
    this.marks = Object.fromEntries(MARKS.map((mark) => [mark, []]));
    const kept = this.kinds.map((kind) => this.marks[kind]);
    for (let event = 0; event < this.count; event += 1) kept[this.kind[event]]?.push(event);
    this.marks.undelivered = this.undelivered;
    const telling = MARKS.filter((mark) => mark !== "note" && mark !== "undelivered");
    this.markedEvents = telling.flatMap((mark) => this.marks[mark]).sort((a, b) => a - b);
  }

  _rankTypes() {
    const counts = new Int32Array(this.names.length + 1);
    for (let event = 0; event < this.count; event += 1)
      if (this.kind[event] === this.number.send && this.type[event]) counts[this.type[event]] += 1;
    const byCount = [...counts.keys()].filter((type) => counts[type]);
    byCount.sort((one, other) => counts[other] - counts[one] || one - other);
    this.rankOfType = new Int32Array(this.names.length + 1).fill(byCount.length);
    byCount.forEach((type, rank) => {
      this.rankOfType[type] = rank;
    });
    this.types = byCount.map((type) => ({ type, name: this.names[type - 1], sent: counts[type] }));
  }
}

// Gives a type of message the same rank in two traces.
export function rankAlike(first, other) {
  const ranks = new Map(first.types.map(({ name, type }) => [name, first.rankOfType[type]]));
  for (const { name, type } of other.types) {
    if (!ranks.has(name)) ranks.set(name, ranks.size);
    other.rankOfType[type] = ranks.get(name);
  }
}
