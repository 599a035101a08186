// A trace in memory: its columns, and what follows from them. Events go by their place on the
// page, from 0, which is their index less that of the first one shown.

const NUMBERS = ["actor", "peer", "type", "message", "cause"];
const ARRIVALS = ["deliver", "drop", "unread"];
const CARRIED = ["deliver", "drop", "duplicate", "unread"];
const DEPARTURES = ["send", "duplicate"];
const MOST_EFFECTS = 5000;
const BLOCKS_KEPT = 64;

export const MARKS = ["violation", "fail", "fault", "drop", "duplicate", "undelivered", "note"];

export async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

export class Trace {
  constructor(told, columns, payloads) {
    Object.assign(this, told);
    const count = this.count;
    this.position = { time: new Float64Array(columns, 0, count) };
    this.time = this.position.time;
    let at = count * 8;
    const take = (length) => {
      const column = new Int32Array(columns, at, length);
      at += length * 4;
      return column;
    };
    for (const name of NUMBERS) this[name] = take(count);
    for (const job of this.jobs) job.events = take(job.mentions);
    this.kind = new Uint8Array(columns, at, count);
    this.position.order = Float64Array.from({ length: count }, (_, event) => this.first + event);
    this.number = Object.fromEntries(this.kinds.map((kind, number) => [kind, number]));
    this._payloads = payloads;
    this._blocks = new Map();
    this.visible = null;
    this._placeActors();
    this._linkCauses();
    this._drawArrows();
    this._readRegistries();
    this._gatherMarks();
    this._rankTypes();
  }

  // -- one event ------------------------------------------------------------------------

  kindOf(event) {
    return this.kinds[this.kind[event]];
  }
  actorOf(event) {
    return this.names[this.actor[event] - 1];
  }
  peerOf(event) {
    return this.peer[event] ? this.names[this.peer[event] - 1] : null;
  }
  typeOf(event) {
    return this.type[event] ? this.names[this.type[event] - 1] : null;
  }
  indexOf(event) {
    return this.first + event;
  }
  placeOf(index) {
    const event = index - this.first;
    return event >= 0 && event < this.count ? event : -1;
  }
  // Its cause, or -1: there is none, or it comes before what the page shows.
  causeOf(event) {
    return this.cause[event] ? Math.max(-1, event - this.cause[event]) : -1;
  }
  effectsOf(event) {
    return this._effects.subarray(this._effectsFrom[event], this._effectsFrom[event + 1]);
  }
  hasLane(event) {
    return this.laneOf[this.actor[event]] >= 0;
  }
  // The event whose line holds the message that an event is about.
  carrierOf(event) {
    let carrier = event;
    while (CARRIED.includes(this.kindOf(carrier)) && this.causeOf(carrier) >= 0)
      carrier = this.causeOf(carrier);
    return carrier;
  }
  // What began a message: its send, or its timer.
  originOf(event) {
    const message = this.message[event];
    return message ? this._origins[message] : -1;
  }
  // The nearest event before or after it of the same actor, or -1.
  neighbour(event, step) {
    for (let other = event + step; other >= 0 && other < this.count; other += step)
      if (this.actor[other] === this.actor[event] && this.isVisible(other)) return other;
    return -1;
  }
  isVisible(event) {
    return this.visible === null || this.visible[event] === 1;
  }

  causesOf(event) {
    const chain = [];
    for (let cause = this.causeOf(event); cause >= 0; cause = this.causeOf(cause)) chain.push(cause);
    return chain;
  }
  // All that came of an event, as far as it can be drawn.
  allEffectsOf(event) {
    const found = [...this.effectsOf(event)];
    for (let next = 0; next < found.length && found.length < MOST_EFFECTS; next += 1)
      for (const effect of this.effectsOf(found[next])) found.push(effect);
    return found;
  }

  // The last event at or before a position, at least the first.
  eventAt(axis, position) {
    return Math.max(0, firstAfter(this.position[axis], position) - 1);
  }

  // -- payloads -------------------------------------------------------------------------

