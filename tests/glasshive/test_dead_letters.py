"""A tell to a dead actor, and an answer that nobody reads, stand in the trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pykka
import pytest

from glasshive import Simulation
from glasshive.trace import TraceWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Echo(pykka.ThreadingActor):
    def on_receive(self, message: Any) -> Any:
        return message


def events(path: Path, script: Callable[[Simulation], None]) -> list[dict[str, Any]]:
    writer = TraceWriter.open(path, {})
    with Simulation(trace=writer) as simulation:
        script(simulation)
    writer.finish({})
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()[1:-1]]


def test_what_is_told_and_asked_of_a_dead_actor_is_refused_and_recorded(tmp_path: Path) -> None:
    def script(_: Simulation) -> None:
        echo = Echo.start()
        echo.stop()
        with pytest.raises(pykka.ActorDeadError):
            echo.tell("told")
        with pytest.raises(pykka.ActorDeadError):
            echo.ask("asked")
        assert echo.stop() is False

    seen = events(tmp_path / "t.jsonl", script)
    dropped = [each for each in seen if each["kind"] == "drop"]
    assert [each["data"] for each in dropped] == [{"reason": "dead"}] * 2
    assert [seen[each["cause"]]["data"] for each in dropped] == ["told", "asked"]
    assert {(each["actor"], each["peer"]) for each in dropped} == {("Echo-1", "script")}


def test_an_answer_that_nobody_reads_is_recorded_at_the_end(tmp_path: Path) -> None:
    def script(simulation: Simulation) -> None:
        echo = Echo.start()
        echo.ask("read")
        late = echo.ask("read late", block=False)
        echo.ask("never read", block=False)
        simulation.run()
        assert late.map(str.upper).get() == "READ LATE"

    seen = events(tmp_path / "t.jsonl", script)
    unread = [each for each in seen if each["kind"] == "unread"]
    assert [seen[each["cause"]]["data"] for each in unread] == ["never read"]


def test_a_dead_reference_that_outlives_its_run_is_a_plain_pykka_reference(tmp_path: Path) -> None:
    refs: list[pykka.ActorRef[Echo]] = []

    def script(_: Simulation) -> None:
        refs.append(Echo.start())
        refs[0].stop()

    events(tmp_path / "t.jsonl", script)
    with pytest.raises(pykka.ActorDeadError):
        refs[0].tell("x")
