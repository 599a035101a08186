"""Exhaustive search tries what could come another way though it does not show in the run."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pykka

from tests.glasshive.schedule.orders import Node, explored, got, orders, telling

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from glasshive import Simulation


def test_a_timer_that_fires_in_the_plain_run_is_cancelled_in_another() -> None:
    """A sets a timer on X and B one on A, whose message makes A cancel the first: 3 orders.

    The cancel comes before A has set the timer, after it has fired, or in between. Where it has
    fired, nothing tells that it could have been cancelled.
    """

    def play(simulation: Simulation) -> tuple[str, str]:
        target = Node.start()
        timers: list[Any] = []
        a = Node.start(
            go=lambda _: timers.append(simulation.after(1.0, target, "late")),
            cancel=lambda _: timers[0].cancel() if timers else None,
        )
        b = Node.start(go=lambda _: simulation.after(2.0, a, "cancel"))
        a.tell("go")
        b.tell("go")
        simulation.run()
        return got(a), got(target)

    search, results = explored(play)
    assert results[0] == ("go cancel", "late")
    assert sorted(results) == [("cancel go", "late"), ("go cancel", ""), ("go cancel", "late")]
    assert search.verdict == "complete"


def test_an_answer_that_is_too_late_in_the_plain_run_comes_in_time_in_another() -> None:
    """A asks B with a timeout of 1 s, and B sleeps 2 s before it answers: 2 orders."""

    def play(simulation: Simulation) -> str:
        def answer(_: Node) -> str:
            time.sleep(2.0)
            return "answer"

        b = Node.start(q=answer)

        def ask(own: Node) -> None:
            try:
                own.got.append(b.ask("q", timeout=1.0))
            except pykka.Timeout:
                own.got.append("timeout")

        a = Node.start(go=ask)
        a.tell("go")
        simulation.run()
        return got(a)

    search, results = explored(play)
    assert sorted(results) == ["go answer", "go timeout"]
    assert search.verdict == "complete"


def _tells(ref: ActorRef[Any], message: str) -> Callable[[Node], None]:
    def tell(own: Node) -> None:
        try:
            ref.tell(message)
        except pykka.ActorDeadError:
            own.got.append("dead")

    return tell


def _told_about_its_end(simulation: Simulation, end: Callable[[Any], None]) -> tuple[str, str]:
    """Have R told to end while A tells it x; return what R got, and what A did."""
    r = Node.start(quit=end)
    actor = r._actor_weakref()
    a = Node.start(go=_tells(r, "x"))
    simulation.run()
    r.tell("quit")
    a.tell("go")
    simulation.run()
    assert actor is not None
    return " ".join(actor.got), got(a)


def test_the_end_of_an_actor_is_tried_before_and_after_everything_else() -> None:
    """R is told to quit, and A tells it x. A goes before R quits, and x comes in time or is lost;
    or A goes after it, which an error tells A: 3 orders.
    """

    def play(simulation: Simulation) -> tuple[str, str]:
        return _told_about_its_end(simulation, Node._stop)

    search, results = explored(play)
    assert sorted(results) == [("quit", "go"), ("quit", "go dead"), ("x quit", "go")]
    assert search.verdict == "complete"


def test_a_message_that_could_never_be_next_as_its_receiver_was_busy_until_its_end() -> None:
    """Before it quits, R asks B. A goes before R has the answer, and x comes before R begins to
    quit or never; or A goes after R has quit, which an error tells A: 3 orders.
    """

    def play(simulation: Simulation) -> tuple[str, str]:
        b = Node.start()

        def quit_after_a_question(own: Node) -> None:
            b.ask("q")
            own._stop()

        return _told_about_its_end(simulation, quit_after_a_question)

    search, results = explored(play)
    assert sorted(results) == [("quit", "go"), ("quit", "go dead"), ("x quit", "go")]
    assert search.verdict == "complete"


def test_an_actor_ends_before_or_after_any_of_the_questions_to_it() -> None:
    """R is told to quit, and two others ask it something, which is answered if it comes before.

    None is answered (1), one of the two is (2), or both are, in either order (2): it comes to 5
    results. More orders are run, as the end of R could show in anything that comes before or after.
    """

    def play(simulation: Simulation) -> tuple[str, ...]:
        r = Node.start(quit=lambda own: own._stop())
        actor = r._actor_weakref()
        assert actor is not None

        def ask(name: str) -> Callable[[Node], None]:
            def question(own: Node) -> None:
                try:
                    r.ask(name)
                    own.got.append("answered")
                except pykka.ActorDeadError:
                    own.got.append("unanswered")

            return question

        askers = [Node.start(go=ask(name)) for name in "ab"]
        r.tell("quit")
        for asker in askers:
            asker.tell("go")
        simulation.run()
        return " ".join(actor.got), *map(got, askers)

    search, results = explored(play)
    assert len(set(results)) == 5
    assert search.verdict == "complete"


def test_a_crash_is_tried_before_and_after_everything_else() -> None:
    """A crashes R, and B tells R x: A goes before B, or after it, with x lost or handled: 3."""

    def play(simulation: Simulation) -> str:
        r = Node.start()
        actor = r._actor_weakref()
        assert actor is not None
        a = Node.start(go=lambda _: simulation.crash(r))
        b = Node.start(go=telling(r, "x"))
        simulation.run()
        a.tell("go")
        b.tell("go")
        simulation.run()
        return " ".join(actor.got)

    search, results = explored(play)
    assert Counter(results) == {"": 2, "x": 1}
    assert (search.cut_short, search.verdict) == (0, "complete")


def test_what_a_timer_tells_does_not_wait_for_what_its_owner_has_told() -> None:
    """A sets a timer on itself and tells itself to cancel it: the timer's message comes first, or
    second if it has fired before the cancel, or never if it has not: 3 orders.
    """

    def play(simulation: Simulation) -> str:
        timers: list[Any] = []

        def go(own: Node) -> None:
            timers.append(simulation.after(1.0, own.actor_ref, "late"))
            own.actor_ref.tell("cancel")

        a = Node.start(go=go, cancel=lambda _: timers[0].cancel())
        a.tell("go")
        simulation.run()
        return got(a)

    search, results = explored(play)
    assert sorted(results) == ["go cancel", "go cancel late", "go late cancel"]
    assert (search.cut_short, search.verdict) == (0, "complete")


def test_answers_that_are_under_way_come_in_no_order() -> None:
    """A asks B and C on other hosts, and waits for both answers: nobody is told which was first."""

    def play(simulation: Simulation) -> None:
        simulation.network.link("here", "there", latency=1.0)
        with simulation.on("there"):
            others = [Node.start(), Node.start()]

        def ask(own: Node) -> None:
            futures: list[Any] = [other.ask("q", block=False) for other in others]
            own.got += [future.get() for future in futures]

        with simulation.on("here"):
            a = Node.start(go=ask)
        a.tell("go")
        simulation.run()

    assert orders(play) == 1
