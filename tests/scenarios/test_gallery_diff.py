"""`glasshive trace diff` names what each mistake of the gallery needs, and what it does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from glasshive.cli import main
from glasshive.explore import Program
from glasshive.schedule import Schedule
from scenarios.any_day import SPELLS
from scenarios.gallery import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.explore import Attempt

DOCS = Path(__file__).parents[2] / "docs"
NAMES = [spell.name for spell in SPELLS]


class Act(NamedTuple):
    """The first thing that mistaken bees do otherwise than the right ones."""

    who: str
    how: str
    mistaken: str
    """What the trace of the mistaken bees has there, from its kind on, or how that begins."""
    right: str
    payload: str = ""
    """What differs in the payload, where it is only that."""


class Planted(NamedTuple):
    """The smallest run that `glasshive explore any_day --set mistake=…` finds with seed 0."""

    breaks: str
    jobs: int
    tokens: int
    spell: tuple[int, str] | None = None
    """The number of the one decision that was not plain, and what it brought; None for none."""


OTHER = "does something else next"
LEAVES_OUT = "leaves out in A what it does in B"
DOES = "does in A what it leaves out in B"
PAYLOAD = "does the same with another payload"

PLANTED = {
    "sender_not_receiver": Planted("one-end-per-stream", 1, 1),
    "failed_looks_done": Planted("one-end-per-stream", 1, 4),
    "second_open": Planted("one-end-per-stream", 1, 4),
    "never_removed": Planted("legal-registries", 1, 1),
    "accepted_never_opened": Planted(
        "legal-registries", 1, 1, (28, "keeper-1 crashes, and is back after 0.25 s knowing nothing")
    ),
    "in_band_marker": Planted("same-text", 1, 2),
    "silence_is_success": Planted("same-text", 1, 2, (42, "keeper-1 hangs for 1.5 s")),
    "impatient_relay": Planted("same-text", 1, 2, (42, "queen hangs for 1.5 s")),
    "swallowed_failure": Planted("every-job-ends", 3, 1),
    "reported_not_executed": Planted("same-text", 1, 1),
    "ghost_workers": Planted("every-job-ends", 1, 1, (48, "hive-1 goes for good")),
    "everyone_is_localhost": Planted("legal-registries", 2, 1),
    "lost_after_restart": Planted(
        "every-job-ends", 1, 1, (42, "queen crashes, and is back after 0.5 s knowing nothing")
    ),
    "unattributed": Planted(
        "every-job-ends", 1, 1, (66, "worker-3 crashes, and fails to load twice")
    ),
    "full_buffer_drops": Planted("every-job-ends", 1, 4, (42, "keeper-1 is cut off for 0.5 s")),
    "truncated_is_done": Planted("same-text", 1, 3, (42, "worker-1 runs out of memory")),
    "model_not_checked": Planted("same-text", 2, 1),
    "orphaned_below": Planted("cancel-means-silence", 3, 1),
    "leaked_resource": Planted("no-oversubscription", 1, 1, (28, "worker-1 crashes")),
    "blind_is_empty": Planted("every-job-ends", 1, 1, (42, "hive-2 is blind for 10 s")),
    "stuck_loading": Planted(
        "every-job-ends", 1, 1, (66, "worker-3 crashes, and fails to load twice")
    ),
    "cooperative_only": Planted("cancel-means-silence", 3, 4),
}
"""What a search from a plain day finds of each mistake. A spell is decision 28, 42, 48 or 66 if it
comes at the tick after 0.75, 1, 1.25 or 1.75 s on a day of one job."""

ACTS = {
    # The queen is her own subscriber, so the first token that she has goes to herself.
    "sender_not_receiver": Act(
        "queen",
        OTHER,
        "send queen StreamItem job_id=queen/job-1 index=0 ",
        "send queen → keeper-1 StreamItem job_id=queen/job-1 index=0 ",
    ),
    # Four tokens, indices 0 to 3. The keeper opens its stream again after 0.4375 s, when three of
    # them have come and the fourth is under way: so the next index is 3.
    "failed_looks_done": Act(
        "queen",
        OTHER,
        "send queen → keeper-1 StreamEnd job_id=queen/job-1 index=3 outcome=Completed()",
        "send queen → keeper-1 StreamItem job_id=queen/job-1 index=3 ",
    ),
    "second_open": Act(
        "queen",
        OTHER,
        "send queen → keeper-1 StreamEnd job_id=queen/job-1 index=3 outcome=Failed("
        'message="the stream of queen/job-1 was taken already")',
        "send queen → keeper-1 StreamItem job_id=queen/job-1 index=3 ",
    ),
    # An omission: the hive's beat forgets nothing, and goes on to its heartbeat.
    "never_removed": Act(
        "hive-1",
        LEAVES_OUT,
        "send hive-1 → queen Heartbeat ",
        "state hive-1 hive-1/job-1: Completed → (gone)",
    ),
    # An omission: one second was promised to the keeper that is gone, and is not counted.
    "accepted_never_opened": Act(
        "queen",
        LEAVES_OUT,
        "timer-set queen Beat in 0.5 s",
        'state queen queen/job-1: Queued → Failed message="nobody opened queen/job-1 in the 1 s '
        'that it had"',
    ),
    # "Dance." is answered with " basket queen", and the second word is taken for the end.
    "in_band_marker": Act(
        "worker-1",
        PAYLOAD,
        "send worker-1 → hive-1 StreamItem job_id=worker-1/job-1 index=1 token=Done(",
        "send worker-1 → hive-1 StreamItem job_id=worker-1/job-1 index=1 token=Token(",
        "token.type: Done | Token",
    ),
    # A receipt is no event; that it is wrong is one, and the keeper should have asked again.
    "silence_is_success": Act(
        "keeper-1",
        OTHER,
        "violation keeper-1 request-1 is complete with 1 tokens instead of 2: same-text",
        "send keeper-1 → queen OpenStream job_id=queen/job-1 after=0 ",
    ),
    # Her last token came at 0.96875 s, two seconds before her beat at 3 s.
    "impatient_relay": Act(
        "queen",
        DOES,
        "state queen queen/job-1: Running → Completed",
        "timer-set queen Beat in 0.5 s",
    ),
    # An omission: the third request is withdrawn, and the hive does not hand that on.
    "swallowed_failure": Act(
        "hive-2",
        LEAVES_OUT,
        "timer-fired hive-2 Beat",
        "state hive-2 hive-2/job-2: Running → Cancelled",
    ),
    "reported_not_executed": Act(
        "queen",
        OTHER,
        "state queen queen/job-1: Running → Completed",
        "send queen → hive-1 OpenStream job_id=hive-1/job-1 after=-1 ",
    ),
    # An omission: the hive was last heard of at 1.03125 s, and is missed at the beat of 2.5 s.
    "ghost_workers": Act(
        "queen",
        LEAVES_OUT,
        "timer-set queen Beat in 0.5 s",
        'note queen below=hive-1 event="node is down" level=warning node=queen '
        'what="has been silent for 1.46875 s"',
    ),
    "everyone_is_localhost": Act(
        "hive-2",
        PAYLOAD,
        "send hive-2 → queen Hello name=hive-2 node=hive-1 ",
        "send hive-2 → queen Hello name=hive-2 node=hive-2 ",
        "node: hive-1 | hive-2",
    ),
    # That she does not listen is seen when a job comes that only those whom she has not met serve.
    "lost_after_restart": Act(
        "queen",
        OTHER,
        "send queen → keeper-1 Rejected request_id=request-2 "
        "reason=\"nobody at queen serves 'model-1'; models served: none\"",
        "state queen queen/life-r1/job-1: (new) → Queued request_id=request-2",
    ),
    # The right one writes it in its log before it tells the hive; this one has no name to give.
    "unattributed": Act(
        "worker-3",
        OTHER,
        'send worker-3 → hive-2 LoadFailed reason="could not load"',
        'note worker-3 event="loading failed" ',
    ),
    # Of four tokens the last two are there; the keeper has the first, and asks for what follows.
    "full_buffer_drops": Act(
        "queen",
        PAYLOAD,
        "send queen → keeper-1 StreamItem job_id=queen/job-1 index=2 ",
        "send queen → keeper-1 StreamItem job_id=queen/job-1 index=1 ",
        "index: 2 | 1",
    ),
    "truncated_is_done": Act(
        "worker-1",
        PAYLOAD,
        "send worker-1 → hive-1 StreamItem job_id=worker-1/job-1 index=2 token=Done(",
        "send worker-1 → hive-1 StreamItem job_id=worker-1/job-1 index=2 token=Error("
        "code=out-of-memory, ",
        "token.type: Done | Error",
    ),
    # Two workers, each said to serve both models: so the second of four is the first one again.
    "model_not_checked": Act(
        "hive-2",
        PAYLOAD,
        "send hive-2 → queen Hello ",
        "send hive-2 → queen Hello ",
        "workers[1].name: worker-2 | worker-3",
    ),
    "orphaned_below": Act(
        "queen",
        OTHER,
        "state queen queen/job-3: Running → Cancelled",
        "send queen → hive-2 Cancel job_id=hive-2/job-2 ",
    ),
    # Nobody but the rule sees a hive's reservations: it is all that the runs do not share.
    "leaked_resource": Act(
        "script",
        DOES,
        "violation script hive-1 keeps 1 places and 262,144 bytes of VRAM at worker-1 promised "
        "to jobs that are over: no-oversubscription",
        "send script → keeper-1 _ActorStop",
    ),
    "blind_is_empty": Act(
        "hive-2",
        PAYLOAD,
        "send hive-2 → queen Heartbeat name=hive-2 node=hive-2 ",
        "send hive-2 → queen Heartbeat name=hive-2 node=hive-2 ",
        "workers: [] | null",
    ),
    # An omission: a crash and two failures make three in a row. The worker rests as long as a
    # model may load, which is for ever here, and is not brought up again.
    "stuck_loading": Act(
        "worker-3",
        "does nothing more in A",
        "(nothing)",
        "spawn worker-3 Worker on hive-2",
    ),
    # An omission: the cancel comes, and the worker goes on to its next beat.
    "cooperative_only": Act(
        "worker-3",
        LEAVES_OUT,
        "timer-fired worker-3 Beat",
        "state worker-3 worker-3/job-2: Running → Cancelled",
    ),
}
"""Where the trace of the mistaken bees parts from that of the right ones on the same day, as the
code of each mistake has it."""


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]) -> Callable[[Path, Path], list[str]]:
    """Run `glasshive trace diff`; return the lines, without the spaces that align them."""

    def command(left: Path, right: Path) -> list[str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["trace", "diff", str(left), str(right), "--width", "900"])
        assert end.value.code == 1
        return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]

    return command


def program(entry: str, *, mistaken: bool = True) -> Program:
    planted = PLANTED[entry]
    values = {
        "jobs": planted.jobs,
        "tokens": planted.tokens,
        "faults": int(planted.spell is not None),
        "mistake": entry if mistaken else None,
    }
    return Program.of("any_day", values)


def schedule(entry: str) -> Schedule:
    spell = PLANTED[entry].spell
    return Schedule({} if spell is None else {spell[0]: NAMES.index(spell[1]) + 1})


def assert_fails(attempt: Attempt, entry: str) -> None:
    assert attempt.status == "violated"
    assert attempt.breach is not None
    assert attempt.breach.name == PLANTED[entry].breaks


def assert_held(attempt: Attempt) -> None:
    assert attempt.status == "held", attempt.breaches
    assert attempt.breaches == ()


def event_of(line: str) -> str:
    """Return what a line says, without whose run it is, its time and its number."""
    return re.sub(r"^(both|A|B): ([\d.]+ [\d,]+ )?", "", line)


def after(lines: list[str], beginning: str) -> list[str]:
    """Return the lines from the one that begins so, of which there must be one."""
    (place,) = [number for number, line in enumerate(lines) if line.startswith(beginning)]
    return lines[place:]


def test_every_mistake_is_planted_as_the_hunt_tells_it() -> None:
    rows = re.findall(
        r"^\| \[([a-z-]+)\].*\| ([a-z-]+) \| (\d) \| [\d,]+ \|$",
        (DOCS / "hunt.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    told = [
        (entry.replace("_", "-"), planted.breaks, "0" if planted.spell is None else "1")
        for entry, planted in PLANTED.items()
    ]
    assert told == rows
    assert tuple(PLANTED) == tuple(ACTS) == ENTRIES


@pytest.mark.parametrize("entry", [each for each in ENTRIES if PLANTED[each].spell])
def test_the_decision_that_shows_a_mistake_is_named(
    diff: Callable[[Path, Path], list[str]], tmp_path: Path, entry: str
) -> None:
    fails, holds = tmp_path / "fails.jsonl", tmp_path / "holds.jsonl"
    assert_fails(program(entry).attempt(schedule(entry), trace=fails), entry)
    assert_held(program(entry).attempt(Schedule({}), trace=holds))
    lines = diff(fails, holds)
    spell = PLANTED[entry].spell
    assert spell is not None
    number, name = spell
    assert lines[0].startswith(f"A violated, {PLANTED[entry].breaks}: ")
    assert lines[1].startswith("B held · ")
    # Right behind the two runs: so there is no other decision, nor a parameter.
    choice = NAMES.index(name) + 1
    assert lines[2] == f"decided by decision {number} of A: {name} (choice {choice} of 30)"
    assert lines[3:5] == ["", "they part at weather, which does nothing in B"]
    assert [event_of(line) for line in lines[5:8]] == [
        f"note weather weather: {name}",
        "(nothing)",
        "",
    ]


@pytest.mark.parametrize("entry", ENTRIES)
def test_beside_the_right_bees_the_first_thing_told_is_what_the_mistake_does(
    diff: Callable[[Path, Path], list[str]], tmp_path: Path, entry: str
) -> None:
    fails, holds = tmp_path / "fails.jsonl", tmp_path / "holds.jsonl"
    assert_fails(program(entry).attempt(schedule(entry), trace=fails), entry)
    assert_held(program(entry, mistaken=False).attempt(schedule(entry), trace=holds))
    lines = diff(fails, holds)
    act = ACTS[entry]
    assert lines[0].startswith(f"A violated, {PLANTED[entry].breaks}: ")
    assert lines[1].startswith("B held · ")
    # The parameter, the classes of the mistaken bees, and then where they part.
    assert lines[2] == f"parameters.mistake: {entry} | null"
    classes = lines[3 : lines.index("")]
    assert classes
    assert all(re.fullmatch(r"[a-z]+(-\d)?\.class: \w+ \| [A-Z][a-z]+", each) for each in classes)
    parting = after(lines, "they part at ")
    assert lines[lines.index("") + 1] == parting[0] == f"they part at {act.who}, which {act.how}"
    told = parting[1:] if not parting[1].startswith("both: ") else parting[2:]
    assert told[0].startswith("A: ")
    assert event_of(told[0]).startswith(act.mistaken)
    assert told[1].startswith("B: ")
    assert event_of(told[1]).startswith(act.right)
    if act.payload:
        assert told[2] == act.payload


def test_the_example_of_the_documentation_is_what_its_commands_say(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(
        r"## Two runs\n\n```\n(.*?)```\n",
        (DOCS / "traces.md").read_text(encoding="utf-8"),
        re.DOTALL,
    )
    *commands, told = re.findall(
        r"^\$ glasshive ([^\n]*)\n((?:[^$].*?\n|\n)*)", block, re.MULTILINE
    )
    for words, _ in commands:
        with pytest.raises(SystemExit):
            main([*words.split(), "--quiet"])
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(told[0].split())
    assert capsys.readouterr().out == told[1]
