"""Nothing is loaded, and a burst arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from actors import LatencyModel, Model, ModelInfo, StreamItem, WorkerSpec
from glasshive import Between, Run, scenario
from scenarios.trial import expect_complete, story_of, tried
from topology import GIB, Blueprint, Device, HiveSpec
from topology.faults import FailToLoad, FaultPlan

if TYPE_CHECKING:
    from glasshive.trace import Event

MODELS = (
    Model("honey-8b", 15 * GIB, 131_072, LatencyModel(0.0001, 0.012, 0.02)),
    Model("nectar-13b", 24 * GIB, 819_200, LatencyModel(0.00016, 0.02, 0.03)),
)


def cold() -> Blueprint:
    """Return two hives of one device each, which has room for one model at a time."""
    return Blueprint(
        name="cold",
        models=MODELS,
        hives=tuple(
            HiveSpec(
                f"hive-{hive}",
                (Device("gpu-0", 48 * GIB, speed=speed, load_bytes_per_second=8.0 * GIB),),
                tuple(
                    WorkerSpec(
                        f"worker-{hive}{place}",
                        model,
                        vram_bytes=40 * GIB,
                        max_num_seqs=4,
                        resident=False,
                    )
                    for place, model in enumerate(MODELS, start=1)
                ),
            )
            for hive, speed in ((1, 1.0), (2, 2.0))
        ),
        keepers=("keeper-1", "keeper-2"),
    )


@scenario
def cold_start(
    run: Run,
    *,
    jobs: Annotated[int, Between(2, 1000), "requests of the burst"] = 12,
    fails: Annotated[int, Between(0, 2), "loads of one worker that fail before one succeeds"] = 1,
) -> None:
    """No model is loaded and a burst of two models arrives; they take turns on the devices."""
    random = story_of(run)
    blueprint = cold()
    strikes = [(0.0, FailToLoad("hive-1", "worker-11", fails))] if fails else []
    with tried(run, blueprint, FaultPlan.of(strikes, heal_at=3600.0)) as colony:
        progress = []

        def hear(_: Event, message: Any) -> None:
            if isinstance(message.token, ModelInfo) and "loading" in message.token.text:
                progress.append(message.token.text)

        colony.runtime.watch(
            hear, kinds=["deliver"], actors=[colony.refs["queen"]], messages=[StreamItem]
        )
        tickets = [
            colony.submit(
                f"{run.seed}, {number}",
                model=random.choice(MODELS).name,
                max_tokens=random.randint(10, 120),
            )
            for number in range(jobs)
        ]
        colony.settle()
        expect_complete(run, tickets)
        run.expect("the loading was told as it went", bool(progress), f"{len(progress)} times")
        slowest = max(t.receipt.ended_at - t.receipt.submitted_at for t in tickets if t.receipt)
        run.result(slowest_seconds=slowest)
        run.must_reach(
            "an idle model is unloaded to make room for another",
            "a worker could not be brought up at first",
        )
