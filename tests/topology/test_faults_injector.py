"""An injector arms a whole plan or none of it, heals at its time, and tells what never struck."""

from __future__ import annotations

from typing import Any

import pytest

from actors import Heartbeat
from glasshive import GlasshiveError, InputError, Live, Run, Simulation
from tests.topology.listening_swarm import Swarm, arm
from topology.faults import (
    AfterMessage,
    AfterToken,
    At,
    Crash,
    FaultPlan,
    Hang,
    Heal,
    Injector,
    Recover,
    Restart,
    WithRate,
)


def test_at_its_time_a_plan_heals_and_nothing_strikes_any_more(swarm: Swarm) -> None:
    injector = arm(
        swarm,
        (1, Crash("queen")),
        (WithRate(1.0, 2), Hang("hive-1", 1)),
        (AfterMessage(1, "Heartbeat"), Crash("hive-1")),
        (AfterToken(1), Crash("hive-1")),
        heal_at=3,
    )
    swarm.runtime.run(until=5)
    swarm.tell("hive-1", Heartbeat("hive-1", swarm.refs["hive-1"], ()))
    swarm.accept("queen/1", "request-1")
    swarm.token("queen/1", 0)
    swarm.runtime.run()
    assert [what[:2] for what in swarm.did] == [(1.0, "crash"), (2.0, "hive-1"), (3.0, "heal")]
    assert swarm.notes[-1] == "at 3 s: no more faults, and everything is put right"
    assert injector.healed


def test_a_plan_that_is_disarmed_strikes_no_more_and_leaves_nothing_behind(swarm: Swarm) -> None:
    with arm(swarm, (5, Crash("queen")), (WithRate(1.0), Recover()), heal_at=9) as injector:
        swarm.runtime.run(until=2)
    before = list(swarm.did)
    swarm.runtime.run()
    assert swarm.runtime.now() == 2.0
    assert swarm.did == before
    assert not injector.healed


def test_what_never_struck_is_told_with_the_reason(swarm: Swarm) -> None:
    with arm(
        swarm,
        (AfterToken(50, "request-3"), Crash("worker-1")),
        (AfterToken(1, "request-4"), Crash("worker-1")),
        (AfterToken(60), Recover()),
        (AfterMessage(2, "Heartbeat", "queen"), Heal()),
        (500, Heal()),
        (WithRate(1.0, 300), Heal()),
        (WithRate(0.0, 1), Heal()),
        (1, Heal()),
    ) as injector:
        swarm.accept("queen/1", "request-3")
        for index in range(20):
            swarm.token("queen/1", index)
        swarm.tell("queen", Heartbeat("hive-1", swarm.refs["hive-1"], ()))
        swarm.runtime.run(until=120)
    swarm.runtime.run(until=200)
    told = [
        "after the 50th token of request-3: crash worker-1 — never met: request-3 had 20 tokens",
        (
            "after the 1st token of request-4: crash worker-1 — never met: "
            "no request-4 was accepted while the plan was armed"
        ),
        (
            "after the 60th token of any request: put everything right — never met: "
            "the longest was request-3 with 20 tokens"
        ),
        "after the 2nd Heartbeat to queen: heal partitions — never met: 1 Heartbeat came",
        "at 500 s: heal partitions — never met: the plan was armed for 120 s",
        "with chance 1 every 300 s: heal partitions — never met: the plan was armed for 120 s",
    ]
    assert injector.unstruck() == told
    assert swarm.notes == ["at 1 s: heal partitions", *told]


def test_what_the_time_to_heal_came_before_is_told_too(swarm: Swarm) -> None:
    with arm(swarm, (AfterToken(1), Crash("queen")), heal_at=3):
        swarm.runtime.run(until=5)
    assert swarm.notes[-1] == (
        "after the 1st token of any request: crash queen — never met: "
        "no request was accepted while the plan was armed"
    )


def test_a_plan_that_cannot_be_carried_out_is_not_armed(swarm: Swarm) -> None:
    with pytest.raises(InputError, match="there is no bee 'nobody'"):
        arm(swarm, (0, Crash("queen")), (1, Crash("nobody")))
    swarm.runtime.run(until=5)
    assert swarm.did == []


def test_on_threads_a_plan_is_refused_with_what_is_not_possible() -> None:
    with Live() as live, pytest.raises(InputError) as caught:
        Injector(Swarm(live), FaultPlan(), Run(live))
    assert str(caught.value) == (
        "fault plan: the runtime is live, where nothing can be done between two messages, and "
        "hosts, links and clocks are the machine's own; run it simulated"
    )


def test_an_error_of_a_strike_comes_up_in_the_script(swarm: Swarm) -> None:
    arm(swarm, (1, Restart("queen")))
    with pytest.raises(GlasshiveError, match="queen cannot be restarted: it has not crashed"):
        swarm.runtime.run(until=2)


def test_armed_twice_on_one_seed_a_plan_strikes_alike() -> None:
    def played() -> list[tuple[Any, ...]]:
        with Simulation(seed=3) as simulation:
            swarm = Swarm(simulation)
            arm(swarm, (WithRate(0.5, 1, 30), Hang("queen", 1)), (At(4), Crash("hive-1")))
            simulation.run()
            return swarm.did

    assert played() == played()
