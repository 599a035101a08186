"""Everybody comes at once, and comes back at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from glasshive import Between, Run, scenario
from scenarios.trial import expect_complete, story_of, swarm, tried


@scenario
def thundering_keepers(
    run: Run,
    *,
    keepers: Annotated[int, Between(2, 1000), "keepers that ask in the same instant"] = 24,
    room: Annotated[int, Between(1, 10_000), "jobs that the queen holds at most"] = 16,
) -> None:
    """All keepers ask in one instant, the queen dies under it, and all come back to her."""
    random = story_of(run)
    blueprint = swarm(keepers=keepers)
    blueprint = replace(blueprint, queen=replace(blueprint.queen, max_jobs=room))
    with tried(run, blueprint) as colony:
        tickets = [
            colony.submit(f"{run.seed}, {name}", max_tokens=random.randint(10, 60), keeper=name)
            for name in blueprint.keepers
        ]
        colony.run_some(random.uniform(0.0, 1.0))
        colony.crash("queen")
        colony.run_some(random.uniform(0.1, 2.0))
        colony.restart("queen")
        most = 0

        def watch_room() -> bool:
            nonlocal most
            most = max(most, colony.queen.unfinished)
            return all(ticket.receipt is not None for ticket in tickets)

        colony.run_until(watch_room, "every request has ended")
        expect_complete(run, tickets)
        run.expect("the queen never held more than she may", most <= room, f"{most} of {room}")
        attempts = [ticket.receipt.attempts for ticket in tickets if ticket.receipt is not None]
        run.result(most_attempts=max(attempts), submissions=sum(attempts))
        run.must_reach("a keeper submits again what its queen has lost")
