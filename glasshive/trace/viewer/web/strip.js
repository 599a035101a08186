// The metrics under the lanes, on the same axis: messages, messages under way, open entries.

import { GUTTER, Scale, clipped, drawTicks, drawUpright, shortened } from "./axis.js";
import { sharp } from "./element.js";
import { theme } from "./theme.js";
import { firstAfter } from "./trace.js";
import { counted, trimmed } from "./words.js";

const BAR = 4; // pixels of a bar of messages
const AIR = 9;
const STATE_COLOURS = ["waiting", "line-0", "line-3", "line-4", "line-5"];

export class Strip {
  constructor(canvas, focus, redraw) {
    this.canvas = canvas;
    this.focus = focus;
    this._known = new Map();
    Object.assign(this, sharp(canvas, redraw));
  }

  draw() {
    const { context, size, focus } = this;
    const { trace } = focus;
    const scale = (this.scale = new Scale(focus, size.width));
    const actor = trace.lanes.find((each) => each.name === focus.actor);
    const number = actor ? actor.number : -1;
    const positions = trace.position[focus.axis];
    context.clearRect(0, 0, size.width, size.height);
    drawTicks(context, focus, scale, 0, size.height, false);
    const row = size.height / 3;
    const from = firstAfter(positions, scale.position(GUTTER) - 1e-12);
    const to = firstAfter(positions, scale.position(scale.right));
    const here = { trace, positions, scale, from, to, number };
    this._bars(here, { top: AIR, bottom: row, of: actor });
    this._pending(here, { top: row + AIR, bottom: 2 * row, of: actor });
    this._entries(here, { top: 2 * row + AIR, bottom: size.height - 1, of: actor });
    const x = scale.x(positions[focus.at]);
    clipped(context, scale, size.height, () => drawUpright(context, x, 0, size.height, theme.accent));
  }

  _bars({ trace, positions, scale, from, to, number }, box) {
    const { focus, context } = this;
    const bars = new Float64Array(Math.ceil((scale.right - GUTTER) / BAR) + 1);
    const { kind, visible } = trace;
    const { send } = trace.number;
    for (let event = from; event < to; event += 1) {
      if (kind[event] !== send || (visible !== null && !visible[event])) continue;
      if (number >= 0 && trace.actor[event] !== number && trace.peer[event] !== number) continue;
      bars[Math.floor((scale.x(positions[event]) - GUTTER) / BAR)] += 1;
    }
    const timed = focus.axis === "time";
    const per = timed ? scale.perUnit / BAR : 1;
    const most = bars.reduce((a, b) => Math.max(a, b), 0);
    this._name(timed ? "messages / s" : "messages", most * per, box);
    context.fillStyle = theme.lines[0];
    bars.forEach((value, place) => {
      const height = most ? (value / most) * (box.bottom - box.top) : 0;
      context.fillRect(GUTTER + place * BAR, box.bottom - height, BAR - 1, height);
    });
  }

  _pending({ trace, scale, from, to, positions, number }, box) {
    const counts = number < 0 ? trace.pending : this._of(trace, number);
    const columns = new Columns(scale, from > 0 ? counts[from - 1] : 0);
    for (let event = from; event < to; event += 1)
      columns.put(scale.x(positions[event]), counts[event]);
    const most = columns.most();
    this._name("under way", most, box, counts[this.focus.at]);
    this._area(columns, null, most, box, theme.lines[4]);
  }

  _of(trace, number) {
    const key = `${trace.name} ${number}`;
    if (!this._known.has(key)) {
      this._known.clear();
      this._known.set(key, trace.pendingOf(number));
    }
    return this._known.get(key);
  }

