"""A handler that never returns, and a run that never ends, are found and named."""

from __future__ import annotations

import inspect
from typing import Any

import pykka
import pytest

from glasshive import Simulation, Stuck


class Spinner(pykka.ThreadingActor):
    def on_receive(self, _: Any) -> None:
        while True:
            pass


class Chatterer(pykka.ThreadingActor):
    def on_receive(self, message: Any) -> None:
        self.actor_ref.tell(message)


def test_a_handler_that_never_returns_is_ended_and_named_with_its_line() -> None:
    with Simulation(handler_seconds=0.2) as simulation:
        Spinner.start().tell("go")
        with pytest.raises(Stuck) as caught:
            simulation.run()
    _, first = inspect.getsourcelines(Spinner)
    text = str(caught.value)
    assert text.startswith("Spinner-1 has been handling str for 0.2 s of wall time")
    assert any(f"{__file__}:{line}: on_receive()" in text for line in (first + 2, first + 3))


def test_actors_that_talk_for_ever_are_ended_after_so_many_turns_and_named() -> None:
    with Simulation(max_turns=5000) as simulation:
        Chatterer.start().tell("hello")
        with pytest.raises(Stuck) as caught:
            simulation.run()
    assert str(caught.value).startswith("5,000 turns are over at 0 s, and the last was Chatterer-1")


def test_a_script_may_compute_as_long_as_it_likes() -> None:
    with Simulation(handler_seconds=0.0) as simulation:
        deadline = 30_000_000
        while deadline:
            deadline -= 1
        simulation.run()
