"""The same small programs on Pykka's threads and under a simulation, with the same results."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pykka
import pytest
from pykka import ActorRegistry

from glasshive import Live, Simulation
from tests.glasshive.pykka_programs import PROGRAMS, Log, failing_tell, life

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    yield
    ActorRegistry.stop_all()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_program_does_under_simulation_what_it_does_on_threads(
    program: Callable[[], Log],
) -> None:
    expected = program()
    with Simulation(seed=1):
        assert program() == expected


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_program_does_under_live_what_it_does_on_threads(program: Callable[[], Log]) -> None:
    expected = program()
    with Live(seed=1):
        assert program() == expected


def test_the_hooks_come_in_the_documented_order() -> None:
    with Simulation():
        assert life() == [
            *("on_start", "got a", "got b", ("answer", "b"), "on_stop"),
            *(True, False, False),
        ]
        assert failing_tell() == ["on_start", "got a", "ValueError got a", "on_failure"]


def test_a_hook_of_two_waiting_actors_runs_once() -> None:
    calls: Log = []

    class Source(pykka.ThreadingActor):
        def on_receive(self, message: Any) -> Any:
            time.sleep(1)
            return message

    class Reader(pykka.ThreadingActor):
        def on_receive(self, message: Any) -> Any:
            return message.get()

    def compute(value: Any) -> Any:
        calls.append(value)
        return value * 2

    with Simulation():
        future = Source.start().ask(21, block=False).map(compute)
        answers = [Reader.start().ask(future, block=False) for _ in range(3)]
        assert pykka.get_all(answers) == [42, 42, 42]
    assert calls == [21]
