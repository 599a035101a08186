"""Faults as data: what is done to a simulation from outside, and when.

A plan can be written down, saved, drawn at random and made smaller, and striking with it does
what the methods of `Simulation` and `Network` of the same name do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

import msgspec

from glasshive.checks import above_zero, probability, seconds
from glasshive.errors import Complaint, InputError, nearest
from glasshive.latency import Latency, latency_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glasshive.simulation import Simulation

__all__ = [
    "At",
    "Crash",
    "CrashHost",
    "Cut",
    "DriftClock",
    "Fault",
    "Heal",
    "JumpClock",
    "PauseHost",
    "Plan",
    "Relink",
    "Restart",
    "RestartHost",
    "ResumeHost",
    "SlowHost",
    "in_words",
]


class _Fault(msgspec.Struct, frozen=True, tag=True, tag_field="fault", forbid_unknown_fields=True):
    """How every fault is written down; each has a `strike(sim)` of its own."""


class Crash(_Fault, frozen=True):
    """An actor ends at once."""

    actor: str

    def strike(self, sim: Simulation) -> None:
        """Do it, now."""
        sim.crash(sim.ref_of(self.actor))


class Restart(_Fault, frozen=True):
    """A crashed actor starts again, with or without what it knew."""

    actor: str
    state: bool = False

    def strike(self, sim: Simulation) -> None:
        """Do it, now."""
        sim.restart(sim.ref_of(self.actor), state=self.state)


class CrashHost(_Fault, frozen=True):
    """Everything on a host ends at once."""

    host: str

    def strike(self, sim: Simulation) -> None:
        """Do it, now."""
        sim.crash_host(self.host)


class RestartHost(_Fault, frozen=True):
    """A crashed host starts again, with or without what its actors knew."""

    host: str
    state: bool = False

    def strike(self, sim: Simulation) -> None:
        """Do it, now."""
        sim.restart_host(self.host, state=self.state)


class PauseHost(_Fault, frozen=True):
    """Everything on a host stands still."""

    host: str

    def strike(self, sim: Simulation) -> None:
        """Do it, now."""
        sim.pause_host(self.host)


class ResumeHost(_Fault, frozen=True):
    """A paused host goes on."""

    host: str

    def strike(self, sim: Simulation) -> None:
        """Do it, now."""
        sim.resume_host(self.host)


class SlowHost(_Fault, frozen=True):
    """Sleeps and timers on a host take so many times as long; 1 is full speed again."""

    host: str
    factor: float

    def __post_init__(self) -> None:
        above_zero(self.factor, "a host's slowness")

    def strike(self, sim: Simulation) -> None:
        """Do it, now."""
        sim.slow_host(self.host, self.factor)


class DriftClock(_Fault, frozen=True):
    """A host's clock counts so many seconds in one true second."""

    host: str
    pace: float

    def __post_init__(self) -> None:
        above_zero(self.pace, "a clock's pace")

    def strike(self, sim: Simulation) -> None:
        """Do it, now."""
        sim.drift_clock(self.host, self.pace)


class JumpClock(_Fault, frozen=True):
    """A host's clock is set forward, or back for a number below zero."""

    host: str
    by: float

    def strike(self, sim: Simulation) -> None:
        """Do it, now."""
        sim.jump_clock(self.host, self.by)


class Cut(_Fault, frozen=True):
    """A partition: what goes from one side to the other is lost.

    Args:
        a: the hosts on one side.
        b: the hosts on the other; none means all others.
        one_way: lose only what goes from `a` to `b`.
    """

    a: tuple[str, ...]
    b: tuple[str, ...] = ()
    one_way: bool = False

    def strike(self, sim: Simulation) -> None:
        """Do it, now."""
        sim.network.cut(self.a, self.b, one_way=self.one_way)
        sim.record("fault", {"fault": "cut", "a": self.a, "b": self.b, "one_way": self.one_way})


class Heal(_Fault, frozen=True):
    """Every partition ends."""

    def strike(self, sim: Simulation) -> None:
        """Do it, now."""
        sim.network.heal()
        sim.record("fault", {"fault": "heal"})


class Relink(_Fault, frozen=True):
    """The way between two hosts becomes like this; see `Network.link`."""

    a: str
    b: str
    latency: float | Latency = 0.0
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    bandwidth: float | None = None
    one_way: bool = False

    def __post_init__(self) -> None:
        latency_of(self.latency)
        for name in ("loss", "duplicate", "reorder"):
            probability(getattr(self, name), f"a link's {name}")

    def strike(self, sim: Simulation) -> None:
        """Do it, now."""
        settings = {name: getattr(self, name) for name in self.__struct_fields__}
        sim.network.link(**settings)
        sim.record("fault", {"fault": "relink", **settings})


Fault: TypeAlias = (
    Crash
    | Restart
    | CrashHost
    | RestartHost
    | PauseHost
    | ResumeHost
    | SlowHost
    | DriftClock
    | JumpClock
    | Cut
    | Heal
    | Relink
)
"""Any of them."""


class At(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fault and its time.

    Args:
        at: virtual seconds since the simulation was entered.
        do: the fault.
    """

    at: float
    do: Fault

    def __post_init__(self) -> None:
        seconds(self.at, "a fault's time")


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Faults in the order of their times.

    Args:
        faults: each with its time.
    """

    faults: tuple[At, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.faults, key=lambda each: each.at))
        msgspec.structs.force_setattr(self, "faults", ordered)

    @classmethod
    def of(cls, faults: Iterable[tuple[float, Fault]]) -> Plan:
        """Return the plan of some faults, each behind its time in seconds."""
        return cls(tuple(At(at, fault) for at, fault in faults))

    def to_json(self) -> str:
        """Return the plan as text, which `from_json` reads back as an equal plan."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str, source: str = "the plan") -> Plan:
        """Read a plan.

        Args:
            text: what `to_json` wrote, or somebody by hand.
            source: what complaints call it.

        Raises:
            InputError: when it is no plan, saying where.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.ValidationError as error:
            what = str(error).replace(" - at `$", " at `plan")
            raise InputError(Complaint(source, what, _remedy(what))) from None
        except msgspec.DecodeError as error:
            raise InputError(
                Complaint(source, f"is not JSON: {error}", "write a JSON object")
            ) from None


def in_words(actor: str, facts: Any) -> str:
    """Return a fault as people read it, such as `slow host hive-a (factor 4)`.

    Args:
        actor: whose event it is.
        facts: the event's data.
    """
    if not isinstance(facts, Mapping) or "fault" not in facts:
        return f"{actor}: {facts}"
    rest = {key: value for key, value in facts.items() if key != "fault"}
    sides = [_listed(rest.pop(side)) for side in ("a", "b") if rest.get(side)]
    if "host" in rest:
        subject = str(rest.pop("host"))
    elif sides:
        subject = " | ".join(sides)
    else:
        # Not even healing names anybody, which is done to the whole network.
        subject = "" if facts["fault"] == "heal" else actor
    told = [_told(key.replace("_", " "), value) for key, value in rest.items() if value]
    words = f"{str(facts['fault']).replace('-', ' ')} {subject}".rstrip()
    return f"{words} ({', '.join(told)})" if told else words


def _listed(names: Any) -> str:
    return names if isinstance(names, str) else ", ".join(map(str, names))


def _told(name: str, value: Any) -> str:
    if value is True:
        return name
    return f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"


def _remedy(what: str) -> str:
    names = [kind.__name__ for kind in get_args(Fault)]
    if "Invalid value '" in what:
        return nearest(what.split("'")[1], names)
    return "see glasshive.fault for what each fault takes; there are " + ", ".join(names)
