"""One of the answers to a request: its text up to where it is cut, and why it ended there."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from gateway.openai.stop import StopSequences

__all__ = ["Choice", "FinishReason", "Piece"]

FinishReason: TypeAlias = Literal["stop", "length"]


class Piece(NamedTuple):
    """The next of an answer.

    Args:
        choice: which answer, from 0.
        text: what it goes on with; may be empty in its last piece.
        finish_reason: why it ends here; None in all pieces but its last.
    """

    choice: int
    text: str
    finish_reason: FinishReason | None


class Choice:
    """Makes pieces of one answer's tokens.

    Args:
        index: its place among the answers.
        max_tokens: tokens that it has at most.
        stops: what it is cut before.
    """

    def __init__(self, index: int, max_tokens: int, stops: tuple[str, ...]) -> None:
        self._index = index
        self._max_tokens = max_tokens
        self._stops = StopSequences(stops)
        self.tokens = 0
        """Tokens that it took, those of the stop sequence too."""
        self.finish_reason: FinishReason | None = None
        """Why it ended, None as long as it goes on."""

    def take(self, token: str) -> Piece | None:
        """Take the next token, empty if there was none; return what can be told now, if any can."""
        if self.finish_reason is not None:
            return None
        if not token:
            return self.close()
        self.tokens += 1
        text = self._stops.take(token)
        if self._stops.met:
            self.finish_reason = "stop"
        elif not text:
            return None
        return Piece(self._index, text, self.finish_reason)

    def close(self) -> Piece | None:
        """Take the end of the text; return the last piece, if it has not come before."""
        if self.finish_reason is not None:
            return None
        # The workers' own rule, which of several answers only the whole is told.
        self.finish_reason = "length" if self.tokens >= self._max_tokens else "stop"
        return Piece(self._index, self._stops.close(), self.finish_reason)
