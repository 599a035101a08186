"""The first job of the smallest colony, told message by message."""

from __future__ import annotations

from typing import Annotated

from glasshive import Between, Run, scenario
from scenarios.story import tell_to
from topology import Colony, sample_blueprint


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
