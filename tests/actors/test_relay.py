"""What hive and queen relay, shown on a queen whose hives are the test itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import (
    Completed,
    Error,
    Failed,
    ModelInfo,
    OpenStream,
    Queen,
    Rejected,
    StreamEnd,
    Token,
    Usage,
    WorkerOutput,
    WorkerResponse,
    WorkerStatus,
)

if TYPE_CHECKING:
    from pykka import ActorRef

    from glasshive import Simulation
    from glasshive.trace import Event
    from tests.actors.conftest import Asks, Below, Hives, Peer


# -- serving --------------------------------------------------------------------------------


def test_a_model_that_nobody_serves_is_rejected(
    client: Peer, queen: ActorRef[Queen], ask: Asks
) -> None:
    client.offer(queen, ask(), (0, 4))
    reason = "nobody at queen serves 'llama'; models served: none"
    assert client.of(Rejected) == [Rejected("request-1", reason, 0.25, (0, 4))]


def test_who_asks_for_a_model_that_nobody_serves_is_told_which_are(
    client: Peer, queen: ActorRef[Queen], start_hive: Hives, ask: Asks
) -> None:
    for name, model in (("hive-1", "mistral"), ("hive-2", "gemma")):
        below = start_hive(name)
        below.state = type(below.state)(name, model, 0, 0, 1, 0, 1, 0, 0, 0)
        below.beat()
    client.offer(queen, ask())
    reason = "nobody at queen serves 'llama'; models served: mistral, gemma"
    assert [rejected.reason for rejected in client.of(Rejected)] == [reason]


def test_nothing_goes_below_before_the_stream_is_opened(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.submit(queen, ask())
    assert hive.asked() == []
    client.open(job)
    client.pause()
    assert hive.asked() == ["request-1"]


def test_a_relay_holds_no_more_than_max_jobs(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    for number in range(1, 5):
        client.start(queen, ask(number))
    client.offer(queen, ask(5))
    reason = "queen is full: it has 4 unfinished jobs"
    assert client.of(Rejected) == [Rejected("request-5", reason, 0.25)]
    assert hive.asked() == ["request-1", "request-2"]  # it has two slots


def test_a_job_runs_from_its_acceptance_below(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    states: list[str | None] = []

    def note(event: Event, _: object) -> None:
        states.append(event.data["after"])

    sim.watch(note, kinds=["state"])
    client.start(queen, ask())
    assert states == ["Queued"]
    hive.accept()
    assert states == ["Queued", "Running"]


# -- relaying -------------------------------------------------------------------------------


def test_text_is_numbered_anew_and_what_is_no_text_stays_below(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
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
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.word(0, " bee")
    hive.end(1, Completed())
    reason = "hive-1/job-1 ended as completed, but its text has no end"
    assert client.outcomes(job) == [Failed(reason)]


def test_a_text_that_completes_after_an_error_is_cut_and_fails(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.item(0, WorkerOutput(Error("timeout", "worker-1 had no more time")))
    hive.end(1, Completed())
    reason = "hive-1/job-1 ended as completed, but its text has no end"
    assert client.outcomes(job) == [Failed(reason)]


def test_a_workers_error_is_what_the_keeper_is_told(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.word(0, " bee")
    hive.item(1, WorkerOutput(Error("timeout", "worker-1 had no more time")))
    hive.end(2, Failed("worker-1/job-1 failed", "other"))
    assert client.outcomes(job) == [Failed("worker-1 had no more time", "timeout")]
    assert client.texts(job) == [" bee"]


def test_a_failure_below_that_would_be_the_same_elsewhere_comes_up_as_it_is(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    jobs = [client.start(queen, ask(number)) for number in (1, 2)]
    for number, failed in ((1, Failed("no")), (2, Failed("too late", "timeout"))):
        hive.accept(number)
        hive.end(0, failed, number)
        assert client.outcomes(jobs[number - 1]) == [failed]


def test_what_is_told_twice_is_left_out(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
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
    assert client.texts(job) == [" bee", " hum"]
    assert len(client.outcomes(job)) == 1
    assert len(hive.peer.of(OpenStream)) == 1


def test_a_gap_is_asked_for_once_and_closed_by_what_is_sent_again(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.word(0, " bee")
    hive.word(2, " dawn")  # 1 was lost
    hive.word(3, " dew")
    assert hive.peer.of(OpenStream)[1:] == [OpenStream("hive-1/job-1", 0, queen)]
    for index, text in enumerate([" hum", " dawn", " dew"], start=1):
        hive.word(index, text)
    assert client.texts(job) == [" bee", " hum", " dawn", " dew"]


def test_an_end_after_a_gap_waits_for_what_is_missing(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.word(0, " bee")
    hive.end(2, Completed())  # Done was lost
    assert client.outcomes(job) == []
    assert hive.peer.of(OpenStream)[1:] == [OpenStream("hive-1/job-1", 0, queen)]
    hive.done(1)
    assert client.outcomes(job) == [Completed("stop", Usage(10, 1))]


# -- again and again ------------------------------------------------------------------------


def test_a_stream_that_is_read_is_opened_again_from_time_to_time_from_where_the_relay_is(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask())
    hive.accept()
    hive.live(1.2, client)
    hive.word(0, " bee")
    hive.word(1, " hum")
    hive.live(6.2, client)
    assert hive.peer.of(OpenStream) == [
        OpenStream("hive-1/job-1", after, queen) for after in (-1, 1, 1)
    ]
    assert hive.peer.when(OpenStream) == [0.0, 3.0, 6.0]


def test_a_stream_that_was_opened_again_for_a_gap_is_renewed_that_much_later(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask())
    hive.accept()
    hive.live(1.2, client)
    hive.word(3, " dew")
    hive.live(9.0, client)
    assert hive.peer.when(OpenStream) == [0.0, 1.2, 5.0, 8.0]


def test_an_end_that_was_lost_is_told_again_when_the_stream_is_renewed(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.word(0, " bee")
    hive.live(3.2, client)
    renewal = hive.peer.of(OpenStream)[-1]
    assert renewal.after == 0
    hive.done(1)
    assert client.outcomes(job) == [Completed("stop", Usage(10, 1))]


def test_a_token_goes_up_in_the_queens_own_words(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.item(0, WorkerOutput(Token(" bee")))
    assert client.tokens(job) == [WorkerResponse(" bee")]
