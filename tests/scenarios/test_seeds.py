"""A seed's digest is the same in every process; `benchmarks.determinism` runs a thousand seeds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def digests(scenario: str, seeds: int) -> list[dict[str, str]]:
    """Return each seed's digest, in two processes with hash seeds of their own."""
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.determinism"),
                *("--digests", scenario, "--seeds", str(seeds)),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for hash_seed in ("1", "2")
    ]
    return [json.loads(process.communicate()[0]) for process in processes]


@pytest.mark.parametrize(
    ("scenario", "seeds"),
    [
        *(("first_light", 200), ("mid_stream_crash", 100), ("two_hives", 8)),
        *(("faulty_hives", 60), ("a_bad_day", 20)),
    ],
)
def test_every_seed_has_one_digest_whatever_the_hash_seed_and_the_addresses(
    scenario: str, seeds: int
) -> None:
    left, right = digests(scenario, seeds)

    assert len(left) == seeds
    assert left == right
    assert {told.partition(" ")[0] for told in left.values()} == {"held"}


def test_seeds_make_runs_that_differ() -> None:
    left, _ = digests("faulty_hives", 5)

    assert len(set(left.values())) == 5
