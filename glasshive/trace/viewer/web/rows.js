// The rows of the lanes: where each actor's is, what it is called, and what is under a pointer.

import { GUTTER, shortened } from "./axis.js";
import { sharp } from "./element.js";
import { distance } from "./strokes.js";
import { theme } from "./theme.js";
import { firstAfter } from "./events.js";

export const TOP = 22; // pixels for the ticks' words
const LEAST_LANE = 18;
const MOST_LANE = 92;
const GROUP_GAP = 8;

export class Rows {
  constructor(canvas, side, focus, redraw) {
    this.canvas = canvas;
    this.side = side;
    this.focus = focus;
    this.scroll = 0;
    this._drawn = { segments: [], dots: [] };
    Object.assign(this, sharp(canvas, redraw));
  }

  get trace() {
    return this.focus.traces[this.side];
  }

  // Whether a lane is the first of its class, or of its depth.
  _begins(lane) {
    const { lanes } = this.trace;
    const before = lanes[lane - 1];
    return lane > 0 && (before.group !== lanes[lane].group || before.rank !== lanes[lane].rank);
  }

  // -- places -----------------------------------------------------------------------------

  _layOut() {
    const { lanes } = this.trace;
    let groups = 0;
    lanes.forEach((_, lane) => {
      if (this._begins(lane)) groups += 1;
    });
    const room = this.size.height - TOP - 6 - groups * GROUP_GAP;
    this.laneHeight = Math.min(MOST_LANE, Math.max(LEAST_LANE, room / Math.max(1, lanes.length)));
    this._y = new Float64Array(lanes.length);
    let y = TOP;
    lanes.forEach((_, lane) => {
      if (this._begins(lane)) y += GROUP_GAP;
      this._y[lane] = y + this.laneHeight / 2;
      y += this.laneHeight;
    });
    this._most = Math.max(0, y + 6 - this.size.height);
    this.scroll = Math.min(Math.max(0, this.scroll), this._most);
  }

  yOf(lane) {
    return this._y[lane] - this.scroll;
  }

  scrollBy(pixels) {
    const before = this.scroll;
    this.scroll = Math.min(Math.max(0, this.scroll + pixels), this._most);
    return this.scroll !== before;
  }

  show(event) {
    if (event < 0) return;
    const lane = this.trace.laneOf[this.trace.actor[event]];
    if (lane < 0 || !this._y) return;
    const y = this.yOf(lane);
    if (y < TOP + 10) this.scrollBy(y - TOP - this.laneHeight);
    else if (y > this.size.height - 10) this.scrollBy(y - this.size.height + this.laneHeight);
  }

  // -- drawing ----------------------------------------------------------------------------

  _drawLanes() {
    const { context, focus, trace, scale, size } = this;
    const { lanes } = trace;
    const positions = trace.position[focus.axis];
    const chosen = trace.numbersOf(focus.actor);
    lanes.forEach((actor, lane) => {
      const y = this.yOf(lane);
      if (y < -this.laneHeight || y > size.height + this.laneHeight) return;
      const top = y - this.laneHeight / 2;
      if (chosen?.has(actor.number)) {
        context.fillStyle = theme.card;
        context.fillRect(0, top, size.width, this.laneHeight);
      }
      this._drawName(actor, y);
      context.strokeStyle = theme.grid;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(GUTTER, Math.round(y) + 0.5);
      context.lineTo(scale.right, Math.round(y) + 0.5);
      context.stroke();
      context.strokeStyle = theme.quiet;
      context.lineWidth = 2;
      context.beginPath();
      for (const [begin, end] of actor.alive ?? []) {
        const from = Math.max(GUTTER, scale.x(this._at(positions, begin, false)));
        const to = end === null ? scale.right : Math.min(scale.right, scale.x(this._at(positions, end, true)));
        if (to <= from) continue;
        context.moveTo(from, y);
        context.lineTo(to, y);
      }
      context.stroke();
    });
  }

  // Where a time is on an axis.
  _at(positions, time, after) {
    if (this.focus.axis === "time") return time;
    const place = firstAfter(this.trace.time, after ? time : time - 1e-12);
    return positions[Math.min(Math.max(0, after ? place - 1 : place), positions.length - 1)];
  }

  // Its name, its class and its host; a bar in one colour joins those that share a host.
  _drawName(actor, y) {
    const { context } = this;
    const shares = actor.shared >= 0;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.font = `600 12.5px ${theme.font}`;
    context.fillStyle = theme.ink;
    const below = this.laneHeight >= 34 && actor.class;
    const left = shares ? 18 : 10;
    context.fillText(shortened(context, actor.name, GUTTER - left - 6), left, below ? y - 7 : y);
    context.font = `11px ${theme.font}`;
    context.fillStyle = theme.soft;
    if (below) {
      const away = actor.host && actor.host !== actor.name;
      const words = away ? `${actor.class} on ${actor.host}` : actor.class;
      context.fillText(shortened(context, words, GUTTER - left - 6), left, y + 8);
    }
    if (shares) {
      context.fillStyle = theme.lines[actor.shared % theme.lines.length];
      context.globalAlpha = 0.7;
      context.fillRect(8, y - this.laneHeight / 2 + 2, 3, this.laneHeight - 4);
      context.globalAlpha = 1;
    }
  }

  // -- pointing ---------------------------------------------------------------------------

  // The event under a point: a dot's own, or where an arrow begins; -1 for none.
  eventUnder(x, y) {
    let best = -1;
    let least = 8;
    for (const [dotX, dotY, event] of this._drawn.dots) {
      const away = Math.hypot(dotX - x, dotY - y);
      const grave = this.trace.kind[event] === this.trace.number.violation ? 3 : 0;
      if (away - grave < least) {
        least = away - grave;
        best = event;
      }
    }
    if (best >= 0) return best;
    least = 6;
    for (const [x1, y1, x2, y2, arrow] of this._drawn.segments) {
      if (Math.min(x1, x2) > x + least || Math.max(x1, x2) < x - least) continue;
      const away = distance(x, y, x1, y1, x2, y2);
      if (away < least) {
        least = away;
        best = this.trace.arrowFrom[arrow];
      }
    }
    return best;
  }

  // Where an event is drawn, in pixels of the canvas.
  pointOf(event) {
    const lane = this.trace.laneOf[this.trace.actor[event]];
    return {
      x: this.scale.x(this.trace.position[this.focus.axis][event]),
      y: lane < 0 ? TOP + 6 : this.yOf(lane),
    };
  }

  actorUnder(y) {
    const lane = this._y.findIndex((each) => Math.abs(each - this.scroll - y) <= this.laneHeight / 2);
    return lane < 0 ? "" : this.trace.lanes[lane].name;
  }
}
