"""A fault strikes when its condition comes true, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import Heartbeat
from glasshive import Simulation
from tests.topology.listening_swarm import Swarm, arm
from topology.faults import (
    AfterMessage,
    AfterToken,
    Crash,
    Hang,
    Recover,
    Restart,
    WithRate,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.schedule import Option, Strategy


# -- at a time --------------------------------------------------------------------------------


def test_times_are_counted_from_when_the_plan_was_armed(swarm: Swarm) -> None:
    swarm.runtime.run(until=3)
    arm(swarm, (2, Crash("queen")), (0, Crash("hive-1")), (2.5, Restart("queen", state=True)))
    swarm.runtime.run(until=10)
    assert swarm.did == [
        (3.0, "crash", "hive-1"),
        (5.0, "crash", "queen"),
        (5.5, "restart", "queen", True),
    ]


def test_what_has_one_time_strikes_in_the_order_of_the_plan(swarm: Swarm) -> None:
    bees = ("worker-2", "hive-1", "queen", "worker-1")
    arm(swarm, *((1, Crash(bee)) for bee in bees))
    swarm.runtime.run(until=2)
    assert [name for _, _, name in swarm.did] == list(bees)


def test_each_strike_is_noted_with_its_condition(swarm: Swarm) -> None:
    arm(swarm, (1, Crash("queen")))
    swarm.runtime.run(until=2)
    assert swarm.notes == ["at 1 s: crash queen"]


# -- after a token ----------------------------------------------------------------------------


def test_a_fault_strikes_when_a_keeper_holds_the_token_of_the_request(swarm: Swarm) -> None:
    arm(swarm, (AfterToken(2, "request-2"), Crash("worker-1")))
    swarm.accept("queen/1", "request-1")
    swarm.accept("queen/2", "request-2", "keeper-2")
    for index in range(3):
        swarm.token("queen/1", index)
    swarm.token("queen/2", 0, "keeper-2")
    swarm.runtime.run(until=1)
    assert swarm.did == []
    swarm.token("queen/2", 1, "keeper-2")
    swarm.runtime.run(until=2)
    assert swarm.did == [(1.0, "crash", "worker-1")]


def test_without_a_request_the_first_that_comes_so_far_counts(swarm: Swarm) -> None:
    arm(swarm, (AfterToken(2), Crash("worker-1")))
    for number in (1, 2):
        swarm.accept(f"queen/{number}", f"request-{number}")
        swarm.token(f"queen/{number}", 0)
    swarm.runtime.run(until=1)
    assert swarm.did == []
    swarm.token("queen/2", 1)
    swarm.token("queen/1", 1)
    swarm.runtime.run(until=2)
    assert swarm.did == [(1.0, "crash", "worker-1")]


def test_a_token_that_comes_twice_or_too_early_is_counted_as_its_keeper_does(
    swarm: Swarm,
) -> None:
    injector = arm(swarm, (AfterToken(3), Crash("worker-1")))
    swarm.accept("queen/1", "request-1")
    for index in (0, 0, 0, 2, 1):
        swarm.token("queen/1", index)
    swarm.runtime.run(until=1)
    assert injector.unstruck()[0].endswith("the longest was request-1 with 2 tokens")
    swarm.token("queen/1", 2)
    swarm.runtime.run(until=2)
    assert swarm.did == [(1.0, "crash", "worker-1")]


def test_tokens_are_counted_through_all_jobs_of_a_request(swarm: Swarm) -> None:
    arm(swarm, (AfterToken(4, "request-1"), Crash("worker-1")))
    for job_id in ("queen/1", "queen/2"):
        swarm.accept(job_id, "request-1")
        swarm.accept(job_id, "request-1")  # told twice
        swarm.token(job_id, 0)
        swarm.token(job_id, 1)
        swarm.runtime.run(until=swarm.runtime.now() + 1)
    assert swarm.did == [(1.0, "crash", "worker-1")]


# -- after a message --------------------------------------------------------------------------


def test_a_fault_strikes_after_so_many_messages_of_a_kind_to_a_bee(swarm: Swarm) -> None:
    beat = Heartbeat("hive-1", swarm.refs["hive-1"], ())
    arm(
        swarm,
        (AfterMessage(2, "Heartbeat", "queen"), Crash("worker-1")),
        (AfterMessage(2, "Heartbeat", "worker-2"), Crash("hive-1")),
        (AfterMessage(3, "Heartbeat"), Crash("keeper-1")),
        (AfterMessage(1, "Hello"), Crash("keeper-2")),
    )
    for number, to in enumerate(("queen", "worker-2", "queen", "worker-2", "queen")):
        swarm.tell(to, beat)
        swarm.runtime.run(until=number + 1)
    assert sorted(swarm.did) == [
        (2.0, "crash", "keeper-1"),
        (2.0, "crash", "worker-1"),
        (3.0, "crash", "hive-1"),
    ]


def test_messages_are_counted_on_when_their_bee_has_started_again(swarm: Swarm) -> None:
    beat = Heartbeat("hive-1", swarm.refs["hive-1"], ())
    arm(swarm, (AfterMessage(2, "Heartbeat", "queen"), Crash("worker-1")))
    swarm.tell("queen", beat)
    swarm.runtime.run(until=1)
    swarm.crash("queen")
    swarm.restart("queen")
    swarm.tell("queen", beat)
    swarm.runtime.run(until=2)
    assert swarm.did[-1] == (1.0, "crash", "worker-1")


def test_a_bee_may_crash_itself_by_what_it_is_told(swarm: Swarm) -> None:
    queen = swarm.refs["queen"]._actor_weakref()
    assert queen is not None
    arm(swarm, (AfterMessage(1, "Heartbeat", "queen"), Crash("queen")))
    swarm.tell("queen", Heartbeat("hive-1", swarm.refs["hive-1"], ()))
    swarm.runtime.run(until=1)
    assert swarm.did == [(0.0, "crash", "queen")]
    assert len(queen.heard) == 1  # what it was handling it has handled


# -- with a rate ------------------------------------------------------------------------------


class FourthFault:
    """Strikes at the fourth draw, whatever was drawn."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:  # noqa: ARG002
        if kind != "fault":
            return 0
        self.asked.append(tuple(map(str, options)))
        return int(len(self.asked) == 4)


