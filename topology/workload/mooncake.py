"""The JSONL format of the Mooncake traces.

A line is `{"timestamp": 3052, "input_length": 7234, "output_length": 794, "hash_ids": [0, 28]}`,
the timestamp in milliseconds from the start. The `hash_ids` name blocks of the prompt that
requests share; no worker here keeps a prefix cache, so they are passed over. Source:
https://github.com/kvcache-ai/Mooncake and Qin et al., "Mooncake", FAST 2025.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from glasshive.errors import nearest
from topology.workload.rows import CUT, Row, read_tokens, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topology.workload.rows import Line

__all__ = ["read_mooncake"]

NANOSECONDS_PER_MILLISECOND = 1_000_000

MOST_MILLISECONDS = 10**15
"""Thirty thousand years: a later time is a mistake."""


def read_mooncake(lines: Iterator[Line]) -> Iterator[Row]:
    """Yield the rows of a Mooncake trace.

    Args:
        lines: the lines of the file.

    Raises:
        InputError: a row is wrong.
    """
    for line in lines:
        fields = _fields(line)
        yield Row(
            line,
            _nanoseconds(line, _field(line, fields, "timestamp")),
            _tokens(line, fields, "input_length"),
            _tokens(line, fields, "output_length"),
        )


def _fields(line: Line) -> dict[str, object]:
    try:
        return msgspec.json.decode(line.text, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError) as error:
        if line.is_broken_off and not line.text.endswith("}"):
            raise line.wrong(
                f"the JSON breaks off after {shortened(line.text[-20:])}",
                CUT,
            ) from error
        raise line.wrong(
            f"{shortened(line.text)} is no readable JSON object", "write one object on each line"
        ) from error


def _field(line: Line, fields: dict[str, object], name: str) -> object:
    if name not in fields:
        raise line.wrong(f"there is no field {name!r}", nearest(name, fields))
    return fields[name]


def _tokens(line: Line, fields: dict[str, object], name: str) -> int:
    value = _field(line, fields, name)
    return read_tokens(line, name, str(value) if type(value) is int else _json(value))


def _nanoseconds(line: Line, value: object) -> int:
    # JSON's true is an int to Python.
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value <= MOST_MILLISECONDS
    ):
        raise line.wrong(
            f"timestamp is {shortened(_json(value))}", "write milliseconds from the start"
        )
    return round(value * NANOSECONDS_PER_MILLISECOND)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
