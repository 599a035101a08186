"""What is left of clients that connect, leave, cancel and stall at random: nothing.

`pytest -n0 tests/gateway/proofs/test_nothing_left.py --rounds 250` has them do so for a minute.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pykka
import pytest

from actors import Patience
from tests.gateway.conftest import LONG, blueprint, events_in, eventually, spoken, text_of
from tests.gateway.proofs.conftest import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.gateway.conftest import Served, Serves

CLIENTS = 12
ROUNDS = 12

PATIENCE = Patience(
    heartbeat_seconds=0.2,
    degraded_seconds=0.6,
    silence_seconds=1.2,
    retry_seconds=0.1,
    reply_seconds=1.0,
    renew_seconds=0.5,
    lease_seconds=2.0,
    open_seconds=2.0,
    keep_seconds=0.5,
)
LIMITS: dict[str, Any] = {
    "grace_seconds": 0.2,
    "keep_seconds": 0.3,
    "open_seconds": 0.5,
    "stall_seconds": 0.3,
    "request_seconds": 0.3,
    "idle_seconds": 1,
    "comment_seconds": 0.1,
    "send_bytes": 4096,
    "feed_events": 50,
}


class Guest:
    """A client that does whatever its seed says.

    Args:
        served: the gateway.
        seed: what is drawn from.
    """

    def __init__(self, served: Served, seed: str) -> None:
        self.served = served
        self.random = Random(seed)
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.client = httpx.Client(base_url=served.url, timeout=LONG, trust_env=False)

    def visit(self, rounds: int) -> None:
        """Come and go so many times."""
        ways: list[Callable[[], None]] = [
            self.listens,
            self.leaves,
            self.comes_back,
            self.cancels,
            self.never_opens,
            self.stalls,
            self.says_half,
            self.says_nothing,
            self.watches,
            self.babbles,
            self.repeats,
            self.chats,
            self.crashes,
        ]
        with self.client:
            for _ in range(rounds):
                way = self.random.choice(ways)
                try:
                    way()
                except Exception as error:  # noqa: BLE001  told by the test, on its own thread
                    self.wrong.append(f"{way.__name__}: {error!r}")
                self.done[way.__name__] += 1

    def job(self, tokens: int = 0, key: str | None = None) -> str:
        """Make a job, when there is one to be had."""
        body = {
            "prompt": "come and go",
            "max_tokens": tokens or self.random.randint(1, 300),
            "ignore_eos": True,
        }
        headers = {} if key is None else {"Idempotency-Key": key}
        while True:
            answer = self.client.post("/v1/inference", json=body, headers=headers)
            if answer.status_code == 202:
                job_id: str = answer.json()["job_id"]
                return job_id
            # A worker is down, and with it every other perhaps.
            assert answer.status_code in {429, 503}, answer.text

    def lines(self, job_id: str, count: int | None, last: int = -1) -> list[Any]:
        """Return the events up to so many tokens, or all, and leave."""
        path = f"/v1/inference/{job_id}/stream"
        events = []
        with self.client.stream("GET", path, params={"after": last}) as answer:
            if answer.status_code != 200:
                assert answer.status_code == 410, answer.read()
                return []
            for event in events_in(answer.iter_lines()):
                events.append(event)
                if count is not None and len(events) > count:
                    break
        return events

    # -- what it may do ---------------------------------------------------------------------

    def listens(self) -> None:
        tokens = self.random.randint(1, 200)
        events = self.lines(self.job(tokens), None)
        if events and events[-1].type == "end":
            assert spoken(events) == text_of("come and go", tokens)

    def leaves(self) -> None:
        self.lines(self.job(), self.random.randint(0, 20))

    def comes_back(self) -> None:
        job_id, tokens = self.job(50), -1
        for _ in range(3):
            for event in self.lines(job_id, 10, tokens):
                if event.type == "token":
                    assert event.data["index"] == tokens + 1
                    tokens += 1

    def cancels(self) -> None:
        job_id = self.job()
        if self.random.random() < 0.5:
            self.lines(job_id, 3)
        answer = self.client.delete(f"/v1/inference/{job_id}")
        assert answer.status_code in {200, 202, 409, 410}, answer.text

    def never_opens(self) -> None:
        self.job()

    def stalls(self) -> None:
        job_id = self.job(2000)
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            slow.settimeout(LONG)
            slow.connect(("127.0.0.1", self.served.port))
            slow.sendall(
                f"GET /v1/inference/{job_id}/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
            )
            threading.Event().wait(self.random.uniform(0, 0.6))

    def says_half(self) -> None:
        with connect(self.served) as client:
            client.sendall(b"POST /v1/inference HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le")
            if self.random.random() < 0.5:
                with suppress(ConnectionError):
                    while client.recv(1000):
                        pass

    def says_nothing(self) -> None:
        with connect(self.served):
            threading.Event().wait(self.random.uniform(0, 0.1))

    def watches(self) -> None:
        with self.client.stream("GET", "/admin/trace") as answer:
            for event, _ in zip(events_in(answer.iter_lines()), range(5), strict=False):
                assert event.type in {":", "event", "dropped"}

    def babbles(self) -> None:
        with connect(self.served) as client, suppress(ConnectionError):
            client.sendall(self.random.randbytes(200) + b"\r\n\r\n")
            client.recv(1000)

    def repeats(self) -> None:
        key = f"key-{self.random.randint(1, 3)}"
        one = self.job(20, key)
        with suppress(AssertionError):  # it may have expired meanwhile
            assert self.job(20, key) == one
        self.lines(one, None)

    def chats(self) -> None:
        body = {
            "model": "honey",
            "messages": [{"role": "user", "content": "come and go"}],
            "max_tokens": 300,
            "stream": True,
        }
        with self.client.stream("POST", "/v1/chat/completions", json=body) as answer:
            assert answer.status_code in {200, 429, 503}, answer.read()
            for _ in zip(answer.iter_lines(), range(self.random.randint(0, 20)), strict=False):
                pass

    def crashes(self) -> None:
        worker = f"worker-{self.random.randint(1, 4)}"
        plan = {"strikes": [{"at": 0, "do": "crash", "bee": worker}]}
        assert self.client.post("/admin/faults", json=plan).status_code == 202


def crowd(served: Served, seed: int, clients: int, rounds: int) -> list[Guest]:
    """Have so many clients at once come and go."""
    guests = [Guest(served, f"{seed}/{number}") for number in range(clients)]
    threads = [threading.Thread(target=guest.visit, args=[rounds]) for guest in guests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return guests


def tasks(served: Served) -> Counter[str]:
    """Return the tasks of the gateway's event loop, by what each runs."""

    async def names() -> Counter[str]:
        running = asyncio.all_tasks() - {asyncio.current_task()}
        return Counter(task.get_coro().__qualname__ for task in running)  # type: ignore[union-attr]

    return asyncio.run_coroutine_threadsafe(names(), served.gateway._loop).result(LONG)