  async payload(event) {
    const lines = await this._block(Math.floor(event / this.together));
    const line = lines[event % this.together];
    return line ? JSON.parse(line) : undefined;
  }
  // What a message carries, also where it arrives.
  async carried(event) {
    return this.payload(this.carrierOf(event));
  }
  async _block(number) {
    const known = this._blocks.get(number);
    if (known) return known;
    const block = unpacked(this._payloads[number]).then((bytes) =>
      new TextDecoder().decode(bytes).split("\n"),
    );
    if (this._blocks.size >= BLOCKS_KEPT) this._blocks.delete(this._blocks.keys().next().value);
    this._blocks.set(number, block);
    return block;
  }
  // Calls with every event, what its own line holds, and the message that it is about; `alive`
  // says whether that is still wanted.
  async everyPayload(call, alive) {
    const underWay = new Map();
    const arrivals = ARRIVALS.map((kind) => this.number[kind]);
    for (let number = 0; number < this._payloads.length; number += 1) {
      const lines = await this._block(number);
      if (!alive()) return false;
      lines.forEach((line, place) => {
        const event = number * this.together + place;
        const data = line ? JSON.parse(line) : undefined;
        let payload = data;
        const carrier = this.carrierOf(event);
        if (carrier !== event) {
          payload = underWay.get(carrier)?.payload;
          if (arrivals.includes(this.kind[event])) this._arrived(underWay, carrier);
        } else if (data !== undefined && this.message[event]) {
          underWay.set(event, { payload: data, copies: this._copiesOf(event) });
        }
        call(event, data, payload);
      });
    }
    return true;
  }
  _arrived(underWay, carrier) {
    const sent = underWay.get(carrier);
    if (sent && --sent.copies <= 0) underWay.delete(carrier);
  }
  // How often a message arrives, lost copies and all.
  _copiesOf(event) {
    const begun = [event];
    let copies = 0;
    for (const each of begun)
      for (const effect of this.effectsOf(each)) {
        if (ARRIVALS.includes(this.kindOf(effect))) copies += 1;
        else if (this.kind[effect] === this.number.duplicate) begun.push(effect);
      }
    return copies;
  }

  // -- what is worked out once -------------------------------------------------------------

  // Actors by the host that they are on, in the order in which they began; those that never did,
  // such as the script that drives the run, come first. Who only notes or strikes has no lane.
  _placeActors() {
    const { count, number } = this;
    const seen = new Uint8Array(this.names.length + 1);
    for (let event = 0; event < count; event += 1) {
      const says = this.kind[event] === number.fault || this.kind[event] === number.note;
      if (!says) seen[this.actor[event]] = 1;
      seen[this.peer[event]] = 1;
    }
    const known = new Set(this.actors.map((actor) => actor.name));
    const others = this.names
      .filter((name, place) => seen[place + 1] && !known.has(name))
      .map((name) => ({ name, alive: null }));
    const hosts = new Map();
    for (const actor of [...others, ...this.actors]) {
      actor.host ??= "";
      if (!hosts.has(actor.host)) hosts.set(actor.host, []);
      hosts.get(actor.host).push(actor);
    }
    this.lanes = [...hosts.values()].flat();
    for (const [host, actors] of hosts)
      for (const actor of actors) actor.shares = host !== "" && actors.length > 1;
    const numbers = new Map(this.names.map((name, place) => [name, place + 1]));
    this.laneOf = new Int32Array(this.names.length + 1).fill(-1);
    this.lanes.forEach((actor, lane) => {
      actor.number = numbers.get(actor.name) ?? 0;
      if (actor.number) this.laneOf[actor.number] = lane;
    });
  }

  _linkCauses() {
    const { count } = this;
    const from = new Int32Array(count + 1);
    for (let event = 0; event < count; event += 1) {
      const cause = this.causeOf(event);
      if (cause >= 0) from[cause + 1] += 1;
    }
    for (let event = 0; event < count; event += 1) from[event + 1] += from[event];
    const next = from.slice();
    const effects = new Int32Array(from[count]);
    for (let event = 0; event < count; event += 1) {
      const cause = this.causeOf(event);
      if (cause >= 0) effects[next[cause]++] = event;
    }
    this._effectsFrom = from;
    this._effects = effects;
    let most = 0;
    for (let event = 0; event < count; event += 1) most = Math.max(most, this.message[event]);
    this._origins = new Int32Array(most + 1).fill(-1);
    const begins = [this.number.send, this.number["timer-fired"]];
    for (let event = 0; event < count; event += 1)
      if (this.message[event] && begins.includes(this.kind[event]))
        this._origins[this.message[event]] = event;
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
    this.pending = this.pendingOf(-1);
  }

  // How many messages are under way after each event, to one actor or (-1) to all.
  pendingOf(actor) {
    const { count, kind, number } = this;
    const counts = new Int32Array(count);
    const step = new Int8Array(this.kinds.length);
    for (const name of ["send", "duplicate", "timer-fired"]) step[number[name]] = 1;
    for (const name of ARRIVALS) step[number[name]] = -1;
    let under = 0;
    for (let event = 0; event < count; event += 1) {
      const change = step[kind[event]];
      const origin = change ? this.originOf(event) : -1;
      if (origin >= 0 && (actor < 0 || this.peer[origin] === actor)) under += change;
      counts[event] = under;
    }
    return counts;
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
      if (event >= 0) this._changes.set(event, change);
      if (before !== null && after !== null) left.add(before);
      if (after !== null) states.add(after);
      return change;
    });
    // A state that no entry ever leaves for another is an end; all others are open.
    this.openStates = [...states].filter((state) => left.has(state));
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

// The first place in rising numbers that holds more than this.
export function firstAfter(rising, value) {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
