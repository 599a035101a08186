// Lists beside the lanes: what is known of the run, its jobs, its marks, and the events in sight.

import { h } from "./element.js";
import { counted, seconds, told } from "./words.js";

const MOST = 200; // rows that are shown before one asks for more
const TITLES = {
  violation: "Violations",
  fail: "Failures",
  fault: "Faults",
  drop: "Drops",
  duplicate: "Duplicates",
  undelivered: "Never arrived",
  note: "Notes",
};

// A row that opens an event.
export function row(focus, event, { side = focus.side, words = null, near = false } = {}) {
  const trace = focus.traces[side];
  const text = h("span", { class: "words" }, words ?? told(trace, event));
  return h(
    "button",
    {
      class: `row${focus.event === event && focus.side === side ? " here" : ""}`,
      "data-event": trace.indexOf(event),
      onclick: () => focus.open(event, { side, near }),
    },
    h("span", { class: "time" }, seconds(trace.time[event])),
    h("span", { class: "index" }, `#${trace.indexOf(event)}`),
    text,
  );
}

function more(list, items, make, from = 0) {
  for (const item of items.slice(from, from + MOST)) list.append(make(item));
  const rest = items.length - from - MOST;
  if (rest <= 0) return;
  const button = h("button", { class: "more" }, `${counted(rest)} more`);
  button.addEventListener("click", () => {
    const last = button.previousElementSibling;
    button.remove();
    more(list, items, make, from + MOST);
    last.nextElementSibling.focus();
  });
  list.append(button);
}

// -- the run ------------------------------------------------------------------------------

export function runPanel(focus) {
  const { trace } = focus;
  const { header, end } = trace;
  const parts = [];
  if (trace.cut) parts.push(h("p", { class: "bad" }, `Not the whole run: ${trace.cut}`));
  if (focus.most) parts.push(h("p", {}, `The last ${counted(focus.most, "event")} at most, of a run that goes on.`));
  if (trace.count < trace.total)
    parts.push(h("p", {}, `Events ${counted(trace.first)} to ${counted(trace.first + trace.count - 1)} of ${counted(trace.total)}.`));
  if (header.first)
    parts.push(h("p", {}, `Begins with event ${counted(header.first)} of the run, which is number 0 here; those before it were not kept.`));
  if (end?.error) parts.push(h("p", { class: "bad" }, written(end.error)));
  parts.push(checks("Claims", end?.claims, (each) => [each.held, each.claim, each.detail]));
  parts.push(
    checks("Invariants", end?.invariants, (each) => [
      each.violations.length ? false : each.settled ? true : null,
      `${each.name}: ${each.statement}`,
      each.violations.join("\n"),
    ]),
  );
  const facts = { ...header, events: end?.events ?? trace.total, digest: end?.digest };
  const { parameters, choices } = header;
  delete facts.parameters;
  delete facts.choices;
  facts.seconds = end?.virtual_seconds;
  parts.push(pairs("Run", facts), pairs("Parameters", parameters), pairs("Choices", choices));
  parts.push(pairs("Facts", end?.facts));
  return parts;
}

function checks(title, list, of) {
  if (!list?.length) return null;
  const items = list.map((each) => {
    const [held, words, detail] = of(each);
    const [name, sign] = held === null ? ["soft", "?"] : held ? ["good", "✓"] : ["bad", "✗"];
    return h(
      "li",
      {},
      h("span", { class: name }, `${sign} `),
      words,
      detail ? h("span", { class: held === false ? "bad detail" : "soft detail" }, detail) : null,
    );
  });
  return h("section", {}, h("h3", {}, title), h("ul", { class: "checks" }, items));
}

function pairs(title, values) {
  const entries = Object.entries(values ?? {}).filter(([, value]) => value !== null && value !== undefined);
  if (!entries.length) return null;
  const rows = entries.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, written(value))]);
  return h("section", {}, h("h3", {}, title), h("dl", {}, rows));
}

