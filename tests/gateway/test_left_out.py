"""What a subscriber of the trace does not get is counted, wherever it was left out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gateway.feed import Feed, Subscription
from glasshive import Live
from glasshive.trace import Event

if TYPE_CHECKING:
    from collections.abc import Sequence


def taken(subscription: Subscription) -> tuple[list[int], int]:
    """Return the indices of the events that wait, and how many were dropped."""

    async def first() -> tuple[Sequence[tuple[int, bytes]], int]:
        async for lines, dropped in subscription.events(1.0):
            return lines, dropped
        raise AssertionError

    lines, dropped = asyncio.run(first())
    return [index for index, _ in lines], dropped


@pytest.mark.parametrize(
    ("most", "came", "kept", "dropped"),
    [
        (9, [4, 5, 6], [4, 5, 6], 0),
        (9, [4, 7, 8], [4, 7, 8], 2),
        (2, [4, 5, 6, 7], [4, 5], 2),
        (2, [4, 5, 8], [4, 5], 3),
    ],
)
def test_what_never_came_counts_as_dropped_too(
    most: int, came: list[int], kept: list[int], dropped: int
) -> None:
    subscription = Subscription(most)
    for index in came:
        subscription.add(index, b"")
    assert taken(subscription) == (kept, dropped)


def test_who_is_behind_since_the_loop_is_behind_is_told_so() -> None:
    loop = asyncio.new_event_loop()
    try:
        feed = Feed(Live(), loop, 1)
        with feed.subscribe(9) as subscription:
            for index in range(6):  # four wait for the loop at most, for one that a subscriber may
                feed._heard(Event(index, 0.0, "note", "a"), None)
            loop.run_until_complete(asyncio.sleep(0))
            feed._heard(Event(6, 0.0, "note", "a"), None)
            loop.run_until_complete(asyncio.sleep(0))
            assert taken(subscription) == ([0, 1, 2, 3, 6], 2)
    finally:
        loop.close()
