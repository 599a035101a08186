"""Run many seeds of each scenario in two processes, and hold their digests against each other.

`python -m benchmarks.determinism` runs a thousand, which takes twenty minutes on two cores.
The processes differ in their hash seeds and in how their memory is laid out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from glasshive import Run, scenario
from glasshive.cli.addresses import lay_out
from glasshive.cli.logs import show_logs
from glasshive.latency import Uniform
from glasshive.scenario import Scenario, find, run
from topology import Blueprint, Colony
from topology.faults import AfterToken, Crash, CrashHost, FaultPlan, Link, RestartHost
from topology.workload import Constant, Poisson, Rate

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
HASH_SEEDS = (1, 2)


@scenario
def faulty_hives(run: Run, jobs: int = 6) -> None:
    """Links lose, repeat and hold back, two workers and a hive's host die; every job ends."""
    blueprint = Blueprint.grid(hives=2, workers_per_hive=2, keepers=2)
    lossy = [
        Link(
            "queen",
            hive.name,
            latency=Uniform(0.001, 0.02),
            loss=0.02,
            duplicate=0.02,
            reorder=0.1,
        )
        for hive in blueprint.hives
    ]
    plan = FaultPlan.of(
        [
            *((0.0, link) for link in lossy),
            (AfterToken(5), Crash("worker-1")),
            (AfterToken(15), Crash("worker-4")),
            (1.0, CrashHost("hive-2")),
            (2.0, RestartHost("hive-2")),
        ],
        heal_at=20.0,
    )
    workload = Poisson(
        Rate(6.0),
        prompt=Constant(60),
        output=Constant(20),
        model=blueprint.models[0].name,
        seed=run.seed,
        limit=jobs,
    )
    with Colony(blueprint, run) as colony:
        colony.strike(plan)
        colony.serve(workload, total=jobs)
        ended = sum(colony.metrics.summary().requests.values())
    run.expect("every job has ended", ended == jobs, f"{ended} of {jobs}")


class Case(NamedTuple):
    """A scenario, with what it is told."""

    scenario: Scenario
    parameters: Mapping[str, object]


def cases() -> dict[str, Case]:
    """Return what is run, by name."""
    return {
        "first_light": Case(find("first_light"), {}),
        "mid_stream_crash": Case(find("mid_stream_crash"), {}),
        "two_hives": Case(find("two_hives"), {"jobs": 6}),
        "faulty_hives": Case(faulty_hives, {}),
        "a_bad_day": Case(find("a_bad_day"), {}),
    }


def digests(name: str, seeds: int) -> dict[int, str]:
    """Run a case under each seed, in this process, and return what its traces add up to."""
    case = cases()[name]
    show_logs(silent=True)
    lay_out("rising" if os.environ.get("PYTHONHASHSEED") == "1" else "falling")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.jsonl"
        for seed in range(seeds):
            outcome = run(case.scenario, case.parameters, seed=seed, trace=trace)
            found[seed] = f"{outcome.status} {outcome.events} {outcome.digest}"
    return found


def in_processes(name: str, seeds: int) -> list[dict[str, str]]:
    """Return what `digests` says in a process for each hash seed, at the same time."""
    words = [sys.executable, "-m", "benchmarks.determinism", "--digests", name, "--seeds"]
    processes = [
        subprocess.Popen(
            [*words, str(seeds)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for hash_seed in HASH_SEEDS
    ]
    return [json.loads(process.communicate()[0]) for process in processes]


def main() -> int:
    """Compare all cases, or tell the digests of one in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many, from 0 on")
    parser.add_argument("--digests", choices=sorted(cases()), help="only tell those of one")
    words = parser.parse_args()
    if words.digests is not None:
        print(json.dumps(digests(words.digests, words.seeds)))
        return 0
    different = 0
    for name in cases():
        began = time.perf_counter()
        left, right = in_processes(name, words.seeds)
        parted = [seed for seed in left if left[seed] != right.get(seed)]
        took = time.perf_counter() - began
        told = f"differ under seeds {', '.join(parted)}" if parted else "are equal"
        print(f"{name:18} {len(left):,} seeds: digests {told} ({took:.0f} s)", flush=True)
        different += len(parted)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