function written(value) {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// -- jobs ---------------------------------------------------------------------------------

export function outcomeClass(outcome, open) {
  if (open) return "waiting";
  if (/fail|error|lost|abort/i.test(outcome)) return "bad";
  if (/cancel|reject|withdraw/i.test(outcome)) return "soft";
  return "good";
}

export function jobsPanel(focus) {
  const { trace } = focus;
  if (!trace.jobs.length) return [h("p", { class: "soft" }, "No payload of this trace carries an id.")];
  const list = h("div", { class: "rows" });
  more(list, trace.jobs, (job) => jobRow(focus, job));
  const open = trace.jobs.filter((job) => job.open).length;
  const words = `${counted(trace.jobs.length, "job")}${open ? `, ${counted(open)} not ended` : ""}. Click one to see it alone; again, to see all.`;
  return [h("p", { class: "soft" }, words), list];
}

function jobRow(focus, job) {
  const chosen = focus.job === job.name;
  const parts = job.parts.map((part) =>
    h("span", { class: "part" }, part.name, chip(part.outcome, part.open)),
  );
  return h(
    "button",
    {
      class: `row job${chosen ? " here" : ""}`,
      "aria-pressed": String(chosen),
      "data-job": job.name,
      onclick: () => isolate(focus, chosen ? "" : job.name),
    },
    h("span", { class: "time" }, seconds(focus.trace.time[job.events[0]])),
    h("span", { class: "words" }, h("b", {}, job.name), chip(job.outcome, job.open), h("span", { class: "soft" }, ` ${counted(job.events.length, "event")}`)),
    parts.length > 1 || parts[0]?.textContent.startsWith(job.name) === false ? h("span", { class: "parts" }, parts) : null,
  );
}

export function chip(outcome, open) {
  return outcome ? h("span", { class: `chip ${outcomeClass(outcome, open)}` }, outcome) : null;
}

// Shows one job alone, where it takes place.
export function isolate(focus, name) {
  const job = focus.trace.jobNamed.get(name);
  if (!job) return focus.change({ job: "" });
  const positions = focus.trace.position[focus.axis];
  // What is last of a job is that its entries are removed, long after all has been said.
  const last = job.events.findLast((event) => focus.trace.message[event]) ?? job.events.at(-1);
  const [from, to] = [positions[job.events[0]], positions[last]];
  const air = Math.max((to - from) * 0.06, focus.least());
  const within = focus.at >= job.events[0] && focus.at <= last;
  const at = within ? focus.at : job.events[0];
  return focus.change({ job: job.name, at, ...focus.kept(from - air, to + air) });
}

// -- marks --------------------------------------------------------------------------------

export function marksPanel(focus) {
  const { trace } = focus;
  const groups = Object.entries(TITLES).filter(([mark]) => trace.marks[mark].length);
  if (!groups.length) return [h("p", { class: "soft" }, "No fault, drop, duplicate or violation.")];
  return groups.map(([mark, title]) => {
    const events = trace.marks[mark];
    const list = h("div", { class: "rows" });
    more(list, events, (event) => markRow(focus, mark, event));
    const open = events.length <= MOST || ["violation", "fail", "fault"].includes(mark);
    return h(
      "details",
      { open, class: `marks ${mark}` },
      h("summary", {}, h("h3", {}, title), h("span", { class: "count" }, counted(events.length))),
      list,
    );
  });
}

function markRow(focus, mark, event) {
  const { trace } = focus;
  const made = row(focus, event, { near: true });
  if (mark !== "undelivered")
    trace.payload(event).then((data) => {
      const words = markWords(trace, mark, event, data);
      if (words) made.querySelector(".words").replaceChildren(words);
    });
  return made;
}

// What a mark says, with what its payload tells of it.
export function markWords(trace, mark, event, data) {
  if (data === undefined || data === null) return null;
  if (mark === "violation" && data.invariant) return h("span", {}, h("b", {}, data.invariant), ` ${data.how ?? ""}`);
  if (mark === "drop" && data.reason) return `${told(trace, event)} (${data.reason})`;
  if (mark === "fail" && data.error) return `${trace.actorOf(event)}: ${data.error} ${data.text ?? ""}`;
  if (mark === "note") return `${trace.actorOf(event)}: ${typeof data === "string" ? data : noteWords(data)}`;
  if (mark === "fault" && data.fault) {
    const { fault, ...rest } = data;
    return trace.hasLane(event) ? `${trace.actorOf(event)}: ${fault}${details(rest)}` : trace.actorOf(event);
  }
  return null;
}

function noteWords({ event, level, ...rest }) {
  return `${event ?? ""}${details(rest)}`;
}

function details(values) {
  const words = Object.entries(values)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${written(value)}`);
  return words.length ? ` (${words.join(", ")})` : "";
}

// -- events in sight ----------------------------------------------------------------------

export function eventsPanel(focus) {
  const { trace } = focus;
  const list = h("div", { class: "rows" });
  const total = trace.visible ? `${counted(trace.visibleCount)} of ${counted(trace.count, "event")}` : counted(trace.count, "event");
  const found = [];
  if (focus.most && focus.at === trace.count - 1) {
    // At the end of a run that goes on, what is new stands where it is seen.
    for (let event = focus.at; event >= 0 && found.length < MOST; event -= 1)
      if (trace.isVisible(event)) found.push(event);
    list.append(...found.map((event) => row(focus, event)));
    return [h("p", { class: "soft" }, `${total}; the last ones, newest first.`), list];
  }
  for (let event = focus.at; event < trace.count && found.length < MOST; event += 1)
    if (trace.isVisible(event)) found.push(event);
  const before = [];
  for (let event = focus.at - 1; event >= 0 && before.length < 8; event -= 1)
    if (trace.isVisible(event)) before.unshift(event);
  for (const event of [...before, ...found]) list.append(row(focus, event));
  return [h("p", { class: "soft" }, `${total}; those around ${seconds(trace.time[focus.at])}.`), list];
}
