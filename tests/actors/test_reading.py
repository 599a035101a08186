"""The reading half by itself: what is read, and what is asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import Completed, Patience, StreamEnd, StreamItem
from actors.reading import Reader, Reading
from glasshive import Simulation, clock

if TYPE_CHECKING:
    from actors import Outcome


class Notebook(Reader[Reading, str]):
    """Writes down what it reads of one stream, and from where it asks for it again."""

    patience = Patience(retry_seconds=0.5)

    def __init__(self) -> None:
        self.readings = {"job-1": Reading()}
        self.read: list[str] = []
        self.outcomes: list[Any] = []
        self.asked: list[int] = []

    def take(self, reading: Reading, item: StreamItem[str]) -> None:  # noqa: ARG002 - a reader's face
        self.read.append(item.token)

    def finish(self, reading: Reading, outcome: Outcome) -> None:  # noqa: ARG002 - a reader's face
        self.outcomes.append(outcome)
        self.readings.clear()

    def open_stream(self, reading: Reading) -> None:
        reading.opened_at = clock.now()
        self.asked.append(reading.expected)

    def items(self, *indices: int) -> None:
        for index in indices:
            self.on_stream_item(StreamItem("job-1", index, str(index)))

    def end(self, index: int) -> None:
        self.on_stream_end(StreamEnd("job-1", index, Completed()))


@pytest.fixture
def notebook(sim: Simulation) -> Notebook:  # noqa: ARG001 - it reads inside it
    return Notebook()


def test_items_are_read_in_order_and_repeats_left_out(notebook: Notebook) -> None:
    notebook.items(0, 0, 1, 0, 1, 2)
    assert notebook.read == ["0", "1", "2"]
    assert notebook.asked == []


def test_each_missing_item_is_asked_for_once(notebook: Notebook) -> None:
    notebook.items(0, 2, 3, 4)
    assert (notebook.read, notebook.asked) == (["0"], [1])
    notebook.items(1, 3, 4)  # 2 was lost when it was sent again
    assert (notebook.read, notebook.asked) == (["0", "1"], [1, 2])
    notebook.items(2, 3, 4)
    assert (notebook.read, notebook.asked) == (["0", "1", "2", "3", "4"], [1, 2])


def test_what_still_has_not_come_after_a_while_is_asked_for_once_more(
    sim: Simulation, notebook: Notebook
) -> None:
    notebook.items(1, 2)
    sim.run(until=0.4)
    notebook.items(3)
    notebook.end(4)
    assert notebook.asked == [0]
    sim.run(until=0.5)
    notebook.items(3)
    notebook.end(4)
    assert notebook.asked == [0, 0]
    sim.run(until=1.0)
    notebook.end(4)
    assert notebook.asked == [0, 0, 0]


def test_a_stream_that_is_read_from_its_beginning_again_asks_for_what_it_misses(
    notebook: Notebook,
) -> None:
    notebook.items(0, 2)
    reading = notebook.readings["job-1"]
    reading.start_over()
    assert reading.expected == 0
    notebook.items(1)
    notebook.items(0, 2)
    assert notebook.asked == [1, 0, 1]


def test_an_end_beyond_what_came_is_not_taken_and_asks_for_the_rest(notebook: Notebook) -> None:
    notebook.items(0)
    notebook.end(3)
    assert (notebook.outcomes, notebook.asked) == ([], [1])
    notebook.end(3)
    assert (notebook.outcomes, notebook.asked) == ([], [1])
    notebook.items(1, 2)
    notebook.end(3)
    assert notebook.outcomes == [Completed()]


def test_nothing_is_taken_after_the_end(notebook: Notebook) -> None:
    notebook.items(0)
    notebook.end(1)
    notebook.end(1)
    notebook.items(1)
    notebook.end(5)
    assert (notebook.read, notebook.outcomes, notebook.asked) == (["0"], [Completed()], [])


def test_a_stream_that_nobody_reads_is_let_pass(notebook: Notebook) -> None:
    notebook.on_stream_item(StreamItem("job-2", 0, "other"))
    notebook.on_stream_end(StreamEnd("job-2", 1, Completed()))
    assert (notebook.read, notebook.outcomes, notebook.asked) == ([], [], [])


@given(length=st.integers(0, 8), noise=st.lists(st.integers(0, 8), max_size=40))
def test_whatever_comes_first_one_whole_sending_after_it_is_read_to_the_end(
    length: int, noise: list[int]
) -> None:
    with Simulation():
        notebook = Notebook()
        for index in noise:
            if index < length:
                notebook.items(index)
            elif notebook.readings:
                notebook.end(length)
        notebook.items(*range(length))
        notebook.end(length)
        assert notebook.read == [str(index) for index in range(length)]
        assert notebook.outcomes == [Completed()]
        assert len(notebook.asked) == len(set(notebook.asked))
