// The metrics under the lanes, on the same axis, each with what it is at the scrubber or the pointer.

import { GUTTER, Scale, clipped, drawTicks, drawUpright, shortened } from "./axis.js";
import { sharp } from "./element.js";
import { firstAfter } from "./events.js";
import { gaugesOf } from "./gauges.js";
import { theme } from "./theme.js";
import { counted, seconds, trimmed } from "./words.js";

const BAR = 4; // pixels on which what happens is counted together
const ROW = 38; // pixels of a gauge
const AIR = 8;
const RATES = ["line-0", "line-1"];
const LEVELS = ["line-4", "waiting", "working", "line-3"];

export class Strip {
  constructor(canvas, focus, redraw) {
    this.canvas = canvas;
    this.focus = focus;
    this.pointed = null; // pixels across, where a pointer is
    this.readings = [];
    this._known = { key: "", trace: null, gauges: [] };
    Object.assign(this, sharp(canvas, redraw));
    // Only this canvas has to be drawn again when a pointer moves on it.
    const point = (x) => {
      this.pointed = x;
      cancelAnimationFrame(this._due);
      this._due = requestAnimationFrame(() => this.draw());
    };
    canvas.addEventListener("pointermove", (move) => point(move.offsetX > GUTTER ? move.offsetX : null));
    canvas.addEventListener("pointerleave", () => point(null));
  }

  draw() {
    const { context, size, focus } = this;
    const { trace } = focus;
    const scale = (this.scale = new Scale(focus, size.width));
    const positions = trace.position[focus.axis];
    const gauges = this._gauges();
    this.canvas.style.height = `${gauges.length * ROW}px`;
    const x = this.pointed ?? scale.x(positions[focus.at]);
    const event = this.pointed === null ? focus.at : trace.eventAt(focus.axis, scale.position(x));
    const here = {
      trace,
      scale,
      positions,
      event,
      position: this.pointed === null ? positions[focus.at] : scale.position(x),
      from: firstAfter(positions, scale.position(GUTTER) - 1e-12),
      to: firstAfter(positions, scale.position(scale.right)),
    };
    context.clearRect(0, 0, size.width, size.height);
    drawTicks(context, focus, scale, 0, size.height, false);
    let rates = 0;
    let levels = 0;
    this.readings = gauges.map((gauge, row) => {
      const box = { top: row * ROW + AIR, bottom: (row + 1) * ROW - 1 };
      const style = gauge.counts ? RATES[rates++] : LEVELS[levels++];
      const colour = theme[style] ?? theme.lines[Number(style.slice(5))];
      return gauge.counts ? this._rate(gauge, here, box, colour) : this._level(gauge, here, box, colour);
    });
    this._tell(here);
    clipped(context, scale, size.height, () => {
      drawUpright(context, scale.x(positions[focus.at]), 0, size.height, theme.accent);
      if (this.pointed !== null) drawUpright(context, x, 0, size.height, theme.soft, "", { dash: [2, 2] });
    });
  }

  _gauges() {
    const { trace, side, actor } = this.focus;
    const key = `${side} ${actor}`;
    if (this._known.key !== key || this._known.trace !== trace) {
      this._known = { key, trace, gauges: gaugesOf(trace, trace.numbersOf(actor)) };
    }
    return this._known.gauges;
  }

