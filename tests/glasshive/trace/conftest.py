"""Traces to read: small ones written by hand, and the one of a worker that crashes."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from glasshive.cli import main
from glasshive.scenario import run
from glasshive.trace import Event, TraceWriter
from glasshive.trace.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def crash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the trace of mid_stream_crash, whose 1,983 events the tests know."""
    path: Path = tmp_path_factory.mktemp("traces") / "crash.jsonl"
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        run("mid_stream_crash", trace=path)
    return path


@pytest.fixture
def crashed(crash: Path) -> Iterator[Index]:
    """Return that trace, read."""
    with Index(crash) as index:
        yield index


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a trace of one's own: each event as its kind, its actor and the rest by name."""

    def write(*events: dict[str, Any], name: str = "t.jsonl", **header: Any) -> Path:
        path: Path = tmp_path / name
        writer = TraceWriter.open(path, {"scenario": "by hand", "seed": 0, **header})
        for index, each in enumerate(events):
            writer.write(Event(**{"index": index, "time": float(index), **each}))
        writer.finish({"status": "held"})
        return path

    return write


@pytest.fixture
def indexed(written: Callable[..., Path]) -> Iterator[Callable[..., Index]]:
    """Write a trace of one's own and read it."""
    opened: list[Index] = []

    def make(*events: dict[str, Any], **header: Any) -> Index:
        index = Index(written(*events, **header))
        opened.append(index)
        return index

    yield make
    for each in opened:
        each.__exit__()


class Said(NamedTuple):
    """What the command said."""

    code: int
    out: list[str]
    err: str


@pytest.fixture
def trace(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run `glasshive trace` with some words."""

    def command(*words: object) -> Said:
        capsys.readouterr()  # what the runs before have said
        with pytest.raises(SystemExit) as end:
            main(["trace", *map(str, words)])
        said = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Said(end.value.code, said.out.splitlines(), said.err)

    return command
