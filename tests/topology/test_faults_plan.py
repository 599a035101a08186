"""A plan of faults is data: compared, pickled, written down and read back, told in words."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshive import InputError
from glasshive.latency import Constant, Empirical, LogNormal, Normal, Uniform
from topology.faults import (
    ACTIONS,
    CONDITIONS,
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
    Strike,
    WithRate,
    read_fault_plan,
)
from topology.faults.rules import KINDS
from topology.faults.words import ordinal, told

names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=6)
hosts = st.lists(names, min_size=1, max_size=3, unique=True).map(tuple)
seconds = st.floats(0, 31_536_000)
counts = st.integers(1, 1_000_000)
factors = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
fates = st.floats(0, 0.33)
flags = st.booleans()
latencies = st.one_of(
    st.none(),
    seconds,
    st.builds(Constant, seconds),
    st.builds(lambda *bounds: Uniform(*sorted(bounds)), seconds, seconds),
    st.builds(Normal, seconds, seconds),
    st.builds(LogNormal, seconds.filter(bool), st.floats(0, 10)),
    st.builds(Empirical, st.lists(seconds, min_size=1, max_size=3).map(tuple)),
)

conditions: st.SearchStrategy[Condition] = st.one_of(
    st.builds(At, seconds),
    st.builds(AfterToken, counts, st.none() | names),
    st.builds(AfterMessage, counts, st.sampled_from(KINDS), st.none() | names),
    st.builds(
        WithRate, st.floats(0, 1), st.floats(1e-6, 1e6), st.none() | st.floats(1e6, 31_536_000)
    ),
)


@st.composite
def links(draw: st.DrawFn) -> Link:
    a, b = draw(st.lists(names, min_size=2, max_size=2, unique=True))
    return Link(a, b, draw(latencies), draw(fates), draw(fates), draw(fates), draw(flags))


@st.composite
def partitions(draw: st.DrawFn) -> Partition:
    a = draw(hosts)
    return Partition(a, tuple(name for name in draw(hosts) if name not in a), draw(flags))


actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(Crash, names),
    st.builds(Restart, names, flags),
    st.builds(Hang, names, seconds),
    st.builds(Slow, names, factors),
    st.builds(OutOfMemory, names),
    st.builds(FailToLoad, names, names, counts),
    st.builds(Lie, names, seconds, flags),
    st.builds(CrashHost, names),
    st.builds(RestartHost, names, flags),
    st.builds(PauseHost, names),
    st.builds(ResumeHost, names),
    st.builds(SlowHost, names, factors),
    st.builds(JumpClock, names, st.floats(-1e6, 1e6)),
    st.builds(DriftClock, names, factors),
    partitions(),
    st.just(Heal()),
    links(),
    st.just(Recover()),
)

plans = st.builds(
    FaultPlan,
    st.lists(st.builds(Strike, conditions, actions), max_size=5).map(tuple),
    st.none() | st.just(31_536_000.0),
).filter(lambda plan: plan.heal_at is None or not _late(plan))


def _late(plan: FaultPlan) -> bool:
    return any(
        isinstance(strike.when, At) and strike.when.seconds >= 31_536_000 for strike in plan.strikes
    )


@given(plans)
def test_a_plan_that_is_written_to_a_file_and_read_back_is_equal(plan: FaultPlan) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.toml")
        path.write_text(plan.to_toml(), encoding="utf-8")

        assert read_fault_plan(path) == plan


@given(plans)
def test_a_plan_goes_through_json_and_pickle_unchanged(plan: FaultPlan) -> None:
    assert FaultPlan.from_json(plan.to_json()) == plan
    assert pickle.loads(pickle.dumps(plan)) == plan  # noqa: S301  what was just made


@given(actions | conditions)
def test_every_action_and_condition_has_words_of_its_own(thing: Any) -> None:
    words = told(thing)
    assert words
    assert words.isprintable()


def test_plans_of_the_same_strikes_are_equal_however_they_were_made() -> None:
    made = FaultPlan([Strike(At(5), Crash("x"))], heal_at=9)  # type: ignore[arg-type]
    assert made == FaultPlan.of([(5, Crash("x"))], heal_at=9)
    assert made != FaultPlan.of([(5, Crash("x"))])


def test_a_partition_takes_one_host_or_any_row_of_them() -> None:
    one: Any = "a"
    row: Any = ["a"]
    assert Partition(one) == Partition(row) == Partition(("a",))


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (At(5), "at 5 s"),
        (At(0.25), "at 0.25 s"),
        (AfterToken(1), "after the 1st token of any request"),
        (AfterToken(50, "request-3"), "after the 50th token of request-3"),
        (AfterMessage(2, "StreamEnd"), "after the 2nd StreamEnd"),
        (AfterMessage(3, "Submit", "hive-1"), "after the 3rd Submit to hive-1"),
        (WithRate(0.05), "with chance 0.05 every 1 s"),
        (WithRate(0.5, 2, 40), "with chance 0.5 every 2 s until 40 s"),
        (Crash("worker-1"), "crash worker-1"),
        (Restart("worker-1"), "restart worker-1 without its state"),
        (Restart("worker-1", state=True), "restart worker-1 with its state"),
        (Hang("queen", 20), "hang queen for 20 s"),
        (Slow("worker-1", 4), "slow worker-1 by 4"),
        (OutOfMemory("worker-1"), "worker-1 runs out of memory"),
        (FailToLoad("hive-1", "worker-1"), "hive-1 fails to load worker-1 once"),
        (FailToLoad("hive-1", "worker-1", 3), "hive-1 fails to load worker-1 3 times"),
        (Lie("hive-1", 9), "hive-1 tells that all is free for 9 s"),
        (Lie("hive-1", 9, blind=True), "hive-1 tells nothing for 9 s"),
        (CrashHost("hive-1"), "crash host hive-1"),
        (RestartHost("hive-1"), "restart host hive-1 without its bees' state"),
        (RestartHost("hive-1", state=True), "restart host hive-1 with its bees' state"),
        (PauseHost("hive-1"), "pause host hive-1"),
        (ResumeHost("hive-1"), "resume host hive-1"),
        (SlowHost("hive-1", 2.5), "slow host hive-1 by 2.5"),
        (JumpClock("queen", 30), "set the clock of queen forward by 30 s"),
        (JumpClock("queen", -30), "set the clock of queen back by 30 s"),
        (DriftClock("queen", 1.02), "the clock of queen runs at pace 1.02"),
        (Partition(("hive-1", "hive-2")), "part hive-1 and hive-2 from all others"),
        (Partition(("a", "b", "c"), ("d",)), "part a, b and c from d"),
        (Partition(("a",), ("b",), one_way=True), "lose what goes from a to b"),
        (Heal(), "heal partitions"),
        (Link("a", "b"), "link a - b: as drawn"),
        (Link("a", "b", latency=0.5, loss=0.1), "link a - b: latency 0.5 s, loss 0.1"),
        (Link("a", "b", Constant(1.0), one_way=True), "link a → b: latency 1 s"),
        (Recover(), "put everything right"),
    ],
)
def test_each_is_told_in_words(thing: Any, words: str) -> None:
    assert told(thing) == words


@pytest.mark.parametrize(
    ("number", "place"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (111, "111th"),
        (1002, "1,002nd"),
    ],
)
def test_a_number_has_its_place(number: int, place: str) -> None:
    assert ordinal(number) == place


def test_a_strike_is_told_with_its_condition() -> None:
    assert str(Strike(At(5), Crash("worker-1"))) == "at 5 s: crash worker-1"


def test_a_file_names_actions_and_conditions_in_small_letters() -> None:
    assert list(CONDITIONS) == ["at", "after_token", "after_message", "chance"]
    assert list(ACTIONS) == [
        *("crash", "restart", "hang", "slow", "out_of_memory", "fail_to_load", "lie"),
        *(
            "crash_host",
            "restart_host",
            "pause_host",
            "resume_host",
            "slow_host",
            "jump_clock",
            "drift_clock",
        ),
        *("partition", "heal", "link", "recover"),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "the plan: is not JSON: "),
        ('{"strikes":[{"when":{"condition":"At"}}]}', "the plan: Object missing required field"),
        ('{"heal":1}', "the plan: Object contains unknown field `heal`"),
        (
            '{"strikes":[{"when":{"condition":"At","seconds":1},"do":{"fault":"Crush"}}]}',
            "the plan: Invalid value 'Crush' at `plan.strikes[0].do.fault`",
        ),
    ],
)
def test_json_that_is_no_plan_is_refused_saying_where(text: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        FaultPlan.from_json(text)
    assert str(caught.value).startswith(complaint)
