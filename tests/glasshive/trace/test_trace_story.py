"""The story of a run as a picture in text, and events as lines."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from glasshive.cli.trace.options import emit
from glasshive.trace import Event
from glasshive.trace.brief import brief, line_of
from glasshive.trace.index import Seen
from glasshive.trace.selection import Selection, select
from glasshive.trace.story import OTHERS, Story, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.trace.index import Index


def drawn(index: Index, *, every: bool = False, width: int = 62) -> list[str]:
    numbers = told(index, range(len(index)), every=every)
    story = Story(index, numbers, width)
    return [story.heading(), *map(story.line, index.all_seen(numbers))]


def talk(indexed: Callable[..., Index]) -> Index:
    word = {"actor": "ann", "peer": "bob", "type": "Word", "message": 1}
    back = {"actor": "bob", "peer": "ann", "type": "Word"}
    return indexed(
        {"kind": "spawn", "actor": "ann", "data": {"class": "A", "host": "h"}},
        {**word, "kind": "send", "data": {"type": "Word", "n": 1}},
        {**word, "kind": "deliver", "actor": "bob", "peer": "ann", "cause": 1},
        {**back, "kind": "send", "message": 2, "cause": 2, "data": {"type": "Word", "n": 2}},
        {**word, "kind": "drop", "message": 2, "cause": 3, "data": {"reason": "loss"}},
        {"kind": "timer-set", "actor": "ann", "peer": "ann", "data": {"delay": 1, "type": "T"}},
        {"kind": "timer-fired", "actor": "ann", "peer": "ann", "type": "T", "message": 3,
         "cause": 5},
        {"kind": "deliver", "actor": "ann", "peer": "ann", "type": "T", "message": 3, "cause": 6},
        {**word, "kind": "send", "message": 4, "cause": 7, "data": {"type": "Word"}},
        {"kind": "state", "actor": "bob", "data": {"subject": "j", "before": None, "after": "On"}},
    )  # fmt: skip


def test_messages_are_arrows_between_the_columns_of_their_actors(
    indexed: Callable[..., Index],
) -> None:
    assert drawn(talk(indexed)) == [
        "    seconds    event  ann      bob",
        "     0.0000        0  ┬ A on h │",
        "     2.0000        2  ●─Word───▶         n=1",
        "     4.0000        4  ✗─Word───●         lost: loss n=2",
        "     7.0000        7  ↻ T      │",
        "     8.0000        8  ●─Word───▷",
        "     9.0000        9  │        ◆ j: (new) → On",
    ]


def test_all_gives_each_event_a_line(indexed: Callable[..., Index]) -> None:
    lines = drawn(talk(indexed), every=True)
    assert len(lines) == 11
    assert lines[6] == "     5.0000        5  ◷ T in 1 s"
    assert lines[2] == "     1.0000        1  ●─Word───▷         n=1"


def test_a_send_is_drawn_where_its_arrival_is_not_asked_for(
    indexed: Callable[..., Index],
) -> None:
    assert told(talk(indexed), [1, 3, 4], every=False) == [1, 4]


def test_no_line_is_wider_than_asked(crashed: Index) -> None:
    numbers = told(crashed, range(len(crashed)), every=True)
    for width in (40, 60, 100):
        story = Story(crashed, numbers, width)
        lines = [story.heading(), *map(story.line, crashed.all_seen(numbers))]
        assert max(map(len, lines)) <= width
        assert all(line.isprintable() for line in lines)


def test_actors_for_whom_there_is_no_room_share_a_column(indexed: Callable[..., Index]) -> None:
    notes = [{"kind": "note", "actor": f"a{n}", "data": "x"} for n in range(9)]
    index = indexed(notes[0], *notes)
    lines = drawn(index, width=50)
    assert lines[0] == f"    seconds    event  a0       a1       {OTHERS}"
    assert lines[-1] == "     9.0000        9  │        │        ✎ x"


def test_a_payload_is_told_by_its_fields_without_the_empty_ones() -> None:
    assert brief({"type": "Say", "text": "a b", "n": 0, "to": None, "all": []}) == 'text="a b" n=0'
    assert brief({"x": {"type": "Y", "z": [1, {"type": "W"}]}}) == "x=Y(z=[1, W()])"
    assert brief({"x": True, "y": "plain/1"}) == "x=true y=plain/1"
    assert brief("two\nlines") == '"two\\nlines"'


def test_a_payload_nested_without_end_is_cut() -> None:
    value: object = 1
    for _ in range(100):
        value = {"a": value}
    assert len(brief(value)) < 60


def test_an_event_is_one_line() -> None:
    event = Event(1234, 1.5, "drop", "bob", 1, 2, "ann", "Word", {"reason": "loss"})
    line = line_of(Seen(event, {"type": "Word", "n": 1}, ()), 100)
    assert line == "      1.5000     1,234  drop          bob ← ann  Word lost: loss n=1"
    assert line_of(Seen(event, {"n": "x" * 200}, ()), 50).endswith("…")


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        (Selection(), list(range(10))),
        (Selection(actors=("bob",)), [1, 2, 3, 4, 8, 9]),
        (Selection(types=("Word",)), [1, 2, 3, 4, 8]),
        (Selection(types=("Word", "T"), begin=4, end=7), [4, 6, 7]),
        (Selection(jobs=("j",)), [9]),
        (Selection(actors=("bob",), types=("T",)), []),
    ],
)
def test_a_selection_asks_for_all_of_its_parts(
    indexed: Callable[..., Index], selection: Selection, numbers: list[int]
) -> None:
    assert select(talk(indexed), selection) == numbers


@pytest.mark.parametrize(
    ("encoding", "line"), [("utf-8", "●─Word───▶ ✓ …"), ("ascii", "o-Word---> + ~")]
)
def test_a_screen_without_the_signs_gets_plain_ones(
    monkeypatch: pytest.MonkeyPatch, encoding: str, line: str
) -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", screen)
    emit(["●─Word───▶ ✓ …"])
    screen.flush()
    assert screen.buffer.getvalue().decode(encoding) == line + "\n"
