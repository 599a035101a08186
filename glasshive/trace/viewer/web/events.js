// The events of a trace in memory: their columns, their causes, and what they carry. Events go by
// their place on the page, from 0, which is their index less that of the first one shown.

const NUMBERS = ["actor", "peer", "type", "message", "cause"];
export const ARRIVALS = ["deliver", "drop", "unread"];
export const CARRIED = ["deliver", "drop", "duplicate", "unread"];
const MOST_EFFECTS = 5000;

// The columns of a trace out of what they were packed into; gives each job its events.
export function columnsOf({ count, jobs }, packed) {
  const columns = { time: new Float64Array(packed, 0, count) };
  let at = count * 8;
  const take = (length) => {
    const column = new Int32Array(packed, at, length);
    at += length * 4;
    return column;
  };
  for (const name of NUMBERS) columns[name] = take(count);
  for (const job of jobs) job.events = take(job.mentions);
  columns.kind = new Uint8Array(packed, at, count);
  columns.item = new Uint8Array(packed, at + count, count);
  return columns;
}

export class Events {
  // told: what is known of the trace as a whole. columns: what is known of each event. payloads: what
  // they carry.
  constructor(told, columns, payloads) {
    Object.assign(this, told, columns);
    const { count } = this;
    const order = Float64Array.from({ length: count }, (_, event) => this.first + event);
    this.position = { time: this.time, order };
    this.number = Object.fromEntries(this.kinds.map((kind, number) => [kind, number]));
    this._payloads = payloads;
    this.visible = null;
    this.twins = null;
    this._linkCauses();
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
  // The event of the trace beside it that came of the same causes, or -1.
  twinOf(event) {
    return event >= 0 && this.twins ? this.twins[event] : -1;
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
  // Whether the message that an event is about was sent before the first event on the page.
  isForgotten(event) {
    const carrier = this.carrierOf(event);
    return CARRIED.includes(this.kindOf(carrier)) && this.cause[carrier] > 0;
  }
  // What began a message: its send, or its timer.
  originOf(event) {
    const message = this.message[event];
    return message ? this._origins[message - this._leastMessage] : -1;
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
    const { together } = this._payloads;
    const lines = await this._payloads.block(Math.floor(event / together));
    return this._payloads.valueOf(lines[event % together]);
  }
  // What a message carries, also where it arrives.
  async carried(event) {
    return this.payload(this.carrierOf(event));
  }
  // Calls with every event, what its own line holds, and the message that it is about; `alive`
  // says whether that is still wanted.
  async everyPayload(call, alive) {
    const underWay = new Map();
    const arrivals = ARRIVALS.map((kind) => this.number[kind]);
    const { blocks, together } = this._payloads;
    for (let number = 0; number < blocks; number += 1) {
      const lines = await this._payloads.block(number);
      if (!alive()) return false;
      lines.forEach((line, place) => {
        const event = number * together + place;
        const data = this._payloads.valueOf(line);
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
    // Numbers of messages go on for as long as a run does, of which these may be the last events.
    const numbers = this.message.filter((message) => message);
    this._leastMessage = numbers.reduce((least, message) => Math.min(least, message), Infinity);
    const most = numbers.reduce((high, message) => Math.max(high, message), 0);
    this._origins = new Int32Array(Math.max(0, most - this._leastMessage + 1)).fill(-1);
    const begins = [this.number.send, this.number["timer-fired"]];
    for (let event = 0; event < count; event += 1)
      if (this.message[event] && begins.includes(this.kind[event]))
        this._origins[this.message[event] - this._leastMessage] = event;
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
