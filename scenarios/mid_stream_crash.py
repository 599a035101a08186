"""A worker dies in the middle of an answer."""

from __future__ import annotations

from typing import Annotated

from glasshive import Between, Complaint, InputError, Run, scenario
from topology import Blueprint, Colony


@scenario
def mid_stream_crash(
    run: Run,
    *,
    after: Annotated[int, Between(1, 1000), "tokens that have come when the worker dies"] = 5,
    tokens: Annotated[int, Between(2, 1001), "tokens of the answer"] = 20,
) -> None:
    """A worker dies after some tokens; another goes on after them, and the text is the same."""
    if after >= tokens:
        what = f"the answer has {tokens} tokens, so none is left to come after {after}"
        raise InputError(Complaint("after", what, "make it smaller than tokens"))
    prompt = f"How does bee {run.seed} find home?"
    blueprint = Blueprint.grid(hives=1, workers_per_hive=2)
    with Colony(blueprint, run) as colony:
        peace = colony.submit(prompt, max_tokens=tokens, ignore_eos=True)
        peace.wait()
        job = colony.submit(prompt, max_tokens=tokens, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= after, f"{after} tokens have come")
        worker = colony.worker_of(job)
        assert worker is not None
        colony.crash(worker)
        receipt = job.wait()
        run.note(f"the keeper has waited {receipt.ended_at - receipt.submitted_at:.1f} s")
        run.expect("the job is complete all the same", job.completed, str(receipt.outcome))
        run.expect("its text is the one that it has in peace", job.text == peace.text)
        run.expect(
            "another worker went on with it",
            sum(colony.jobs_run[each] > 0 for each in ("worker-1", "worker-2")) > 1,
        )
