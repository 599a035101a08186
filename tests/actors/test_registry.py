from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from actors import Cancelled, Completed, Failed, JobRegistry
from actors.registry import (
    AlreadySet,
    AlreadyTaken,
    IllegalTransition,
    JobState,
    NothingToTake,
    Queued,
    Running,
    StillUnfinished,
    UnknownJob,
)

if TYPE_CHECKING:
    from glasshive import Simulation
    from glasshive.trace import Event
    from tests.actors.conftest import Asks, Peer, Peers

QUEUED, RUNNING, COMPLETED, CANCELLED = Queued(), Running(), Completed(), Cancelled()
FAILED = Failed("worker-1 has been silent for 4 s")
STATES: list[JobState] = [QUEUED, RUNNING, COMPLETED, FAILED, CANCELLED]

LEGAL = [
    (QUEUED, RUNNING),
    (QUEUED, FAILED),
    (QUEUED, CANCELLED),
    (RUNNING, COMPLETED),
    (RUNNING, FAILED),
    (RUNNING, CANCELLED),
]
WAYS: dict[type[Any], list[JobState]] = {
    Queued: [],
    Running: [RUNNING],
    Completed: [RUNNING, COMPLETED],
    Failed: [FAILED],
    Cancelled: [CANCELLED],
}
"""How a new job comes into each state."""


def registry_with_job(state: JobState = QUEUED) -> tuple[JobRegistry[str], str]:
    registry = JobRegistry[str]("worker-2")
    job_id = registry.create_job("request-1")
    for step in WAYS[type(state)]:
        registry.update_state(job_id, step)
    return registry, job_id


def test_jobs_are_numbered_from_one_under_their_owners_name() -> None:
    registry = JobRegistry[str]("worker-2")
    ids = [registry.create_job(f"request-{number}") for number in (1, 2, 3)]
    assert ids == ["worker-2/job-1", "worker-2/job-2", "worker-2/job-3"]
    assert registry.job_ids() == ids
    assert registry.job_count() == 3


def test_a_removed_jobs_number_is_not_given_again() -> None:
    registry, job_id = registry_with_job(COMPLETED)
    registry.remove_job(job_id)
    assert registry.create_job("request-2") == "worker-2/job-2"
    assert registry.job_ids() == ["worker-2/job-2"]


def test_a_new_job_is_queued_and_carries_its_request_id() -> None:
    registry, job_id = registry_with_job()
    job = registry.get_job(job_id)
    assert (job.state, job.request_id, job.tokens, job.outcome) == (QUEUED, "request-1", [], None)
    assert (job.branch, job.generated, job.ends_at) == (0, 0, math.inf)
    assert (job.payload, job.payload_taken, job.renewed_at) == (None, False, 0.0)
    assert job.token_senders == []


def test_a_job_says_which_answer_it_is_for() -> None:
    registry = JobRegistry[str]("worker-2")
    assert registry.get_job(registry.create_job("request-1", 3)).branch == 3


def test_jobs_of_another_life_have_other_ids() -> None:
    registry = JobRegistry[str]("worker-2", "r1")
    assert registry.create_job("request-1") == "worker-2/life-r1/job-1"
    expected = (
        "worker-2 has no job 'worker-2/job-1': it has created 1, from worker-2/life-r1/job-1 on, "
        "and holds 1 that were not removed"
    )
    with pytest.raises(UnknownJob, match=f"^{re.escape(expected)}$"):
        registry.get_job("worker-2/job-1")


@pytest.mark.parametrize(("before", "after"), LEGAL)
def test_a_legal_transition_is_made(before: JobState, after: JobState) -> None:
    registry, job_id = registry_with_job(before)
    registry.update_state(job_id, after)
    assert registry.get_job(job_id).state == after


