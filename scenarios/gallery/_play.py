"""A gallery's entry as it is played: its messages as they come, and where an invariant breaks."""

from __future__ import annotations

from dataclasses import astuple
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from actors import Heartbeat, ailment
from glasshive import Run, Simulation
from glasshive.fault import in_words as fault_in_words
from scenarios.story import in_words

if TYPE_CHECKING:
    from glasshive.scenario import CheckedInvariant, Scenario
    from glasshive.trace import Event

__all__ = ["BROKEN", "MESSAGE", "SCRIPT", "Play", "play", "scenario_of"]


class Play(NamedTuple):
    """How an entry was played."""

    lines: list[str]
    """Every message of the protocol, every fault, and every violation, in order."""
    invariants: tuple[CheckedInvariant, ...]


class Listener:
    """Writes down what happens in a run, line by line.

    Args:
        run: the run.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.lines: list[str] = []
        self._told: dict[str, int] = {}
        """Violations of each invariant that stand there already."""
        self._at = 0.0
        """When something was last heard."""

    def hear(self, event: Event, message: Any) -> None:
        """Write an event down, after what has broken before it."""
        self.look()
        self._at = event.time
        if event.kind == "fault":
            what = fault_in_words(event.actor, event.data)
        elif type(message).__module__ in PROTOCOL and not isinstance(message, Heartbeat):
            lost = f"  lost: {event.data['reason']}" if event.kind == "drop" else ""
            what = f"{event.peer:>8} {MESSAGE} {event.actor:<8}  {_told(message)}{lost}"
        else:
            return
        self.lines.append(f"{event.time:7.3f} s  {what}")

    def look(self) -> None:
        """Write down what has broken since this was last called."""
        for name, _, violations, settled in map(astuple, self.run.invariants):
            when = "  at rest" if settled else f"{self._at:7.3f} s"
            told = self._told.get(name, 0)
            self.lines += [f"{when}  {BROKEN} {name}: {how}" for how in violations[told:]]
            self._told[name] = len(violations)


BROKEN = "✗"
"""What stands before a violation."""

MESSAGE = "→"
"""What stands in a message, from its sender to its receiver."""

SCRIPT = f"  script {MESSAGE}"
"""What stands in a message of the script's, who plays fate."""

PROTOCOL = (Heartbeat.__module__, ailment.__name__)
"""Where the classes of the messages stand that are told."""


def play(scenario: Scenario, *, mistake: bool = True, seed: int = 0) -> Play:
    """Play an entry, and write down what happens.

    Args:
        scenario: the entry's.
        mistake: whether the bees make the mistake.
        seed: what is drawn at random follows it.
    """
    with Simulation(seed=seed) as simulation:
        run = Run(simulation)
        listener = Listener(run)
        simulation.watch(listener.hear, kinds=["deliver", "drop", "fault"])
        scenario(run, mistake=mistake)
    listener.look()
    return Play(listener.lines, run.invariants)


def scenario_of(entry: str) -> Scenario:
    """Return the scenario of an entry.

    Args:
        entry: the name of its module.
    """
    found: Scenario = getattr(import_module(f"scenarios.gallery.{entry}"), entry)
    return found


def _told(message: Any) -> str:
    """Return a message as a line has it; what befalls a bee is told whole."""
    return repr(message) if type(message).__module__ == ailment.__name__ else in_words(message)
