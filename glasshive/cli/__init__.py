"""The `glasshive` command."""

from glasshive.cli.entry import main

__all__ = ["main"]