  _entries({ trace, scale, from, to, positions, number }, box) {
    const states = trace.openStates;
    const changes = trace.changes;
    const holder = number < 0 ? null : trace.names[number - 1];
    const counts = states.map(() => 0);
    const now = states.map(() => 0);
    let columns = null;
    for (const change of changes) {
      if (change.event >= to && change.event > this.focus.at) break;
      if (holder !== null && change.actor !== holder) continue;
      if (change.event >= from && !columns) columns = counts.map((count) => new Columns(scale, count));
      const before = states.indexOf(change.before);
      const after = states.indexOf(change.after);
      if (before >= 0) counts[before] -= 1;
      if (after >= 0) counts[after] += 1;
      if (change.event <= this.focus.at) counts.forEach((count, state) => (now[state] = count));
      if (change.event >= from && change.event < to)
        columns.forEach((each, state) => each.put(scale.x(positions[change.event]), counts[state]));
    }
    columns ??= counts.map((count) => new Columns(scale, count));
    const sum = columns.reduce((below, each) => each.over(below), null);
    const most = sum ? sum.most() : 0;
    const words = states.map((state, place) => `${state} ${now[place]}`);
    this._name("open entries", most, box, words.length ? words.join(", ") : null);
    let below = null;
    columns.forEach((each, place) => {
      const above = each.over(below);
      const name = STATE_COLOURS[place % STATE_COLOURS.length];
      this._area(above, below, most, box, theme[name] ?? theme.lines[Number(name.slice(5))]);
      below = above;
    });
  }

  _name(name, most, { top, bottom, of }, now = null) {
    const { context, size } = this;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillStyle = theme.ink;
    context.font = `600 11.5px ${theme.font}`;
    context.fillText(shortened(context, of ? `${name}, ${of.name}` : name, GUTTER - 50), 10, top + 10);
    context.fillStyle = theme.soft;
    context.font = `11px ${theme.font}`;
    if (now !== null) context.fillText(shortened(context, String(now), GUTTER - 16), 10, top + 25);
    context.textAlign = "right";
    context.fillText(most >= 100 ? counted(Math.round(most)) : trimmed(most, 1), GUTTER - 5, top + 8);
    context.strokeStyle = theme.grid;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(GUTTER, Math.round(bottom) + 0.5);
    context.lineTo(size.width - 8, Math.round(bottom) + 0.5);
    context.stroke();
  }

  _area(above, below, most, { top, bottom }, colour) {
    if (!most) return;
    const { context } = this;
    const y = (value) => bottom - (value / most) * (bottom - top);
    context.fillStyle = colour;
    context.globalAlpha = 0.75;
    context.beginPath();
    context.moveTo(GUTTER, y(below ? below.values[0] : 0));
    above.values.forEach((value, place) => {
      context.lineTo(GUTTER + place, y(value));
      context.lineTo(GUTTER + place + 1, y(value));
    });
    for (let place = above.values.length - 1; place >= 0; place -= 1) {
      const value = below ? below.values[place] : 0;
      context.lineTo(GUTTER + place + 1, y(value));
      context.lineTo(GUTTER + place, y(value));
    }
    context.fill();
    context.globalAlpha = 1;
  }
}

// The most that a number is on each pixel, and between its changes what it was last.
class Columns {
  constructor(scale, first) {
    this._raw = new Float64Array(Math.ceil(scale.right - GUTTER)).fill(-1);
    this._ends = new Float64Array(this._raw.length).fill(-1);
    this._first = first;
  }
  put(x, value) {
    const place = Math.min(this._raw.length - 1, Math.max(0, Math.floor(x - GUTTER)));
    if (value > this._raw[place]) this._raw[place] = value;
    this._ends[place] = value;
    this._values = null;
  }
  get values() {
    if (this._values) return this._values;
    let last = this._first;
    this._values = this._raw.map((value, place) => {
      const shown = value < 0 ? last : value;
      if (value >= 0) last = this._ends[place];
      return shown;
    });
    return this._values;
  }
  most() {
    return this.values.reduce((most, value) => Math.max(most, value), 0);
  }
  over(below) {
    if (!below) return this;
    const sum = Object.create(Columns.prototype);
    sum._values = this.values.map((value, place) => value + below.values[place]);
    return sum;
  }
}
