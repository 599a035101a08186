"""A worker dies in the middle of an answer."""

from __future__ import annotations

from typing import Annotated

from actors import Failed
from glasshive import Between, Complaint, InputError, Run, scenario
from topology import Blueprint, Colony


@scenario
def mid_stream_crash(
    run: Run,
    *,
    after: Annotated[int, Between(1, 1000), "tokens that have come when the worker dies"] = 5,
    tokens: Annotated[int, Between(2, 1001), "tokens that the answer would have had"] = 20,
) -> None:
    """A worker dies after some tokens; the job ends Failed, once, and says why."""
    if after >= tokens:
        what = f"the answer has {tokens} tokens, so none is left to come after {after}"
        raise InputError(Complaint("after", what, "make it smaller than tokens"))
    blueprint = Blueprint.grid(hives=1, workers_per_hive=2)
    with Colony(blueprint, run) as colony:
        job = colony.submit("How does a bee find home?", max_tokens=tokens, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= after, f"{after} tokens have come")
        worker = colony.worker_of(job)
        assert worker is not None
        colony.crash(worker)
        outcome = job.wait().outcome
        run.note(f"the keeper is told: {outcome}")
        run.expect("the job has failed", isinstance(outcome, Failed), str(outcome))
        run.expect("the reason names the worker that died", worker in str(outcome), str(outcome))
        run.expect(
            "the keeper holds the tokens that came before",
            after <= colony.tokens_of(job) < tokens,
            f"{colony.tokens_of(job)} of {tokens}",
        )

        again = colony.submit("And another?", max_tokens=tokens)
        again.wait()
        run.expect("the other worker serves the next job", again.completed)
