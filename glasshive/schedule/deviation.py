"""Where a run left the plain order, in words."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from glasshive.schedule.option import NOBODYS
from glasshive.schedule.schedule import Attentive, Strategy, Watchful

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.schedule.option import Option

__all__ = ["Deviation", "Noted"]


class Deviation(NamedTuple):
    """One decision that was not plain; `str` says what was done instead of what.

    Args:
        number: which decision of its run, from 0.
        kind: what was decided: "next", "fate" or "fault".
        choice: which option was taken.
        options: how many there were.
        chosen: that option.
        plain: the one that the plain choice would have been.
    """

    number: int
    kind: str
    choice: int
    options: int
    chosen: Option
    plain: Option

    @property
    def is_fault(self) -> bool:
        """Whether something went wrong here, rather than in another order."""
        return self.kind != "next"

    @property
    def words(self) -> str:
        """What was done, and before what."""
        if self.is_fault:
            return str(self.chosen)
        chosen, plain = self.chosen, self.plain
        before = str(plain)
        if chosen.does == plain.does == "deliver" and chosen.receiver == plain.receiver:
            before = f"{plain.message} from {plain.sender}"
        return f"{chosen} before {before}"

    def __str__(self) -> str:
        return f"{self.words} (choice {self.choice} of {self.options - 1})"


class Noted:
    """Decides as another strategy does, and keeps where that left the plain order.

    Args:
        strategy: what decides.
    """

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self.deviations: list[Deviation] = []
        self.decisions = 0
        """How many decisions there were."""
        self.turns = 0
        """How many turns there were."""
        self._took = strategy.took if isinstance(strategy, Attentive) else None
        self.heard = strategy.heard if isinstance(strategy, Watchful) else None
        """What is told of all else, if the other strategy wants to know."""
        self._orders: dict[str, Any] = {}

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Return what the other strategy chooses."""
        number, self.decisions = self.decisions, self.decisions + 1
        index = self._strategy.choose(kind, options, drawn)
        if 0 < index < len(options):
            chosen, plain = options[index], options[0]
            self.deviations.append(Deviation(number, kind, index, len(options), chosen, plain))
        return index

    def took(self, option: Option, options: Sequence[Option]) -> None:
        """Keep in which order each receiver had its turns, and tell the other strategy."""
        self.turns += 1
        if option.does not in NOBODYS:
            order = self._orders.get(option.receiver)
            if order is None:
                order = self._orders[option.receiver] = hashlib.blake2b(digest_size=8)
            order.update(f"{option.does} {option.message} {option.sender}\n".encode())
        if self._took is not None:
            self._took(option, options)

    @property
    def order(self) -> str:
        """The run's order, the same for runs in which every receiver had the same turns.

        What two receivers do is done in no order between them, so runs that differ in nothing
        else are one.
        """
        whole = hashlib.blake2b(digest_size=8)
        for receiver in sorted(self._orders):
            whole.update(f"{receiver} {self._orders[receiver].hexdigest()}\n".encode())
        return whole.hexdigest()
