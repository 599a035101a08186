// Which events are shown: those of a job, and those for which an expression holds.

import { parsed } from "./expression.js";

// Works out what is visible; returns false if `alive` said meanwhile that nobody waits for it.
export async function sift(trace, { job, where }, alive) {
  const chosen = job ? trace.eventsOfJob(job) : where ? new Uint8Array(trace.count).fill(1) : null;
  if (where) {
    const { holds, asksForData } = parsed(where);
    const consider = (event, data, payload) => {
      if (chosen[event] && !holds(new Look(trace, event, data, payload))) chosen[event] = 0;
    };
    if (!asksForData) for (let event = 0; event < trace.count; event += 1) consider(event);
    else if (!(await trace.everyPayload(consider, alive))) return false;
  }
  trace.visible = chosen;
  trace.visibleCount = chosen ? chosen.reduce((sum, yes) => sum + yes, 0) : trace.count;
  return true;
}

// An event as an expression sees it.
class Look {
  constructor(trace, event, data, payload) {
    this.trace = trace;
    this.event = event;
    this.data = data;
    this.payload = payload;
  }
  get index() {
    return this.trace.indexOf(this.event);
  }
  get time() {
    return this.trace.time[this.event];
  }
  get kind() {
    return this.trace.kindOf(this.event);
  }
  get actor() {
    return this.trace.actorOf(this.event);
  }
  get peer() {
    return this.trace.peerOf(this.event);
  }
  get type() {
    return this.trace.typeOf(this.event);
  }
  get message() {
    return this.trace.message[this.event] ? this.trace.message[this.event] - 1 : null;
  }
  get cause() {
    const { trace, event } = this;
    return trace.cause[event] ? trace.indexOf(event) - trace.cause[event] : null;
  }
  get jobs() {
    return this.trace.jobsOf(this.event).map((job) => job.name);
  }
}
