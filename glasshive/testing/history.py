"""What clients asked of a shared object, what they got, and which of it overlapped."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from glasshive.runtime import running

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Call", "History", "Operation"]


class Operation(NamedTuple):
    """One operation of a client, from its invocation to its return.

    When it began and when it came back are numbers of which only the order means something.

    Args:
        process: whose.
        name: what was asked for, such as "write".
        argument: with what.
        result: what came back.
        invoked: when it began.
        returned: when it came back; None if it never did, so that it may have had its effect at
            any time since, or none at all.
    """

    process: str
    name: str
    argument: Any = None
    result: Any = None
    invoked: float = 0
    returned: float | None = None

    @property
    def call(self) -> str:
        """The operation as a call."""
        return f"{self.name}({'' if self.argument is None else repr(self.argument)})"

    def __str__(self) -> str:
        if self.returned is None:
            return f"{self.call}, no answer yet"
        return f"{self.call} → {self.result!r}"


class Call:
    """An operation that is under way; `History.invoke` makes one.

    Args:
        history: where it is written down.
        process: whose.
        name: what is asked for.
        argument: with what.
    """

    def __init__(self, history: History, process: str, name: str, argument: Any) -> None:
        self.result: Any = None
        """What came back, for `History.operation` to write down."""
        self._history = history
        self._place = len(history._operations)  # noqa: SLF001  the two are one
        invoked = next(history._moments)  # noqa: SLF001
        self._operation = Operation(process, name, argument, None, invoked)
        history._operations.append(self._operation)  # noqa: SLF001

    def returned(self, result: Any = None) -> None:
        """Write down that it has come back.

        Args:
            result: with what.
        """
        now = next(self._history._moments)  # noqa: SLF001
        self._keep(self._operation._replace(result=result, returned=now))

    def refused(self) -> None:
        """Strike it out: it is sure to have had no effect, and never to have one."""
        self._keep(None)

    def _keep(self, operation: Operation | None) -> None:
        self._history._operations[self._place] = operation  # noqa: SLF001


class History:
    """Writes down operations as they are invoked and as they return, in actors and in scripts.

    In one process their order is real time: one of two operations comes before the other if it
    had returned before the other was invoked.
    """

    def __init__(self) -> None:
        self._moments = count()
        self._operations: list[Operation | None] = []

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All operations so far, in the order of their invocations."""
        return tuple(each for each in self._operations if each is not None)

    @contextmanager
    def operation(
        self, name: str, argument: Any = None, *, process: str | None = None
    ) -> Iterator[Call]:
        """Write down an operation that lasts as long as the `with`.

        What is set as the call's `result` is what came back. When the `with` is left by an error,
        such as a timeout, or never, since the actor is gone, nobody knows whether the operation
        has had its effect; call `refused` if it surely has not.

        Args:
            name: what is asked for, such as "write".
            argument: with what.
            process: whose it is; the actor's or the script's that is running, by default.
        """
        call = self.invoke(name, argument, process=process)
        yield call
        if self._operations[call._place] is call._operation:  # noqa: SLF001  not refused
            call.returned(call.result)

    def invoke(self, name: str, argument: Any = None, *, process: str | None = None) -> Call:
        """Write down an invocation; call `returned` on what this returns when the answer comes.

        Args:
            name: what is asked for, such as "write".
            argument: with what.
            process: whose it is; the actor's or the script's that is running, by default.
        """
        return Call(self, process or _current(), name, argument)

    def __len__(self) -> int:
        return len(self.operations)


def _current() -> str:
    """Return whose code is running."""
    runtime = running()
    return "script" if runtime is None else str(runtime.current.name)
