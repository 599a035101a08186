"""Poisson arrivals by seed, at a rate that may change over the run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from glasshive.errors import Complaint, InputError
from topology.workload.arrival import Arrival, Workload, numbered_request
from topology.workload.lengths import Lognormal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topology.workload.lengths import Lengths

__all__ = ["Poisson", "Rate", "busy_hour"]

BUSY_HOUR_SHAPE = (0.3, 0.4, 0.55, 0.7, 0.85, 1.0, 1.0, 0.8, 0.95, 0.65, 0.45, 0.3)
"""The rate in each twelfth of a busy hour, as a share of its peak: up, a dip, up again, down."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast requests arrive, and for how long.

    Args:
        per_second: mean requests per second, 0 for a pause.
        seconds: how many seconds this lasts.
    """

    per_second: float
    seconds: float = math.inf

    def __post_init__(self) -> None:
        if not 0 <= self.per_second < math.inf:
            raise InputError(
                Complaint(
                    "Rate",
                    f"per_second is {self.per_second}",
                    "give 0 or more requests per second",
                )
            )
        if not self.seconds > 0:
            raise InputError(
                Complaint("Rate", f"seconds is {self.seconds}", "give more than 0 seconds")
            )


class Poisson(Workload):
    """A Poisson process, one rate after another.

    The gaps of a unit-rate process are stretched by the rate that holds where they fall
    (the time-rescaling theorem; Daley and Vere-Jones, "An Introduction to the Theory of Point
    Processes", 2003, section 7.4), so that another rate moves the arrivals and changes none of
    their lengths.

    Args:
        rates: the rates, in order; the workload ends with the last.
        prompt: how long prompts are.
        output: how long outputs are.
        model: the model that every request asks for.
        seed: chooses the arrivals and, in streams of their own, both lengths.
        limit: the workload ends after this many requests, if it has not ended before.

    Raises:
        InputError: the workload would have no end, or no request.
    """

    def __init__(
        self,
        *rates: Rate,
        prompt: Lengths,
        output: Lengths,
        model: str,
        seed: int,
        limit: int | None = None,
    ) -> None:
        if not rates:
            raise InputError(Complaint("Poisson", "no rate is given", "give at least one Rate"))
        if limit is not None and limit < 1:
            raise InputError(
                Complaint("limit", f"{limit} requests are no workload", "give 1 or more")
            )
        endless = [rate for rate in rates if math.isinf(rate.seconds)]
        if endless and (limit is None or endless[0].per_second == 0):
            raise InputError(
                Complaint(
                    "Poisson",
                    f"{endless[0].per_second} requests per second without end",
                    "give the rate its seconds, or the workload a limit",
                )
            )
        self.rates = rates
        self.prompt = prompt
        self.output = output
        self.model = model
        self.seed = seed
        self.limit = limit

    def __iter__(self) -> Iterator[Arrival]:
        """Yield the arrivals, each drawn when it is asked for."""
        prompts = Random(f"{self.seed}/prompt")
        outputs = Random(f"{self.seed}/output")
        for number, time in enumerate(self._times(), start=1):
            prompt_tokens = self.prompt.draw(prompts)
            output_tokens = self.output.draw(outputs)
            yield Arrival(time, numbered_request(number, self.model, prompt_tokens, output_tokens))
            if number == self.limit:
                return

    def _times(self) -> Iterator[float]:
        gaps = Random(f"{self.seed}/arrival")
        start = 0.0
        gap = gaps.expovariate(1.0)
        for rate in self.rates:
            expected = 0.0  # requests that this rate has brought on average so far
            while rate.per_second > 0 and expected + gap <= rate.per_second * rate.seconds:
                expected += gap
                yield start + expected / rate.per_second
                gap = gaps.expovariate(1.0)
            gap -= rate.per_second * rate.seconds - expected
            start += rate.seconds


def busy_hour(
    *, model: str, seed: int, peak_per_second: float = 1.0, seconds: float = 3600.0
) -> Poisson:
    """Return an hour of made-up traffic that rises, dips and falls.

    Medians and tails of both lengths are near those of the conversation service that
    Patel et al. describe ("Splitwise", ISCA 2024).

    Args:
        model: the model that every request asks for.
        seed: chooses arrivals and lengths.
        peak_per_second: mean requests per second when it is busiest.
        seconds: how long the hour takes; the shape is squeezed into it.
    """
    step = seconds / len(BUSY_HOUR_SHAPE)
    return Poisson(
        *(Rate(peak_per_second * share, step) for share in BUSY_HOUR_SHAPE),
        prompt=Lognormal(median=1000, sigma=0.9, most=8192),
        output=Lognormal(median=130, sigma=0.9, most=1024),
        model=model,
        seed=seed,
    )
