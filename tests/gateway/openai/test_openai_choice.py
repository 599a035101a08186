"""One answer: what is told of it, and why it ends."""

from __future__ import annotations

import pytest

from gateway.openai.choice import Choice, FinishReason, Piece


@pytest.mark.parametrize(
    ("tokens", "max_tokens", "reason"),
    [(["a", "b"], 2, "length"), (["a", "b"], 3, "stop"), ([], 1, "stop")],
)
def test_an_answer_that_has_all_its_tokens_was_cut_by_its_length(
    tokens: list[str], max_tokens: int, reason: FinishReason
) -> None:
    choice = Choice(4, max_tokens, ())
    told = [choice.take(token) for token in tokens]
    assert told == [Piece(4, token, None) for token in tokens]
    assert choice.close() == Piece(4, "", reason)
    assert choice.close() is None


def test_an_empty_token_is_the_end_of_an_answer_beside_longer_ones() -> None:
    choice = Choice(0, 9, ())
    choice.take("a")
    assert choice.take("") == Piece(0, "", "stop")
    assert choice.take("") is None
    assert choice.tokens == 1


def test_what_is_held_back_is_told_at_the_end() -> None:
    choice = Choice(0, 2, ("end.",))
    assert choice.take(" to") == Piece(0, " to", None)
    assert choice.take("end") is None
    assert choice.close() == Piece(0, "end", "length")


def test_a_stop_sequence_ends_an_answer_and_its_tokens_count() -> None:
    choice = Choice(0, 9, ("end.",))
    choice.take(" the end")
    assert choice.take(".") == Piece(0, "", "stop")
    assert choice.take(" more") is None
    assert choice.close() is None
    assert choice.tokens == 2
