"""A machine has Hypothesis do to a colony whatever can be done, and finds who breaks a promise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from actors import Cancelled, OpenStream, Worker, WorkerSpec
from glasshive.runtime import running
from glasshive.testing.record import Shelf
from glasshive.trace.reader import TraceReader
from scenarios.gallery._cast import cast_of
from topology import GIB, Blueprint, Cast, Device, HiveSpec, Ticket
from topology.machine import ColonyMachine
from topology.strategies import BRISK, MODELS, blueprints

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


DEFAULT = ColonyMachine.TestCase.settings
QUICK = settings(DEFAULT, max_examples=15, stateful_step_count=25, database=None)
SEARCH = settings(DEFAULT, derandomize=True, database=None)
"""What a machine has by default, but the same draws every time."""


class Small(ColonyMachine):
    """The smallest subclass: the right bees."""


class Drawn(ColonyMachine):
    blueprint = blueprints()


class Unordered(ColonyMachine):
    drawn_order = False


@pytest.mark.parametrize("machine", [Small, Drawn, Unordered])
def test_the_right_bees_hold_whatever_is_done_to_them(machine: type[ColonyMachine]) -> None:
    run_state_machine_as_test(machine, settings=QUICK)
    assert running() is None


@pytest.mark.parametrize(
    ("entry", "caught_by"),
    [
        ("never_removed", "legal-registries"),
        ("second_open", "one-end-per-stream"),
        ("in_band_marker", "same-text"),
        ("reported_not_executed", "same-text"),
    ],
)
def test_a_mistake_of_the_gallery_is_found_with_the_default_settings(
    entry: str, caught_by: str
) -> None:
    class Mistaken(ColonyMachine):
        cast = cast_of(entry)

    with pytest.raises(AssertionError, match=caught_by):
        run_state_machine_as_test(Mistaken, settings=settings(SEARCH, phases=[Phase.generate]))
    assert running() is None


def test_what_fails_is_the_fewest_rules_and_its_error_tells_the_story_and_the_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(lambda: tmp_path, "test_of_a_machine")
    monkeypatch.setattr(Shelf, "current", shelf)

    class Collecting(ColonyMachine):
        cast = cast_of("never_removed")

    with pytest.raises(AssertionError, match="legal-registries") as caught:
        run_state_machine_as_test(Collecting, settings=SEARCH)
    notes = "\n".join(caught.value.__notes__)
    assert "the run    first in, first out" in notes
    assert re.search(r"trace +\S*test_of_a_machine\.jsonl", notes)
    rules = re.findall(r"state\.(\w+)\(", notes)
    # Any job will do: one that is asked for, or what is asked when somebody has crashed.
    assert len([each for each in rules if each not in {"promises_hold", "teardown"}]) == 1
    told = [
        event.data["invariant"] for event in TraceReader(shelf.path) if event.kind == "violation"
    ]
    assert set(told) == {"legal-registries"}


def test_no_health_check_is_turned_off_and_a_subclass_has_the_settings_of_its_parent() -> None:
    # Under continuous integration Hypothesis itself turns one off: a machine has what it has.
    assert DEFAULT.suppress_health_check == settings().suppress_health_check
    assert Small.TestCase.settings.suppress_health_check == settings().suppress_health_check
    assert DEFAULT.deadline is None
    assert Phase.explain not in DEFAULT.phases

    @settings(Small.TestCase.settings, max_examples=7)
    class Parent(ColonyMachine):
        pass

    class Child(Parent):
        pass

    assert Child.TestCase.settings.max_examples == Parent.TestCase.settings.max_examples == 7


# -- what each rule does ----------------------------------------------------------------------


def played(script: Callable[[ColonyMachine], None], machine: Any = Unordered) -> None:
    """Have a script do by itself what Hypothesis does."""

    @settings(max_examples=1, database=None, phases=[Phase.generate])
    @given(st.none())
    def play(_: None) -> None:
        played = machine()
        try:
            script(played)
        finally:
            played.teardown()

    play()


def asked(machine: ColonyMachine, tokens: int = 6) -> Ticket:
    ticket: Any = machine.submit(
        model="model-1", prompt="Hum.", tokens=tokens, priority=0, copies=1
    )
    assert isinstance(ticket, Ticket)
    return ticket


def test_what_is_asked_is_answered_when_time_has_passed() -> None:
    def script(machine: ColonyMachine) -> None:
        ticket = asked(machine)
        machine.wait(seconds=1.0)
        assert ticket.completed

    played(script)


def test_a_stream_that_is_opened_again_is_opened_by_its_keeper() -> None:
    opened: list[str | None] = []

    def script(machine: ColonyMachine) -> None:
        ticket = asked(machine)
        machine.open_again(ticket=ticket)  # which is not accepted yet, so that nothing is there
        machine.wait(seconds=0.125)
        queen = machine.colony.refs["queen"]
        machine.simulation.watch(
            lambda event, _: opened.append(event.peer),
            kinds=["deliver"],
            actors=[queen],
            messages=[OpenStream],
        )
        machine.open_again(ticket=ticket)
        machine.wait(seconds=0.125)
        assert opened == ["keeper-1"]
        machine.wait(seconds=1.0)
        machine.open_again(ticket=ticket)  # which has ended
        machine.wait(seconds=0.125)
        assert ticket.completed
        assert opened == ["keeper-1"]

    played(script)


def test_what_is_cancelled_ends_as_cancelled() -> None:
    def script(machine: ColonyMachine) -> None:
        ticket = asked(machine)
        machine.wait(seconds=0.125)
        machine.cancel(ticket=ticket)
        machine.wait(seconds=1.0)
        assert ticket.receipt is not None
        assert isinstance(ticket.receipt.outcome, Cancelled)

    played(script)


def test_a_bee_that_crashes_is_down_until_it_is_restarted_or_all_is_healed() -> None:
    def script(machine: ColonyMachine) -> None:
        for bee in ("queen", "hive-1"):
            machine.crash(bee=bee)
            machine.crash(bee=bee)  # which changes nothing
        assert machine.fallen == ["queen", "hive-1"]
        assert machine.colony.bees.healed_at == float("inf")
        machine.restart(bee="hive-1", state=True)
        assert machine.fallen == ["queen"]
        assert machine.colony.is_up("hive-1")
        assert not machine.colony.is_up("queen")
        machine.wait(seconds=0.5)
        machine.heal()
        assert machine.fallen == []
        assert machine.colony.is_up("queen")
        assert machine.colony.bees.healed_at == machine.simulation.now()

    played(script)


def test_a_worker_that_only_its_hive_can_bring_back_is_not_restarted() -> None:
    class Cold(Unordered):
        blueprint = Blueprint(
            name="cold",
            models=MODELS[:1],
            hives=(
                HiveSpec(
                    "hive-1",
                    (Device("gpu-0", 2 * GIB),),
                    (WorkerSpec("worker-1", MODELS[0], resident=False),),
                ),
            ),
            patience=BRISK,
        )

    def script(machine: ColonyMachine) -> None:
        asked(machine)
        machine.wait(seconds=2.0)
        assert machine.colony.is_up("worker-1")
        machine.crash(bee="worker-1")
        assert machine.fallen == []

    played(script, Cold)


def test_a_bee_that_hangs_is_not_told_to_hang_once_more() -> None:
    def script(machine: ColonyMachine) -> None:
        machine.hang(bee="queen", seconds=1.0)
        machine.hang(bee="queen", seconds=2.0)
        assert machine.hanging == {"queen": machine.simulation.now() + 1.0}
        machine.wait(seconds=1.0)
        machine.hang(bee="queen", seconds=2.0)
        assert machine.hanging == {"queen": machine.simulation.now() + 2.0}

    played(script)


def test_nothing_goes_to_a_host_that_is_cut_off_until_all_are_joined_again() -> None:
    def script(machine: ColonyMachine) -> None:
        machine.cut_off(host="keeper-1")
        ticket = asked(machine)
        machine.wait(seconds=1.0)
        assert ticket.receipt is None
        assert machine.colony.tokens_of(ticket) == 0
        machine.join()
        machine.wait(seconds=2.0)
        assert ticket.completed

    played(script)


def test_a_worker_that_is_out_of_memory_has_the_text_go_on_elsewhere() -> None:
    def script(machine: ColonyMachine) -> None:
        ticket = asked(machine)
        machine.wait(seconds=0.375)
        worker = machine.colony.worker_of(ticket)
        assert worker is not None
        machine.run_out_of_memory(worker=worker)
        machine.wait(seconds=0.125)
        assert machine.colony.worker_of(ticket) != worker
        machine.wait(seconds=3.0)
        assert ticket.completed

    played(script)


def test_no_more_wait_for_their_end_than_can_be_promised() -> None:
    most = 0

    class Counting(Small):
        @rule()
        def count(self) -> None:
            nonlocal most
            most = max(most, sum(ticket.receipt is None for ticket in self.asked))

    run_state_machine_as_test(Counting, settings=settings(QUICK, derandomize=True))
    assert 1 < most <= Counting.most == 5


# -- what goes wrong --------------------------------------------------------------------------


def test_what_is_not_well_again_when_all_was_put_right_is_told() -> None:
    class Forgetful(Unordered):
        cast = cast_of("lost_after_restart")

    with pytest.raises(AssertionError, match="of model-1 when all was well: Failed"):
        played(lambda machine: machine.crash(bee="queen"), Forgetful)


def test_a_bee_that_dies_of_an_error_of_its_own_is_told() -> None:
    class Clumsy(Worker):
        def states(self) -> Any:
            raise ZeroDivisionError("no")

    class Broken(Unordered):
        cast = Cast(worker=Clumsy)

    with pytest.raises(AssertionError, match=r"worker-1.*ZeroDivisionError"):
        run_state_machine_as_test(Broken, settings=QUICK)


def test_a_rule_that_fails_leaves_the_simulation_and_is_told_as_it_is() -> None:
    class Failing(Small):
        @rule()
        def fail(self) -> None:
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        run_state_machine_as_test(Failing, settings=QUICK)
    assert running() is None


def test_a_colony_that_cannot_be_built_leaves_the_simulation_too() -> None:
    class Unbuilt(Small):
        blueprint = Blueprint.grid(hives=1, workers_per_hive=1, models=MODELS[:1])
        cast = Cast(queen=int)  # type: ignore[arg-type]

    with pytest.raises(AttributeError):
        run_state_machine_as_test(Unbuilt, settings=QUICK)
    assert running() is None
