"""Testing a Pykka program under glass: drawn schedules, rules about a run, histories.

`schedules` needs Hypothesis, which is imported when the name is first used:
`pip install "glasshive[testing]"`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glasshive.situation import sometimes
from glasshive.testing.history import Call, History, Operation
from glasshive.testing.linearizable import NotLinearizable, check_linearizable
from glasshive.testing.specification import Map, Register, Specification
from glasshive.testing.temporal import Rule, always, eventually, leads_to

if TYPE_CHECKING:
    from glasshive.testing.strategies import schedules

__all__ = [
    "Call",
    "History",
    "Map",
    "NotLinearizable",
    "Operation",
    "Register",
    "Rule",
    "Specification",
    "always",
    "check_linearizable",
    "eventually",
    "leads_to",
    "schedules",
    "sometimes",
]


def __getattr__(name: str) -> Any:
    if name == "schedules":
        from glasshive.testing.strategies import schedules  # noqa: PLC0415  needs Hypothesis

        return schedules
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
