"""A pool of processes, each of which does one seed's work after another's."""

from __future__ import annotations

import _thread
import os
import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Generic, TypeVar

from glasshive.errors import Complaint, InputError
from glasshive.interrupt import postponed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

__all__ = ["Death", "work"]

T = TypeVar("T")

_FAREWELL = 5.0
"""Seconds that a process which answers no more has to end by itself."""


@dataclass(frozen=True, slots=True)
class Death:
    """The process that had this seed has ended without an answer.

    Args:
        seed: whose work it was.
        code: the process's exit code; minus the number of the signal that killed it.
    """

    seed: int
    code: int

    def __str__(self) -> str:
        if self.code >= 0:
            return f"exit code {self.code}"
        with suppress(ValueError):
            return f"signal {-self.code} ({signal.Signals(-self.code).name})"
        return f"signal {-self.code}"


def work(
    task: Callable[[int], T], seeds: Iterable[int], jobs: int
) -> Generator[T | Death, None, None]:
    """Do a task with each seed, and yield what came of it as soon as it is done.

    When the generator is closed, or ends in whatever way, all processes have ended.

    Args:
        task: a plain function, or a `partial` of one and of plain values.
        seeds: in the order in which they are begun.
        jobs: how many processes work at the same time.

    Raises:
        InputError: that of the first seed whose task raises one; or when the system starts no
            more processes.
    """
    left = iter(seeds)
    pool = [_Process(task, jobs) for _ in range(jobs)]
    refused: dict[int, InputError] = {}
    try:
        for process, seed in zip(pool, left, strict=False):
            process.give(seed)
        while busy := {each: each.seed for each in pool if each.seed is not None}:
            ready = wait([each.connection for each in busy])
            for process, seed in busy.items():
                if process.connection not in ready:
                    continue
                try:
                    answer = process.take()
                except InputError as error:
                    refused[seed] = error
                    continue
                if not refused:
                    if (more := next(left, None)) is not None:
                        process.give(more)
                    yield answer
            _raise_first(refused, pool)
    finally:
        with postponed():
            for process in pool:
                process.end()


def _raise_first(refused: dict[int, InputError], pool: Iterable[_Process[T]]) -> None:
    """Raise the error of the first seed, as soon as no earlier one can have another."""
    if refused:
        first = min(refused)
        if not any(each.seed is not None and each.seed < first for each in pool):
            raise refused[first]


class _Process(Generic[T]):
    """One of the pool's processes, as the process that uses it sees it.

    Args:
        task: what it does with each seed.
        jobs: how many processes were asked for.
    """

    connection: Connection
    """What its answer comes by, while it has a seed."""

    def __init__(self, task: Callable[[int], T], jobs: int) -> None:
        self._task = task
        self._jobs = jobs
        self._process: BaseProcess | None = None
        self.seed: int | None = None
        """What it works on."""

    def give(self, seed: int) -> None:
        """Have it begin with a seed; where the process has died, another takes its place.

        Args:
            seed: the seed.

        Raises:
            InputError: when the system starts no more processes.
        """
        if self._process is None:
            with postponed():
                self._start()
        self.seed = seed
        # A process that has died since is told of when it is asked for an answer.
        with suppress(OSError):
            self.connection.send(seed)

    def _start(self) -> None:
        # A fresh interpreter and not a copy of this one: each run begins as if it were alone.
        context = get_context("spawn")
        try:
            self.connection, theirs = context.Pipe()
            with theirs, _no_interrupts():
                process = context.Process(target=_serve, args=(theirs, self._task), daemon=True)
                process.start()
        except OSError as error:
            what = f"the system starts no further process ({error.strerror})"
            raise InputError(Complaint(f"{self._jobs} jobs", what, "ask for fewer")) from error
        self._process = process

    def take(self) -> T | Death:
        """Return what came of its seed; it must have an answer, or be dead.

        Raises:
            InputError: when the task has raised it.
        """
        assert self.seed is not None
        seed, self.seed = self.seed, None
        try:
            answer: T | InputError = self.connection.recv()
        except (EOFError, OSError):
            # It may still be on its way out, with an exit code of its own.
            assert self._process is not None
            self._process.join(_FAREWELL)
            return Death(seed, self.end())
        if isinstance(answer, InputError):
            raise answer
        return answer

    def end(self) -> int:
        """End it at once, whatever it does, and return its exit code."""
        with postponed():
            process, self._process = self._process, None
            if process is None:
                return 0
            process.kill()
            process.join()
            code = process.exitcode or 0
            process.close()
            self.connection.close()
            return code


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Have the processes that are started here know nothing of Ctrl-C from their first moment.

    A terminal sends it to all of them, and it is for this one to end the others.
    """
    # It would let Ctrl-C through again when it is started in here.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# -- in the process -----------------------------------------------------------------------


def _serve(connection: Connection, task: Callable[[int], T]) -> None:
    """Do one seed's work after another's."""
    # Not by `threading`, which would count it among the threads of the task's own program.
    _thread.start_new_thread(_leave_after_parent, ())
    while True:
        try:
            seed = connection.recv()
        except EOFError:
            return
        answer: T | InputError
        try:
            answer = task(seed)
        except InputError as error:
            answer = error
        connection.send(answer)


def _leave_after_parent() -> None:
    """End this process when the one that uses it is gone, however it went."""
    if (parent := parent_process()) is not None:
        parent.join()
    os._exit(1)
