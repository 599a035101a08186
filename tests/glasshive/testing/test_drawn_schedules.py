"""Schedules that Hypothesis draws."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

import pykka
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis.errors import StopTest

from glasshive import Schedule, Simulation
from glasshive.schedule import Abandoned
from glasshive.testing import schedules
from glasshive.testing.record import Shelf
from glasshive.testing.strategies import DrawnSchedule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from glasshive.schedule import Strategy


class Listener(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> None:
        self.heard.append((message, random.random(), time.time(), uuid.uuid4().hex))


class Speaker(pykka.ThreadingActor):
    def __init__(self, listener: pykka.ActorRef[Any]) -> None:
        super().__init__()
        self.listener = listener

    def on_receive(self, message: Any) -> None:
        time.sleep(0.5)
        self.listener.tell(message)


def heard(schedule: Strategy, *, speakers: int = 3, lossy: bool = False) -> list[Any]:
    """Return all that a listener is told, and what its clocks and random numbers said."""
    with Simulation(seed=7, order="any", schedule=schedule) as simulation:
        if lossy:
            simulation.network.link("local", "far", loss=0.5, duplicate=0.2)
        listener = Listener.start()
        for name in range(speakers):
            with simulation.on("far" if lossy else "local"):
                speaker = Speaker.start(listener)
            speaker.tell(name)
        simulation.run()
        actor = listener._actor_weakref()
        assert actor is not None
        return [*actor.heard, random.random(), time.monotonic(), uuid.uuid4().hex]


class Draws(random.Random):
    """Stands for Hypothesis; says what it was asked for, and what time it was."""

    def __init__(self, answer: Callable[[int, int], int]) -> None:
        super().__init__(0)
        self.answer = answer
        self.asked: list[int] = []
        self.clocks: list[float] = []

    def randint(self, a: int, b: int) -> int:
        assert a == 0
        self.asked.append(b)
        self.clocks.append(time.perf_counter())
        return self.answer(a, b)


def pasted(text: str) -> Schedule:
    """Return a schedule from what one prints as."""
    return Schedule(ast.literal_eval(text.removeprefix("Schedule(").removesuffix(")")))


def dense(draws: Draws, *, decisions: int = 1000, faults: int = 4) -> DrawnSchedule:
    return DrawnSchedule({}, draws, decisions, faults)


@settings(deadline=None, max_examples=150)
@given(schedules(decisions=40, deviations=3))
def test_what_was_drawn_is_a_schedule_that_repeats_the_run(schedule: Schedule) -> None:
    lossy = len(repr(schedule)) % 2 == 0
    first = heard(schedule, lossy=lossy)
    assert all(number < 40 for number in schedule.choices)
    again = pasted(repr(schedule))
    assert heard(again, lossy=lossy) == first
    assert again.choices == schedule.choices
    assert isinstance(schedule, DrawnSchedule)
    assert {each.number: each.choice for each in schedule.deviations} == schedule.choices
    assert sum(each.is_fault for each in schedule.deviations) <= 3


def test_both_kinds_are_drawn_and_a_sparse_list_is_known_before_its_run() -> None:
    kinds = set()

    @settings(deadline=None, max_examples=60, database=None)
    @given(schedules(deviations=2))
    def look(schedule: Schedule) -> None:
        before = repr(schedule)
        heard(schedule)
        if before.startswith("<"):
            assert before == "<a schedule that is drawn while its run goes on>"
            kinds.add("dense" if len(schedule.choices) > 2 else "short")
        else:
            planned = pasted(before)
            assert len(planned.choices) <= 2
            assert set(schedule.choices) <= set(planned.choices)
            kinds.add("sparse" if schedule.choices else "plain")

    look()
    assert kinds == {"dense", "short", "sparse", "plain"}


def test_a_failure_that_has_nothing_to_do_with_the_order_shrinks_to_the_plain_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Shelf, "current", None)
    runs: list[Schedule] = []

    @settings(deadline=None, database=None)
    @given(schedules())
    def fails(schedule: Schedule) -> None:
        runs.append(schedule)
        heard(schedule)
        raise RuntimeError("whatever the order")

    with pytest.raises(RuntimeError) as caught:
        fails()
    assert runs[-1].choices == {}
    assert caught.value.__notes__[0].splitlines()[1:] == [
        "the run    first in, first out",
        "paste      @example(Schedule({}))",
    ]


def test_only_the_run_that_is_shown_has_a_note_and_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = []

    @settings(deadline=None, database=None, phases=[Phase.generate, Phase.shrink])
    @given(schedules())
    def fails(schedule: Schedule) -> None:
        try:
            note("in between")
            assert heard(schedule)[0][0] == 0
        except AssertionError as error:
            noted.append(hasattr(error, "__notes__"))
            raise

    monkeypatch.setattr(Shelf, "current", Shelf(lambda: tmp_path / "traces", "tests::x[1-b]"))
    with pytest.raises(AssertionError) as caught:
        fails()
    assert not any(noted)
    (trace,) = (tmp_path / "traces").iterdir()
    assert trace.name == "tests-x-1-b.jsonl"
    first, *_ = caught.value.__notes__
    assert f"trace      {trace}\n" in first


def test_draws_are_made_only_between_two_or_more_and_only_as_far_as_allowed() -> None:
    plain = Draws(lambda a, _: a)
    schedule = dense(plain)
    assert heard(schedule) == heard(Schedule({}))
    assert schedule.choices == {}
    assert min(plain.asked) >= 1
    decisions = len(plain.asked)
    last = Draws(lambda _, b: b)
    schedule = dense(last, decisions=5)
    heard(schedule)
    assert list(schedule.choices) == [0, 1, 2, 3, 4]
    assert len(last.asked) == 5 < decisions


def test_a_dense_stream_lets_few_things_go_wrong() -> None:
    schedule = dense(Draws(lambda _, b: b), faults=2)
    heard(schedule, speakers=6, lossy=True)
    assert [each.kind for each in schedule.deviations].count("fate") == 2
    calm = dense(Draws(lambda _, b: min(b, 8)), faults=2)
    heard(calm, speakers=6, lossy=True)
    assert [each.kind for each in calm.deviations].count("fate") == 2
    calmer = dense(Draws(lambda _, b: min(b, 7)), faults=2)
    heard(calmer, speakers=6, lossy=True)
    assert [each.kind for each in calmer.deviations].count("fate") == 0


def test_hypothesis_sees_the_real_clock_and_the_program_its_own_again() -> None:
    draws = Draws(lambda a, _: a)
    real, before = time.perf_counter, time.perf_counter()
    heard(dense(draws))
    clocks = [before, *draws.clocks, time.perf_counter()]
    assert clocks == sorted(clocks)
    assert len(draws.clocks) > 5
    assert time.perf_counter is real
    with Simulation(order="any", schedule=dense(draws)) as simulation:
        simulation.run(until=2)
        assert time.perf_counter() == 2.0


def test_a_run_that_hypothesis_has_seen_enough_of_ends_where_the_script_waits() -> None:
    def stop(_: int, __: int) -> int:
        if len(draws.asked) == 4:
            raise StopTest(1)
        return 0

    draws = Draws(stop)
    with pytest.raises(Abandoned) as caught:
        heard(dense(draws))
    assert isinstance(caught.value.__cause__, StopTest)
    assert len(draws.asked) == 4


def test_nothing_more_is_drawn_in_the_turn_in_which_hypothesis_has_seen_enough() -> None:
    class Talker(pykka.ThreadingActor):
        def on_receive(self, listener: pykka.ActorRef[Any]) -> None:
            for word in "abc":
                listener.tell(word)

    def stop(_: int, most: int) -> int:
        if most > 2:  # a fate
            raise StopTest(1)
        return 0

    draws = Draws(stop)
    with Simulation(schedule=dense(draws)) as simulation:
        simulation.network.link("local", "far", loss=0.5)
        with simulation.on("far"):
            talker = Talker.start()
        talker.tell(Listener.start())
        with pytest.raises(Abandoned):
            simulation.run()
    assert [most for most in draws.asked if most > 2] == draws.asked[-1:]


def test_no_health_check_fails_for_long_runs() -> None:
    @settings(deadline=None, max_examples=30, suppress_health_check=(), database=None)
    @given(schedules(decisions=2000))
    def long(schedule: Schedule) -> None:
        heard(schedule, speakers=40)

    assert HealthCheck.too_slow in HealthCheck
    long()


def test_a_schedule_goes_on_from_one_simulation_to_the_next() -> None:
    schedule = dense(Draws(lambda _, b: b))
    first, second = heard(schedule), heard(schedule)
    again = Schedule(schedule.choices)
    assert (heard(again), heard(again)) == (first, second)


def test_numbers_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="are 1 or more, not 0 and 4"):
        schedules(decisions=0)
    with pytest.raises(ValueError, match="are 1 or more, not 256 and 0"):
        schedules(deviations=0)


def test_without_hypothesis_everything_else_is_there_and_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import glasshive.testing as testing\n"
        "assert testing.always and testing.History\n"
        "try:\n    testing.schedules\n"
        "except ModuleNotFoundError as error:\n    print(error)\n"
        "try:\n    testing.nothing\n"
        "except AttributeError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        'glasshive.testing.schedules needs Hypothesis: pip install "glasshive[testing]"',
        "module 'glasshive.testing' has no attribute 'nothing'",
    ]
