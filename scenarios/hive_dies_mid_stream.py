"""A whole hive dies while its workers stream."""

from __future__ import annotations

from typing import Annotated

from glasshive import Between, Run, scenario
from scenarios.trial import ELSEWHERE, RESUMED, expect_complete, story_of, swarm, tried


@scenario
def hive_dies_mid_stream(
    run: Run,
    *,
    jobs: Annotated[int, Between(2, 1000), "jobs under way when it dies"] = 8,
    after: Annotated[int, Between(1, 1000), "tokens of one of its jobs that have come"] = 15,
) -> None:
    """A hive dies with all its workers; its jobs go on at the other, after their last token."""
    random = story_of(run)
    with tried(run, swarm()) as colony:
        tickets = [
            colony.submit(
                f"song {number} of {run.seed}",
                max_tokens=random.randint(after + 1, after + 120),
                ignore_eos=True,
            )
            for number in range(jobs)
        ]
        colony.run_until(
            lambda: any(colony.tokens_of(ticket) >= after for ticket in tickets),
            f"{after} tokens of one job have come",
        )
        busy = [
            ticket for ticket in tickets if colony.worker_of(ticket) in ("worker-1", "worker-2")
        ]
        run.note(f"{len(busy)} of {jobs} jobs run on hive-1")
        colony.crash_host("hive-1")
        colony.settle()
        expect_complete(run, tickets)
        run.expect("some jobs ran on the hive that died", bool(busy))
        late = max(t.receipt.ended_at - t.receipt.submitted_at for t in tickets if t.receipt)
        run.result(slowest_seconds=late)
        run.must_reach(ELSEWHERE, RESUMED)
