// Which job an event belongs to, worked out from the lines of a trace as `glasshive trace` does it:
// see glasshive/trace/jobs.py, which says why.

const ID = /_id":("(?:[^"\\]|\\.)*"|-?\d+)/g;
const SUBJECT = /"subject":("(?:[^"\\]|\\.)*"|-?\d+)/g;

export class Ids {
  // spelling: the field that names a whole job (`root`), and those that name parts of one (`same`).
  constructor(spelling) {
    this._spelling = spelling;
    this._known = new Map();
    this._links = new Map(); // the root that a name of a part was told with
  }

  // The ids that a line carries, each its field and its value, or null. Equal ones are the same object.
  foundIn(line, isState) {
    const said = [];
    for (const match of line.matchAll(ID))
      said.push(line.slice(line.lastIndexOf('"', match.index) + 1, match.index + match[0].length));
    if (isState) for (const match of line.matchAll(SUBJECT)) said.push(match[0].slice(1));
    if (!said.length) return null;
    const key = [...new Set(said)].join(" ");
    let ids = this._known.get(key);
    if (!ids) {
      ids = [...new Set(said)].map((each) => {
        const at = each.indexOf('":');
        const value = each.slice(at + 2);
        return { said: each, field: each.slice(0, at), value: value[0] === '"' ? JSON.parse(value) : value };
      });
      this._known.set(key, ids);
      const { root, same } = this._spelling;
      const own = rootsIn(ids, root);
      if (own.size === 1) for (const { field, value } of ids) if (same.includes(field)) this._links.set(value, [...own][0]);
    }
    return ids;
  }

  // Forgets what none of these events carries, but not which job it is that they name a part of.
  keep(idsOfEvents) {
    const kept = new Set(idsOfEvents);
    for (const [key, ids] of this._known) if (!kept.has(ids)) this._known.delete(key);
    const values = new Set([...this._known.values()].flatMap((ids) => ids.map((id) => id.value)));
    for (const value of this._links.keys()) if (!values.has(value)) this._links.delete(value);
  }

  // The jobs of events, each with the places of those that belong to it.
  jobs(idsOfEvents) {
    const lists = [...new Set(idsOfEvents)].filter((ids) => ids !== null);
    const all = new Map();
    for (const ids of lists) for (const id of ids) all.set(id.said, id);
    const { root, same } = this._spelling;
    const rooted = [...all.values()].some((id) => id.field === root || this._links.has(id.value));
    const counts = ({ field }) => !rooted || field === root || same.includes(field);
    const roots = rootsOf(lists, [...all.values()].filter(counts), this._spelling, rooted);
    // A part whose job was told before what is kept belongs to it, and whatever else is left is a job itself.
    for (const id of all.values())
      if (counts(id) && !roots.has(id.value)) roots.set(id.value, new Set([this._links.get(id.value) ?? id.value]));
    const { jobs, numbered } = settled(roots);
    const jobsOf = new Map(
      lists.map((ids) => [ids, [...new Set(ids.filter(counts).flatMap((id) => numbered.get(id.value)))]]),
    );
    idsOfEvents.forEach((ids, event) => {
      for (const job of ids ? jobsOf.get(ids) : []) jobs[job].events.push(event);
    });
    return jobs.filter((job) => job.events.length);
  }
}

// The roots that names belong to by what is told here, by the name, in the order in which they come up.
function rootsOf(lists, all, { root, same }, rooted) {
  const roots = new Map();
  const add = (value, own) => {
    if (!roots.has(value)) roots.set(value, new Set());
    for (const each of own) roots.get(value).add(each);
  };
  for (const { field, value } of all) if (field === root || !rooted) if (!roots.has(value)) add(value, [value]);
  if (rooted)
    for (const ids of lists) {
      const own = rootsIn(ids, root);
      if (ids.length > 1 && own.size === 1) for (const id of ids) if (same.includes(id.field)) add(id.value, own);
    }
  return roots;
}

function rootsIn(ids, root) {
  return new Set(ids.filter((id) => id.field === root).map((id) => id.value));
}

// The jobs in the order in which they come up, and the numbers of those that a name belongs to.
function settled(roots) {
  const numbers = new Map();
  const jobs = [];
  const numbered = new Map();
  for (const [name, own] of roots) {
    for (const each of own) {
      if (!numbers.has(each)) {
        numbers.set(each, jobs.length);
        jobs.push({ name: each, names: [each], events: [] });
      }
      const job = jobs[numbers.get(each)];
      if (!job.names.includes(name)) job.names.push(name);
    }
    numbered.set(name, [...own].map((each) => numbers.get(each)));
  }
  return { jobs, numbered };
}
