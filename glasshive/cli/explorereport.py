"""What an exploration has shown, told to people and to programs."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.text import Text

from glasshive.cli.settings import command_line
from glasshive.explore.story import breach_of, found_in, paste, story
from glasshive.scenario.outcome import plain
from glasshive.units import counted, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glasshive.errors import Complaint
    from glasshive.explore.explorer import Exploration
    from glasshive.explore.folder import Kept
    from glasshive.explore.program import Attempt
    from glasshive.explore.shrink import Shrunk
    from glasshive.scenario.situations import Situation

__all__ = ["ExploreReport", "Explored", "as_json"]

_COLUMNS = 100
"""Width of a report that goes into a pipe."""
_COMPLETE = "complete"
_STYLES = {"held": "green", "violated": "red", "interrupted": "yellow"}


@dataclass(slots=True)
class Explored:
    """What an exploration has shown, with what became of the failure.

    Args:
        exploration: the search.
        runs: how many runs there were to be at most; None for no limit.
        options: the options of the command that asked for it, a word each.
        views: whether there is a command that shows a trace.
    """

    exploration: Exploration
    runs: int | None
    options: Sequence[str]
    views: bool
    shrunk: Shrunk | None = None
    """The failure, as found and as small as it got."""
    kept: Kept | None = None
    """Where the smallest is written down."""
    unkept: Sequence[Complaint] = ()
    """Why it is not."""
    interrupted: bool = False

    @property
    def status(self) -> str:
        """How it ended."""
        if self.shrunk is not None:
            return "violated"
        return "interrupted" if self.interrupted else "held"

    @property
    def again(self) -> str:
        """The command line that explores the same again."""
        program = self.exploration.program
        return command_line(program.script, program.parameters, self.options, command="explore")

    @property
    def verdict(self) -> str:
        """How far the search came, in words; nothing for one that has no end."""
        verdict = self.exploration.verdict
        if not verdict or self.interrupted:
            return ""
        if verdict.startswith(_COMPLETE):
            return f"{_COMPLETE}: every order was run{verdict.removeprefix(_COMPLETE)}"
        if verdict == "unfinished":
            ended = self.exploration.runs == self.runs
            over = f"the {counted(self.exploration.runs, 'run')}" if ended else "the time"
            verdict = f"{over} came to an end first"
        return f"not {_COMPLETE}: {verdict}"

    @property
    def ways(self) -> dict[str, str]:
        """What can be done with the failure, by label."""
        if self.kept is None:
            return {"again": self.again}
        trace = str(self.kept.trace)
        if not self.kept.fails:
            doubt = "when it was run once more it did not fail: it is not deterministic"
            return {"doubt": doubt, "again": self.again}
        ways = {"again": shlex.join(["glasshive", "replay", trace])}
        if self.views:
            ways = {"look": shlex.join(["glasshive", "trace", "view", trace])} | ways
        return ways


class ExploreReport:
    """Writes the end of an exploration, for people.

    Args:
        stream: a terminal, or a pipe, which gets no colours.
        explored: what it has shown.
    """

    def __init__(self, stream: TextIO, explored: Explored) -> None:
        width = None if stream.isatty() else _COLUMNS
        self._console = Console(file=stream, width=width, highlight=False, markup=False)
        self._explored = explored

    def write(self, *, briefly: bool) -> None:
        """Write the story of the failure, or what held and, unless briefly, what was reached."""
        explored, exploration = self._explored, self._explored.exploration
        if explored.shrunk is not None and exploration.found is not None:
            found = found_in(exploration.found, exploration.label, explored.runs)
            text = Text(story(explored.shrunk, found=found, ways=explored.ways))
            text.stylize("red", 0, len("violation"))
            self._line(text)
            return
        if not briefly and exploration.situations:
            self._line("situations")
            for situation in exploration.situations:
                self._situation(situation)
            self._line()
        self._line(
            (explored.status, _STYLES[explored.status]),
            f" · {_runs(explored)}, {counted(exploration.orders, 'order')} · {exploration.label}"
            f" · seed {exploration.program.seed} · {seconds(exploration.wall_seconds)}",
        )
        if explored.verdict:
            self._line(explored.verdict)
        if exploration.ignored:
            name = exploration.program.breaking
            self._line(f"in {counted(exploration.ignored, 'run')} something else than {name} broke")
        if not briefly or explored.status != "held":
            self._line(f"again  {explored.again}")

    def _situation(self, situation: Situation) -> None:
        exploration = self._explored.exploration
        if not situation.runs:
            self._line("  ", ("✗", "red"), f" {situation.name}: never reached")
            return
        runs = counted(exploration.runs - exploration.abandoned, "run")
        text = f" {situation.name}: reached in {situation.runs:,} of {runs}"
        self._line("  ", ("✓", "green"), text)

    def _line(self, *parts: Text | str | tuple[str, str]) -> None:
        # Not wrapped by hand: a command line that is broken in two cannot be copied.
        self._console.print(Text.assemble(*parts), soft_wrap=True)


def _runs(explored: Explored) -> str:
    exploration = explored.exploration
    text = counted(exploration.runs, "run")
    if explored.interrupted and explored.runs is not None:
        text = f"{exploration.runs:,} of {counted(explored.runs, 'run')}"
    if exploration.abandoned:
        text += f" ({exploration.abandoned:,} given up early)"
    return text


def as_json(explored: Explored) -> str:
    """Return what an exploration has shown as one JSON object on one line, for programs."""
    exploration = explored.exploration
    program = exploration.program
    return json.dumps(
        {
            "status": "interrupted" if explored.interrupted else explored.status,
            "scenario": program.scenario,
            "parameters": plain(program.parameters),
            "seed": program.seed,
            "order": program.order,
            "strategy": exploration.label,
            "property": program.breaking,
            "runs": exploration.runs,
            "given_up": exploration.abandoned,
            "ignored": exploration.ignored,
            "orders": exploration.orders,
            "verdict": exploration.verdict,
            "wall_seconds": exploration.wall_seconds,
            "situations": [
                {
                    "situation": each.name,
                    "must_reach": each.must_reach,
                    "runs": each.runs,
                    "times": each.times,
                }
                for each in exploration.situations
            ],
            "failure": _failure(explored),
            "again": explored.again,
        }
    )


def _failure(explored: Explored) -> Mapping[str, Any] | None:
    found, shrunk, kept = explored.exploration.found, explored.shrunk, explored.kept
    if found is None or shrunk is None:
        return None
    wanted = "--no-shrink" not in explored.options
    return {
        **breach_of(shrunk)._asdict(),
        "run": found.run,
        "found": _attempt(shrunk.first),
        "smallest": _attempt(shrunk.best),
        "shrinking": {"runs": shrunk.tries, "to_the_end": not shrunk.spent} if wanted else None,
        "trace": None if kept is None else str(kept.trace),
        "repeats": None if kept is None else kept.fails,
        "complaints": [str(each) for each in explored.unkept],
        **explored.ways,
        "paste": paste(shrunk.best),
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "parameters": plain(attempt.program.parameters),
        "decisions": attempt.decisions,
        "choices": {str(number): choice for number, choice in attempt.choices.items()},
        "faults": attempt.faults,
        "deviations": [
            {
                "number": each.number,
                "kind": each.kind,
                "choice": each.choice,
                "options": each.options,
                "words": each.words,
            }
            for each in attempt.deviations
        ],
    }
