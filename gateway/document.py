"""The OpenAPI document: what FastAPI writes of the routes, and what it cannot know."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from gateway.openai.convention import CONVENTIONS

__all__ = ["Documented"]


class Documented(FastAPI):
    """An application whose document is complete.

    Args:
        open_paths: what needs no token, None if nothing does.
        **settings: those of FastAPI.
    """

    def __init__(self, *, open_paths: frozenset[str] | None, **settings: Any) -> None:
        super().__init__(**settings)
        self._open_paths = open_paths

    def openapi(self) -> dict[str, Any]:
        """Return the document; it is written once."""
        if self.openapi_schema is None:
            self._complete(super().openapi())
        assert self.openapi_schema is not None
        return self.openapi_schema

    def _complete(self, document: dict[str, Any]) -> None:
        paths = document["paths"]
        for operation in (each for path in paths.values() for each in path.values()):
            if CONVENTIONS in operation.get("tags", ()):
                # FastAPI adds its own; these routes say 400 instead.
                operation["responses"].pop("422", None)
        if self._open_paths is not None:
            bearer = {"type": "http", "scheme": "bearer"}
            document["components"]["securitySchemes"] = {"token": bearer}
            document["security"] = [{"token": []}]
            for path in self._open_paths & paths.keys():
                for operation in paths[path].values():
                    operation["security"] = []
