"""What answers look like, for both kinds of completions."""

from importlib.metadata import version
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel

from gateway.openai.work import Work

__all__ = ["FINGERPRINT", "Shape", "Told", "Usage", "usage_of"]

FINGERPRINT = f"fp_glasshive_{version('glasshive')}"
"""Whoever names it gives the same texts: they follow from model, prompt and seed alone."""


class Usage(BaseModel):
    """Tokens that a request took; the prompt's count once, however many answers there are."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


def usage_of(work: Work) -> Usage:
    """Return the tokens that were taken so far."""
    prompt, completion = work.prompt_tokens, work.completion_tokens
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
    )


class Told(NamedTuple):
    """A whole answer.

    Args:
        text: its text.
        finish_reason: why it ended.
    """

    text: str
    finish_reason: str


class Shape(Protocol):
    """How one kind of completions is told."""

    prefix: str
    """What its ids begin with."""
    chunk: str
    """What a piece of a stream is called."""
    body: type[BaseModel]
    """All answers at once."""

    def opening(self, choice: int) -> dict[str, Any] | None:
        """Return what a stream tells of an answer before its text, None for nothing."""

    def piece(self, choice: int, text: str, finish_reason: str | None) -> dict[str, Any]:
        """Return what a stream tells of an answer: some text, or without any its end."""

    def choice(self, index: int, told: Told) -> dict[str, Any]:
        """Return what the whole answer tells of one."""
