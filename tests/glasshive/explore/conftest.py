"""Programs that go wrong when their messages come in another order than first in, first out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import pykka
import pytest

from glasshive import Run, scenario
from glasshive.explore import Program
from glasshive.scenario import Between

if TYPE_CHECKING:
    from collections.abc import Callable


class Account(pykka.ThreadingActor):
    balance = 0

    def on_receive(self, message: Any) -> int | None:
        if message == "read":
            return self.balance
        self.balance = message
        return None


class Clerk(pykka.ThreadingActor):
    def __init__(self, account: pykka.ActorRef[Account]) -> None:
        super().__init__()
        self.account = account

    def on_receive(self, amount: Any) -> None:
        balance: Any = self.account.ask("read")
        self.account.ask(balance + amount)


class Door(pykka.ThreadingActor):
    """Stands before a clerk, so that by default he comes too late for the race."""

    def __init__(self, behind: pykka.ActorRef[Any]) -> None:
        super().__init__()
        self.behind = behind

    def on_receive(self, amount: Any) -> None:
        self.behind.tell(amount)


@scenario
def race(run: Run, doors: Annotated[int, Between(1, 9)] = 2) -> None:
    """Two clerks pay in, each by reading the balance and writing the sum."""
    account = Account.start()
    first = Clerk.start(account)
    second: pykka.ActorRef[Any] = Clerk.start(account)
    for _ in range(doors):
        second = Door.start(second)
    first.tell(1)
    second.tell(1)
    run.runtime.run()
    balance = account.ask("read")
    run.expect("nothing is lost", balance == 2, f"{balance} of 2")


class Sink(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.got: list[str] = []

    def on_receive(self, message: Any) -> list[str]:
        if type(message) in LETTERS.values():
            self.got.append(type(message).__name__)
        return self.got


class Sender(pykka.ThreadingActor):
    def __init__(self, sink: pykka.ActorRef[Sink]) -> None:
        super().__init__()
        self.sink = sink

    def on_receive(self, message: Any) -> None:
        self.sink.tell(message)


LETTERS = {letter: type(letter, (), {}) for letter in "ABCDEF"}
"""A class of messages for each letter, so that an order can be told from its words."""


@scenario
def letters(
    run: Run,
    wrong: str = "CA",
    senders: Annotated[int, Between(3, 6, shrinks=True)] = 4,
    loss: float = 0.0,
) -> None:
    """Each sender sends a letter to one sink, which should not get some in this order."""
    with run.runtime.on("there"):
        sink = Sink.start()
    run.runtime.network.link("local", "there", loss=loss)
    staff = [Sender.start(sink) for _ in range(senders)]
    for sender, letter in zip(staff, LETTERS.values(), strict=False):
        sender.tell(letter())
    run.runtime.run()
    run.runtime.network.link("local", "there")
    word: str = "".join(cast("list[str]", sink.ask("what?")))
    run.must_reach("B comes first", "Z comes first")
    run.sometimes(f"{word[:1] or 'nothing'} comes first")
    kept = "".join(letter for letter in word if letter in wrong)
    run.expect("the order is right", kept != wrong or not wrong, word)
    run.expect("D has come", "D" in word or senders < 4, word)


@pytest.fixture
def program() -> Callable[..., Program]:
    """Return a program by its scenario's name and values; it needs no script."""

    def of(name: str = "race", **values: object) -> Program:
        breaking = values.pop("breaking", None)
        assert breaking is None or isinstance(breaking, str)
        return Program.of({"race": race, "letters": letters}[name], values, breaking=breaking)

    return of
