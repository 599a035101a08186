"""The words of an expression, and where each stands."""

from __future__ import annotations

import re
from typing import NamedTuple

from glasshive.errors import Complaint, InputError

__all__ = ["Word", "place", "words_of"]

_TOKENS = re.compile(
    r"""\s*(?:
      (?P<number>-?\d{1,300}(?:\.\d{1,300})?(?:[eE][+-]?\d{1,9})?)
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<name>[A-Za-z_]\w*(?:\.(?:[A-Za-z_]\w*|\d+))*)
    | (?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)
    )""",
    re.VERBOSE | re.ASCII,
)


class Word(NamedTuple):
    """One word of an expression."""

    kind: str
    """"number", "text", "name", "sign", or "end"."""
    text: str
    at: int
    """Where it begins, in characters from 0."""


def words_of(text: str, where: str) -> list[Word]:
    """Return the words of an expression.

    Args:
        text: the expression.
        where: what an error calls it.

    Raises:
        InputError: at a character that begins none.
    """
    words = []
    at = 0
    while text[at:].strip():
        found = _TOKENS.match(text, at)
        if found is None:
            at = len(text) - len(text[at:].lstrip())
            raise InputError(_wrong_character(text, at, where))
        kind = str(found.lastgroup)
        words.append(Word(kind, found[kind], found.start(kind)))
        at = found.end()
    return [*words, Word("end", "", len(text.rstrip()))]


def _wrong_character(text: str, at: int, where: str) -> Complaint:
    sign = text[at]
    remedies = {
        "=": "two make an equals sign: ==",
        "!": "write not, or !=",
        "&": "write and",
        "|": "write or",
        '"': 'the text has no end; close it with "',
        "'": "the text has no end; close it with '",
    }
    remedy = remedies.get(sign, 'compare a field with a value, such as type == "Cancel"')
    return Complaint(place(text, at, where), f"{sign!r} begins nothing here", remedy)


def place(text: str, at: int, where: str) -> str:
    """Return how an error names a place in an expression."""
    return f"{where} {text!r}, character {at + 1}"
