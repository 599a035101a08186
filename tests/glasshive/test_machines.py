"""Hosts crash and come back, stand still, run slow, and misread the time."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any

import pykka
import pytest

from glasshive import GlasshiveError, Simulation
from tests.glasshive.counter import Counter

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    with Simulation() as simulation:
        simulation.network.link("local", "a", latency=0.5)
        yield simulation


@pytest.fixture
def counter(simulation: Simulation) -> pykka.ActorRef[Counter]:
    with simulation.on("a"):
        return Counter.start(10, step=2)


def test_a_crashed_host_loses_what_is_on_its_way_and_raises_nothing(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    counter.tell("x")
    simulation.crash_host("a")
    assert counter.is_alive()  # nobody was told
    counter.tell("y")
    with pytest.raises(pykka.Timeout):
        counter.ask("z", timeout=5)
    assert pykka.ActorRegistry.get_all() == []


def test_a_host_restarts_its_actors_anew_at_their_old_addresses(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    assert counter.ask("x") == (12, 1)
    simulation.crash_host("a")
    simulation.restart_host("a")
    assert counter.ask("x") == (12, 1)
    assert len(pykka.ActorRegistry.get_all()) == 1


def test_a_host_restarted_with_state_remembers_and_starts_again(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    assert counter.ask("x") == (12, 1)
    simulation.crash_host("a")
    simulation.restart_host("a", state=True)
    assert counter.ask("x") == (14, 2)


def test_timers_of_a_crashed_host_are_lost_even_if_it_is_back_in_time(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    assert counter.ask("later") == (12, 1)
    simulation.crash_host("a")
    simulation.restart_host("a", state=True)
    simulation.run()
    assert counter.ask("x") == (14, 2)


def test_one_actor_crashes_and_restarts_alone(simulation: Simulation) -> None:
    with simulation.on("a"):
        one, other = Counter.start(), Counter.start()
    assert one.ask("x") == other.ask("x") == (1, 1)
    simulation.crash(one)
    simulation.restart(one)
    assert one.ask("x") == (1, 1)
    assert other.ask("x") == (2, 1)


def test_a_crash_in_the_middle_of_a_handler_ends_it_there(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    counter.tell("sleep")
    simulation.run(until=1.0)
    simulation.crash_host("a")
    simulation.restart_host("a", state=True)
    simulation.run(until=20.0)
    assert counter.ask("x") == (12, 2)  # the sleeper never counted


def test_a_paused_host_keeps_everything_and_goes_on_when_resumed(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    simulation.pause_host("a")
    answers = [counter.ask("x", block=False) for _ in range(3)]
    simulation.run(until=10.0)
    simulation.resume_host("a")
    assert pykka.get_all(answers) == [(12, 1), (14, 1), (16, 1)]
    assert simulation.now() == 10.5


def test_a_sleep_that_ends_while_its_host_is_paused_ends_when_it_resumes(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    answer = counter.ask("sleep", block=False)
    simulation.run(until=1.0)
    simulation.pause_host("a")
    simulation.run(until=30.0)
    simulation.resume_host("a")
    assert answer.get() == (12, 1)
    assert simulation.now() == 30.5


def test_a_slow_host_sleeps_longer_and_its_timers_fire_later(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    simulation.slow_host("a", 2.5)
    counter.ask("sleep")
    assert simulation.now() == 0.5 + 4 * 2.5 + 0.5
    counter.ask("later")
    simulation.run()
    assert simulation.now() == 11.0 + 0.5 + 4 * 2.5


def test_a_drifting_clock_counts_faster_and_its_sleeps_are_shorter(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    simulation.run(until=10.0)
    simulation.drift_clock("a", 2.0)
    simulation.run(until=19.5)
    monotonic, now, wall, _ = counter.ask("clocks")
    assert simulation.now() == 20.5
    assert (monotonic, now) == (30.0, 30.0)  # 10 s true, then 10 s counted twice
    assert wall == pytest.approx(30.0)
    assert time.monotonic() == 20.5  # the script's own host keeps the true time
    before = simulation.now()
    counter.ask("sleep")
    assert simulation.now() - before == pytest.approx(0.5 + 2.0 + 0.5)


def test_a_jumping_clock_shows_in_the_wall_time_and_never_in_monotonic(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    simulation.jump_clock("a", -3600)
    simulation.run(until=9.5)
    monotonic, now, wall, today = counter.ask("clocks")
    assert (monotonic, now) == (10.0, 10.0)
    assert wall == pytest.approx(-3590.0)
    assert today == dt.datetime(2024, 12, 31, 23, 0, 10, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("do", "complaint"),
    [
        (lambda sim: sim.crash_host("b"), "no host is called 'b'"),
        (lambda sim: sim.slow_host("a", 0), "a host's slowness is a number above zero, not 0"),
        (lambda sim: sim.drift_clock("a", -1), "a clock's pace is a number above zero, not -1"),
        (lambda sim: sim.jump_clock("a", float("nan")), "a clock jumps by a number of seconds"),
        (lambda sim: sim.ref_of("nobody"), "no actor is called 'nobody'"),
    ],
)
def test_impossible_faults_are_refused_by_value(
    simulation: Simulation, do: Any, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        do(simulation)


def test_what_has_not_crashed_cannot_be_restarted(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    with pytest.raises(GlasshiveError, match="host 'a' cannot be restarted: it is not down"):
        simulation.restart_host("a")
    with pytest.raises(GlasshiveError, match="Counter-1 cannot be restarted: it has not crashed"):
        simulation.restart(counter)
    simulation.crash_host("a")
    with pytest.raises(GlasshiveError, match="its host 'a' is down; restart the host"):
        simulation.restart(counter)


def test_a_host_cannot_pause_itself(simulation: Simulation) -> None:
    with pytest.raises(GlasshiveError, match="host 'local' cannot pause itself"):
        simulation.pause_host("local")


def test_soon_runs_after_the_delivery_in_which_it_was_asked_for(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    seen: list[Any] = []

    def watcher(*_: Any) -> None:
        simulation.soon("look", lambda: seen.append(simulation.current.name))
        seen.append("delivered")

    unwatch = simulation.watch(watcher, kinds=["deliver"], actors=[counter])
    answer = counter.ask("x")
    unwatch()
    assert (answer, seen) == ((12, 1), ["delivered", "look"])


def test_soon_may_wait_and_pause_and_crash_the_host_where_it_was_asked_for(
    simulation: Simulation, counter: pykka.ActorRef[Counter]
) -> None:
    def work() -> None:
        simulation.pause_host("a")
        simulation.sleep(3)
        simulation.crash_host("a")

    def watcher(*_: Any) -> None:
        simulation.soon("strike", work)

    unwatch = simulation.watch(watcher, kinds=["deliver"], actors=[counter])
    counter.tell("x")
    simulation.run()
    unwatch()
    assert simulation.now() == 0.5 + 3
    assert pykka.ActorRegistry.get_all() == []


def test_soon_waits_on_a_clock_that_no_fault_reaches(simulation: Simulation) -> None:
    for host in ("local", "a"):
        simulation.slow_host(host, 10)
        simulation.drift_clock(host, 10)
    times: list[float] = []

    def work() -> None:
        simulation.sleep(2)
        times.append(simulation.now())

    simulation.soon("wait", work)
    simulation.run()
    assert times == [2.0]


def test_soon_is_called_off_before_its_turn_and_in_the_middle_of_its_wait(
    simulation: Simulation,
) -> None:
    done: list[str] = []

    def work() -> None:
        simulation.sleep(5)
        done.append("never")

    never = simulation.soon("never", lambda: done.append("never"))
    never()
    middle = simulation.soon("middle", work)
    simulation.run(until=1)
    middle()
    middle()
    simulation.run()
    assert (done, simulation.now()) == ([], 1.0)


def test_soon_that_calls_itself_off_goes_on(simulation: Simulation) -> None:
    done: list[str] = []

    def work() -> None:
        call_off()
        done.append("all the same")

    call_off = simulation.soon("self", work)
    simulation.run()
    assert done == ["all the same"]


def test_an_error_of_soon_comes_up_in_the_script(simulation: Simulation) -> None:
    simulation.soon("wrong", lambda: simulation.crash_host("b"))
    with pytest.raises(ValueError, match="no host is called 'b'"):
        simulation.run()


def test_nobody_pauses_the_host_of_the_script(simulation: Simulation) -> None:
    simulation.soon("pause", lambda: simulation.pause_host("local"))
    with pytest.raises(GlasshiveError, match="host 'local' cannot pause itself"):
        simulation.run()
