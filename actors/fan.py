"""Several answers to one request, told as one stream."""

from __future__ import annotations

from actors.tokens import Aggregated, Done, Usage

__all__ = ["Fan"]


class Fan:
    """Holds back the tokens of answers that are ahead until all others have theirs.

    Args:
        answers: how many there are.
    """

    def __init__(self, answers: int) -> None:
        self._texts: list[list[str]] = [[] for _ in range(answers)]
        self._done: list[Done | None] = [None] * answers
        self._told = 0

    def add(self, answer: int, text: str) -> list[Aggregated]:
        """Take a token of one answer; return what can be told now.

        Args:
            answer: which, from 0.
            text: its next token.
        """
        self._texts[answer].append(text)
        return self._tellable()

    def close(self, answer: int, done: Done) -> list[Aggregated]:
        """Take the end of one answer; return what can be told now.

        Args:
            answer: which, from 0.
            done: what it ended with.
        """
        self._done[answer] = done
        return self._tellable()

    def whole(self) -> Done | None:
        """Return the end of all answers together, None if one is not whole.

        It was cut by its length if any of them was.
        """
        ends = [done for done in self._done if done is not None]
        if len(ends) < len(self._done):
            return None
        reason = "length" if any(done.stop_reason == "length" for done in ends) else "stop"
        # The prompt is one, however often it was read.
        tokens = sum(done.usage.completion_tokens for done in ends)
        return Done(reason, Usage(ends[0].usage.prompt_tokens, tokens))

    def _tellable(self) -> list[Aggregated]:
        tellable = []
        while all(
            done is not None or len(texts) > self._told
            for texts, done in zip(self._texts, self._done, strict=True)
        ):
            row = tuple(
                texts[self._told] if len(texts) > self._told else "" for texts in self._texts
            )
            if not any(row):
                break
            tellable.append(Aggregated(row))
            self._told += 1
        return tellable
