"""What hive and queen have in common, shown on a queen whose hives are the test itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from actors import (
    Accepted,
    Cancel,
    Completed,
    Error,
    Failed,
    ModelInfo,
    OpenStream,
    Queen,
    Rejected,
    Request,
    StreamEnd,
    Submit,
    Usage,
    WorkerOutput,
    WorkerResponse,
    WorkerStatus,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from glasshive import Simulation
    from tests.actors.conftest import Below, Peer


# -- serving --------------------------------------------------------------------------------


def test_a_model_that_nobody_serves_is_rejected(
    client: Peer, queen: ActorRef[Queen], ask: Callable[..., Request]
) -> None:
    queen.tell(Submit(ask(), client.ref))
    client.pause()
    reason = "nobody at queen serves 'llama'; models served: none"
    assert client.of(Rejected) == [Rejected("request-1", reason, 0.25)]


def test_nothing_goes_below_before_the_stream_is_opened(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.submit(queen, ask())
    assert hive.asked() == []
    client.open(job)
    client.pause()
    assert hive.asked() == ["request-1"]


def test_a_relay_holds_no_more_than_max_jobs(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    for number in range(1, 5):
        client.start(queen, ask(number))
    queen.tell(Submit(ask(5), client.ref))
    client.pause()
    reason = "queen is full: it has 4 unfinished jobs"
    assert client.of(Rejected) == [Rejected("request-5", reason, 0.25)]
    assert hive.asked() == ["request-1", "request-2"]  # it has two slots


# -- relaying -------------------------------------------------------------------------------


def test_text_is_numbered_anew_and_what_is_no_text_stays_below(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    assert hive.peer.of(OpenStream) == [OpenStream("hive-1/job-1", -1, queen)]
    hive.item(0, WorkerStatus("placed on worker-1"))
    hive.item(1, ModelInfo("llama on gpu-0"))
    hive.word(2, " bee")
    hive.item(3, WorkerStatus("still there"))
    hive.word(4, "[DONE]")
    hive.done(5)
    assert client.items(job) == [(0, WorkerResponse(" bee")), (1, WorkerResponse("[DONE]"))]
    assert client.of(StreamEnd) == [
        StreamEnd("queen/job-1", 2, Completed("stop", Usage(10, 5))),
    ]


def test_a_text_that_completes_without_done_is_cut_and_fails(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.word(0, " bee")
    hive.end(1, Completed())
    reason = "hive-1/job-1 ended as completed, but its text has no end"
    assert client.outcomes(job) == [Failed(reason)]


def test_a_workers_error_is_what_the_keeper_is_told(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.word(0, " bee")
    hive.item(1, WorkerOutput(Error("oom", "worker-1 ran out of memory")))
    hive.end(2, Failed("worker-1/job-1 failed"))
    assert client.outcomes(job) == [Failed("worker-1 ran out of memory", "oom")]


def test_a_failure_below_comes_up_as_it_is(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.end(0, Failed("worker-1 has been silent for 4 s"))
    assert client.outcomes(job) == [Failed("worker-1 has been silent for 4 s")]


def test_what_is_told_twice_is_left_out(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.accept()
    hive.word(0, " bee")
    hive.word(0, " bee")
    hive.word(1, " hum")
    hive.word(0, " bee")
    hive.done(2)
    hive.done(2)
    assert client.tokens(job) == [WorkerResponse(" bee"), WorkerResponse(" hum")]
    assert len(client.outcomes(job)) == 1
    assert len(hive.peer.of(OpenStream)) == 1


def test_a_gap_is_asked_for_once_and_closed_by_what_is_sent_again(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.word(0, " bee")
    hive.word(2, " dawn")  # 1 was lost
    hive.word(3, " dew")
    assert hive.peer.of(OpenStream)[1:] == [OpenStream("hive-1/job-1", 0, queen)]
    for index, text in enumerate([" hum", " dawn", " dew"], start=1):
        hive.word(index, text)
    texts = [token.text for token in client.tokens(job)]
    assert texts == [" bee", " hum", " dawn", " dew"]


def test_an_end_after_a_gap_waits_for_what_is_missing(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.word(0, " bee")
    hive.end(2, Completed())  # Done was lost
    assert client.outcomes(job) == []
    assert hive.peer.of(OpenStream)[1:] == [OpenStream("hive-1/job-1", 0, queen)]
    hive.done(1)
    assert client.outcomes(job) == [Completed("stop", Usage(10, 1))]


# -- placing --------------------------------------------------------------------------------


def test_a_job_waits_until_a_slot_is_free_below_first_come_first_served(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    for number in (1, 2, 3, 4):
        client.start(queen, ask(number))
    hive.accept(1)
    assert hive.asked() == ["request-1", "request-2"]
    hive.done(0, number=1)
    assert hive.asked() == ["request-1", "request-2", "request-3"]


def test_a_job_that_one_node_rejects_goes_to_the_next(
    client: Peer,
    start_hive: Callable[[str], Below],
    queen: ActorRef[Queen],
    hive: Below,
    ask: Callable[..., Request],
) -> None:
    other = start_hive("hive-2")
    job = client.start(queen, ask())
    hive.reject(1, retry_after=5.0)
    assert other.asked() == ["request-1"]
    other.accept()
    other.word(0, " bee")
    assert client.tokens(job) == [WorkerResponse(" bee")]


def test_a_job_that_all_reject_waits_for_its_time_and_a_heartbeat(
    sim: Simulation,
    client: Peer,
    queen: ActorRef[Queen],
    hive: Below,
    ask: Callable[..., Request],
) -> None:
    hive.state = msgspec.structs.replace(hive.state, max_num_seqs=1)
    hive.beat()
    jobs = [client.start(queen, ask(number)) for number in (1, 2)]
    hive.reject(1, retry_after=1.5)
    sim.run(until=1.0)
    hive.beat()
    assert hive.asked() == ["request-1"]
    sim.run(until=2.0)
    hive.beat()
    assert hive.asked() == ["request-1", "request-1"]  # and it is still before the second
    assert [client.outcomes(job) for job in jobs] == [[], []]


def test_jobs_that_are_rejected_wait_in_the_order_in_which_they_came(
    sim: Simulation,
    client: Peer,
    queen: ActorRef[Queen],
    hive: Below,
    ask: Callable[..., Request],
) -> None:
    for number in (1, 2, 3, 4):
        client.start(queen, ask(number))
    for number in (1, 2):
        hive.reject(number, retry_after=0.5)
    sim.run(until=1.0)
    hive.beat()
    assert hive.asked()[2:] == ["request-1", "request-2"]
    for number in (2, 1):
        hive.reject(number, retry_after=0.5)
    sim.run(until=2.0)
    hive.beat()
    assert hive.asked()[4:] == ["request-1", "request-2"]


def test_a_node_is_given_its_slots_and_its_places_to_wait_and_the_rest_waits_here(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    hive.state = msgspec.structs.replace(hive.state, max_num_seqs=1, max_waiting=2)
    hive.beat()
    for number in (1, 2, 3, 4):
        client.start(queen, ask(number))
    hive.accept(1)
    assert hive.asked() == ["request-1", "request-2", "request-3"]
    hive.done(0, number=1)
    assert hive.asked()[3:] == ["request-4"]


def test_a_rejection_after_the_acceptance_changes_nothing(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.reject(1, retry_after=0.0)
    hive.done(0)
    assert hive.asked() == ["request-1"]
    assert client.outcomes(job) == [Completed("stop", Usage(10, 0))]


def test_a_job_below_that_nobody_asked_for_is_cancelled(
    client: Peer,
    start_hive: Callable[[str], Below],
    queen: ActorRef[Queen],
    hive: Below,
    ask: Callable[..., Request],
) -> None:
    other = start_hive("hive-2")
    client.start(queen, ask())
    other.accept()
    assert other.peer.of(Cancel) == [Cancel("hive-2/job-1", queen)]
    hive.accept()
    hive.say(Accepted("request-1", "hive-1/job-2", hive.peer.ref))
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-2", queen)]
    assert hive.peer.of(OpenStream) == [OpenStream("hive-1/job-1", -1, queen)]


def test_a_job_that_nobody_can_ever_take_fails_with_the_reason(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    hive.reject(1, retry_after=None)
    reason = "nobody at queen can ever take the request: no room"
    assert client.outcomes(job) == [Failed(reason)]
