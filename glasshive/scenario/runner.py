"""Running a scenario: from a name, values and a seed to an outcome."""

from __future__ import annotations

import traceback
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from glasshive.errors import Complaint, InputError
from glasshive.live import Live
from glasshive.scenario.find import find, importable
from glasshive.scenario.handle import Run
from glasshive.scenario.outcome import Failure, Outcome, Status, plain
from glasshive.schedule import Fifo, Schedule
from glasshive.simulation import Simulation
from glasshive.trace import FlightRecorder, TraceWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from glasshive.runtime import Runtime
    from glasshive.scenario.chart import Chart
    from glasshive.scenario.handle import Audience
    from glasshive.scenario.parameter import Value
    from glasshive.scenario.scenario import Scenario
    from glasshive.schedule import Strategy
    from glasshive.trace import EventSink

__all__ = ["run"]


def run(
    scenario: Scenario | str,
    parameters: Mapping[str, object] | None = None,
    *,
    seed: int = 0,
    runtime: Literal["simulated", "live"] = "simulated",
    trace: Path | None = None,
    trace_last: int | None = None,
    audience: Audience | None = None,
    charting: bool = False,
    schedule: Strategy | None = None,
    order: Literal["timed", "any"] = "timed",
) -> Outcome:
    """Run a scenario to its end.

    Equal arguments give equal outcomes in the simulated runtime. All arguments but the audience
    can be plain values, so that another process can be asked for the run.

    Args:
        scenario: the scenario, or what finds it: a name, `path.py` or `path.py:name`.
        parameters: values by name; the others keep their defaults.
        seed: any integer; everything drawn at random follows it.
        runtime: virtual time and one decision at a time, or threads and the wall clock.
        trace: the file that every event is written to, compressed if it ends in `.gz`. It is
            opened before the run and finished however the run ends.
        trace_last: keep so many of the last events in memory instead, and write them to that file
            only if something does not hold.
        audience: who hears the notes and the progress while the run goes on.
        charting: gather the charts, the marks and the notes, which takes memory.
        schedule: who is next wherever more than one could be; the oldest by default.
        order: "timed" delivers by due time; "any" lets every pending message and timer be next.

    Raises:
        InputError: when there is no such scenario, a value will not do, the trace cannot be
            written, the last events of no trace are asked for, or the scenario itself found its
            input wrong.
    """
    chosen = find(scenario) if isinstance(scenario, str) else scenario
    values = chosen.bind(parameters or {})
    sink: EventSink | None = None
    if trace is None and trace_last is not None:
        remedy = "say with --trace FILE where"
        raise InputError(
            Complaint(f"--trace-last {trace_last}", "is to be written nowhere", remedy)
        )
    if trace is not None:
        _refuse_to_overwrite(trace, (chosen.file, *values.values()))
        choices = schedule.choices if isinstance(schedule, Schedule) else {}
        header = _header(chosen, values, seed, runtime) | {"order": order, "choices": choices}
        if not isinstance(schedule, Fifo | None):
            # Even without choices a schedule is not what rates would have drawn.
            header["schedule"] = type(schedule).__name__
        if trace_last is None:
            sink = TraceWriter.open(trace, header)
        else:
            sink = FlightRecorder(trace, header, trace_last)
    try:
        engine: Runtime
        if runtime == "live":
            engine = Live(seed=seed, trace=sink)
        else:
            engine = Simulation(seed=seed, trace=sink, schedule=schedule, order=order)
        handle = Run(engine, audience, charting=charting)
        return _played(chosen, values, handle, sink=sink, trace=trace)
    finally:
        if sink is not None:
            # Is finished already, unless Ctrl-C came just before or just after the run.
            sink.finish({"status": "interrupted"})


