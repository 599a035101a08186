from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from actors import Aggregated, Done, Usage
from actors.fan import Fan

if TYPE_CHECKING:
    from random import Random


def done(tokens: int, reason: str = "stop", prompt_tokens: int = 10) -> Done:
    return Done(reason, Usage(prompt_tokens, tokens))


def test_a_row_is_told_when_the_last_answer_has_its_token() -> None:
    fan = Fan(3)
    assert fan.add(2, " c") == []
    assert fan.add(0, " a") == []
    assert fan.add(1, " b") == [Aggregated((" a", " b", " c"))]


def test_an_answer_that_is_ahead_is_held_back_row_by_row() -> None:
    fan = Fan(2)
    assert [fan.add(0, text) for text in (" a", " b", " c")] == [[], [], []]
    assert fan.add(1, " x") == [Aggregated((" a", " x"))]
    assert fan.add(1, " y") == [Aggregated((" b", " y"))]


def test_an_answer_that_has_ended_leaves_its_place_empty() -> None:
    fan = Fan(2)
    fan.add(0, " a")
    fan.add(1, " x")
    assert fan.close(0, done(1)) == []
    assert fan.add(1, " y") == [Aggregated(("", " y"))]


def test_an_end_lets_all_rows_go_that_waited_for_it() -> None:
    fan = Fan(2)
    for text in (" a", " b", " c"):
        fan.add(0, text)
    fan.add(1, " x")
    assert fan.close(1, done(1)) == [Aggregated((" b", "")), Aggregated((" c", ""))]


def test_answers_that_end_without_a_token_tell_nothing() -> None:
    fan = Fan(2)
    assert fan.close(0, done(0)) == []
    assert fan.close(1, done(0)) == []


def test_it_is_whole_when_every_answer_has_ended() -> None:
    fan = Fan(2)
    assert fan.whole() is None
    fan.close(1, done(3, prompt_tokens=10))
    assert fan.whole() is None
    fan.close(0, done(4, prompt_tokens=9))
    assert fan.whole() == Done("stop", Usage(9, 7))  # the prompt is one


def test_it_was_cut_by_its_length_if_one_answer_was() -> None:
    fan = Fan(2)
    fan.close(0, done(3))
    fan.close(1, done(4, "length"))
    assert fan.whole() == Done("length", Usage(10, 7))


@given(texts=st.lists(st.lists(st.text(min_size=1)), min_size=1, max_size=4), random=st.randoms())
def test_in_whatever_order_the_answers_come_the_rows_are_the_same(
    texts: list[list[str]], random: Random
) -> None:
    fan = Fan(len(texts))
    left = [[*answer, None] for answer in texts]
    told: list[Aggregated] = []
    while any(left):
        answer = random.choice([number for number, each in enumerate(left) if each])
        text = left[answer].pop(0)
        told += fan.close(answer, done(0)) if text is None else fan.add(answer, text)
    assert told == [Aggregated(row) for row in zip_longest(*texts, fillvalue="")]
