"""Exhaustive search and an enumeration of all decisions agree on programs made at random."""

from __future__ import annotations

import itertools
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pykka
import pytest

from glasshive import Deadlock, Simulation
from glasshive.schedule import Abandoned
from glasshive.schedule.exhaustive import Exhaustive

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence
    from typing import Literal

    from glasshive.schedule import Option

# -- programs ---------------------------------------------------------------------------------

KINDS = 3
"""Kinds of messages; a handler sends later kinds only, so that every program ends."""


@dataclass(frozen=True)
class Act:
    """One thing that a handler does."""

    does: str
    to: int = 0
    kind: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Made:
    """A program: what each actor does with each kind of message, and what the script tells."""

    handlers: tuple[dict[int, tuple[Act, ...]], ...]
    told: tuple[tuple[int, int], ...]
    link: Mapping[str, Any] | None = None
    """What the ways between the actors are like; None for actors of one host."""


def made(seed: str, does: Sequence[str], link: Mapping[str, Any] | None = None) -> Made:
    """Return a program that uses some verbs."""
    draw = random.Random(seed)
    actors = draw.choice((2, 2, 3, 3, 4))

    def act(actor: int, kind: int) -> Act | None:
        verb = draw.choice(does)
        if verb in ("stop", "cancel", "sleep"):
            return Act(verb, seconds=draw.choice((0.0, 1.0)))
        if kind + 1 == KINDS or (verb.startswith("ask") and actor + 1 == actors):
            return None
        # Questions go to later actors only, so that nobody waits for one that waits for him.
        first = actor + 1 if verb.startswith("ask") else 0
        to, after = draw.randrange(first, actors), draw.randrange(kind + 1, KINDS)
        return Act(verb, to, after, draw.choice((0.0, 1.0, 2.0)))

    handlers = []
    for actor in range(actors):
        acts = {
            kind: [act(actor, kind) for _ in range(draw.choice((0, 1, 1, 2)))]
            for kind in range(KINDS)
        }
        handlers.append(
            {kind: tuple(each for each in some if each) for kind, some in acts.items() if any(some)}
        )
    told = [
        (draw.randrange(actors), draw.randrange(KINDS - 1)) for _ in range(draw.choice((2, 2, 3)))
    ]
    return Made(tuple(handlers), tuple(told), link)


class Actor(pykka.ThreadingActor):
    """Does as it was made to, and keeps all that comes to it in the order in which it comes."""

    def __init__(self, world: World, number: int) -> None:
        super().__init__()
        self.world = world
        self.number = number
        self.got: list[Hashable] = []
        self.timers: list[Any] = []

    def on_receive(self, message: tuple[str, int]) -> Any:
        self.got.append(message)
        for act in self.world.made.handlers[self.number].get(message[1], ()):
            try:
                self.act(act)
            except pykka.ActorDeadError:
                self.got.append("dead")
            except pykka.Timeout:
                self.got.append("timeout")
        return len(self.got)

    def act(self, act: Act) -> None:
        to = self.world.actors[act.to]
        message = (f"from {self.number}", act.kind)
        match act.does:
            case "tell":
                to.tell(message)
            case "ask":
                self.got.append(to.ask(message))
            case "ask for a while":
                self.got.append(to.ask(message, timeout=act.seconds))
            case "tell later":
                self.timers.append(self.world.simulation.after(act.seconds, to, message))
            case "cancel":
                for timer in self.timers:
                    timer.cancel()
            case "sleep":
                time.sleep(act.seconds)
            case "stop":
                self.stop()


@dataclass
class World:
    """A program that runs."""

    made: Made
    simulation: Simulation
    actors: list[pykka.ActorRef[Actor]] = field(default_factory=list)


def started(made: Made, simulation: Simulation) -> World:
    """Return a program whose actors have had their first turns."""
    world = World(made, simulation)
    numbers = range(len(made.handlers))
    if made.link is not None:
        for one, other in itertools.combinations(numbers, 2):
            simulation.network.link(str(one), str(other), **made.link)
    for number in numbers:
        with simulation.on("local" if made.link is None else str(number)):
            world.actors.append(Actor.start(world, number))
    simulation.run()
    return world


def result(world: World) -> tuple[Hashable, ...]:
    """Return how a program ends, and what all its actors have got by then."""
    actors = [ref._actor_weakref() for ref in world.actors]
    for number, kind in world.made.told:
        world.actors[number].tell(("from script", kind))
    end = "at rest"
    try:
        world.simulation.run()
    except Deadlock:
        end = "deadlock"
    return end, *(tuple(actor.got) for actor in actors if actor is not None)


# -- the enumeration --------------------------------------------------------------------------


