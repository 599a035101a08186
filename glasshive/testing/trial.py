"""A test as a program that is run again and again, each time as if it were the first."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.logging import LogCaptureHandler
from _pytest.tmpdir import tmppath_result_key

from glasshive.explore.program import Attempt, Program
from glasshive.scenario.silence import silenced
from glasshive.schedule import Abandoned, Fifo, Noted
from glasshive.simulation import Simulation
from glasshive.testing.story import breach_of

if TYPE_CHECKING:
    from pathlib import Path

    from glasshive.scenario.breach import Breach
    from glasshive.schedule import Strategy
    from glasshive.testing.record import Record
    from glasshive.testing.settings import Settings

__all__ = ["STAGE", "Stage", "Trial", "counts"]


class Stage:
    """What the `simulation` fixture of a test hands out next, and handed out last.

    Args:
        settings: the test's.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.strategy: Strategy | None = None
        self.record: Record | None = None
        self.simulation: Simulation | None = None
        """What was handed out last."""
        self.held: list[tuple[str, str]] = []
        """What many runs in which all held have shown, by name."""

    def set(self) -> Simulation:
        """Return a simulation of its own for the next run."""
        self.simulation = Simulation(
            seed=self.settings.seed,
            order=self.settings.order,
            schedule=self.strategy,
            trace=None if self.record is None else self.record.writer,
        )
        return self.simulation


STAGE = pytest.StashKey[Stage]()
"""Where a test keeps its stage."""


@dataclass(frozen=True, slots=True)
class Trial(Program):
    """A test with everything fixed but its decisions.

    Args:
        item: the test.
        stage: its stage.
    """

    item: Any = field(default=None, compare=False, repr=False)
    stage: Stage = field(default=None, compare=False, repr=False)  # type: ignore[assignment] # Program's fields have defaults
    errors: dict[str, BaseException] = field(default_factory=dict, compare=False, repr=False)
    """The last error of each kind that a run ended with."""

    @classmethod
    def of_test(cls, item: pytest.Function, stage: Stage) -> Trial:
        """Return the program that a test is.

        Args:
            item: the test.
            stage: its stage.
        """
        settings = stage.settings
        return cls(item.nodeid, {}, settings.seed, settings.order, item=item, stage=stage)

    def attempt(self, strategy: Strategy | None, *, trace: Path | None = None) -> Attempt:
        """Run the test once, without a word.

        Args:
            strategy: what decides.
            trace: nothing; `final` writes one.
        """
        assert trace is None, "the trace of a test's run is written by `final`"
        assert strategy is not None, "a test is only ever explored"
        with silenced():
            return self.final(strategy, None)

    def final(self, strategy: Strategy, record: Record | None) -> Attempt:
        """Run the test once, with what it prints, and write it down.

        Args:
            strategy: what decides.
            record: where it is written down, or None.
        """
        noted = Noted(strategy)
        # First in, first out takes a short cut, which is another order where an actor is busy.
        self.stage.strategy = strategy if isinstance(strategy, Fifo) and self._plain else noted
        self.stage.record = record
        error = self._error_of_a_run()
        simulation = self.stage.simulation
        abandoned = isinstance(error, Abandoned)
        broken = () if error is None or abandoned else (breach_of(error),)
        for breach in broken:
            assert error is not None
            self.errors[breach.name] = error
        if record is not None and error is not None and simulation is not None:
            record.keep(
                error,
                at=simulation.now(),
                situations=simulation.situations,
                choices=simulation.choices,
            )
        elif record is not None:
            record.drop()
        return self._attempt_of(broken, noted, abandoned=abandoned)

    def broken_by(self, error: BaseException) -> Attempt:
        """Return a run of which nothing is known but its error.

        Args:
            error: what ended it.
        """
        return self._attempt_of((breach_of(error),), Noted(Fifo()))

    def _attempt_of(
        self, broken: tuple[Breach, ...], noted: Noted, *, abandoned: bool = False
    ) -> Attempt:
        simulation = self.stage.simulation
        return Attempt(
            self,
            "failed" if broken else "held",
            broken,
            {} if simulation is None else dict(simulation.choices),
            tuple(noted.deviations),
            decisions=noted.decisions,
            turns=noted.turns,
            order=noted.order,
            situations={} if simulation is None else dict(simulation.situations),
            abandoned=abandoned,
        )

    @property
    def _plain(self) -> bool:
        return self.stage.settings.plain

    def _error_of_a_run(self) -> BaseException | None:
        """Set the test up, call it, tear it down; return what it failed with.

        What says that a test is skipped, or that pytest is to end, is no failure of a run.
        """
        __tracebackhide__ = True
        item, state = self.item, self.item.session._setupstate  # noqa: SLF001  pytest has no open way
        self.stage.simulation = None
        _forget_logs()
        failure: BaseException | None = None
        with suppress(Exception):  # of what was set up for nothing, or has failed already
            state.teardown_exact(item.parent)
        item._initrequest()  # noqa: SLF001
        if isinstance(item.parent, pytest.Class):  # of which each test has an instance of its own
            for name in ("_obj", "_instance"):
                vars(item).pop(name, None)
        try:
            state.setup(item)
            names = item._fixtureinfo.argnames  # noqa: SLF001
            item.obj(**{name: item.funcargs[name] for name in names})
        except (Exception, pytest.fail.Exception) as error:
            if not counts(error):
                raise
            failure = error
        finally:
            # The fixture tmp_path looks here when it goes, and pytest knows no result yet.
            item.stash[tmppath_result_key] = {"call": failure is None}
            try:
                state.teardown_exact(item.parent)
            except Exception as error:  # noqa: BLE001  a fixture's, which may check at its end
                failure = failure or error
        return failure


def counts(error: BaseException) -> bool:
    """Return whether an error is a failure of its run, of which another run may be a smaller one.

    Args:
        error: what a test ended with.
    """
    if isinstance(error, pytest.xfail.Exception):
        return False
    # A test whose time is up would have no limit in the next run.
    return not (isinstance(error, pytest.fail.Exception) and str(error).startswith("Timeout (>"))


def _forget_logs() -> None:
    """Have the next run begin without the log of the last."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, LogCaptureHandler):
            handler.clear()
