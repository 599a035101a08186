"""The page: a trace, or two of them, with the script that shows it, in one HTML file."""

from __future__ import annotations

import re
from base64 import b64encode
from contextlib import ExitStack
from hashlib import sha256
from html import escape
from importlib.metadata import version
from importlib.resources import files
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from glasshive.report.theme import css
from glasshive.trace.event import KINDS
from glasshive.trace.index import Index
from glasshive.trace.jobs import ROOT, SAME
from glasshive.trace.viewer.beside import pairs, parting
from glasshive.trace.viewer.sheet import Sheet, little, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from glasshive.errors import Complaint

    Decide = Callable[[Index, Index], Sequence[Mapping[str, Any]]]

__all__ = ["MODULES", "Page", "live_page", "policy", "script", "view"]

MODULES = (
    "element",
    "words",
    "expression",
    "payloads",
    "events",
    "order",
    "gauges",
    "trace",
    "sift",
    "theme",
    "focus",
    "axis",
    "strokes",
    "rows",
    "lanes",
    "strip",
    "overview",
    "lists",
    "beside",
    "event",
    "registries",
    "parting",
    "link",
    "keys",
    "pointer",
    "ids",
    "history",
    "ledger",
    "live",
    "read",
    "main",
)
"""The page's ES modules, each after those that it imports."""

_IMPORT = re.compile(r'^import\s[^;]*?from "\./[\w-]+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)


class Page(NamedTuple):
    """A page, and what it shows."""

    html: str
    events: int
    """How many it shows, of both traces."""
    cut: tuple[Complaint, ...]
    """What is missing of traces that were cut short."""


def view(
    path: Path,
    other: Path | None = None,
    *,
    begin: float = -inf,
    end: float = inf,
    decide: Decide | None = None,
) -> Page:
    """Return the page of a trace; equal traces make equal pages.

    Args:
        path: the trace file.
        other: a second one, which is laid beside it.
        begin: seconds of the run, the first that is shown.
        end: seconds of the run, the last that is.
        decide: tells the decisions that only one of two runs has, each with its `number`, the
            `run` ("A" or "B") and `words`; without it the page tells none.

    Raises:
        InputError: when a file cannot be read, or has nothing or too much to show.
    """
    paths = [path] if other is None else [path, other]
    with ExitStack() as stack:
        indexes = [stack.enter_context(Index(each)) for each in paths]
        sheets = [Sheet(each, begin=begin, end=end) for each in indexes]
        told = [sheet.told(name) for sheet, name in zip(sheets, _names(paths), strict=True)]
        parted = None
        if other is not None:
            left, right = indexes
            parted = parting(left, right, decide(left, right) if decide else ())
        embedded = [_block("application/json", "told", _json({"traces": told, "parting": parted}))]
        for number, sheet in enumerate(sheets):
            payloads = "\n".join(sheet.payloads())
            embedded.append(_block("text/plain", f"columns-{number}", sheet.columns()))
            embedded.append(_block("text/plain", f"payloads-{number}", payloads))
        if parted is not None:
            embedded.append(_block("text/plain", "pairs", packed(little(pairs(*indexes)))))
    title = " and ".join(dict.fromkeys(map(_title, sheets)))
    cut = tuple(sheet.index.cut for sheet in sheets if sheet.index.cut is not None)
    return Page(_document(title, embedded), sum(map(len, sheets)), cut)


def live_page(title: str, address: str, most: int) -> str:
    """Return the page of a run that goes on, which gets its events from where it came from.

    What the address answers is a trace: its head, with `live` (what this trace is called), `after`
    (the index of the last event before those that follow) and `actors` (those that there are, each
    with its `name`, `class` and `host`), and the lines of its events. Asked with
    `?of=LIVE&after=INDEX` it may leave the head out, and answers with the lines after that event.

    Args:
        title: what the page is called.
        address: where its events come from.
        most: events that it holds, the last ones.
    """
    told = {
        "address": address,
        "most": most,
        "kinds": KINDS,
        "spelling": {"root": ROOT, "same": SAME},
    }
    return _document(title, [_block("application/json", "told", _json({"live": told}))])


def policy() -> str:
    """Return the Content-Security-Policy that a served page can do with."""
    digest = b64encode(sha256(_running().encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def _document(title: str, embedded: Sequence[str]) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f'<meta name="generator" content="glasshive {version("glasshive")}">\n'
        f"<title>{escape(title)}</title>\n<style>\n{css()}{_web('style.css')}</style>\n</head>\n"
        f'{_web("body.html")}<script type="module">{_running()}</script>\n'
        + "\n".join(embedded)
        + "\n</body>\n</html>\n"
    )


def _running() -> str:
    return f"\n{script()}"


def script() -> str:
    """Return all modules as one, in which the imports of one another are dropped."""
    return "".join(f"// -- {name}.js\n{_plain(_web(f'{name}.js'))}" for name in MODULES)


def _plain(module: str) -> str:
    return _EXPORT.sub("", _IMPORT.sub("", module))


def _web(name: str) -> str:
    return files("glasshive.trace.viewer").joinpath("web", name).read_text(encoding="utf-8")


def _names(paths: list[Path]) -> list[str]:
    """Return what the page calls each trace: its file's name, with as many folders as it takes."""
    names = [path.name for path in paths]
    return names if len(set(names)) == len(names) else [str(path) for path in paths]


def _title(sheet: Sheet) -> str:
    header = sheet.index.header
    scenario = header.get("scenario") or sheet.index.path.name
    return f"{scenario} · seed {header['seed']}" if "seed" in header else str(scenario)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")


def _block(kind: str, name: str, content: str) -> str:
    return f'<script type="{kind}" id="{name}">{content}</script>'
