"""What a simulation cannot control is refused, with the line that wanted it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import multiprocessing
import os
import socket
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pykka
import pytest

from glasshive import EscapedSimulation, Simulation

if TYPE_CHECKING:
    from collections.abc import Callable


class Doer(pykka.ThreadingActor):
    def on_receive(self, message: Callable[[], Any]) -> Any:
        return message()


def thread() -> None:
    threading.Thread(target=print).start()


def pool() -> None:
    concurrent.futures.ThreadPoolExecutor().submit(print)


def process() -> None:
    subprocess.run(["true"], check=False)  # noqa: S607  it never runs


def shell() -> None:
    os.system("true")  # noqa: S605, S607  it never runs


def fork() -> None:
    os.fork()


def worker() -> None:
    multiprocessing.get_context("fork").Process(target=print).start()


def plain_socket() -> None:
    socket.socket()


def look_up() -> None:
    socket.getaddrinfo("localhost", 80)


def loop() -> None:
    asyncio.new_event_loop()


def async_run() -> None:
    coroutine = asyncio.sleep(0)
    try:
        asyncio.run(coroutine)
    finally:
        coroutine.close()


ESCAPES = {
    thread: "a thread",
    pool: "a thread",
    process: "a process",
    shell: "a process",
    fork: "a process",
    worker: "a process",
    plain_socket: "a socket",
    look_up: "a socket",
    loop: "an event loop",
    async_run: "an event loop",
}


@pytest.mark.parametrize("escape", ESCAPES, ids=lambda escape: escape.__name__)
def test_an_escape_is_refused_with_the_line_that_tried_it(escape: Callable[[], None]) -> None:
    lines, first = inspect.getsourcelines(escape)
    with Simulation(), pytest.raises(EscapedSimulation) as caught:
        escape()
    file, line, rest = str(caught.value).split(":", 2)
    assert file == __file__
    assert first < int(line) < first + len(lines)
    assert f"{escape.__name__}() wants {ESCAPES[escape]}, but" in rest


@pytest.mark.parametrize("escape", ESCAPES, ids=lambda escape: escape.__name__)
def test_an_actor_that_escapes_ends_the_run_although_nobody_asks_it(
    escape: Callable[[], None],
) -> None:
    with Simulation() as simulation:
        Doer.start().tell(escape)
        with pytest.raises(EscapedSimulation):
            simulation.run()


def test_what_is_allowed_by_name_is_let_through_and_nothing_else() -> None:
    with Simulation(allow=["process"]):
        assert subprocess.run([os.devnull], check=False, executable="/bin/true").returncode == 0
        with pytest.raises(EscapedSimulation):
            plain_socket()
    with Simulation(allow=["socket"]):
        socket.socket().close()


def test_an_allowance_that_there_is_not_is_refused_with_the_near_one() -> None:
    with pytest.raises(ValueError, match="no escape is called 'sockets'; did you mean 'socket'"):
        Simulation(allow=["sockets"])


def test_other_threads_and_what_comes_after_are_not_fenced() -> None:
    go, done = threading.Event(), threading.Event()

    def beside() -> None:
        go.wait()
        socket.socket().close()
        done.set()

    helper = threading.Thread(target=beside)
    helper.start()
    with Simulation(allow=["thread"]):
        go.set()
        helper.join()
    assert done.is_set()
    socket.socket().close()
    thread()
