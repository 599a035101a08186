"""Filter expressions: a small language about one event, read here and in the browser alike.

The grammar stands in docs/traces.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from glasshive.errors import Complaint, InputError, nearest
from glasshive.trace.fields import FIELDS, compared, contained, data, equal
from glasshive.trace.words import place, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.trace.fields import Test, Values
    from glasshive.trace.words import Word

__all__ = ["Expression", "Reader", "read"]


_KEYWORDS = frozenset(["and", "or", "not", "in", "contains", "true", "false", "null"])
_LITERALS = {"true": True, "false": False, "null": None}
_SIGNS = frozenset(["==", "!=", "<", "<=", ">", ">="])
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that an event fulfils or does not.

    Args:
        text: as it was written.
        holds: whether it holds for an event.
        wants_payload: whether it looks into payloads.
    """

    text: str
    holds: Test
    wants_payload: bool


def read(text: str, where: str = "--where") -> Expression:
    """Return the condition that a text states.

    Args:
        text: the expression.
        where: what an error calls it.

    Raises:
        InputError: when it is none, with the place.
    """
    reader = Reader(text, words_of(text, where), where)
    expression = reader.expression()
    if reader.word.kind != "end":
        raise reader.wrong("stands where the expression should end", "join two with and, or or")
    return expression


class Reader:
    """Reads expressions out of words, one after the other.

    Args:
        text: all that was written.
        words: the words of it.
        where: what an error calls it.
    """

    def __init__(self, text: str, words: Sequence[Word], where: str) -> None:
        self._text = text
        self._words = words
        self._where = where
        self._at = 0
        self.wants_payload = False
        """Whether what was read since the last expression began looks into payloads."""

    @property
    def word(self) -> Word:
        """The next word."""
        return self._words[self._at]

    def wrong(self, what: str, remedy: str, word: Word | None = None) -> InputError:
        """Return the error that says what is wrong with a word, the next one by default."""
        word = word or self.word
        named = "the end" if word.kind == "end" else repr(word.text)
        where = place(self._text, word.at, self._where)
        return InputError(Complaint(where, f"{named} {what}", remedy))

    def take(self, *texts: str) -> Word | None:
        """Go past the next word if it is one of these, and return it."""
        word = self.word
        if word.kind in ("name", "sign") and word.text in texts:
            self._at += 1
            return word
        return None

    def step(self) -> Word:
        """Go past the next word, and return it."""
        word = self.word
        self._at += word.kind != "end"
        return word

    def expression(self) -> Expression:
        """Read a condition, as far as it goes."""
        begin = self.word.at
        self.wants_payload = False
        holds = self._any(0)
        text = self._text[begin : self.word.at].strip()
        return Expression(text, holds, self.wants_payload)

    def field(self) -> Values:
        """Read the name of a field, with the way into `data`."""
        word = self.word
        if word.kind != "name" or word.text in _KEYWORDS:
            raise self.wrong("stands where a field is missing", "write one, such as job", word)
        return self._operand()

    def _any(self, depth: int) -> Test:
        tests = [self._all(depth)]
        while self.take("or"):
            tests.append(self._all(depth))
        return tests[0] if len(tests) == 1 else lambda seen: any(test(seen) for test in tests)

    def _all(self, depth: int) -> Test:
        tests = [self._not(depth)]
        while self.take("and"):
            tests.append(self._not(depth))
        return tests[0] if len(tests) == 1 else lambda seen: all(test(seen) for test in tests)

    def _not(self, depth: int) -> Test:
        if depth > _DEEPEST:
            raise self.wrong("is nested too deep", f"nest at most {_DEEPEST} levels")
        if self.take("not"):
            test = self._not(depth + 1)
            return lambda seen: not test(seen)
        if self.take("("):
            test = self._any(depth + 1)
            if not self.take(")"):
                raise self.wrong("stands where a ) is missing", "close the parenthesis")
            return test
        return self._comparison()

    def _comparison(self) -> Test:
        word = self.word
        left = self._operand()
        if word.kind != "name" and not self._compares():
            raise self.wrong("is not compared with anything", "compare it with a field", word)
        sign = self.word
        negated = False
        if sign.kind == "name" and sign.text == "not":
            self._at += 1
            if self.word.text != "in":
                raise self.wrong("stands where `not in` would go on", "write not in [...]")
            sign, negated = self.word, True
        if sign.kind == "sign" and sign.text in _SIGNS:
            self._at += 1
            return compared(sign.text, left, self._operand())
        if self.take("contains"):
            right = self._operand()
            return lambda seen: contained(left(seen), right(seen))
        if self.take("in"):
            choices = self._list()
            return lambda seen: negated != any(equal(each, choices) for each in left(seen))
        return lambda seen: any(value is not None and value is not False for value in left(seen))

    def _compares(self) -> bool:
        word = self.word
        return word.text in (*_SIGNS, "in", "not", "contains") and word.kind in ("name", "sign")

    def _list(self) -> list[Any]:
        if not self.take("["):
            raise self.wrong("stands where a list is missing", 'write a list, such as ["a", "b"]')
        values: list[Any] = []
        while not self.take("]"):
            if values and not self.take(","):
                raise self.wrong("stands where a , or ] is missing", "close the list with ]")
            word = self.step()
            if not _is_literal(word):
                raise self.wrong("is no value", 'a list holds numbers and "texts"', word)
            values.append(self._literal(word))
        return values

    def _operand(self) -> Values:
        word = self.step()
        if _is_literal(word):
            value = [self._literal(word)]
            return lambda _: value
        if word.kind == "name" and word.text not in _KEYWORDS:
            name, *way = word.text.split(".")
            if name not in FIELDS:
                known = nearest(name, FIELDS)
                joint = "" if known.endswith("?") else ";"
                remedy = f'{known}{joint} texts stand in quotes: "{word.text}"'
                raise self.wrong("is no field of an event", remedy, word)
            if name == "data":
                self.wants_payload = True
                return lambda seen: data(seen, way)
            if way:
                raise self.wrong(f"goes into {name}, which has no parts", "only data has", word)
            return FIELDS[name]
        raise self.wrong("stands where a field or a value is missing", "write one", word)

    def _literal(self, word: Word) -> Any:
        if word.kind == "number":
            return float(word.text) if any(sign in word.text for sign in ".eE") else int(word.text)
        if word.kind == "name":
            return _LITERALS[word.text]
        text = word.text
        if text[0] == "'":
            text = '"' + text[1:-1].replace('"', '\\"').replace("\\'", "'") + '"'
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            remedy = r"a backslash stands before \, \", n, t or uXXXX"
            raise self.wrong("is no text", remedy, word) from None


def _is_literal(word: Word) -> bool:
    return word.kind in ("number", "text") or (word.kind == "name" and word.text in _LITERALS)
