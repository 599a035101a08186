"""A keeper that holds a job back which the queen has accepted, as a kind of keeper may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors import Cancelled, Keeper
from tests.actors.keeper.conftest import Court

if TYPE_CHECKING:
    from actors.keeper import Pending
    from glasshive import Simulation
    from tests.actors.conftest import Asks, Peers


class Waiting(Keeper):
    """Opens nothing."""

    def accepted(self, pending: Pending) -> None:
        del pending

    def open_stream(self, reading: Pending) -> None:
        del reading


@pytest.fixture
def held(peer: Peers, sim: Simulation) -> Court:  # noqa: ARG001 - it is set up inside it
    return Court(peer("queen"), Waiting)


def test_what_was_accepted_and_held_back_is_cancelled_when_it_is_withdrawn(
    held: Court, ask: Asks
) -> None:
    held.ask(ask())
    held.accept()
    assert held.opened == []
    held.withdraw()
    assert held.cancelled == ["queen/job-1"]
    assert held.ends == [(0.0, Cancelled())]


def test_an_end_that_comes_after_that_changes_nothing(held: Court, ask: Asks) -> None:
    held.ask(ask())
    held.accept()
    held.withdraw()
    held.end(0, Cancelled())
    assert held.ends == [(0.0, Cancelled())]
