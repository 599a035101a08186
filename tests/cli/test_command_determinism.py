"""`glasshive run --check-determinism` finds what makes a program differ from run to run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
    Script: TypeAlias = Callable[[str, str], Path]

PLANTED = '''
import os
import signal
import time

import pykka

from glasshive.scenario import Run, scenario


class Guest:
    def __init__(self, name):
        self.name = name


def crowd(names):
    # The first of many get blocks that something else has just given back, wherever those lie.
    return [*map(Guest, ["nobody"] * 500), *map(Guest, names)][-len(names) :]


class Court(pykka.ThreadingActor):
    name = "court"

    def on_receive(self, message):
        pass


class Herald(pykka.ThreadingActor):
    name = "herald"

    def __init__(self, court):
        super().__init__()
        self.court = court
        self.guests = crowd(["ann", "bob"])

    def on_receive(self, message, clock=time.perf_counter):
        if message == "announce":
            {code}


@scenario
def planted(run: Run) -> None:
    """A herald announces, and something is not the same every time."""
    court = Court.start()
    herald = Herald.start(court)
    herald.tell("prepare")
    time.sleep(0.25)
    court.tell("rise")
    herald.tell("announce")
    herald.tell("rest")
    run.runtime.run()
    {claim}
'''

CLEAN = "self.court.tell(sorted({'ann', 'bob'}))"
BY_HASH_SEED = "the hash seed; look for the order of a set, or hash()"
BY_ADDRESSES = "addresses in memory; look for id(), or the order of a set of objects"
BY_NEITHER = (
    "neither the hash seed alone nor the layout of memory; look for a clock, a process id, or the "
    "order of a set of objects"
)


def planted(code: str = CLEAN, claim: str = "pass") -> str:
    return PLANTED.replace("{code}", code).replace("{claim}", claim)


@pytest.mark.parametrize(
    ("code", "kinds", "follows"),
    [
        ("[self.court.tell(x) for x in {'ann', 'bob', 'eve', 'joe'}]", ["send"], BY_HASH_SEED),
        ("self.court.tell(hash('ann'))", ["send"], BY_HASH_SEED),
        # One run sends, and the other goes on to the court's own message.
        ("hash('WORD') % 2 and self.court.tell(1)", None, BY_HASH_SEED),
        (
            "[self.court.tell(x.name) for x in sorted(crowd('ab'), key=id)]",
            ["send"],
            BY_ADDRESSES,
        ),
        (
            "guests = {id(x): x for x in self.guests}; self.court.tell(guests[min(guests)].name)",
            ["send"],
            BY_ADDRESSES,
        ),
        (
            "self.court.tell([x.name for x in set(map(Guest, 'abcdefgh'))])",
            ["send"],
            None,
        ),
        ("self.court.tell(os.getpid())", ["send"], BY_NEITHER),
        ("self.court.tell(clock())", ["send"], BY_NEITHER),
        # Nothing is written down of a sleep but what is late after it.
        ("time.sleep(clock() % 1)", ["deliver"], BY_NEITHER),
    ],
)
def test_a_planted_nondeterminism_is_found_with_its_actor_and_its_first_event(
    glasshive: Command, script: Script, code: str, kinds: list[str] | None, follows: str | None
) -> None:
    script("planted.py", planted(code))

    done = glasshive("run", "planted.py", "--check-determinism", "--json")

    assert (done.returncode, done.stderr) == (1, "")
    found = json.loads(done.stdout)
    assert found["status"] == "not-deterministic"
    # Whether a set's order follows the layout or the system's own moves is the system's choice.
    assert found["follows"] == follows or (follows is None and found["follows"] != BY_HASH_SEED)
    event = found["event"]
    assert event["actor"] == "herald"
    handled = event["handling"]
    assert (handled["kind"], handled["peer"], handled["time"]) == ("deliver", "script", 0.25)
    assert found["same_events"] == event["left"]["index"] == event["right"]["index"]
    assert found["same_events"] == handled["index"] + 1
    if kinds is not None:
        assert event["left"]["kind"] in kinds
        assert event["left"]["actor"] == "herald"


def test_where_two_runs_part_is_told_in_a_few_lines(glasshive: Command, script: Script) -> None:
    code = "self.court.tell({'banquet of the bees, at ' + '0' * 60: hash('ann')})"
    script("planted.py", planted(code.replace("hash('ann')", "['wine', hash('ann') % 2**16]")))

    done = glasshive("run", "planted.py", "--check-determinism", "--seed", "3")

    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[0] == (
        "not deterministic: run 1 and run 2 of planted.py with seed 3 part at event 9"
    )
    assert lines[1] == ("  actor    herald, while it handled str from script (event 8, 0.250 s)")
    assert lines[2].startswith('  run 1    0.250 s  send  herald → court  dict  {"banquet of the')
    assert lines[3].startswith('  run 2    0.250 s  send  herald → court  dict  {"banquet of the')
    way = "data.banquet of the bees, at " + "0" * 60
    assert lines[4].startswith(f"  differs  {way}[1]: ")
    assert lines[5:] == [
        f"  follows  {BY_HASH_SEED}",
        "  under    hash seed 1, rising addresses | hash seed 2, falling addresses",
    ]


def test_a_clean_program_is_called_deterministic_with_its_digest(
    glasshive: Command, script: Script
) -> None:
    script("planted.py", planted())
    once = json.loads(glasshive("run", "planted.py", "--json", "--trace", "a.jsonl").stdout)
    events, digest = once["trace"]["events"], once["trace"]["digest"]

    done = glasshive("run", "planted.py", "--check-determinism")
    as_json = glasshive("run", "planted.py", "--check-determinism", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"deterministic: {events} events, digest {digest}\n"
        "  4 runs of planted.py with seed 0, under different hash seeds and addresses; each held\n"
    )
    assert as_json.returncode == 0
    assert json.loads(as_json.stdout) == {
        "status": "deterministic",
        "scenario": "planted.py",
        "parameters": {},
        "seed": 0,
        "runs": 4,
        "outcome": "held",
        "events": events,
        "digest": digest,
    }


def test_first_light_is_deterministic(glasshive: Command) -> None:
    done = glasshive("run", "first_light", "--check-determinism", "--set", "tokens=3")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("deterministic: ")


def test_a_program_that_fails_the_same_way_every_time_is_deterministic(
    glasshive: Command, script: Script
) -> None:
    script("planted.py", planted(claim="raise ValueError('enough')"))

    done = glasshive("run", "planted.py", "--check-determinism")

    assert done.returncode == 0
    assert done.stdout.endswith("each failed (ValueError: enough)\n")


def test_an_outcome_that_differs_though_no_event_does_is_said(
    glasshive: Command, script: Script
) -> None:
    script("planted.py", planted(claim="run.result(where=os.getpid())"))

    done = glasshive("run", "planted.py", "--check-determinism")

    assert (done.returncode, done.stderr) == (1, "")
    first, events, outcomes, follows, under = done.stdout.splitlines()
    assert first == (
        "not deterministic: run 1 and run 2 of planted.py with seed 0 part in what is not an event"
    )
    assert events.startswith("  events   all ")
    assert events.endswith(" are the same")
    assert outcomes.startswith("  outcomes facts.where: ")
    assert follows == f"  follows  {BY_NEITHER}"
    assert under.startswith("  under    hash seed 1")


def test_a_default_that_differs_is_found_in_the_header(glasshive: Command, script: Script) -> None:
    script("planted.py", planted().replace("run: Run)", "run: Run, who: int = os.getpid())"))

    done = glasshive("run", "planted.py", "--check-determinism")

    assert done.returncode == 1
    assert "\n  headers  parameters.who: " in done.stdout


def test_the_traces_are_kept_where_that_is_asked(
    glasshive: Command, script: Script, tmp_path: Path
) -> None:
    script("planted.py", planted("self.court.tell(os.getpid())"))
    words = ("run", "planted.py", "--check-determinism", "--trace", "a.jsonl.gz")

    done = glasshive(*words)

    assert done.stdout.endswith("\n  traces   a.jsonl.gz 2-a.jsonl.gz\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "2-a.jsonl.gz",
        "a.jsonl.gz",
        "planted.py",
    ]
    script("planted.py", planted())
    (tmp_path / "2-a.jsonl.gz").unlink()
    assert glasshive(*words).returncode == 0
    assert not (tmp_path / "2-a.jsonl.gz").exists()


def test_live_runs_are_refused(glasshive: Command, script: Script) -> None:
    script("planted.py", planted())

    done = glasshive("run", "planted.py", "--check-determinism", "--runtime", "live")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(
        "Error: --check-determinism and --runtime live cannot be had together: threads never run "
        "the same way twice\n"
    )


def test_wrong_input_is_complained_of_as_by_a_single_run(
    glasshive: Command, script: Script
) -> None:
    script("planted.py", planted())
    for words in (["planted.py", "--set", "no=1"], ["none.py"], ["planted.py", "--trace", "."]):
        once = glasshive("run", *words)
        checked = glasshive("run", *words, "--check-determinism")
        as_json = glasshive("run", *words, "--check-determinism", "--json")

        assert once.stderr.startswith("error: ")
        assert (checked.returncode, checked.stdout, checked.stderr) == (2, "", once.stderr)
        assert json.loads(as_json.stdout)["complaints"] == [once.stderr[7:-1]]


def test_a_run_whose_process_dies_is_said(glasshive: Command, script: Script) -> None:
    script("planted.py", planted(claim="os._exit(7)"))

    done = glasshive("run", "planted.py", "--check-determinism", "--json")

    death = "run 1 ended with exit code 7, without an outcome"
    assert (done.returncode, done.stderr) == (1, f"error: {death}\n")
    assert json.loads(done.stdout) == {"status": "died", "error": death}


def test_ctrl_c_ends_the_runs_too(tmp_path: Path, script: Script) -> None:
    began = tmp_path / "began"
    os.mkfifo(began)
    claim = "open('began', 'w').write(f'{os.getpid()}\\n'); signal.pause()"
    script("planted.py", planted(claim=claim))
    with subprocess.Popen(
        [sys.executable, "-m", "glasshive", "run", "planted.py", "--check-determinism", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        with began.open() as pids:
            pid = int(pids.readline())
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate()

    assert (process.returncode, errors) == (130, "")
    assert json.loads(output) == {"status": "interrupted"}
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
