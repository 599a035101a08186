"""On threads a bee that has crashed is started again, and its requests end whole."""

from __future__ import annotations

import pytest

from actors import Completed, Generation, LatencyModel, Model, Patience
from glasshive import Live, Run
from topology import Blueprint, Colony

PATIENCE = Patience(
    heartbeat_seconds=0.2,
    degraded_seconds=0.6,
    silence_seconds=1.2,
    retry_seconds=0.1,
    reply_seconds=1.0,
    renew_seconds=1.0,
    keep_seconds=2.0,
)
MODEL = Model("honey", latency=LatencyModel(seconds_per_token=0.01))
GRID = Blueprint.grid(
    hives=1, workers_per_hive=1, models=(MODEL,), patience=PATIENCE, latency_seconds=0.0002
)
IN_PEACE = [Generation("honey", "hum", 0).token(index) for index in range(60)]


@pytest.mark.parametrize("name", ["queen", "hive-1"])
@pytest.mark.parametrize("state", [False, True])
def test_a_text_is_whole_whose_queen_or_hive_begins_anew_in_its_middle(
    name: str, *, state: bool
) -> None:
    with Live() as live:
        run = Run(live)
        colony = Colony(GRID, run)
        address = colony.ref(name).actor_inbox
        job = colony.submit("hum", max_tokens=60, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= 5)
        colony.crash(name)
        assert not colony.is_up(name)
        colony.restart(name, state=state)
        assert colony.is_up(name)
        assert colony.ref(name).actor_inbox is address
        receipt = job.wait()
    assert receipt.texts == IN_PEACE
    assert isinstance(receipt.outcome, Completed)


def test_healing_a_live_colony_brings_back_whoever_has_crashed() -> None:
    with Live() as live:
        colony = Colony(GRID, Run(live))
        for name in ("queen", "hive-1", "keeper-1"):
            colony.crash(name)
        colony.heal()
        assert all(map(colony.is_up, ("queen", "hive-1", "keeper-1")))
        job = colony.submit("hum", max_tokens=5, ignore_eos=True)
        assert job.wait().texts == IN_PEACE[:5]