def drawn(seed: int, chance: float, schedule: Strategy | None = None) -> list[float]:
    with Simulation(seed=seed, schedule=schedule) as simulation:
        swarm = Swarm(simulation)
        arm(swarm, (WithRate(chance, 0.5, 10), Recover()))
        simulation.run()
        return [time for time, _ in swarm.did]


def test_a_rate_draws_every_so_often_until_its_time_is_over() -> None:
    assert drawn(7, 1.0) == [number / 2 for number in range(1, 21)]
    assert drawn(7, 0.0) == []


def test_what_a_rate_draws_follows_the_seed_and_nothing_else() -> None:
    some = [drawn(seed, 0.25) for seed in range(8)]
    assert some == [drawn(seed, 0.25) for seed in range(8)]
    assert len(set(map(tuple, some))) == 8
    assert 20 < sum(map(len, some)) < 60  # of 160 draws


def test_a_schedule_decides_where_a_rate_strikes() -> None:
    schedule = FourthFault()
    assert drawn(7, 0.5, schedule) == [2.0]
    assert schedule.asked == [("spare", "put everything right")] * 20


def test_each_rate_of_a_plan_draws_from_a_stream_of_its_own(swarm: Swarm) -> None:
    rate = WithRate(0.5, 1, 20)
    injector = arm(swarm, (rate, Hang("queen", 1)), (rate, Hang("hive-1", 1)))
    swarm.runtime.run()
    times = {bee: [time for time, name, _ in swarm.did if name == bee] for bee in swarm.refs}
    assert times["queen"] != times["hive-1"]
    assert injector.struck == [len(times["queen"]), len(times["hive-1"])]
