"""A plan of faults: what is done to a colony, and when; it is data and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from glasshive.errors import Complaint, InputError
from topology.faults.action import Action  # noqa: TC001  msgspec reads the annotations
from topology.faults.condition import At, Condition
from topology.faults.healing import wounds_left
from topology.faults.rules import flaws_in, word_of
from topology.faults.words import told
from topology.faults.writer import written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from topology.blueprint import Blueprint
    from topology.toml import Flaw, Place

__all__ = ["FaultPlan", "Strike", "label"]


class Strike(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is done, and when.

    Args:
        when: the condition.
        do: the action.
    """

    when: Condition
    do: Action

    def __str__(self) -> str:
        return f"{told(self.when)}: {told(self.do)}"


class FaultPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done to a colony, and when.

    One that is written down wrong can be made, so that `check` can tell everything that is wrong
    with it at once; an `Injector` checks the plan that it is given.

    Args:
        strikes: each with its condition; those of one time strike in their order here, unless a
            schedule has them race.
        heal_at: seconds since the plan was armed after which nothing strikes any more and
            everything is put right; None for never.
    """

    strikes: tuple[Strike, ...] = ()
    heal_at: float | None = None

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "strikes", tuple(self.strikes))

    @classmethod
    def of(
        cls,
        strikes: Iterable[tuple[float | Condition, Action]],
        *,
        heal_at: float | None = None,
    ) -> FaultPlan:
        """Return a plan of actions, each behind its condition.

        Args:
            strikes: a number is a time in seconds since the plan was armed.
            heal_at: when everything is put right, in the same seconds.
        """
        return cls(
            tuple(
                Strike(At(when) if isinstance(when, int | float) else when, do)
                for when, do in strikes
            ),
            heal_at,
        )

    @property
    def last_seconds(self) -> float:
        """Seconds since it was armed at which the last strike comes that has a time."""
        times = (strike.when.seconds for strike in self.strikes if isinstance(strike.when, At))
        return max(times, default=0.0)

    def check(self, blueprint: Blueprint) -> None:
        """Make sure that it can be carried out on a colony.

        Args:
            blueprint: the colony on paper.

        Raises:
            InputError: with a complaint for each thing that is wrong.
        """
        self._refuse(flaws_in(self, blueprint))

    def must_heal(self, blueprint: Blueprint) -> None:
        """Make sure that everything it breaks is put right, whatever happens.

        Args:
            blueprint: the colony on paper.

        Raises:
            InputError: with a complaint for each thing that stays broken, or that is wrong.
        """
        self.check(blueprint)
        self._refuse(wounds_left(self, blueprint))

    def to_toml(self) -> str:
        """Return the text of a file that reads back as an equal plan."""
        return written(self)

    def to_json(self) -> str:
        """Return the plan as JSON, which `from_json` reads back as an equal plan."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str, source: str = "the plan") -> FaultPlan:
        """Read a plan that `to_json` wrote.

        Args:
            text: the JSON.
            source: what complaints call it.

        Raises:
            InputError: when it is no plan, saying where.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.ValidationError as error:
            what = str(error).replace(" - at `$", " at `plan")
        except msgspec.DecodeError as error:
            what = f"is not JSON: {error}"
        raise InputError(Complaint(source, what, "write it with to_json, or as a TOML file"))

    def _refuse(self, flaws: Iterable[Flaw]) -> None:
        complaints = [
            Complaint(
                ", ".join(filter(None, ("fault plan", label(place, self.words())))), what, remedy
            )
            for place, what, remedy in flaws
        ]
        if complaints:
            raise InputError(*complaints)

    def words(self) -> list[str]:
        """Return the name of each strike's action in a file, in order."""
        return [word_of(type(strike.do)) for strike in self.strikes]


def label(place: Place, words: list[str]) -> str:
    """Return what people call a place in a plan: "strikes[2], crash".

    Args:
        place: the place.
        words: the name of each strike's action, empty where nobody knows it.
    """
    match place:
        case ("strikes", int(index), *_):
            return ", ".join(filter(None, (f"strikes[{index}]", words[index])))
        case _:
            return ""
