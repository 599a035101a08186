"""The command that exports a trace; what reads each format is in export/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from glasshive.trace.export import FORMATS, MOST
from glasshive.trace.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def exported(index: Index, form: str, numbers: list[int]) -> bytes:
    return b"".join(FORMATS[form](index, numbers))


@pytest.mark.parametrize("form", FORMATS)
def test_export_writes_a_file(
    trace: Callable[..., Any], crash: Path, tmp_path: Path, form: str
) -> None:
    out: Path = tmp_path / "out"
    said = trace("export", crash, "--to", form, "-o", out, "--job", "request-2")
    assert (said.code, said.out, said.err) == (0, [], "")
    with Index(crash) as index:
        job = index.jobs.named("request-2", crash)
        numbers = [n for n in range(len(index)) if set(job) & set(index.jobs_of(n))]
        assert out.read_bytes() == exported(index, form, numbers)


@pytest.mark.parametrize("form", MOST)
def test_what_a_format_cannot_bear_is_cut_and_that_is_said(
    trace: Callable[..., Any],
    crash: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    monkeypatch.setitem(MOST, form, 10)
    out: Path = tmp_path / "out"
    said = trace("export", crash, "--to", form, "-o", out)
    assert said.code == 0
    assert said.err.startswith(f"note: {form} bears 10 events, and these are the first of 1,983;")
    with Index(crash) as index:
        assert out.read_bytes() == exported(index, form, list(range(10)))


def test_a_wrong_format_or_file_is_told(trace: Callable[..., Any], crash: Path) -> None:
    assert "is not one of 'perfetto', 'chrome'" in trace("export", crash, "--to", "svg").err
    said = trace("export", crash, "--to", "csv", "-o", crash.with_name("no") / "x")
    assert said.code == 2
    assert "cannot be written (No such file or directory)" in said.err
    said = trace("export", crash, "--to", "csv", "-o", crash)
    assert said.code == 2
    assert "is the trace itself; give another file" in said.err
