"""What waits at a relay for a place below, model by model."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from actors.route import Route

__all__ = ["Queues"]

TokenT = TypeVar("TokenT")


class Queues(Generic[TokenT]):
    """Answers that wait, for each model by priority and then in order of arrival.

    One that comes back goes where it was: before all of its priority that arrived after it.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, list[Route[TokenT]]] = {}

    def add(self, route: Route[TokenT]) -> None:
        """Have an answer wait."""
        waiting = self._waiting.setdefault(route.request.model, [])
        insort(waiting, route, key=lambda each: each.order)

    def discard(self, route: Route[TokenT]) -> None:
        """Have an answer wait no more, if it does."""
        waiting = self._waiting.get(route.request.model, [])
        if route in waiting:
            waiting.remove(route)

    def first(self, model: str) -> Route[TokenT] | None:
        """Return who is next for a model, None if nobody waits."""
        waiting = self._waiting.get(model)
        return waiting[0] if waiting else None

    def of(self, model: str) -> list[Route[TokenT]]:
        """Return everyone who waits for a model, in order."""
        return list(self._waiting.get(model, ()))

    def models(self) -> list[str]:
        """Return the models that somebody waits for."""
        return [model for model, waiting in self._waiting.items() if waiting]
