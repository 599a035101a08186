"""Every scenario of the house holds, whatever the seed, and comes to what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from glasshive import InputError
from glasshive.scenario import run
from topology import sample_blueprint
from topology.invariants import INVARIANTS
from topology.workload import Constant, Poisson, Rate, write_azure

if TYPE_CHECKING:
    from pathlib import Path

    from glasshive.scenario import Outcome

SEEDS = range(8)
PLAIN = (
    *("a_bad_day", "cancel_everywhere", "cold_start", "first_light", "hive_dies_mid_stream"),
    *("lossy_links", "mid_stream_crash", "partition_and_heal", "queen_restarts", "retry_storm"),
    *("rolling_restart", "slow_worker", "thundering_keepers", "two_hives"),
)
SQUEEZED = {"minutes": 1.0, "peak": 4.0}
"""What makes a busy hour a short one."""

FAULTS = """\
heal_at = 60

[[strikes]]
at = 2
do = "crash_host"
host = "hive-a"

[[strikes]]
at = 5
do = "restart_host"
host = "hive-a"

[[strikes]]
after_token = 3
do = "crash"
bee = "queen"

[[strikes]]
at = 9
do = "restart"
bee = "queen"
"""


class Story:
    """Keeps what a run tells."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, text: str) -> None:
        self.told.append(text)

    def progress(self, *_: Any) -> None:
        """Hear nothing."""


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Return a recorded workload: forty requests of 23 tokens in more than five minutes."""
    file = tmp_path / "recorded.csv"
    workload = Poisson(
        Rate(0.08), prompt=Constant(100), output=Constant(23), model="any", seed=1, limit=40
    )
    write_azure(file, workload)
    return file


def unheld(outcome: Outcome) -> list[str]:
    """Return everything that did not hold in a run."""
    told = [f"{each.claim}: {each.detail}" for each in outcome.claims if not each.held]
    told += [f"{each.name}: {how}" for each in outcome.invariants for how in each.violations]
    told += [f"{each.name} is open" for each in outcome.invariants if not each.settled]
    if outcome.failure is not None:
        told.append(outcome.failure.traceback)
    return told


# -- every seed -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario", [*PLAIN, "busy_hour"])
def test_a_scenario_holds_with_every_invariant_to_its_end(scenario: str, seed: int) -> None:
    outcome = run(scenario, SQUEEZED if scenario == "busy_hour" else {}, seed=seed)
    assert unheld(outcome) == []
    assert outcome.status == "held"
    assert {each.name for each in outcome.invariants} == {each.name for each in INVARIANTS}
    assert outcome.claims


@pytest.mark.parametrize("seed", SEEDS)
def test_a_replay_holds_with_every_invariant_to_its_end(recorded: Path, seed: int) -> None:
    outcome = run("workload_replay", {"workload": str(recorded)}, seed=seed)
    assert unheld(outcome) == []
    assert len(outcome.invariants) == len(INVARIANTS)
    assert outcome.facts["output_tokens"] == {"Completed": 40 * 23}


MOST_SEEDS = {"a_bad_day": 200}


@pytest.mark.parametrize(
    "scenario",
    [
        *("a_bad_day", "cancel_everywhere", "cold_start", "hive_dies_mid_stream"),
        *("partition_and_heal", "queen_restarts", "rolling_restart", "thundering_keepers"),
    ],
)
def test_some_seed_comes_into_every_situation_that_a_scenario_must_reach(scenario: str) -> None:
    reached: set[str] = set()
    wanted: set[str] = set()
    for seed in range(MOST_SEEDS.get(scenario, 100)):
        outcome = run(scenario, seed=seed)
        wanted = set(outcome.must_reach)
        reached |= {name for name, count in outcome.situations.items() if count}
        if wanted <= reached:
            break
    assert wanted
    assert wanted - reached == set()


# -- a crash in the middle ----------------------------------------------------------------------


@pytest.mark.parametrize("after", [1, 2, 5, 10, 19])
def test_a_worker_that_dies_after_k_tokens_is_replaced_by_another_with_the_same_text(
    after: int,
) -> None:
    outcome = run("mid_stream_crash", {"after": after})
    assert [(each.claim, each.held) for each in outcome.claims] == [
        ("the job is complete all the same", True),
        ("its text is the one that it has in peace", True),
        ("another worker went on with it", True),
    ]
    assert outcome.status == "held"


def test_a_crash_after_the_last_token_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        run("mid_stream_crash", {"after": 20, "tokens": 20})
    assert str(caught.value) == (
        "after: the answer has 20 tokens, so none is left to come after 20; "
        "make it smaller than tokens"
    )


# -- with a plan of faults ----------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["busy_hour", "workload_replay"])
def test_a_plan_of_faults_strikes_while_a_workload_is_served_and_no_token_is_missing(
    tmp_path: Path, recorded: Path, scenario: str
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(FAULTS, encoding="utf-8")
    mine = SQUEEZED if scenario == "busy_hour" else {"workload": str(recorded)}
    story = Story()
    outcome = run(scenario, {**mine, "faults": str(plan)}, audience=story)
    assert unheld(outcome) == []
    assert [each.claim for each in outcome.claims] == [
        "every request is complete",
        "every token was delivered",
    ]
    assert sorted(line for line in story.told if "crash" in line or "start" in line) == [
        "after the 3rd token of any request: crash queen",
        "at 2 s: crash host hive-a",
        "at 5 s: restart host hive-a without its bees' state",
        "at 9 s: restart queen without its state",
        "queen crashes",
        "queen starts again, knowing nothing",
        "the host of hive-a crashes",
        "the host of hive-a starts again",
    ]


@pytest.mark.parametrize("scenario", ["busy_hour", "workload_replay"])
def test_a_plan_that_is_wrong_is_refused_with_its_line_before_anything_runs(
    tmp_path: Path, recorded: Path, scenario: str
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(FAULTS.replace("hive-a", "hive-1", 1), encoding="utf-8")
    mine: dict[str, Any] = {"workload": str(recorded)} if scenario == "workload_replay" else {}
    with pytest.raises(InputError, match=r"plan\.toml, line 6, strikes\[0\], crash_host: there is"):
        run(scenario, {**mine, "faults": str(plan)})


# -- recorded workloads under faults --------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["lossy_links", "rolling_restart"])
def test_of_a_recorded_workload_every_token_is_delivered_whatever_strikes(
    recorded: Path, scenario: str
) -> None:
    outcome = run(scenario, {"workload": str(recorded), "limit": 40})
    assert unheld(outcome) == []
    assert outcome.facts["requests"] == {"Completed": 40}
    assert outcome.facts["output_tokens"] == {"Completed": 40 * 23}


def test_a_workload_is_cut_to_as_many_requests_as_are_wanted(recorded: Path) -> None:
    outcome = run("lossy_links", {"workload": str(recorded), "limit": 7})
    assert outcome.facts["output_tokens"] == {"Completed": 7 * 23}


def everybody() -> list[str]:
    """Return what is noted when every worker, hive and the queen crashes once, in this order."""
    blueprint = sample_blueprint("two_hives")
    return [
        *(f"{worker.name} crashes" for worker in blueprint.workers),
        *(f"the host of {hive.name} crashes" for hive in blueprint.hives),
        "queen crashes",
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rolling_restart_restarts_every_worker_hive_and_the_queen_once(seed: int) -> None:
    story = Story()
    run("rolling_restart", seed=seed, audience=story)
    assert [line for line in story.told if line.endswith(" crashes")] == everybody()


def test_a_rolling_restart_does_so_under_a_recorded_workload_too(recorded: Path) -> None:
    story = Story()
    run("rolling_restart", {"workload": str(recorded)}, audience=story)
    assert [line for line in story.told if line.endswith(" crashes")] == everybody()
    assert sum(" starts again" in line for line in story.told) == len(everybody())


def test_lossy_links_lose_repeat_and_reorder_what_goes_between_every_two_hosts(
    tmp_path: Path,
) -> None:
    trace = tmp_path / "trace.jsonl"
    run("lossy_links", {"limit": 4}, trace=trace)
    counted = {
        kind: trace.read_text(encoding="utf-8").count(f'"kind":"{kind}"')
        for kind in ("drop", "duplicate")
    }
    assert min(counted.values()) > 20
