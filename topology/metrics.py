"""What the users saw: vLLM's serving metrics, taken from the keepers' receipts.

The definitions are those of `vllm bench serve` (`calculate_metrics` in `vllm/benchmarks/serve.py`,
the times of a request in `vllm/benchmarks/lib/endpoint_request_func.py`):

* TTFT, time to first token: from the submission of a request to its first token;
* ITL, inter-token latency: between one token of a request and its next, pooled over all requests;
* end-to-end latency: from the submission to the last token;
* TPOT, time per output token: (end-to-end - TTFT) / (tokens - 1), for requests of two tokens or
  more, one sample for each request;
* throughput: completed requests, and their tokens, per second of the run;
* goodput: completed requests that met every stated objective, per second of the run; the TPOT of a
  request of one token counts as 0 there.

Only completed requests give samples. The run lasts from the first submission to the last end.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from dataclasses import asdict, dataclass
from operator import sub
from typing import TYPE_CHECKING

from actors.tokens import Completed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actors.receipt import Receipt

__all__ = ["Metrics", "Objectives", "Statistics", "Summary"]

PERCENTILES = (50, 90, 99)


@dataclass(frozen=True, slots=True)
class Objectives:
    """What a request must keep to be good; an objective that is None is not stated.

    Args:
        ttft: most seconds to the first token.
        tpot: most seconds per output token after the first.
        end_to_end: most seconds to the last token.
    """

    ttft: float | None = None
    tpot: float | None = None
    end_to_end: float | None = None

    @property
    def stated(self) -> bool:
        """Whether any objective is stated."""
        return self != Objectives()

    def met(self, ttft: float, tpot: float, end_to_end: float) -> bool:
        """Return whether a request kept every stated objective; meeting one exactly keeps it.

        Args:
            ttft: seconds to its first token.
            tpot: seconds per output token after the first, 0 for a single token.
            end_to_end: seconds to its last token.
        """
        return (
            (self.ttft is None or ttft <= self.ttft)
            and (self.tpot is None or tpot <= self.tpot)
            and (self.end_to_end is None or end_to_end <= self.end_to_end)
        )


@dataclass(frozen=True, slots=True)
class Statistics:
    """How a metric's samples are distributed; of no samples all but the count is None.

    Percentiles lie on a straight line between the two nearest samples, as numpy's and vLLM's do.

    Args:
        count: number of samples.
        mean: their mean in seconds.
        p50: their median in seconds.
        p90: the 90th percentile in seconds.
        p99: the 99th percentile in seconds.
        max: the largest in seconds.
    """

    count: int
    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    p99: float | None = None
    max: float | None = None

    @classmethod
    def of(cls, samples: array[float]) -> Statistics:
        """Return the statistics of some samples; their order makes no difference to any digit.

        Args:
            samples: the samples in seconds.
        """
        if not samples:
            return cls(0)
        # Importing numpy takes a tenth of a second, which a run without a table need not wait.
        import numpy as np  # noqa: PLC0415 - see above

        values = np.frombuffer(samples)
        p50, p90, p99 = np.percentile(values, PERCENTILES).tolist()
        # fsum rounds once, at the end, so that no order of adding differs from another.
        mean = math.fsum(samples) / len(samples)
        return cls(len(samples), mean, p50, p90, p99, float(values.max()))


@dataclass(frozen=True, slots=True)
class Summary:
    """The metrics of a run.

    Args:
        seconds: from the first submission to the last end, in seconds; None without a request.
        requests: how many requests ended, by the name of their outcome.
        output_tokens: how many tokens arrived, by the outcome of their request.
        prompt_tokens: tokens of the prompts of completed requests.
        request_throughput: completed requests per second; None if no time passed.
        output_throughput: tokens of completed requests per second; None if no time passed.
        goodput: good requests per second; None if no objective is stated or no time passed.
        ttft: time to first token.
        itl: inter-token latency.
        tpot: time per output token.
        end_to_end: end-to-end latency.
    """

    seconds: float | None
    requests: dict[str, int]
    output_tokens: dict[str, int]
    prompt_tokens: int
    request_throughput: float | None
    output_throughput: float | None
    goodput: float | None
    ttft: Statistics
    itl: Statistics
    tpot: Statistics
    end_to_end: Statistics

    @property
    def columns(self) -> Sequence[str]:
        """The head of the latency table; its times are in seconds."""
        return ("metric", "count", "mean", "p50", "p90", "p99", "max")

    @property
    def rows(self) -> list[tuple[str | int | float | None, ...]]:
        """The rows of the latency table."""
        named = {
            "TTFT": self.ttft,
            "ITL": self.itl,
            "TPOT": self.tpot,
            "end-to-end": self.end_to_end,
        }
        return [
            (name, of.count, of.mean, of.p50, of.p90, of.p99, of.max) for name, of in named.items()
        ]

    def facts(self) -> dict[str, object]:
        """Return everything as plain dictionaries and numbers, ready for JSON."""
        return asdict(self)


class Metrics:
    """Takes the receipts of a run, in any order, and keeps 8 bytes of each sample.

    Args:
        objectives: what makes a request good.
    """

    def __init__(self, objectives: Objectives = Objectives()) -> None:
        self.objectives = objectives
        self._first_submission = math.inf
        self._last_end = -math.inf
        self._requests: Counter[str] = Counter()
        self._output_tokens: Counter[str] = Counter()
        self._prompt_tokens = 0
        self._good = 0
        self._ttft = array("d")
        self._itl = array("d")
        self._tpot = array("d")
        self._end_to_end = array("d")

    def add(self, receipt: Receipt) -> None:
        """Count a request that ended.

        A completed request without a token counts as completed, gives no sample and is not good.

        Args:
            receipt: the request as its keeper saw it.
        """
        self._first_submission = min(self._first_submission, receipt.submitted_at)
        self._last_end = max(self._last_end, receipt.ended_at)
        outcome = type(receipt.outcome).__name__
        self._requests[outcome] += 1
        self._output_tokens[outcome] += sum(map(len, receipt.answers))
        if isinstance(receipt.outcome, Completed):
            self._prompt_tokens += receipt.request.prompt_tokens
            if receipt.token_times:
                self._add_samples(receipt.submitted_at, receipt.token_times)

    def summary(self) -> Summary:
        """Return the metrics of the receipts so far."""
        name = Completed.__name__
        return Summary(
            seconds=self._seconds(),
            requests=dict(sorted(self._requests.items())),
            output_tokens=dict(sorted(self._output_tokens.items())),
            prompt_tokens=self._prompt_tokens,
            request_throughput=self._per_second(self._requests[name]),
            output_throughput=self._per_second(self._output_tokens[name]),
            goodput=self._per_second(self._good) if self.objectives.stated else None,
            ttft=Statistics.of(self._ttft),
            itl=Statistics.of(self._itl),
            tpot=Statistics.of(self._tpot),
            end_to_end=Statistics.of(self._end_to_end),
        )

    def _add_samples(self, submitted_at: float, token_times: array[float]) -> None:
        ttft = token_times[0] - submitted_at
        end_to_end = token_times[-1] - submitted_at
        tpot = 0.0
        self._ttft.append(ttft)
        self._end_to_end.append(end_to_end)
        if len(token_times) > 1:
            tpot = (end_to_end - ttft) / (len(token_times) - 1)
            self._tpot.append(tpot)
            self._itl.extend(map(sub, token_times[1:], token_times))
        self._good += self.objectives.met(ttft, tpot, end_to_end)

    def _seconds(self) -> float | None:
        if not self._requests:
            return None
        return self._last_end - self._first_submission

    def _per_second(self, count: int) -> float | None:
        seconds = self._seconds()
        return count / seconds if seconds else None
