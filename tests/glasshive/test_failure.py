"""What an error says, and where it comes up."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import pykka
import pytest

from glasshive import GlasshiveError, Live, NotRunning, Simulation, clock

if TYPE_CHECKING:
    from glasshive.trace import Event


pytestmark = pytest.mark.usefixtures("quiet")


class Thrower(pykka.ThreadingActor):
    def __init__(self, following: Any = None, at: str = "") -> None:
        super().__init__()
        self.following = following
        self.at = at
        self.error: BaseException | None = None

    def on_start(self) -> None:
        self._fail("on_start")

    def on_stop(self) -> None:
        self._fail("on_stop")

    def _fail(self, hook: str) -> None:
        if self.at == hook:
            raise KeyError(hook)

    def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        del exception_type, traceback
        self.error = exception_value

    def on_receive(self, message: Any) -> Any:
        if self.following is not None:
            return self.following.ask(message)
        raise ValueError(message)


def test_an_answered_error_has_a_note_of_each_actor_that_it_came_through() -> None:
    with Simulation() as simulation:
        outer = Thrower.start(Thrower.start())
        simulation.run(until=1.5)
        with pytest.raises(ValueError, match="boom") as caught:
            outer.ask("boom")
    assert caught.value.__notes__ == [
        "at 1.500000 s, in Thrower-1, handling 'boom'",
        "at 1.500000 s, in Thrower-2, handling 'boom'",
    ]
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert "on_receive" in frames


def test_an_unanswered_error_has_its_note_before_the_hook_sees_it() -> None:
    with Simulation() as simulation:
        ref = Thrower.start()
        actor = ref._actor_weakref()
        assert actor is not None
        ref.tell("x" * 300)
        simulation.run()
        assert actor.error is not None
        assert actor.error.__notes__ == [
            "at 0.000000 s, in Thrower-1, handling '" + "x" * 199 + "…"
        ]


@pytest.mark.parametrize("runtime", [Simulation, Live])
def test_every_failure_is_an_event(runtime: type[Simulation | Live]) -> None:
    seen: list[tuple[str, Any]] = []

    def watch(event: Event, message: Any) -> None:
        assert message is None
        seen.append((event.actor, str(event.data)))

    with runtime() as running:
        running.watch(watch, kinds=["fail"])
        Thrower.start(at="on_start")
        running.run()
        Thrower.start(at="on_stop").stop()
        asked = Thrower.start()
        with pytest.raises(ValueError, match="asked"):
            asked.ask("asked")
        asked.tell("told")
        running.run()
    assert seen == [
        ("Thrower-1", "'on_start'"),
        ("Thrower-2", "'on_stop'"),
        ("Thrower-3", "asked"),
        ("Thrower-3", "told"),
    ]


def test_an_error_that_is_raised_again_and_again_gathers_no_more_than_sixteen_notes() -> None:
    error = ValueError("the same")

    class Same(pykka.ThreadingActor):
        def on_receive(self, _: Any) -> Any:
            raise error

    with Simulation():
        ref = Same.start()
        for number in range(40):
            with pytest.raises(ValueError, match="the same"):
                ref.ask(number)
    assert len(error.__notes__) == 16


def test_a_watchers_error_comes_up_in_the_script_even_after_its_last_wait() -> None:
    def watch(event: Event, _: Any) -> None:
        raise LookupError(event.kind)

    def script() -> None:
        with Simulation() as simulation:
            simulation.watch(watch, kinds=["send"])
            Thrower.start().tell("x")

    with pytest.raises(LookupError, match="send"):
        script()


def test_a_conditions_error_comes_up_in_the_script_and_kills_nobody() -> None:
    def condition() -> bool:
        if pykka.ActorRegistry.get_all()[0].actor_inbox is not None and calls:
            raise LookupError("looked")
        calls.append(1)
        return False

    calls: list[int] = []
    with Simulation() as simulation:
        ref = Thrower.start()
        with pytest.raises(LookupError, match="looked"):
            simulation.run(condition=condition)
        with pytest.raises(ValueError, match="alive"):
            ref.ask("alive")


def test_a_condition_that_waits_is_refused() -> None:
    with Simulation() as simulation:
        ref = Thrower.start()
        ref.tell("x")
        passed: list[int] = []

        def condition() -> bool:
            passed.append(1)
            return len(passed) > 1 and bool(ref.ask("x"))

        with pytest.raises(GlasshiveError, match="the condition of run"):
            simulation.run(condition=condition)


def test_what_needs_a_runtime_says_so() -> None:
    ref = Thrower.start()
    with pytest.raises(NotRunning, match="wrap the program in `with Simulation"):
        clock.after(1, ref, "x")
    with Simulation(), pytest.raises(GlasshiveError, match="was not started inside"):
        clock.after(1, ref, "x")
    ref.stop()


def test_impossible_settings_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match="a seed is an integer, not 'x'"):
        Simulation(seed="x")  # type: ignore[arg-type]
    with Simulation() as simulation:
        for wrong in (-1.0, float("nan"), float("inf")):
            with pytest.raises(ValueError, match=f"a link's latency is .* not {wrong!r}"):
                simulation.network.link("a", "b", latency=wrong)
        with pytest.raises(ValueError, match="both ends are 'a'"):
            simulation.network.link("a", "a", latency=1)
        with pytest.raises(ValueError, match="a timer's delay"):
            clock.after(-1, Thrower.start(), "x")
        with pytest.raises(ValueError, match="no event is of kind 'sent'"):
            simulation.watch(print, kinds=["sent"])


def test_run_belongs_to_the_script() -> None:
    class Runner(pykka.ThreadingActor):
        def on_receive(self, message: Simulation) -> Any:
            return message.run()

    with Simulation() as simulation, pytest.raises(GlasshiveError, match="belongs to the script"):
        Runner.start().ask(simulation)
