"""Everything that can go wrong, by seed."""

from __future__ import annotations

from typing import Annotated

from actors import Completed
from glasshive import Between, Run, scenario
from scenarios.trial import ELSEWHERE, RESUMED, story_of, swarm, traffic, tried
from topology.faults import swarm_plan


@scenario
def a_bad_day(
    run: Run,
    *,
    jobs: Annotated[int, Between(1, 10_000), "requests that come on that day"] = 16,
    seconds: Annotated[float, Between(1.0, 3600.0), "how long faults strike"] = 20.0,
    kinds: Annotated[int, Between(1, 20), "kinds of fault at most, drawn by the seed"] = 5,
) -> None:
    """A random few kinds of fault strike at random; all promises hold, and all is well after."""
    random = story_of(run)
    blueprint = swarm(slots=2)
    plan = swarm_plan(blueprint, run.seed, seconds=seconds, kinds=kinds)
    for strike in plan.strikes:
        run.note(f"may come: {strike}")
    with tried(run, blueprint, plan) as colony:
        tickets = []
        for arrival in traffic(run, blueprint, jobs, per_second=jobs / seconds):
            tickets.append(colony.ask_at(arrival))
            if random.random() < 0.15:  # noqa: PLR2004  some think better of it
                random.choice(tickets).cancel()
        colony.settle()
        ended = [ticket.receipt for ticket in tickets if ticket.receipt is not None]
        run.expect("every request has ended", len(ended) == jobs, f"{len(ended)} of {jobs}")
        counts: dict[str, int] = {}
        for receipt in ended:
            name = type(receipt.outcome).__name__
            counts[name] = counts.get(name, 0) + 1
        run.result(requests=counts)
        colony.runtime.run(until=max(colony.runtime.now(), colony.began + seconds + 1.0))
        after = [colony.submit(f"{run.seed}, after {number}") for number in range(4)]
        for ticket in after:
            ticket.wait()
        run.expect(
            "all is well when it is over",
            all(t.receipt and isinstance(t.receipt.outcome, Completed) for t in after),
        )
        run.must_reach(
            ELSEWHERE,
            RESUMED,
            "a cancel crosses the end",
            "a job is given up because nobody shows that it is read",
            "a client that lost its job gets another one where it was",
            "a keeper submits again what its queen has lost",
            "a worker that was replaced comes back",
        )
