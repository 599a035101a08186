// Puts the page together.

import { h } from "./element.js";
import { eventPanel } from "./event.js";
import { BadExpression } from "./expression.js";
import { Focus } from "./focus.js";
import { helpTable, listenToKeys } from "./keys.js";
import { Lanes } from "./lanes.js";
import { linkOf, linked } from "./link.js";
import { Live } from "./live.js";
import { eventsPanel, isolate, jobsPanel, marksPanel, runPanel } from "./lists.js";
import { Overview } from "./overview.js";
import { markParting, partingPanel } from "./parting.js";
import { Pointer } from "./pointer.js";
import { readTraces } from "./read.js";
import { registriesPanel } from "./registries.js";
import { sift } from "./sift.js";
import { Strip } from "./strip.js";
import { lineOf, readTheme, theme } from "./theme.js";
import { counted, seconds, told } from "./words.js";

const MOST_CHIPS = 10;
const find = (id) => document.getElementById(id);

async function start() {
  const { traces, parting, live } = JSON.parse(find("told").textContent);
  const show = (...of) => {
    window.glasshive = new Page(...of); // for whoever asks in the console, or measures
    window.glasshive.begin();
    return window.glasshive;
  };
  if (!live) return show(await readTraces(traces), parting);
  find("scenario").textContent = "Waiting for the first event";
  const follower = new Live(live, (trace) => show([trace], null, follower));
  return follower.run();
}

class Page {
  // live: what follows a run that goes on, or null.
  constructor(traces, parting, live = null) {
    readTheme();
    this.traces = traces;
    this.parting = parting;
    this.live = live;
    this.focus = new Focus(traces);
    this.focus.most = live?.most ?? 0;
    this.stage = find("stage");
    this.filter = find("where");
    this.pointer = new Pointer(this.focus, this.stage, find("tip"), () => this.redraw());
    this._sifting = 0;
    this._due = false;
    this._pushing = false;
    this._panels = {
      run: ["Run", runPanel],
      event: ["Event", eventPanel],
      state: ["State", registriesPanel],
      jobs: ["Jobs", jobsPanel],
      marks: ["Marks", marksPanel],
      events: ["Events", eventsPanel],
    };
    if (parting) this._panels.parting = ["Parting", (focus) => partingPanel(focus, parting)];
    this.tabs = Object.keys(this._panels);
  }

  begin() {
    const { focus, traces, parting } = this;
    const redraw = () => this.redraw();
    this.lanes = traces.map((trace, side) => this._makeLanes(trace, side, redraw));
    this.strip = new Strip(find("strip"), focus, redraw);
    this.overview = new Overview(find("overview"), focus, redraw);
    this.pointer.listenToStrip(this.strip, (event) => this.overview.go(event));
    markParting(this.traces, this.lanes, parting);
    this._makeHead();
    this._makeTabs();
    this._listen();
    this._follow();
    focus.listen((changed) => this._changed(changed));
    this._siftAll();
    this._showPanel();
    this.redraw();
    requestAnimationFrame(() => {
      performance.mark("painted");
      document.body.dataset.ready = "yes";
    });
  }

  // -- what is drawn once ------------------------------------------------------------------

  _makeLanes(trace, side, redraw) {
    const canvas = h("canvas", { class: "lanes", "aria-hidden": "true" });
    const name = this.traces.length > 1 ? h("p", { class: "caption" }, h("b", {}, side ? "Other " : "First "), trace.name) : null;
    find("lanes").append(h("div", { class: "lane-box" }, name ?? "", canvas));
    const lanes = new Lanes(canvas, side, this.focus, redraw);
    this.pointer.listen(lanes);
    return lanes;
  }

  _makeHead() {
    this._makeFacts();
    this.tellLive();
    find("help").querySelector(".keys-here").append(helpTable());
  }

  _makeFacts() {
    const { header, end } = this.traces[0];
    find("scenario").textContent = header.scenario ?? this.traces[0].name;
    if (!this.live) this._tellStatus(end?.status ?? (this.traces[0].cut ? "cut short" : ""));
    const facts = [];
    if (header.seed !== undefined) facts.push(`seed ${header.seed}`);
    facts.push(counted(this.traces[0].count, "event"), seconds(this.traces[0].time.at(-1)));
    facts.push(counted(this.traces[0].lanes.length, "actor"), counted(this.traces[0].jobs.length, "job"));
    if (this.traces.length > 1) facts.push(`beside ${this.traces[1].name}`);
    find("facts").textContent = facts.join(" · ");
  }

  _tellStatus(status) {
    find("status").textContent = status;
    find("status").className = `status ${status}`;
  }

  // How a run is that goes on.
  tellLive() {
    const { live } = this;
    if (!live) return;
    this._tellStatus(live.status);
    const button = find("live");
    button.hidden = false;
    button.setAttribute("aria-pressed", String(live.follows));
    button.textContent = `live ${live.waiting}`.trim();
  }

