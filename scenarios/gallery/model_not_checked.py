"""A worker runs a job for a model that it does not have.

Here a hive places a job where its model is, and a worker refuses any other. This hive holds each
of its workers to serve every model, and these workers run what they have.
"""

from __future__ import annotations

from msgspec.structs import replace

from actors import Heartbeat, Hive, Job, Rejected, Request, TokenResponse, Worker
from glasshive import Run, scenario
from scenarios.gallery._situation import MODELS, PROMPT, Mistake, colony_of
from topology import Cast, Colony

CAUGHT_BY = "same-text"


class PlacesAnywhere(Hive):
    """Gives a job to whoever is free."""

    def on_heartbeat(self, message: Heartbeat) -> None:
        """Take a worker to serve every model that there is."""
        models = {place.spec.model.name: None for place in self.nursery.places.values()}
        states = [replace(each, model=model) for each in message.workers or () for model in models]
        super().on_heartbeat(replace(message, workers=tuple(states)))


class RunsWhatItHas(Worker):
    """Does not look at the name of the model."""

    def refusal(self, request: Request) -> Rejected | None:
        """Refuse no model."""
        return super().refusal(replace(request, model=self.spec.model.name))

    def begin(self, job: Job[TokenResponse], request: Request) -> None:
        """Generate with the model that is there."""
        super().begin(job, replace(request, model=self.spec.model.name))


@scenario
def model_not_checked(run: Run, *, mistake: Mistake = True) -> None:
    """A job for one model is given to a worker that has another, and the worker runs it."""
    cast = Cast(hive=PlacesAnywhere, worker=RunsWhatItHas) if mistake else Cast()
    with Colony(colony_of(workers=2, models=MODELS), run, cast=cast) as colony:
        colony.submit(PROMPT, model="model-2", max_tokens=2, ignore_eos=True)
