"""How many parts the dotted keys of a TOML text have, for each of which tomllib takes its time."""

from __future__ import annotations

import re

__all__ = ["MOST_PARTS", "long_key_line"]

MOST_PARTS = 32
"""Of one key. To read one takes time by the square of its parts: eight seconds for 20,000."""

_STRING = r"""(?:"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?)"""
_QUOTED = re.compile(_STRING, re.DOTALL)
_PART = rf"(?:[A-Za-z0-9_-]++|{_STRING})"

_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}+)?'
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5}+)?"
    r"|\#[^\n]*+"
    rf"|(?P<key>{_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+)",
    re.DOTALL,
)
"""Strings of several lines, comments, and whatever may be a key; numbers look like short ones.

Nothing is given back once it has matched, so that the time grows with the text and no faster.
"""


def long_key_line(text: str) -> int | None:
    """Return the line of the first key that has more parts than any may have, None if none has.

    Args:
        text: the text of the file, TOML or not; what follows an error in it may be misread.
    """
    for token in _TOKEN.finditer(text):
        key = token["key"] or ""
        if key.count(".") >= MOST_PARTS:
            key = _QUOTED.sub("", key)  # points in there part nothing
        if key.count(".") >= MOST_PARTS:
            return text.count("\n", 0, token.start()) + 1
    return None
