"""A plan of faults is data: it strikes on time, and is written down and read back."""

from __future__ import annotations

from typing import Any

import pykka
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshive import InputError, Simulation, clock
from glasshive.fault import (
    At,
    Crash,
    CrashHost,
    Cut,
    DriftClock,
    Fault,
    Heal,
    JumpClock,
    PauseHost,
    Plan,
    Relink,
    Restart,
    RestartHost,
    ResumeHost,
    SlowHost,
)
from glasshive.latency import LogNormal


class Beat(pykka.ThreadingActor):
    name = "beat"

    def __init__(self, sink: pykka.ActorRef[Any]) -> None:
        super().__init__()
        self.sink = sink

    def on_start(self) -> None:
        clock.after(1, self.actor_ref, "tick")

    def on_receive(self, message: Any) -> None:
        self.sink.tell(message)
        clock.after(1, self.actor_ref, message)


class Sink(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def on_receive(self, _: Any) -> None:
        self.times.append(round(clock.now(), 6))


def heard(plan: Plan, until: float) -> list[float]:
    with Simulation() as simulation:
        sink = Sink.start()
        with simulation.on("a"):
            Beat.start(sink)
        simulation.strike(plan)
        simulation.run(until=until)
        actor = sink._actor_weakref()
        assert actor is not None
        return actor.times


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ((), [1, 2, 3, 4, 5]),
        (((2.5, CrashHost("a")), (3.25, RestartHost("a"))), [1, 2, 4.25, 5.25]),
        (((2.5, Crash("beat")), (3.25, Restart("beat", state=True))), [1, 2, 4.25, 5.25]),
        (((1.5, PauseHost("a")), (4.5, ResumeHost("a"))), [1, 4.5, 5.5]),
        (((1.5, Cut(("a",))), (3.5, Heal())), [1, 4, 5]),
        (((1.5, Cut(("a",), ("local",), one_way=True)),), [1]),
        (((1.5, SlowHost("a", 2.0)),), [1, 2, 4]),
        (((1.5, DriftClock("a", 2.0)),), [1, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5]),
        (((1.5, JumpClock("a", 500.0)),), [1, 2, 3, 4, 5]),
        (((1.5, Relink("a", "local", latency=0.25)),), [1, 2.25, 3.25, 4.25, 5.25]),
        (((1.5, Relink("a", "local", loss=1.0)),), [1]),
    ],
)
def test_each_fault_strikes_at_its_time(
    faults: tuple[tuple[float, Fault], ...], expected: list[float]
) -> None:
    assert heard(Plan.of(faults), until=5.75) == expected


def test_a_plan_that_cannot_be_carried_out_says_so_in_the_script() -> None:
    with Simulation() as simulation:
        simulation.strike(Plan.of([(1.0, CrashHost("b"))]))
        with pytest.raises(ValueError, match="no host is called 'b'"):
            simulation.run()


names = st.sampled_from(["a", "b", "queen"])
faults = st.one_of(
    st.builds(Crash, names),
    st.builds(Restart, names, st.booleans()),
    st.builds(CrashHost, names),
    st.builds(RestartHost, names, st.booleans()),
    st.builds(SlowHost, names, st.floats(0.1, 10)),
    st.builds(JumpClock, names, st.floats(-100, 100)),
    st.builds(Cut, st.lists(names, min_size=1).map(tuple), st.lists(names).map(tuple)),
    st.just(Heal()),
    st.builds(Relink, st.just("a"), st.just("b"), st.just(LogNormal(0.1, 0.5)), st.floats(0, 1)),
)


@given(st.lists(st.builds(At, st.floats(0, 100), faults)).map(tuple))
def test_any_plan_is_written_down_and_read_back_in_the_order_of_its_times(
    drawn: tuple[At, ...],
) -> None:
    plan = Plan(drawn)
    assert Plan.from_json(plan.to_json()) == plan
    assert [each.at for each in plan.faults] == sorted(each.at for each in drawn)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "the plan: is not JSON"),
        ('{"faults":[{"at":1,"do":{"fault":"CrashHos","host":"a"}}]}', "did you mean 'CrashHost'"),
        ('{"faults":[{"at":-1,"do":{"fault":"Heal"}}]}', "a fault's time is a number of seconds"),
        ('{"faults":[{"at":1,"do":{"fault":"Heal","x":1}}]}', "unknown field `x`"),
        ('{"faults":[{"at":1,"do":{"fault":"Crash"}}]}', "missing required field `actor`"),
        (
            '{"faults":[{"at":1,"do":{"fault":"Relink","a":"x","b":"y","loss":1.5}}]}',
            "a link's loss is a probability from 0 to 1, not 1.5",
        ),
    ],
)
def test_what_is_no_plan_is_refused_saying_where(text: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        Plan.from_json(text)
    assert complaint in str(caught.value)
