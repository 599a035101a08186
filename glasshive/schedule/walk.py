"""One run of an exhaustive search: along a path that is known, and then into the new."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from glasshive.errors import GlasshiveError
from glasshive.schedule.races import Turn, dependent
from glasshive.schedule.schedule import Abandoned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glasshive.schedule.option import Birth, Option
    from glasshive.schedule.schedule import News

__all__ = ["Fork", "Path", "Place", "Walk"]

OVERTAKEN = ("duplicate", "hold back")
"""Fates that let a message, or a copy of it, be overtaken by later ones of its sender."""


@dataclass(slots=True)
class Place:
    """Where it was decided whose turn it is, and what was tried there.

    Args:
        turn: the turn that is being tried.
        number: which turn of its run it is, from 1.
        deviations: decisions before it that were not plain.
        asleep: what was tried earlier, and would show nothing else if it came next here.
        since: for each thing that could come here, the turn from which on it was due.
    """

    turn: Turn
    number: int
    deviations: int
    asleep: Mapping[int, Turn]
    since: Mapping[int, int]
    tried: dict[int, Turn] = field(default_factory=dict)
    wanted: set[int] = field(default_factory=set)
    """What a race asks for."""


@dataclass(slots=True)
class Fork:
    """Where something else was decided: every option is tried.

    Args:
        number: in which turn, from 0 for what the script does at first.
        options: how many there are.
        plain: what rates have drawn.
        deviations: decisions before it that were not plain.
        choice: the option that is being tried.
    """

    number: int
    options: int
    plain: int
    deviations: int
    choice: int
    tried: int = 1
    """How many options were tried, this one among them."""


class Path:
    """What is known of the tree of all runs: one way down from its root.

    Args:
        max_depth: turns after which nothing else is tried; None for no bound.
        max_deviations: decisions of a run that are not plain, at most; None for no bound.
    """

    def __init__(self, max_depth: int | None, max_deviations: int | None) -> None:
        self.max_depth = max_depth
        self.max_deviations = max_deviations
        self.steps: list[Place | Fork] = []
        self.hit: dict[str, None] = {}
        """The bounds that kept something from being tried, in words."""
        self._names: dict[Birth, int] = {}

    @property
    def places(self) -> list[Place]:
        """Where turns were decided."""
        return [step for step in self.steps if isinstance(step, Place)]

    def name(self, maker: int, count: int) -> int:
        """Return the number of a thing, the same in every run in which it is made in the same way.

        Args:
            maker: the number of what has made it, or 0.
            count: how many things that had made before.
        """
        return self._names.setdefault((maker, count), len(self._names) + 1)

    def within(self, number: int, deviations: int) -> bool:
        """Return whether the bounds let something be tried; if not, they were hit.

        Args:
            number: in which turn it is.
            deviations: how many decisions would not be plain by then.
        """
        if self.max_depth is not None and number > self.max_depth:
            self.hit[f"nothing else was tried after turn {self.max_depth}"] = None
            return False
        if self.max_deviations is not None and deviations > self.max_deviations:
            self.hit[f"nothing with more than {times(self.max_deviations)} was tried"] = None
            return False
        return True


class Walk:
    """Decides in one run: as its path says, and where that ends as plain as can be.

    Good for nothing by itself; `Exhaustive` makes it.

    Args:
        path: what is written, and what it adds to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._makers = [0]
        """The number of each turn, by which what it makes is named."""
        self._place: Place | None = None
        self._deviations = 0
        self._overtaken = False
        """Whether messages may be overtaken by later ones of their sender."""
        self._due: dict[Birth, int] = {}
        self.first = max(len(path.places), 1)
        """The first turn of which this run may show something new."""
        self.cut_short = False
        """Whether it ended where nothing new could follow."""
        self.astray = False
        """Whether the program has not done what it did before."""
        self.looks = False
        """Whether somebody looks between turns."""

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Return what is written, or else the first option that may show something new."""
        if self.cut_short:
            return drawn
        return self._turn(options) if kind == "next" else self._fate(options, drawn)

    def took(self, option: Option, options: Sequence[Option]) -> None:  # noqa: ARG002  Attentive's form
        """Take in a turn that nothing competed with."""
        if len(options) == 1 and not self.cut_short:
            self._turn(options)

    def heard(self, news: News, option: Option | None) -> None:
        """Take in what no turn shows."""
        if news == "look":
            self.looks = True
        elif option is None:
            if self._place is not None:
                self._place.turn.wild = True
        elif news == "due":
            self._due[option.birth] = len(self._makers)
        elif self._place is not None:
            turn = self._place.turn
            if news == "late":
                turn.late.append(self._name(option))
            else:
                turn.gone.append(Turn(0, option, {}, self._due.get(option.birth, 0)))

    def end(self) -> None:
        """Hear that the run is over, and with it all that still could have come."""
        self.astray = self.astray or self._at < len(self._path.steps)
        if self._place is not None and not self.cut_short:
            turn = self._place.turn
            turn.barred.update(who for who in turn.could if who != turn.who)

    def _turn(self, options: Sequence[Option]) -> int:
        """Decide whose turn it is."""
        could = {self._name(option): option for option in options}
        assert len(could) == len(options), "two things have one birth"
        if self._place is not None:
            last = self._place.turn
            last.barred.update(who for who in last.could if who not in could and who != last.who)
        steps = self._path.steps
        if self._at == len(steps):
            steps.append(self._new(could))
        place = steps[self._at]
        if not isinstance(place, Place) or place.turn.who not in could:
            raise self._unlike(", ".join(map(str, options)))
        place.turn.gone.clear()
        place.turn.late.clear()
        self._at += 1
        self._place = place
        self._makers.append(place.turn.who)
        index = list(could).index(place.turn.who)
        self._deviations += index != 0
        return index

    def _new(self, could: dict[int, Option]) -> Place:
        """Return the place of a turn that no run has had so far."""
        asleep: dict[int, Turn] = {}
        if self._place is not None:
            last = self._place.turn
            known = {**self._place.asleep, **self._place.tried}
            asleep = {
                who: turn
                for who, turn in known.items()
                if who in could and not dependent(turn, last)
            }
        plain, *others = could
        who = next((who for who in (plain, *others) if who not in asleep), None)
        if who is None or (who != plain and not self._path.within(0, self._deviations + 1)):
            self.cut_short = True
            raise Abandoned
        since = {each: self._due.get(option.birth, 0) for each, option in could.items()}
        turn = Turn(who, could[who], could, since[who])
        return Place(turn, len(self._makers), self._deviations, asleep, since)

    def _fate(self, options: Sequence[Option], drawn: int) -> int:
        """Decide what is no turn."""
        steps = self._path.steps
        if self._at == len(steps):
            number = len(self._makers) - 1
            steps.append(Fork(number, len(options), drawn, self._deviations, drawn))
        fork = steps[self._at]
        if not isinstance(fork, Fork) or fork.options != len(options):
            raise self._unlike(" or ".join(map(str, options)))
        self._at += 1
        self._deviations += fork.choice != drawn
        self._overtaken = self._overtaken or options[fork.choice].does in OVERTAKEN
        if self._overtaken and self._place is not None and not self._due:
            # Which message overtakes which is up to the clock, which any turn may have moved.
            self._place.turn.wild = True
        return fork.choice

    def _name(self, option: Option) -> int:
        maker, count = option.birth
        return self._path.name(self._makers[maker], count)

    def _unlike(self, now: str) -> GlasshiveError:
        self.cut_short = self.astray = True
        return GlasshiveError(
            f"turn {len(self._makers)} is not what it was when all before it was the same: now it "
            f"is {now}; `glasshive run --check-determinism` may find what differs"
        )


def times(deviations: int | None) -> str:
    """Return a number of deviations in words."""
    return "1 deviation" if deviations == 1 else f"{deviations} deviations"
