"""The door: what it tells of each request, under glass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from actors import Ask, Cancelled, Completed, Failed, Request, Withdraw
from gateway.door import Admitted, Came, Door, Ended, Letter, Open, Refused
from glasshive import Run, Simulation
from tests.gateway.conftest import blueprint, text_of
from topology.swarm import Swarm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykka import ActorRef

    from topology import Blueprint


class Yard(Swarm):
    """A simulated swarm with a door, which the test tells what to do."""

    def __init__(self, drawn: Blueprint, simulation: Simulation) -> None:
        super().__init__(drawn, Run(simulation))
        self.sim = simulation
        self.letters: list[Letter] = []
        self.start()
        simulation.run(until=1.0)

    def start_keeper(self, name: str, queen: ActorRef[Any]) -> ActorRef[Any]:
        patience = self.blueprint.patience
        return Door.start(name=name, queen=queen, tell=self.letters.append, patience=patience)

    def disturbed(self) -> None: ...

    def healed(self) -> None: ...

    def forgot(self, name: str) -> None: ...

    def say(self, message: Any, seconds: float = 0.1) -> None:
        self.tell_at_home(self.keepers[0], message)
        self.pause(seconds)

    def pause(self, seconds: float) -> None:
        self.sim.run(until=self.sim.now() + seconds)

    def ask(self, tokens: int = 10) -> None:
        request = Request("r", "honey", "sing", 1, tokens, ignore_eos=True)
        self.say(Ask(request))

    def of(self, kind: type[Any]) -> list[Any]:
        return [letter for letter in self.letters if type(letter) is kind]

    @property
    def text(self) -> str:
        return "".join(text for came in self.of(Came) for text in came.texts)

    @property
    def outcomes(self) -> list[Any]:
        return [ended.receipt.outcome for ended in self.of(Ended)]

    def queen_states(self) -> list[str]:
        (queen,) = [actor for actor in self.sim.actors() if getattr(actor, "name", "") == "queen"]
        jobs: Any = queen.jobs  # type: ignore[attr-defined]
        return [type(jobs.get_job(each).state).__name__ for each in jobs.job_ids()]


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    with Simulation(seed=1) as sim:
        yield sim


@pytest.fixture
def yard(simulation: Simulation) -> Yard:
    return Yard(blueprint(seconds_per_token=0.02), simulation)


def test_nothing_is_told_of_a_job_but_that_there_is_one_before_it_is_opened(yard: Yard) -> None:
    yard.ask()
    yard.pause(1.0)
    assert yard.letters == [Admitted("r", 1)]
    assert yard.queen_states() == ["Queued"]


def test_an_open_job_is_told_token_by_token_and_its_end(yard: Yard) -> None:
    yard.ask()
    yard.say(Open("r"), seconds=1.0)
    assert yard.text == text_of("sing", 10)
    assert [type(letter) for letter in yard.letters] == [Admitted, *[Came] * 10, Ended]
    (outcome,) = yard.outcomes
    assert isinstance(outcome, Completed)


def test_a_job_may_be_told_to_run_before_it_is_accepted(yard: Yard) -> None:
    request = Request("r", "honey", "sing", 1, 10, ignore_eos=True)
    yard.say(Ask(request), seconds=0.0)
    yard.say(Open("r"), seconds=1.0)
    assert yard.text == text_of("sing", 10)


def test_a_job_that_is_opened_too_late_is_made_again(yard: Yard) -> None:
    yard.ask()
    yard.pause(40.0)
    yard.say(Open("r"), seconds=2.0)
    assert yard.of(Admitted) == [Admitted("r", 1), Admitted("r", 2)]
    assert yard.text == text_of("sing", 10)


def test_what_is_held_back_is_cancelled_at_the_queen_when_it_is_given_up(yard: Yard) -> None:
    yard.ask()
    yard.say(Withdraw("r"))
    assert yard.outcomes == [Cancelled()]
    assert yard.queen_states() == ["Cancelled"]
    yard.say(Open("r"), seconds=1.0)
    assert yard.text == ""


def test_a_queen_who_forgets_everything_costs_no_token(yard: Yard) -> None:
    yard.ask(tokens=100)
    yard.say(Open("r"), seconds=1.0)
    yard.crash("queen")
    yard.pause(0.5)
    yard.restart("queen")
    yard.pause(30.0)
    assert yard.text == text_of("sing", 100)
    assert [admitted.attempts for admitted in yard.of(Admitted)] == [1, 2]
    assert [type(outcome) for outcome in yard.outcomes] == [Completed]


def test_lost_and_repeated_messages_cost_no_token(yard: Yard) -> None:
    yard.sim.network.link("queen", "keeper-1", latency=0.001, loss=0.2, duplicate=0.2)
    yard.ask(tokens=100)
    yard.say(Open("r"), seconds=60.0)
    assert yard.text == text_of("sing", 100)
    assert [type(outcome) for outcome in yard.outcomes] == [Completed]


def test_a_first_submission_that_is_rejected_is_told_and_not_repeated(
    simulation: Simulation,
) -> None:
    drawn = blueprint()
    yard = Yard(replace(drawn, queen=replace(drawn.queen, max_jobs=1)), simulation)
    yard.ask()
    other = Request("other", "honey", "sing", 1, 10)
    yard.say(Ask(other), seconds=5.0)
    reason = "queen is full: it has 1 unfinished jobs"
    assert yard.letters[1] == Refused("other", reason, drawn.patience.retry_seconds)
    assert yard.outcomes == [Failed(f"rejected: {reason}")]
    assert len(yard.letters) == 3
