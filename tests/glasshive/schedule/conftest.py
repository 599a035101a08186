"""A small program for strategies to decide, and one thing that could be next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pykka
import pytest

from glasshive import Simulation
from glasshive.schedule import Option

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.schedule import Strategy


class Receiver(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def on_receive(self, message: Any) -> None:
        self.text += message


class Sender(pykka.ThreadingActor):
    def __init__(self, letter: str, to: pykka.ActorRef[Receiver]) -> None:
        super().__init__()
        self.letter, self.to = letter, to

    def on_receive(self, _: Any) -> None:
        for _ in range(3):
            self.to.tell(self.letter)


def played(strategy: Strategy) -> tuple[str, dict[int, int]]:
    with Simulation(order="any", schedule=strategy) as sim:
        receiver = Receiver.start()
        for letter in "abc":
            Sender.start(letter, receiver).tell("go")
        sim.run()
        actor = receiver._actor_weakref()
        assert actor is not None
        return actor.text, sim.choices


@pytest.fixture
def play() -> Callable[[Strategy], tuple[str, dict[int, int]]]:
    """Three senders tell one receiver three letters each; return their order, and the choices."""
    return played


def delivery(sender: str, receiver: str, message: str = "Message", birth: int = 0) -> Option:
    return Option("deliver", receiver, sender, message, (0, birth))


@pytest.fixture
def deliver() -> Callable[..., Option]:
    """Return the delivery of a message from a sender to a receiver."""
    return delivery
