"""The signature of a scenario's function: `run` first, then parameters with types and defaults."""

from __future__ import annotations

import inspect
import types
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NamedTuple,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from glasshive.errors import Complaint, InputError
from glasshive.scenario.parameter import KINDS, Between, Parameter

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["parameters_of"]

_ALLOWED = "use int, float, str, bool, Path, Literal[...] or one of them | None"


class _Refused(Exception):
    """What is wrong with a parameter, and what would be right."""

    def __init__(self, what: str, remedy: str = _ALLOWED) -> None:
        self.what = what
        self.remedy = remedy


class _Shape(NamedTuple):
    """What an annotation says."""

    type: type
    choices: tuple[Any, ...]
    optional: bool
    help: str
    bounds: Between | None = None


def parameters_of(function: Callable[..., object], where: str) -> tuple[Parameter, ...]:
    """Return what a scenario's function can be told, in its order.

    Args:
        function: takes a `run` first, then parameters with annotations and defaults.
        where: how a complaint calls the function.

    Raises:
        InputError: for each parameter that is not as it must be.
    """
    declared = list(inspect.signature(function).parameters.values())
    complaints: list[Complaint] = []
    if not declared:
        complaints.append(Complaint(where, "it takes no parameter", "begin with `run: Run`"))
    elif not _is_run(declared[0]):
        what = f"its first parameter is `{declared[0]}`"
        complaints.append(Complaint(where, what, "begin with `run: Run`"))
    parameters: list[Parameter] = []
    for each in declared[1:]:
        try:
            parameters.append(_parameter(each, function.__globals__))
        except _Refused as refused:
            what = f"parameter {each.name!r} {refused.what}"
            complaints.append(Complaint(where, what, refused.remedy))
    if complaints:
        raise InputError(*complaints)
    return tuple(parameters)


def _is_run(first: inspect.Parameter) -> bool:
    """Return whether this can be the `run`; its annotation need not exist at run time."""
    annotation = first.annotation
    name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return (
        first.kind in (first.POSITIONAL_ONLY, first.POSITIONAL_OR_KEYWORD)
        and first.default is first.empty
        and (annotation is first.empty or name.strip("'\"").rpartition(".")[2] == "Run")
    )


def _parameter(declared: inspect.Parameter, names: dict[str, Any]) -> Parameter:
    """Return one parameter; its annotation is understood by the names of its module."""
    if declared.kind not in (declared.POSITIONAL_OR_KEYWORD, declared.KEYWORD_ONLY):
        raise _Refused("cannot be given by name", "write each parameter out, without * and /")
    if declared.annotation is declared.empty:
        raise _Refused("has no type", f"write `{declared.name}: int = ...`; {_ALLOWED}")
    if declared.default is declared.empty:
        raise _Refused("has no default", "give it one: a scenario runs without being told a thing")
    shape = _shape(_hint(declared, names))
    undecided = Parameter(declared.name, shape.type, None, *shape[1:])
    try:
        default = undecided.accept(declared.default, "")
    except InputError:
        raise _Refused(
            f"has the default {declared.default!r}", f"make it {undecided.expected}"
        ) from None
    return Parameter(declared.name, shape.type, default, *shape[1:])


def _hint(declared: inspect.Parameter, names: dict[str, Any]) -> Any:
    """Return the annotation, evaluated if it is text; alone, for `Run` may be unknown here."""
    holder = types.SimpleNamespace(__annotations__={declared.name: declared.annotation})
    try:
        return get_type_hints(holder, names, include_extras=True)[declared.name]
    except NameError as error:
        raise _Refused(
            f"has a type that is unknown when the scenario is loaded ({error})",
            "import it outside of `if TYPE_CHECKING:`",
        ) from None
    except Exception as error:
        # An annotation is an expression: it may raise anything.
        raise _Refused(f"has a type that means nothing ({error})") from error


def _shape(hint: Any) -> _Shape:
    """Return what an annotation says of type, choices, None and meaning."""
    hint, notes = _without_notes(hint)
    optional = False
    if get_origin(hint) in (Union, types.UnionType):
        members = [member for member in get_args(hint) if member is not types.NoneType]
        optional = len(members) < len(get_args(hint))
        if len(members) != 1:
            raise _Refused(f"is of one of several types ({hint})")
        hint, more = _without_notes(members[0])
        notes += more
    choices: tuple[Any, ...] = ()
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        kinds = {type(choice) for choice in choices}
        if kinds not in ({int}, {str}):
            raise _Refused(f"has the choices {choices!r}", "make them all str or all int")
        hint = kinds.pop()
    if not isinstance(hint, type) or hint not in KINDS:
        raise _Refused(f"is of type {getattr(hint, '__qualname__', hint)}")
    help_text = next((note for note in notes if isinstance(note, str)), "")
    bounds = next((note for note in notes if isinstance(note, Between)), None)
    if bounds is not None and hint not in (int, float):
        raise _Refused(f"has bounds, but is of type {hint.__name__}", "bound int or float only")
    return _Shape(hint, choices, optional, help_text, bounds)


def _without_notes(hint: Any) -> tuple[Any, list[object]]:
    """Split `Annotated[...]` into the type and what was noted on it."""
    if get_origin(hint) is Annotated:
        bare, *notes = get_args(hint)
        return bare, notes
    return hint, []
