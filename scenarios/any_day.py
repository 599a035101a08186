"""A plain day for a search to spoil: little happens, and at every tick something may come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, NamedTuple

from actors import LatencyModel, Model, WorkerSpec
from glasshive import Between, Run, scenario
from scenarios.gallery._cast import cast_of
from scenarios.gallery._situation import PATIENCE
from scenarios.spells import spells_of
from topology import GIB, Blueprint, Colony, Device, HiveSpec, QueenSpec
from topology.faults import Weather

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topology import Ticket

KEEPER = "keeper-1"

# All times are sums of powers of two, which floats hold exactly: so messages of several senders
# come at the very same instants, and a search may have any of them first.
QUICK, SLOW = (
    Model(
        name,
        size_bytes=GIB,
        kv_bytes_per_token=131_072,
        latency=LatencyModel(seconds_per_token=seconds),
    )
    for name, seconds in (("model-1", 1 / 16), ("model-2", 1 / 4))
)
DISK = 2.0 * GIB
"""Bytes that a device reads in a second; it loads a model in half of one."""

PROMISE = 3.0
"""Seconds in which every job ends once all is well; a job's own time is four times as long."""


def _hive(name: str, **models: Model) -> HiveSpec:
    """Return a hive whose workers have a device and a model each, and room for four jobs."""
    devices = {worker: f"gpu-of-{worker}" for worker in models}
    return HiveSpec(
        name,
        tuple(Device(device, 2 * GIB, load_bytes_per_second=DISK) for device in devices.values()),
        tuple(
            WorkerSpec(worker.replace("_", "-"), model, devices[worker], 0, 2, 2)
            for worker, model in models.items()
        ),
    )


COLONY = Blueprint(
    name="any day",
    models=(QUICK, SLOW),
    hives=(
        _hive("hive-1", worker_1=QUICK),
        _hive("hive-2", worker_2=QUICK, worker_3=SLOW),
    ),
    queen=QueenSpec(max_jobs=4),
    keepers=(KEEPER,),
    latency_seconds=1 / 32,
    patience=replace(
        PATIENCE,
        heartbeat_seconds=0.5,  # few beats: a run must be quick
        degraded_seconds=0.75,
        silence_seconds=1.25,
        retry_seconds=0.25,
        retry_most_seconds=0.75,
        reply_seconds=0.5,
        renew_seconds=0.4375,
        lease_seconds=1.375,
        load_seconds=2 * PROMISE,  # who waits for as long has broken the promise
        answer_seconds=4 * PROMISE,
        margin_seconds=0.25,
        keep_seconds=PROMISE + 1.0,  # who needs a job that was forgotten has broken it too
        open_seconds=1.0,
    ),
)
"""Model-1 is served by two hives, so that one of them may go for good; model-2 by one worker."""

SPELLS = spells_of(COLONY)
EVERY = 0.25
TICKS = 8


class Errand(NamedTuple):
    """Something that the keeper wants on that day."""

    at: float
    """Seconds since the colony was there."""
    prompt: str
    model: Model = QUICK
    length: int = 1
    """How many times as long as a short answer it is."""
    priority: int = 0
    copies: int = 1
    stays: float | None = None
    """Seconds after which it is not wanted any more."""


ERRANDS = (
    Errand(3 / 16, "Dance."),  # model-1 answers with what looks like an end marker
    Errand(7 / 16, "Hum.", SLOW),
    Errand(11 / 16, "Sing.", SLOW, length=3, stays=5 / 8),  # withdrawn in the middle
    Errand(15 / 16, "Hush.", stays=1 / 32),  # withdrawn before anybody has accepted it
    # More at once than the queen holds.
    Errand(19 / 16, "Buzz.", copies=2),
    Errand(19 / 16, "Swarm.", priority=1),
    Errand(19 / 16, "Rest."),
)


@scenario
def any_day(
    run: Run,
    *,
    jobs: Annotated[int, Between(1, len(ERRANDS), shrinks=True), "requests of the day"] = 7,
    tokens: Annotated[int, Between(1, 16, shrinks=True), "tokens of a short answer"] = 4,
    faults: Annotated[int, Between(0, 3, shrinks=True), "spells that may come at most"] = 3,
    mistake: Annotated[str | None, "an entry of the gallery, whose bees are cast"] = None,
) -> None:
    """Nothing goes wrong by itself; `glasshive explore` finds what breaks if something does.

    At each of eight ticks the schedule is asked which of thirty spells of weather comes, if any:
    a crash, a hang, a link that is cut. Each passes by itself, and whatever comes, the promises
    are the same.
    """
    with Colony(COLONY, run, cast=cast_of(mistake), promise=PROMISE) as colony:
        weather = Weather(colony, SPELLS, run, every=EVERY, ticks=TICKS, most=faults)
        wanted = _carried_out(colony, ERRANDS[:jobs], tokens)
        weather.outlast()
        if weather.come:
            # What was asked in the weather ends, but perhaps with a failure.
            wanted = [
                colony.submit("Good night.", model=model.name, max_tokens=tokens, ignore_eos=True)
                for model in COLONY.models
            ]
        colony.settle()
        run.expect(
            "what is asked when all is well is answered whole",
            all(ticket.completed for ticket in wanted),
            "; ".join(_told(ticket) for ticket in wanted if not ticket.completed),
        )
        run.result(weather=[spell.name for spell in weather.come])


def _carried_out(colony: Colony, errands: Sequence[Errand], tokens: int) -> list[Ticket]:
    """Ask for everything at its time, and return what was wanted to its end."""
    tickets: dict[Errand, Ticket] = {}
    moments = [(errand.at, errand, True) for errand in errands]
    moments += [(each.at + each.stays, each, False) for each in errands if each.stays is not None]
    for at, errand, asks in sorted(moments, key=lambda moment: moment[0]):
        colony.runtime.run(until=colony.began + at)
        if not colony.is_up(KEEPER):
            continue
        if asks:
            tickets[errand] = colony.submit(
                errand.prompt,
                model=errand.model.name,
                max_tokens=errand.length * tokens,
                ignore_eos=True,
                priority=errand.priority,
                copies=errand.copies,
            )
        elif errand in tickets:
            tickets[errand].cancel()
    return [ticket for errand, ticket in tickets.items() if errand.stays is None]


def _told(ticket: Ticket) -> str:
    end = "has not ended" if ticket.receipt is None else f"ended as {ticket.receipt.outcome}"
    return f"{ticket.request.request_id} {end}"