@pytest.mark.parametrize(
    ("before", "after"),
    [(before, after) for before in STATES for after in STATES if (before, after) not in LEGAL],
)
def test_every_other_transition_is_refused_and_changes_nothing(
    before: JobState, after: JobState
) -> None:
    registry, job_id = registry_with_job(before)
    with pytest.raises(IllegalTransition, match=job_id):
        registry.update_state(job_id, after)
    assert registry.get_job(job_id).state == before


def test_an_illegal_transition_says_what_would_be_legal() -> None:
    registry, job_id = registry_with_job()
    expected = (
        "job worker-2/job-1 is Queued and cannot become Completed; "
        "from Queued it may become Running, Failed, Cancelled"
    )
    with pytest.raises(IllegalTransition, match=f"^{re.escape(expected)}$"):
        registry.update_state(job_id, COMPLETED)


def test_a_transition_from_a_final_state_says_that_it_is_final() -> None:
    registry, job_id = registry_with_job(COMPLETED)
    expected = "job worker-2/job-1 is Completed and cannot become Cancelled; that is final"
    with pytest.raises(IllegalTransition, match=f"^{re.escape(expected)}$"):
        registry.cancel_job(job_id)


def test_the_final_state_is_the_outcome() -> None:
    registry, job_id = registry_with_job(FAILED)
    assert registry.get_job(job_id).outcome == FAILED


def test_a_cancelled_job_is_cancelled() -> None:
    registry, job_id = registry_with_job()
    registry.cancel_job(job_id)
    assert registry.get_job(job_id).outcome == CANCELLED


def test_has_job_is_true_from_creation_to_removal() -> None:
    registry, job_id = registry_with_job(COMPLETED)
    assert registry.has_job(job_id)
    registry.remove_job(job_id)
    assert not registry.has_job(job_id)
    assert registry.job_count() == 0


@pytest.mark.parametrize("state", [QUEUED, RUNNING])
def test_an_unfinished_job_is_not_removed(state: JobState) -> None:
    registry, job_id = registry_with_job(state)
    expected = (
        f"job worker-2/job-1 is {type(state).__name__} and cannot be removed; "
        "it may be once it is Completed, Failed or Cancelled"
    )
    with pytest.raises(StillUnfinished, match=f"^{re.escape(expected)}$"):
        registry.remove_job(job_id)
    assert registry.has_job(job_id)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("get_job", []),
        ("update_state", [RUNNING]),
        ("set_token_sender", [None]),
        ("get_token_sender", []),
        ("set_payload", [None]),
        ("take_payload", []),
        ("cancel_job", []),
        ("remove_job", []),
    ],
)
def test_an_unknown_job_is_an_error_that_says_which_there_are(
    method: str, arguments: list[object]
) -> None:
    registry, _ = registry_with_job()
    expected = (
        "worker-2 has no job 'worker-2/job-9': it has created 1, from worker-2/job-1 on, "
        "and holds 1 that were not removed"
    )
    with pytest.raises(UnknownJob, match=f"^{re.escape(expected)}$"):
        getattr(registry, method)("worker-2/job-9", *arguments)


def test_a_payload_is_taken_once(ask: Asks) -> None:
    registry, job_id = registry_with_job()
    registry.set_payload(job_id, ask())
    assert registry.take_payload(job_id) == ask()
    expected = (
        "the payload of job worker-2/job-1 (Queued) was taken before; "
        "open its stream to see what becomes of it"
    )
    with pytest.raises(AlreadyTaken, match=f"^{re.escape(expected)}$"):
        registry.take_payload(job_id)


def test_a_payload_that_was_not_set_cannot_be_taken() -> None:
    registry, job_id = registry_with_job()
    expected = "job worker-2/job-1 has no payload yet: set_payload comes first"
    with pytest.raises(NothingToTake, match=f"^{re.escape(expected)}$"):
        registry.take_payload(job_id)


