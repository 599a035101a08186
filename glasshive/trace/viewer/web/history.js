// What the events of a trace say of registries and of actors' lives, as they come; as
// glasshive/trace/viewer/changes.py works it out of a whole trace.

export class History {
  // cast: actors that were there before the first event, each with its name, class and host.
  constructor(cast) {
    this._actors = new Map(cast.map((actor) => [actor.name, actor]));
    this._alive = new Map(cast.map(({ name }) => [name, [[0, null]]]));
    this._held = new Map(); // what each actor's registry holds, by subject
    this._known = new Set(); // subjects that have changed
    this._changes = []; // each with the index of its event before all else
    this._earlier = new Map(); // of each subject the last change before the first event that is kept
    this._began = null;
  }

  // Takes in an event, as its line has it.
  hear({ index, time, kind, actor, data }) {
    this._began ??= time;
    if (kind === "state") this._changed(index, actor, data);
    else if (kind === "spawn") {
      if (!this._actors.has(actor)) this._actors.set(actor, hasFields(data) ? data : {});
      this._spans(actor).push([time, null]);
    } else if (kind === "stop" || (kind === "fault" && data?.fault === "crash")) this._ends(index, time, actor);
    else if (kind === "fault" && data?.fault === "restart") this._spans(actor).push([time, null]);
  }

  // Forgets what was before an event, but not what came of it.
  forget(first, time) {
    const kept = this._changes.findIndex((change) => change[0] >= first);
    const past = this._changes.splice(0, kept < 0 ? this._changes.length : kept);
    const later = new Set(this._changes.map((change) => change[2]));
    for (const [, ...change] of past) {
      const [, subject, , after] = change;
      if (after !== null) this._earlier.set(subject, [-1, ...change]);
      else {
        this._earlier.delete(subject);
        if (!later.has(subject)) this._known.delete(subject);
      }
    }
    for (const [name, spans] of this._alive)
      if (spans.every(([, end]) => end !== null && end < time)) {
        this._alive.delete(name);
        this._actors.delete(name);
      }
  }

  // The changes since an event, and before them the last earlier one of each entry, each as the page
  // has it.
  changes(first) {
    return [...this._earlier.values(), ...this._changes.map(([index, ...change]) => [index - first, ...change])];
  }

  actors() {
    return Array.from(this._actors, ([name, actor]) => ({ ...actor, name, alive: this._alive.get(name).map((span) => [...span]) }));
  }

  _changed(index, actor, data) {
    if (!hasFields(data) || !("subject" in data)) return;
    const { subject: named, before: from, after: to, ...facts } = data;
    const [subject, before, after] = [textOf(named), textOf(from ?? null), textOf(to ?? null)];
    // It came into that state before the first event that is known.
    if (before !== null && !this._known.has(subject)) this._earlier.set(subject, [-1, actor, subject, null, before, null]);
    this._known.add(subject);
    if (!this._held.has(actor)) this._held.set(actor, new Map());
    const held = this._held.get(actor);
    if (after === null) held.delete(subject);
    else held.set(subject, after);
    this._changes.push([index, actor, subject, before, after, Object.keys(facts).length ? facts : null]);
  }

  // An actor that ends, or crashes, takes its registry with it.
  _ends(index, time, actor) {
    for (const [subject, state] of this._held.get(actor) ?? []) this._changes.push([index, actor, subject, state, null, null]);
    this._held.delete(actor);
    if (!this._actors.has(actor)) {
      // It began before the first event.
      this._actors.set(actor, {});
      this._spans(actor).push([this._began, null]);
    }
    const last = this._spans(actor).at(-1);
    if (last && last[1] === null) last[1] = time;
  }

  _spans(actor) {
    if (!this._alive.has(actor)) this._alive.set(actor, []);
    return this._alive.get(actor);
  }
}

const hasFields = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value) => (value === null || typeof value === "string" ? value : JSON.stringify(value));
