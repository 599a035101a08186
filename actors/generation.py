"""What a model says: a text that follows from the model, the prompt and the seed alone."""

from __future__ import annotations

import hashlib

__all__ = ["LONGEST_TEXT", "VOCABULARY", "Generation", "prompt_tokens"]

VOCABULARY: tuple[str, ...] = tuple(
    f" {word}"
    for word in """
        acacia air amber anther apple april arch aster autumn balm bark basket bean bee bell berry
        birch blossom blue bough branch breeze briar bright brood brook bud buzz calyx candle cell
        cherry clay cloud clover colony comb copper creek crocus crown daisy dance dawn day dew
        down drift drone dusk dust earth east echo elder elm ember evening fair fall fan feather
        fern field fir flame flight flower fog forage forest foxglove fruit garden gate gold grain
        grass grove guard hazel heath heather hedge herb hill hive hollow honey hum humble ivy
        jasmine june keeper lake larch lark lavender leaf light lilac lily lime linden loam maple
        march marsh may meadow mint mist moon morning moss nectar nest night north nurse oak orange
        petal pine pollen poppy queen
    """.split()  # noqa: SIM905 - a list would be 128 lines long, one word each
)
"""The 128 words that every model knows, each with its space before it as tokens have."""

LONGEST_TEXT = 1024
"""Tokens of the longest text that comes to an end by itself."""

_MASK = (1 << 64) - 1
_END = _MASK
"""Place in the sequence that says how long the text is; no token has it."""


def prompt_tokens(prompt: str) -> int:
    """Return the tokens of a prompt: one for each word, and one for a prompt without any.

    Args:
        prompt: the text to go on from.
    """
    return max(1, len(prompt.split()))


class Generation:
    """The text that a model gives for a prompt, any token of it at any time.

    So every worker of a model gives the same text, and one can go on where another stopped.

    Args:
        model: the model's name.
        prompt: the text to go on from.
        seed: chooses among the texts that the model could give.
    """

    __slots__ = ("_key",)

    def __init__(self, model: str, prompt: str, seed: int) -> None:
        # Lengths in front, so that no two triples run together into the same bytes.
        text = f"{len(model)} {len(prompt)} {seed} {model}{prompt}"
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self._key = int.from_bytes(digest, "big")

    def token(self, index: int) -> str:
        """Return one token of the text.

        Args:
            index: its place, from 0.
        """
        return VOCABULARY[self._draw(index) & 127]

    def natural_length(self) -> int:
        """Return the tokens after which the text comes to its end, 1 to `LONGEST_TEXT`."""
        return 1 + self._draw(_END) % LONGEST_TEXT

    def length(self, max_tokens: int, *, ignore_eos: bool) -> int:
        """Return the tokens that a request gets.

        Args:
            max_tokens: the most that it wants.
            ignore_eos: whether the text goes on after its end.
        """
        return max_tokens if ignore_eos else min(max_tokens, self.natural_length())

    def _draw(self, place: int) -> int:
        """Return 64 random bits: output number `place` of SplitMix64, whose state is the key.

        Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014,
        with the constants of Vigna's splitmix64.c. It jumps to any output in one step.
        """
        z = (self._key + (place + 1) * 0x9E3779B97F4A7C15) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)
