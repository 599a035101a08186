"""Stop sequences: where a text that comes in pieces is to be cut."""

from __future__ import annotations

__all__ = ["StopSequences"]


class StopSequences:
    """Hands a text on and cuts it before the first stop sequence that is whole.

    What may be the beginning of one is held back. Of two that are whole at the same character, the
    longer one counts. So the same text is cut at the same place, whatever pieces it comes in.

    Args:
        sequences: those to look for, none of them empty.
    """

    def __init__(self, sequences: tuple[str, ...]) -> None:
        self._sequences = sequences
        self._held = ""
        self.met = False
        """Whether one was there; nothing more is handed on then."""

    def take(self, text: str) -> str:
        """Take the next piece; return what can be handed on now."""
        if self.met or not self._sequences:
            return "" if self.met else text
        text = self._held + text
        ends = [
            (start + len(each), start)
            for each in self._sequences
            if (start := text.find(each)) >= 0
        ]
        if ends:
            self.met = True
            self._held = ""
            return text[: min(ends)[1]]
        free = len(text) - max(_overlap(text, each) for each in self._sequences)
        self._held = text[free:]
        return text[:free]

    def close(self) -> str:
        """Return what was held back: the text has come to its end."""
        rest, self._held = self._held, ""
        return rest


def _overlap(text: str, sequence: str) -> int:
    """Return how many of a text's last characters are the first of a sequence, but not all."""
    for length in range(min(len(text), len(sequence) - 1), 0, -1):
        if text.endswith(sequence[:length]):
            return length
    return 0
