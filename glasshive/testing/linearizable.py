"""Whether each operation of a history seems to have happened at one moment while it lasted.

There was no Python package for this that is kept up: PyPI lists none by its name or its words,
and on GitHub there are ports in coursework only, while the well-kept checkers (Porcupine in Go,
Knossos in Clojure, Lincheck in Kotlin) are no libraries for Python. So it is written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from glasshive.testing.history import History, Operation

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from glasshive.testing.specification import Specification

__all__ = ["NotLinearizable", "check_linearizable"]

_SHOWN = 20
"""Operations that an explanation shows."""


class NotLinearizable(AssertionError):
    """No order of a history's operations is one that a single object could have gone through.

    Args:
        text: the explanation.
        operations: the smallest beginning of the history, on one part of the object, that has no
            order. What returned later than that counts as not returned.
        order: the longest order of some of them that the object could have gone through.
    """

    def __init__(
        self, text: str, operations: tuple[Operation, ...], order: tuple[Operation, ...]
    ) -> None:
        super().__init__(text)
        self.operations = operations
        self.order = order


def check_linearizable(
    history: History | Iterable[Operation], specification: Specification
) -> None:
    """Make sure that a history is linearizable.

    It is (Herlihy and Wing, "Linearizability", 1990) if its operations can be put into one order
    in which each gives what it gave, and in which one that had returned before another was
    invoked comes before it. An operation that never returned may be left out or come at any time
    since its invocation. The search is that of Wing and Gong ("Testing and Verifying Concurrent
    Objects", 1993) with what Lowe remembers ("Testing for Linearizability", 2017), part by part
    (Horn and Kroening, "Faster Linearizability Checking via P-compositionality", 2015). It can
    take exponentially long in the number of operations that overlap.

    Args:
        history: what was recorded.
        specification: what the object does when one client at a time uses it.

    Raises:
        NotLinearizable: when there is no such order, with the smallest beginning of the history
            that has none.
        TypeError: when a state cannot be hashed.
        ValueError: when an operation returned before it was invoked, or the object knows none of
            its name.
    """
    operations = history.operations if isinstance(history, History) else history
    parts: dict[Hashable, list[Operation]] = {}
    for each in sorted(operations, key=lambda operation: operation.invoked):
        if each.returned is not None and each.returned < each.invoked:
            raise ValueError(f"{each} of {each.process} returned before it was invoked")
        parts.setdefault(specification.part(each.name, each.argument), []).append(each)
    for part, own in parts.items():
        if not _Search(own, specification).succeeds():
            raise _refusal(part, _smallest(own, specification), specification)


class _Move(NamedTuple):
    """An operation that can come next."""

    number: int
    done: int
    """All that have come by then, one bit each."""
    state: Hashable


class _Search:
    """Looks for an order of some operations.

    Args:
        operations: by their invocation.
        specification: the object.
    """

    def __init__(self, operations: Sequence[Operation], specification: Specification) -> None:
        self.returned = [each for each in operations if each.returned is not None]
        self.pending = [each for each in operations if each.returned is None]
        self.all = self.returned + self.pending
        self.specification = specification
        self._whole = (1 << len(self.returned)) - 1

    def succeeds(self) -> bool:
        """Return whether there is an order in which all that returned comes."""
        return any(done & self._whole == self._whole for _, done in self._orders())

    def longest(self) -> list[int]:
        """Return the first of the orders in which the most of what returned comes, by number."""
        best: list[int] = []
        most = -1
        for order, done in self._orders():
            if (count := (done & self._whole).bit_count()) > most:
                best, most = list(order), count
        return best

    def candidates(self, done: int) -> Iterator[int]:
        """Yield the numbers of what could come next: nothing that is left returned before it."""
        number = (~done & (done + 1)).bit_length() - 1  # all before it have come
        first_return = float("inf")
        while number < len(self.returned):
            if not done >> number & 1:
                operation = self.returned[number]
                if operation.invoked > first_return:
                    break
                yield number
                assert operation.returned is not None
                first_return = min(first_return, operation.returned)
            number += 1
        for number, operation in enumerate(self.pending, start=len(self.returned)):
            if not done >> number & 1 and operation.invoked <= first_return:
                yield number

    def _orders(self) -> Iterator[tuple[list[int], int]]:
        """Yield the beginnings of all orders, but for those that lead where another has led."""
        initial = self.specification.initial
        order: list[int] = []
        seen = {(0, initial)}
        yield order, 0
        stack = [self._moves(0, initial)]
        while stack:
            move = next(stack[-1], None)
            if move is None:
                stack.pop()
                if order:
                    order.pop()
            elif (move.done, move.state) not in seen:
                seen.add((move.done, move.state))
                order.append(move.number)
                yield order, move.done
                stack.append(self._moves(move.done, move.state))

    def _moves(self, done: int, state: Hashable) -> Iterator[_Move]:
        for number in self.candidates(done):
            operation = self.all[number]
            result, after = self.specification.apply(state, operation.name, operation.argument)
            if operation.returned is None:
                if after == state:
                    continue  # nobody could tell
            elif result != operation.result:
                continue
            yield _Move(number, done | 1 << number, after)


def _smallest(operations: Sequence[Operation], specification: Specification) -> list[Operation]:
    """Return the smallest beginning of a history that has no order, if the whole has none.

    A beginning of a history that has an order has one itself, so it can be found by halving.
    """
    ends = sorted(each.returned for each in operations if each.returned is not None)
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high) // 2
        if _Search(_until(operations, ends[middle]), specification).succeeds():
            low = middle + 1
        else:
            high = middle
    return _until(operations, ends[low])


def _until(operations: Iterable[Operation], end: float) -> list[Operation]:
    """Return a history as it was at a moment."""
    return [
        each
        if each.returned is not None and each.returned <= end
        else each._replace(result=None, returned=None)
        for each in operations
        if each.invoked <= end
    ]


def _refusal(
    part: Hashable, operations: Sequence[Operation], specification: Specification
) -> NotLinearizable:
    """Return the error that explains why a history has no order."""
    count = f"{len(operations)} operations{'' if part is None else f' on {part!r}'}"
    lines = [
        f"not linearizable: no order of these {count} is one that {specification} could go through"
    ]
    if len(operations) > _SHOWN:
        lines.append(f"  … {len(operations) - _SHOWN} before them")
    shown = operations[-_SHOWN:]
    width = max(len(each.process) for each in shown)
    length = max(len(str(each)) for each in shown)
    for each in shown:
        end = "…" if each.returned is None else f"{each.returned:g}"
        lines.append(f"  {each.process:{width}}  {each!s:{length}}  {each.invoked:g} to {end}")
    search = _Search(operations, specification)
    numbers = search.longest()
    order = [search.all[number] for number in numbers]
    state = specification.initial
    for each in order:
        _, state = specification.apply(state, each.name, each.argument)
    told = ", ".join(f"{each.call} of {each.process}" for each in order[-_SHOWN:])
    before = "…, " if len(order) > _SHOWN else ""
    lines.append(f"at best it goes {before}{told or 'nowhere'}; then it holds {state!r}, and")
    for number in search.candidates(sum(1 << number for number in numbers)):
        each = search.all[number]
        if each.returned is not None:
            result, _ = specification.apply(state, each.name, each.argument)
            lines.append(f"  {each.call} of {each.process} would give {result!r}")
    return NotLinearizable("\n".join(lines), tuple(operations), tuple(order))
