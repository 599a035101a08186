// The last events of a run that goes on, taken in line by line, and the trace that they are.

import { CARRIED } from "./events.js";
import { History } from "./history.js";
import { Ids } from "./ids.js";
import { Plain } from "./payloads.js";

const COLUMNS = { time: Float64Array, kind: Uint8Array, item: Uint8Array };
for (const name of ["actor", "peer", "type", "message", "cause"]) COLUMNS[name] = Int32Array;
const FAR = 2 ** 31 - 1; // the most that a column can say
// Kinds that belong to the job of the event that is their cause, where they name none.
const INHERIT = [...CARRIED, "note", "fail", "violation"];

export class Ledger {
  // head: the first line of the trace, with `after`, the index of the last event before those that
  //   come, and the `actors` that there are.
  // kinds: every kind of event. spelling: see `Ids`. most: events that are kept.
  constructor({ actors = [], after = -1, live, glasshive, ...head }, { kinds, spelling, most }) {
    this.header = head;
    this.live = live; // what this trace is called
    this.most = most;
    this.first = after + 1; // index of the first event that is kept
    this._kinds = kinds;
    this._numberOfKind = new Map(kinds.map((kind, number) => [kind, number]));
    this._names = [];
    this._numberOfName = new Map();
    this._columns = Object.fromEntries(Object.keys(COLUMNS).map((name) => [name, []]));
    this._lines = [];
    this._ids = [];
    this._idsOf = new Ids(head.jobs ?? spelling);
    this._history = new History(actors);
  }

  get count() {
    return this._lines.length;
  }
  // Index of the event that comes next.
  get next() {
    return this.first + this.count;
  }

  // Takes in the line of the next event.
  add(line) {
    const event = JSON.parse(line);
    const { kind, cause = null } = event;
    const columns = this._columns;
    columns.time.push(event.time);
    columns.kind.push(this._numberOfKind.get(kind));
    columns.item.push(kind === "send" && isItem(event.data) ? 1 : 0);
    for (const name of ["actor", "peer", "type"]) columns[name].push(this._numberOf(event[name] ?? null));
    columns.message.push((event.message ?? -1) + 1);
    columns.cause.push(cause === null ? 0 : Math.min(event.index - cause, FAR));
    const own = CARRIED.includes(kind) ? null : this._idsOf.foundIn(line, kind === "state");
    const inherited = cause !== null && INHERIT.includes(kind) ? this._ids[cause - this.first] : null;
    this._ids.push(own ?? inherited ?? null);
    this._lines.push(line);
    this._history.hear(event);
  }

  // Forgets the oldest events, so that no more are left than are kept.
  trim() {
    const over = this.count - this.most;
    if (over <= 0) return;
    for (const column of [...Object.values(this._columns), this._lines, this._ids]) column.splice(0, over);
    this.first += over;
    this._history.forget(this.first, this._columns.time[0]);
    this._idsOf.keep(this._ids);
  }

  // What a trace is made of: what is told of it, its columns, and what its events carry.
  parts(name) {
    const jobs = this._idsOf.jobs(this._ids);
    const told = {
      name,
      header: this.header,
      end: null,
      cut: null,
      first: this.first,
      count: this.count,
      total: this.next,
      kinds: this._kinds,
      names: [...this._names],
      actors: this._history.actors(),
      changes: this._history.changes(this.first),
      jobs: jobs.map((job) => ({ ...job, events: Int32Array.from(job.events) })),
    };
    const columns = Object.fromEntries(Object.entries(COLUMNS).map(([each, kind]) => [each, kind.from(this._columns[each])]));
    return [told, columns, new Plain([...this._lines])];
  }

  // Names are numbered from 1, and 0 stands for none.
  _numberOf(name) {
    if (name === null) return 0;
    let number = this._numberOfName.get(name);
    if (number === undefined) {
      number = this._names.push(name);
      this._numberOfName.set(name, number);
    }
    return number;
  }
}

// Whether a message is an item of a stream: a whole number in its field `index`, and an id beside it.
function isItem(data) {
  return (
    typeof data === "object" && data !== null && Number.isInteger(data.index) &&
    Object.entries(data).some(([key, value]) => key.endsWith("_id") && (typeof value === "string" || Number.isInteger(value)))
  );
}
