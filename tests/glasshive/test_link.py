"""Links delay, lose, repeat and hold back what goes over them; partitions stop it."""

from __future__ import annotations

from typing import Any

import pykka
import pytest

from glasshive import Schedule, Simulation
from glasshive.latency import Uniform
from glasshive.link import FATES


class Sink(pykka.ThreadingActor):
    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self.simulation = simulation
        self.got: list[tuple[float, Any]] = []

    def on_receive(self, message: Any) -> Any:
        self.got.append((round(self.simulation.now(), 9), message))
        return message


def sink_on(simulation: Simulation, host: str) -> tuple[pykka.ActorRef[Sink], Sink]:
    with simulation.on(host):
        ref = Sink.start(simulation)
    actor = ref._actor_weakref()
    assert actor is not None
    return ref, actor


def test_a_message_takes_the_latency_and_an_answer_takes_it_again() -> None:
    with Simulation() as simulation:
        simulation.network.link("local", "far", latency=0.25)
        ref, sink = sink_on(simulation, "far")
        assert ref.ask("x") == "x"
        assert sink.got == [(0.25, "x")]
        assert simulation.now() == 0.5


def test_one_way_links_differ_by_direction() -> None:
    with Simulation() as simulation:
        simulation.network.link("local", "far", latency=1.0)
        simulation.network.link("local", "far", latency=0.25, one_way=True)
        ref, _ = sink_on(simulation, "far")
        ref.ask("x")
        assert simulation.now() == 1.25


def test_messages_on_one_host_take_no_time_and_are_never_lost() -> None:
    with Simulation() as simulation:
        simulation.network.link("local", "far", loss=1.0)
        ref, sink = sink_on(simulation, "local")
        ref.ask("x")
        assert sink.got == [(0.0, "x")]


@pytest.mark.parametrize("fate", ["loss", "duplicate"])
def test_rates_of_one_lose_or_repeat_everything(fate: str) -> None:
    with Simulation() as simulation:
        chances: Any = {"loss": 0.0, "duplicate": 0.0, fate: 1.0}
        simulation.network.link("local", "far", latency=0.1, **chances)
        ref, sink = sink_on(simulation, "far")
        for number in range(3):
            ref.tell(number)
        simulation.run()
    messages = [message for _, message in sink.got]
    assert messages == ([] if fate == "loss" else [0, 1, 2, 0, 1, 2])


def test_a_repeated_question_is_answered_once() -> None:
    with Simulation() as simulation:
        simulation.network.link("local", "far", latency=0.1, duplicate=1.0)
        ref, sink = sink_on(simulation, "far")
        assert ref.ask("x") == "x"
        simulation.run()
        assert [message for _, message in sink.got] == ["x", "x"]


def test_loss_comes_at_its_rate_and_follows_the_seed() -> None:
    def lost(seed: int) -> list[int]:
        with Simulation(seed=seed) as simulation:
            simulation.network.link("local", "far", loss=0.3)
            ref, sink = sink_on(simulation, "far")
            for number in range(4000):
                ref.tell(number)
            simulation.run()
        return [message for _, message in sink.got]

    once = lost(1)
    assert once == lost(1)
    assert once != lost(2)
    # Five standard deviations of a binomial with n = 4000, p = 0.7 are 145.
    assert abs(len(once) - 2800) < 145


def test_a_message_that_is_held_back_is_overtaken() -> None:
    with Simulation() as simulation:
        simulation.network.link("local", "far", latency=1.0, reorder=1.0)
        ref, sink = sink_on(simulation, "far")
        ref.tell("first")
        simulation.network.link("local", "far", latency=1.0)
        ref.tell("second")
        simulation.run()
    assert sink.got == [(1.0, "second"), (2.0, "first")]


def test_random_latencies_keep_the_order_of_each_sender() -> None:
    with Simulation() as simulation:
        simulation.network.link("local", "far", latency=Uniform(0.0, 10.0))
        ref, sink = sink_on(simulation, "far")
        for number in range(100):
            ref.tell(number)
        simulation.run()
    assert [message for _, message in sink.got] == list(range(100))
    assert sink.got[0][0] < sink.got[-1][0] <= 10.0


def test_a_link_that_becomes_quicker_lets_nothing_overtake() -> None:
    with Simulation() as simulation:
        simulation.network.link("local", "far", latency=5.0)
        ref, sink = sink_on(simulation, "far")
        ref.tell("slow")
        simulation.network.link("local", "far", latency=1.0)
        ref.tell("quick")
        simulation.run()
    assert sink.got == [(5.0, "slow"), (5.0, "quick")]


