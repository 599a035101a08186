"""The CSV format of the Azure LLM inference traces, 2023 and 2024.

A file begins with the header `TIMESTAMP,ContextTokens,GeneratedTokens`. The traces of 2023 have
seven decimals and no zone (`2023-11-16 18:15:46.6805900`), those of 2024 six decimals and a zone
(`2024-05-10 00:00:00.009930+00:00`); a time without a zone is read as UTC. Source:
https://github.com/Azure/AzurePublicDataset and Patel et al., "Splitwise", ISCA 2024.

A published file may end without a line break, so one that was cut inside its last number cannot
be told from a whole one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from glasshive.errors import Complaint, InputError
from topology.workload.rows import NANOSECONDS, Row, read_table, read_tokens, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from topology.workload.arrival import Workload
    from topology.workload.rows import Line

__all__ = ["COLUMNS", "read_azure", "write_azure"]

COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")

TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?", re.ASCII
)

START = datetime(2000, 1, 1, tzinfo=UTC)
"""When a file that is written here begins; the year says that nobody measured it."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TICKS = 10_000_000
"""Steps of the seventh decimal in a second."""


def read_azure(lines: Iterator[Line]) -> Iterator[Row]:
    """Yield the rows of an Azure LLM inference trace.

    Args:
        lines: the lines of the file, its header first.

    Raises:
        InputError: a row is wrong.
    """
    for line, (timestamp, context, generated) in read_table(lines, COLUMNS):
        yield Row(
            line,
            _nanoseconds(line, timestamp),
            read_tokens(line, "ContextTokens", context),
            read_tokens(line, "GeneratedTokens", generated),
        )


def write_azure(path: Path, workload: Workload) -> None:
    """Write a workload as a file of this format; times are rounded to 100 nanoseconds.

    Args:
        path: the file to write; one that exists is replaced.
        workload: what to write.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        # The line breaks are the same on every platform, and so is the file.
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(",".join(COLUMNS) + "\n")
            for arrival in workload:
                seconds, ticks = divmod(round(arrival.time * TICKS), TICKS)
                time = START + timedelta(seconds=seconds)
                request = arrival.request
                file.write(
                    f"{time:%Y-%m-%d %H:%M:%S}.{ticks:07},"
                    f"{request.prompt_tokens},{request.max_tokens}\n"
                )
    except OSError as error:
        raise InputError(
            Complaint(
                str(path),
                f"the file cannot be written: {error.strerror}",
                "give a path in a directory that exists and can be written to",
            )
        ) from error


def _nanoseconds(line: Line, text: str) -> int:
    match = TIMESTAMP.fullmatch(text)
    if match is None:
        raise _no_time(line, text)
    date, time, decimals, zone = match.groups(default="")
    try:
        moment = datetime.fromisoformat(f"{date}T{time}{zone or 'Z'}")
    except ValueError as error:
        raise _no_time(line, text) from error
    seconds = (moment - EPOCH) // timedelta(seconds=1)
    return seconds * NANOSECONDS + int(decimals.ljust(9, "0"))


def _no_time(line: Line, text: str) -> InputError:
    return line.wrong(
        f"TIMESTAMP is {shortened(text)}", "write a time like 2023-11-16 18:15:46.6805900"
    )
