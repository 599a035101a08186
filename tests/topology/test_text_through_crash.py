"""A request that is served through a crash ends with the same text as one served in peace."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from actors import Completed, Generation
from glasshive import Run, Simulation
from topology import Blueprint, Colony

GRID = Blueprint.grid(hives=2, workers_per_hive=2)
MODEL = GRID.models[0].name


class Ordeal(NamedTuple):
    """A request, and what befalls the colony while it is served."""

    prompt: str
    seed: int
    tokens: int
    after: int
    """Tokens that have come before the crash; before the first it may be in anybody's hands."""
    delay: float
    """Seconds from the last of those to the crash; a step takes 0.012, a message 0.001."""
    victim: str
    host: bool
    """Whether its whole host crashes."""
    down: float
    """Seconds from the crash to the restart."""
    state: bool
    """Whether it knows then what it knew."""


@st.composite
def ordeals(draw: st.DrawFn) -> Ordeal:
    tokens = draw(st.integers(1, 40))
    # An idle colony's first job goes to its first hive, and to the first worker there.
    victim = draw(st.sampled_from(("worker-1", "hive-1", "queen")))
    return Ordeal(
        prompt=draw(st.text(max_size=30)),
        seed=draw(st.integers(0, 2**32)),
        tokens=tokens,
        after=draw(st.integers(0, tokens - 1)),
        delay=draw(st.floats(0.0, 0.025)),
        victim=victim,
        host=victim != "worker-1" and draw(st.booleans()),
        down=draw(st.floats(0.0, 30.0)),
        state=draw(st.booleans()),
    )


@settings(max_examples=1000, deadline=None)
@given(ordeals())
def test_a_request_served_through_a_crash_ends_with_the_text_of_one_served_in_peace(
    ordeal: Ordeal,
) -> None:
    with Simulation(seed=ordeal.seed) as simulation:
        run = Run(simulation)
        with Colony(GRID, run) as colony:
            job = colony.submit(
                ordeal.prompt, max_tokens=ordeal.tokens, seed=ordeal.seed, ignore_eos=True
            )
            colony.run_until(lambda: colony.tokens_of(job) >= ordeal.after)
            colony.run_some(ordeal.delay)
            assert not ordeal.after or colony.jobs_run["worker-1"]
            if ordeal.host:
                colony.crash_host(ordeal.victim)
                colony.run_some(ordeal.down)
                colony.restart_host(ordeal.victim, state=ordeal.state)
            else:
                colony.crash(ordeal.victim)
                colony.run_some(ordeal.down)
                colony.restart(ordeal.victim, state=ordeal.state)
            receipt = job.wait()
        assert ordeal.victim in colony.observer.fallen
    in_peace = Generation(MODEL, ordeal.prompt, ordeal.seed)
    assert receipt.texts == [in_peace.token(index) for index in range(ordeal.tokens)]
    assert isinstance(receipt.outcome, Completed)
    assert [told for each in run.invariants for told in each.violations] == []
    assert run.claims == ()
