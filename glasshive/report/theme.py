"""The colours of the page, each with its light and its dark value.

Drawings name a colour by its light value; `tinted` has the page's style sheet decide instead, so
that one drawing fits light and dark.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glasshive.scenario.chart import Tone

__all__ = ["FAULT", "GRID", "INK", "LINES", "TONES", "css", "name_of", "tinted"]


class _Colour(NamedTuple):
    """One colour of the page."""

    light: str
    dark: str


_COLOURS = {
    "paper": _Colour("#fffefb", "#17171a"),
    "card": _Colour("#f8f6f0", "#1f1f24"),
    "ink": _Colour("#1f2023", "#e6e4df"),
    "soft": _Colour("#6a6d73", "#9a9ca3"),
    "grid": _Colour("#d9d6cd", "#3a3a41"),
    "accent": _Colour("#b07a00", "#f2b93b"),
    "good": _Colour("#1a7f45", "#5fcf93"),
    "bad": _Colour("#c8222c", "#ff6f6f"),
    "line-0": _Colour("#2f6fdb", "#74a7ff"),
    "line-1": _Colour("#d9730d", "#f2a45f"),
    "line-2": _Colour("#2e8b57", "#63d096"),
    "line-3": _Colour("#8250df", "#b996f7"),
    "line-4": _Colour("#0e8a93", "#52d0d8"),
    "line-5": _Colour("#bf3989", "#f283c2"),
    "line-6": _Colour("#8a7a0b", "#d6c24e"),
    "line-7": _Colour("#57606a", "#a3adb7"),
    "quiet": _Colour("#aeb1b6", "#5d6068"),
    "waiting": _Colour("#e0a020", "#e3ad3d"),
    "working": _Colour("#3f7fe0", "#6f9ff5"),
    "stopped": _Colour("#9b59b6", "#c08adb"),
}

INK = _COLOURS["ink"].light
"""Of axes and texts."""
GRID = _COLOURS["grid"].light
"""Of what is only there to guide the eye."""
FAULT = _COLOURS["bad"].light
"""Of marks."""
LINES = tuple(colour.light for name, colour in _COLOURS.items() if name.startswith("line-"))
"""Of lines beside one another."""
TONES: Mapping[Tone, str] = {
    "quiet": _COLOURS["quiet"].light,
    "waiting": _COLOURS["waiting"].light,
    "working": _COLOURS["working"].light,
    "stopped": _COLOURS["stopped"].light,
    "bad": _COLOURS["bad"].light,
}
"""Of spans."""

_NAMES = {colour.light: name for name, colour in _COLOURS.items()}


def css() -> str:
    """Return the style sheet's part that says what each colour is; paper is always light."""
    light = "".join(f"--{name}:{colour.light};" for name, colour in _COLOURS.items())
    dark = "".join(f"--{name}:{colour.dark};" for name, colour in _COLOURS.items())
    scheme = "screen and (prefers-color-scheme:dark)"
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media {scheme}{{:root{{color-scheme:dark;{dark}}}}}\n"
    )


def name_of(colour: str) -> str:
    """Return the style sheet's name of a colour that drawings name by its light value."""
    return f"var(--{_NAMES[colour]})"


def tinted(text: str) -> str:
    """Return a text of styles in which the style sheet decides on the colours."""
    return re.sub(
        r"#[0-9a-f]{6}\b",
        lambda found: name_of(found[0]) if found[0] in _NAMES else found[0],
        text,
    )
