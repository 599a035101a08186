"""How soon the page of a large trace is there, and how smoothly it moves.

    python -m benchmarks.viewer [EVENTS]

The trace is made up: 24 actors on 6 hosts pass messages of 1 ms in chains, each chain a job.
The browser draws on the processor alone, as on a machine without a graphics card.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.browser import chromium
from glasshive.trace import Event, TraceWriter
from glasshive.trace.viewer import view

if TYPE_CHECKING:
    from playwright.sync_api import Page

EVENTS = 200_000
ACTORS = 24
HOSTS = 6
HOPS = 40
TYPES = ("Submit", "Accepted", "Open", "Item", "Item", "Item", "Item", "End", "Beat")
FRAMES = 90
ZOOMS = (2, 10, 100, 1000)
PAN = """
async (frames) => {
  const drawn = [], between = [];
  let last = null;
  for (let frame = 0; frame < frames; frame += 1) {
    const now = await new Promise(requestAnimationFrame);
    if (last !== null) { between.push(now - last); drawn.push(glasshive.drawn); }
    last = now;
    glasshive.focus.pan(frame % 30 < 15 ? 0.01 : -0.01);
  }
  return { drawn, between };
}
"""
SCRUB = """
async (steps) => {
  const { overview, focus } = glasshive;
  const took = [];
  for (let step = 0; step < steps; step += 1) {
    const begun = performance.now();
    overview.go(Math.floor((focus.trace.count - 1) * (step + 1) / steps));
    await new Promise(requestAnimationFrame);
    took.push(performance.now() - begun);
  }
  return took;
}
"""


def write_trace(path: Path, events: int) -> None:
    """Write a trace of so many events."""
    random = Random("viewer")
    actors = [f"actor-{number}" for number in range(ACTORS)]
    writer = TraceWriter.open(path, {"scenario": "made up", "seed": 0})
    index = message = job = 0

    def add(kind: str, actor: str, time: float, **fields: Any) -> int:
        nonlocal index
        writer.write(Event(index, time, kind, actor, **fields))
        index += 1
        return index - 1

    for number, actor in enumerate(actors):
        add("spawn", actor, 0.0, data={"class": "Made", "host": f"host-{number % HOSTS}"})
    time = 0.0
    while index < events:
        job += 1
        name = f"job-{job}"
        cause: int | None = None
        actor = random.choice(actors)
        for hop in range(HOPS):
            if hop in (0, HOPS - 1):
                states = (None, "Running") if hop == 0 else ("Running", "Done")
                facts = {"subject": name, "before": states[0], "after": states[1]}
                cause = add("state", actor, time, cause=cause, data=facts)
            peer = random.choice(actors)
            message += 1
            kind = random.choice(TYPES)
            ends = {"message": message, "type": kind}
            data = {"type": kind, "job_id": name, "index": hop, "text": "hum " * 8}
            sent = add("send", actor, time, cause=cause, peer=peer, data=data, **ends)
            time += 0.001
            if random.random() < 0.001:  # noqa: PLR2004  one in a thousand
                add("drop", peer, time, cause=sent, peer=actor, data={"reason": "loss"}, **ends)
                break
            cause = add("deliver", peer, time, cause=sent, peer=actor, **ends)
            actor = peer
    writer.finish({"status": "held"})


Panned = list[tuple[int, dict[str, list[float]]]]


def measured(page: Page, link: str) -> tuple[float, Panned, list[float]]:
    """Return the milliseconds to the first paint, of frames at each zoom, and of scrubbing."""
    page.goto(link)
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    painted = page.evaluate("performance.getEntriesByName('painted')[0].startTime")
    panned = []
    for zoom in ZOOMS:
        page.evaluate("glasshive.focus.change(glasshive.focus.whole())")
        page.evaluate(f"glasshive.focus.zoom(1 / {zoom})")
        page.wait_for_timeout(300)
        panned.append((zoom, page.evaluate(PAN, FRAMES)))
    page.evaluate("glasshive.focus.change(glasshive.focus.whole())")
    return painted, panned, page.evaluate(SCRUB, FRAMES)


def main() -> None:
    """Print a table."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    console = Console(width=100, file=sys.stdout)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        trace, target = Path(folder, "trace.jsonl"), Path(folder, "trace.html")
        write_trace(trace, events)
        began = perf_counter()
        made = view(trace)
        target.write_text(made.html, encoding="utf-8")
        took = perf_counter() - began
        page = browser.new_page(viewport={"width": 1400, "height": 860})
        painted, panned, scrubbed = measured(page, target.as_uri())
    console.print(
        f"{made.events:,} events: page "
        f"{len(made.html) / 2**20:.1f} MiB, made in {took:.1f} s; first paint {painted:,.0f} ms"
    )
    table = Table("zoom", "drawing, median ms", "drawing, 95 %", "frame, median ms", "frame, 95 %")
    for zoom, times in panned:
        row = [f"×{zoom}"]
        for name in ("drawn", "between"):
            row += [f"{statistics.median(times[name]):.1f}"]
            row += [f"{statistics.quantiles(times[name], n=20)[-1]:.1f}"]
        table.add_row(*row)
    console.print(table)
    console.print(
        "one step of the scrubber, with the registries and a frame: "
        f"median {statistics.median(scrubbed):.1f} ms, "
        f"95 % {statistics.quantiles(scrubbed, n=20)[-1]:.1f} ms"
    )


if __name__ == "__main__":
    main()
