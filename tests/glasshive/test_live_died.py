"""An actor of a live run that has died of an error of its own can be started again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pykka
import pytest
from pykka import ActorDeadError, ActorRegistry

from glasshive import GlasshiveError, Simulation, life
from tests.glasshive.lives import eventually

if TYPE_CHECKING:
    from glasshive import Live

pytestmark = pytest.mark.usefixtures("quiet")


class Frail(pykka.ThreadingActor):
    """Counts, and dies of whatever is not a number."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self.sum = first

    def on_receive(self, message: Any) -> int:
        if message == "boom":
            raise ValueError("boom")
        self.sum += message
        return self.sum


@pytest.mark.parametrize(("state", "answer"), [(False, 13), (True, 18)])
def test_one_that_has_died_starts_again_at_its_address(
    live: Live, *, state: bool, answer: int
) -> None:
    ref = Frail.start(10)
    assert ref.ask(5) == 15
    for died in (1, 2):
        ref.tell("boom")
        eventually(lambda: live.can_restart(ref))
        assert len(live.casualties) == died
        with pytest.raises(ActorDeadError):
            ref.tell(1)
        live.restart(ref, state=state)
        assert (ref.is_alive(), life(ref)) == (True, died)
        assert ref.ask(3) == answer
        answer += 3 if state else 0
    assert len(ActorRegistry.get_all()) == 1


def test_one_that_has_died_stops_as_any_other_when_it_has_come_back(live: Live) -> None:
    ref = Frail.start(10)
    ref.tell("boom")
    eventually(lambda: live.can_restart(ref))
    live.restart(ref)
    ref.stop()
    assert not ref.is_alive()
    assert not live.can_restart(ref)


def test_one_that_was_stopped_does_not_start_again(live: Live) -> None:
    ref = Frail.start(10)
    ref.stop()
    assert not live.can_restart(ref)
    with pytest.raises(GlasshiveError, match="it has not crashed"):
        live.restart(ref)


def test_in_a_simulation_one_that_has_died_stays_dead() -> None:
    with Simulation() as simulation:
        ref = Frail.start(10)
        ref.tell("boom")
        simulation.run()
        assert not simulation.can_restart(ref)
