"""Who is wired to whom: blueprints, the colonies built from them, and what is asked of those."""

from topology.blueprint import (
    GIB,
    Blueprint,
    Device,
    HiveSpec,
    LinkSpec,
    QueenSpec,
    read_blueprint,
    sample_blueprint,
)
from topology.cast import Cast
from topology.colony import Colony
from topology.metrics import Metrics, Objectives
from topology.ticket import Ticket

__all__ = [
    "GIB",
    "Blueprint",
    "Cast",
    "Colony",
    "Device",
    "HiveSpec",
    "LinkSpec",
    "Metrics",
    "Objectives",
    "QueenSpec",
    "Ticket",
    "read_blueprint",
    "sample_blueprint",
]
