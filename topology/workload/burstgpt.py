"""The CSV format of BurstGPT.

Its header is `Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type`; from release
2.0 on `Session ID,Elapsed time` stand after the timestamp. Columns are found by name, and those
beyond the first four are passed over. Timestamps are seconds from midnight of the first day, with
or without decimals. Source: https://github.com/HPMLL/BurstGPT and Wang et al., "BurstGPT",
arXiv:2401.17644.

The files without `without_fails` in their names hold requests that failed, with 0 response tokens:
7 in 100 rows of `BurstGPT_3.csv`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from topology.workload.rows import Row, read_table, read_tokens, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topology.workload.rows import Line

__all__ = ["COLUMNS", "read_burstgpt"]

COLUMNS = ("Timestamp", "Model", "Request tokens", "Response tokens")

TIMESTAMP = re.compile(r"\d{1,12}(\.\d{0,20})?", re.ASCII)


def read_burstgpt(lines: Iterator[Line]) -> Iterator[Row]:
    """Yield the rows of a BurstGPT trace.

    Args:
        lines: the lines of the file, its header first.

    Raises:
        InputError: a row is wrong.
    """
    for line, (timestamp, model, request, response) in read_table(lines, COLUMNS):
        if not TIMESTAMP.fullmatch(timestamp):
            raise line.wrong(
                f"Timestamp is {shortened(timestamp)}", "write seconds from the start, like 45.0"
            )
        yield Row(
            line,
            int(Decimal(timestamp).scaleb(9)),
            read_tokens(line, "Request tokens", request),
            read_tokens(line, "Response tokens", response),
            model,
        )
