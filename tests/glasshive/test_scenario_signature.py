from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest

from glasshive.errors import InputError
from glasshive.scenario import Parameter, Run, Scenario, scenario
from glasshive.trace.jobs import Spelling

if TYPE_CHECKING:
    from decimal import Decimal


def test_each_type_a_parameter_may_have_is_understood() -> None:
    @scenario
    def everything(
        run: Run,
        *,
        jobs: Annotated[int, "how many jobs arrive"] = 20,
        rate: float = 2,
        policy: Literal["first", "last"] = "last",
        size: Literal[1, 2] | None = None,
        loud: bool = False,
        workload: Path | None = None,
        word: Annotated[str | None, "what is said"] = "hello",
    ) -> None:
        """Everything is used.

        And more is said of it.
        """

    assert list(everything.parameters.values()) == [
        Parameter("jobs", int, 20, help="how many jobs arrive"),
        Parameter("rate", float, 2.0),
        Parameter("policy", str, "last", choices=("first", "last")),
        Parameter("size", int, None, choices=(1, 2), optional=True),
        Parameter("loud", bool, default=False),
        Parameter("workload", Path, None, optional=True),
        Parameter("word", str, "hello", optional=True, help="what is said"),
    ]
    assert everything.name == "everything"
    assert everything.summary == "Everything is used."


def refusal(function: Any) -> str:
    with pytest.raises(InputError) as refused:
        scenario(function)
    where, _, sentence = str(refused.value).partition(f": {function.__name__}: ")
    assert re.fullmatch(r"test_scenario_signature\.py, line \d+", where)
    return sentence


def test_a_function_without_run_is_refused() -> None:
    def nothing() -> None: ...

    assert refusal(nothing) == "it takes no parameter; begin with `run: Run`"


def test_a_function_that_begins_with_something_else_is_refused() -> None:
    def late(jobs: int = 3, run: Run | None = None) -> None: ...

    with pytest.raises(InputError) as refused:
        scenario(late)  # type: ignore[arg-type]  # the mistake under test
    first, second = map(str, refused.value.complaints)
    assert first.endswith("late: its first parameter is `jobs: 'int' = 3`; begin with `run: Run`")
    assert "late: parameter 'run' is of type Run; use int, float" in second


def test_a_parameter_without_a_type_is_refused() -> None:
    def untyped(run: Run, jobs=3) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001  the mistake under test

    assert refusal(untyped).startswith("parameter 'jobs' has no type; write `jobs: int = ...`; ")


def test_a_parameter_without_a_default_is_refused() -> None:
    def undecided(run: Run, jobs: int) -> None: ...

    assert refusal(undecided) == (
        "parameter 'jobs' has no default; give it one: a scenario runs without being told a thing"
    )


def test_a_parameter_of_another_type_is_refused() -> None:
    def listed(run: Run, jobs: list[int] | None = None) -> None: ...

    assert refusal(listed) == (
        "parameter 'jobs' is of type list; "
        "use int, float, str, bool, Path, Literal[...] or one of them | None"
    )


def test_a_parameter_of_several_types_is_refused() -> None:
    def torn(run: Run, jobs: int | str = 3) -> None: ...

    assert refusal(torn).startswith("parameter 'jobs' is of one of several types (int | str); ")


def test_a_default_of_another_type_is_refused() -> None:
    def wrong(run: Run, jobs: int = "3") -> None: ...  # type: ignore[assignment]  # the mistake under test

    assert refusal(wrong) == "parameter 'jobs' has the default '3'; make it a whole number"


def test_a_default_that_is_no_choice_is_refused() -> None:
    def wrong(run: Run, policy: Literal["a", "b"] = "c") -> None: ...  # type: ignore[assignment]  # the mistake under test

    assert refusal(wrong) == "parameter 'policy' has the default 'c'; make it one of a, b"


def test_choices_of_mixed_types_are_refused() -> None:
    def mixed(run: Run, size: Literal[1, "all"] = 1) -> None: ...

    assert refusal(mixed) == (
        "parameter 'size' has the choices (1, 'all'); make them all str or all int"
    )


def test_starred_parameters_are_refused() -> None:
    def open_ended(run: Run, **rest: int) -> None: ...

    assert refusal(open_ended) == (
        "parameter 'rest' cannot be given by name; write each parameter out, without * and /"
    )


def test_a_type_that_is_imported_for_checking_only_is_refused_with_the_remedy() -> None:
    def precise(run: Run, rate: Decimal | None = None) -> None: ...

    assert refusal(precise) == (
        "parameter 'rate' has a type that is unknown when the scenario is loaded "
        "(name 'Decimal' is not defined); import it outside of `if TYPE_CHECKING:`"
    )


def test_run_itself_may_be_imported_for_checking_only() -> None:
    def quiet(run: Unknown.Run) -> None: ...  # type: ignore[name-defined]  # noqa: F821  the case under test

    assert Scenario(quiet).parameters == {}


def test_every_bad_parameter_is_named_at_once() -> None:
    def hopeless(run: Run, one: int, two: set[int] | None = None) -> None: ...

    with pytest.raises(InputError) as refused:
        scenario(hopeless)
    assert [re.findall("parameter '(.*?)'", str(each)) for each in refused.value.complaints] == [
        ["one"],
        ["two"],
    ]


def test_a_coroutine_function_is_refused() -> None:
    async def later(run: Run) -> None: ...

    with pytest.raises(InputError, match="is not a plain function; write `@scenario` straight"):
        scenario(later)


@pytest.mark.parametrize("wrong", ["greeting", 3])
def test_what_is_no_function_is_refused(wrong: Any) -> None:
    with pytest.raises(InputError, match=f"{wrong!r} is not a plain function"):
        scenario(wrong)


def test_a_mark_in_parentheses_says_which_fields_name_jobs() -> None:
    @scenario(jobs="order_id", parts=["line_id"])
    def named(run: Run) -> None: ...

    @scenario()
    def plain(run: Run) -> None: ...

    assert named.jobs == Spelling("order_id", ("line_id",))
    assert plain.jobs is None
