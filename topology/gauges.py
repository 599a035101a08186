"""What is drawn of a colony: every request, what users wait for, and how busy each worker is.

Waiting is defined as in `metrics`; the state of a worker is what its hive hears of it.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from actors.messages import Heartbeat, Hello
from actors.tokens import Cancelled, Completed
from glasshive.scenario import Distribution, Points, Series, Span, Spans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pykka import ActorRef

    from actors.receipt import Receipt
    from glasshive import Run
    from glasshive.scenario.chart import Chart, Tone
    from glasshive.trace import Event

__all__ = ["Gauges"]

LAPSE_SECONDS = 3.5
"""Seconds without a heartbeat after which a worker's state is not known any more."""

KINDS: Mapping[str, Tone] = {
    "to be accepted": "quiet",
    "to the first token": "waiting",
    "generating": "working",
    "cancelled": "stopped",
    "failed": "bad",
}
"""The phases of a request; one that did not end well ends with the time it went on for nothing."""

_BINS = 180
"""Bins of the tokens per second, at most."""
_SHORTEST = 0.1
"""Seconds that are binned at least."""


class _Track:
    """Values with their times, as they come in."""

    def __init__(self) -> None:
        self.times = array("d")
        self.values = array("d")

    def add(self, time: float, value: float) -> None:
        self.times.append(time)
        self.values.append(value)

    @property
    def points(self) -> Points:
        return Points(self.times, self.values)


class Gauges:
    """Gathers what the charts of a colony show; make one only if `run.charting`.

    The charts are made when the run has ended, however it ends.

    Args:
        run: whose charts they are.
        hives: those whose workers' heartbeats are read.
        lapse: seconds without a heartbeat after which a worker's state is not known any more.
    """

    def __init__(
        self, run: Run, hives: Sequence[ActorRef[Any]], *, lapse: float = LAPSE_SECONDS
    ) -> None:
        self._lapse = lapse
        self._spans: list[Span] = []
        self._tokens: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        """The times at which tokens came, by model."""
        self._waiting: defaultdict[str, _Track] = defaultdict(_Track)
        self._slots: defaultdict[str, _Track] = defaultdict(_Track)
        self._ttft: defaultdict[str, _Track] = defaultdict(_Track)
        self._itl: defaultdict[str, _Track] = defaultdict(_Track)
        self._end_to_end: defaultdict[str, _Track] = defaultdict(_Track)
        run.runtime.watch(self._heard, kinds=["deliver"], actors=hives, messages=[Heartbeat, Hello])
        run.chart_at_end(self.charts)

    def receipt(self, receipt: Receipt) -> None:
        """Take in a request that has ended.

        Args:
            receipt: the request as its keeper saw it.
        """
        self._spans += _phases(receipt)
        times = receipt.token_times
        if not times:
            return
        model = receipt.request.model
        self._tokens[model].extend(times)
        if isinstance(receipt.outcome, Completed):
            self._ttft[model].add(times[0], times[0] - receipt.submitted_at)
            self._end_to_end[model].add(times[-1], times[-1] - receipt.submitted_at)
            gaps = self._itl[model]
            gaps.times.extend(times[1:])
            gaps.values.extend(later - earlier for earlier, later in pairwise(times))

    def charts(self) -> list[Chart]:
        """Return the charts of all that was gathered so far."""
        return [
            Spans("requests", self._spans, KINDS),
            self._throughput(),
            Series(
                "queue depth per worker",
                "requests",
                _points(self._waiting),
                drawn="steps",
                lapse=self._lapse,
            ),
            Series(
                "slot use per worker",
                "% of its slots",
                _points(self._slots),
                drawn="steps",
                lapse=self._lapse,
            ),
            Distribution("time to first token", "s", _points(self._ttft)),
            Distribution("inter-token latency", "s", _points(self._itl)),
            Distribution("end-to-end latency", "s", _points(self._end_to_end)),
        ]

    def _heard(self, event: Event, message: Heartbeat) -> None:
        # A hive or worker that cannot tell says nothing.
        for state in message.workers or ():
            self._waiting[state.name].add(event.time, state.waiting)
            used = state.running / state.max_num_seqs if state.max_num_seqs else 0.0
            self._slots[state.name].add(event.time, 100.0 * used)

    def _throughput(self) -> Series:
        first = min((min(times) for times in self._tokens.values()), default=0.0)
        last = max((max(times) for times in self._tokens.values()), default=0.0)
        width = _bin_seconds(last - first)
        begin = math.floor(first / width)
        bins = math.floor(last / width) - begin + 1
        lines = {}
        for model, times in self._tokens.items():
            counts = array("d", bytes(8 * (bins + 1)))  # nothing comes after the last bin
            for time in times:
                counts[math.floor(time / width) - begin] += 1
            starts = [(begin + at) * width for at in range(bins + 1)]
            lines[model] = Points(starts, [count / width for count in counts])
        return Series("tokens per second", f"tokens/s in each {width:g} s", lines, drawn="steps")


def _phases(receipt: Receipt) -> list[Span]:
    """Return the phases that a request went through, one after the other."""
    label = receipt.request.request_id
    ends = {"to be accepted": receipt.accepted_at}
    if receipt.token_times:
        ends["to the first token"] = receipt.token_times[0]
        ends["generating"] = receipt.token_times[-1]
    if not isinstance(receipt.outcome, Completed):
        kind = "cancelled" if isinstance(receipt.outcome, Cancelled) else "failed"
        ends[kind] = receipt.ended_at
    spans = []
    begin = receipt.submitted_at
    for kind, at in ends.items():
        if at is not None:
            # Accepted once more after its first tokens, it has not gone back.
            end = max(begin, at)
            spans.append(Span(label, begin, end, kind))
            begin = end
    return spans


def _points(tracks: Mapping[str, _Track]) -> dict[str, Points]:
    return {label: track.points for label, track in tracks.items()}


def _bin_seconds(length: float) -> float:
    """Return 1, 2 or 5 times a power of ten, so that so many seconds are not too many bins."""
    least = max(length, _SHORTEST) / _BINS
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * 0.9999)
