"""`glasshive check`: what a blueprint draws, or everything that is wrong with it."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from topology.blueprint import GIB, read_blueprint

if TYPE_CHECKING:
    from actors.specs import WorkerSpec
    from topology.blueprint import Blueprint, HiveSpec

__all__ = ["check"]

COLUMNS = 100
"""Width of what goes into a pipe."""


@click.command("check")
@click.argument("blueprint", metavar="BLUEPRINT.toml", type=click.Path(path_type=Path))
def check(blueprint: Path) -> None:
    """Check a blueprint, and show the colony that it draws.

    Everything that is wrong with it is told at once, with its line.
    """
    drawing = read_blueprint(blueprint)
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
            given = sum(worker.vram_bytes for worker in workers)
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
    patience = blueprint.patience
    return (
        f"patience · heartbeat {patience.heartbeat_seconds:g} s · "
        f"silence {patience.silence_seconds:g} s · retry {patience.retry_seconds:g} s · "
        f"keep {patience.keep_seconds:g} s · open {patience.open_seconds:g} s"
    )


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
