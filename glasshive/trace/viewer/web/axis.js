// The way across, which lanes and metrics share.

import { theme } from "./theme.js";
import { roundStep, seconds, counted } from "./words.js";

export const GUTTER = 148; // pixels for names, left of everything
const LEAST_TICK = 90; // pixels between two ticks

export class Scale {
  constructor(focus, width) {
    this.from = focus.from;
    this.perUnit = (width - GUTTER - 8) / (focus.to - focus.from);
    this.right = width - 8;
    this.width = width;
  }
  x(position) {
    return GUTTER + (position - this.from) * this.perUnit;
  }
  position(x) {
    return this.from + (x - GUTTER) / this.perUnit;
  }
}

export function drawTicks(context, focus, scale, top, bottom, withWords) {
  const timed = focus.axis === "time";
  const step = Math.max(roundStep(LEAST_TICK / scale.perUnit), timed ? 0 : 1);
  context.strokeStyle = theme.grid;
  context.fillStyle = theme.soft;
  context.lineWidth = 1;
  context.font = `11px ${theme.font}`;
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.beginPath();
  const first = Math.ceil(scale.position(GUTTER) / step);
  const last = Math.floor(scale.position(scale.right) / step);
  for (let tick = first; tick <= last; tick += 1) {
    const value = tick * step || 0; // which is never -0
    const x = Math.round(scale.x(value)) + 0.5;
    context.moveTo(x, top);
    context.lineTo(x, bottom);
    if (withWords) {
      const words = timed ? tickSeconds(value, step) : `#${counted(value)}`;
      context.fillText(words, Math.min(Math.max(x, GUTTER + 18), scale.right - 22), top - 9);
    }
  }
  context.globalAlpha = 0.6;
  context.stroke();
  context.globalAlpha = 1;
}

function tickSeconds(value, step) {
  if (value === 0) return "0 s";
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return step < 1e-3 && Math.abs(value) < 1 ? seconds(value) : `${value.toFixed(digits)} s`;
}

// A dashed line through everything, with a word at its top: to the right of it, or (`before`) to the
// left where there is room.
export function drawUpright(context, x, top, bottom, colour, word = "", { dash = [4, 3], before = false } = {}) {
  context.strokeStyle = colour;
  context.lineWidth = 1.25;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x, bottom);
  context.stroke();
  context.setLineDash([]);
  if (!word) return;
  context.font = `600 11px ${theme.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  const width = context.measureText(word).width + 8;
  const left = before && x - width >= GUTTER ? x - width : x;
  context.fillStyle = colour;
  context.fillRect(left, top - 16, width, 15);
  context.fillStyle = theme.paper;
  context.fillText(word, left + 4, top - 8);
}

export function clipped(context, scale, height, draw) {
  context.save();
  context.beginPath();
  context.rect(GUTTER, 0, scale.width - GUTTER, height);
  context.clip();
  draw();
  context.restore();
}

// A name as long as there is room for it.
export function shortened(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let length = text.length;
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > room) length -= 1;
  return `${text.slice(0, length)}…`;
}