def _played(
    chosen: Scenario,
    values: dict[str, Value],
    handle: Run,
    *,
    sink: EventSink | None,
    trace: Path | None,
) -> Outcome:
    """Play the scenario, finish its trace, and return how it ended."""
    engine = handle.runtime
    ended_at = 0.0
    error: BaseException | None = None
    began = perf_counter()
    try:
        with importable(chosen.file.parent), engine:
            try:
                chosen.function(handle, **values)
            finally:
                ended_at = engine.now()
    except BaseException as caught:  # noqa: BLE001  a script's, whatever it is
        error = caught
    wall_seconds = perf_counter() - began
    charts: tuple[Chart, ...] = ()
    try:
        charts = handle.charts
    except Exception as caught:  # noqa: BLE001  a script's; what ended the run goes before it
        error = error or caught

    status = _status(handle, error)
    failure = _failure(error) if status == "failed" and error is not None else None
    if sink is not None:
        sink.finish(_end(handle, status, failure, ended_at))
        if sink.broken is not None and status != "failed":
            status, failure = "failed", Failure("OSError", sink.broken, "")
    if isinstance(error, InputError):
        raise error
    written = sink if sink is not None and sink.kept else None
    return Outcome(
        scenario=chosen.address,
        parameters=values,
        seed=engine.seed,
        runtime=engine.kind,
        status=status,
        claims=handle.claims,
        invariants=handle.invariants,
        tables=handle.tables,
        facts=handle.facts,
        failure=failure,
        virtual_seconds=ended_at,
        events=None if written is None else written.events,
        digest=None if written is None else written.digest,
        trace=None if written is None else trace,
        wall_seconds=wall_seconds,
        situations=handle.situations,
        must_reach=handle.declared,
        charts=charts,
        marks=handle.marks,
        notes=handle.notes,
        order=engine.agenda.order if isinstance(engine, Simulation) else "timed",
        choices=dict(engine.choices) if isinstance(engine, Simulation) else {},
        decisions=engine.decisions if isinstance(engine, Simulation) else 0,
    )


def _refuse_to_overwrite(trace: Path, inputs: Iterable[object]) -> None:
    """Raise an error when the trace would replace a file that the run reads."""
    for path in inputs:
        same = False
        with suppress(OSError):
            same = isinstance(path, Path) and trace.samefile(path)
        if same:
            raise InputError(
                Complaint(
                    f"--trace {trace}",
                    "is a file that this scenario reads",
                    "name another file, this one would be overwritten",
                )
            )


def _header(
    scenario: Scenario, values: Mapping[str, object], seed: int, runtime: str
) -> dict[str, Any]:
    """Return all that a replay needs, and nothing that differs between two equal runs."""
    spelling = scenario.jobs
    jobs = {"jobs": {"root": spelling.root, "same": list(spelling.same)}} if spelling else {}
    return {
        "version": version("glasshive"),
        "scenario": scenario.address,
        "parameters": plain(values),
        "seed": seed,
        "runtime": runtime,
        **jobs,
    }


def _end(handle: Run, status: Status, failure: Failure | None, at: float) -> dict[str, Any]:
    """Return the outcome as the last line of the trace tells it."""
    return {
        "status": status,
        "error": f"{failure.type}: {failure.message}" if failure else None,
        "claims": [
            {"claim": each.claim, "held": each.held, "detail": each.detail}
            for each in handle.claims
        ],
        "invariants": [
            {
                "name": each.name,
                "statement": each.statement,
                "violations": list(each.violations),
                "settled": each.settled,
            }
            for each in handle.invariants
        ],
        "situations": handle.situations,
        "must_reach": list(handle.declared),
        "facts": handle.facts,
        "virtual_seconds": at,
    }


def _status(handle: Run, error: BaseException | None) -> Status:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if error is not None:
        return "failed"
    broken = any(not claim.held for claim in handle.claims) or any(
        invariant.violations for invariant in handle.invariants
    )
    return "violated" if broken else "held"


def _failure(error: BaseException) -> Failure:
    """Describe an error by the script's own part of its traceback."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_globals is globals():
        frames = frames.tb_next
    text = traceback.format_exception(type(error), error, frames or error.__traceback__)
    return Failure(type(error).__name__, str(error), "".join(text))