  _makeTypes() {
    const { focus } = this;
    const shown = focus.trace.types.slice(0, MOST_CHIPS).map(({ name, type, sent }) => {
      const where = `type == ${JSON.stringify(name)}`;
      const chosen = focus.where === where;
      const key = h("i", { class: `line-${lineOf(focus.trace, type)}` });
      return h("button", { class: "type", "aria-pressed": String(chosen), onclick: () => focus.change({ where: chosen ? "" : where }) }, key, name, h("span", { class: "count" }, counted(sent)));
    });
    find("types").replaceChildren(...shown);
  }

  _makeTabs() {
    const { focus, tabs } = this;
    const list = find("tabs");
    for (const name of tabs) {
      const tab = h("button", { role: "tab", id: `tab-${name}`, "aria-controls": "panel", onclick: () => focus.change({ tab: name }) }, this._panels[name][0]);
      list.append(tab);
    }
    list.addEventListener("keydown", (key) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[key.key];
      if (!step) return;
      const name = tabs[(tabs.indexOf(focus.tab) + step + tabs.length) % tabs.length];
      focus.change({ tab: name });
      find(`tab-${name}`).focus();
    });
    find("panel").addEventListener("keydown", (key) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[key.key];
      if (!step || key.shiftKey || !key.target.classList.contains("row")) return;
      const rows = [...find("panel").querySelectorAll("button.row:not([disabled])")];
      key.preventDefault();
      rows[rows.indexOf(key.target) + step]?.focus();
    });
  }

  // -- what people do ------------------------------------------------------------------------

  _listen() {
    const { focus } = this;
    find("sift").addEventListener("submit", (event) => {
      event.preventDefault();
      focus.change({ where: this.filter.value.trim() });
    });
    this.filter.addEventListener("input", () => {
      clearTimeout(this._typing);
      const where = this.filter.value.trim();
      this._typing = setTimeout(() => focus.change({ where }), 250);
    });
    for (const axis of ["time", "order"])
      find(`by-${axis}`).addEventListener("click", () => focus.turn(axis));
    find("whole").addEventListener("click", () => focus.change(focus.whole()));
    find("closer").addEventListener("click", () => focus.zoom(0.6));
    find("wider").addEventListener("click", () => focus.zoom(1 / 0.6));
    find("keys").addEventListener("click", () => this.help());
    find("live").addEventListener("click", () => this.live.toggle());
    find("job").addEventListener("click", () => focus.change({ job: "" }));
    window.addEventListener("hashchange", () => this._follow());
    listenToKeys(focus, this);
    const repaint = () => {
      readTheme();
      this.overview._key = "";
      this.redraw();
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    for (const moment of ["beforeprint", "afterprint"])
      window.addEventListener(moment, () => {
        readTheme({ paper: moment === "beforeprint" });
        this.overview._key = "";
        for (const each of [...this.lanes, this.strip, this.overview]) each.fit();
        this._draw();
      });
  }

  // -- what keys do ----------------------------------------------------------------------------

  openTab(place, key) {
    const name = this.tabs[place];
    if (!name) return;
    key.preventDefault();
    this.focus.change({ tab: name });
    find(`tab-${name}`).focus();
  }

  help() {
    const dialog = find("help");
    if (!dialog.open) dialog.showModal();
  }

  scroll(pixels) {
    if (this.lanes[this.focus.side].scrollBy(pixels)) this.redraw();
  }

  isolateOpen() {
    const { focus } = this;
    if (focus.job) focus.change({ job: "" });
    else if (focus.event >= 0) {
      const [job] = focus.trace.jobsOf(focus.event);
      if (job) isolate(focus, job.name);
    }
  }

  otherSide() {
    if (this.traces.length < 2) return;
    const { focus } = this;
    const side = 1 - focus.side;
    const at = focus.here(side, focus.at);
    const event = focus.here(side, focus.event);
    focus.change({ side, event, at: at < 0 ? this.traces[side].eventAt("time", focus.trace.time[focus.at]) : at });
  }

  // -- what changes ------------------------------------------------------------------------------

  // Shows what the trace has become that is followed, unless that is not wanted any more when it is
  // sifted.
  async replace(trace, forgotten, wanted) {
    const { focus } = this;
    let sought = {};
    while (sought.job !== focus.job || sought.where !== focus.where) {
      sought = { job: focus.job, where: focus.where };
      const job = trace.jobNamed.has(sought.job) ? sought.job : "";
      try {
        await sift(trace, { job, where: sought.where }, () => true);
      } catch (error) {
        if (error.constructor !== BadExpression) throw error;
        await sift(trace, { job, where: "" }, () => true);
      }
    }
    if (!wanted()) return false;
    this._sifting += 1; // what was sifted meanwhile is no longer shown
    focus.replace(trace, forgotten);
    this.pointer.forget();
    this._makeFacts();
    this._makeTypes();
    this._tellFound();
    return true;
  }

  // Shows what is new; an event that is open stays as it is.
  refresh() {
    if (this.focus.tab !== "event" || this.focus.event < 0) this._showPanel();
    this.redraw();
  }

  _changed(changed) {
    const { focus } = this;
    this.live?.changed(changed);
    if (changed.has("side") && focus.side < this.traces.length) this._makeTypes();
    if (changed.has("where") || changed.has("job")) this._siftAll();
    if (changed.has("event") && focus.event >= 0) {
      for (const lanes of this.lanes) lanes.show(focus.here(lanes.side, focus.event));
      find("spoken").textContent = `Event ${focus.trace.indexOf(focus.event)}: ${told(focus.trace, focus.event)}, ${seconds(focus.trace.time[focus.event])}`;
    }
    const moved = ["from", "to"].every((name) => !changed.has(name)) || changed.size > 2;
    if (moved && !this.live?.moves) this._showPanel();
    this.redraw();
    clearTimeout(this._linking);
    this._pushing ||= changed.has("event");
    this._linking = setTimeout(() => this._link(), 120);
  }

  async _siftAll() {
    const { focus } = this;
    const number = ++this._sifting;
    const result = find("found");
    this.filter.setCustomValidity("");
    if (document.activeElement !== this.filter) this.filter.value = focus.where;
    this._makeTypes();
    find("job").hidden = !focus.job;
    find("job").querySelector("b").textContent = focus.job;
    result.className = "soft";
    result.textContent = "";
    try {
      for (const trace of this.traces) {
        const job = trace.jobNamed.has(focus.job) ? focus.job : "";
        if (!(await sift(trace, { job, where: focus.where }, () => number === this._sifting))) return;
      }
    } catch (error) {
      if (error.constructor !== BadExpression) throw error;
      result.className = "bad";
      result.textContent = error.message;
      this.filter.setCustomValidity(error.message);
      for (const trace of this.traces) await sift(trace, { job: focus.job, where: "" }, () => true);
      this.redraw();
      return;
    }
    if (number !== this._sifting) return;
    this._tellFound();
    if (focus.tab === "events") this._showPanel();
    this.redraw();
  }

  _tellFound() {
    const { trace } = this.focus;
    if (this.filter.validity.valid) find("found").textContent = trace.visible ? `${counted(trace.visibleCount)} of ${counted(trace.count, "event")}` : "";
  }

  _showPanel() {
    const { focus, tabs } = this;
    const panel = find("panel");
    const kept = panel.dataset.tab === focus.tab ? panel.scrollTop : 0;
    const within = panel.contains(document.activeElement) ? document.activeElement : null;
    const again = within?.dataset.event ?? within?.dataset.job ?? null;
    for (const name of tabs) {
      const tab = find(`tab-${name}`);
      tab.setAttribute("aria-selected", String(name === focus.tab));
      tab.tabIndex = name === focus.tab ? 0 : -1;
    }
    panel.dataset.tab = focus.tab;
    panel.setAttribute("aria-labelledby", `tab-${focus.tab}`);
    panel.replaceChildren(...this._panels[focus.tab][1](focus).filter(Boolean));
    panel.scrollTop = focus.tab === "event" ? 0 : kept;
    if (again !== null) {
      const same = [...panel.querySelectorAll("button")].find((each) => (each.dataset.event ?? each.dataset.job) === again);
      (same ?? panel.querySelector("button.row") ?? this.stage).focus({ preventScroll: true });
    }
  }

  // Each event that is opened can be gone back from.
  _link() {
    const push = this._pushing;
    this._pushing = false;
    const hash = linkOf(this.focus, this.live?.follows);
    if (hash === location.hash) return;
    if (push) history.pushState(null, "", hash);
    else history.replaceState(null, "", hash);
  }

  _follow() {
    const { focus } = this;
    const changes = linked(location.hash, focus, this.tabs);
    changes.tab ??= this.parting ? "parting" : focus.trace.marks.violation.length ? "marks" : "run";
    changes.before = changes.at;
    Object.assign(focus, { before: changes.at, at: changes.at });
    focus.change(changes);
  }

  redraw() {
    if (this._due) return;
    this._due = true;
    requestAnimationFrame(() => this._draw());
  }

  _draw() {
    this._due = false;
    const begun = performance.now();
    for (const lanes of this.lanes ?? []) lanes.draw();
    this.strip?.draw();
    this.overview?.draw();
    const { focus } = this;
    for (const axis of ["time", "order"])
      find(`by-${axis}`).setAttribute("aria-pressed", String(focus.axis === axis));
    this.drawn = performance.now() - begun;
  }
}

start();
