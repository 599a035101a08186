"""Who decides the order is told every turn, and each turn has words."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pykka

from glasshive import Simulation
from tests.glasshive.schedule.orders import Node

if TYPE_CHECKING:
    from glasshive.schedule import Option


class Words:
    """Takes the oldest, and keeps what it could take in words."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def choose(self, kind: str, options: Any, drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
        return drawn

    def took(self, option: Option, options: Any) -> None:
        assert option in options
        self.words.append(str(option))


def test_every_turn_is_told_in_words() -> None:
    words = Words()
    with Simulation(schedule=words) as simulation:
        sleeper = Node.start(q=lambda _: time.sleep(2.0))

        def ask(_: Node) -> None:
            with suppress(pykka.Timeout):
                sleeper.ask("q", timeout=1.0)

        Node.start(go=ask).tell("go")
        simulation.after(3.0, sleeper, "tick")
        time.sleep(4.0)
        simulation.run()
    assert words.words == [
        "wake Node-1 from its first turn",
        "wake Node-2 from its first turn",
        "deliver str from script to Node-2",
        "deliver str from Node-2 to Node-1",
        "time out Node-2's wait for an answer",
        "wake Node-1 from time.sleep",
        "fire str of script",
        "deliver str from script to Node-1",
        "wake script from time.sleep",
        "let script go on, as all is at rest",
    ]


def test_a_turn_has_its_actors_name_although_it_was_due_before_the_actor_had_one() -> None:
    words = Words()
    with Simulation(schedule=words) as simulation:
        asked = Node.start(q=lambda _: None)

        class Eager(Node):
            def __init__(self) -> None:
                super().__init__()
                self.actor_ref.tell("early")
                asked.ask("q")  # others have turns, and this one has no name yet

        Eager.start()
        simulation.run()
    assert words.words == [
        "wake Node-1 from its first turn",
        "deliver str from script to Node-1",
        "wake script from an answer",
        "wake Eager-1 from its first turn",
        "deliver str from script to Eager-1",
        "let script go on, as all is at rest",
    ]
