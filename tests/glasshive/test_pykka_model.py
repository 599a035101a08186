"""The whole engine against a small model of Pykka's semantics, over generated programs."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import pykka
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasshive import Simulation, Uniform

ACTORS = 4

Step = tuple[Any, ...]
"""`("tell", actor, steps)`, `("ask", actor, steps)`, `("call", actor, steps)` for an ask whose
answer is awaited at the end, `("stop", actor)`, `("fail",)` or `("spawn", actor)`. Actors ask only
actors of a higher number, so that none waits in a circle."""


def _steps(actor: int, depth: int) -> st.SearchStrategy[tuple[Step, ...]]:
    """Return programs for a handler of an actor; -1 is the script."""
    simple: list[st.SearchStrategy[Step]] = []
    if actor >= 0:
        simple.append(st.just(("fail",)))
    anyone = st.integers(0, ACTORS - 1)
    simple.append(st.tuples(st.just("stop"), anyone))
    simple.append(st.tuples(st.just("spawn"), anyone))
    if depth > 0:
        for target in range(ACTORS):
            inner = _steps(target, depth - 1)
            simple.append(st.tuples(st.just("tell"), st.just(target), inner))
            if target > actor:
                simple.append(st.tuples(st.just("ask"), st.just(target), inner))
                simple.append(st.tuples(st.just("call"), st.just(target), inner))
    return st.lists(st.one_of(simple), max_size=4).map(tuple)


class Bee(pykka.ThreadingActor):
    """Does what its messages say, with the actors that are on the board."""

    def __init__(self, world: World, number: int) -> None:
        super().__init__()
        self.world = world
        self.number = number

    def on_start(self) -> None:
        self.world.log.append((self.number, "start"))

    def on_stop(self) -> None:
        self.world.log.append((self.number, "stop"))

    def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        del exception_value, traceback
        self.world.log.append((self.number, exception_type.__name__))

    def on_receive(self, message: Any) -> Any:
        number, steps = message
        self.world.log.append((self.number, "got", number))
        return self.world.follow(steps, self.number)


class World:
    """The real thing: a board of actors, and a log of what they did."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.count = 0
        self.board = [Bee.start(self, number) for number in range(ACTORS)]

    def follow(self, steps: tuple[Step, ...], me: int) -> int:
        """Follow a program; return the number of answers that it got."""
        promised = []
        answers = 0
        for kind, *rest in steps:
            if kind == "fail":
                raise ValueError
            target = self.board[rest[0]]
            if kind == "stop":
                target.stop(block=False)
            elif kind == "spawn":
                self.board[rest[0]] = Bee.start(self, rest[0])
            else:
                self.count += 1
                message = (self.count, rest[1])
                try:
                    if kind == "tell":
                        target.tell(message)
                    elif kind == "call":
                        promised.append(target.ask(message, block=False))
                    else:
                        found: Any = target.ask(message)
                        answers += 1 + found
                except (pykka.ActorDeadError, ValueError) as error:
                    self.log.append((me, "caught", type(error).__name__))
        for future in promised:
            try:
                answers += 1 + future.get()
            except (pykka.ActorDeadError, ValueError) as error:
                self.log.append((me, "caught", type(error).__name__))
        return answers


@dataclass
class Mail:
    """A message of the model, with the answer that it will get."""

    to: Drone
    body: Any
    answer: list[Any] | None


@dataclass(eq=False)
class Drone:
    """An actor of the model: what it is in the middle of, and its queue."""

    number: int
    queue: deque[Mail] = field(default_factory=deque)
    flow: Any = None
    waits: list[Any] | None = None
    alive: bool = True
    ended: bool = False


