"""A bug behind a chain of constraints "this before that": how often each strategy finds it.

Two programs, in which senders tell a referee one letter at a time. *In turn*: two senders'
letters must come as `abab…`, so each constraint wants its own change of who is ahead, at one
moment: for PCT the worst that there is, and its proven rate is nearly all it reaches. *In stages*:
again and again a letter must come in the middle third of a row of others; that gives PCT some
room, and asks for more luck of those that do not let one sender go far ahead.

`python -m benchmarks.deep_bugs` prints the table. A run is one play of a program in any order.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import pykka
from rich.console import Console
from rich.table import Table

from benchmarks.budget import Budget, budgets
from glasshive import Simulation
from glasshive.schedule import Attentive, Fifo
from glasshive.schedule.pct import PctSearch, proven_rate
from glasshive.schedule.pos import PosSearch
from glasshive.schedule.survey import Survey, Surveyed, Surveyor
from glasshive.schedule.uniform import UniformSearch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from glasshive.schedule import Option, Strategy

__all__ = ["Stage", "in_stages", "in_turn", "planted", "rate"]

SEEDS = 1_000
DEPTHS = (3, 4, 5)
ROW = 5
"""A third of the letters of a stage's longer row."""
IN_TURN_RUNS = {3: 5, 4: 20, 5: 100}
"""Runs for each seed, so that the proven rate promises a handful of finds."""


class Stage(NamedTuple):
    """One stage of a program: when all its letters have come, the next begins."""

    counts: Mapping[str, int]
    """How often each sender's letter comes, in the order in which they begin."""
    wanted: str
    """The order of letters that is a step towards the bug, as a regular expression."""


def in_turn(depth: int) -> list[Stage]:
    """Return the program of two senders whose letters must come in turn.

    Args:
        depth: how many constraints: of `depth + 1` letters each must come before the next.
    """
    text = ("ab" * depth)[: depth + 1]
    return [Stage({letter: text.count(letter) for letter in "ab"}, text)]


def in_stages(depth: int, row: int = ROW) -> list[Stage]:
    """Return the program of stages, with two constraints each and one in the last if need be.

    Args:
        depth: how many constraints.
        row: how many letters must be first, and how many more may.
    """
    stage = Stage({"b": 1, "a": 3 * row}, f"a{{{row},{2 * row}}}ba*")
    last = Stage({"b": 1, "a": row}, f"a{{{row}}}b")
    return [stage] * (depth // 2) + [last] * (depth % 2)


class Sender(pykka.ThreadingActor):
    """Tells the referee its letter so often, whenever it is told to."""

    def __init__(self, letter: str, count: int, referee: pykka.ActorRef[Referee]) -> None:
        super().__init__()
        self.letter, self.count, self.referee = letter, count, referee

    def on_receive(self, _: object) -> None:
        """Begin."""
        for _ in range(self.count):
            self.referee.tell(self.letter)


class Referee(pykka.ThreadingActor):
    """Begins one stage after the other, and looks at the order of the letters."""

    def __init__(self, stages: Sequence[Stage], *, strict: bool) -> None:
        super().__init__()
        self.stages, self.strict = stages, strict
        self.senders = [
            [Sender.start(letter, count, self.actor_ref) for letter, count in stage.counts.items()]
            for stage in stages
        ]

    def begin(self, at: int = 0) -> None:
        """Begin a stage, and with the first one a run."""
        self.at, self.text = at, ""
        if at == 0:
            self.right = 0
        for sender in self.senders[at]:
            sender.tell("go")

    def on_receive(self, letter: str) -> None:
        """Take a letter."""
        self.text += letter
        stage = self.stages[self.at]
        if len(self.text) == sum(stage.counts.values()):
            right = re.fullmatch(stage.wanted, self.text) is not None
            self.right += right
            if self.at + 1 < len(self.stages) and (right or not self.strict):
                self.begin(self.at + 1)


class _Switch:
    """Decides as whatever decides in the current run."""

    def __init__(self) -> None:
        self.set(Fifo())

    def set(self, strategy: Strategy) -> None:
        self._choose = strategy.choose
        self._took = strategy.took if isinstance(strategy, Attentive) else None

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        return self._choose(kind, options, drawn)

    def took(self, option: Option, options: Sequence[Option]) -> None:
        if self._took is not None:
            self._took(option, options)


@contextmanager
def planted(
    stages: Sequence[Stage], *, strict: bool = False
) -> Iterator[Callable[[Strategy], bool]]:
    """Set a program up; give what plays it once and returns whether the bug was found.

    The actors stay for all runs, which costs a tenth of a simulation for each, and has them do
    nothing but what is written here.

    Args:
        stages: the program.
        strict: whether a stage begins only when those before it went as the bug wants.
    """
    switch = _Switch()
    with Simulation(order="any", schedule=switch) as sim:
        referee = Referee.start(stages, strict=strict)._actor_weakref()  # noqa: SLF001  the script plays with it
        assert referee is not None
        sim.run()

        def play(strategy: Strategy) -> bool:
            switch.set(strategy)
            referee.begin()
            sim.run()
            return referee.right == len(stages)

        yield play


class Found(NamedTuple):
    """How often a strategy has found the bug."""

    survey: Survey
    """What the plain run has shown."""
    runs: int
    found: int

    @property
    def rate(self) -> float:
        """The share of runs that found it."""
        return self.found / self.runs


def rate(stages: Sequence[Stage], search: Callable[[int], Surveyed], runs: int = 1) -> Found:
    """Search for the bug under every seed.

    Args:
        stages: the program.
        search: makes the search with a seed.
        runs: of each search, after the plain one.
    """
    found = 0
    with planted(stages) as play:
        surveyor = Surveyor()
        assert not play(surveyor), "the plain run must not find it"
        for seed in range(SEEDS):
            each = search(seed)
            each.learn(surveyor, failed=False)
            for run in range(1, runs + 1):
                strategy = each.strategy(run)
                assert strategy is not None
                found += play(strategy)
    return Found(surveyor.survey, SEEDS * runs, found)


def report(console: Console) -> list[Budget]:
    """Measure, print the table, and return what became of the promise."""
    table = Table(
        title=f"runs that find a bug of a depth, {SEEDS:,} seeds of each search",
        title_justify="left",
    )
    table.add_column("program")
    for column in ("depth", "n", "k", "proven", "pct", "pos", "random"):
        table.add_column(column, justify="right")
    lines = []
    for name, program in (("in turn", in_turn), ("in stages", in_stages)):
        for depth in DEPTHS:
            stages = program(depth)
            runs = IN_TURN_RUNS[depth] if name == "in turn" else 1
            pct = rate(stages, partial(PctSearch, depth=depth), runs)
            others = [rate(stages, search) for search in (PosSearch, UniformSearch)]
            proven = proven_rate(pct.survey, depth)
            table.add_row(
                *(name, str(depth), str(pct.survey.channels), str(pct.survey.turns)),
                *(_percent(each) for each in (proven, *(each.rate for each in (pct, *others)))),
            )
            lines.append(
                Budget(
                    f"pct, bug of depth {depth} {name}",
                    f"{proven * pct.runs:.2g} of {pct.runs:,} runs",
                    f"{pct.found:,}",
                    held=pct.rate >= proven,
                )
            )
    console.print(table)
    return lines


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


if __name__ == "__main__":
    screen = Console(width=100)
    screen.print(budgets(report(screen)))
