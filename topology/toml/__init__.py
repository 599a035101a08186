"""How a TOML file is read so that everything wrong with it is told at once, with its line."""

from topology.toml.file import TomlFile
from topology.toml.flaw import Flaw, Place, quoted, shortened
from topology.toml.table import Table, described

__all__ = ["Flaw", "Place", "Table", "TomlFile", "described", "quoted", "shortened"]
