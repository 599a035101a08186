"""A trace is read back as it was written, and what is wrong with a file is said."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import pykka
import pytest

from glasshive import InputError, Simulation
from glasshive.trace import Event, TraceWriter
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from pathlib import Path


class Sink(pykka.ThreadingActor):
    name = "sink"

    def on_receive(self, message: object) -> None:
        pass


EVENTS = [
    Event(0, 0.0, "spawn", "sink", data={"class": "Sink", "host": "local"}),
    Event(1, 0.0, "send", "script", message=1, peer="sink", type="str", data="hello"),
    Event(2, 0.0, "deliver", "sink", cause=1, message=1, peer="script", type="str"),
]
"""What the fixture's run does, up to where the simulation is left."""


@pytest.fixture(params=["jsonl", "jsonl.gz"])
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Return the trace of a small run."""
    path: Path = tmp_path / f"run.{request.param}"
    writer = TraceWriter.open(path, {"seed": 7})
    with Simulation(seed=7, trace=writer) as simulation:
        Sink.start().tell("hello")
        simulation.run()
    writer.finish({"status": "held"})
    return path


def lines_of(path: Path) -> list[bytes]:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines(keepends=True)


def write(path: Path, *lines: bytes) -> None:
    data = b"".join(lines)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def complaint_of(path: Path) -> str:
    with pytest.raises(InputError) as error:
        list(TraceReader(path))
    return str(error.value).replace(str(path), "FILE")


def ended_by(reader: TraceReader, read: list[Event]) -> InputError | None:
    """Return the error that ends the reading, and keep what was read before it."""
    try:
        read.extend(reader)
    except InputError as error:
        return error
    return None


def test_a_trace_is_read_as_often_as_it_is_iterated(path: Path) -> None:
    reader = TraceReader(path)

    assert reader.header == {"seed": 7}
    for _ in range(2):
        events = list(reader)
        assert events[:3] == EVENTS
        assert reader.end is not None
        assert (reader.end["status"], reader.end["events"]) == ("held", len(events))
        assert reader.cut is None


def test_a_compressed_trace_needs_no_name_that_says_so(path: Path) -> None:
    renamed = path.rename(path.with_name("renamed"))
    assert list(TraceReader(renamed))[:3] == EVENTS


def test_lines_are_the_bytes_that_were_written(path: Path) -> None:
    assert list(TraceReader(path).lines()) == lines_of(path)[1:-1]


def test_a_missing_file_and_a_folder_are_wrong_input(tmp_path: Path) -> None:
    assert complaint_of(tmp_path / "none") == (
        "FILE: cannot be read (No such file or directory); give the path of a trace"
    )
    assert complaint_of(tmp_path) == (
        "FILE: cannot be read (Is a directory); give the path of a trace"
    )


@pytest.mark.parametrize(
    "content",
    [b"bees\n", b"[1]\n", b'{"index":0}\n', b'{"glasshive":"one"}\n', b"\xff\xfe\n", b"\n"],
)
def test_another_file_is_not_a_trace(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    assert complaint_of(path) == (
        "FILE: is not a trace; give a file that `glasshive run --trace` wrote"
    )


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert complaint_of(path) == "FILE: is empty; give a file that `glasshive run --trace` wrote"


def test_a_newer_format_is_refused_with_both_versions(path: Path) -> None:
    write(path, b'{"glasshive":99,"seed":7}\n', *lines_of(path)[1:])
    assert complaint_of(path) == (
        "FILE: is a trace of format 99, and this glasshive reads up to 1; "
        "read it with the version that wrote it, or a newer one"
    )


def test_all_that_was_written_before_a_cut_is_read_and_the_cut_is_said(path: Path) -> None:
    header, *lines = lines_of(path)
    said = "FILE: is cut short; 3 events could be read; let the run end, or write the trace again"
    for rest in ([], [lines[3][:-5]], [lines[3][:-1]]):
        write(path, header, *lines[:3], *rest)
        read: list[Event] = []
        reader = TraceReader(path)
        error = ended_by(reader, read)
        assert read == EVENTS
        assert str(error).replace(str(path), "FILE") == said
        assert reader.end is None


def test_a_cut_is_forgiven_where_that_is_asked(path: Path) -> None:
    header, *lines = lines_of(path)
    write(path, header, *lines[:3])
    reader = TraceReader(path, forgive_cut=True)
    assert list(reader) == EVENTS
    assert reader.cut is not None
    assert reader.cut.what == "is cut short; 3 events could be read"


def test_a_last_line_without_its_line_break_is_a_cut(path: Path) -> None:
    *lines, end = lines_of(path)
    write(path, *lines, end[:-1])
    assert complaint_of(path).startswith(f"FILE: is cut short; {len(lines) - 1} events")


def test_a_compressed_file_that_was_cut_is_read_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl.gz"
    writer = TraceWriter.open(path, {})
    for index in range(5000):
        writer.write(Event(index, index / 7, "note", "script", data=f"{index * 7919 % 10007}"))
    writer.finish({})
    path.write_bytes(path.read_bytes()[:-2000])

    reader = TraceReader(path, forgive_cut=True)
    count = sum(1 for _ in reader)

    assert 4000 < count < 5000
    assert reader.cut is not None
    assert reader.cut.what == f"is cut short; {count:,} events could be read"


def test_a_compressed_file_with_wrong_bytes_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl.gz"
    write(path, b'{"glasshive":1}\n', b'{"end":{"events":0}}\n')
    data = bytearray(path.read_bytes())
    data[-6] ^= 0xFF  # of the checksum
    path.write_bytes(data)
    assert re.fullmatch(
        r"FILE: is damaged \(CRC check failed .*\); write the trace again", complaint_of(path)
    )


@pytest.mark.parametrize(
    ("place", "line", "complaint"),
    [
        (2, b"bees\n", "line 3: is not an event ("),
        (3, b'{"index":2}\n', "line 4: is not an event ("),
        (1, b"\n", "line 2: is not an event ("),
        (2, b"\xff\n", "line 3: is not an event ("),
        (2, None, "line 3: holds event 2 in place of 1; write the trace again"),
        (3, None, "line 4: counts 3 events, and 2 stand before it; write the trace again"),
        (-1, b'{"end":3}\n', "does not say how the run ended ("),
    ],
)
def test_a_broken_line_is_named_by_its_number(
    path: Path, place: int, line: bytes | None, complaint: str
) -> None:
    lines = lines_of(path)
    lines[place : place + 1 or None] = [] if line is None else [line]
    write(path, *lines)
    if place == -1:
        complaint = f"line {len(lines)}: {complaint}"
    assert complaint_of(path).startswith(f"FILE, {complaint}")


def test_what_follows_the_end_is_broken(path: Path) -> None:
    lines = lines_of(path)
    write(path, *lines, lines[1])
    assert complaint_of(path) == (
        f"FILE, line {len(lines) + 1}: follows the line that ends the trace; write the trace again"
    )
