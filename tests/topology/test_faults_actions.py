"""A fault that strikes does what it says, to whom it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors import ailment
from glasshive import Simulation
from glasshive.trace import TraceWriter
from glasshive.trace.reader import TraceReader
from tests.topology.listening_swarm import GRID, Swarm, arm
from topology import Blueprint
from topology.blueprint import LinkSpec
from topology.faults import (
    Action,
    Crash,
    CrashHost,
    DriftClock,
    FailToLoad,
    Hang,
    Heal,
    JumpClock,
    Lie,
    Link,
    OutOfMemory,
    Partition,
    PauseHost,
    Recover,
    Restart,
    RestartHost,
    ResumeHost,
    Slow,
    SlowHost,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("do", "bee", "message"),
    [
        (Hang("keeper-1", 5), "keeper-1", ailment.Hang(5)),
        (Slow("worker-1", 4), "worker-1", ailment.Slow(4)),
        (OutOfMemory("worker-1"), "worker-1", ailment.OutOfMemory()),
        (FailToLoad("hive-1", "worker-1", 2), "hive-1", ailment.FailToLoad("worker-1", 2)),
        (Lie("hive-1", 9, blind=True), "hive-1", ailment.Lie(9, blind=True)),
    ],
    ids=str,
)
def test_a_bee_is_told_what_befalls_it(
    swarm: Swarm, do: Action, bee: str, message: ailment.Ailment
) -> None:
    arm(swarm, (1, do))
    swarm.runtime.run(until=2)
    assert swarm.did == [(1.0, bee, message)]


def test_a_host_crashes_and_starts_again_as_its_colony_has_it(swarm: Swarm) -> None:
    arm(
        swarm,
        (1, CrashHost("hive-1")),
        (2, RestartHost("hive-1", state=True)),
        (3, RestartHost("hive-1")),
    )
    swarm.runtime.run(until=4)
    assert swarm.did == [
        (1.0, "crash host", "hive-1"),
        (2.0, "restart host", "hive-1", True),
        (3.0, "restart host", "hive-1", False),
    ]


def test_hosts_and_clocks_are_the_engines(swarm: Swarm) -> None:
    host = swarm.runtime.network.hosts["hive-1"]
    arm(
        swarm,
        (1, PauseHost("hive-1")),
        (2, SlowHost("hive-1", 3)),
        (2, DriftClock("hive-1", 1.5)),
        (2, JumpClock("hive-1", -30)),
        (4, ResumeHost("hive-1")),
    )
    swarm.runtime.run(until=3)
    assert (host.paused, host.slowness, host.clock(4.0)) == (True, 3, 4.0 + 2 * 0.5 - 30)
    swarm.runtime.run(until=5)
    assert not host.paused


def test_what_a_partition_parts_a_heal_joins(swarm: Swarm) -> None:
    network = swarm.runtime.network
    queen, hive = network.hosts["queen"], network.hosts["hive-1"]
    arm(swarm, (1, Partition(("queen",), one_way=True)), (2, Heal()))
    swarm.runtime.run(until=1.5)
    assert (queen.link_to(hive).cut, hive.link_to(queen).cut) == (True, False)
    swarm.runtime.run(until=3)
    assert not queen.link_to(hive).cut


def test_what_is_not_said_of_a_link_is_as_the_blueprint_draws_it() -> None:
    blueprint = Blueprint(
        name="two",
        models=GRID.models,
        hives=GRID.hives,
        links=(LinkSpec(("hive-1", "queen"), 0.25),),
        latency_seconds=0.5,
    )
    with Simulation() as simulation:
        swarm = Swarm(simulation, blueprint)
        arm(
            swarm,
            (1, Link("queen", "hive-1", loss=0.125)),
            (1, Link("queen", "keeper-1", latency=2.0, duplicate=0.25, one_way=True)),
            (1, Link("keeper-1", "queen", reorder=0.5, one_way=True)),
        )
        simulation.run(until=2)
        hosts = simulation.network.hosts
        queen, hive, keeper = hosts["queen"], hosts["hive-1"], hosts["keeper-1"]
        likes = [
            one.link_to(other).like
            for one, other in ((queen, hive), (hive, queen), (queen, keeper), (keeper, queen))
        ]
    assert [(like.latency.draw(None), *like[1:4]) for like in likes] == [  # type: ignore[arg-type]
        (0.25, 0.125, 0.0, 0.0),
        (0.25, 0.125, 0.0, 0.0),
        (2.0, 0.0, 0.25, 0.0),
        (0.5, 0.0, 0.0, 0.5),
    ]


def test_nothing_befalls_a_bee_that_is_not_up(swarm: Swarm) -> None:
    arm(swarm, (1, Crash("queen")), (2, Crash("queen")), (3, Hang("queen", 5)))
    swarm.runtime.run(until=4)
    assert swarm.did == [(1.0, "crash", "queen")]
    assert swarm.notes == [
        "at 1 s: crash queen",
        "at 2 s: crash queen, but queen is not up",
        "at 3 s: hang queen for 5 s, but queen is not up",
    ]


def test_a_worker_that_was_never_there_is_not_started_again(swarm: Swarm) -> None:
    swarm.refs.pop("worker-2")
    arm(swarm, (1, Restart("worker-2")))
    swarm.runtime.run(until=2)
    assert swarm.did == []


def test_every_strike_is_in_the_trace_as_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    strikes: list[tuple[float, Action]] = [
        (1, Hang("queen", 5)),
        (2, Crash("queen")),
        (3, PauseHost("hive-1")),
        (4, Partition(("hive-1",))),
        (5, Link("queen", "hive-1")),
        (6, Recover()),
    ]
    writer = TraceWriter.open(path, {})
    with Simulation(trace=writer) as simulation:
        arm(Swarm(simulation), *strikes)
        simulation.run()
    writer.finish({})
    faults = [event for event in TraceReader(path) if event.kind == "fault"]
    assert [(event.time, event.data["fault"]) for event in faults] == [
        *((1.0, "hang"), (2.0, "crash"), (3.0, "pause-host")),
        *((4.0, "cut"), (5.0, "relink"), (6.0, "recover")),
    ]
    assert [event.actor for event in faults[:3]] == ["queen", "queen", "at 3 s: pause host hive-1"]
