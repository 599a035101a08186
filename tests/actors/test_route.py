from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from actors.dispatch import Below, Room
from actors.registry import Job
from actors.route import Route

if TYPE_CHECKING:
    from tests.actors.conftest import Asks

NOBODY: Any = None


def route(ask: Asks) -> Route[str]:
    return Route(Job("job-1", "request-1"), ask(), (0, 1), since=2.0, tokens=3)


def test_a_new_route_waits_for_a_place_and_is_held_back_by_nothing(ask: Asks) -> None:
    each = route(ask)
    assert (each.room, each.turn, each.below, each.last) == (None, None, None, None)
    assert (each.expected, each.asked, each.moves, each.tokens_when_placed) == (0, -1, 0, 0)
    assert (each.opened_at, each.told_at) == (0.0, 0.0)
    assert (each.cancelling, each.cancel_by, each.fenced_until) == (False, math.inf, -math.inf)
    assert (each.refused, each.reason) == ({}, "")


def test_what_leaves_its_place_gives_it_back_and_waits_for_another(ask: Asks) -> None:
    each = route(ask)
    room = Room(Below("hive-1", 0, NOBODY, 0.0), "llama", slots=2, kv_bytes_per_token=2)
    room.take(ask())
    each.room, each.turn, each.below = room, (0, 1), "hive-1/job-1"
    each.leave()
    assert (room.jobs, room.promised_bytes) == (0, 0)
    assert [getattr(each, name) for name in ("room", "turn", "below")] == [None] * 3


def test_what_has_no_place_has_nothing_to_give_back(ask: Asks) -> None:
    each = route(ask)
    each.turn = (0, 1)
    each.leave()
    assert each.turn is None
