"""Who looks at the last events and is behind gets all that there is, and goes on."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from gateway.limits import Limits
from gateway.recent import Recent
from gateway.routes.page import _TOGETHER, _together

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

MOST = 10


class Fed:
    """A feed that hands out what the test says, and nothing when that is over."""

    def __init__(self, *batches: range) -> None:
        self._batches = batches
        self.over = asyncio.Event()

    @contextmanager
    def subscribe(self, most: int) -> Iterator[Fed]:
        assert most == MOST
        yield self

    async def events(
        self, quiet_seconds: float
    ) -> AsyncIterator[tuple[list[tuple[int, bytes]], int]]:
        assert quiet_seconds > 0
        for batch in self._batches:
            yield [(index, b"%d" % index) for index in batch], 0
        self.over.set()
        await asyncio.Event().wait()


def with_kept(check: Any, *batches: range) -> None:
    """Check what is kept of some events."""

    async def looked() -> None:
        fed = Fed(*batches)
        recent = Recent(fed, Limits(recent_events=MOST))  # type: ignore[arg-type]
        name = recent.since("", -1).of
        await fed.over.wait()
        check(recent, name)

    asyncio.run(looked())


def numbers(lines: Any) -> list[int]:
    return [int(line) for line in lines]


def test_who_was_there_before_goes_on_twice_as_far_behind() -> None:
    def check(recent: Recent, name: str) -> None:
        for after in (79, 80, 98, 99):
            since = recent.since(name, after)
            assert (since.anew, since.after) == (False, after)
            assert numbers(since.lines) == list(range(after + 1, 100))

    with_kept(check, range(50), range(50, 100))


@pytest.mark.parametrize(
    "behind", [{"of": "", "after": -1}, {"of": "another", "after": 99}, {"after": 78}]
)
def test_who_begins_anew_gets_the_last_that_a_page_holds(behind: dict[str, Any]) -> None:
    def check(recent: Recent, name: str) -> None:
        since = recent.since(**{"of": name, **behind})
        assert (since.of, since.anew, since.after) == (name, True, 89)
        assert numbers(since.lines) == list(range(90, 100))

    with_kept(check, range(50), range(50, 100))


def pieces(head: list[bytes], lines: list[bytes]) -> list[bytes]:
    async def all_of() -> list[bytes]:
        return [piece async for piece in _together(head, lines)]

    return asyncio.run(all_of())


@pytest.mark.parametrize("count", [0, 1, _TOGETHER, _TOGETHER + 1, 3 * _TOGETHER])
def test_however_many_lines_there_are_each_comes_once_and_has_its_end(count: int) -> None:
    lines = [b"%d" % number for number in range(count)]
    for head in ([], [b"{}"]):
        sent = pieces(head, lines)
        assert b"".join(sent) == b"".join(line + b"\n" for line in [*head, *lines])
        assert max(piece.count(b"\n") for piece in sent) <= _TOGETHER + len(head)


def test_others_have_their_turn_between_two_pieces() -> None:
    turns: list[str] = []

    async def other() -> None:
        while True:
            turns.append("other")
            await asyncio.sleep(0)

    async def both() -> None:
        beside = asyncio.create_task(other())
        async for _ in _together([], [b""] * (3 * _TOGETHER)):
            turns.append("piece")  # noqa: PERF401  the other one writes there too
        beside.cancel()

    asyncio.run(both())
    assert turns == ["piece", "other", "piece", "other", "piece", "other"]
