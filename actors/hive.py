"""The hive: places jobs on its workers, and says what it does with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.messages import Hello
from actors.relay import Relay, Route
from actors.specs import PATIENCE
from actors.tokens import HiveToken, ModelInfo, TokenResponse, WorkerOutput, WorkerStatus
from actors.worker import Worker, state_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pykka import ActorRef

    from actors.dispatch import Below
    from actors.specs import Patience, WorkerSpec
    from actors.tokens import Outcome

__all__ = ["Hive"]


class Hive(Relay[TokenResponse, HiveToken]):
    """Relays between a queen and its own workers, which it starts and stops.

    Args:
        name: the hive's name, unique in the colony.
        queen: who is told its heartbeats.
        workers: its workers.
        placement: the policy that chooses the worker, by name.
        max_jobs: unfinished jobs that it holds at most.
        patience: how long it and its workers wait for others.

    Raises:
        ValueError: there is no such policy.
    """

    def __init__(
        self,
        *,
        name: str,
        queen: ActorRef[Any],
        workers: Sequence[WorkerSpec],
        placement: str = "least_loaded",
        max_jobs: int = 512,
        patience: Patience = PATIENCE,
    ) -> None:
        super().__init__(
            name=name, parent=queen, placement=placement, max_jobs=max_jobs, patience=patience
        )
        self.specs = {spec.name: spec for spec in workers}

    def on_start(self) -> None:
        """Start the workers, and count with them before they have said a word."""
        for spec in self.specs.values():
            worker = Worker.start(spec=spec, hive=self.actor_ref, patience=self.patience)
            self.on_heartbeat(Hello(spec.name, worker, (state_of(spec),)))
        super().on_start()

    def on_stop(self) -> None:
        """Leave no worker behind."""
        super().on_stop()
        for node in self.dispatch.nodes.values():
            node.ref.stop(block=False)

    def placed(self, route: Route[HiveToken], node: Below) -> None:
        """Say in the job's stream where it runs."""
        spec = self.specs[node.name]
        self.emit(route.job, WorkerStatus(f"placed on {node.name}"))
        self.emit(route.job, ModelInfo(f"{spec.model.name} on {spec.device}"))

    def translate(self, route: Route[HiveToken], token: TokenResponse) -> HiveToken | None:  # noqa: ARG002 - the queen's needs it
        """Wrap a worker's token."""
        return WorkerOutput(token)

    def outcome(self, route: Route[HiveToken], below: Outcome) -> Outcome:  # noqa: ARG002 - the queen's needs it
        """Hand on the worker's outcome as it is."""
        return below
