"""What decided two runs otherwise, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glasshive.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from glasshive.trace.index import Index

__all__ = ["decisions", "what_is_run"]


def what_is_run(index: Index) -> dict[str, Any]:
    """Return what a run is of, without its decisions.

    Args:
        index: its trace.
    """
    return {key: each for key, each in index.header.items() if key not in ("choices", "schedule")}


def decisions(one: Index, other: Index) -> list[dict[str, Any]]:
    """Return the decisions that only one of two runs has, in words where the run can be had.

    Until the first of them the runs were the same, so it is the one that made the difference. Runs
    of other programs, parameters or seeds have none in common.

    Args:
        one: the trace of one run, called A.
        other: that of the other, called B.
    """
    choices = [
        {int(number): choice for number, choice in (index.header.get("choices") or {}).items()}
        for index in (one, other)
    ]
    if choices[0] == choices[1] or what_is_run(one) != what_is_run(other):
        return []
    words = [_words(one.path), _words(other.path)]
    found = []
    for number in sorted({**choices[0], **choices[1]}):
        for side, name in enumerate("AB"):
            if number in choices[side] and choices[0].get(number) != choices[1].get(number):
                choice = choices[side][number]
                told = words[side].get(number, f"choice {choice}")
                found.append({"number": number, "run": name, "choice": choice, "words": told})
    return found


def _words(path: Path) -> dict[int, str]:
    """Return the decisions of a run in words; none where it cannot be run again."""
    from glasshive.explore.record import Record  # noqa: PLC0415  imports the whole engine

    try:
        record = Record(path)
        attempt = record.program.attempt(record.strategy)
    except InputError:
        return {}
    return {each.number: str(each) for each in attempt.deviations}
