"""The queen dies, and comes back."""

from __future__ import annotations

from typing import Annotated, Literal

from glasshive import Between, Run, scenario
from scenarios.trial import expect_complete, story_of, swarm, tried


@scenario
def queen_restarts(
    run: Run,
    *,
    jobs: Annotated[int, Between(1, 1000), "jobs under way when she dies"] = 8,
    state: Annotated[
        Literal["kept", "lost", "either"], "what she knew, when she comes back"
    ] = "either",
    down: Annotated[float, Between(0.1, 60.0), "most seconds that she is away"] = 6.0,
) -> None:
    """The queen dies mid-stream and comes back; hives and keepers find her, nothing is lost."""
    random = story_of(run)
    kept = {"kept": True, "lost": False}.get(state, random.random() < 0.5)  # noqa: PLR2004  a coin
    with tried(run, swarm()) as colony:
        tickets = [
            colony.submit(
                f"{run.seed}, {number}", max_tokens=random.randint(50, 600), ignore_eos=True
            )
            for number in range(jobs)
        ]
        colony.runtime.run(until=colony.runtime.now() + random.uniform(0.0, 1.5))
        colony.crash("queen")
        tickets += [colony.submit(f"{run.seed}, while she is away {n}") for n in range(2)]
        colony.runtime.run(until=colony.runtime.now() + random.uniform(0.1, down))
        colony.restart("queen", state=kept)
        colony.settle()
        expect_complete(run, tickets)
        hives = {name for name in ("hive-1", "hive-2") if name in colony.queen.dispatch.nodes}
        run.expect("she knows both hives again", len(hives) == len(colony.blueprint.hives))
        run.must_reach(
            "a keeper submits again what its queen has lost",
            "a client that lost its job gets another one where it was",
        )
