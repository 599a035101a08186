"""`glasshive explore` refuses what explores nothing, in a sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import structlog

from glasshive.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTHING = "explores nothing; say"
NO_FOLDER = "name a folder that you may write to, or a new one"
LEARNS = "it makes each run from what it has learned from the runs before"
TOGETHER = "and --strategy {} cannot be had together: {}"
REFUSED = [
    ("--runs 0", f"--runs 0: {NOTHING} how many runs there are to be at most, 1 or more"),
    (
        "--jobs -1",
        f"--jobs -1: {NOTHING} how many processes are to run at the same time, 1 or more",
    ),
    ("--time nan", f"--time nan: {NOTHING} for how many seconds runs may begin, above 0"),
    ("--strategy pct --depth 0", f"--depth 0: {NOTHING} how deep, 1 or more"),
    ("--depth 3", f"--depth {TOGETHER.format('few', 'it is for pct and exhaustive')}"),
    ("--deviations 3", f"--deviations {TOGETHER.format('few', 'it is for exhaustive')}"),
    ("--strategy fifo --jobs 2", f"--jobs {TOGETHER.format('fifo', LEARNS)}"),
    (
        "--set dors=3",
        "--set dors=3: scenario 'race' has no parameter 'dors'; did you mean 'doors'?",
    ),
    ("--failures race.py", f"--failures race.py: is not a folder; {NO_FOLDER}"),
    ("--failures /proc/no", "--failures /proc/no: cannot be written ("),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Be in the folder of the script, and leave this process's logs as they were."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    structlog.reset_defaults()


@pytest.mark.usefixtures("race")
@pytest.mark.parametrize(("options", "complaint"), REFUSED)
def test_what_explores_nothing_is_refused_by_name(
    here: Path, capsys: pytest.CaptureFixture[str], options: str, complaint: str
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["explore", "race.py", *options.split(), "--json"])

    output, errors = capsys.readouterr()
    assert end.value.code == 2
    assert f"rror: {complaint}" in errors
    result = json.loads(output)
    assert result["status"] == "input-error"
    assert result["complaints"][0].startswith(complaint)
    assert [path.name for path in here.iterdir()] == ["race.py"]
