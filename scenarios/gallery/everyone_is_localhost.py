"""Every worker gives the same address: with two hives, jobs reach the wrong worker.

Here an address is the reference to an actor, and queens know the hives' only. These hives all give
the one of whoever was there first. Each hive serves a model of its own, so a job for the second
one's model cannot be had where it arrives.
"""

from __future__ import annotations

from pykka import ActorRegistry

from actors import Heartbeat, Hive
from glasshive import Run, scenario
from scenarios.gallery._situation import MODELS, PROMISE, PROMPT, Mistake, colony_of, let_pass
from topology import Cast, Colony

CAUGHT_BY = "every-job-ends"


class IsLocalhost(Hive):
    """Gives an address that every hive has."""

    def announce(self, kind: type[Heartbeat]) -> None:
        """Say hello from where the first hive is."""
        localhost = ActorRegistry.get_by_class(IsLocalhost)[0]
        if self.parent is not None:
            self._beats += 1
            turn = (self.life, self._beats)
            self.parent.tell(kind(self.name, localhost, self.states(), self.epoch, turn))


@scenario
def everyone_is_localhost(run: Run, *, mistake: Mistake = True) -> None:
    """Two hives give one address, and a job for the second reaches the first."""
    cast = Cast(hive=IsLocalhost) if mistake else Cast()
    blueprint = colony_of(hives=2, models=MODELS)
    with Colony(blueprint, run, cast=cast, promise=PROMISE) as colony:
        colony.submit(PROMPT, model="model-2", max_tokens=2, ignore_eos=True)
        let_pass(colony)
