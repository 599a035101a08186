from __future__ import annotations

import errno
import json
import os
import pickle
import time
from contextlib import closing
from functools import partial
from itertools import permutations
from multiprocessing import active_children
from typing import TYPE_CHECKING, Any

import pytest

from glasshive import Run, scenario, sometimes
from glasshive.errors import InputError
from glasshive.scenario import pool
from glasshive.scenario.breach import Breach
from glasshive.scenario.pool import Death, work
from glasshive.scenario.situations import Situation
from glasshive.scenario.sweep import Ending, Finding, Sweep, sweep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOTLEY = '''
import os
import sys
from dataclasses import dataclass, field

from glasshive import Complaint, InputError, Run, scenario, sometimes

seen = []


@dataclass
class Rule:
    name: str
    statement: str
    violations: list = field(default_factory=list)
    settled: bool = True


@scenario
def motley(run: Run, dies_at: int = -1, signal: int = 0, picky_from: int = 1000) -> None:
    """Every seed is another story."""
    print("noise")
    print("more noise", file=sys.stderr)
    seen.append(run.seed)
    seed = run.seed
    if seed >= picky_from:
        # The later seed complains the sooner.
        sum(range(3_000_000 // (seed + 1 - picky_from)))
        raise InputError(Complaint(f"row {seed}", "no number", "write one"))
    if seed == dies_at:
        os.kill(os.getpid(), signal) if signal else os._exit(3)
    run.must_reach("a seed is even", "a seed is divided by 100")
    sometimes("a seed is even", seed % 2 == 0)
    for _ in range(3):
        sometimes("a seed is odd", seed % 2 == 1)
    run.check(Rule("order", "one comes before two", [f"2 in {seed}"] if seed in (5, 7) else []))
    run.check(Rule("rest", "all comes to rest", [], settled=seed not in (4, 9)))
    run.expect("nothing is left of the run before", seen == [seed])
    run.expect("a seed is not 3", seed != 3, f"it is {seed}")
    run.expect("a seed is not 3", seed != 3, "once more")
    if seed in (6, 9):
        raise LookupError(f"no {seed}\\nnor anything like it")
'''

STORY = [
    Finding("invariant", "order", "one comes before two", [5, 7], "2 in 5"),
    Finding("error", "LookupError at motley.py:42", "", [6, 9], "no 6\nnor anything like it"),
    Finding("claim", "a seed is not 3", "", [3], "it is 3"),
]


@pytest.fixture
def motley(tmp_path: Path) -> str:
    """Return where a script lies in which every seed is another story."""
    path = tmp_path / "motley.py"
    path.write_text(MOTLEY, encoding="utf-8")
    return str(path)


@scenario
def steady(run: Run, rows: int = 0, stops_at: int = -1) -> None:
    """All holds, as far as it goes."""
    if run.seed == stops_at:
        raise KeyboardInterrupt
    run.table("many", ["row"], [[index] for index in range(rows)])
    sometimes("it ran")


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_sweep_tells_what_broke_in_which_seeds_and_what_was_reached(
    motley: str, jobs: int
) -> None:
    found = sweep(motley, seeds=range(2, 10), jobs=jobs)

    assert (found.runs, found.held, found.status, found.interrupted) == (8, 3, "violated", False)
    assert found.findings == STORY
    assert found.unsettled == {"rest": [4]}
    assert found.situations == [
        Situation("a seed is even", True, 4, 4, 2, (2, 0)),
        Situation("a seed is divided by 100", True, 0, 0, None, (2, 1)),
        Situation("a seed is odd", False, 4, 12, 3, (3, 2)),
    ]


def test_a_sweep_is_the_same_however_many_processes_run_it(motley: str) -> None:
    here, there, everywhere = (sweep(motley, seeds=range(12), jobs=jobs) for jobs in (1, 2, 4))

    assert here == there == everywhere
    assert here.wall_seconds > 0


def test_a_sweep_is_the_same_in_whichever_order_its_runs_end() -> None:
    def breach(seed: int) -> Breach:
        return Breach("claim", "so it is", "", f"not with {seed}")

    endings = [
        Ending(1, "held", unsettled=("rest",), situations={"a": 1, "b": 1}),
        Ending(2, "violated", (breach(2),), situations={"b": 0, "a": 2}, must_reach=("b",)),
        Ending(3, "held", unsettled=("rest",), situations={"c": 1}),
        Ending(4, "violated", (breach(4),), situations={"b": 0}, must_reach=("b",)),
    ]
    told = []
    for order in permutations(endings):
        summary = Sweep("any", {}, range(1, 5))
        for ending in order:
            summary.add(ending)
        told.append((summary.findings, summary.unsettled, summary.situations, summary.held))

    assert told == [told[0]] * 24
    findings, unsettled, situations, held = told[0]
    assert findings == [Finding("claim", "so it is", "", [2, 4], "not with 2")]
    assert unsettled == {"rest": [1, 3]}
    assert [(each.name, each.runs, each.times, each.seed) for each in situations] == [
        ("b", 1, 1, 1),
        ("a", 2, 3, 1),
        ("c", 1, 1, 3),
    ]
    assert held == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_runs_of_a_sweep_print_nothing(
    motley: str, jobs: int, capfd: pytest.CaptureFixture[str]
) -> None:
    sweep(motley, seeds=range(3), jobs=jobs)

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("values", "name", "said"),
    [
        ({"signal": 9}, "process ended with signal 9 (SIGKILL)", "signal 9 (SIGKILL)"),
        ({}, "process ended with exit code 3", "exit code 3"),
    ],
)
def test_a_process_that_dies_is_an_error_of_its_seed_and_the_others_run_on(
    motley: str, values: dict[str, int], name: str, said: str
) -> None:
    found = sweep(motley, {"dies_at": 4, **values}, seeds=range(2, 9), jobs=2)

    assert (found.runs, found.status) == (7, "violated")
    assert [each for each in found.findings if each.seeds == [4]] == [
        Finding(
            "error",
            name,
            "",
            [4],
            f"its process ended with {said} and told no outcome; run this seed alone to see why, "
            "or fewer at the same time if memory is short",
        )
    ]


