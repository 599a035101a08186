// The lanes: one for each actor, messages as arrows between them.

import { GUTTER, Scale, clipped, drawTicks, drawUpright } from "./axis.js";
import { Rows, TOP } from "./rows.js";
import { BUCKET, Spans, head, stroke, upright } from "./strokes.js";
import { lineOf, theme } from "./theme.js";
import { firstAfter } from "./events.js";

const FADED = 0.14;
const MANY = 600; // arrows from which on heads and words are left out
const CROWD = 4000; // events from which on one stands for all on its pixels
const PIXELS = 2; // of a lane, on which one event stands for all
const MOST_DRAWN = 40000; // arrows; where there could be more, those on the same pixels are one
const MOST_WORDS = 90;
const QUIET = 1; // kinds that are pointed at and not drawn: an arrow or an arc begins there
const MARKED = 2;
const PAIRS = 1 << 18;
const GLYPHS = { violation: "✗", fail: "!", fault: "ϟ", drop: "×", duplicate: "2" };

export class Lanes extends Rows {
  constructor(canvas, side, focus, redraw) {
    super(canvas, side, focus, redraw);
    this.parting = null; // the event at which this trace parts from the one beside it
    this.deed = null; // and where more than payloads differs, if that is later
    this._related = { event: -1, causes: new Set(), effects: new Set() };
    this._lastOfPair = new Float64Array(PAIRS);
    this._lastOfLane = new Float64Array(0);
    this._begunOfLane = new Float64Array(0);
  }

  // -- drawing ----------------------------------------------------------------------------

  draw() {
    const { context, size, focus, trace } = this;
    this._layOut();
    this._makeRoom();
    this.scale = new Scale(focus, size.width);
    this._relate();
    context.clearRect(0, 0, size.width, size.height);
    this._drawLanes();
    drawTicks(context, focus, this.scale, TOP, size.height, true);
    this._drawn = { segments: [], dots: [] };
    this._from = firstAfter(trace.position[focus.axis], this.scale.position(GUTTER - 8) - 1e-12);
    this._to = firstAfter(trace.position[focus.axis], this.scale.position(this.scale.right + 8));
    this._crowd = this._inSight() > CROWD;
    context.save();
    context.beginPath();
    context.rect(GUTTER, TOP, size.width - GUTTER, size.height - TOP);
    context.clip();
    this._drawFaults();
    this._drawArrows();
    this._drawEvents();
    this._drawRelated();
    context.restore();
    clipped(context, this.scale, size.height, () => this._drawUprights());
  }

  // A run that goes on may have more lanes than it had.
  _makeRoom() {
    const lanes = this.trace.lanes.length;
    if (this._lastOfLane.length === lanes) return;
    this._lastOfLane = new Float64Array(lanes);
    this._begunOfLane = new Float64Array(lanes);
  }

  _inSight() {
    const { visible } = this.trace;
    if (visible === null) return this._to - this._from;
    let count = 0;
    for (let event = this._from; event < this._to; event += 1) count += visible[event];
    return count;
  }

  // What is drawn bright while the rest fades: an event's causes, and all that came of it; beside
  // the trace of that event, those of the same event there.
  _relate() {
    const { focus, trace } = this;
    const event = focus.here(this.side, focus.event);
    if (this._related.event === event && this._related.trace === trace) return;
    this._related = {
      trace,
      event,
      causes: new Set(event < 0 ? [] : trace.causesOf(event)),
      effects: new Set(event < 0 ? [] : trace.allEffectsOf(event)),
    };
  }

  // What is related to nothing leaves all as it is.
  get _fades() {
    return this._related.causes.size + this._related.effects.size > 0;
  }

  _drawFaults() {
    const { context, focus, trace, scale, size } = this;
    const positions = trace.position[focus.axis];
    let last = -1;
    for (const event of trace.marks.fault) {
      const x = Math.round(scale.x(positions[event])) + 0.5;
      if (event < this._from || event >= this._to || x === last) continue;
      last = x;
      context.globalAlpha = 0.5;
      drawUpright(context, x, TOP, size.height, theme.bad, "", { dash: [2, 4] });
      context.globalAlpha = 1;
      if (!trace.hasLane(event)) this._drawn.dots.push([x, TOP + 6, event]);
    }
  }