def test_bandwidth_is_shared_one_message_after_the_other() -> None:
    with Simulation() as simulation:
        simulation.network.link("local", "far", latency=1.0, bandwidth=10.0)
        ref, sink = sink_on(simulation, "far")
        for _ in range(3):
            ref.tell("12345678")  # ten bytes with its quotes: one second each
        simulation.run()
    assert [at for at, _ in sink.got] == [2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("one_way", "expected"), [(False, []), (True, [(0.1, "back")])], ids=["whole", "one-way"]
)
def test_a_partition_stops_both_ways_or_one(one_way: bool, expected: list[Any]) -> None:
    with Simulation() as simulation:
        simulation.network.link("a", "b", latency=0.1)
        there, there_sink = sink_on(simulation, "b")
        here, here_sink = sink_on(simulation, "a")
        simulation.network.cut(["a"], ["b"], one_way=one_way)
        with simulation.on("a"):
            there.tell("forth")
        with simulation.on("b"):
            here.tell("back")
        simulation.run()
        assert there_sink.got == []
        assert here_sink.got == expected
        simulation.network.heal()
        with simulation.on("a"):
            there.tell("healed")
        simulation.run()
        assert [message for _, message in there_sink.got] == ["healed"]


def test_a_partial_partition_leaves_the_third_host_alone() -> None:
    with Simulation() as simulation:
        sinks = {host: sink_on(simulation, host) for host in "abc"}
        simulation.network.cut(["a"], ["b"])
        for source in "abc":
            with simulation.on(source):
                for target in "abc":
                    sinks[target][0].tell(source)
        simulation.run()
    got = {host: [message for _, message in sink.got] for host, (_, sink) in sinks.items()}
    assert got == {"a": ["a", "c"], "b": ["b", "c"], "c": ["a", "b", "c"]}


def test_a_cut_without_another_side_holds_for_hosts_still_to_come() -> None:
    with Simulation() as simulation:
        ref, sink = sink_on(simulation, "a")
        simulation.network.cut(["a"])
        with simulation.on("newcomer"):
            ref.tell("x")
        simulation.run()
    assert sink.got == []


def test_a_fate_is_a_decision_that_a_schedule_can_repeat() -> None:
    def run(schedule: Schedule | None) -> tuple[list[Any], dict[int, int]]:
        with Simulation(seed=5, schedule=schedule) as simulation:
            simulation.network.link("local", "far", loss=0.2, duplicate=0.2)
            ref, sink = sink_on(simulation, "far")
            for number in range(50):
                ref.tell(number)
            simulation.run()
            return [message for _, message in sink.got], simulation.choices

    got, choices = run(None)
    assert set(choices.values()) == {FATES.index("lose"), FATES.index("duplicate")}
    assert run(Schedule(choices)) == (got, choices)
    assert run(Schedule({3: 1}))[0] == [number for number in range(50) if number != 3]


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"loss": 1.5}, "a link's loss is a probability from 0 to 1, not 1.5"),
        ({"duplicate": -0.1}, "a link's duplicate is a probability from 0 to 1, not -0.1"),
        ({"loss": 0.6, "reorder": 0.6}, "sum up to more than 1"),
        ({"bandwidth": 0}, "above 0 bytes per second, not 0"),
        ({"latency": -1}, "zero or more, not -1"),
    ],
)
def test_impossible_links_are_refused_by_value(settings: dict[str, Any], complaint: str) -> None:
    with Simulation() as simulation, pytest.raises(ValueError, match=complaint):
        simulation.network.link("a", "b", **settings)


def test_partitions_of_what_is_not_there_are_refused() -> None:
    with Simulation() as simulation:
        simulation.network.link("alpha", "beta")
        with pytest.raises(ValueError, match="no host is called 'alfa'; did you mean 'alpha'"):
            simulation.network.cut(["alfa"])
        with pytest.raises(ValueError, match="'beta' is on both sides"):
            simulation.network.cut(["alpha", "beta"], ["beta"])
        with pytest.raises(ValueError, match="needs hosts on its first side"):
            simulation.network.cut([], ["beta"])


def test_a_link_on_which_every_message_is_lost_leaves_nothing_to_decide() -> None:
    with Simulation() as simulation:
        simulation.network.link("local", "far", loss=1.0)
        ref, sink = sink_on(simulation, "far")
        ref.tell("x")
        simulation.run()
    assert sink.got == []
    assert simulation.decisions == 0
    with Simulation(schedule=Schedule({})) as simulation:
        simulation.network.link("local", "far", loss=0.5)
        ref, sink = sink_on(simulation, "far")
        ref.tell("x")
        simulation.run()
    assert sink.got == [(0.0, "x")]
    assert simulation.decisions == 1