@pytest.mark.parametrize("jobs", [1, 4])
def test_wrong_input_is_that_of_the_first_seed_whichever_process_is_the_first(
    motley: str, jobs: int
) -> None:
    with pytest.raises(InputError, match=r"^row 5: no number; write one$"):
        sweep(motley, {"picky_from": 5}, seeds=range(100), jobs=jobs)

    assert active_children() == []


def test_values_are_refused_before_anything_runs(motley: str) -> None:
    heard: list[object] = []

    with pytest.raises(InputError, match="has no parameter 'dies'"):
        sweep(motley, {"dies": 3}, seeds=[1], heard=heard.append)
    assert heard == []


def test_an_interrupted_sweep_tells_what_is_known_so_far() -> None:
    found = sweep(steady, {"stops_at": 3}, seeds=range(10))

    assert (found.runs, found.held, found.status) == (3, 3, "interrupted")
    assert [(each.name, each.runs) for each in found.situations] == [("it ran", 3)]


def test_somebody_hears_how_far_a_sweep_is() -> None:
    heard: list[int] = []

    sweep(steady, seeds=[7, 8, 9], heard=lambda summary: heard.append(summary.runs))

    assert heard == [0, 1, 2, 3]


def test_nothing_is_kept_of_the_tables_and_little_of_a_long_text() -> None:
    @scenario
    def wordy(run: Run) -> None:
        steady(run, rows=10_000)
        run.expect("it is short", False, "word " * 10_000)

    found = sweep(wordy, seeds=range(3))

    assert len(pickle.dumps(found)) < 2_000
    (finding,) = found.findings
    assert (len(finding.example), finding.example[-6:]) == (500, " word…")


def raise_in_the_library() -> None:
    json.loads("{")


def raise_a_group() -> None:
    raise ExceptionGroup("several", [LookupError(1), LookupError(2)])


@pytest.mark.parametrize("breaks", [raise_in_the_library, raise_a_group])
def test_an_error_is_called_by_its_type_and_the_last_line_of_the_users_code(
    breaks: Callable[[], None],
) -> None:
    @scenario
    def odd(_: Run) -> None:
        breaks()

    (finding,) = sweep(odd, seeds=[0, 1]).findings

    kind = {raise_in_the_library: "JSONDecodeError", raise_a_group: "ExceptionGroup"}[breaks]
    line = breaks.__code__.co_firstlineno + 1
    assert finding.name == f"{kind} at test_scenario_sweep.py:{line}"


@pytest.mark.parametrize(
    ("seeds", "jobs", "words"),
    [([], 1, "one seed at least"), ([1], 0, "0 processes run nothing")],
)
def test_a_sweep_of_nothing_is_refused(seeds: list[int], jobs: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sweep(steady, seeds=seeds, jobs=jobs)


def test_a_pool_yields_each_answer_and_ends_its_processes() -> None:
    assert sorted(work(abs, [-3, 2, -1, 4], 2), key=str) == [1, 2, 3, 4]
    assert active_children() == []


def test_a_pool_that_is_left_early_ends_its_processes_at_once() -> None:
    began = time.monotonic()
    with closing(work(time.sleep, [0, 600, 600], 2)) as answers:
        assert next(answers) is None

    assert active_children() == []
    assert time.monotonic() - began < 60


def test_a_pool_whose_every_process_dies_comes_to_its_end() -> None:
    assert list(work(os._exit, [3, 0, 4], 1)) == [Death(3, 3), Death(0, 0), Death(4, 4)]


def test_a_task_that_raises_ends_its_process(capfd: pytest.CaptureFixture[str]) -> None:
    assert list(work(partial(divmod, 1), [0, 1], 1)) == [Death(0, 1), (1, 0)]

    assert capfd.readouterr().err.endswith(
        "ZeroDivisionError: integer division or modulo by zero\n"
    )


def test_a_death_is_told_by_its_signal_or_its_exit_code() -> None:
    assert [str(Death(1, code)) for code in (-11, -63, 2)] == [
        "signal 11 (SIGSEGV)",
        "signal 63",
        "exit code 2",
    ]


def test_a_system_that_starts_no_more_processes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def Pipe(self) -> Any:  # noqa: N802  as multiprocessing calls it
            raise OSError(errno.EMFILE, "Too many open files")

    full: Callable[[str], Full] = lambda _: Full()  # noqa: E731
    monkeypatch.setattr(pool, "get_context", full)

    with pytest.raises(InputError) as refused:
        next(work(abs, [1], 900))
    assert str(refused.value) == (
        "900 jobs: the system starts no further process (Too many open files); ask for fewer"
    )
