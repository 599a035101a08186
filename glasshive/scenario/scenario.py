"""A scenario: a script that drives actors, and says what must hold of them."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, overload

from glasshive.errors import Complaint, InputError, nearest
from glasshive.scenario.signature import parameters_of
from glasshive.trace.jobs import ROOT, Spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from glasshive.scenario.handle import Run
    from glasshive.scenario.parameter import Parameter, Value

__all__ = ["Scenario", "scenario"]


def _deferred(function: Callable[..., object]) -> bool:
    """Return whether calling a function would not run it."""
    return (
        inspect.iscoroutinefunction(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    )


class Scenario:
    """A function that `@scenario` marked, and all that can be said of it without running it.

    Args:
        function: takes a `Run` first, then parameters with annotations and defaults.
        jobs: the fields of its messages that name jobs; None for those of the swarm.

    Raises:
        InputError: when the function's signature is not a scenario's.
    """

    def __init__(
        self, function: Callable[Concatenate[Run, ...], None], jobs: Spelling | None = None
    ) -> None:
        if not inspect.isfunction(function) or _deferred(function):
            raise InputError(
                Complaint(
                    "@scenario",
                    f"{function!r} is not a plain function",
                    "write `@scenario` straight above a `def`",
                )
            )
        self.function: Callable[..., None] = function
        self.jobs = jobs
        """The fields of its messages that name jobs, None for those of the swarm."""
        self.name: str = function.__name__
        self.address: str = self.name
        """What finds it again: its name, or `path.py:name` for a script's."""
        self.file = Path(inspect.getfile(function))
        """The script it stands in."""
        code = function.__code__
        self.parameters: Mapping[str, Parameter] = {
            parameter.name: parameter
            for parameter in parameters_of(
                function, f"{self.file.name}, line {code.co_firstlineno}: {self.name}"
            )
        }
        self.description: str = inspect.getdoc(function) or ""
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return self.description.partition("\n")[0]

    def bind(self, parameters: Mapping[str, object]) -> dict[str, Value]:
        """Return a value for every parameter: those given, and the others' defaults.

        Args:
            parameters: values by the parameter's name.

        Raises:
            InputError: for each name it does not have and each value that will not do.
        """
        complaints: list[Complaint] = []
        values = {name: parameter.default for name, parameter in self.parameters.items()}
        for name, value in parameters.items():
            where = f"parameter {name!r} of scenario {self.name!r}"
            try:
                values[name] = self.parameter(name, where).accept(value, where)
            except InputError as error:
                complaints += error.complaints
        if complaints:
            raise InputError(*complaints)
        return values

    def parameter(self, name: str, where: str) -> Parameter:
        """Return the parameter of this name.

        Args:
            name: its name.
            where: how a complaint calls the place the name was given at.

        Raises:
            InputError: when there is none.
        """
        try:
            return self.parameters[name]
        except KeyError:
            remedy = nearest(name, self.parameters) if self.parameters else "it takes none"
            raise InputError(
                Complaint(where, f"scenario {self.name!r} has no parameter {name!r}", remedy)
            ) from None

    def __call__(self, run: Run, **parameters: object) -> None:
        """Tell this story as a part of another one, in that one's run."""
        self.function(run, **self.bind(parameters))

    def __repr__(self) -> str:
        return f"<scenario {self.address}>"


@overload
def scenario(function: Callable[Concatenate[Run, ...], Any], /) -> Scenario: ...


@overload
def scenario(
    *, jobs: str = ROOT, parts: Sequence[str] = ()
) -> Callable[[Callable[..., Any]], Scenario]: ...


def scenario(
    function: Callable[Concatenate[Run, ...], Any] | None = None,
    /,
    *,
    jobs: str = ROOT,
    parts: Sequence[str] = (),
) -> Scenario | Callable[[Callable[..., Any]], Scenario]:
    """Mark a function as a scenario.

    The function takes `run: Run` first. What it can be told are its further parameters, each
    with a type and a default; `Annotated[int, "how many jobs arrive"]` says what one means. The
    first line of its docstring is what `glasshive list` shows.

    ```python
    @scenario
    def greeting(run: Run, times: Annotated[int, "how often"] = 3) -> None:
        \"\"\"Somebody is greeted.\"\"\"
    ```

    A program whose messages name what is worked on by other fields than the swarm's says so, and
    `glasshive trace` follows its jobs: `@scenario(jobs="order_id", parts=["line_id"])`.

    Args:
        function: the function.
        jobs: the field that names a whole job, wherever it goes.
        parts: the fields that name a part of one, such as the work that one actor does for it.

    Raises:
        InputError: when the signature is not of this kind; it names the parameter.
    """
    if function is not None:
        return Scenario(function)
    spelling = Spelling(jobs, tuple(parts)) if parts or jobs != ROOT else None
    return lambda marked: Scenario(marked, spelling)
