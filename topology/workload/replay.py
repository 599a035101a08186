"""Replay of a workload file: its requests at their times, read as they are asked for."""

from __future__ import annotations

import math
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from glasshive.errors import Complaint, InputError, nearest
from topology.workload import azure, burstgpt
from topology.workload.arrival import Arrival, Survey, Workload, numbered_request
from topology.workload.azure import read_azure
from topology.workload.burstgpt import read_burstgpt
from topology.workload.mooncake import read_mooncake
from topology.workload.rows import NANOSECONDS, read_lines, shortened, split_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from topology.workload.rows import Line, Row

__all__ = ["Replay", "open_workload"]


class Format(NamedTuple):
    """A way to write a workload down."""

    name: str
    columns: tuple[str, ...]
    """The columns of its header; a file of JSON objects has none."""
    read: Callable[[Iterator[Line]], Iterator[Row]]


AZURE = Format("Azure LLM inference trace", azure.COLUMNS, read_azure)
BURSTGPT = Format("BurstGPT", burstgpt.COLUMNS, read_burstgpt)
MOONCAKE = Format("Mooncake", (), read_mooncake)


class Replay(Workload):
    """A workload file at its own pace or faster; made by `open_workload`.

    Times count from the file's first row. A row that generated no token (a request that failed,
    in BurstGPT) cannot be replayed: it is passed over, and `survey` counts it as skipped.

    Args:
        path: the file.
        form: how it is written.
        model: the model that requests ask for.
        models: the model for each one that the file names, or None to let all ask for `model`.
        limit: the number of requests to replay, or None for all.
        speed_up: how many times faster than recorded they arrive.
    """

    def __init__(
        self,
        path: Path,
        form: Format,
        *,
        model: str,
        models: Mapping[str, str] | None,
        limit: int | None,
        speed_up: float,
    ) -> None:
        self.path = path
        self.form = form
        self.model = model
        self.models = models
        self.limit = limit
        self.speed_up = speed_up

    def __iter__(self) -> Iterator[Arrival]:
        """Yield the arrivals, each read when it is asked for.

        Raises:
            InputError: the file or a row is wrong.
        """
        replayed = ((row, model) for row, model in self._rows() if row.output_tokens > 0)
        for number, (row, model) in enumerate(replayed, start=1):
            yield Arrival(
                row.nanoseconds / NANOSECONDS / self.speed_up,
                numbered_request(number, model, row.prompt_tokens, row.output_tokens),
            )

    def survey(self) -> Survey:
        """Count the workload in one pass, holding none of it.

        Raises:
            InputError: the file or a row is wrong.
        """
        requests = prompt_tokens = output_tokens = skipped = nanoseconds = 0
        for row, _model in self._rows():
            if row.output_tokens == 0:
                skipped += 1
                continue
            requests += 1
            prompt_tokens += row.prompt_tokens
            output_tokens += row.output_tokens
            nanoseconds = row.nanoseconds
        seconds = nanoseconds / NANOSECONDS / self.speed_up
        return Survey(requests, prompt_tokens, output_tokens, seconds, skipped)

    def _rows(self) -> Iterator[tuple[Row, str]]:
        """Yield the rows up to the limit, timed from the first, and the model each asks for."""
        start: int | None = None
        previous = requests = 0
        with closing(read_lines(self.path)) as lines:
            for row in self.form.read(lines):
                if start is None:
                    start = previous = row.nanoseconds
                if row.nanoseconds < previous:
                    early = (previous - row.nanoseconds) / NANOSECONDS
                    raise row.line.wrong(
                        f"the row is {early} s earlier than the row before it",
                        "sort the rows by time",
                    )
                previous = row.nanoseconds
                yield row._replace(nanoseconds=row.nanoseconds - start), self._model(row)
                requests += row.output_tokens > 0
                if requests == self.limit:
                    return
        if start is None:
            raise InputError(
                Complaint(str(self.path), "there is no row after the header", "add a request")
            )

    def _model(self, row: Row) -> str:
        if self.models is None or row.model is None:
            return self.model
        if row.model not in self.models:
            raise row.line.wrong(
                f"no model is given for {shortened(row.model)}", nearest(row.model, self.models)
            )
        return self.models[row.model]


def open_workload(
    path: Path,
    *,
    model: str,
    models: Mapping[str, str] | None = None,
    limit: int | None = None,
    speed_up: float = 1.0,
) -> Replay:
    """Open a workload file, whose format is known by its first line.

    The file is an Azure LLM inference trace, BurstGPT or Mooncake, plain or gzip. Only its first
    line is read here: `Replay.survey` reads it all before a run, iteration reads it as it goes.

    Args:
        path: the file.
        model: the model that requests ask for.
        models: the model for each one that the file names (in BurstGPT), or None to let all
            requests ask for `model`.
        limit: the number of requests to replay, or None for all.
        speed_up: how many times faster than recorded they arrive.

    Raises:
        InputError: the file cannot be read or recognised, or an option is wrong.
    """
    if limit is not None and limit < 1:
        raise InputError(Complaint("limit", f"{limit} requests are no workload", "give 1 or more"))
    if not 0 < speed_up < math.inf:
        raise InputError(Complaint("speed_up", f"{speed_up} is no pace", "give a number above 0"))
    with closing(read_lines(path)) as lines:
        first = next(lines, None)
    if first is None:
        raise InputError(Complaint(str(path), "the file is empty", "give a file with requests"))
    return Replay(
        path, _recognised(first), model=model, models=models, limit=limit, speed_up=speed_up
    )


def _recognised(first: Line) -> Format:
    if first.text.lstrip().startswith("{"):
        return MOONCAKE
    names = split_fields(first)
    # A header that lacks one column is still its format's: the reader then says which one.
    form = max((AZURE, BURSTGPT), key=lambda form: sum(name in names for name in form.columns))
    if not any(name in names for name in form.columns):
        headers = "; ".join(
            f"{form.name} begins with {','.join(form.columns)}" for form in (AZURE, BURSTGPT)
        )
        raise first.wrong(
            f"{shortened(first.text)} begins no known format",
            f"{headers}; {MOONCAKE.name} has a JSON object on each line",
        )
    return form
