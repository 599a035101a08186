"""The first job of the smallest colony, told message by message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from actors import Heartbeat
from glasshive import Between, Run, scenario
from topology import Colony, sample_blueprint

if TYPE_CHECKING:
    from glasshive.trace import Event, Watcher

# What makes a message this one and no other; the rest of it would only fill the line.
_TELLING = ("request_id", "job_id", "after", "index", "token", "outcome")


@scenario
def first_light(
    run: Run,
    *,
    prompt: Annotated[str, "what the keeper asks"] = "What do bees see at first light?",
    tokens: Annotated[int, Between(1, 1000), "tokens of the answer"] = 8,
) -> None:
    """One job goes down to a worker and its tokens come up, every message shown."""
    with Colony(sample_blueprint("one_worker"), run) as colony:
        run.runtime.watch(tell_to(run), kinds=["deliver"], actors=list(colony.refs.values()))
        job = colony.submit(prompt, max_tokens=tokens, ignore_eos=True)
        receipt = job.wait()
        run.result(text=job.text, outcome=type(receipt.outcome).__name__)
        run.expect("the job is complete", job.completed)
        run.expect("it has as many tokens as were asked for", len(receipt.texts) == tokens)


def tell_to(run: Run) -> Watcher:
    """Return a watcher that tells each message of the protocol as a line of the story."""

    def tell(event: Event, message: Any) -> None:
        if type(message).__module__ == Heartbeat.__module__ and not isinstance(message, Heartbeat):
            way = f"{event.peer:>8} → {event.actor:<8}"
            run.note(f"{event.time:7.3f} s  {way}  {in_words(message)}")

    return tell


def in_words(message: Any) -> str:
    """Return a message's class and what is telling about it."""
    told = [f"{name}={getattr(message, name)}" for name in _TELLING if hasattr(message, name)]
    if hasattr(message, "request"):
        told = [message.request.request_id]
    return f"{type(message).__name__}({', '.join(told)})"
