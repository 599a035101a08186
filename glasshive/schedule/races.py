"""Which turns of a run could have come the other way round, to somebody's eyes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from glasshive.schedule.option import NOBODYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from glasshive.schedule.option import Option

__all__ = ["Race", "Turn", "dependent", "races"]


@dataclass(slots=True, eq=False)
class Turn:
    """One turn of a run, and what there was to see of it.

    Args:
        who: what was done, by the number that it has in every run.
        option: the same as this run knows it.
        could: all that could have been next, by those numbers.
        since: the first turn of the run, counted from 1, at which it was due; 0 for what is due
            as soon as it is made.
    """

    who: int
    option: Option
    could: Mapping[int, Option]
    since: int = 0
    wild: bool = False
    """Whether it may have done anything to anybody, so that no other turn commutes with it."""
    barred: set[int] = field(default_factory=set)
    """What could have been next before it, and no more after it."""
    gone: list[Turn] = field(default_factory=list)
    """Messages that came to nothing in it."""
    late: list[int] = field(default_factory=list)
    """What it would have prevented, had it come before that."""

    def __post_init__(self) -> None:
        self.wild = self.option.does in ("resume", "rest")

    def displaces(self, who: int) -> bool:
        """Return whether it makes a difference that this was next, and not something else.

        Args:
            who: something else that could have been.
        """
        other = self.could[who]
        both = self.option.does == other.does == "deliver"
        return who in self.barred or (
            both and who != self.who and other.receiver == self.option.receiver
        )


class Race(NamedTuple):
    """Two turns that could come the other way round.

    Args:
        place: the earlier one's turn, counted from 1.
        instead: what could be done there instead, so that the later one comes first; one of it
            is enough.
    """

    place: int
    instead: tuple[int, ...]


def dependent(one: Turn, other: Turn) -> bool:
    """Return whether it makes a difference in which order two turns come.

    Args:
        one: a turn.
        other: another that could have come beside it.
    """
    if one.wild or other.wild or one.who in other.barred or other.who in one.barred:
        return True
    here, there = one.option, other.option
    return here.receiver == there.receiver and NOBODYS.isdisjoint((here.does, there.does))


def races(turns: Sequence[Turn], first: int) -> Iterator[Race]:
    """Yield what else could be tried, seen from a run.

    A turn happens before another when the other has come out of it or depends on it, directly or
    through others. Two race when one depends on the other and nothing between them makes it. A
    delivery races with the delivery that had its receiver last: an actor that waits in the
    middle of a message takes no other.

    Args:
        turns: those of the run, in their order.
        first: the turn, counted from 1, from which on the run was not seen before.
    """
    trail = _Trail(turns)
    for place, turn in enumerate(turns, start=1):
        found = trail.add(place, turn)
        if place >= first:
            yield from found
            yield from (Race(place, (who,)) for who in turn.could if turn.displaces(who))
            yield from trail.gone(place, turn)


class _Past(NamedTuple):
    """What happened before something.

    Args:
        since: a turn such that nothing of what came before it could come after it.
        turns: what happened from there on, as bits, of which the lowest is that turn.
    """

    since: int = 0
    turns: int = 0

    def has(self, place: int) -> bool:
        """Return whether a turn is among it."""
        return place >= self.since and bool(self.turns >> (place - self.since) & 1)

    def beyond(self, place: int) -> int:
        """Return what is after a turn, as bits, of which the lowest is the next turn."""
        return self.turns >> (place + 1 - self.since)

    def join(self, other: _Past) -> _Past:
        """Return what is in one or the other."""
        since = max(self.since, other.since)
        return _Past(
            since, self.turns >> (since - self.since) | other.turns >> (since - other.since)
        )


class _Trail:
    """What happened before what in a run."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self.turns = turns
        self.pasts = [_Past()]
        """What happened before each turn."""
        self.since = 0
        """The turn after which the last of all turns was due."""
        self.wild = 0
        """The last turn that may have done anything."""
        self.latest: dict[str, int] = {}
        """The last turn of each receiver."""
        self.begun: dict[str, int] = {}
        """The turn with which each receiver began what it does or has done last."""
        self.places: dict[int, int] = {}
        """Each thing's turn."""

    def add(self, place: int, turn: Turn) -> list[Race]:
        """Take in a turn, and return where it races with one before it."""
        option = turn.option
        causes = past = self.causes(turn)
        rivals = [self.places[who] for who in turn.late]
        if option.does in ("deliver", "wake", "time out"):
            past = past.join(self.upto(self.latest.get(option.receiver, 0)))
        if option.does == "deliver":
            rivals.append(self.rival(option))
        if option.does == "rest":
            # It comes when nothing else can, so what comes later could not have come before.
            past = _Past(place)
        elif turn.wild:
            rivals += self.ends(place, option, causes.since)
            since = max(self.since, past.since)
            past = _Past(since, (1 << (place - since)) - 1)
        else:
            if not past.has(self.wild):
                rivals.append(self.wild)
            past = past.join(self.upto(self.wild))
        self.pasts.append(past)
        self.keep(place, turn)
        found = [self.race(rival, place, causes, turn) for rival in dict.fromkeys(rivals)]
        return [race for race in found if race is not None]

    def keep(self, place: int, turn: Turn) -> None:
        """Remember a turn as the last of its kinds."""
        option = turn.option
        self.since = max(self.since, self.pasts[place].since)
        self.places[turn.who] = place
        if turn.wild:
            self.wild = place
        if option.does in ("deliver", "wake", "time out", "resume"):
            self.latest[option.receiver] = place
            if option.does == "deliver" or option.receiver not in self.begun:
                self.begun[option.receiver] = place

    def gone(self, place: int, turn: Turn) -> Iterator[Race]:
        """Yield what could be done so that messages arrive before their receiver is gone.

        Args:
            place: the last turn.
            turn: the same, in which they came to nothing.
        """
        for lost in turn.gone:
            race = self.race(self.rival(lost.option), place + 1, self.causes(lost), None)
            if race is not None:
                yield race

    def upto(self, place: int) -> _Past:
        """Return a turn and all that happened before it."""
        since, turns = self.pasts[place]
        return _Past(since, turns | 1 << (place - since))

    def causes(self, turn: Turn) -> _Past:
        """Return what a thing has come out of."""
        return self.upto(turn.option.birth[0]).join(_Past(turn.since))

    def rival(self, option: Option) -> int:
        """Return the delivery that a message could come before, or 0 if there is none."""
        place = self.begun.get(option.receiver, 0)
        if not place:
            return 0
        before = self.turns[place - 1].option
        if before.does != "deliver":
            return 0  # nobody hears anything before his first turn
        same = before.sender == option.sender
        return 0 if same and self.told(before) and self.told(option) else place

    def told(self, option: Option) -> bool:
        """Return whether a message has to wait for others of its sender: one of a timer has not."""
        maker = option.birth[0]
        return maker == 0 or self.turns[maker - 1].option.does != "fire"

    def ends(self, place: int, option: Option, since: int) -> list[int]:
        """Return the turns of others on which nothing depends so far, from one turn on."""
        found, covered = [], _Past()
        for each in range(place - 1, since - 1, -1):
            if not covered.has(each):
                covered = covered.join(self.pasts[each])
                if self.turns[each - 1].option.receiver != option.receiver:
                    found.append(each)
        return found

    def race(self, rival: int, place: int, causes: _Past, turn: Turn | None) -> Race | None:
        """Return what could be done instead of a turn, so that a later one comes before it.

        Args:
            rival: the earlier one, or 0 for none.
            place: the later one.
            causes: what that has come out of.
            turn: the same; None for one that never came.
        """
        if not rival or rival < causes.since or causes.has(rival):
            return None
        # What comes out of the earlier one, or is due later, cannot come before it.
        free = [
            each
            for each, past in enumerate(self.pasts[rival + 1 : place], start=rival + 1)
            if past.since <= rival and not past.has(rival)
        ]
        beside = sum(1 << (each - rival - 1) for each in free)
        first = [
            self.turns[each - 1].who for each in free if not self.pasts[each].beyond(rival) & beside
        ]
        waits = beside if turn is not None and turn.wild else causes.beyond(rival) & beside
        if not waits:
            if turn is None:
                return None  # it was there, and what kept it from being next races in its stead
            first.append(turn.who)
        could = self.turns[rival - 1].could
        instead = tuple(each for each in first if each in could)
        # There is nothing where it has to wait for another message of its sender: that one races.
        return Race(rival, instead) if instead else None
