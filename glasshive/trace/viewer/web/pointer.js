// What the mouse does on the lanes: zooms, pans, names what it points at, and opens it.

import { GUTTER } from "./axis.js";
import { h } from "./element.js";
import { seconds, told } from "./words.js";

const ZOOM_BY_WHEEL = 0.0016;
const STILL = 4; // pixels within which a press is a click

export class Pointer {
  constructor(focus, stage, tip, redraw) {
    this.focus = focus;
    this.stage = stage;
    this.tip = tip;
    this.redraw = redraw;
    // What moves under the pointer is no longer what it points at.
    focus.listen((changed) => (changed.has("from") || changed.has("to")) && this._hideTip());
  }

  listen(lanes) {
    const { canvas, side } = lanes;
    const { focus } = this;
    this._listenToWheel(lanes, (pixels) => lanes.scrollBy(pixels) && this.redraw());
    let press = null;
    canvas.addEventListener("pointerdown", (down) => {
      if (down.button !== 0) return;
      canvas.setPointerCapture(down.pointerId);
      press = { x: down.offsetX, y: down.offsetY, from: focus.from, to: focus.to, scroll: lanes.scroll, moved: false };
      this.stage.focus({ preventScroll: true });
    });
    canvas.addEventListener("pointermove", (move) => {
      if (!press) return this._point(lanes, move);
      const [x, y] = [move.offsetX - press.x, move.offsetY - press.y];
      press.moved ||= Math.hypot(x, y) > STILL;
      if (!press.moved) return undefined;
      this._hideTip();
      canvas.classList.add("dragged");
      const shift = x / lanes.scale.perUnit;
      if (lanes.scrollBy(press.scroll - y - lanes.scroll)) this.redraw();
      return focus.change(focus.kept(press.from - shift, press.to - shift));
    });
    canvas.addEventListener("pointerup", (up) => {
      canvas.classList.remove("dragged");
      if (press && !press.moved) this._click(lanes, side, up);
      press = null;
    });
    canvas.addEventListener("pointercancel", () => (press = null));
    canvas.addEventListener("pointerleave", () => this._hideTip());
    canvas.addEventListener("dblclick", (click) => {
      if (click.offsetX > GUTTER) focus.zoom(0.35, lanes.scale.position(click.offsetX));
    });
  }

  // The metrics' own canvas: the wheel is the same there, and a press moves the scrubber.
  listenToStrip(strip, scrub) {
    const { canvas } = strip;
    const { focus } = this;
    this._listenToWheel(strip, () => {});
    const move = ({ offsetX }) => {
      if (offsetX >= GUTTER) scrub(focus.trace.eventAt(focus.axis, strip.scale.position(offsetX)));
    };
    canvas.addEventListener("pointerdown", (down) => {
      canvas.setPointerCapture(down.pointerId);
      move(down);
    });
    canvas.addEventListener("pointermove", (moved) => {
      if (moved.buttons & 1) move(moved);
    });
  }

  // On what is left of the axis the wheel scrolls.
  _listenToWheel(view, scroll) {
    const { focus } = this;
    view.canvas.addEventListener(
      "wheel",
      (wheel) => {
        wheel.preventDefault();
        const sideways = wheel.shiftKey ? wheel.deltaY : wheel.deltaX;
        if (wheel.offsetX < GUTTER) scroll(wheel.deltaY);
        else if (Math.abs(sideways) > Math.abs(wheel.shiftKey ? 0 : wheel.deltaY))
          focus.pan(sideways / (view.size.width - GUTTER));
        else focus.zoom(Math.exp(wheel.deltaY * ZOOM_BY_WHEEL), view.scale.position(wheel.offsetX));
      },
      { passive: false },
    );
  }

  _click(lanes, side, { offsetX, offsetY }) {
    const { focus } = this;
    if (offsetX < GUTTER) {
      const actor = lanes.actorUnder(offsetY);
      focus.change({ side, actor: actor && focus.following(actor, lanes.trace) });
      return;
    }
    const event = lanes.eventUnder(offsetX, offsetY);
    if (event >= 0) focus.open(event, { side });
    else focus.change({ event: -1 });
  }

  _point(lanes, { offsetX, offsetY, clientX, clientY }) {
    const event = offsetX < GUTTER ? -1 : lanes.eventUnder(offsetX, offsetY);
    lanes.canvas.classList.toggle("pointed", event >= 0 || offsetX < GUTTER);
    if (offsetX < GUTTER) return this._nameActor(lanes, offsetY, clientX, clientY);
    if (event < 0) return this._hideTip();
    const { tip } = this;
    const { trace } = lanes;
    const arrival = [...trace.effectsOf(event)].find((each) => trace.kindOf(each) === "deliver" && trace.message[each] === trace.message[event]);
    const under = arrival === undefined ? "" : `, arrives ${seconds(trace.time[arrival] - trace.time[event])} later`;
    if (tip.dataset.event !== `${lanes.side} ${event}`) {
      tip.dataset.event = `${lanes.side} ${event}`;
      const carried = h("p", { class: "carried" });
      tip.replaceChildren(
        h("p", {}, h("b", {}, told(trace, event))),
        h("p", { class: "soft" }, `#${trace.indexOf(event)} at ${seconds(trace.time[event])}${under}`),
        carried,
      );
      trace.carried(event).then((data) => {
        const words = data === undefined ? "" : JSON.stringify(data);
        carried.textContent = words.length > 180 ? `${words.slice(0, 180)}…` : words;
      });
    }
    return this._showTip(clientX, clientY);
  }

  _nameActor(lanes, y, clientX, clientY) {
    const name = lanes.actorUnder(y);
    if (!name) return this._hideTip();
    const actor = lanes.trace.lanes.find((each) => each.name === name);
    const words = [actor.class, actor.host && `on ${actor.host}`].filter(Boolean).join(" ");
    this.tip.dataset.event = "";
    this.tip.replaceChildren(
      h("p", {}, h("b", {}, name)),
      h("p", { class: "soft" }, words),
      h("p", { class: "soft" }, `Click for the metrics of ${this.focus.following(name, lanes.trace) || "all"}.`),
    );
    return this._showTip(clientX, clientY);
  }

  _showTip(clientX, clientY) {
    const { tip } = this;
    tip.hidden = false;
    const width = tip.offsetWidth;
    const left = clientX + 16 + width > window.innerWidth ? clientX - width - 12 : clientX + 16;
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${Math.min(clientY + 14, window.innerHeight - tip.offsetHeight - 6)}px`;
    return undefined;
  }

  // Nothing that was pointed at is there any more.
  forget() {
    this.tip.dataset.event = "";
    this._hideTip();
  }

  _hideTip() {
    this.tip.hidden = true;
  }
}
