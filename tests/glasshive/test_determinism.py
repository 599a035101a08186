"""The same program and seed make the same trace, wherever it runs."""

from __future__ import annotations

import os
import subprocess
import sys

_PROGRAM = """
import pathlib, random, sys, threading, time, uuid
import pykka
from glasshive import Simulation, Uniform, clock
from glasshive.trace import TraceWriter

class Node(pykka.ThreadingActor):
    def __init__(self, peers):
        super().__init__()
        self.peers = peers
    def on_receive(self, message):
        left, tags = message
        if left == 0:
            return tags
        time.sleep(random.random())
        target = random.choice(self.peers) if self.peers else self.actor_ref
        target.tell((left - 1, {*tags, str(uuid.uuid4()), left, None}))
        clock.after(0.5, target, (0, {"timer", self.actor_urn}))
        threading.Timer(0.1, target.tell, [(0, frozenset(tags))]).start()

seed, order = int(sys.argv[1]), sys.argv[2]
writer = TraceWriter.open(pathlib.Path("/dev/null"), {})
schedule = Uniform(seed) if order == "any" else None
with Simulation(seed=seed, trace=writer, order=order, schedule=schedule) as simulation:
    simulation.network.link("a", "b", latency=0.25)
    nodes = []
    for number in range(6):
        with simulation.on("ab"[number % 2]):
            nodes.append(Node.start(list(nodes)))
    for node in nodes:
        node.tell((5, {"x", "y", number}))
        node.ask((0, {"asked", "z"}), block=False)
    simulation.run()
    pykka.ActorRegistry.stop_all()
writer.finish({})
print(writer.events, writer.digest)
"""


def _digest(seed: int, order: str, hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(seed), order],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_a_digest_is_the_same_under_every_hash_seed_and_differs_by_seed() -> None:
    for order in ("timed", "any"):
        digests = {_digest(1, order, hash_seed) for hash_seed in ("0", "1", "random")}
        assert len(digests) == 1
        assert digests != {_digest(2, order, "0")}
