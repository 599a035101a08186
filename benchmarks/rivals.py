"""The three-hop chain on other libraries, as far as they are installed here."""

from __future__ import annotations

import asyncio
import itertools
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from benchmarks.contest import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ABSENT", "RIVALS"]

HOPS = 3


async def _queues(rounds: int, window: int) -> float:
    """Run the chain as tasks with a queue in front of each; return messages per second."""
    queues: list[asyncio.Queue[str]] = [asyncio.Queue() for _ in range(HOPS)]
    done = asyncio.Event()

    async def hop(place: int) -> None:
        while True:
            queues[place + 1].put_nowait(await queues[place].get())

    async def last() -> None:
        for counted in itertools.count(1):
            message = await queues[HOPS - 1].get()
            if counted == rounds:
                done.set()
            queues[0].put_nowait(message)

    began = seconds()
    for _ in range(window):
        queues[0].put_nowait("message")
    tasks = [asyncio.ensure_future(hop(place)) for place in range(HOPS - 1)]
    tasks.append(asyncio.ensure_future(last()))
    await done.wait()
    took = seconds() - began
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return HOPS * rounds / took


def with_asyncio(rounds: int, window: int) -> float:
    """Run the chain on asyncio's own loop."""
    return asyncio.run(_queues(rounds, window))


def with_simloop(rounds: int, window: int) -> float:
    """Run the same tasks on simloop's loop."""
    import simloop  # noqa: PLC0415  not everywhere

    loop = simloop.SimLoop(seed=0)
    try:
        return float(loop.run_until_complete(_queues(rounds, window)))
    finally:
        loop.close()


def with_simloom(rounds: int, window: int) -> float:
    """Run the same tasks in simloom's world."""
    import simloom  # noqa: PLC0415  not everywhere

    found = simloom.run(
        lambda: _queues(rounds, window), seed=0, max_steps_per_instant=100 * HOPS * rounds
    )
    return float(found.value)


def with_xoscar(rounds: int, window: int) -> float:
    """Run the chain as xoscar's actors, in this process, told without waiting."""
    import xoscar  # noqa: PLC0415  not everywhere

    class Hop(xoscar.StatelessActor):  # type: ignore[misc]
        def follow(self, following: Any, left: int, kept: int) -> None:
            self.following, self.left, self.kept = following, left, kept
            self.done = asyncio.Event()

        async def take(self, message: str) -> None:
            self.left -= 1
            if self.left == 0:
                self.done.set()
            # The last ones go no further: none is under way when the pool closes.
            if not 0 <= self.left < self.kept:
                await self.following.take.tell(message)

        async def wait(self) -> None:
            await self.done.wait()

    async def chain() -> float:
        address = "127.0.0.1:0"
        pool = await xoscar.create_actor_pool(address, n_process=0)
        async with pool:
            address = pool.external_address
            hops = [await xoscar.create_actor(Hop, address=address) for _ in range(HOPS)]
            for place, hop in enumerate(hops):
                left = rounds if place == HOPS - 1 else -1
                await hop.follow(hops[(place + 1) % HOPS], left, window)
            began = seconds()
            for _ in range(window):
                await hops[0].take.tell("message")
            await hops[-1].wait()
            return HOPS * rounds / (seconds() - began)

    return asyncio.run(chain())


def with_thespian(rounds: int, window: int) -> float:
    """Run the chain as Thespian's actors, in this thread (its "simpleSystemBase")."""
    from thespian.actors import ActorSystem  # noqa: PLC0415  not everywhere

    from benchmarks.thespian_hop import Hop, Setting  # noqa: PLC0415

    system = ActorSystem("simpleSystemBase", transientUnique=True)
    try:
        hops = [system.createActor(Hop) for _ in range(HOPS)]
        for place, hop in enumerate(hops):
            left = rounds + 1 if place == HOPS - 1 else 0
            system.tell(hop, Setting(hops[(place + 1) % HOPS], left))
        began = seconds()
        system.ask(hops[0], window, 600)
        return HOPS * rounds / (seconds() - began)
    finally:
        system.shutdown()


_OPTIONAL: dict[str, tuple[str, Callable[[int, int], float], str]] = {
    "Thespian": ("thespian", with_thespian, "pip install --group bench"),
    "xoscar": ("xoscar", with_xoscar, "pip install --group bench"),
    "simloop": ("simloop", with_simloop, "needs Python 3.12"),
    "simloom": ("simloom", with_simloom, "needs Python 3.12"),
}

RIVALS: dict[str, Callable[[int, int], float]] = {
    "asyncio queues": with_asyncio,
    **{name: run for name, (module, run, _) in _OPTIONAL.items() if find_spec(module)},
}
"""Each rival by name; one round is a message through all hops."""

ABSENT: dict[str, str] = {
    name: f"not here: {why}"
    for name, (module, _, why) in _OPTIONAL.items()
    if not find_spec(module)
}
"""Those that are not installed, and why."""
