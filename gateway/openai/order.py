"""What a request comes to, whichever of the conventions it was asked by."""

from __future__ import annotations

from typing import NamedTuple

from actors import Request, prompt_tokens
from gateway.desk import new_id

__all__ = ["Order"]


class Order(NamedTuple):
    """What the swarm is to do, and how it is to be told.

    Args:
        model: the model that is to generate.
        prompts: the texts to go on from, each one a job.
        copies: answers to each prompt.
        max_tokens: tokens of each answer at most.
        seed: chooses among the texts; the seeds of a prompt's further answers count up from it.
        ignore_eos: whether texts go on after their end.
        stops: what each text is cut before.
        streams: whether it is told piece by piece.
        usage: whether a stream tells at last how many tokens it took.
        digest: stands for all that was asked.
    """

    model: str
    prompts: tuple[str, ...]
    copies: int
    max_tokens: int
    seed: int
    ignore_eos: bool
    stops: tuple[str, ...]
    streams: bool
    usage: bool
    digest: bytes

    def requests(self) -> list[Request]:
        """Return a request for each prompt."""
        return [
            Request(
                request_id=new_id(),
                model=self.model,
                prompt=prompt,
                prompt_tokens=prompt_tokens(prompt),
                max_tokens=self.max_tokens,
                seed=self.seed,
                ignore_eos=self.ignore_eos,
                copies=self.copies,
            )
            for prompt in self.prompts
        ]
