"""Happens-before is causes and each actor's own order, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive.trace.causality import causes, concurrent, effects, future, past

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.trace.index import Index


def four(indexed: Callable[..., Index]) -> Index:
    """Return a trace in which a tells b, c does something alone, and b tells a."""
    return indexed(
        {"kind": "send", "actor": "a", "peer": "b", "message": 1, "type": "M"},
        {"kind": "note", "actor": "c", "data": "alone"},
        {"kind": "deliver", "actor": "b", "peer": "a", "message": 1, "type": "M", "cause": 0},
        {"kind": "send", "actor": "b", "peer": "a", "message": 2, "type": "M", "cause": 2},
        {"kind": "note", "actor": "a", "data": "meanwhile"},
        {"kind": "deliver", "actor": "a", "peer": "b", "message": 2, "type": "M", "cause": 3},
        {"kind": "note", "actor": "a", "cause": 5, "data": "after"},
    )


def test_the_chain_of_causes_goes_back_to_the_start(indexed: Callable[..., Index]) -> None:
    assert causes(four(indexed), 6) == [0, 2, 3, 5, 6]


def test_effects_are_a_tree_of_causes(indexed: Callable[..., Index]) -> None:
    index = four(indexed)
    assert effects(index, 0) == [(0, 0), (2, 0), (3, 0), (5, 0), (6, 0)]
    assert effects(index, 4) == [(4, 0)]


def test_effects_step_in_where_several_came_of_one(indexed: Callable[..., Index]) -> None:
    note = {"kind": "note", "actor": "a"}
    index = indexed(note, *({**note, "cause": cause} for cause in (0, 0, 1, 3)))
    assert effects(index, 0) == [(0, 0), (1, 1), (3, 1), (4, 1), (2, 1)]


def test_the_past_follows_causes_and_actors(indexed: Callable[..., Index]) -> None:
    marks = past(four(indexed), 5)
    assert [number for number, mark in enumerate(marks) if mark] == [0, 2, 3, 4, 5]


def test_the_future_follows_causes_and_actors(indexed: Callable[..., Index]) -> None:
    marks = future(four(indexed), 2)
    assert [number for number, mark in enumerate(marks) if mark] == [2, 3, 5, 6]


def test_concurrent_is_what_is_neither_before_nor_after(indexed: Callable[..., Index]) -> None:
    index = four(indexed)
    assert concurrent(index, 3) == [1, 4]
    assert concurrent(index, 1) == [0, 2, 3, 4, 5, 6]


def test_past_and_future_are_each_others_converse(crashed: Index) -> None:
    for number in range(0, len(crashed), 97):
        after = future(crashed, number)
        for other in range(number, len(crashed), 131):
            assert past(crashed, other)[number] == after[other]