class Every:
    """An enumeration of all that can be decided, one program after the other in one simulation."""

    def __init__(self) -> None:
        self.path: list[int] = []
        self.over = False
        self._options: list[int] = []
        self._labels: list[Hashable] = [()]
        self._turns: dict[str, list[Hashable]] | None = None

    def begin(self) -> None:
        """Begin to decide, at rest; until then all is plain, as first turns show nothing."""
        self._options.clear()
        self._labels[-1] = "begun"
        self._turns = {}

    def end(self) -> Hashable:
        """Go on to the next program; return the turns of each receiver in their order.

        They are the same where nobody can tell two orders.
        """
        assert self._turns is not None
        order = frozenset(map(tuple, self._turns.values()))
        self._turns = None
        while self.path and self.path[-1] + 1 == self._options[len(self.path) - 1]:
            self.path.pop()
        self.over = not self.path
        if self.path:
            self.path[-1] += 1
        return order

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
        if self._turns is None:
            return drawn
        number = len(self._options)
        self._options.append(len(options))
        if number == len(self.path):
            self.path.append(0)
        return self.path[number]

    def took(self, option: Option, options: Sequence[Option]) -> None:  # noqa: ARG002  Attentive's form
        # What has made it, and how many things that had made before: the same in all orders.
        label = self._labels[option.birth[0]], option.birth[1]
        self._labels.append(label)
        if self._turns is not None and option.does not in ("fire", "answer", "rest"):
            self._turns.setdefault(option.receiver, []).append(label)


def enumerated(
    made: Made, order: Literal["timed", "any"], at_least: int, at_most: int
) -> tuple[set[Hashable], set[Hashable]] | None:
    """Return all results and all orders, or None if there are too few or too many runs."""
    results: set[Hashable] = set()
    orders: set[Hashable] = set()
    every, runs, deadlock = Every(), 0, False
    while not every.over:
        path, every = every.path, Every()
        every.path = path
        with Simulation(order=order, schedule=every, handler_seconds=None) as simulation:
            while not every.over and not deadlock:
                runs += 1
                if runs > at_most:
                    return None
                world = started(made, simulation)
                every.begin()
                end, *got = result(world)
                results.add((end, *got))
                orders.add(every.end())
                deadlock = end == "deadlock"  # for ever, so that the next one needs another
        deadlock = False
    return (results, orders) if runs >= at_least else None


def searched(made: Made, order: Literal["timed", "any"]) -> tuple[set[Hashable], Exhaustive]:
    """Return all results that exhaustive search finds, and the search."""
    search = Exhaustive()
    results: set[Hashable] = set()
    while (strategy := search.strategy(search.orders + search.cut_short)) is not None:
        simulation = Simulation(order=order, schedule=strategy, handler_seconds=None)
        with suppress(Abandoned), simulation:
            results.add(result(started(made, simulation)))
        search.learn(strategy, failed=False)
    return results, search


def compared(
    name: str,
    does: Sequence[str],
    programs: int,
    *,
    order: Literal["timed", "any"] = "any",
    link: Mapping[str, Any] | None = None,
    at_least: int = 1,
    at_most: int = 40,
) -> Iterator[tuple[Made, int, Exhaustive]]:
    """Yield so many programs with the number of their orders and the search, which agree."""
    found = 0
    for seed in itertools.count():
        program = made(f"{name}/{seed}", does, link)
        known = enumerated(program, order, at_least, at_most)
        if known is None:
            continue
        results, search = searched(program, order)
        assert results == known[0], program
        assert search.verdict == "complete", program
        yield program, len(known[1]), search
        found += 1
        if found == programs:
            return


# -- the claims -------------------------------------------------------------------------------


def test_a_thousand_programs_come_to_what_an_enumeration_comes_to_with_each_order_once() -> None:
    racing = ended = cut_short = 0
    for program, orders, search in compared("tell and ask", ("tell", "tell", "ask"), 1000):
        assert search.orders == orders, program
        racing += orders > 1
        ended += search.orders
        cut_short += search.cut_short
    assert racing > 400  # the others have one order
    assert cut_short < ended / 500  # hardly a run is begun in vain


def test_larger_programs_come_to_what_an_enumeration_comes_to_with_each_order_once() -> None:
    most = 0
    for program, orders, search in compared(
        "larger", ("tell", "ask"), 6, at_least=150, at_most=600
    ):
        assert search.orders == orders, program
        most = max(most, orders)
    assert most > 15


@pytest.mark.parametrize("order", ["any", "timed"])
@pytest.mark.parametrize(
    "does",
    [
        ("tell", "ask", "sleep"),
        ("tell", "tell later", "tell later", "cancel"),
        ("tell", "ask for a while", "sleep"),
    ],
    ids=["sleeps", "timers", "timeouts"],
)
def test_programs_that_wait_come_to_what_an_enumeration_comes_to_with_each_order_once(
    does: tuple[str, ...], order: Literal["timed", "any"]
) -> None:
    for program, orders, search in compared(" ".join(does), does, 60, order=order):
        assert search.orders == orders, program


def test_programs_whose_actors_end_come_to_what_an_enumeration_comes_to() -> None:
    for program, orders, search in compared("ends", ("tell", "ask", "stop"), 60):
        # What an end shows in is not known, so it is tried in every order with everything else.
        assert search.orders >= orders, program


@pytest.mark.parametrize("order", ["any", "timed"])
def test_programs_over_links_with_all_their_fates_come_to_what_an_enumeration_comes_to(
    order: Literal["timed", "any"],
) -> None:
    link = {"latency": 1.0, "duplicate": 0.1, "reorder": 0.1, "loss": 0.1}
    for program, orders, search in compared(
        "links", ("tell", "ask for a while"), 20, order=order, link=link, at_most=100
    ):
        # Some fates of a message come to the same order.
        assert search.orders >= orders, program
