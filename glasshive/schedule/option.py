"""What a decision is between: one thing that could be next, or one fate."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

__all__ = ["NOBODYS", "Birth", "Option"]

Birth: TypeAlias = tuple[int, int]
"""Which turn made a thing, counted from 1, and how many that turn had made before it; what was
there before the first turn has turn 0. With the turn's own birth it names the thing in every run
in which it is made in the same way."""


NOBODYS = frozenset(["fire", "answer"])
"""What `does` says of what is nobody's turn: a timer that fires, an answer that arrives."""


class Option(NamedTuple):
    """One of the things that could be next; `str` says it in words, the same in every run.

    Args:
        does: "deliver" a message, "fire" a timer, "answer" an ask over a link, "wake" an actor from
            a wait or "time out" the wait, "resume" the script or another task that is no actor,
            let the script go on when all is at "rest", or any other words for what is no turn,
            such as a message's fate.
        receiver: whose turn it would be, or whose timer it is; empty for what is no turn.
        sender: who sent the message.
        message: the name of the message's class; what a task waits for.
        birth: what made it.
    """

    does: str
    receiver: str = ""
    sender: str = ""
    message: str = ""
    birth: Birth = (0, 0)

    def __str__(self) -> str:
        if not self.receiver:
            return self.does
        match self.does:
            case "wake" | "resume":
                return f"wake {self.receiver} from {self.message}"
            case "time out":
                return f"time out {self.receiver}'s wait for {self.message}"
            case "rest":
                return f"let {self.receiver} go on, as all is at rest"
            case "fire":
                return f"fire {self.message} of {self.receiver}"
        return f"{self.does} {self.message} from {self.sender} to {self.receiver}"
