"""The weather of a plain day: thirty spells, each of which passes by itself."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from topology.faults import (
    Crash,
    CrashHost,
    FailToLoad,
    Hang,
    Heal,
    Lie,
    Link,
    OutOfMemory,
    Partition,
    PauseHost,
    Restart,
    RestartHost,
    ResumeHost,
    Slow,
    SlowHost,
    Spell,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors import Patience
    from topology import Blueprint
    from topology.faults import Action

__all__ = ["spells_of"]

_ONE = ("hive-1", "worker-1")
_TWO = ("hive-2", "worker-2", "worker-3")
_QUEEN = ("queen",)
_KEEPER = ("keeper-1",)
_LINKS = ("the links",)
"""Healing a partition heals all of them, so there is one at a time."""


def spells_of(blueprint: Blueprint) -> tuple[Spell, ...]:
    """Return what may come over the colony of a plain day.

    Args:
        blueprint: two hives, with worker-1 at the first and worker-2 and worker-3 at the second,
            and keeper-1.
    """
    patience = blueprint.patience
    return tuple(
        chain(
            _of_workers(patience),
            _of_hives(patience),
            _of_queen(patience),
            _of_keeper(patience),
            _of_links(patience),
        )
    )


def _of_workers(patience: Patience) -> Iterator[Spell]:
    # Missed, tried again after a rest that is drawn, and loaded.
    back = _missed(patience) + 2.0
    for worker in ("worker-1", "worker-3"):
        yield _spell(f"{worker} crashes", Crash(worker), lasts=back, whom=(worker,))
        out = f"{worker} runs out of memory"
        yield _spell(out, OutOfMemory(worker), lasts=1.0, whom=(worker,))
    yield _outage("worker-2", Crash("worker-2"), Restart("worker-2"), 0.25, back, ("worker-2",))
    yield _spell("worker-1 hangs for 0.75 s", Hang("worker-1", 0.75), lasts=2.0, whom=("worker-1",))
    hang = Hang("worker-3", 2.0)
    yield _spell("worker-3 hangs for 2 s", hang, lasts=2.0 + back, whom=("worker-3",))
    yield _spell(
        "worker-1 takes 64 times as long for a step",
        *(Slow("worker-1", 64.0), (0.25, Slow("worker-1", 1.0))),
        lasts=5.0,
        whom=("worker-1",),
    )
    # A crash is the first failure in a row; after the third one the worker rests.
    for times, lasts in (("once", back + 1.0), ("twice", back + 3.0 + patience.load_seconds)):
        yield _spell(
            f"worker-3 crashes, and fails to load {times}",
            *(FailToLoad("hive-2", "worker-3", 1 if times == "once" else 2), Crash("worker-3")),
            lasts=lasts,
            whom=("worker-3",),
        )


def _of_hives(patience: Patience) -> Iterator[Spell]:
    lapsed = _lapsed(patience)
    # What is withdrawn that day runs elsewhere, so no cancel has to wait for what this hive had.
    gone = _missed(patience)
    yield _spell("hive-1 goes for good", CrashHost("hive-1"), lasts=gone, whom=_ONE)
    yield _outage("hive-2", Crash("hive-2"), Restart("hive-2"), 1.5, lapsed, _TWO)
    whole, anew = CrashHost("hive-2"), RestartHost("hive-2")
    yield _outage("the host of hive-2", whole, anew, 0.5, lapsed, _TWO)
    kept = RestartHost("hive-2", state=True)
    yield _outage("the host of hive-2", whole, kept, 0.5, lapsed, _TWO, knowing="all")
    yield _for(1.5, "hive-2 stands still", PauseHost("hive-2"), ResumeHost("hive-2"), lapsed, _TWO)
    slow, quick = SlowHost("hive-2", 3.0), SlowHost("hive-2", 1.0)
    yield _for(1.0, "hive-2 takes three times as long", slow, quick, lapsed, _TWO)
    yield _spell("hive-2 lies for 1 s", Lie("hive-2", 1.0), lasts=2.0, whom=("hive-2",))
    # Nobody needs to be told again what is known, unless the queen has forgotten it.
    yield _spell(
        "hive-2 is blind for 10 s",
        Lie("hive-2", 10.0, blind=True),
        lasts=0.0,
        whom=("hive-2", *_QUEEN),
        spares=10.0,
    )


def _of_queen(patience: Patience) -> Iterator[Spell]:
    lapsed = _lapsed(patience)
    crash, kept = Crash("queen"), Restart("queen", state=True)
    yield _outage("queen", crash, Restart("queen"), 0.5, lapsed, _QUEEN)
    yield _outage("queen", crash, kept, 0.5, lapsed, _QUEEN, knowing="all")
    yield _spell("queen hangs for 1.5 s", Hang("queen", 1.5), lasts=1.5 + lapsed, whom=_QUEEN)


def _of_keeper(patience: Patience) -> Iterator[Spell]:
    lapsed = _lapsed(patience)
    crash, anew = Crash("keeper-1"), Restart("keeper-1")
    yield _outage("keeper-1", crash, anew, 0.25, lapsed, _KEEPER)
    hang = Hang("keeper-1", 1.5)
    yield _spell("keeper-1 hangs for 1.5 s", hang, lasts=1.5 + lapsed, whom=_KEEPER)


def _of_links(patience: Patience) -> Iterator[Spell]:
    lapsed = _lapsed(patience)
    # Cuts that no lease outlasts, and a longer one.
    for seconds, name, cut, aftermath in (
        (0.5, "keeper-1 is cut off", Partition(_KEEPER, _QUEEN), 1.0),
        (1.0, "queen cannot reach keeper-1", Partition(_QUEEN, _KEEPER, one_way=True), 1.0),
        (1.5, "hive-2 is cut off", Partition(("hive-2",), _QUEEN), lapsed),
    ):
        yield _for(seconds, name, cut, Heal(), aftermath, (*_LINKS, *cut.a))
    for other in ("keeper-1", "hive-2"):
        way, drawn = ("queen", other), Link("queen", other)
        twice = Link(*way, duplicate=1.0)
        yield _for(0.5, f"all between queen and {other} comes twice", twice, drawn, 1.0, way[1:])
        late = Link(*way, reorder=1.0)
        yield _for(0.125, f"all between queen and {other} is held back", late, drawn, 1.0, way[1:])


def _missed(patience: Patience) -> float:
    """Return the seconds after which a node that is gone is missed by the one above."""
    return patience.silence_seconds + patience.heartbeat_seconds


def _lapsed(patience: Patience) -> float:
    """Return the seconds after which nothing runs any more that nobody shows to be read.

    As long may a cancel have to wait for its acknowledgement.
    """
    return patience.fence_seconds(3) + patience.heartbeat_seconds


def _spell(
    name: str,
    *acts: Action | tuple[float, Action],
    lasts: float,
    whom: tuple[str, ...],
    spares: float | None = None,
) -> Spell:
    """Return a spell whose acts are done at once, unless they have a time."""
    timed = tuple(act if isinstance(act, tuple) else (0.0, act) for act in acts)
    return Spell(name, timed, lasts, whom, spares)


def _for(  # noqa: PLR0917  the spells stand in one line each
    seconds: float, name: str, act: Action, after: Action, aftermath: float, whom: tuple[str, ...]
) -> Spell:
    """Return a spell that is put right after its time."""
    name = f"{name} for {seconds:g} s"
    return _spell(name, act, (seconds, after), lasts=seconds + aftermath, whom=whom)


def _outage(  # noqa: PLR0917  the spells stand in one line each
    what: str,
    crash: Action,
    restart: Action,
    seconds: float,
    aftermath: float,
    whom: tuple[str, ...],
    *,
    knowing: str = "nothing",
) -> Spell:
    """Return a crash and its restart."""
    name = f"{what} crashes, and is back after {seconds:g} s knowing {knowing}"
    return _spell(name, crash, (seconds, restart), lasts=seconds + aftermath, whom=whom)
