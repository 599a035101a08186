"""Every order that makes a difference, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from glasshive.schedule.races import Turn, races
from glasshive.schedule.walk import Fork, Path, Place, Walk, times

if TYPE_CHECKING:
    from glasshive.schedule.schedule import Strategy

__all__ = ["Exhaustive"]


class Exhaustive:
    """Tries every order of turns, except for those that no actor can tell from one tried.

    Two turns depend on each other when they have the same receiver. Orders that differ only in
    turns that do not are one to every actor, and one of them is run. The first run is the plain
    one. Each run shows which of its turns raced, and at each race the other way round is tried
    too. What is decided about fates and faults is tried in all ways.

    Good for small programs: where two receivers have three racing messages each, it runs 36
    orders out of thousands. When its verdict is "complete", there is no other. That is so for
    actors that share nothing but messages. In which order they draw random numbers, take a lock or
    a link of limited bandwidth or of drawn latency, and what a clock shows in the order "any", is
    taken as it comes. What looks between turns sees one of the orders that are equal to every
    actor, and a condition of the script is taken to stay true once it is. What may do anything (the
    script, a fault, the end of an actor) is tried in every order with everything else.

    That is dynamic partial-order reduction (Flanagan and Godefroid, POPL 2005) with source sets
    (Abdulla, Aronis, Jonsson and Sagonas, POPL 2014) and sleep sets (Godefroid, LNCS 1032, 1996).
    Like all of those it may begin a run and then give it up, as nothing new can follow.

    Args:
        max_depth: turns after which nothing else is tried; None for no bound.
        max_deviations: decisions of a run that are not plain, at most; None for no bound.
    """

    alone: ClassVar[bool] = True

    def __init__(self, max_depth: int | None = None, max_deviations: int | None = None) -> None:
        self.max_depth = max_depth
        self.max_deviations = max_deviations
        self.orders = 0
        """Runs to their end, each with an order that some actor can tell from all others."""
        self.cut_short = 0
        """Runs given up where nothing new could follow."""
        self._path = Path(max_depth, max_deviations)
        self._exhausted = False
        self._looks = False

    @property
    def label(self) -> str:
        """What it is, as a report calls it."""
        words = ["exhaustive"]
        if self.max_depth is not None:
            words.append(f"to turn {self.max_depth}")
        if self.max_deviations is not None:
            words.append(f"up to {times(self.max_deviations)}")
        return ", ".join(words)

    @property
    def verdict(self) -> str:
        """How far it came: "complete", or the bounds that it hit."""
        if not self._exhausted:
            return "unfinished"
        if self._path.hit:
            return " and ".join(self._path.hit)
        if self._looks:
            return "complete, but for what is looked at between turns"
        return "complete"

    def strategy(self, run: int) -> Strategy | None:  # noqa: ARG002  Search's form
        """Return what decides in a run, or None when nothing is left to try."""
        return None if self._exhausted else Walk(self._path)

    def learn(self, strategy: Strategy, *, failed: bool) -> None:  # noqa: ARG002  Search's form
        """Find what a run leaves to try, and go to the last place where anything is."""
        assert isinstance(strategy, Walk), "it learns from its own runs"
        strategy.end()
        self._looks = self._looks or strategy.looks
        if strategy.astray:
            self._path.hit["stopped where the program did something else than before"] = None
            self._exhausted = True
            return
        if strategy.cut_short:
            self.cut_short += 1
        else:
            self.orders += 1
        places = self._path.places
        turns = [each.turn for each in places]
        for race in races(turns, strategy.first):
            place = places[race.place - 1]
            known = {place.turn.who, *place.tried, *place.wanted, *place.asleep}
            if known.isdisjoint(race.instead):
                place.wanted.add(race.instead[0])
        self._go_on()

    def _go_on(self) -> None:
        """Go back to the last place where something is left to try."""
        steps = self._path.steps
        while steps:
            last = steps[-1]
            if self._forked(last) if isinstance(last, Fork) else self._placed(last):
                return
            steps.pop()
        self._exhausted = True

    def _forked(self, fork: Fork) -> bool:
        if fork.tried == fork.options or not self._path.within(fork.number, fork.deviations + 1):
            return False
        # What rates have drawn was the first; then the others in their order.
        fork.choice = fork.tried - (fork.tried <= fork.plain)
        fork.tried += 1
        return True

    def _placed(self, place: Place) -> bool:
        could, tried = place.turn.could, place.tried
        tried[place.turn.who] = place.turn
        wanted = [who for who in could if who in place.wanted and who not in tried]
        plain = next(iter(could))
        for who in wanted:
            if self._path.within(place.number, place.deviations + (who != plain)):
                place.turn = Turn(who, could[who], could, place.since[who])
                return True
        return False
