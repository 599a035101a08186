"""A token whose text equals the end marker ends the stream.

Here the end is a message of its own, which no text can look like. This worker watches for a marker
in the text that it generates. The prompt is one that the model answers with that very word.
"""

from __future__ import annotations

from actors import Job, Token, TokenResponse, Worker
from glasshive import Run, scenario
from scenarios.gallery._situation import Mistake, colony_of
from topology import Cast, Colony

CAUGHT_BY = "same-text"

MARKER = " queen"
"""A word like any other, and the second one of the answer to the prompt."""

PROMPT = "Dance."


class ReadsTheEnd(Worker):
    """Takes a word of the text for the end of the text."""

    def emit(self, job: Job[TokenResponse], token: TokenResponse) -> None:
        """Send a token, or stop at the marker."""
        if token == Token(MARKER):
            sequence = self.batch.running[job.job_id]
            sequence.length = sequence.generated + 1  # the marker is the last one, and is not sent
        else:
            super().emit(job, token)


@scenario
def in_band_marker(run: Run, *, mistake: Mistake = True) -> None:
    """The model says a word that is also the end marker, and the answer is cut there."""
    cast = Cast(worker=ReadsTheEnd) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast) as colony:
        colony.submit(PROMPT, max_tokens=4, ignore_eos=True)