def files() -> Counter[str]:
    """Return what this process has open, by its kind."""
    kinds = Counter[str]()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one that lists
            target = str(entry.readlink())
            kinds[target.partition(":")[0]] += 1
    return kinds


def left(served: Served) -> dict[str, Any]:
    """Return everything that clients may have left behind."""
    service = served.gateway.service
    desk = service.desk
    doors = [bee for bee in service.apiary.runtime.actors() if type(bee).__name__ == "Door"]
    return {
        "registries": {name: n for name, n in service.apiary.registries().items() if n},
        "requests of doors": [name for door in doors for name in door.requests],  # type: ignore[attr-defined]
        "wanted": [name for door in doors for name in door._wanted],  # type: ignore[attr-defined]
        "jobs": list(desk.jobs),
        "unfinished": list(desk.unfinished),
        "finished": list(desk._finished),
        "keys": list(desk._keys),
        "subscriptions": list(service.feed._subscriptions),
        "armed": service.striker.armed,
        "connections": len(served.gateway.connections),
    }


def outlook(served: Served) -> dict[str, Any]:
    """Return what runs and is open, for all that a gateway does by itself."""
    # Those that the event loop hands work to stay for the next.
    threads = [thread for thread in threading.enumerate() if thread.name[:8] != "asyncio_"]
    return {
        "threads": len(threads),
        "actors": sorted(ref.actor_class.__name__ for ref in pykka.ActorRegistry.get_all()),
        "tasks": tasks(served),
        "files": files(),
    }


@pytest.fixture
def before_all() -> Iterator[None]:
    """Make sure that a whole gateway, too, leaves nothing of what was not there before it."""
    gc.collect()  # what tests before this one have left
    threads, open_files = len(threading.enumerate()), files()
    yield
    eventually(lambda: len(threading.enumerate()) == threads)
    eventually(lambda: files() == open_files)


@pytest.mark.usefixtures("before_all")
def test_clients_that_come_and_go_at_random_leave_nothing(
    serves: Serves, request: pytest.FixtureRequest
) -> None:
    rounds = request.config.getoption("--rounds", default=None) or ROUNDS
    served = serves(
        blueprint(hives=2, workers_per_hive=2, seconds_per_token=0.002, patience=PATIENCE),
        **LIMITS,
    )
    nothing = left(served)
    assert not any(nothing.values())
    before = outlook(served)

    guests = crowd(served, 7, CLIENTS, rounds)

    assert [wrong for guest in guests for wrong in guest.wrong] == []
    done = sum((guest.done for guest in guests), Counter[str]())
    assert done.total() == CLIENTS * rounds
    assert len(done) == 13, "each way was gone"
    eventually(lambda: left(served) == nothing)
    eventually(lambda: outlook(served) == before)
    assert len(served.gateway.service.desk._expired) <= done.total() * 2
    assert spoken(served.read(served.submit())) == text_of("sing", 8)
