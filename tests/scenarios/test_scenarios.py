"""The scenarios of the house, driven through the command as a person would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from topology.workload import Constant, Poisson, Rate, write_azure

if TYPE_CHECKING:
    from pathlib import Path

HOUSE = (
    *("a_bad_day", "any_day", "busy_hour", "cancel_everywhere", "cold_start", "first_light"),
    *("hive_dies_mid_stream", "lossy_links", "mid_stream_crash", "partition_and_heal"),
    *("queen_restarts", "retry_storm", "rolling_restart", "slow_worker", "thundering_keepers"),
    *("two_hives", "workload_replay"),
)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Return a recorded workload: thirty requests of 17 tokens, five in a second."""
    file = tmp_path / "recorded.csv"
    workload = Poisson(
        Rate(5.0), prompt=Constant(100), output=Constant(17), model="any", seed=1, limit=30
    )
    write_azure(file, workload)
    return file


def command(*words: str, hash_seed: str = "random") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "glasshive", *words],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def as_object(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def test_the_house_lists_its_scenarios_beside_those_of_its_gallery() -> None:
    listed = as_object(command("list", "--json"))
    in_gallery = [each for each in listed["scenarios"] if "gallery" in each["module"]]
    own = [each["name"] for each in listed["scenarios"] if each not in in_gallery]
    assert tuple(own) == HOUSE
    assert all(each["module"].startswith("scenarios.gallery.") for each in in_gallery)
    assert listed["broken"] == []


@pytest.mark.parametrize("scenario", ["first_light", "two_hives", "mid_stream_crash"])
def test_equal_runs_write_equal_bytes_under_every_hash_seed(tmp_path: Path, scenario: str) -> None:
    traces = []
    for number, hash_seed in enumerate(("0", "1", "random", "random")):
        trace = tmp_path / f"{number}.jsonl"
        words = ("run", scenario, "--seed", "1", "--trace", str(trace), "--quiet")
        assert command(*words, hash_seed=hash_seed).returncode == 0
        traces.append(trace.read_bytes())
    assert len(traces[0]) > 10_000
    assert traces[1:] == traces[:1] * 3


def test_first_light_ends_live_with_the_text_of_the_simulated_run() -> None:
    simulated = as_object(command("run", "first_light", "--json"))
    live = as_object(command("run", "first_light", "--runtime", "live", "--json"))
    assert simulated["facts"]["text"] == live["facts"]["text"] != ""
    assert live["status"] == "held"
    assert all(each["violations"] == [] for each in live["invariants"])


def test_first_light_tells_every_message_of_the_protocol_down_and_up() -> None:
    told = command("run", "first_light", "--set", "tokens=2").stdout
    for line in (
        "keeper-1 → queen     Submit(request-1)",
        "queen → hive      Submit(request-1)",
        "hive → worker    OpenStream(job_id=worker/job-1, after=-1)",
        "worker → hive      StreamItem(job_id=worker/job-1, index=0, token=Token(text=",
        "queen → keeper-1  StreamEnd(job_id=queen/job-1, index=2, outcome=Completed(",
    ):
        assert line in told


def test_two_hives_share_the_jobs_under_every_policy() -> None:
    outcome = as_object(command("run", "two_hives", "--json"))
    (table,) = outcome["tables"]
    assert [row[0] for row in table["rows"]] == [
        "round_robin",
        "least_loaded",
        "most_free_vram",
        "power_of_two",
    ]
    # 60 jobs in turn over 2 hives and then 4 workers of each: 7 or 8 for every worker.
    assert table["rows"][0][1:3] == [8, 7]


def test_a_replayed_workload_accounts_for_every_request_and_every_token(recorded: Path) -> None:
    words = ("run", "workload_replay", "--set", f"workload={recorded}", "--json")
    outcome = as_object(command(*words))
    assert outcome["facts"]["requests"] == {"Completed": 30}
    assert outcome["facts"]["output_tokens"] == {"Completed": 30 * 17}
    assert [claim["held"] for claim in outcome["claims"]] == [True, True]


HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
GOOD = "2023-11-16 18:15:46.6805900,374,44\n"


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (b"", "the file is empty"),
        (b"TIMESTAMP,ContextTokens\n", "line 1"),
        (f"{HEADER}yesterday,1,1\n".encode(), "line 2"),
        (f"{HEADER}{GOOD}2023-11-16 18:15:40.0000000,1,1\n".encode(), "line 3"),
        (f"{HEADER}{GOOD}2023-11-16 18:15:50.0000000,-1,1\n".encode(), "line 3"),
        (f"{HEADER}{GOOD}2023-11-16 18:15:50.0000000,1,99999999999\n".encode(), "line 3"),
        (f"{HEADER}{GOOD}2023-11-16 18:15:5".encode(), "line 3"),
    ],
    ids=["empty", "no-column", "timestamp", "order", "negative", "absurd", "cut"],
)
def test_a_bad_workload_ends_with_2_and_the_row_before_anything_runs(
    tmp_path: Path, content: bytes, row: str
) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    done = command("run", "workload_replay", "--set", f"workload={file}")
    assert done.returncode == 2
    assert row in done.stderr
    assert str(file) in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""], ids=["bom", "no-bom"])
def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path, mark: bytes) -> None:
    file = tmp_path / "windows.csv"
    file.write_bytes(mark + (HEADER + GOOD).replace("\n", "\r\n").encode())
    outcome = as_object(command("run", "workload_replay", "--set", f"workload={file}", "--json"))
    assert outcome["facts"]["output_tokens"] == {"Completed": 44}


def test_a_replay_without_a_file_says_which_setting_names_it() -> None:
    done = command("run", "workload_replay")
    assert done.returncode == 2
    assert done.stderr == "error: workload: no file is named; say which: --set workload=FILE\n"


def test_a_sweep_holds_under_every_seed_and_tells_which_situations_came() -> None:
    words = ("run", "cold_start", "--seeds", "6", "--seed", "3", "--jobs", "2", "--json")
    swept = as_object(command(*words))
    assert (swept["status"], swept["runs"], swept["held"]) == ("held", 6, 6)
    assert swept["findings"] == swept["unsettled"] == []
    wanted = {each["situation"]: each["runs"] for each in swept["situations"] if each["must_reach"]}
    assert wanted == {
        "an idle model is unloaded to make room for another": 6,
        "a worker could not be brought up at first": 6,
    }


def test_a_scenario_of_ten_lines_from_the_readme_runs_from_anywhere(tmp_path: Path) -> None:
    script = tmp_path / "patience.py"
    script.write_text(
        '''
from glasshive import Run, scenario
from topology import Blueprint, Colony

@scenario
def patience(run: Run, *, tokens: int = 40) -> None:
    """Cancel a job after ten tokens."""
    with Colony(Blueprint.grid(hives=1, workers_per_hive=2), run) as colony:
        job = colony.submit("Sing to me.", max_tokens=tokens, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= 10)
        job.cancel()
        run.expect("the song was cut short", len(job.wait().texts) < tokens)
''',
        encoding="utf-8",
    )
    outcome = as_object(command("run", str(script), "--json"))
    assert outcome["claims"] == [{"claim": "the song was cut short", "held": True, "detail": ""}]