  // How often something happens. Which bar an event counts for follows from where it is, so that
  // bars keep their heights while the view moves.
  _rate({ name, unit, counts }, here, box, colour) {
    const { context, focus } = this;
    const { trace, scale, positions } = here;
    const perBar = scale.perUnit / BAR;
    const first = Math.floor(scale.position(GUTTER) * perBar);
    const from = firstAfter(positions, first / perBar - 1e-12);
    const bars = new Float64Array(Math.ceil((scale.right - GUTTER) / BAR) + 2);
    for (let event = from; event < here.to; event += 1)
      if (counts[event] && trace.isVisible(event)) bars[Math.floor(positions[event] * perBar) - first] += 1;
    const timed = focus.axis === "time";
    const per = timed ? perBar : 1;
    const most = bars.reduce((a, b) => Math.max(a, b), 0);
    context.fillStyle = colour;
    clipped(context, scale, this.size.height, () =>
      bars.forEach((value, place) => {
        const height = most ? (value / most) * (box.bottom - box.top) : 0;
        context.fillRect(scale.x((first + place) / perBar), box.bottom - height, BAR - 1, height);
      }),
    );
    const bar = Math.floor(here.position * perBar);
    let value = 0;
    for (let event = firstAfter(positions, bar / perBar - 1e-12); event < trace.count && Math.floor(positions[event] * perBar) <= bar; event += 1)
      if (Math.floor(positions[event] * perBar) === bar && counts[event] && trace.isVisible(event)) value += 1;
    const words = timed ? `${rounded(value * per)} / s in ${seconds(1 / perBar)}` : counted(value, unit);
    this._name(timed ? `${name} / s` : name, most * per, box, words);
    return { name, value: value * per, words };
  }

  // How much there is of something.
  _level({ name, unit, steps }, here, box, colour) {
    const { scale, positions } = here;
    const columns = new Columns(scale, steps.at(here.from - 1));
    for (let step = firstAfter(steps.events, here.from - 1); step < steps.events.length && steps.events[step] < here.to; step += 1)
      columns.put(scale.x(positions[steps.events[step]]), steps.values[step]);
    const most = columns.most();
    const value = steps.at(here.event);
    const words = counted(value, unit);
    this._name(name, most, box, words);
    this._area(columns.values, most, box, colour);
    return { name, value, words };
  }

  // What stands in the gutter: the name, the reading, and how much the height of the row is.
  _name(name, most, { top, bottom }, words) {
    const { context, size } = this;
    context.textAlign = "right";
    context.textBaseline = "alphabetic";
    context.fillStyle = theme.soft;
    context.font = `11px ${theme.font}`;
    const height = rounded(most);
    context.fillText(height, GUTTER - 5, top + 8);
    const room = GUTTER - 24 - context.measureText(height).width;
    context.textAlign = "left";
    context.fillStyle = this.pointed === null ? theme.soft : theme.accent;
    context.fillText(shortened(context, words, GUTTER - 16), 10, top + 23);
    context.fillStyle = theme.ink;
    context.font = `600 11.5px ${theme.font}`;
    context.fillText(shortened(context, name, room), 10, top + 9);
    context.strokeStyle = theme.grid;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(GUTTER, Math.round(bottom) + 0.5);
    context.lineTo(size.width - 8, Math.round(bottom) + 0.5);
    context.stroke();
  }

  _area(values, most, { top, bottom }, colour) {
    if (!most) return;
    const { context } = this;
    context.fillStyle = colour;
    context.globalAlpha = 0.75;
    context.beginPath();
    context.moveTo(GUTTER, bottom);
    values.forEach((value, place) => {
      const y = bottom - (value / most) * (bottom - top);
      context.lineTo(GUTTER + place, y);
      context.lineTo(GUTTER + place + 1, y);
    });
    context.lineTo(GUTTER + values.length, bottom);
    context.fill();
    context.globalAlpha = 1;
  }

  // Whose metrics these are stands in their corner, and all in words for who cannot see them.
  _tell({ trace, event }) {
    const { context, size, focus, canvas } = this;
    const whose = [focus.actor, focus.traces.length > 1 ? trace.name : ""].filter(Boolean).join(" in ");
    if (whose) {
      context.font = `600 11px ${theme.font}`;
      context.textAlign = "right";
      context.textBaseline = "top";
      const width = context.measureText(whose).width;
      context.fillStyle = theme.paper;
      context.fillRect(size.width - width - 18, 2, width + 8, 15);
      context.fillStyle = theme.ink;
      context.fillText(whose, size.width - 14, 4);
    }
    const told = this.readings.map(({ name, words }) => `${name} ${words}`).join("; ");
    canvas.setAttribute("aria-label", `Metrics${whose ? ` of ${whose}` : ""} at ${seconds(trace.time[event])}: ${told}`);
  }
}

function rounded(value) {
  return value >= 100 ? counted(Math.round(value)) : trimmed(value, 1);
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
}
