// How many lines are drawn at once, and fast.

import { GUTTER } from "./axis.js";
import { theme } from "./theme.js";

export const BUCKET = 3; // pixels on which one arrow stands for a crowd of them

// For each colour, from where to where any arrow goes on some pixels.
export class Spans {
  constructor(scale) {
    this._width = Math.ceil((scale.right + BUCKET - GUTTER) / BUCKET) + 2;
    this._top = new Float32Array(this._width * theme.lines.length).fill(Infinity);
    this._bottom = new Float32Array(this._width * theme.lines.length).fill(-Infinity);
  }
  // Returns whether the span has become longer.
  add(line, x, y1, y2) {
    const bucket = Math.floor((x - GUTTER) / BUCKET) + 1;
    if (bucket < 0 || bucket >= this._width) return false;
    const place = line * this._width + bucket;
    const top = Math.min(y1, y2);
    const bottom = Math.max(y1, y2);
    if (top >= this._top[place] && bottom <= this._bottom[place]) return false;
    if (top < this._top[place]) this._top[place] = top;
    if (bottom > this._bottom[place]) this._bottom[place] = bottom;
    return true;
  }
  draw(context) {
    this._top.forEach((top, place) => {
      if (top === Infinity) return;
      const line = Math.floor(place / this._width);
      const x = GUTTER + ((place % this._width) - 1) * BUCKET;
      context.fillStyle = theme.lines[line];
      context.fillRect(x + (line % BUCKET), top, 1, this._bottom[place] - top);
    });
  }
}

// Fills those that are as good as upright, which takes a fraction of the time, and returns the rest.
export function upright(context, segments) {
  const rest = [];
  for (const segment of segments) {
    const [x1, y1, x2, y2] = segment;
    if (Math.abs(x2 - x1) < 1.5) context.fillRect(Math.round(x1), Math.min(y1, y2), 1, Math.abs(y2 - y1));
    else rest.push(segment);
  }
  return rest;
}

// Many short paths are drawn faster than a long one.
export function stroke(context, segments) {
  for (let from = 0; from < segments.length; from += 256) {
    context.beginPath();
    for (const [x1, y1, x2, y2] of segments.slice(from, from + 256)) {
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
    }
    context.stroke();
  }
}

export function head(context, x1, y1, x2, y2, size) {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const back = 3; // the dot of the arrival covers the very end
  const x = x2 - back * Math.cos(angle);
  const y = y2 - back * Math.sin(angle);
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - size * Math.cos(angle - 0.4), y - size * Math.sin(angle - 0.4));
  context.lineTo(x - size * Math.cos(angle + 0.4), y - size * Math.sin(angle + 0.4));
  context.fill();
}

export function distance(x, y, x1, y1, x2, y2) {
  const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const along = length ? ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length : 0;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - x1 - share * (x2 - x1), y - y1 - share * (y2 - y1));
}
