"""What a workload is made of: requests, and when each of them arrives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actors.messages import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Arrival", "Survey", "Workload", "numbered_request"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request, and when a keeper is to ask it.

    Args:
        time: seconds from the start of the workload.
        request: what is asked.
    """

    time: float
    request: Request


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a workload counted.

    Args:
        requests: arrivals.
        prompt_tokens: tokens of all prompts.
        output_tokens: tokens that all requests generate.
        seconds: time of the last arrival, in seconds.
        skipped: rows of a file that are not replayed, because they generated no token.
    """

    requests: int
    prompt_tokens: int
    output_tokens: int
    seconds: float
    skipped: int = 0


class Workload(ABC):
    """A stream of arrivals in order of time: the same ones each time it is iterated."""

    @abstractmethod
    def __iter__(self) -> Iterator[Arrival]:
        """Yield the arrivals, each made when it is asked for."""

    def survey(self) -> Survey:
        """Count the workload in one pass, holding none of it.

        A run that surveys its workload first knows how far it is, and meets every bad row of a
        file before it starts.

        Raises:
            InputError: a row of the file is wrong.
        """
        requests = prompt_tokens = output_tokens = 0
        seconds = 0.0
        for arrival in self:
            requests += 1
            prompt_tokens += arrival.request.prompt_tokens
            output_tokens += arrival.request.max_tokens
            seconds = arrival.time
        return Survey(requests, prompt_tokens, output_tokens, seconds)


def numbered_request(number: int, model: str, prompt_tokens: int, output_tokens: int) -> Request:
    """Return a request of the given lengths, whose prompt is made up.

    It generates its `output_tokens` exactly, as vLLM's benchmarks ask with `--ignore-eos`.

    Args:
        number: its place in the workload, from 1.
        model: the model that it asks for.
        prompt_tokens: tokens of the prompt.
        output_tokens: tokens to generate.
    """
    return Request(
        request_id=f"request-{number}",
        model=model,
        prompt=f"request {number}",
        prompt_tokens=prompt_tokens,
        max_tokens=output_tokens,
        ignore_eos=True,
    )
