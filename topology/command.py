"""`glasshive check`: what a blueprint draws and a plan does to it, or what is wrong with them."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from glasshive.errors import InputError
from topology.blueprint import GIB, read_blueprint
from topology.faults.healing import wounds_left
from topology.faults.reader import read_fault_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.specs import WorkerSpec
    from glasshive.errors import Complaint
    from topology.blueprint import Blueprint, HiveSpec
    from topology.faults import FaultPlan

__all__ = ["check"]

COLUMNS = 100
"""Width of what goes into a pipe."""


@click.command("check")
@click.argument("blueprint", metavar="BLUEPRINT.toml", type=click.Path(path_type=Path))
@click.option(
    "--faults",
    metavar="PLAN.toml",
    type=click.Path(path_type=Path),
    help="Check a plan of faults for this colony too, and show it in words.",
)
def check(blueprint: Path, faults: Path | None) -> None:
    """Check a blueprint, and show the colony that it draws.

    Everything that is wrong with it is told at once, with its line.
    """
    drawing, plan = _read(blueprint, faults)
    width = None if sys.stdout.isatty() else COLUMNS
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
    console.print(_summary(drawing), soft_wrap=True)
    console.print()
    console.print(_tree(drawing), soft_wrap=True)
    console.print()
    console.print(_models(drawing))
    console.print()
    console.print(_links(drawing))
    console.print()
    console.print(_patience(drawing), soft_wrap=True)
    if plan is not None:
        console.print()
        for line in _faults(plan, drawing):
            console.print(line, soft_wrap=True)


def _read(blueprint: Path, faults: Path | None) -> tuple[Blueprint, FaultPlan | None]:
    """Read both files; what is wrong with either is told, also if the other is wrong."""
    complaints: list[Complaint] = []
    drawing = plan = None
    try:
        drawing = read_blueprint(blueprint)
    except InputError as error:
        complaints += error.complaints
    if faults is not None:
        try:
            plan = read_fault_plan(faults, drawing)
        except InputError as error:
            complaints += error.complaints
    if drawing is None or complaints:
        raise InputError(*complaints)
    return drawing, plan


def _faults(plan: FaultPlan, blueprint: Blueprint) -> Iterator[str]:
    """Yield a plan of faults in words, a line for each."""
    heals = "never heals" if plan.heal_at is None else f"heals at {plan.heal_at:.12g} s"
    yield f"{_counted(len(plan.strikes), 'fault')} · {heals} · nothing is wrong"
    for strike in plan.strikes:
        yield f"  {strike}"
    for flaw in wounds_left(plan, blueprint):
        yield f"{flaw.what}; {flaw.remedy}"


def _summary(blueprint: Blueprint) -> str:
    counts = (
        _counted(len(blueprint.hives), "hive"),
        _counted(len(blueprint.workers), "worker"),
        _counted(len(blueprint.models), "model"),
        _counted(len(blueprint.keepers), "keeper"),
    )
    return f"{blueprint.name} · {' · '.join(counts)} · nothing is wrong"


def _tree(blueprint: Blueprint) -> Tree:
    queen = blueprint.queen
    tree = Tree(Text(f"queen · {queen.placement} · at most {_counted(queen.max_jobs, 'job')}"))
    for hive in blueprint.hives:
        branch = tree.add(
            Text(f"{hive.name} · {hive.placement} · at most {_counted(hive.max_jobs, 'job')}")
        )
        there = _by_device(hive)
        for device in hive.devices:
            workers = there[device.name]
            given = sum(worker.vram_bytes for worker in workers if worker.resident)
            twig = branch.add(
                Text(f"{device.name} · {_gib(given)} of {_gib(device.vram_bytes)} GiB given out")
            )
            for worker in workers:
                kv_bytes = worker.vram_bytes - worker.model.size_bytes
                twig.add(
                    Text(
                        f"{worker.name} · {worker.model.name} · {_gib(worker.vram_bytes)} GiB, "
                        f"{_gib(kv_bytes)} of them for tokens · "
                        f"{_counted(worker.max_num_seqs, 'slot')}, {worker.max_waiting:,} waiting"
                        f"{'' if worker.resident else ' · on demand'}"
                    )
                )
    return tree


def _models(blueprint: Blueprint) -> Table:
    table = _table("model")
    for column in (
        "size [GiB]",
        "KV [B/token]",
        "prefill [s/token]",
        "step [s]",
        "load factor",
        "workers",
    ):
        table.add_column(column, justify="right")
    served: defaultdict[str, int] = defaultdict(int)
    for worker in blueprint.workers:
        served[worker.model.name] += 1
    for model in blueprint.models:
        table.add_row(
            model.name,
            _gib(model.size_bytes),
            f"{model.kv_bytes_per_token:,}",
            f"{model.latency.prefill_seconds_per_token:g}",
            f"{model.latency.seconds_per_token:g}",
            f"{model.latency.load_factor:g}",
            f"{served[model.name]:,}",
        )
    return table


def _links(blueprint: Blueprint) -> Table:
    table = _table("link")
    table.add_column("latency [s]", justify="right")
    for link in blueprint.links:
        table.add_row(" - ".join(link.between), f"{link.latency_seconds:g}")
    every = "all others" if blueprint.links else "all"
    table.add_row(every, f"{blueprint.latency_seconds:g}")
    return table


def _patience(blueprint: Blueprint) -> str:
    waits = (
        f"{field.name.removesuffix('_seconds').replace('_', ' ')} "
        f"{getattr(blueprint.patience, field.name):g} s"
        for field in fields(blueprint.patience)
    )
    return "patience · " + " · ".join(waits)


def _table(first: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    table.add_column(first)
    return table


def _by_device(hive: HiveSpec) -> defaultdict[str, list[WorkerSpec]]:
    workers: defaultdict[str, list[WorkerSpec]] = defaultdict(list)
    for worker in hive.workers:
        workers[worker.device].append(worker)
    return workers


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / GIB:.1f}"
