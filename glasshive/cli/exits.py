"""What the command's exit code says."""

__all__ = ["HELD", "INTERRUPTED", "NOT_HELD", "WRONG_INPUT"]

HELD = 0
"""All that was claimed held."""
NOT_HELD = 1
"""A claim or an invariant did not hold, or the scenario raised an error."""
WRONG_INPUT = 2
"""The input was wrong; so says click of wrong options, too."""
INTERRUPTED = 130
"""Ctrl-C, as shells count it: 128 and the signal's number."""
