"""A plain day: the right bees keep their promises in any weather, and each mistake shows soon."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from actors import Hive, Keeper, Queen, Worker
from glasshive import InputError
from glasshive.explore import Program, explore, shrink
from glasshive.scenario import run
from glasshive.schedule.searches import search_of
from scenarios.any_day import COLONY, ERRANDS, SPELLS, TICKS, any_day
from scenarios.gallery import ENTRIES
from scenarios.gallery._cast import cast_of
from topology import Cast
from topology.faults import FaultPlan
from topology.faults.healing import wounds_left
from topology.invariants import INVARIANTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.scenario import Outcome
    from glasshive.schedule import Option

NAMES = [spell.name for spell in SPELLS]

SHOWS: dict[str, tuple[str, int] | None] = {
    "sender_not_receiver": None,
    "failed_looks_done": None,
    "second_open": None,
    "never_removed": None,
    "accepted_never_opened": ("keeper-1 crashes, and is back after 0.25 s knowing nothing", 1),
    "in_band_marker": None,
    "silence_is_success": ("worker-1 crashes", 2),
    "impatient_relay": ("worker-1 takes 64 times as long for a step", 7),
    "swallowed_failure": None,
    "reported_not_executed": None,
    "ghost_workers": ("hive-1 goes for good", 1),
    "everyone_is_localhost": None,
    "lost_after_restart": ("queen crashes, and is back after 0.5 s knowing nothing", 1),
    "unattributed": ("worker-3 crashes, and fails to load once", 1),
    "full_buffer_drops": ("keeper-1 is cut off for 0.5 s", 2),
    "truncated_is_done": ("worker-1 runs out of memory", 2),
    "model_not_checked": None,
    "orphaned_below": None,
    "leaked_resource": ("worker-1 crashes", 1),
    "blind_is_empty": ("hive-2 is blind for 10 s", 1),
    "stuck_loading": ("worker-3 crashes, and fails to load twice", 1),
    "cooperative_only": None,
}
"""The spell and the tick that are enough to show each mistake; None where a plain day is."""

OTHERWISE = {"failed_looks_done": "one-end-per-stream"}
"""What catches a mistake on a plain day, where that is not what catches it in its entry: an
opening crosses the end here, and is answered with a second one."""


class Weather:
    """Has spells come, each at its tick, and is plain everywhere else.

    Args:
        spells: the name of a spell by the number of its tick, from 1.
    """

    def __init__(self, spells: dict[int, str]) -> None:
        self.spells = spells
        self.ticks = 0

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        if kind == "next":
            return drawn
        self.ticks += 1
        assert [str(option) for option in options] == ["spare", *NAMES]
        return NAMES.index(self.spells[self.ticks]) + 1 if self.ticks in self.spells else 0


def broken(outcome: Outcome) -> set[str]:
    return {each.name for each in outcome.invariants if each.violations}


def assert_held(outcome: Outcome) -> None:
    claims = [each for each in outcome.claims if not each.held]
    assert outcome.status == "held", broken(outcome) or claims or outcome.failure
    assert len(outcome.invariants) == len(INVARIANTS)
    assert all(invariant.settled for invariant in outcome.invariants)


def test_a_plain_day_holds_and_asks_for_the_weather_at_each_tick() -> None:
    weather = Weather({})
    outcome = run(any_day, schedule=weather)
    assert_held(outcome)
    assert weather.ticks == TICKS
    assert outcome.facts == {"weather": []}


@pytest.mark.parametrize("jobs", range(1, len(ERRANDS) + 1))
def test_a_day_of_fewer_jobs_or_of_short_answers_holds_too(jobs: int) -> None:
    assert_held(run(any_day, {"jobs": jobs, "tokens": 1}))


def test_without_faults_nothing_is_asked() -> None:
    weather = Weather({1: NAMES[0]})
    assert_held(run(any_day, {"faults": 0}, schedule=weather))
    assert weather.ticks == 0


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_the_right_bees_hold_in_every_weather_and_are_well_after_it(number: int) -> None:
    for tick in (1 + number % 3, 4 + number % 5):
        outcome = run(any_day, schedule=Weather({tick: NAMES[number]}))
        assert_held(outcome)
        assert outcome.facts == {"weather": [NAMES[number]]}


@pytest.mark.parametrize("strategy", ["few", "pct", "swarm"])
def test_the_right_bees_hold_wherever_a_search_has_it_come(strategy: str) -> None:
    exploration = explore(Program.of(any_day), search_of(strategy, seed=1), runs=30)
    assert exploration.found is None, exploration.found
    assert exploration.runs == 30


def test_whatever_a_spell_breaks_it_puts_right_but_for_the_hive_that_goes_for_good() -> None:
    left = [spell.name for spell in SPELLS if any(wounds_left(FaultPlan.of(spell.acts), COLONY))]
    # A hive brings up its workers itself.
    assert left == [
        "worker-1 crashes",
        "worker-3 crashes",
        "worker-3 crashes, and fails to load once",
        "worker-3 crashes, and fails to load twice",
        "hive-1 goes for good",
    ]
    for spell in SPELLS:
        assert spell.lasts >= max(after for after, _ in spell.acts)
    assert len(set(NAMES)) == len(NAMES) == 30


def test_every_mistake_of_the_gallery_is_here() -> None:
    assert tuple(SHOWS) == ENTRIES


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_mistake_shows_on_a_plain_day_or_with_one_spell(entry: str) -> None:
    shows = SHOWS[entry]
    weather = Weather({} if shows is None else {shows[1]: shows[0]})
    outcome = run(any_day, {"mistake": entry}, schedule=weather)
    caught_by = import_module(f"scenarios.gallery.{entry}").CAUGHT_BY
    assert OTHERWISE.get(entry, caught_by) in broken(outcome)
    if shows is not None:
        assert run(any_day, {"mistake": entry}).status == "held"


def test_the_default_search_finds_a_mistake_and_leaves_the_one_spell_that_shows_it() -> None:
    program = Program.of(any_day, {"mistake": "leaked_resource"})
    exploration = explore(program, search_of("few", seed=0), runs=300)
    assert exploration.found is not None
    shrunk = shrink(exploration.found.attempt)
    assert shrunk.best.breach is not None
    assert shrunk.best.breach.name == "no-oversubscription"
    (deviation,) = shrunk.best.deviations
    assert deviation.kind == "fault"
    assert "crashes" in deviation.words or "hangs" in deviation.words or "still" in deviation.words


def test_a_cast_has_the_bees_of_an_entry_and_the_right_ones_for_the_rest() -> None:
    assert cast_of(None) == Cast()
    for entry in ENTRIES:
        cast = cast_of(entry)
        mistaken = [
            each
            for each in (cast.keeper, cast.queen, cast.hive, cast.worker)
            if each not in (Keeper, Queen, Hive, Worker)
        ]
        assert 1 <= len(mistaken) <= 2
        assert {each.__module__ for each in mistaken} == {f"scenarios.gallery.{entry}"}


def test_a_mistake_that_there_is_not_is_refused_with_the_near_ones() -> None:
    with pytest.raises(InputError) as caught:
        run(any_day, {"mistake": "secund_open"})
    (complaint,) = caught.value.complaints
    assert "no entry 'secund_open'" in complaint.what
    assert "second_open" in complaint.remedy


def test_a_live_day_is_refused() -> None:
    with pytest.raises(InputError, match="the runtime is live"):
        run(any_day, runtime="live")