  // A crowd is drawn as one arrow for each pair of actors in some pixels; which pixels belong
  // together follows from the events, so that nothing flickers while the view moves.
  _drawArrows() {
    const { context, focus, trace, scale, size } = this;
    const { arrowFrom, arrowTo, laneOf, actor, peer, visible } = trace;
    const positions = trace.position[focus.axis];
    const first = firstAfter(trace.arrowReach, this._from - 1);
    const end = firstAfter(arrowFrom, this._to);
    const crowd = this._crowd;
    const perBucket = scale.perUnit / BUCKET;
    const lanes = trace.lanes.length;
    const lastOfPair = this._lastOfPair.fill(-1);
    const batches = theme.lines.map(() => []);
    const { segments } = this._drawn;
    const spans = crowd && (trace.pairs * size.width) / BUCKET > MOST_DRAWN ? new Spans(scale) : null;
    const faded = this._fades;
    let drawn = 0;
    for (let arrow = first; arrow < end; arrow += 1) {
      const from = arrowFrom[arrow];
      const to = arrowTo[arrow];
      if (visible !== null && !visible[from] && (to < 0 || !visible[to])) continue;
      const start = laneOf[actor[from]];
      const stop = peer[from] ? laneOf[peer[from]] : start;
      if (start < 0 || stop < 0) continue;
      if (to >= 0 && to < this._from) continue;
      if (crowd) {
        const pair = (start * lanes + stop) % PAIRS;
        const bucket = Math.floor(positions[from] * perBucket);
        if (lastOfPair[pair] === bucket) continue;
        lastOfPair[pair] = bucket;
      }
      const x1 = GUTTER + (positions[from] - scale.from) * scale.perUnit;
      const x2 = to < 0 ? x1 + 14 : scale.x(positions[to]);
      const y1 = this.yOf(start);
      const y2 = to < 0 ? y1 + (this.yOf(stop) - y1) * 0.35 : this.yOf(stop);
      if ((y1 < 0 && y2 < 0) || (y1 > size.height && y2 > size.height)) continue;
      if (spans) {
        const isNew = spans.add(lineOf(trace, trace.type[from]), x1, y1, y2);
        if (!isNew) continue;
        segments.push([x1, y1, x2, y2, arrow]);
        continue;
      }
      const lost = to < 0 || trace.kind[to] !== trace.number.deliver;
      const reach = lost && to >= 0 ? 0.7 : 1;
      const segment = [x1, y1, x1 + (x2 - x1) * reach, y1 + (y2 - y1) * reach, arrow];
      segments.push(segment);
      batches[lineOf(trace, trace.type[from])].push(segment);
      drawn += 1;
    }
    this._detailed = drawn <= MANY && !spans;
    context.globalAlpha = faded ? FADED : crowd ? 0.45 : 0.85;
    context.lineWidth = this._detailed ? 1.4 : 1;
    spans?.draw(context);
    batches.forEach((batch, line) => {
      context.strokeStyle = theme.lines[line];
      context.fillStyle = theme.lines[line];
      stroke(context, this._detailed ? batch : upright(context, batch));
      if (this._detailed) for (const segment of batch) this._drawHead(segment);
    });
    if (this._detailed) this._drawWords(segments);
    context.globalAlpha = 1;
  }

  _drawHead([x1, y1, x2, y2, arrow]) {
    const { context, trace } = this;
    const to = trace.arrowTo[arrow];
    const delivered = to >= 0 && trace.kind[to] === trace.number.deliver;
    if (delivered) head(context, x1, y1, x2, y2, 6);
  }

