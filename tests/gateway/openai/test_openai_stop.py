"""Stop sequences: the same cut, whatever pieces a text comes in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.openai.stop import StopSequences

TEXTS = st.text("ab", max_size=16)
SEQUENCES = st.lists(st.text("ab", min_size=1, max_size=4), max_size=4).map(tuple)


def cut(text: str, sequences: tuple[str, ...]) -> tuple[str, bool]:
    """Return what is to be left of a text: character by character, as slowly as can be."""
    for end in range(len(text) + 1):
        here = [each for each in sequences if text[:end].endswith(each)]
        if here:
            return text[: end - max(map(len, here))], True
    return text, False


@st.composite
def split(draw: st.DrawFn) -> list[str]:
    """Draw a text in pieces."""
    text = draw(TEXTS)
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=5)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


@settings(max_examples=500)
@given(split(), SEQUENCES)
def test_a_text_is_cut_at_the_same_place_in_whatever_pieces_it_comes(
    pieces: list[str], sequences: tuple[str, ...]
) -> None:
    stops = StopSequences(sequences)
    told = "".join([*map(stops.take, pieces), stops.close()])
    assert (told, stops.met) == cut("".join(pieces), sequences)


@given(split(), SEQUENCES)
def test_no_more_is_held_back_than_may_be_the_beginning_of_one(
    pieces: list[str], sequences: tuple[str, ...]
) -> None:
    stops = StopSequences(sequences)
    told = came = ""
    for piece in pieces:
        told += stops.take(piece)
        came += piece
        if stops.met:
            return
        beginnings = [each[:length] for each in sequences for length in range(len(each))]
        longest = max((each for each in beginnings if came.endswith(each)), key=len, default="")
        assert told + longest == came


@pytest.mark.parametrize(
    ("pieces", "sequences", "told"),
    [
        ([" honey", " bee"], ("y b",), [" hone", ""]),
        ([" honey", " dew"], ("y b",), [" hone", "y dew"]),
        (["abab", "c"], ("abc",), ["ab", ""]),
        (["one", "two"], ("two", "one"), ["", ""]),
        (["xabcd"], ("abcd", "bc"), ["xa"]),
        (["xabc"], ("bc", "abc"), ["x"]),
        (["as", " it", " is"], (), ["as", " it", " is"]),
    ],
)
def test_a_cut_by_hand(pieces: list[str], sequences: tuple[str, ...], told: list[str]) -> None:
    stops = StopSequences(sequences)
    assert [stops.take(piece) for piece in pieces] == told
