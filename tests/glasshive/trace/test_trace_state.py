"""What every actor held at a moment, by running the run again up to there."""

from __future__ import annotations

import json
import random
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pykka
import pytest

from glasshive import Simulation
from glasshive.cli.trace.moments import moments
from glasshive.scenario import run
from glasshive.schedule import Schedule
from glasshive.trace.held import all_held, held
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCRIPT = '''
import pykka
from glasshive.scenario import Run, scenario


class Sum(pykka.ThreadingActor):
    name = "sum"

    def __init__(self):
        super().__init__()
        self.total = 0

    def on_receive(self, message):
        self.total += message


@scenario
def adding(run: Run, times: int = 5) -> None:
    """Numbers are added."""
    ref = Sum.start()
    for number in range(1, times + 1):
        ref.tell(number)
    run.runtime.run()
'''


WALK = '''
import json
import random
from pathlib import Path

import pykka
from glasshive.scenario import Run, scenario
from glasshive.trace import KINDS
from glasshive.trace.held import all_held
from scenarios.any_day import any_day


def watched(run):
    """Gather what all actors hold at each event of the first run."""
    lines = []
    if not held_of(run).exists():
        watch = lambda event, _: lines.append(json.dumps([event.index, all_held(run.runtime)]))
        run.runtime.watch(watch, kinds=KINDS)
    return lines


def keep(run, lines):
    if lines:
        held_of(run).write_text("\\n".join(lines))


def held_of(run):
    return Path(__file__).with_name(f"{run.runtime.seed}.held")


class Walker(pykka.ThreadingActor):
    def __init__(self, name):
        super().__init__()
        self.name = name
        self.others = []
        self.seen = {}

    def on_receive(self, message):
        if isinstance(message, list):
            self.others = message
            return
        self.seen[f"step {message}"] = random.random()
        if random.random() < 0.2:
            self.seen.popitem()
        for other in random.sample(self.others, random.randint(1, 2)):
            if message:
                other.tell(message - 1)


@scenario
def walk(run: Run) -> None:
    """Actors tell one another something at random."""
    lines = watched(run)
    walkers = [Walker.start(f"w{number}") for number in range(4)]
    for walker in walkers:
        walker.tell(walkers)
    walkers[0].tell(4)
    walkers[1].tell(3)
    run.runtime.run()
    keep(run, lines)


@scenario
def colony(run: Run) -> None:
    """A small swarm serves two requests under some spells of bad weather."""
    lines = watched(run)
    any_day.function(run, jobs=2, tokens=2, faults=2)
    keep(run, lines)
'''


@dataclass
class Thing:
    number: int
    of: Any = None


class Holder(pykka.ThreadingActor):
    name = "holder"

    def __init__(self) -> None:
        super().__init__()
        self.thing = Thing(1)
        self.thing.of = self.thing
        self.things = {"one": self.thing, ("two", 2): Thing(2)}
        self.some = {3, 1, 2}
        self.queue = deque([1.5, float("inf")])
        self.handlers = {"on": self.on_start}
        self.me = self.actor_ref

    def on_receive(self, message: Any) -> None:
        pass


@pytest.fixture
def adding(tmp_path: Path) -> Path:
    script: Path = tmp_path / "adding.py"
    script.write_text(SCRIPT)
    path: Path = tmp_path / "adding.jsonl"
    run(str(script), trace=path)
    return path


def test_attributes_are_told_and_an_object_only_once() -> None:
    with Simulation() as sim:
        ref = Holder.start()
        sim.run()
        actor = ref._actor_weakref()
        assert actor is not None
        assert held(actor) == {
            "class": "Holder",
            "thing": {"type": "Thing", "number": 1, "of": "= thing"},
            "things": {"one": "= thing", '["two",2]': {"type": "Thing", "number": 2, "of": None}},
            "some": [1, 2, 3],
            "queue": [1.5, "inf"],
            "me": "holder",
            "(inbox)": [],
        }
        assert list(all_held(sim)) == ["holder"]


def test_a_state_is_the_one_before_a_delivery_is_handled(adding: Path) -> None:
    deliveries = [
        event.index
        for event in TraceReader(adding)
        if event.kind == "deliver" and event.type == "int"
    ]
    assert len(deliveries) == 5
    found = moments(adding, deliveries)
    assert [found[each]["sum"]["total"] for each in deliveries] == [0, 1, 3, 6, 10]


def test_every_event_has_a_state(adding: Path) -> None:
    events = [event.index for event in TraceReader(adding)]
    found = moments(adding, events)
    assert list(found) == events
    totals = [each["sum"]["total"] for each in found.values() if "sum" in each]
    assert totals == sorted(totals)
    assert set(totals) == {0, 1, 3, 6, 10}


