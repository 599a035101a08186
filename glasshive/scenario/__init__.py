"""Scenarios: scripts that drive actors under glass, and say what must hold of them."""

from glasshive.scenario.chart import (
    Chart,
    Distribution,
    Mark,
    Points,
    Series,
    Span,
    Spans,
)
from glasshive.scenario.find import Broken, catalogue, find
from glasshive.scenario.handle import Audience, Run, SupportsInvariant
from glasshive.scenario.outcome import (
    CheckedInvariant,
    Claim,
    Failure,
    Outcome,
    Status,
    Table,
)
from glasshive.scenario.parameter import Between, Parameter
from glasshive.scenario.runner import run
from glasshive.scenario.scenario import Scenario, scenario

__all__ = [
    "Audience",
    "Between",
    "Broken",
    "Chart",
    "CheckedInvariant",
    "Claim",
    "Distribution",
    "Failure",
    "Mark",
    "Outcome",
    "Parameter",
    "Points",
    "Run",
    "Scenario",
    "Series",
    "Span",
    "Spans",
    "Status",
    "SupportsInvariant",
    "Table",
    "catalogue",
    "find",
    "run",
    "scenario",
]
