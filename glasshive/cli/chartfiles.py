"""What `--report` and `--csv` write: looked at before the run, written after it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from glasshive.cli.settings import again
from glasshive.errors import Complaint, InputError
from glasshive.units import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from glasshive.scenario import Outcome, Scenario
    from glasshive.scenario.parameter import Value

__all__ = ["ChartFiles"]

_ANOTHER_FILE = "name a file in a folder that exists and that you may write to"
_ANOTHER_FOLDER = "name a folder that you may write to, or a new one"


class ChartFiles:
    """The page and the CSV files of a run.

    Args:
        report: the page's file, or None for no page.
        folder: where the CSV files go, or None for none.
    """

    def __init__(self, report: Path | None, folder: Path | None) -> None:
        self._report = report
        self._folder = folder

    @property
    def wanted(self) -> bool:
        """Whether anything is to be written."""
        return self._report is not None or self._folder is not None

    def check(self, scenario: Scenario, values: Mapping[str, Value], trace: Path | None) -> None:
        """Make sure that everything can be written, so far as that can be known before the run.

        Args:
            scenario: what will run.
            values: the values that were given for its parameters.
            trace: the trace that the run writes, or None.

        Raises:
            InputError: when something cannot be written or would replace what the run reads or
                writes, or when a page is wanted and nothing can draw it.
        """
        others: list[Path] = [scenario.file]
        others += (value for value in scenario.bind(values).values() if isinstance(value, Path))
        if trace is not None:
            others.append(trace)
        if self._report is not None:
            _check_report(self._report, others)
            others.append(self._report)
        if self._folder is not None:
            _check_folder(self._folder, others)
        if self._report is not None:
            _check_drawing(self._report)

    def write(self, scenario: Scenario, outcome: Outcome) -> Iterator[str | Complaint]:
        """Write everything, and yield a line for each thing written or a complaint if it was not.

        Args:
            scenario: what has run.
            outcome: what came of it.
        """
        if self._report is not None:
            from glasshive.report.page import page  # noqa: PLC0415  matplotlib, only for this

            text = page(outcome, summary=scenario.summary, again=again(scenario, outcome))
            try:
                _write(self._report, text)
                yield f"report {self._report} · {counted(len(outcome.charts), 'chart')}"
            except OSError as error:
                yield _unwritable("--report", self._report, error, _ANOTHER_FILE)
        if self._folder is not None:
            from glasshive.report.sheets import sheets  # noqa: PLC0415  only for this

            texts = sheets(outcome)
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                for name, text in texts.items():
                    _write(self._folder / name, text)
                yield f"csv    {self._folder} · {counted(len(texts), 'file')}"
            except OSError as error:
                yield _unwritable("--csv", self._folder, error, _ANOTHER_FOLDER)


def _check_report(report: Path, others: Iterable[Path]) -> None:
    if any(_same(report, other) for other in others):
        what = "is a file that this run reads or writes"
        remedy = "name another file, this one would be overwritten"
        raise InputError(Complaint(f"--report {report}", what, remedy))
    there = os.path.lexists(report)
    try:
        report.open("ab").close()
    except OSError as error:
        raise InputError(_unwritable("--report", report, error, _ANOTHER_FILE)) from None
    if not there:
        report.unlink()


def _check_drawing(report: Path) -> None:
    try:
        import glasshive.report.page  # noqa: F401, PLC0415  matplotlib; never inside of a run
    except ImportError as error:
        what = f"a page wants matplotlib, which cannot be imported ({error})"
        remedy = "pip install 'glasshive[report]'"
        raise InputError(Complaint(f"--report {report}", what, remedy)) from None


def _check_folder(folder: Path, others: Iterable[Path]) -> None:
    nearest = next(each for each in (folder, *folder.absolute().parents) if os.path.lexists(each))
    if not nearest.is_dir():
        what = f"{'is' if nearest == folder else f'{nearest} is'} not a folder"
        raise InputError(Complaint(f"--csv {folder}", what, _ANOTHER_FOLDER))
    if not os.access(nearest, os.W_OK | os.X_OK):
        what = f"{nearest} may not be written to"
        raise InputError(Complaint(f"--csv {folder}", what, _ANOTHER_FOLDER))
    # Which files there will be is known after the run only, so none of the folder is risked.
    risked = list(folder.glob("*.csv"))
    for other in others:
        within = other.suffix.lower() == ".csv" and _same(other.parent, folder)
        if within or any(_same(other, each) for each in risked):
            what = f"{other}, which this run reads or writes, is a CSV file in this folder"
            remedy = "name another folder, the file might be overwritten"
            raise InputError(Complaint(f"--csv {folder}", what, remedy))


def _same(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one place, which need not be there yet."""
    with suppress(OSError):
        return one.samefile(other)
    with suppress(OSError, RuntimeError):  # links that go round in a circle
        return one.resolve() == other.resolve()
    return False


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _unwritable(option: str, path: Path, error: OSError, remedy: str) -> Complaint:
    return Complaint(f"{option} {path}", f"cannot be written ({error.strerror})", remedy)