@pytest.mark.parametrize("taken", [False, True])
def test_a_second_payload_is_refused(ask: Asks, taken: bool) -> None:
    registry, job_id = registry_with_job()
    registry.set_payload(job_id, ask())
    if taken:
        registry.take_payload(job_id)
    expected = "job worker-2/job-1 was given its payload before; another request is another job"
    with pytest.raises(AlreadySet, match=f"^{re.escape(expected)}$"):
        registry.set_payload(job_id, ask(2))


def test_the_token_sender_is_the_one_that_was_set_last(peer: Peers) -> None:
    registry, job_id = registry_with_job()
    assert registry.get_token_sender(job_id) is None
    first, second = peer("first").ref, peer("second").ref
    registry.set_token_sender(job_id, first)
    assert registry.get_token_sender(job_id) is first
    registry.set_token_sender(job_id, second)
    assert registry.get_token_sender(job_id) is second
    registry.set_token_sender(job_id, first)
    assert registry.get_token_sender(job_id) is first
    assert registry.get_job(job_id).token_senders == [second, first]


def test_an_actor_that_was_started_again_is_one_token_sender_by_its_new_reference(
    client: Peer,
) -> None:
    registry, job_id = registry_with_job()
    before = client.ref
    registry.set_token_sender(job_id, before)
    client.revive()
    registry.set_token_sender(job_id, client.ref)
    (sender,) = registry.get_job(job_id).token_senders
    assert sender is client.ref is not before


def test_a_job_is_read_by_whoever_opened_its_stream_in_any_life(client: Peer, peer: Peers) -> None:
    registry, job_id = registry_with_job()
    job = registry.get_job(job_id)
    assert not job.reads(client.ref)
    registry.set_token_sender(job_id, client.ref)
    client.revive()
    assert job.reads(client.ref)
    assert not job.reads(peer("other").ref)


def test_every_change_of_a_job_is_recorded(sim: Simulation) -> None:
    seen: list[object] = []

    def note(event: Event, _: object) -> None:
        seen.append(event.data)

    sim.watch(note, kinds=["state"])
    registry, job_id = registry_with_job(FAILED)
    registry.remove_job(job_id)
    registry_with_job(COMPLETED)
    assert seen[3:] == [
        {"subject": job_id, "before": None, "after": "Queued", "request_id": "request-1"},
        {"subject": job_id, "before": "Queued", "after": "Running"},
        {"subject": job_id, "before": "Running", "after": "Completed"},
    ]
    assert seen[:3] == [
        {"subject": job_id, "before": None, "after": "Queued", "request_id": "request-1"},
        {"subject": job_id, "before": "Queued", "after": "Failed", "message": FAILED.message},
        {"subject": job_id, "before": "Failed", "after": None},
    ]


class AnyUse(RuleBasedStateMachine):
    """Uses a registry in any order, beside a plain model of what it should hold."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = JobRegistry[str]("node")
        self.states: dict[str, JobState] = {}
        self.created = 0

    @rule()
    def create(self) -> None:
        self.created += 1
        job_id = self.registry.create_job(f"request-{self.created}")
        assert job_id == f"node/job-{self.created}"
        self.states[job_id] = QUEUED

    @precondition(lambda self: self.states)
    @rule(data=st.data(), after=st.sampled_from(STATES))
    def update(self, data: st.DataObject, after: JobState) -> None:
        job_id = data.draw(st.sampled_from(list(self.states)))
        if (self.states[job_id], after) in LEGAL:
            self.registry.update_state(job_id, after)
            self.states[job_id] = after
        else:
            with pytest.raises(IllegalTransition):
                self.registry.update_state(job_id, after)

    @precondition(lambda self: self.states)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(list(self.states)))
        if self.states[job_id] in (QUEUED, RUNNING):
            with pytest.raises(StillUnfinished):
                self.registry.remove_job(job_id)
        else:
            self.registry.remove_job(job_id)
            del self.states[job_id]

    def teardown(self) -> None:
        ids = self.registry.job_ids()
        assert {job_id: self.registry.get_job(job_id).state for job_id in ids} == self.states
        assert ids == list(self.states)


TestAnyUse = AnyUse.TestCase