class Model:
    """Pykka in words: one queue per actor, one handler at a time, an answer for every question.

    What is due is done oldest first: starts, deliveries and the going-on of who was answered.
    """

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.count = 0
        self.due: deque[Any] = deque()
        self.waiting: list[Drone] = []
        self.board = [self.spawn(number) for number in range(ACTORS)]

    def spawn(self, number: int) -> Drone:
        drone = Drone(number)
        drone.flow = self.life(drone)
        self.due.append(drone)
        return drone

    def send(self, to: Drone, body: Any, *, asks: bool) -> list[Any]:
        answer: list[Any] = []
        if to.alive:
            self.due.append(Mail(to, body, answer if asks else None))
        else:
            answer.append(pykka.ActorDeadError())
        return answer

    def reply(self, answer: list[Any] | None, value: Any) -> None:
        if answer is None:
            return
        answer.append(value)
        for drone in self.waiting:
            if drone.waits is answer:
                drone.waits = None
                self.waiting.remove(drone)
                self.due.append(drone)
                return

    def refuse(self, mail: Mail) -> None:
        self.reply(mail.answer, None if mail.body is None else pykka.ActorDeadError())

    def life(self, me: Drone) -> Any:
        """Pykka's loop; it yields None for its next message, or the answer that it waits for."""
        self.log.append((me.number, "start"))
        while me.alive:
            mail = me.queue.popleft() if me.queue else (yield None)
            if mail.body is None:
                me.alive = False
                self.log.append((me.number, "stop"))
                self.reply(mail.answer, None)
                continue
            self.log.append((me.number, "got", mail.body[0]))
            try:
                value = yield from self.follow(mail.body[1], me.number)
            except ValueError as error:
                if mail.answer is None:
                    me.alive = False
                    self.log.append((me.number, "ValueError"))
                else:
                    self.reply(mail.answer, error)
            else:
                self.reply(mail.answer, value)
        while me.queue:
            self.refuse(me.queue.popleft())
        me.ended = True

    def follow(self, steps: tuple[Step, ...], me: int) -> Any:
        promised = []
        answers = 0
        for kind, *rest in steps:
            if kind == "fail":
                raise ValueError
            target = self.board[rest[0]]
            if kind == "stop":
                self.send(target, None, asks=True)
            elif kind == "spawn":
                self.board[rest[0]] = self.spawn(rest[0])
            else:
                self.count += 1
                message = (self.count, rest[1])
                answer = self.send(target, message, asks=kind != "tell")
                if kind == "tell" and not target.alive:
                    self.log.append((me, "caught", "ActorDeadError"))
                elif kind == "call":
                    promised.append(answer)
                elif kind == "ask":
                    answers += yield from self.awaited(answer, me)
        for answer in promised:
            answers += yield from self.awaited(answer, me)
        return answers

    def awaited(self, answer: list[Any], me: int) -> Any:
        if not answer:
            yield answer
        if isinstance(answer[0], Exception):
            self.log.append((me, "caught", type(answer[0]).__name__))
            return 0
        return 1 + answer[0]

    def run(self, steps: tuple[Step, ...]) -> None:
        script = Drone(-1)
        script.flow = self.follow(steps, -1)
        self.go_on(script, None)
        while self.due:
            item = self.due.popleft()
            if isinstance(item, Drone):
                self.go_on(item, None)
            elif item.to.ended:
                self.refuse(item)
            elif item.to.waits is IDLE:
                item.to.waits = None
                self.go_on(item.to, item)
            else:
                item.to.queue.append(item)

    def go_on(self, drone: Drone, value: Any) -> None:
        try:
            wanted = drone.flow.send(value)
        except StopIteration:
            return
        if wanted is None:
            drone.waits = IDLE
        else:
            drone.waits = wanted
            self.waiting.append(drone)


IDLE: list[Any] = []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_steps(-1, 3))
def test_a_program_does_what_the_model_says(steps: tuple[Step, ...]) -> None:
    logging.getLogger("pykka").setLevel(logging.CRITICAL + 1)
    model = Model()
    model.run(steps)
    with Simulation() as simulation:
        world = World()
        world.follow(steps, -1)
        simulation.run()
        assert world.log == model.log
        assert [ref.is_alive() for ref in world.board] == [drone.alive for drone in model.board]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_steps(-1, 3), st.integers(0, 1000))
def test_in_any_order_each_message_to_a_living_actor_is_handled_once(
    steps: tuple[Step, ...], seed: int
) -> None:
    logging.getLogger("pykka").setLevel(logging.CRITICAL + 1)
    with Simulation(order="any", schedule=Uniform(seed)) as simulation:
        world = World()
        world.follow(steps, -1)
        simulation.run()
        got = [entry[2] for entry in world.log if entry[1] == "got"]
        assert len(got) == len(set(got))
        assert set(got) <= set(range(1, world.count + 1))
        for number in range(ACTORS):
            mine = [entry[1] for entry in world.log if entry[0] == number]
            assert mine.count("start") >= mine.count("stop") + mine.count("ValueError")
