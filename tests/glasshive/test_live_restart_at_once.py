"""Many threads of a live run crash, restart and tell one actor at once."""

from __future__ import annotations

import threading
from typing import Any

import pykka
import pytest

from glasshive import GlasshiveError, Live, life
from tests.glasshive.counter import Counter
from tests.glasshive.lives import LONG, eventually

pytestmark = pytest.mark.usefixtures("quiet")


def test_of_many_threads_that_restart_an_actor_one_does(live: Live) -> None:
    ref = Counter.start()
    for _ in range(20):
        live.crash(ref)
        begin = threading.Barrier(8)
        refused: list[GlasshiveError] = []

        def restart(begin: threading.Barrier = begin, refused: list[Any] = refused) -> None:
            begin.wait(LONG)
            try:
                live.restart(ref)
            except GlasshiveError as error:
                refused.append(error)

        threads = [threading.Thread(target=restart) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG)
        assert len(refused) == 7
        assert ref.ask("x") == (1, 1)
        assert len(live.actors()) == 1
    assert life(ref) == 20


def test_under_crashes_messages_are_handled_in_order_and_at_most_once(live: Live) -> None:
    got: list[tuple[int, int]] = []

    class Sink(pykka.ThreadingActor):
        def on_receive(self, message: tuple[int, int]) -> None:
            got.append(message)

    ref = Sink.start()
    over = threading.Event()

    def tell(sender: int) -> None:
        for number in range(3000):
            ref.tell((sender, number))

    def strike() -> None:
        state = False
        while not over.is_set():
            live.crash(ref)
            live.restart(ref, state=state)
            state = not state

    senders = [threading.Thread(target=tell, args=(sender,)) for sender in range(3)]
    striker = threading.Thread(target=strike)
    for thread in (*senders, striker):
        thread.start()
    for thread in senders:
        thread.join(LONG)
    over.set()
    striker.join(LONG)
    live.run()  # every message that is on its way is counted, and no more
    assert live.works == 0
    for sender in range(3):
        numbers = [number for who, number in got if who == sender]
        assert numbers == sorted(set(numbers))
    ref.tell((3, 0))
    live.run()
    assert got[-1] == (3, 0)
    eventually(lambda: len(live._lives) == 1)
