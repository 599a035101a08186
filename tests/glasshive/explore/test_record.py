"""A trace is run again: every event the same, or where the run parts from its record."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from glasshive import InputError
from glasshive.explore import Program
from glasshive.explore.record import Broken, Ending, Record
from glasshive.scenario.runner import run
from glasshive.schedule import Fifo, Schedule, Uniform

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCRIPT = '''
from typing import Any
import pykka
from glasshive import Run, scenario


class Sink(pykka.ThreadingActor):
    def on_receive(self, message: Any) -> None:
        self.got = [*getattr(self, "got", []), message]


class Sender(pykka.ThreadingActor):
    def __init__(self, sink: Any) -> None:
        super().__init__()
        self.sink = sink

    def on_receive(self, message: Any) -> None:
        self.sink.tell(message)


@scenario
def senders(run: Run, many: int = 3, loss: float = 0.0, ends: str = "well") -> None:
    """Each sends a number, and no number should come before a smaller one."""
    with run.runtime.on("there"):
        sink = Sink.start()
    run.runtime.network.link("local", "there", loss=loss)
    for number in range(many):
        Sender.start(sink).tell(number)
    run.runtime.run()
    got = sink.proxy().got.get()
    if ends == "ill":
        raise LookupError(f"no more than {got}")
    if ends == "interrupted":
        Sender.start(sink).tell(9)
        raise KeyboardInterrupt
    run.expect("they come in order", got == sorted(got), str(got))
'''


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "senders.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def write(script: Path, tmp_path: Path) -> Callable[..., Path]:
    """Write the trace of a run that some choices, or a strategy, decide."""

    def write(choices: Any = None, name: str = "a.jsonl", **values: object) -> Path:
        strategy = Schedule(choices) if isinstance(choices, dict) else choices or Fifo()
        program = Program.of(str(script), values, seed=5)
        program.attempt(strategy, trace=tmp_path / name)
        return tmp_path / name

    return write


def test_a_run_is_the_same_again(write: Callable[..., Path]) -> None:
    record = Record(write({7: 1}))
    repeated = record.repeat()

    assert record.choices == {7: 1}
    assert record.program.seed == 5
    assert record.cut is None
    assert repeated.same
    assert repeated.events == repeated.same_events == record.events
    assert record.ending == repeated.ending
    assert record.ending == Ending(
        "violated", (Broken("claim", "they come in order", "[1, 0, 2]"),)
    )
    assert str(record.ending) == "violated, they come in order: [1, 0, 2]"


def test_a_compressed_one_and_one_in_any_order_too(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    run(str(script), seed=3, schedule=Schedule({3: 1}), order="any", trace=path)

    record = Record(path)

    assert record.program.order == "any"
    assert record.repeat().same


def test_what_rates_have_drawn_is_drawn_again_unless_a_schedule_decided(
    write: Callable[..., Path],
) -> None:
    drawn = Record(write(Fifo(), many=8, loss=0.5))
    none = Record(write({}, name="b.jsonl", many=8, loss=0.5))

    assert drawn.choices == none.choices == {}
    assert drawn.digest != none.digest
    assert drawn.repeat().same
    assert none.repeat().same


def test_where_the_code_has_changed_the_run_parts_from_its_record(
    write: Callable[..., Path], script: Path
) -> None:
    path = write({7: 1})
    script.write_text(SCRIPT.replace("self.sink.tell(message)", "self.sink.tell(message * 2)"))

    repeated = Record(path).repeat()

    assert not repeated.same
    assert repeated.event is not None
    assert repeated.event.actor == "Sender-2"
    assert repeated.event.left is not None
    assert repeated.event.left.index == repeated.same_events
    assert (repeated.event.left.data, repeated.event.right and repeated.event.right.data) == (1, 2)
    assert repeated.end == ()
    assert repeated.ending.broken[0].example == "[2, 0, 4]"


def test_an_end_that_differs_is_not_the_same(write: Callable[..., Path], script: Path) -> None:
    path = write({7: 1})
    script.write_text(SCRIPT.replace("got == sorted(got)", "len(got) == 3"))

    repeated = Record(path).repeat()

    assert not repeated.same
    assert repeated.event is None
    assert repeated.same_events == repeated.events
    assert [(each.at, each.left, each.right) for each in repeated.end] == [
        ("status", "violated", "held"),
        ("claims[0].held", False, True),
    ]
    assert repeated.ending == Ending("held", ())


def test_a_new_parameter_makes_no_other_run(write: Callable[..., Path], script: Path) -> None:
    path = write({})
    script.write_text(SCRIPT.replace("many: int = 3,", "many: int = 3, more: int = 0,"))

    repeated = Record(path).repeat()

    assert repeated.same
    assert [(each.at, each.left, each.right) for each in repeated.head] == [
        ("parameters.more", "(absent)", 0)
    ]


def test_a_run_fails_as_another_if_it_shares_something_that_broke() -> None:
    def broke(*names: str) -> Ending:
        return Ending("violated", tuple(Broken("claim", name, name * 2) for name in names))

    assert broke("a", "b").fails_as(broke("c", "b"))
    assert not broke("a").fails_as(broke("b"))
    assert not broke().fails_as(broke("b"))
    assert not broke("a").fails_as(Ending("failed", (Broken("error", "a", "aa"),)))


def test_errors_end_a_record_too(write: Callable[..., Path]) -> None:
    record = Record(write(ends="ill"))

    assert str(record.ending) == "failed, LookupError: no more than [0, 1, 2]"
    assert record.repeat().same


def test_of_a_file_that_was_cut_short_what_is_there_is_compared(
    write: Callable[..., Path], script: Path
) -> None:
    path = write({7: 1})
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:12]) + lines[12][:20])

    record = Record(path)
    repeated = record.repeat()

    assert str(record.cut) == (
        f"{path}: is cut short; 11 events could be read; let the run end, or write the trace again"
    )
    assert record.ending is None
    assert repeated.same
    assert (repeated.events, repeated.same_events) == (11, 11)
    script.write_text(SCRIPT.replace("tell(number)", "tell(number + 1)"))
    assert Record(path).repeat().event is not None


def test_of_a_run_that_was_interrupted_all_but_the_interruption_is_compared(
    write: Callable[..., Path], script: Path
) -> None:
    path = write(ends="interrupted", many=5)
    script.write_text(SCRIPT.replace("raise KeyboardInterrupt", "run.runtime.run()"))

    record = Record(path)
    dropped = path.read_text().splitlines()[1 + record.events : -1]

    assert [json.loads(line)["data"] for line in dropped] == [{"reason": "end"}]
    assert str(record.cut) == (
        f"{path}: is of a run that was interrupted; {record.events} events can be compared; let "
        "the run end, and write the trace again"
    )
    assert record.repeat().same


def test_an_interruption_is_handed_on(write: Callable[..., Path], script: Path) -> None:
    path = write()
    script.write_text(SCRIPT.replace('if ends == "interrupted":', "if True:"))

    with pytest.raises(KeyboardInterrupt):
        Record(path).repeat()


WRITE = "give a trace that `glasshive run --trace` or `glasshive explore` wrote"


def test_what_is_no_run_of_a_scenario_is_refused_by_name(
    write: Callable[..., Path], script: Path, tmp_path: Path
) -> None:
    path = write({7: 1})
    head, *rest = path.read_text().splitlines(keepends=True)

    def complaint(**changes: object) -> str:
        changed = {**json.loads(head), **changes}
        changed = {key: value for key, value in changed.items() if value is not None}
        path.write_text(json.dumps(changed) + "\n" + "".join(rest))
        with pytest.raises(InputError) as caught:
            Record(path)
        return str(caught.value).removeprefix(f"{path}: ")

    assert complaint(scenario=None) == f"is a trace of no scenario; {WRITE}"
    assert complaint(runtime="live") == (
        "is a trace of a live run, which no thread runs the same way again; replay a trace of a "
        "simulated one"
    )
    assert complaint(schedule="Uniform") == (
        "is a trace of a run that Uniform decided, and does not say how; write one with a Schedule "
        "of that run's choices"
    )
    assert complaint(choices={"one": 1}).startswith(f"{path}, line 1: is damaged (")
    assert complaint(order="none").startswith("is a trace whose first line is damaged (")
    assert complaint(glasshive=2) == (
        "is a trace of format 2, and this glasshive reads up to 1; read it with the version that "
        "wrote it, or a newer one"
    )
    assert complaint(parameters={"few": 3}) == (
        "is a run that the scenario does not take any more (parameter 'few' of scenario 'senders': "
        "scenario 'senders' has no parameter 'few'); write the trace again"
    )
    gone = str(tmp_path / "gone.py")
    assert complaint(scenario=gone) == (
        f"is a run of {gone!r}, which cannot be had here ({gone}: cannot be read (No such file or "
        "directory)); replay it where that scenario is found, such as the folder it was written in"
    )
    script.write_text("def f(:\n")
    assert f"({script}, line 1: " in complaint()


def test_a_run_that_another_strategy_decided_is_not_replayed(write: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="is a trace of a run that Uniform decided"):
        Record(write(Uniform(1)))


def test_a_trace_without_a_schedule_in_its_head_is_read_by_its_choices(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    path = write({7: 1})
    old = tmp_path / "old.jsonl.gz"
    old.write_bytes(gzip.compress(path.read_bytes().replace(b',"schedule":"Schedule"', b"")))

    repeated = Record(old).repeat()

    assert repeated.same
    assert repeated.head == ()


def test_a_damaged_file_is_refused_before_its_scenario_is_loaded(
    write: Callable[..., Path], script: Path
) -> None:
    path = write({7: 1})
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], *lines[5:]]))
    script.write_text("raise SystemExit")
    with pytest.raises(InputError, match=r"counts \d+ events, and \d+ stand before it"):
        Record(path)
    path.write_bytes(b"".join([*lines[:-1], b'{"end":{"events":%d}}\n' % (len(lines) - 2)]))
    with pytest.raises(InputError, match="does not say how the run ended"):
        Record(path)
