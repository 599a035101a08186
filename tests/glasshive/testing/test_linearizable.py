"""The check of histories, against one that tries every order."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pykka
import pytest

from glasshive import Simulation, Uniform
from glasshive.testing import (
    History,
    Map,
    NotLinearizable,
    Operation,
    Register,
    Specification,
    check_linearizable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def has_an_order(operations: Sequence[Operation], specification: Specification) -> bool:
    """Try every order of every choice of what never returned; no cleverness at all."""

    def goes(left: list[Operation], state: Any) -> bool:
        if all(each.returned is None for each in left):
            return True
        for each in left:
            if any(other.returned is not None and other.returned < each.invoked for other in left):
                continue
            result, after = specification.apply(state, each.name, each.argument)
            rest = [other for other in left if other is not each]
            if (each.returned is None or result == each.result) and goes(rest, after):
                return True
        return False

    return goes(list(operations), specification.initial)


def is_linearizable(operations: Iterable[Operation], specification: Specification) -> bool:
    try:
        check_linearizable(operations, specification)
    except NotLinearizable:
        return False
    return True


def generated(draw: random.Random, specification: Specification, calls: Any) -> list[Operation]:
    """Play a real object with overlapping clients, some of whom are told something else."""
    count = draw.randint(1, 6)
    moments = draw.sample(range(2 * count), 2 * count)
    operations = []
    for number in range(count):
        invoked, returned = sorted(moments[2 * number : 2 * number + 2])
        name, argument = calls(draw)
        operation = Operation(f"p{number}", name, argument, None, invoked, returned)
        operations.append((draw.uniform(invoked, returned), operation))
    state, history = specification.initial, []
    for _, operation in sorted(operations):
        result, state = specification.apply(state, operation.name, operation.argument)
        told = result if draw.random() < 0.7 else draw.choice([None, 1, 2, True, False])
        returned_at = operation.returned if draw.random() < 0.8 else None
        history.append(operation._replace(result=told, returned=returned_at))
    draw.shuffle(history)
    return history


def calls_of_a_register(draw: random.Random) -> tuple[str, Any]:
    return draw.choice(
        [("read", None), ("read", None), ("write", 1), ("write", 2), ("cas", (1, 2))]
    )


def calls_of_a_map(draw: random.Random) -> tuple[str, Any]:
    key = draw.choice("xy")
    calls = [("get", key), ("get", key), ("put", (key, 1)), ("put", (key, 2)), ("delete", key)]
    return draw.choice([*calls, ("cas", (key, 1, 2))])


class Pair(Specification):
    """A map that is checked as one, for the brute force, which knows no parts."""

    initial = (None, None)

    def apply(self, state: Any, name: str, argument: Any) -> tuple[Any, Any]:
        key = argument if name in {"get", "delete"} else argument[0]
        place = "xy".index(key)
        result, value = Map().apply(state[place], name, argument)
        return result, (*state[:place], value, *state[place + 1 :])


def test_the_verdict_on_a_register_is_that_of_trying_every_order() -> None:
    verdicts: Counter[bool] = Counter()
    for seed in range(1200):
        history = generated(random.Random(seed), Register(), calls_of_a_register)
        verdict = has_an_order(history, Register())
        assert is_linearizable(history, Register()) == verdict, history
        verdicts[verdict] += 1
    assert min(verdicts.values()) > 300, verdicts


def test_the_verdict_on_a_map_key_by_key_is_that_of_trying_every_order_of_the_whole() -> None:
    verdicts: Counter[bool] = Counter()
    for seed in range(1200):
        history = generated(random.Random(seed), Pair(), calls_of_a_map)
        verdict = has_an_order(history, Pair())
        assert is_linearizable(history, Map()) == verdict, history
        assert is_linearizable(history, Pair()) == verdict, history
        verdicts[verdict] += 1
    assert min(verdicts.values()) > 300, verdicts


def test_the_beginning_that_is_shown_is_the_smallest_without_an_order() -> None:
    refused = 0
    for seed in range(300):
        history = generated(random.Random(seed), Register(), calls_of_a_register)
        if not is_linearizable(history, Register()):
            with pytest.raises(NotLinearizable) as caught:
                check_linearizable(history, Register())
            refused += 1
            shown = caught.value.operations
            ends = sorted(each.returned for each in shown if each.returned is not None)
            before = [
                each._replace(returned=None) if each.returned == ends[-1] else each
                for each in shown
            ]
            assert not has_an_order(shown, Register())
            assert has_an_order(before, Register())
            assert has_an_order(caught.value.order, Register())
    assert refused > 50


STALE = (
    Operation("writer", "write", 1, None, 0, 1),
    Operation("one", "read", None, 1, 2, 3),
    Operation("two", "read", None, None, 4, 5),
    Operation("writer", "write", 2, None, 6, 7),
)


def test_a_stale_read_is_refused_and_explained() -> None:
    with pytest.raises(NotLinearizable) as caught:
        check_linearizable(STALE, Register())
    assert str(caught.value) == (
        "not linearizable: no order of these 3 operations is one that a register could go through\n"
        "  writer  write(1) → None  0 to 1\n"
        "  one     read() → 1       2 to 3\n"
        "  two     read() → None    4 to 5\n"
        "at best it goes write(1) of writer, read() of one; then it holds 1, and\n"
        "  read() of two would give 1"
    )
    assert caught.value.operations == STALE[:3]
    assert caught.value.order == STALE[:2]


def test_what_overlaps_the_write_may_see_the_old_value_but_not_after_the_new_one() -> None:
    write = Operation("writer", "write", 1, None, 0, 9)
    old, new = (
        Operation("a", "read", None, None, 1, 2),
        Operation("b", "read", None, 1, 3, 4),
    )
    check_linearizable([write, old, new], Register())
    swapped = [write, old._replace(invoked=5, returned=6), new]
    assert not is_linearizable(swapped, Register())


def test_a_write_without_an_answer_may_have_happened_later_or_never() -> None:
    write = Operation("writer", "write", 1, None, 0, None)
    reads = [
        Operation("a", "read", None, None, 1, 2),
        Operation("a", "read", None, 1, 3, 4),
        Operation("a", "read", None, 1, 5, 6),
    ]
    check_linearizable([write, *reads], Register())
    check_linearizable([write, reads[0]], Register())
    back = Operation("a", "read", None, None, 7, 8)
    with pytest.raises(NotLinearizable, match=r"writer  write\(1\), no answer yet  0 to …"):
        check_linearizable([write, *reads, back], Register())


class Counted(Specification):
    """A counter; `add` gives what it holds from then on."""

    initial = 0

    def apply(self, state: Any, name: str, argument: Any) -> tuple[Any, Any]:
        assert name == "add"
        return state + argument, state + argument


def test_a_lost_update_is_refused_by_a_specification_of_ones_own() -> None:
    both = [Operation("a", "add", 1, 1, 0, 3), Operation("b", "add", 1, 1, 1, 2)]
    with pytest.raises(NotLinearizable, match=r"counted could go through[\s\S]*would give 2$"):
        check_linearizable(both, Counted())
    check_linearizable([both[0], both[1]._replace(result=2)], Counted())
    check_linearizable([both[0]._replace(result=2), both[1]], Counted())


def test_one_key_that_is_wrong_is_named_and_the_others_do_not_stand_in_the_way() -> None:
    right = [Operation("p", "put", (key, 1), None, key, key + 0.5) for key in range(200)]
    wrong = Operation("q", "get", 7, None, 300, 301)
    with pytest.raises(NotLinearizable, match="of these 2 operations on 7 is one that a map could"):
        check_linearizable([*right, wrong], Map())


def test_a_long_history_is_checked_at_once_and_its_explanation_is_kept_short() -> None:
    history = []
    for number in range(0, 4000, 2):
        history.append(Operation("w", "write", number, None, 3 * number, 3 * number + 2))
        history.append(Operation("r", "read", None, number, 3 * number + 1, 3 * number + 4))
    never = Operation("z", "write", -1, None, -1, None)
    check_linearizable([*history, never], Register())
    stale = Operation("z", "read", None, 3, 20_000, 20_001)
    with pytest.raises(NotLinearizable) as caught:
        check_linearizable([*history, stale], Register())
    lines = str(caught.value).splitlines()
    assert lines[1] == "  … 3981 before them"
    assert len(lines) == 24
    assert lines[-1] == "  read() of z would give 3998"


def test_what_is_no_history_of_the_object_is_refused() -> None:
    with pytest.raises(ValueError, match="returned before it was invoked"):
        check_linearizable([Operation("a", "read", None, None, 2, 1)], Register())
    with pytest.raises(ValueError, match="knows read, write and cas, not 'get'"):
        check_linearizable([Operation("a", "get", "x", None, 0, 1)], Register())
    with pytest.raises(ValueError, match="knows get, put, delete and cas, not 'read'"):
        check_linearizable([Operation("a", "read", "x", None, 0, 1)], Map())
    with pytest.raises(TypeError, match="unhashable"):
        check_linearizable([Operation("a", "write", [1], None, 0, 1)], Register())
    check_linearizable([], Register())


class Cell(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.value = 0

    def on_receive(self, message: tuple[str, int]) -> int | None:
        name, value = message
        if name == "write":
            self.value = value
            return None
        return self.value


class Adder(pykka.ThreadingActor):
    """Adds one in two steps, between which another may add one as well."""

    def __init__(self, cell: pykka.ActorRef[Any], history: History, name: str) -> None:
        super().__init__()
        self.cell = cell
        self.history = history
        self.name = name

    def on_receive(self, _: Any) -> None:
        with self.history.operation("add", 1) as call:
            value: int = self.cell.ask(("read", 0)) + 1  # type: ignore[operator] # it blocks
            self.cell.ask(("write", value))
            call.result = value


def added(seed: int) -> History:
    history = History()
    with Simulation(order="any", schedule=Uniform(seed)) as simulation:
        cell = Cell.start()
        for name in ("anna", "ben"):
            Adder.start(cell, history, name).tell("go")
        simulation.run()
    return history


def test_a_program_of_actors_is_held_to_a_specification() -> None:
    lost = [seed for seed in range(40) if not is_linearizable(added(seed).operations, Counted())]
    assert 5 < len(lost) < 35
    names = {each.process for each in added(lost[0]).operations}
    assert names == {"anna", "ben"}


def test_an_operation_that_raises_or_never_ends_is_one_without_an_answer() -> None:
    history = History()
    with Simulation():
        with pytest.raises(ZeroDivisionError), history.operation("write", 1):
            raise ZeroDivisionError
        with history.operation("write", 2, process="someone") as call:
            call.result = "done"
        with history.operation("write", 3) as call:
            call.refused()
        with suppress(ZeroDivisionError), history.operation("write", 4) as call:
            call.refused()
            raise ZeroDivisionError
        asked = history.invoke("read")
        history.invoke("read", process="nobody").refused()
        asked.returned(5)
        history.invoke("write", 6)
    assert history.operations == (
        Operation("script", "write", 1, None, 0, None),
        Operation("someone", "write", 2, "done", 1, 2),
        Operation("script", "read", None, 5, 5, 7),
        Operation("script", "write", 6, None, 8, None),
    )
    assert len(history) == 4
    assert History().invoke("read")._operation.process == "script"
