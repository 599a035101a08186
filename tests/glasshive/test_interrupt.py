from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from glasshive.interrupt import postponed


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
