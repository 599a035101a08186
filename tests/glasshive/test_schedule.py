"""Orders of delivery, and the decisions that make them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pykka
import pytest

from glasshive import Fifo, GlasshiveError, Schedule, Simulation, Uniform

if TYPE_CHECKING:
    from glasshive.schedule import Strategy


class Receiver(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.got: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        self.got.append(message)


class Sender(pykka.ThreadingActor):
    def __init__(self, label: str, to: pykka.ActorRef[Any], count: int = 1) -> None:
        super().__init__()
        self.label = label
        self.to = to
        self.count = count

    def on_receive(self, _: Any) -> Any:
        for number in range(self.count):
            self.to.tell((self.label, number))


def _received(schedule: Strategy, count: int = 1) -> tuple[tuple[Any, ...], dict[int, int]]:
    with Simulation(order="any", schedule=schedule) as simulation:
        receiver = Receiver.start()
        for label in "abc":
            Sender.start(label, receiver, count).tell("go")
        simulation.run()
        actor = receiver._actor_weakref()
        assert actor is not None
        return tuple(actor.got), simulation.choices


def test_any_order_of_three_senders_comes_up() -> None:
    orders = {"".join(label for label, _ in _received(Uniform(seed))[0]) for seed in range(200)}
    assert orders == {"".join(order) for order in itertools.permutations("abc")}


def test_each_sender_and_receiver_keep_first_in_first_out_in_any_order() -> None:
    mixed = 0
    for seed in range(50):
        got, _ = _received(Uniform(seed), count=3)
        mixed += list(got) != sorted(got)
        for label in "abc":
            assert [number for each, number in got if each == label] == [0, 1, 2]
    assert mixed > 40


def test_the_choices_of_a_run_play_it_again() -> None:
    for seed in range(30):
        got, choices = _received(Uniform(seed), count=2)
        again, same = _received(Schedule(choices), count=2)
        assert (again, same) == (got, choices)
        assert 0 not in choices.values()


def test_the_plain_choices_are_the_oldest_first() -> None:
    assert _received(Fifo())[1] == {}
    assert _received(Schedule({})) == _received(Fifo())
    assert repr(Schedule({3: 1, 2: 2})) == "Schedule({2: 2, 3: 1})"


def test_a_choice_that_there_is_not_is_refused() -> None:
    class Wrong:
        def choose(self, kind: str, options: Any, drawn: int = 0) -> int:
            assert (kind, drawn) == ("next", 0)
            return len(options)

    with pytest.raises(GlasshiveError, match=r"decision 0: .* there are options 0 to"):
        _received(Wrong())


def test_an_order_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="an order is 'timed' or 'any', not 'random'"):
        Simulation(order="random")  # type: ignore[arg-type]


def test_one_schedule_decides_each_of_several_runs_alike() -> None:
    schedule = Schedule({0: 1})
    assert _received(schedule) == _received(schedule) != _received(Schedule({}))
