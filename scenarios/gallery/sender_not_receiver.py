"""The registry keeps the wrong end of the channel: the stream connects, and no token comes.

In the real swarm the second call, which opens the stream, had nothing to read.

Here a registry keeps the address where a job's tokens go. This queen keeps her own instead of the
keeper's, and tells herself every token and the end.
"""

from __future__ import annotations

from msgspec.structs import replace

from actors import OpenStream, Queen
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMPT, Mistake, colony_of
from topology import Cast, Colony

CAUGHT_BY = "one-end-per-stream"


class KeepsTheWrongEnd(Queen):
    """Notes where tokens come from as where they go."""

    def _on_open_stream(self, message: OpenStream) -> None:
        super()._on_open_stream(replace(message, subscriber=self.actor_ref))


@scenario
def sender_not_receiver(run: Run, *, mistake: Mistake = True) -> None:
    """A stream connects and no token comes: the registry holds the wrong end of it."""
    cast = Cast(queen=KeepsTheWrongEnd) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast) as colony:
        colony.submit(PROMPT, max_tokens=2, ignore_eos=True)
