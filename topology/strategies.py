"""Hypothesis strategies: colonies on paper, what is asked of them, and what befalls them.

All of them shrink to few and simple things. Hypothesis is wanted by this module and by
`topology.machine`: `pip install "glasshive[testing]"`.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from actors import LatencyModel, Model, Patience, Request, WorkerSpec
from actors.placement import POLICIES
from topology.blueprint import GIB, Blueprint, Device, HiveSpec, QueenSpec
from topology.blueprint.drawing import keeper_names
from topology.faults.magnitudes import KINDS, strikes_of
from topology.faults.plan import FaultPlan
from topology.faults.swarm import checked
from topology.workload.arrival import Arrival

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'topology.strategies needs Hypothesis: pip install "glasshive[testing]"', name=error.name
    ) from error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topology.faults.plan import Strike

__all__ = ["BRISK", "MODELS", "PROMPTS", "blueprints", "fault_plans", "requests", "workloads"]

T = TypeVar("T")

BRISK = Patience(
    heartbeat_seconds=0.25,
    degraded_seconds=0.6,
    silence_seconds=0.9,
    retry_seconds=0.25,
    retry_most_seconds=1.0,
    reply_seconds=0.5,
    renew_seconds=0.75,
    lease_seconds=1.625,
    place_seconds=2.0,
    load_seconds=1.5,
    answer_seconds=30.0,
    margin_seconds=0.25,
    keep_seconds=2.0,
    open_seconds=1.0,
)
"""Bees that wait for seconds where others do for minutes: a run of them is soon over."""

MODELS = tuple(
    Model(f"model-{number}", GIB, 131_072, LatencyModel(seconds_per_token=seconds))
    for number, seconds in ((1, 0.0625), (2, 0.125))
)
"""Two small models; floats hold their times exactly, so that things happen at one instant."""

PROMPTS = ("Hum.", "Sing to me.", "Dance.")


class _HypothesisPicks:
    """Decides as Hypothesis draws; it shrinks to the least number and the first option.

    Args:
        draw: what draws from a strategy.
    """

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def whole(self, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`."""
        return self._draw(st.integers(least, most))

    def one(self, options: Sequence[T]) -> T:
        """Return one of some options."""
        return self._draw(st.sampled_from(options))


# -- colonies -------------------------------------------------------------------------------


def blueprints(
    *, hives: int = 2, workers: int = 2, keepers: int = 2, patience: Patience = BRISK
) -> st.SearchStrategy[Blueprint]:
    """Return a strategy for small colonies that can be built.

    Workers serve one of two models, alone on a device or beside another; some have to be brought
    up, perhaps after another has made room. They shrink to one hive with one worker that is there.

    Args:
        hives: how many at most.
        workers: of each hive at most.
        keepers: how many at most.
        patience: how long every bee waits for others.

    Raises:
        ValueError: when one of the numbers is below 1.
    """
    if min(hives, workers, keepers) < 1:
        raise ValueError(
            f"a colony has 1 or more of each, not {hives} hives of {workers} workers and "
            f"{keepers} keepers"
        )
    return _blueprints(hives, workers, keepers, patience)


@st.composite
def _blueprints(
    draw: st.DrawFn, hives: int, workers: int, keepers: int, patience: Patience
) -> Blueprint:
    drawn, first = [], 1
    for number in range(1, draw(st.integers(1, hives)) + 1):
        count = draw(st.integers(1, workers))
        names = [f"worker-{place}" for place in range(first, first + count)]
        first += count
        drawn.append(draw(_hives(f"hive-{number}", names)))
    served = {worker.model for hive in drawn for worker in hive.workers}
    return Blueprint(
        name="drawn",
        models=tuple(model for model in MODELS if model in served),
        hives=tuple(drawn),
        queen=QueenSpec(draw(_policies), draw(st.sampled_from((64, 2)))),
        keepers=keeper_names(draw(st.integers(1, keepers))),
        latency_seconds=draw(st.sampled_from((0.03125, 0.0))),
        patience=patience,
    )


_policies = st.sampled_from(
    ("least_loaded", *(name for name in POLICIES if name != "least_loaded"))
)


