"""More is asked than the swarm can hold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

from actors import Submit
from actors.keeper import MAX_ATTEMPTS
from glasshive import Between, Run, scenario
from scenarios.trial import story_of, swarm, tried

if TYPE_CHECKING:
    from glasshive.trace import Event

from dataclasses import replace


@scenario
def retry_storm(
    run: Run,
    *,
    jobs: Annotated[int, Between(10, 10_000), "requests that all come in one second"] = 60,
    room: Annotated[int, Between(1, 10_000), "jobs that the queen holds at most"] = 12,
) -> None:
    """Most requests are rejected at first; their keepers come back spread out, and are served."""
    random = story_of(run)
    blueprint = swarm(hives=1, workers=1, keepers=4)
    blueprint = replace(blueprint, queen=replace(blueprint.queen, max_jobs=room))
    with tried(run, blueprint) as colony:
        submissions: Counter[int] = Counter()

        def count(event: Event, _: Any) -> None:
            submissions[int(event.time)] += 1

        colony.runtime.watch(
            count, kinds=["deliver"], actors=[colony.refs["queen"]], messages=[Submit]
        )
        tickets = []
        for number in range(jobs):
            tickets.append(colony.submit(f"{run.seed}, {number}", max_tokens=random.randint(5, 40)))
            colony.run_some(random.uniform(0.0, 1.0 / jobs))
        colony.settle()
        attempts = [ticket.receipt.attempts for ticket in tickets if ticket.receipt is not None]
        completed = sum(ticket.completed for ticket in tickets)
        first, *later = [submissions[second] for second in sorted(submissions)]
        run.result(
            completed=completed,
            submissions=sum(submissions.values()),
            most_attempts=max(attempts),
            busiest_second=max(submissions.values()),
        )
        run.expect("every request has ended", len(attempts) == jobs)
        run.expect("some were rejected at first", max(attempts) > 1, f"{max(attempts)} attempts")
        run.expect(f"nobody tries more than {MAX_ATTEMPTS} times", max(attempts) <= MAX_ATTEMPTS)
        run.expect(
            "no later second is as busy as the first",
            all(second < max(first, later[0]) for second in later[1:]),
            f"{max(first, later[0])}, then at most {max(later[1:], default=0)}",
        )
        refused = [t.receipt.outcome for t in tickets if t.receipt is not None and not t.completed]
        run.expect(
            "who was not served was told so each time",
            all("rejected" in str(outcome) for outcome in refused),
            f"{len(refused)} were not served",
        )
        run.expect("most are served", completed >= jobs * 0.9, f"{completed} of {jobs}")
