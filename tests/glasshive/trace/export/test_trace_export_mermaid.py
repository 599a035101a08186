"""Mermaid's own script draws what is exported for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from glasshive.trace.export import FORMATS, MOST

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from glasshive.trace import Event
    from glasshive.trace.index import Index
    from tests.glasshive.trace.export.conftest import Told

DRAW = """async (text) => {
    const {svg} = await mermaid.render("drawn", text);
    document.body.innerHTML = svg;
    const all = (what) => [...document.querySelectorAll(what)];
    const words = all(".messageText").map((each) => each.textContent);
    return {
        actors: all("g[data-et=participant]").map((each) => [each.dataset.id, each.textContent]),
        notes: all(".noteText").map((each) => each.textContent),
        arrows: all("[data-et=message]").map((each, at) => [
            each.dataset.from, each.dataset.to, each.getAttribute("marker-end"), words[at]]),
    };
}"""


ARRIVES = frozenset(["deliver", "drop", "unread"])


class Arrow(NamedTuple):
    begin: str
    end: str
    head: str
    words: str


class Drawn(NamedTuple):
    actors: list[str]
    arrows: dict[int, Arrow]
    notes: dict[int, str]


def draw(page: Page, text: str) -> Drawn:
    """Return what stands in the picture, arrows and notes by the number of their event."""
    found: Any = page.evaluate(DRAW, text)
    names = dict(found["actors"])
    arrows = [
        Arrow(names[begin], names[end], head.rpartition("-")[2].rstrip(")"), words)
        for begin, end, head, words in found["arrows"]
    ]
    return Drawn(
        list(names.values()),
        {number_of(each.words): each for each in arrows},
        {number_of(each): each for each in found["notes"]},
    )


def number_of(words: str) -> int:
    return int(words.split()[2].removeprefix("#"))


def in_one_line(text: str) -> str:
    """Return a text without what cannot be seen: which white space it is, and a byte order mark."""
    return " ".join(text.replace("\ufeff", " ").split())


def is_arrow(event: Event, some: list[Event]) -> bool:
    """Return whether an event is to be drawn as an arrow: a message once, a copy of it besides."""
    if event.peer is None or event.message is None:
        return False
    return event.kind in ARRIVES | {"duplicate"} or (
        event.kind == "send" and not arrives(event, some)
    )


def is_note(event: Event, some: list[Event]) -> bool:
    """Return whether an event is to be drawn as a note: what it is no arrow, nor told by one."""
    hidden = event.kind in ("send", "timer-set", "timer-cancelled") or (
        event.kind == "timer-fired" and arrives(event, some)
    )
    return not hidden and not is_arrow(event, some)


def arrives(event: Event, some: list[Event]) -> bool:
    return any(each.kind in ARRIVES and each.cause == event.index for each in some)


@pytest.fixture(scope="module")
def some(told: Told) -> list[Event]:
    return told.events[: MOST["mermaid"]]


@pytest.fixture(scope="module")
def drawn(mermaid: Page, told: Told, some: list[Event]) -> Drawn:
    return draw(mermaid, told.export("mermaid", list(range(len(some)))).decode())


def test_each_actor_is_in_the_picture_by_its_name(drawn: Drawn, some: list[Event]) -> None:
    names = {name for event in some for name in (event.actor, event.peer) if name is not None}
    assert sorted(map(in_one_line, drawn.actors)) == sorted(map(in_one_line, names))


def test_each_message_is_an_arrow_between_its_two_actors(drawn: Drawn, some: list[Event]) -> None:
    expected = {}
    for event in some:
        if event.peer is not None and is_arrow(event, some):
            ends = in_one_line(event.actor), in_one_line(event.peer)
            expected[event.index] = ends[::-1] if event.kind in ARRIVES else ends
    assert {
        number: (in_one_line(arrow.begin), in_one_line(arrow.end))
        for number, arrow in drawn.arrows.items()
    } == expected


def test_what_is_lost_ends_in_a_cross(drawn: Drawn, some: list[Event]) -> None:
    heads = {number: arrow.head for number, arrow in drawn.arrows.items()}
    for number, head in heads.items():
        lost = some[number].kind in ("drop", "unread")
        assert (head == "crosshead") == lost


def test_what_is_no_message_is_a_note(drawn: Drawn, some: list[Event]) -> None:
    assert sorted(drawn.notes) == [event.index for event in some if is_note(event, some)]


def test_time_and_number_stand_at_each(drawn: Drawn, some: list[Event]) -> None:
    words = {number: arrow.words for number, arrow in drawn.arrows.items()} | drawn.notes
    for number, text in words.items():
        assert text.startswith(f"{some[number].time:.4f} s #{number}")


def test_no_text_means_anything_to_mermaid(drawn: Drawn, some: list[Event]) -> None:
    for number, text in drawn.notes.items():
        data = some[number].data
        if isinstance(data, str):
            shown = in_one_line(text).partition(f"#{number}")[2].strip()
            assert shown.removesuffix("…") in in_one_line(data)
            assert len(shown) == len(in_one_line(data)) or shown.endswith("…")


def test_a_few_events_are_these_lines(crashed: Index) -> None:
    numbers = [33, 37, 38, 334, 389, 402, 403]
    lines = b"".join(FORMATS["mermaid"](crashed, numbers)).decode().splitlines()
    assert lines[:5] == [
        "sequenceDiagram",
        "    participant a0 as queen",
        "    participant a1 as keeper-1",
        "    participant a2 as worker-1",
        "    participant a3 as hive-1",
    ]
    assert lines[5].startswith("    a1->>a0: 1.0010 s #35;37 Submit request=Request(")
    assert lines[6].startswith("    Note over a0: 1.0010 s #35;38 queen/job-1#58; (new) → Queued")
    assert lines[7] == "    Note over a2: 1.3172 s #35;334 crash"
    assert lines[8].startswith("    a3-xa2: 5.0000 s #35;403 _ActorStop lost#58; crash")
    assert len(lines) == 9


def test_a_picture_of_nothing_is_one(mermaid: Page, told: Told) -> None:
    assert draw(mermaid, told.export("mermaid", []).decode()) == Drawn([], {}, {})
