from __future__ import annotations

import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from glasshive import Simulation
from glasshive.agenda import Agenda
from glasshive.interrupt import postponed

if TYPE_CHECKING:
    from types import FrameType, FunctionType


def test_ctrl_c_waits_until_what_was_begun_is_done() -> None:
    done = []

    @postponed()
    def work() -> None:
        signal.raise_signal(signal.SIGINT)
        with postponed():
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nothing_is_postponed_where_somebody_else_handles_ctrl_c() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        with postponed():
            signal.raise_signal(signal.SIGINT)
            assert heard == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_thread_that_never_gets_ctrl_c_postpones_nothing() -> None:
    def work() -> str:
        with postponed():
            return "done"

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result() == "done"


def test_a_run_may_be_interrupted_where_what_is_around_it_may_not() -> None:
    done = []

    @postponed(runs=True)
    def work() -> None:
        try:
            run()
        except KeyboardInterrupt:
            done.append("the run has ended")
        signal.raise_signal(signal.SIGINT)
        done.append("what is around it goes on")

    def run() -> None:
        with Simulation():
            signal.raise_signal(signal.SIGINT)
            done.append("the run goes on")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["the run has ended", "what is around it goes on"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_run_is_not_interrupted_within_what_must_come_to_its_end() -> None:
    done = []

    @postponed()
    def work() -> None:
        with Simulation():
            signal.raise_signal(signal.SIGINT)
            done.append("the run goes on")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["the run goes on"]


@pytest.mark.parametrize("struck", [Simulation._put_in_place, Agenda.everything])
def test_ctrl_c_while_the_world_is_turned_comes_up_and_leaves_it_whole(
    struck: FunctionType,
) -> None:
    # The one is called when the world is put in place, the other when it is put back.
    sleep = time.sleep

    def strike(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is struck.__code__:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)

    def run() -> None:
        with Simulation():
            time.sleep(1)

    sys.setprofile(strike)
    try:
        with pytest.raises(KeyboardInterrupt):
            run()
    finally:
        sys.setprofile(None)
    assert time.sleep is sleep
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    run()