  // What messages are called, as far as nothing is written over anything.
  _drawWords(segments) {
    const { context, trace } = this;
    if (segments.length > MOST_WORDS * 3) return;
    const taken = [];
    let written = 0;
    context.font = `11px ${theme.font}`;
    context.textBaseline = "middle";
    context.textAlign = "left";
    for (const [x1, y1, x2, y2, arrow] of segments) {
      if (written >= MOST_WORDS) break;
      const word = trace.typeOf(trace.arrowFrom[arrow]);
      if (!word || Math.abs(y2 - y1) < 16) continue;
      const x = (x1 + x2) / 2 + 5;
      const y = (y1 + y2) / 2;
      const width = context.measureText(word).width;
      const box = [x - 2, y - 7, x + width + 2, y + 7];
      const over = (other) =>
        box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3];
      if (x < GUTTER || taken.some(over)) continue;
      taken.push(box);
      written += 1;
      context.fillStyle = theme.paper;
      context.fillRect(box[0], box[1] + 1, width + 4, 12);
      context.fillStyle = theme.lines[lineOf(trace, trace.type[trace.arrowFrom[arrow]])];
      context.fillText(word, x, y);
    }
  }

  // In a crowd a lane is thick where anything happens on it.
  _drawEvents() {
    const { context, focus, trace, scale, size } = this;
    const positions = trace.position[focus.axis];
    const { kind, actor, type, laneOf, visible, number } = trace;
    const crowd = this._crowd;
    const role = new Uint8Array(trace.kinds.length);
    for (const name of ["send", "timer-set", "timer-cancelled"]) role[number[name]] = QUIET;
    for (const name of Object.keys(GLYPHS)) role[number[name]] = MARKED;
    const lastOfLane = this._lastOfLane.fill(-1);
    const begunOfLane = this._begunOfLane.fill(-1);
    const thick = (lane) => {
      const width = lastOfLane[lane] - begunOfLane[lane] + PIXELS;
      context.fillRect(begunOfLane[lane], this.yOf(lane) - 2, width, 4);
    };
    const { dots } = this._drawn;
    context.globalAlpha = this._fades ? FADED * 1.6 : 1;
    context.fillStyle = theme.soft;
    const glyphs = [];
    for (let event = this._from; event < this._to; event += 1) {
      if (visible !== null && !visible[event]) continue;
      const lane = laneOf[actor[event]];
      if (lane < 0) continue;
      const x = GUTTER + (positions[event] - scale.from) * scale.perUnit;
      if (role[kind[event]] === MARKED) {
        glyphs.push([x, this.yOf(lane), event]);
        continue;
      }
      if (crowd) {
        const pixel = Math.floor(x / PIXELS) * PIXELS;
        if (lastOfLane[lane] === pixel) continue;
        if (begunOfLane[lane] >= 0 && pixel - lastOfLane[lane] > PIXELS) {
          thick(lane);
          begunOfLane[lane] = pixel;
        } else if (begunOfLane[lane] < 0) begunOfLane[lane] = pixel;
        lastOfLane[lane] = pixel;
        dots.push([x, this.yOf(lane), event]);
        continue;
      }
      const y = this.yOf(lane);
      if (y < 0 || y > size.height) continue;
      dots.push([x, y, event]);
      if (role[kind[event]] === QUIET) continue;
      context.fillStyle = theme.lines[lineOf(trace, type[event])];
      this._drawEvent(event, x, y);
    }
    if (crowd)
      begunOfLane.forEach((begun, lane) => {
        if (begun >= 0) thick(lane);
      });
    context.globalAlpha = this._fades ? 0.55 : 1;
    this._drawGlyphs(glyphs);
    context.globalAlpha = 1;
  }

  _drawEvent(event, x, y) {
    const { context, trace } = this;
    const { number } = trace;
    const kind = trace.kind[event];
    if (kind === number.state) {
      context.fillStyle = theme.accent;
      context.fillRect(x - 3, y - 8, 6, 6);
    } else if (kind === number.note) {
      context.fillStyle = theme.soft;
      context.fillRect(x - 3, y + 4, 6, 2);
      context.fillRect(x - 3, y + 7, 4, 2);
    } else if (kind === number.spawn || kind === number.stop) {
      context.fillStyle = theme.quiet;
      context.fillRect(x - 1.5, y - 7, 3, 14);
    } else {
      const radius = kind === number["timer-fired"] ? 1.8 : 3;
      if (!this._detailed) {
        context.fillRect(x - 2, y - 2, 4, 4);
        return;
      }
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
    }
  }

  _drawGlyphs(glyphs) {
    const { context, trace } = this;
    const { dots } = this._drawn;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const rank = (kind) => Object.keys(GLYPHS).indexOf(kind);
    glyphs.sort((one, other) => rank(trace.kindOf(other[2])) - rank(trace.kindOf(one[2])));
    const lasts = new Set();
    for (const [x, y, event] of glyphs) {
      const kind = trace.kindOf(event);
      const spot = `${kind} ${Math.round(x / BUCKET)} ${y}`;
      if (lasts.has(spot)) continue;
      lasts.add(spot);
      const grave = kind !== "drop" && kind !== "duplicate";
      const radius = grave ? 8 : 6;
      context.fillStyle = kind === "duplicate" ? theme.waiting : theme.bad;
      context.beginPath();
      if (grave) context.roundRect(x - radius, y - radius, 2 * radius, 2 * radius, kind === "violation" ? 2 : radius);
      else context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
      context.fillStyle = theme.paper;
      context.font = `700 ${grave ? 12 : 10}px ${theme.font}`;
      context.fillText(GLYPHS[kind], x, y + 0.5);
      dots.push([x, y, event]);
    }
  }

  // The open event, its causes and all that came of it, over everything else.
  _drawRelated() {
    const { context, focus, trace, scale } = this;
    const { event, causes, effects } = this._related;
    if (event < 0) return;
    const positions = trace.position[focus.axis];
    const point = (each) => {
      const lane = trace.laneOf[trace.actor[each]];
      return [scale.x(positions[each]), lane < 0 ? TOP + 6 : this.yOf(lane)];
    };
    const strokes = (events, colour) => {
      const segments = [];
      for (const each of events) {
        const cause = trace.causeOf(each);
        if (cause < 0) continue;
        const [from, to] = [point(cause), point(each)];
        if (to[0] < GUTTER - 20 || from[0] > scale.right + 20) continue;
        segments.push([...from, ...to]);
      }
      context.strokeStyle = colour;
      context.fillStyle = colour;
      context.lineWidth = 2.2;
      stroke(context, segments);
      if (segments.length < MANY)
        for (const segment of segments) {
          if (segment[1] !== segment[3]) head(context, ...segment, 8);
          context.beginPath();
          context.arc(segment[2], segment[3], 3, 0, 2 * Math.PI);
          context.fill();
        }
      return segments.length;
    };
    strokes(effects, theme.lines[0]);
    strokes(causes, theme.accent);
    strokes([event], theme.accent);
    this._drawRelatedWords([event, ...causes, ...effects], point);
    const [x, y] = point(event);
    context.strokeStyle = theme.ink;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, 9, 0, 2 * Math.PI);
    context.stroke();
  }

  _drawRelatedWords(events, point) {
    const { trace } = this;
    const arrows = [];
    for (const each of events.slice(0, 400)) {
      const cause = trace.causeOf(each);
      if (cause < 0 || trace.actor[cause] === trace.actor[each]) continue;
      const arrow = firstAfter(trace.arrowFrom, cause - 1);
      if (trace.arrowFrom[arrow] === cause) arrows.push([...point(cause), ...point(each), arrow]);
    }
    this._drawWords(arrows);
  }

  _drawUprights() {
    const { context, focus, trace, scale, size } = this;
    const positions = trace.position[focus.axis];
    if (this.deed !== null)
      drawUpright(context, scale.x(positions[this.deed]), TOP, size.height, theme.bad, "does otherwise", { before: true });
    if (this.parting !== null) {
      const x = scale.x(positions[this.parting]);
      context.fillStyle = theme.bad;
      context.globalAlpha = 0.05;
      context.fillRect(Math.max(GUTTER, x), TOP, size.width, size.height);
      context.globalAlpha = 1;
      drawUpright(context, x, TOP, size.height, theme.bad, "parts here", { dash: [], before: true });
    }
    const at = focus.here(this.side, focus.at);
    if (at < 0) return;
    const colour = focus.side === this.side ? theme.accent : theme.soft;
    drawUpright(context, scale.x(positions[at]), TOP, size.height, colour, focus.at ? `#${trace.indexOf(at)}` : "");
  }
}
