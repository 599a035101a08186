// What the page looks at. Whoever shows a part of it listens for changes.

export class Focus {
  constructor(traces) {
    this.traces = traces;
    this.side = 0; // whose event is open: of the first trace, or of the one beside it
    this.event = -1; // the event that is open
    this.at = 0; // the event after which registries are shown
    this.before = 0; // the one after which they were shown last
    this.axis = "time"; // or "order": one step for each event
    this.from = 0;
    this.to = 1;
    this.job = "";
    this.where = "";
    this.actor = "";
    this.tab = "run";
    this._listeners = [];
  }

  get trace() {
    return this.traces[this.side];
  }

  // An event as one of the traces has it, or -1.
  here(side, event) {
    return side === this.side ? event : this.trace.twinOf(event);
  }

  listen(listener) {
    this._listeners.push(listener);
  }

  change(changes) {
    const changed = new Set();
    if (changes.at !== undefined && changes.at !== this.at) changes.before = this.at;
    for (const [name, value] of Object.entries(changes)) {
      if (this[name] === value) continue;
      this[name] = value;
      changed.add(name);
    }
    if (changed.size) for (const listener of this._listeners) listener(changed);
  }

  // Has the first trace replaced by what it has become, which has forgotten so many of its first events.
  replace(trace, forgotten) {
    this.traces[0] = trace;
    this.event = Math.max(-1, this.event - forgotten);
    for (const name of ["at", "before"]) this[name] = Math.min(Math.max(0, this[name] - forgotten), trace.count - 1);
    if (this.event >= trace.count) this.event = -1;
    if (!trace.jobNamed.has(this.job)) this.job = "";
  }

  // Whose metrics come after those that are shown: of an actor alone, of all of its class, of all.
  following(name, trace = this.trace) {
    const { class: kind } = trace.lanes.find((actor) => actor.name === name) ?? {};
    if (this.actor !== name) return kind && this.actor === kind ? "" : name;
    return kind && trace.numbersOf(kind).size > 1 ? kind : "";
  }

  // Opens an event, and moves there if it is not in sight.
  open(event, { side = this.side, tab = "event", near = false } = {}) {
    const trace = this.traces[side];
    const at = trace.position[this.axis][event];
    const changes = { side, event, at: event, tab };
    const span = this.to - this.from;
    if (near || at < this.from || at > this.to)
      Object.assign(changes, this._around(at, near ? Math.min(span, this.close(event, side)) : span));
    this.change(changes);
  }

  // A span in which what happens around an event can be told apart.
  close(event, side = this.side) {
    const positions = this.traces[side].position[this.axis];
    const reach = 30;
    const from = positions[Math.max(0, event - reach)];
    const to = positions[Math.min(positions.length - 1, event + reach)];
    return Math.max(to - from, this.least());
  }

  _around(middle, span) {
    return this.kept(middle - span / 2, middle + span / 2);
  }

  // The bounds of all that there is, with a little air.
  whole(axis = this.axis) {
    const starts = this.traces.map((trace) => trace.position[axis][0]);
    const ends = this.traces.map((trace) => trace.position[axis].at(-1));
    const from = Math.min(...starts);
    const to = Math.max(...ends, from + (axis === "time" ? 1e-6 : 1));
    const air = (to - from) * 0.02;
    return { from: from - air, to: to + air };
  }

  least() {
    return this.axis === "time" ? 1e-6 : 8;
  }

  // Bounds that stay near what there is to see.
  kept(from, to) {
    const whole = this.whole();
    const span = Math.min(Math.max(to - from, this.least()), whole.to - whole.from);
    const first = Math.min(Math.max((from + to - span) / 2, whole.from), whole.to - span);
    return { from: first, to: first + span };
  }

  zoom(factor, middle = (this.from + this.to) / 2) {
    this.change(
      this.kept(middle - (middle - this.from) * factor, middle + (this.to - middle) * factor),
    );
  }

  pan(share) {
    const step = (this.to - this.from) * share;
    this.change(this.kept(this.from + step, this.to + step));
  }

  // Changes what the way across means, and keeps in sight what is in the middle.
  turn(axis) {
    if (axis === this.axis) return;
    const { trace } = this;
    const from = trace.eventAt(this.axis, this.from);
    const to = trace.eventAt(this.axis, this.to);
    const middle = this.event >= 0 && this.event >= from && this.event <= to ? this.event : -1;
    this.axis = axis;
    const positions = trace.position[axis];
    const span = Math.max(positions[to] - positions[from], this.least()) * 1.04;
    const bounds = middle < 0
      ? this.kept((positions[from] + positions[to] - span) / 2, (positions[from] + positions[to] + span) / 2)
      : this._around(positions[middle], span);
    this.axis = axis === "time" ? "order" : "time";
    this.change({ axis, ...bounds });
  }
}
