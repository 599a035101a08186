"""Weather comes over a colony where a schedule has it come, and passes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actors import Model
from glasshive import GlasshiveError, InputError, Live, Run, Simulation
from glasshive.schedule import Schedule
from topology import GIB, Blueprint, Colony
from topology.faults import Crash, Hang, Link, Partition, PauseHost, ResumeHost, Spell, Weather
from topology.strategies import BRISK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.schedule import Option

COLONY = Blueprint.grid(
    hives=1,
    workers_per_hive=2,
    models=[Model("model-1", GIB, 131_072)],
    vram_bytes=2 * GIB,
    patience=BRISK,
)
PAUSE = Spell(
    "hive-1 stands still",
    ((0.0, PauseHost("hive-1")), (0.5, ResumeHost("hive-1"))),
    lasts=2.0,
    whom=("hive-1", "worker-1", "worker-2"),
)
CRASH = Spell("worker-1 crashes", ((0.0, Crash("worker-1")),), lasts=3.0, whom=("worker-1",))
HANG = Spell("worker-2 hangs", ((0.0, Hang("worker-2", 0.25)),), lasts=1.0, whom=("worker-2",))
BLIND = Spell("a thing", ((0.0, Hang("queen", 0.1)),), lasts=0.0, whom=("queen",), spares=0.6)
SPELLS = (PAUSE, CRASH, HANG, BLIND)


class Ticks:
    """Has spells come at ticks, and notes what it is asked.

    Args:
        spells: the option by the number of the tick, from 1.
    """

    def __init__(self, spells: dict[int, int]) -> None:
        self.spells = spells
        self.asked: list[list[str]] = []

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        if kind == "next":
            return 0
        assert (kind, drawn) == ("fault", 0)
        self.asked.append([str(option) for option in options])
        return self.spells.get(len(self.asked), 0)


class Day:
    """A colony under a weather.

    Args:
        come: the option by the number of the tick, from 1.
        **settings: of the weather, but for what most days have in common.
    """

    def __init__(self, come: dict[int, int], **settings: Any) -> None:
        self.schedule = Ticks(come)
        self.facts: list[tuple[float, str, Any]] = []
        with Simulation(schedule=self.schedule) as self.simulation:
            self.simulation.watch(
                lambda event, _: self.facts.append((event.time, event.actor, event.data)),
                kinds=["fault", "note"],
            )
            with Colony(COLONY, Run(self.simulation), promise=2.0) as self.colony:
                settings = {"spells": SPELLS, "every": 0.25, "ticks": 4, "most": 3, **settings}
                self.weather = Weather(
                    self.colony, settings.pop("spells"), self.colony.run, **settings
                )
                self.play()

    def play(self) -> None:
        self.weather.outlast()

    @property
    def notes(self) -> list[str]:
        told = [data for _, _, data in self.facts if isinstance(data, str)]
        return [text.removeprefix("weather: ") for text in told if text.startswith("weather: ")]

    @property
    def faults(self) -> list[tuple[float, str]]:
        return [(at, data["fault"]) for at, _, data in self.facts if isinstance(data, dict)]


def test_a_schedule_is_asked_once_at_each_tick_for_one_of_all_spells_or_none() -> None:
    day = Day({})
    assert day.schedule.asked == [["spare", *(spell.name for spell in SPELLS)]] * 4


def test_by_itself_it_brings_nothing_and_disturbs_nobody() -> None:
    day = Day({})
    assert day.facts == []
    assert day.weather.come == []
    assert not day.colony.bees.disturbed


def test_a_spell_comes_at_its_tick_and_what_ends_it_so_much_later() -> None:
    day = Day({2: 1})  # the colony is there after a heartbeat, at 0.25 s
    assert day.faults == [(0.75, "pause-host"), (1.25, "resume-host")]
    assert day.notes == ["hive-1 stands still"]
    assert day.weather.come == [PAUSE]


def test_when_as_many_have_come_as_may_nothing_more_is_asked() -> None:
    day = Day({1: 2, 2: 3}, most=2)
    assert len(day.schedule.asked) == 2
    assert day.weather.come == [CRASH, HANG]
    assert Day({}, most=0).schedule.asked == []


def test_none_comes_over_who_has_not_recovered_from_another() -> None:
    day = Day({1: 2, 2: 1, 3: 3})
    assert day.notes == [
        "worker-1 crashes",
        "hive-1 stands still, but worker-1 has not recovered yet",
        "worker-2 hangs",
    ]
    assert day.weather.come == [CRASH, HANG]


def test_none_comes_over_who_is_not_up() -> None:
    brief = CRASH._replace(lasts=0.25)
    assert Day({1: 1, 2: 1}, spells=[brief]).notes == [
        "worker-1 crashes",
        "worker-1 crashes, but worker-1 is not up",
    ]


def test_one_may_be_spared_for_longer_than_a_spell_lasts() -> None:
    day = Day({1: 4, 2: 4, 3: 4, 4: 4})
    assert day.notes == ["a thing", *["a thing, but queen has not recovered yet"] * 2, "a thing"]


class Outlasted(Day):
    """A day on which somebody asks for something before the weather and after it."""

    def play(self) -> None:
        before = self.colony.submit("Hum.", max_tokens=2, ignore_eos=True)
        self.weather.outlast()
        self.calm = self.simulation.now()
        self.healed_at = self.colony.bees.healed_at
        after = self.colony.submit("Hum.", max_tokens=2, ignore_eos=True)
        after.wait()
        self.completed = [before.completed, after.completed]
        self.ailing = self.colony.bees.ailing


def test_it_is_outlasted_when_the_last_spell_is_over_and_the_promise_counts_from_then() -> None:
    day = Outlasted({4: 2})  # at 1.25 s, for 3 s
    assert day.calm == day.healed_at == 4.25
    assert not day.ailing
    assert day.completed == [True, True]
    assert all(not invariant.violations for invariant in day.colony.invariants)


def test_a_plain_day_is_outlasted_one_tick_after_the_last_and_nothing_was_healed() -> None:
    day = Outlasted({})
    assert day.calm == 0.25 + 5 * 0.25
    assert day.healed_at == float("-inf")


class Late(Day):
    """A day on which somebody gets an answer late, while a spell lasts."""

    def play(self) -> None:
        self.simulation.run(until=0.5)  # the first tick
        self.ticket = self.colony.submit("Hum.", max_tokens=2, ignore_eos=True)
        self.weather.outlast()


def test_what_ends_late_while_a_spell_lasts_has_kept_its_promise() -> None:
    long = Spell(
        "hive-1 stands still for long",
        ((0.0, PauseHost("hive-1")), (3.0, ResumeHost("hive-1"))),
        lasts=8.0,
        whom=("hive-1",),
    )
    day = Late({1: 1}, spells=[long])
    receipt = day.ticket.receipt
    assert receipt is not None
    assert receipt.submitted_at + day.colony.promise < receipt.ended_at < day.weather.calm_at
    assert all(not invariant.violations for invariant in day.colony.invariants)


def test_what_happens_to_every_message_of_a_link_is_one_decision_of_the_weather() -> None:
    twice = Link("queen", "keeper-1", duplicate=1.0)
    spell = Spell("all comes twice", ((0.0, twice),), lasts=0.5, whom=("keeper-1",))
    day = Late({1: 1}, spells=[spell])
    assert len(day.simulation.choices) == 1
    assert day.ticket.completed


def test_a_run_is_repeated_by_its_few_decisions() -> None:
    def facts(schedule: Any) -> tuple[list[Any], dict[int, int]]:
        told: list[Any] = []
        with Simulation(schedule=schedule) as simulation:
            simulation.watch(
                lambda event, _: told.append((event.time, event.actor, event.data)),
                kinds=["fault", "note", "state"],
            )
            with Colony(COLONY, Run(simulation)) as colony:
                weather = Weather(colony, SPELLS, colony.run, every=0.25, ticks=4, most=3)
                colony.submit("Hum.", max_tokens=4, ignore_eos=True)
                weather.outlast()
            return told, simulation.choices

    told, choices = facts(Ticks({1: 2, 3: 3}))
    assert sorted(choices.values()) == [2, 3]
    assert facts(Schedule(choices)) == (told, choices)


def test_a_spell_that_cannot_be_done_to_the_colony_is_refused() -> None:
    wrong = Spell("?", ((0.0, Crash("worker-9")), (1.0, Partition(("hive-2",)))), 1.0, ())
    with Simulation() as simulation:
        colony = Colony(COLONY, Run(simulation))
        with pytest.raises(InputError) as caught:
            Weather(colony, [wrong], colony.run, every=1.0, ticks=1, most=1)
    told = [complaint.what for complaint in caught.value.complaints]
    assert told == ["there is no bee 'worker-9'", "there is no host 'hive-2'"]


def test_a_live_run_has_no_weather() -> None:
    with Live() as live:
        colony = Colony(COLONY, Run(live))
        try:
            with pytest.raises(GlasshiveError, match="the runtime is live"):
                Weather(colony, SPELLS, colony.run, every=1.0, ticks=1, most=1)
        finally:
            colony.close()
