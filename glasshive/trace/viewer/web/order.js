// In what order the lanes stand: down the way that jobs take, those of one class together.

const NATURAL = new Intl.Collator("en", { numeric: true });

// How far down the way of jobs each group of actors stands, from 0. A group is a class, or an actor
// whose class is not known. It stands below every group that has it do something.
export function ranksOf(trace) {
  const orders = new Orders();
  for (const [from, to] of entriesOf(trace)) orders.add(groupOf(trace, from), groupOf(trace, to));
  // Where registries say nothing, what is first heard of a job tells who gives it to whom.
  const known = new Set(orders.groups());
  for (const [from, to] of waysOf(trace)) {
    const [above, below] = [groupOf(trace, from), groupOf(trace, to)];
    if (!known.has(above) || !known.has(below)) orders.add(above, below);
  }
  return orders.ranks();
}

// For each entry that an actor makes while it handles a message: from whom that came, and the actor.
function* entriesOf(trace) {
  for (const { event, before } of trace.changes) {
    const cause = before === null && event >= 0 ? trace.causeOf(event) : -1;
    if (cause >= 0 && trace.kindOf(cause) === "deliver" && trace.peer[cause]) yield [trace.peer[cause], trace.actor[event]];
  }
}

// For each actor that a job reaches from where it began: who sends it the first message, and the
// actor. Where nothing carries an id, the whole run counts as one job.
function* waysOf(trace) {
  const { actor, kind, number, peer } = trace;
  const all = trace.jobs.length ? trace.jobs.map((job) => job.events) : [Int32Array.from({ length: trace.count }, (_, event) => event)];
  for (const events of all) {
    const met = new Set();
    for (const event of events) {
      const [from, to] = [actor[event], peer[event]];
      if (kind[event] !== number.send || !to) continue;
      if (!met.size) met.add(from);
      if (!met.has(from) || met.has(to)) continue;
      met.add(to);
      // The items of a stream come up, of a job that has begun before the page does.
      yield trace.item[event] ? [to, from] : [from, to];
    }
  }
}

function groupOf(trace, number) {
  const name = trace.names[number - 1];
  return trace.classOf.get(name) ?? name;
}

// Who gives to whom, and how often.
class Orders {
  constructor() {
    this._counts = new Map();
  }
  add(above, below) {
    if (above === below) return;
    for (const group of [above, below]) if (!this._counts.has(group)) this._counts.set(group, new Map());
    const counts = this._counts.get(below);
    counts.set(above, (counts.get(above) ?? 0) + 1);
  }
  groups() {
    return this._counts.keys();
  }
  // One that is given to both ways stands below whoever gives it more.
  ranks() {
    const ranks = new Map();
    const count = (above, below) => this._counts.get(below).get(above) ?? 0;
    const open = new Set(); // those whose rank is being worked out: where they come again is a circle
    const rank = (group) => {
      if (ranks.has(group)) return ranks.get(group);
      open.add(group);
      let least = 0;
      for (const above of this._counts.get(group).keys())
        if (!open.has(above) && count(above, group) > count(group, above)) least = Math.max(least, rank(above) + 1);
      open.delete(group);
      ranks.set(group, least);
      return least;
    };
    for (const group of this.groups()) rank(group);
    return ranks;
  }
}

// Sorts actors: who never began, such as the script that drives a run, comes first where no job says
// otherwise, and whom no job reaches comes last; then the class that began first, then by name, in
// which worker-2 comes before worker-10. A trace that begins late knows the classes of a few only,
// and goes without them (`classed` is false).
export function inOrder(actors, ranks, classed) {
  const begun = [...new Set(actors.map((actor) => actor.class))];
  for (const actor of actors) {
    actor.group = classed ? begun.indexOf(actor.class) : 0;
    actor.rank = ranks.get(actor.class ?? actor.name) ?? (actor.alive === null ? -1 : Infinity);
  }
  return [...actors].sort((one, other) => {
    if (one.rank !== other.rank) return one.rank < other.rank ? -1 : 1;
    return one.group - other.group || NATURAL.compare(one.name, other.name);
  });
}
