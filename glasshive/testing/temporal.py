"""Rules about the whole of a run: what is always so, what comes to be, what follows on what.

They are looked at between any two turns of a simulation, when nobody's code is running, so that
what an actor has half done inside a handler is not held against it. An actor that waits in the
middle of a handler, for an answer or in `time.sleep`, is seen as it is. On threads, where it is
nobody's turn, they are looked at with every event.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from glasshive.checks import seconds
from glasshive.runtime import active, running
from glasshive.scheduler import Scheduler
from glasshive.situation import check_words
from glasshive.trace.event import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glasshive.runtime import Runtime

__all__ = ["KEPT", "Rule", "always", "eventually", "leads_to"]

KEPT = 20
"""Violations that a rule remembers in words; it counts the rest."""


def always(words: str, condition: Callable[[], bool], *, runtime: Runtime | None = None) -> Rule:
    """Watch from now on that a condition holds, and hand back the rule.

    Args:
        words: the condition in words, such as "no account is overdrawn".
        condition: whether it holds; it must only look.
        runtime: what is watched; the run that is going on by default.

    Raises:
        NotRunning: when nothing is running and no runtime is named.
    """
    return _Always(words, condition, runtime or active())


def eventually(
    words: str, condition: Callable[[], bool], *, within: float, runtime: Runtime | None = None
) -> Rule:
    """Watch from now on that a condition comes true in time, and hand back the rule.

    Args:
        words: the condition in words, such as "everybody has an answer".
        condition: whether it holds; it must only look.
        within: seconds from now; a run that ends before leaves the rule open.
        runtime: what is watched; the run that is going on by default.

    Raises:
        NotRunning: when nothing is running and no runtime is named.
        ValueError: when the time is no time.
    """
    return _Eventually(words, condition, within, runtime or active())


def leads_to(
    words: str,
    trigger: Callable[[], bool],
    response: Callable[[], bool],
    *,
    within: float,
    runtime: Runtime | None = None,
) -> Rule:
    """Watch from now on that one condition is followed by another, and hand back the rule.

    Whenever the trigger holds, the response holds at the same moment or comes true in time.

    Args:
        words: both in words, such as "a lost worker is replaced".
        trigger: whether what must be followed is so; it must only look.
        response: whether what must follow is so; it must only look.
        within: seconds from the trigger to the response; a run that ends before leaves the rule
            open.
        runtime: what is watched; the run that is going on by default.

    Raises:
        NotRunning: when nothing is running and no runtime is named.
        ValueError: when the time is no time.
    """
    return _LeadsTo(words, trigger, response, within, runtime or active())


class Rule(ABC):
    """A rule that is watched while a run goes on; `always` and the others make one.

    A scenario hands it to `Run.check`; a test calls `verify`.

    Args:
        words: what it is about.
        statement: the rule as a sentence.
        runtime: what is watched.
    """

    def __init__(self, words: str, statement: str, runtime: Runtime) -> None:
        check_words(words)
        self.name = words
        """What reports call it."""
        self.statement = statement
        """The rule as a sentence."""
        self.count = 0
        """How often it was broken."""
        self._broken: list[str] = []
        self._runtime = runtime
        self._looked = 0.0

    @property
    def violations(self) -> Sequence[str]:
        """Where it was broken so far, each with its time."""
        self._notice(self._now)
        if self.count > KEPT:
            return (*self._broken, f"and {self.count - KEPT} more")
        return tuple(self._broken)

    @property
    def settled(self) -> bool:
        """Whether nothing is left open: no time that was not over yet when the run ended."""
        return True

    def verify(self) -> None:
        """Make sure that it was not broken, and that the run was long enough to tell.

        Raises:
            AssertionError: otherwise, with the rule and what was found.
        """
        if violations := self.violations:
            raise AssertionError(f"{self.statement} But {'; '.join(violations)}")
        if not self.settled:
            raise AssertionError(
                f"{self.statement} But at {self._now:g} s the time is not over yet; let the run "
                "go on, with simulation.run(until=...)"
            )

    @property
    def _now(self) -> float:
        # A simulation's clock stands still when it has ended, and the wall's does not.
        if isinstance(self._runtime, Scheduler) or running() is self._runtime:
            return self._runtime.now()
        return self._looked

    @property
    def _last(self) -> Any:
        """Whose turn was the last; on threads, whose event it is."""
        runtime = self._runtime
        return runtime.last if isinstance(runtime, Scheduler) else runtime.current

    def _begin(self) -> None:
        """Look from now on; the present moment counts."""
        if isinstance(self._runtime, Scheduler):
            self._runtime.look(self._look)
        else:
            self._runtime.watch(lambda *_: self._look(), kinds=KINDS)
        self._look()

    def _look(self) -> None:
        self._looked = now = self._runtime.now()
        self._notice(now)
        self._see(now)

    def _notice(self, now: float) -> None:  # noqa: B027  a rule without a time has nothing to notice
        """Notice that a time is over."""

    @abstractmethod
    def _see(self, now: float) -> None:
        """See how things stand."""

    def _break(self, how: str) -> None:
        self.count += 1
        if self.count <= KEPT:
            self._broken.append(how)
        runtime = self._runtime
        if running() is runtime and runtime.recorder.wants("violation"):
            data = {"invariant": self.name, "how": how}
            runtime.seen("violation", self._last.name, self._last.cause, data=data)

    def __repr__(self) -> str:
        return f"<{self.statement}>"


class _Always(Rule):
    def __init__(self, words: str, condition: Callable[[], bool], runtime: Runtime) -> None:
        super().__init__(words, f"Always: {words}.", runtime)
        self._condition = condition
        self._held = True
        self._begin()

    def _see(self, now: float) -> None:
        held, self._held = self._held, bool(self._condition())
        if held and not self._held:
            self._break(f"at {now:g} s, after a turn of {self._last.name}, not so")


class _Eventually(Rule):
    def __init__(
        self, words: str, condition: Callable[[], bool], within: float, runtime: Runtime
    ) -> None:
        seconds(within, "within")
        super().__init__(words, f"Within {within:g} s: {words}.", runtime)
        self._condition = condition
        self._due: float | None = runtime.now() + within
        self._begin()

    @property
    def settled(self) -> bool:
        """Whether it has come true, or the time is over."""
        self._notice(self._now)
        return self._due is None

    def _notice(self, now: float) -> None:
        if self._due is not None and now > self._due:
            due, self._due = self._due, None
            self._break(f"at {due:g} s still not so")

    def _see(self, now: float) -> None:  # noqa: ARG002  the form that all rules have
        if self._due is not None and self._condition():
            self._due = None


class _LeadsTo(Rule):
    def __init__(
        self,
        words: str,
        trigger: Callable[[], bool],
        response: Callable[[], bool],
        within: float,
        runtime: Runtime,
    ) -> None:
        self._within = seconds(within, "within")
        super().__init__(words, f"Each time within {within:g} s: {words}.", runtime)
        self._trigger = trigger
        self._response = response
        self._since: float | None = None
        self._late = False
        """Whether a response is overdue, which was told already."""
        self._begin()

    @property
    def settled(self) -> bool:
        """Whether no trigger waits for its response."""
        self._notice(self._now)
        return self._since is None

    def _notice(self, now: float) -> None:
        if self._since is not None and now > self._since + self._within:
            since, self._since = self._since, None
            self._late = True
            self._break(f"due since {since:g} s, and not so by {since + self._within:g} s")

    def _see(self, now: float) -> None:
        if self._response():
            self._since, self._late = None, False
        elif not self._trigger():
            self._late = False
        elif self._since is None and not self._late:
            self._since = now
