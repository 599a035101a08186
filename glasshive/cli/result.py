"""The result of a run as one JSON object, for programs."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from glasshive.cli.settings import again
from glasshive.scenario.outcome import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.scenario import Outcome, Scenario

__all__ = ["as_json", "input_error"]


def as_json(scenario: Scenario, outcome: Outcome) -> str:
    """Return an outcome as one JSON object on one line; what is not finite becomes null."""
    failure = outcome.failure
    return json.dumps(
        _finite(
            {
                "status": outcome.status,
                "scenario": outcome.scenario,
                "parameters": plain(outcome.parameters),
                "seed": outcome.seed,
                "runtime": outcome.runtime,
                "virtual_seconds": outcome.virtual_seconds,
                "wall_seconds": outcome.wall_seconds,
                "facts": outcome.facts,
                "tables": [
                    {
                        "title": table.title,
                        "columns": list(table.columns),
                        "rows": [list(row) for row in table.rows],
                    }
                    for table in outcome.tables
                ],
                "claims": [
                    {"claim": claim.claim, "held": claim.held, "detail": claim.detail}
                    for claim in outcome.claims
                ],
                "invariants": [
                    {
                        "name": invariant.name,
                        "statement": invariant.statement,
                        "held": not invariant.violations,
                        "settled": invariant.settled,
                        "violations": list(invariant.violations),
                    }
                    for invariant in outcome.invariants
                ],
                "situations": dict(outcome.situations),
                "must_reach": list(outcome.must_reach),
                "error": None
                if failure is None
                else {
                    "type": failure.type,
                    "message": failure.message,
                    "traceback": failure.traceback,
                },
                "trace": None
                if outcome.trace is None
                else {
                    "path": str(outcome.trace),
                    "events": outcome.events,
                    "digest": outcome.digest,
                },
                "again": again(scenario, outcome),
            }
        ),
        allow_nan=False,
    )


def input_error(complaints: Sequence[str]) -> str:
    """Return what stands in the object's place when the input was wrong.

    Args:
        complaints: everything that was wrong, a sentence each.
    """
    return json.dumps({"status": "input-error", "complaints": list(complaints)})


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value
