"""Registries make only legal transitions; at rest none holds a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from topology.invariants.invariant import Invariant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from topology.invariants.bees import Bees

__all__ = ["LegalRegistries"]


class LegalRegistries(Invariant):
    """Follows every job of every registry from state to state."""

    name = "legal-registries"
    statement = (
        "registries make only legal transitions; at rest none holds an unfinished job, "
        "and finished ones go when their time is up"
    )

    # Written down a second time on purpose: a registry that errs must not vouch for itself.
    _NEXT: ClassVar[Mapping[str | None, tuple[str | None, ...]]] = {
        None: ("Queued",),
        "Queued": ("Running", "Failed", "Cancelled"),
        "Running": ("Completed", "Failed", "Cancelled"),
        "Completed": (None,),
        "Failed": (None,),
        "Cancelled": (None,),
    }

    def __init__(self, bees: Bees) -> None:
        super().__init__(bees)
        self._states: dict[str, str] = {}

    def changed(self, subject: str, before: str | None, after: str | None) -> None:
        """Make sure that the change starts where the last one ended, and may be."""
        known = self._states.pop(subject, None)
        if known != before:
            self.broken(f"{subject} was {known or 'not there'} and is said to have been {before}")
        if after not in self._NEXT[before]:
            self.broken(f"{subject} went from {before or 'nothing'} to {after or 'nothing'}")
        if after is not None:
            self._states[subject] = after

    def at_rest(self) -> None:
        """Make sure that every registry is empty."""
        for bee in self.bees.living():
            for job_id in bee.jobs.job_ids():
                state = type(bee.jobs.get_job(job_id).state).__name__
                self.broken(f"{bee.name} still holds {job_id} ({state}) when all is over")