def really_held(
    folder: Path, name: str, seed: int, schedule: Schedule | None = None
) -> tuple[dict[int, Any], dict[int, Any]]:
    """Return what was held at each event of a run, and what is found by replay."""
    script = folder / "walk.py"
    script.write_text(WALK)
    path = folder / f"{seed}.jsonl"
    outcome = run(f"{script}:{name}", seed=seed, trace=path, schedule=schedule)
    assert outcome.status == "held"
    lines = (folder / f"{seed}.held").read_text().splitlines()
    really = dict(map(json.loads, lines))
    found = json.loads(json.dumps(moments(path, really)))
    return really, {int(index): each for index, each in found.items()}


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_at_every_event_a_state_is_what_the_actors_really_held(tmp_path: Path, first: int) -> None:
    for seed in range(first, first + 20):
        really, found = really_held(tmp_path, "walk", seed)
        assert len(really) > 20
        assert found == really


@pytest.mark.parametrize("seed", range(4))
def test_at_every_event_of_a_swarm_a_state_is_what_the_bees_really_held(
    tmp_path: Path, seed: int
) -> None:
    drawn = random.Random(seed)
    schedule = Schedule(dict.fromkeys(drawn.sample(range(400), 6), 1))
    really, found = really_held(tmp_path, "colony", seed, schedule)
    assert len(really) > 200
    assert found == really


def test_a_run_with_choices_is_had_again_with_them(tmp_path: Path) -> None:
    script: Path = tmp_path / "adding.py"
    script.write_text(SCRIPT)
    path: Path = tmp_path / "chosen.jsonl"
    run(str(script), trace=path, schedule=Schedule({0: 1}), order="any")
    events = [event.index for event in TraceReader(path)]
    assert len(moments(path, events)) == len(events)


def test_state_tells_what_a_registry_holds(trace: Callable[..., Any], crash: Path) -> None:
    said = trace("state", crash, "--at", 405, "--actor", "worker-2", "--json")
    assert said.code == 0
    worker = json.loads(said.out[0])["actors"]["worker-2"]
    assert list(worker["jobs"]["_jobs"]) == ["worker-2/job-1"]
    assert worker["jobs"]["_jobs"]["worker-2/job-1"]["state"] == {"type": "Queued"}
    said = trace("state", crash, "--at", 405, "--actor", "worker-2")
    assert said.out[0] == "worker-2  Worker"
    assert "        state: Queued()" in said.out
    assert max(map(len, said.out)) <= 100
    assert "object at" not in "".join(said.out)


def test_a_crashed_actor_holds_nothing_any_more(trace: Callable[..., Any], crash: Path) -> None:
    alive = json.loads(trace("state", crash, "--at", 333, "--json").out[0])["actors"]
    after = json.loads(trace("state", crash, "--at", 335, "--json").out[0])["actors"]
    assert set(alive) - set(after) == {"worker-1"}


def test_a_difference_is_told_by_its_way(trace: Callable[..., Any], crash: Path) -> None:
    said = trace("state", crash, "--diff", 404, 413, "--actor", "worker-2")
    assert said.code == 0
    assert "worker-2.jobs._created: 0 → 1" in said.out
    said = trace("state", crash, "--diff", 404, 404)
    assert said.out == ["nothing changed"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], "--at and --diff: neither is given; give one of them"),
        (["--at", 1, "--diff", 1, 2], "--at and --diff: both are given; give one of them"),
        (["--at", 1983], "event 1983: there is none in "),
        (["--at", 500, "--actor", "quen"], "actor 'quen': there is none of this name then; did"),
        (["--at", "x"], "'x' is no event"),
    ],
)
def test_what_cannot_be_is_told(
    trace: Callable[..., Any], crash: Path, words: list[Any], error: str
) -> None:
    said = trace("state", crash, *words)
    assert said.code == 2
    assert error in said.err


def test_a_run_that_is_not_the_same_any_more_is_told(
    trace: Callable[..., Any], adding: Path
) -> None:
    script = adding.with_name("adding.py")
    script.write_text(SCRIPT.replace("ref.tell(number)", "ref.tell(number + 1)"))
    said = trace("state", adding, "--at", 6)
    assert said.code == 2
    assert "is not the same when it is run again, from before event 6 on" in said.err


def test_a_trace_of_no_scenario_is_told(
    trace: Callable[..., Any], written: Callable[..., Path]
) -> None:
    said = trace("state", written({"kind": "note", "actor": "a"}), "--at", 0)
    assert said.code == 2
    assert "is a run of 'by hand', which cannot be had here" in said.err
