"""What a run asks its schedule, and what the schedule answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive.errors import GlasshiveError
from glasshive.schedule import Attentive, Fifo, Schedule, Watchful

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glasshive.schedule import Option, Strategy

__all__ = ["Decisions"]


class Decisions:
    """Asks a strategy, and remembers what was not plain.

    Args:
        strategy: what decides.
        fail: hands an error on to the script; whoever asks is some actor.
    """

    def __init__(self, strategy: Strategy, fail: Callable[[BaseException], None]) -> None:
        if isinstance(strategy, Schedule):
            strategy.begin()  # it may have decided a run before, as in a test that repeats one
        self._strategy = strategy
        self._fail = fail
        self.count = 0
        """How many there were so far."""
        self.choices: dict[int, int] = {}
        """Those that were not plain: option by number of the decision."""
        self.are_plain = isinstance(strategy, Fifo)
        """Whether all are, but for what rates draw, so that nobody need be asked who is next."""
        self._took = strategy.took if isinstance(strategy, Attentive) else None
        self.took = self._tell if self._took is not None else None
        """What is told of every turn, if the strategy wants to know."""
        self.heard = strategy.heard if isinstance(strategy, Watchful) else None
        """What is told of all else that bears on who could be next."""

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Ask for one decision, and remember it if it is not the plain one.

        Args:
            kind: what is decided.
            options: two or more; 0 is the plain choice.
            drawn: the option that rates have drawn, where there are rates.
        """
        number = self.count
        self.count = number + 1
        try:
            index = self._strategy.choose(kind, options, drawn)
        except Exception as error:  # noqa: BLE001  whatever it is, the script is told
            self._fail(error)
            return drawn
        if not 0 <= index < len(options):
            raise GlasshiveError(
                f"decision {number}: {self._strategy!r} chose {index}, "
                f"but there are options 0 to {len(options) - 1}"
            )
        if index:
            self.choices[number] = index
        return index

    def _tell(self, option: Option, options: Sequence[Option]) -> None:
        """Tell the strategy whose turn it is."""
        assert self._took is not None
        try:
            self._took(option, options)
        except Exception as error:  # noqa: BLE001  as in choose
            self._fail(error)
