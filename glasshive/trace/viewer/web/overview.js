// All of the trace in one line: where the marks are, what the lanes show, and a place to scrub.

import { GUTTER, Scale } from "./axis.js";
import { sharp } from "./element.js";
import { theme } from "./theme.js";
import { counted, seconds, told } from "./words.js";

const MARKS_HEIGHT = 8;

export class Overview {
  constructor(canvas, focus, redraw) {
    this.canvas = canvas;
    this.focus = focus;
    this._key = "";
    Object.assign(this, sharp(canvas, redraw));
    canvas.addEventListener("pointerdown", (press) => {
      canvas.setPointerCapture(press.pointerId);
      this._scrub(press.offsetX);
    });
    canvas.addEventListener("pointermove", (move) => {
      if (move.buttons & 1) this._scrub(move.offsetX);
    });
    canvas.addEventListener("keydown", (key) => this._pressed(key));
  }

  _scale() {
    const bounds = this.focus.whole();
    return new Scale(bounds, this.size.width);
  }

  _scrub(x) {
    const { focus } = this;
    this.go(focus.trace.eventAt(focus.axis, this._scale().position(x)));
  }

  // Shows the registries after an event, and moves the lanes there.
  go(event) {
    const { focus } = this;
    const position = focus.trace.position[focus.axis][event];
    const changes = { at: event, tab: "state" };
    if (position < focus.from || position > focus.to) {
      const half = (focus.to - focus.from) / 2;
      Object.assign(changes, focus.kept(position - half, position + half));
    }
    focus.change(changes);
  }

  _pressed(key) {
    const { focus } = this;
    const last = focus.trace.count - 1;
    const far = Math.max(1, Math.round(last / 50));
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -far, PageUp: far, Home: -last, End: last };
    const step = steps[key.key];
    if (step === undefined || key.ctrlKey || key.altKey || key.metaKey) return;
    key.preventDefault();
    key.stopPropagation();
    this.go(Math.min(last, Math.max(0, focus.at + step)));
  }

  draw() {
    const { context, size, focus, canvas } = this;
    const { trace } = focus;
    const scale = this._scale();
    const positions = trace.position[focus.axis];
    context.clearRect(0, 0, size.width, size.height);
    const base = size.height - 3;
    const key = `${focus.side} ${focus.axis} ${size.width} ${focus.job} ${focus.where} ${trace.visibleCount}`;
    if (key !== this._key || trace !== this._counted) {
      this._key = key;
      this._counted = trace;
      this._counts = new Float64Array(Math.ceil(size.width));
      for (let event = 0; event < trace.count; event += 1)
        if (trace.isVisible(event)) this._counts[Math.floor(scale.x(positions[event]))] += 1;
      this._most = this._counts.reduce((a, b) => Math.max(a, b), 1);
    }
    const [left, right] = [scale.x(focus.from), scale.x(focus.to)];
    context.fillStyle = theme.card;
    context.fillRect(GUTTER, 2, scale.right - GUTTER, base - 2);
    context.fillStyle = theme.accent;
    context.globalAlpha = 0.16;
    context.fillRect(left, 2, Math.max(2, right - left), base - 2);
    context.globalAlpha = 1;
    context.fillStyle = theme.quiet;
    this._counts.forEach((count, x) => {
      if (!count) return;
      const height = Math.max(1, Math.sqrt(count / this._most) * (base - MARKS_HEIGHT - 4));
      context.fillRect(x, base - height, 1, height);
    });
    const last = { bad: -9, waiting: -9 };
    for (const event of trace.markedEvents) {
      const colour = trace.kind[event] === trace.number.duplicate ? "waiting" : "bad";
      const x = Math.round(scale.x(positions[event]));
      if (x - last[colour] < 2) continue;
      last[colour] = x;
      context.fillStyle = theme[colour];
      context.fillRect(x - 1, 3, 2, MARKS_HEIGHT - 2);
    }
    context.strokeStyle = theme.accent;
    context.lineWidth = 1;
    context.strokeRect(left + 0.5, 2.5, Math.max(2, right - left) - 1, base - 3);
    const x = scale.x(positions[focus.at]);
    context.fillStyle = theme.accent;
    context.fillRect(x - 1, 0, 2, size.height);
    context.beginPath();
    context.arc(x, size.height - 5, 5, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = theme.ink;
    context.font = `600 12px ${theme.font}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(seconds(trace.time[focus.at]), 10, size.height / 2 - 7);
    context.fillStyle = theme.soft;
    context.font = `11px ${theme.font}`;
    context.fillText(`event ${counted(trace.indexOf(focus.at))}`, 10, size.height / 2 + 8);
    canvas.setAttribute("aria-valuemin", trace.first);
    canvas.setAttribute("aria-valuemax", trace.indexOf(trace.count - 1));
    canvas.setAttribute("aria-valuenow", trace.indexOf(focus.at));
    canvas.setAttribute(
      "aria-valuetext",
      `${seconds(trace.time[focus.at])}, event ${trace.indexOf(focus.at)}: ${told(trace, focus.at)}`,
    );
  }
}
