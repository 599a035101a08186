"""Waits that nothing can end: finding them, and telling who waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive.errors import Deadlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.task import Task, Wait

__all__ = ["circle", "standstill"]


def circle(task: Task) -> Deadlock | None:
    """Return the deadlock that a task's new wait closes, or None.

    A waits for B's answer, B for C's, C for A's, none with a timeout: the answer would have to
    come from an actor that cannot go on before it has come.

    Args:
        task: who has just begun to wait for an answer without a timeout.
    """
    chain: list[Task] = []
    following: Task | None = task
    while following is not None and following not in chain:
        chain.append(following)
        following = _holds_up(following.wait)
    if following is None:
        return None
    ring = chain[chain.index(following) :]
    lines = [_words(member) for member in ring]
    names = " → ".join([*(member.name for member in ring), ring[0].name])
    return Deadlock("\n".join([f"these wait for one another: {names}", *lines]))


def standstill(stuck: Sequence[Task]) -> Deadlock:
    """Return the deadlock of a run in which nothing is left to happen.

    Args:
        stuck: everyone who still waits.
    """
    lines = [_words(task) for task in stuck]
    return Deadlock("\n".join(["nothing is left to happen, but there are waits:", *lines]))


def _holds_up(wait: Wait | None) -> Task | None:
    """Return who would have to answer before this wait can end."""
    if wait is None or wait.future is None or wait.deadline is not None:
        return None
    if wait.future.sealed or wait.future.asked is None:
        return None  # the answer is on its way already, or was promised by nobody
    return wait.future.asked[0]


def _words(task: Task) -> str:
    wait = task.wait
    assert wait is not None
    since = f"since {wait.since:.6f} s"
    if wait.future is None or wait.future.asked is None:
        return f"  {task.name} waits for {wait.what}, {since}"
    inbox, message = wait.future.asked
    return f"  {task.name} waits for {inbox.name} to answer {type(message).__name__}, {since}"
