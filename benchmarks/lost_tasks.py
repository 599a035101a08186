"""A lost update as asyncio tasks, for simloop and simloom, which explore those.

Both collect garbage after each run, which takes the longer the more a process holds: so each is
measured in a process of its own, and this module imports nothing that it does not need.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["with_simloom", "with_simloop"]

WARM_UP = 20


async def _update() -> int:
    """Have two clients add one; a queue for the counter, and a future for each answer."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[int | None, asyncio.Future[int]]] = asyncio.Queue()
    held = 0

    async def counter() -> None:
        nonlocal held
        while True:
            number, answer = await queue.get()
            if number is not None:
                held = number
            answer.set_result(held)

    async def ask(number: int | None) -> int:
        answer: asyncio.Future[int] = loop.create_future()
        queue.put_nowait((number, answer))
        return await answer

    async def client() -> None:
        number = await ask(None)
        await ask(number + 1)

    serving = asyncio.ensure_future(counter())
    await asyncio.gather(client(), client())
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    return held


def _measured(run: Callable[[int], int], runs: int) -> dict[str, float]:
    for seed in range(WARM_UP):
        run(seed)
    began = time.perf_counter()
    lost = sum(run(seed) < 2 for seed in range(runs))  # noqa: PLR2004  two clients
    return {"speed": runs / (time.perf_counter() - began), "lost": lost / runs}


def with_simloop(runs: int) -> dict[str, float]:
    """Run it on simloop's loop, a new one for each seed.

    Args:
        runs: how many seeds.

    Returns:
        The runs a second, and the share of those that lost an update.
    """
    import simloop  # noqa: PLC0415  not everywhere

    def run(seed: int) -> int:
        loop = simloop.SimLoop(seed=seed)
        try:
            return int(loop.run_until_complete(_update()))
        finally:
            loop.close()

    return _measured(run, runs)


def with_simloom(runs: int) -> dict[str, float]:
    """Run it in simloom's world, a new one for each seed.

    Args:
        runs: how many seeds.

    Returns:
        The runs a second, and the share of those that lost an update.
    """
    import simloom  # noqa: PLC0415  not everywhere

    return _measured(lambda seed: int(simloom.run(_update, seed=seed).value), runs)
