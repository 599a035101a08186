"""Find the bug, and the smallest run that shows it: many runs of one program, decided otherwise."""

from glasshive.explore.explorer import Exploration, Found, explore
from glasshive.explore.program import Attempt, Program
from glasshive.explore.shrink import Shrunk, shrink

__all__ = ["Attempt", "Exploration", "Found", "Program", "Shrunk", "explore", "shrink"]
