"""The drawing of a colony: who is wired to whom, from TOML or written in Python."""

from topology.blueprint.drawing import Blueprint, Device, HiveSpec, LinkSpec, QueenSpec
from topology.blueprint.reader import read_blueprint, sample_blueprint
from topology.blueprint.speed import faster
from topology.toml.sizes import GIB

__all__ = [
    "GIB",
    "Blueprint",
    "Device",
    "HiveSpec",
    "LinkSpec",
    "QueenSpec",
    "faster",
    "read_blueprint",
    "sample_blueprint",
]
