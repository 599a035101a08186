"""What a line that an actor logs carries, in a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pykka
import pytest
import structlog
from structlog.testing import capture_logs

from glasshive import Live, Message, Simulation, clock
from glasshive.scenario import run
from glasshive.trace import TraceWriter
from glasshive.trace.index import Index
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger()


class Order(Message, frozen=True):
    job_id: str


class Wrapped(Message, frozen=True):
    order: Any
    part_id: str = "p"


class Named:
    def __init__(self) -> None:
        self.job_id = "job-1"
        self.inner = {"request_id": "request-9"}


class Talker(pykka.ThreadingActor):
    name = "talker"

    def on_start(self) -> None:
        log.info("hello")

    def on_receive(self, message: Any) -> None:
        log.info("heard", **({"job": "mine"} if message == "own" else {}))


def lines(*messages: Any, runtime: Any = Simulation) -> list[dict[str, Any]]:
    """Return what is logged when an actor is told some messages, a second after each other."""
    structlog.reset_defaults()
    with capture_logs() as logged, runtime() as world:
        ref = Talker.start()
        for number, message in enumerate(messages):
            clock.after(number / 4, ref, message)
        world.run()
    return [dict(each) for each in logged]


def test_a_line_has_the_virtual_time_the_actor_the_message_and_the_job() -> None:
    hello, *heard = lines(Order("job-7"), Order("job-8"))
    assert hello == {"at": 0.0, "actor": "talker", "event": "hello", "log_level": "info"}
    line = {"actor": "talker", "message": "Order", "event": "heard", "log_level": "info"}
    assert heard == [{"at": 0.0, "job": "job-7", **line}, {"at": 0.25, "job": "job-8", **line}]


@pytest.mark.parametrize(
    ("message", "job"),
    [
        (Order("job-1"), "job-1"),
        (Wrapped(Order("job-2")), "job-2"),
        (Wrapped(Wrapped(Order("job-3"))), "job-3"),
        ({"job_id": "job-4"}, "job-4"),
        ({"request_id": "request-1", "job_id": "job-4"}, "request-1"),
        (Named(), "request-9"),
        ({"job_id": 4}, None),
        ("text", None),
        ("own", "mine"),
    ],
)
def test_the_job_is_the_one_that_the_message_names(message: Any, job: str | None) -> None:
    assert lines(message)[-1].get("job") == job


def test_a_line_of_the_script_has_no_message() -> None:
    structlog.reset_defaults()
    with capture_logs() as logged, Simulation() as sim:
        sim.run(until=2.5)
        log.info("done")
    assert logged == [{"at": 2.5, "actor": "script", "event": "done", "log_level": "info"}]


def test_it_is_the_same_on_threads() -> None:
    hello, heard = lines(Order("job-7"), runtime=Live)
    assert heard["at"] >= hello["at"]
    assert {**heard, "at": 0} == {
        "at": 0,
        "actor": "talker",
        "message": "Order",
        "job": "job-7",
        "event": "heard",
        "log_level": "info",
    }


def test_a_line_is_a_note_of_the_trace_whose_cause_is_the_delivery(tmp_path: Path) -> None:
    structlog.reset_defaults()
    path: Path = tmp_path / "t.jsonl"
    writer = TraceWriter.open(path, {})
    with capture_logs(), Simulation(trace=writer) as sim:
        Talker.start().tell(Order("job-7"))
        sim.run()
    writer.finish({"status": "held"})
    with Index(path) as index:
        (note,) = [
            n for n in range(len(index)) if index.job_names(n) and index.kind_of(n) == "note"
        ]
        assert index.event(note).data == {"level": "info", "event": "heard"}
        assert index.kind_of(index.cause[note]) == "deliver"
        assert index.job_names(note) == ("job-7",)


def test_a_scenario_says_by_which_fields_its_jobs_are_named(tmp_path: Path) -> None:
    script: Path = tmp_path / "shop.py"
    script.write_text(
        "from glasshive.scenario import Run, scenario\n\n\n"
        '@scenario(jobs="order_id", parts=["line_id"])\n'
        "def shop(run: Run) -> None:\n"
        '    """Somebody buys something."""\n'
        '    run.runtime.record("note", {"order_id": "o-1", "line_id": "l-1"})\n'
        '    run.runtime.record("note", {"line_id": "l-1", "request_id": "r"})\n'
    )
    path: Path = tmp_path / "t.jsonl"
    run(str(script), trace=path)
    assert TraceReader(path).header["jobs"] == {"root": "order_id", "same": ["line_id"]}
    with Index(path) as index:
        assert [index.job_names(n) for n in range(2)] == [("o-1",), ("o-1",)]


def test_in_a_pipe_a_line_is_one_json_object(capfd: pytest.CaptureFixture[str]) -> None:
    from glasshive.cli.logs import show_logs  # noqa: PLC0415  it configures structlog

    try:
        show_logs(silent=False)
        with Simulation() as sim:
            Talker.start().tell(Order("job-7"))
            sim.run()
    finally:
        structlog.reset_defaults()
    _, said = capfd.readouterr()
    assert [json.loads(line) for line in said.splitlines()] == [
        {"at": 0.0, "actor": "talker", "event": "hello", "level": "info"},
        {
            "at": 0.0,
            "actor": "talker",
            "message": "Order",
            "job": "job-7",
            "event": "heard",
            "level": "info",
        },
    ]