@st.composite
def _hives(draw: st.DrawFn, name: str, workers: Sequence[str]) -> HiveSpec:
    specs = [
        WorkerSpec(
            worker,
            draw(st.sampled_from(MODELS)),
            draw(st.sampled_from(("gpu-0", "gpu-1"))),
            2 * GIB,
            max_num_seqs=draw(st.sampled_from((2, 1, 4))),
            max_waiting=draw(st.sampled_from((2, 0, 8))),
            resident=not draw(st.booleans()),
        )
        for worker in workers
    ]
    # Room for all residents of a device, and for one worker if there is none.
    devices = tuple(
        Device(
            device,
            2 * GIB * max(1, sum(spec.resident for spec in specs if spec.device == device)),
            load_bytes_per_second=2.0 * GIB,
        )
        for device in dict.fromkeys(spec.device for spec in specs)
    )
    return HiveSpec(name, devices, tuple(specs), draw(_policies), draw(st.sampled_from((64, 2))))


# -- what is asked of them ------------------------------------------------------------------


def requests(
    blueprint: Blueprint, request_id: str, *, tokens: int = 8
) -> st.SearchStrategy[Request]:
    """Return a strategy for requests, the simplest of which wants one token of the first model.

    Args:
        blueprint: whose models are asked.
        request_id: the request's id.
        tokens: tokens of an answer at most.
    """
    return st.builds(
        Request,
        request_id=st.just(request_id),
        model=st.sampled_from([model.name for model in blueprint.models]),
        prompt=st.sampled_from(PROMPTS),
        prompt_tokens=st.integers(1, 4),
        max_tokens=st.integers(1, tokens),
        seed=st.integers(0, 3),
        ignore_eos=st.just(value=True),
        priority=st.integers(0, 2),
        copies=st.integers(1, 2),
    )


def workloads(
    blueprint: Blueprint, *, most: int = 6, seconds: float = 4.0, tokens: int = 8
) -> st.SearchStrategy[tuple[Arrival, ...]]:
    """Return a strategy for small workloads, some of whose requests come at one instant.

    Args:
        blueprint: whose models are asked.
        most: requests at most.
        seconds: seconds from the first that can come to the last.
        tokens: tokens of an answer at most.

    Raises:
        ValueError: when there is to be no request or no token.
    """
    if most < 1 or tokens < 1:
        raise ValueError(f"a workload has 1 or more, not {most} requests of {tokens} tokens")
    return _workloads(blueprint, most, seconds, tokens)


_MOMENTS = 16
"""Into so many parts the time of a workload is divided."""


@st.composite
def _workloads(
    draw: st.DrawFn, blueprint: Blueprint, most: int, seconds: float, tokens: int
) -> tuple[Arrival, ...]:
    moments = sorted(draw(st.lists(st.integers(0, _MOMENTS), min_size=1, max_size=most)))
    return tuple(
        Arrival(
            seconds * moment / _MOMENTS,
            draw(requests(blueprint, f"request-{number}", tokens=tokens)),
        )
        for number, moment in enumerate(moments, start=1)
    )


# -- what befalls them ----------------------------------------------------------------------


def fault_plans(
    blueprint: Blueprint,
    *,
    seconds: float = 60.0,
    among: Sequence[str] = tuple(KINDS),
    kinds: int = 3,
    most: int = 6,
) -> st.SearchStrategy[FaultPlan]:
    """Return a strategy for plans that a colony must live with, each healed at its end.

    A plan turns a few kinds of fault on, in swarm style; it shrinks to no faults, then to early
    ones of the plain kinds with small numbers.

    Args:
        blueprint: whose bees and hosts are struck.
        seconds: seconds after which nothing strikes any more and everything is put right.
        among: the kinds to choose from, by their names in `topology.faults.magnitudes.KINDS`.
        kinds: kinds that are turned on at most.
        most: faults at most; some bring what ends them along.

    Raises:
        InputError: for an unknown kind, and for a time that is not one.
    """
    checked(among, seconds)
    chosen = st.lists(st.sampled_from(tuple(among)), unique=True, max_size=kinds)
    return _fault_plans(blueprint, seconds, chosen, most)


@st.composite
def _fault_plans(
    draw: st.DrawFn,
    blueprint: Blueprint,
    seconds: float,
    among: st.SearchStrategy[list[str]],
    most: int,
) -> FaultPlan:
    chosen = draw(among)
    drawn = _strikes(blueprint, seconds, chosen)
    strikes = draw(st.lists(drawn, max_size=most if chosen else 0))
    return FaultPlan(tuple(chain.from_iterable(strikes)), heal_at=seconds)


@st.composite
def _strikes(
    draw: st.DrawFn, blueprint: Blueprint, seconds: float, among: Sequence[str]
) -> tuple[Strike, ...]:
    # A fault among many goes fastest if one number can turn it into none.
    kind = draw(st.sampled_from(("", *among)))
    return () if not kind else strikes_of(kind, _HypothesisPicks(draw), blueprint, seconds)
