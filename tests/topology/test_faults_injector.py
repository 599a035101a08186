"""An injector has each fault of a plan strike when its condition comes true, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pykka
import pytest

from actors import Accepted, Heartbeat, StreamItem, WorkerResponse, ailment
from glasshive import GlasshiveError, InputError, Live, Run, Simulation
from glasshive.trace import TraceWriter
from glasshive.trace.reader import TraceReader
from topology import Blueprint
from topology.blueprint import LinkSpec
from topology.faults import (
    Action,
    AfterMessage,
    AfterToken,
    At,
    Condition,
    Crash,
    CrashHost,
    DriftClock,
    FailToLoad,
    FaultPlan,
    Hang,
    Heal,
    Injector,
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
    WithRate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from glasshive.schedule import Option, Strategy

GRID = Blueprint.grid(hives=1, workers_per_hive=2, keepers=2)


class Bee(pykka.ThreadingActor):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> None:
        self.heard.append(message)


class Swarm:
    """A colony whose bees only listen, and that writes down what is done to it, and when."""

    def __init__(self, runtime: Any, blueprint: Blueprint = GRID) -> None:
        self.runtime = runtime
        self.blueprint = blueprint
        self.did: list[tuple[Any, ...]] = []
        self.notes: list[str] = []
        self.refs: dict[str, pykka.ActorRef[Any]] = {}
        self.run = Run(runtime, self)
        hosts = {name: name for name in blueprint.hosts}
        hosts |= {worker.name: hive.name for hive in blueprint.hives for worker in hive.workers}
        for name, host in hosts.items():
            with runtime.on(host):
                self.refs[name] = Bee.start(name)
        self._hosts = hosts

    def note(self, text: str) -> None:
        self.notes.append(text)

    def progress(self, *_: Any) -> None:
        raise AssertionError

    def _do(self, *what: Any) -> None:
        assert self.runtime.current not in {ref.actor_inbox for ref in self.refs.values()}
        self.did.append((self.runtime.now(), *what))

    def is_up(self, name: str) -> bool:
        return bool(self.refs[name].actor_inbox.alive)  # type: ignore[attr-defined]

    def crash(self, name: str) -> None:
        self._do("crash", name)
        self.runtime.crash(self.refs[name])

    def restart(self, name: str, *, state: bool = False) -> None:
        self._do("restart", name, state)
        self.runtime.restart(self.refs[name], state=state)

    def crash_host(self, name: str) -> None:
        self._do("crash host", name)

    def restart_host(self, name: str, *, state: bool = False) -> None:
        self._do("restart host", name, state)

    def afflict(self, name: str, message: ailment.Ailment) -> None:
        self._do(name, message)

    def heal(self) -> None:
        self._do("heal")

    def tell(self, name: str, message: Any) -> None:
        with self.runtime.on(self._hosts[name]):
            self.refs[name].tell(message)

    def accept(self, job_id: str, request_id: str, keeper: str = "keeper-1") -> None:
        self.tell(keeper, Accepted(request_id, job_id, self.refs["queen"]))

    def token(self, job_id: str, index: int, keeper: str = "keeper-1") -> None:
        self.tell(keeper, StreamItem(job_id, index, WorkerResponse("w")))


@pytest.fixture
def swarm() -> Iterator[Swarm]:
    with Simulation(seed=7) as simulation:
        yield Swarm(simulation)


def arm(swarm: Swarm, *strikes: tuple[float | Condition, Action], **more: Any) -> Injector:
    return Injector(swarm, FaultPlan.of(strikes, **more), swarm.run)


# -- at a time ------------------------------------------------------------------------------


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


# -- after a token --------------------------------------------------------------------------


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


# -- after a message ------------------------------------------------------------------------


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


# -- with a rate ----------------------------------------------------------------------------


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


# -- what is done ---------------------------------------------------------------------------


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


# -- the end --------------------------------------------------------------------------------


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
