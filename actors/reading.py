"""The reading half of the dual call, which keeper, queen and hive have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from glasshive import clock

if TYPE_CHECKING:
    from actors.messages import StreamEnd, StreamItem
    from actors.specs import Patience
    from actors.tokens import Outcome

__all__ = ["Reader", "Reading"]


@dataclass(slots=True, eq=False)
class Reading:
    """How far a stream has been read."""

    expected: int = field(default=0, init=False)
    """Index of the item that comes next."""
    asked: int = field(default=-1, init=False)
    """Index of the item that was missing when the stream was last opened again."""
    opened_at: float = field(default=0.0, init=False)
    """When the stream was last opened, in seconds of the clock."""

    def start_over(self) -> None:
        """Read another stream from its beginning."""
        self.expected, self.asked = 0, -1


ReadingT = TypeVar("ReadingT", bound=Reading)
TokenT = TypeVar("TokenT")


class Reader(ABC, Generic[ReadingT, TokenT]):
    """Takes each item of a stream once and in order, whatever is lost, repeated or overtaken.

    What is missing is asked for once, since what is sent again brings everything after it too; and
    once more after a while if it still has not come.
    Whoever has a reader opens each stream again from time to time: that mends what this cannot
    notice, a last item or an end that was lost, and shows the node that it is still read.
    """

    readings: dict[str, ReadingT]
    """By the job's id where it is read from, until the stream has ended."""
    patience: Patience

    # -- what a kind of reader adds ---------------------------------------------------------

    @abstractmethod
    def take(self, reading: ReadingT, item: StreamItem[TokenT]) -> None:
        """Do what there is to do with the next item."""

    @abstractmethod
    def finish(self, reading: ReadingT, outcome: Outcome) -> None:
        """Do what there is to do when every item was taken and the stream has ended."""

    @abstractmethod
    def open_stream(self, reading: ReadingT) -> None:
        """Tell whoever has the job to send its items from the one that is expected."""

    # -- messages ---------------------------------------------------------------------------

    def on_stream_item(self, message: StreamItem[TokenT]) -> None:
        """Take an item if it is the next one."""
        reading = self.readings.get(message.job_id)
        if reading is None:
            return  # the stream has ended
        index = message.index
        if index == reading.expected:
            reading.expected = index + 1
            self.take(reading, message)
        elif index > reading.expected:
            self._ask_again(reading)
        # Else it was told twice, and is left out.

    def on_stream_end(self, message: StreamEnd) -> None:
        """Take the end if nothing is missing before it."""
        reading = self.readings.get(message.job_id)
        if reading is None:
            return  # told twice
        if message.index > reading.expected:
            self._ask_again(reading)  # the end is told again too, after what is missing
        else:
            self.finish(reading, message.outcome)

    def _ask_again(self, reading: ReadingT) -> None:
        patience = self.patience.retry_seconds
        if reading.asked != reading.expected or clock.now() - reading.opened_at >= patience:
            reading.asked = reading.expected
            self.open_stream(reading)
