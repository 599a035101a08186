"""Programs of the shape of those in Pykka's documentation, on threads and under a simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pykka
import pytest

from glasshive import Deadlock, Simulation

if TYPE_CHECKING:
    from collections.abc import Callable

_RECALL = object()


class Diary(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        if message is _RECALL:
            return self._entries
        self._entries.append(message)
        return None


def plain_actor() -> list[Any]:
    diary = Diary.start()
    diary.tell({"no": "Norway", "se": "Sweden"})
    diary.tell({"a": 3, "b": 4})
    entries: Any = diary.ask(_RECALL)
    diary.stop()
    return list(entries)


class Adder(pykka.ThreadingActor):
    def plus_one(self, number: int) -> int:
        return number + 1


class Counter(pykka.ThreadingActor):
    def __init__(self, adder: Any) -> None:
        super().__init__()
        self.adder = adder
        self.seen: list[int] = []

    def count_to(self, target: int) -> list[int]:
        number = 0
        while number < target:
            number = self.adder.plus_one(number).get()
            self.seen.append(number)
        return self.seen


def cooperation() -> list[int]:
    counter: Any = Counter.start(Adder.start().proxy()).proxy()
    seen: list[int] = counter.count_to(5).get()
    pykka.ActorRegistry.stop_all()
    return seen


class Fields(pykka.ThreadingActor):
    field = "as it was"

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def call(self) -> None:
        self.calls += 1

    def value(self) -> str:
        return "a value"


def proxy() -> list[Any]:
    actor: Any = Fields.start().proxy()
    actor.call()
    seen = [actor.value().get(), actor.field.get(), actor.calls.get()]
    actor.field = "as it is"
    seen.append(actor.field.get())
    pykka.ActorRegistry.stop_all()
    return seen


class Resolver(pykka.ThreadingActor):
    names = {f"10.0.0.{number}": f"host-{number}" for number in range(1, 20) if number % 3}  # noqa: RUF012  an actor's attribute, read only

    def resolve(self, address: str) -> str | None:
        try:
            return self.names[address]
        except KeyError:
            return None


def worker_pool() -> list[str | None]:
    pool: list[Any] = [Resolver.start().proxy() for _ in range(4)]
    futures = [pool[number % len(pool)].resolve(f"10.0.0.{number}") for number in range(1, 20)]
    found = list(pykka.get_all(futures))
    pykka.ActorRegistry.stop_all()
    return found


class Producer(pykka.ThreadingActor):
    def __init__(self, consumer: Any) -> None:
        super().__init__()
        self.consumer = consumer

    def produce(self) -> None:
        self.consumer.consume({"item": 1, "new": True})


class Consumer(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.items: list[Any] = []

    def consume(self, item: Any) -> None:
        self.items.append(item)


def producer() -> list[Any]:
    consumer: Any = Consumer.start().proxy()
    source: Any = Producer.start(consumer).proxy()
    source.produce().get()
    items: list[Any] = consumer.items.get()
    pykka.ActorRegistry.stop_all()
    return items


class Foo(pykka.ThreadingActor):
    def foo(self, bar: Any) -> Any:
        return bar.bar().get()


class Bar(pykka.ThreadingActor):
    def __init__(self, foo: Any) -> None:
        super().__init__()
        self.a = foo

    def bar(self) -> Any:
        return self.a.foo(None).get()


@pytest.mark.parametrize(
    ("program", "result"),
    [
        (plain_actor, [{"no": "Norway", "se": "Sweden"}, {"a": 3, "b": 4}]),
        (cooperation, [1, 2, 3, 4, 5]),
        (proxy, ["a value", "as it was", 1, "as it is"]),
        (worker_pool, [f"host-{number}" if number % 3 else None for number in range(1, 20)]),
        (producer, [{"item": 1, "new": True}]),
    ],
)
def test_an_example_has_the_documented_result_on_threads_and_simulated(
    program: Callable[[], list[Any]], result: list[Any]
) -> None:
    assert program() == result
    with Simulation(seed=7):
        assert program() == result
        assert pykka.ActorRegistry.get_all() == []


def test_the_deadlock_example_draws_the_circle() -> None:
    with Simulation() as simulation:
        foo: Any = Foo.start().proxy()
        bar: Any = Bar.start(foo).proxy()
        foo.foo(bar)
        with pytest.raises(Deadlock) as caught:
            simulation.run()
    assert str(caught.value).splitlines() == [
        "these wait for one another: Bar-1 → Foo-1 → Bar-1",
        "  Bar-1 waits for Foo-1 to answer ProxyCall, since 0.000000 s",
        "  Foo-1 waits for Bar-1 to answer ProxyCall, since 0.000000 s",
    ]
