"""Who asks itself waits for ever, and who asks back one that is being answered does not."""

from __future__ import annotations

import time
from typing import Any

import pykka
import pytest

from glasshive import Deadlock, Simulation


def test_an_actor_that_asks_itself_is_a_deadlock() -> None:
    class Narcissus(pykka.ThreadingActor):
        def on_receive(self, message: Any) -> Any:
            return self.actor_ref.ask(message)

    with Simulation() as simulation:
        Narcissus.start().tell("who?")
        with pytest.raises(Deadlock, match="Narcissus-1 → Narcissus-1"):
            simulation.run()


class Left(pykka.ThreadingActor):
    right: Any = None

    def on_receive(self, message: Any) -> Any:
        return self.right.ask("question") if message == "begin" else "left"


class Right(pykka.ThreadingActor):
    left: Any = None

    def on_receive(self, message: Any) -> Any:
        if message == "go":
            return self.left.ask("back")
        time.sleep(1)
        return "right"


@pytest.mark.parametrize("latency", [0.0, 0.01])
def test_asking_back_who_is_just_being_answered_is_no_deadlock(latency: float) -> None:
    with Simulation() as simulation:
        simulation.network.link("a", "b", latency=latency)
        with simulation.on("a"):
            left = Left.start()
        with simulation.on("b"):
            right = Right.start()
        Left.right, Right.left = right, left
        first = left.ask("begin", block=False)
        simulation.run(until=0.5)
        second = right.ask("go", block=False)
        assert pykka.get_all([first, second]) == ["right", "left"]
        assert simulation.now() == 1 + 3 * latency
