// A run that goes on: its events come in from an address, and the page follows them or stands still.

import { Ledger } from "./ledger.js";
import { ranksOf } from "./order.js";
import { Trace } from "./trace.js";
import { counted } from "./words.js";

const PAUSE = 400; // milliseconds between two looks
const SHARE = 3; // times as long as showing takes nothing else is shown; what comes is taken in meanwhile
const AGAIN = 2000; // milliseconds after which one looks again for who does not answer
const PATIENCE = 15000; // milliseconds after which an answer is not waited for
const MUCH = 1000; // events, after which there may be more to be had at once
const TURNS = 20;
const SPANS = { time: 20, order: 2000 }; // that are in sight at first
const HEAD = '{"glasshive":'; // what the first line of a trace begins with
const MARGIN = 0.02;

// The trace of a run that goes on. What little is known while nothing much happens, such as who beats
// for whom, does not put the lanes into another order.
class LiveTrace extends Trace {
  _ranks(before) {
    const known = before?.ranks ?? new Map();
    if (!this.jobs.length) return known;
    const ranks = ranksOf(this);
    return ranks.size >= known.size ? ranks : known;
  }
}

// Where events come from. An answer that begins with the head of a trace begins anew; any other goes
// on after the last event that was had.
class Source {
  constructor(told) {
    this._told = told;
    this.ledger = null;
    this.begun = 0; // how often it has begun anew
  }
  // Takes in what there is; returns how many events that were.
  async look() {
    const { ledger } = this;
    const query = ledger ? `?of=${encodeURIComponent(ledger.live)}&after=${ledger.next - 1}` : "";
    const answer = await fetch(this._told.address + query, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status === 401) location.reload(); // which asks for the token
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const lines = (await answer.text()).split("\n");
    lines.pop();
    if (lines[0]?.startsWith(HEAD)) {
      this.ledger = new Ledger(JSON.parse(lines.shift()), this._told);
      this.begun += 1;
    }
    for (const line of lines) this.ledger.add(line);
    this.ledger.trim();
    return lines.length;
  }
}

export class Live {
  // told: the `address`, the `most` events that the page holds, and what a `Ledger` must know.
  // show: called with the first trace; returns the page.
  constructor(told, show) {
    this.follows = true;
    this.gone = false;
    this.most = told.most;
    this._source = new Source(told);
    this._show = show;
    this._page = null;
    this._begun = 0;
    this._span = null; // how much is in sight, while it follows; null: as much as at first
    this.moves = false; // while it goes to the end by itself
    this._pressed = false; // while a button or a finger is down: what is under it has to stay there
    addEventListener("pointerdown", () => (this._pressed = true), true);
    for (const end of ["pointerup", "pointercancel"])
      addEventListener(end, () => setTimeout(() => (this._pressed = false)), true); // after the click
  }

  async run() {
    let showAt = 0;
    for (;;) {
      const began = performance.now();
      let pause = AGAIN;
      try {
        await this._take();
        this.gone = false;
        const taken = performance.now();
        pause = Math.max(PAUSE, taken - began);
        if (this._wanted && taken >= showAt) {
          await this._apply();
          const shown = performance.now();
          showAt = shown + SHARE * (shown - taken);
        }
      } catch (error) {
        if (!(error instanceof TypeError || error instanceof DOMException || /^status/.test(error.message))) throw error;
        this.gone = true;
      }
      this._page?.tellLive();
      await new Promise((resume) => setTimeout(resume, pause));
    }
  }

  // Takes in what there is, much of it at once, but not for ever where more comes than can be had.
  async _take() {
    for (let turn = 0; turn < TURNS; turn += 1) if ((await this._source.look()) < MUCH) return;
  }

  get _wanted() {
    return this.follows && !this._pressed;
  }

  // What is said of it in a word, and how much has come that is not shown.
  get status() {
    return this.gone ? "gone" : this.follows ? "live" : "stands still";
  }
  get waiting() {
    if (this.follows) return "";
    const { ledger, begun } = this._source;
    const shown = this._page.focus.trace;
    return begun === this._begun ? `+${counted(ledger.next - shown.total)}` : `+${counted(ledger.count)}`;
  }

  toggle() {
    this.follows = !this.follows;
    if (this.follows) this._span = null;
    this._page.tellLive();
    if (this.follows) this._apply();
  }

  // Looking around lets it stand still; a closer or a wider look at the end goes on.
  changed(changed) {
    if (this.moves || !this.follows || !this._page) return;
    const { focus } = this._page;
    const opened = (changed.has("event") && focus.event >= 0) || (changed.has("job") && focus.job);
    if (changed.has("at") || opened) this._stand();
    else if (changed.has("from") || changed.has("to")) {
      const positions = focus.trace.position[focus.axis];
      if (focus.to < positions.at(-1)) this._stand();
      else this._span = focus.from <= positions[0] ? Infinity : focus.to - focus.from;
    }
  }
  _stand() {
    this.follows = false;
    this._page.tellLive();
  }

  async _apply() {
    const { ledger, begun } = this._source;
    const page = this._page;
    if (!ledger.count) return;
    const before = page?.focus.trace ?? null;
    if (before && begun === this._begun && ledger.next === before.total) return this._move();
    const trace = new LiveTrace(...ledger.parts("live"), before);
    if (!page) {
      const placed = /[#&](at|from)=/.test(location.hash);
      this._page = this._show(trace);
      this.follows = !placed && this._page.focus.event < 0;
    } else {
      const forgotten = begun === this._begun ? trace.first - before.first : Infinity;
      if (!(await page.replace(trace, forgotten, () => this._wanted))) return;
    }
    this._begun = begun;
    if (!this.follows) return;
    this._move();
    this._page.refresh();
  }

  // Moves to the end.
  _move() {
    const { focus } = this._page;
    const positions = focus.trace.position[focus.axis];
    const [first, last] = [positions[0], positions.at(-1)];
    const span = this._span ?? SPANS[focus.axis];
    const air = MARGIN * Math.max(focus.least(), Math.min(span, last - first));
    const from = Math.max(first - air, last + air - span);
    this.moves = true;
    focus.change({ from, to: Math.max(last + air, from + focus.least()), at: focus.trace.count - 1 });
    this.moves = false;
  }
}
