from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshive.errors import InputError
from glasshive.scenario.parameter import Parameter, Value, written

JOBS = Parameter("jobs", int, 20)
RATE = Parameter("rate", float, 1.5)
SPEED = Parameter("speed", str, "slow", choices=("slow", "fast"))
LOUD = Parameter("loud", bool, default=False)
FILE = Parameter("file", Path, None, optional=True)


@given(
    st.one_of(
        st.integers().map(lambda value: (JOBS, value)),
        st.floats(allow_nan=False, allow_infinity=False).map(lambda value: (RATE, value)),
        st.booleans().map(lambda value: (LOUD, value)),
        st.sampled_from(["slow", "fast"]).map(lambda value: (SPEED, value)),
        st.text().map(lambda value: (Parameter("word", str, ""), value)),
        st.sampled_from([None, Path("a/b.csv"), Path("/c")]).map(lambda value: (FILE, value)),
    )
)
def test_what_is_written_is_read_back_as_the_same_value(case: tuple[Parameter, Value]) -> None:
    parameter, value = case
    assert parameter.parse(written(value), "here") == value


@pytest.mark.parametrize(
    ("parameter", "text", "complaint"),
    [
        (JOBS, "many", "here: 'many' will not do; jobs takes a whole number, such as 20"),
        (JOBS, "2.0", "here: '2.0' will not do; jobs takes a whole number, such as 20"),
        (JOBS, "none", "here: 'none' will not do; jobs takes a whole number, such as 20"),
        (RATE, "inf", "here: 'inf' will not do; rate takes a finite number, such as 1.5"),
        (RATE, "nan", "here: 'nan' will not do; rate takes a finite number, such as 1.5"),
        (SPEED, "quick", "here: 'quick' will not do; speed takes one of slow, fast"),
        (LOUD, "perhaps", "here: 'perhaps' will not do; loud takes true or false, such as false"),
        (FILE, "", "here: '' will not do; file takes a path or none"),
    ],
)
def test_a_text_of_another_type_is_refused_with_what_is_accepted(
    parameter: Parameter, text: str, complaint: str
) -> None:
    with pytest.raises(InputError) as refused:
        parameter.parse(text, "here")
    assert str(refused.value) == complaint


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("ON", True), ("1", True), ("No", False), ("0", False)]
)
def test_a_switch_is_read_in_the_usual_words(text: str, value: bool) -> None:
    assert LOUD.parse(text, "here") is value


def test_a_whole_number_becomes_a_float_and_text_becomes_a_path() -> None:
    rate = RATE.accept(2, "here")
    assert (rate, type(rate)) == (2.0, float)
    assert FILE.accept("a.csv", "here") == Path("a.csv")


@pytest.mark.parametrize(
    ("parameter", "value"),
    [(JOBS, "3"), (JOBS, True), (JOBS, 1.0), (RATE, "1"), (LOUD, 1), (SPEED, 1), (FILE, 3)],
)
def test_a_value_of_another_type_is_refused(parameter: Parameter, value: object) -> None:
    with pytest.raises(InputError, match=r"^here: .* will not do; "):
        parameter.accept(value, "here")


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        (JOBS, "int"),
        (RATE, "float"),
        (SPEED, "slow|fast"),
        (LOUD, "bool"),
        (FILE, "path|none"),
        (Parameter("size", int, 1, choices=(1, 2), optional=True), "1|2|none"),
    ],
)
def test_a_type_is_named_as_people_write_it(parameter: Parameter, name: str) -> None:
    assert parameter.type_name == name
