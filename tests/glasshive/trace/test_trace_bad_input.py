"""What the commands about a trace say to what is wrong: a sentence, exit code 2, no traceback."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Trace = Callable[..., Any]

# How each command is asked, with FILE for the trace and OTHER for a sound one.
ASKED = {
    "show": ["show", "FILE"],
    "follow": ["follow", "FILE", "request-1"],
    "why": ["why", "FILE", "15"],
    "effects": ["effects", "FILE", "15"],
    "state": ["state", "FILE", "--at", "15"],
    "lost": ["lost", "FILE"],
    "find": ["find", "FILE", "kind == 'send' then kind == 'deliver'"],
    "query": ["query", "FILE", "SELECT count(*) FROM events"],
    "diff": ["diff", "FILE", "OTHER"],
    "diff with": ["diff", "OTHER", "FILE"],
    "stats": ["stats", "FILE"],
    "check": ["check", "FILE"],
    "export": ["export", "FILE", "--to", "csv"],
    "view": ["view", "FILE", "-o", "PAGE"],
}


def asked(name: str, path: Path, crash: Path) -> list[str]:
    stand_for = {"FILE": str(path), "OTHER": str(crash), "PAGE": str(path.with_name("page.html"))}
    return [stand_for.get(word, word) for word in ASKED[name]]


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


HEAD = b'{"glasshive":1,"scenario":"by hand","seed":0}\n'
END = b'{"end":{"status":"held","events":1}}\n'
NO_TRACE = "is not a trace; give a file that `glasshive run --trace` wrote\n"
UNREADABLE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "is empty; give a file that `glasshive run --trace` wrote\n"),
    "a text": (lambda _: b"hello\n", NO_TRACE),
    "binary": (lambda _: bytes(range(256)) * 40, NO_TRACE),
    "null bytes": (lambda _: bytes(5_000), NO_TRACE),
    "a list": (lambda _: b"[1, 2]\n", NO_TRACE),
    "10 MB without a line's end": (lambda _: b"x" * 10_000_000, NO_TRACE),
    "half a first line": (lambda sound: sound[:50], NO_TRACE),
    "of a newer format": (
        lambda _: b'{"glasshive":99}\n',
        "is a trace of format 99, and this glasshive reads up to 1; read it with the version that ",
    ),
    "a broken line": (
        lambda sound: sound.replace(b'"index":900,', b'"index":,', 1),
        ", line 902: is not an event (JSON is malformed: ",
    ),
    "a null byte in a line": (
        lambda sound: sound.replace(b'"index":900,', b'"index":900,\0', 1),
        ", line 902: is not an event (JSON is malformed: ",
    ),
    "an event with another's number": (
        lambda sound: sound.replace(b'"index":900,', b'"index":901,', 1),
        ", line 902: holds event 901 in place of 900; write the trace again\n",
    ),
    "NaN": (
        lambda _: HEAD + b'{"index":0,"time":NaN,"kind":"note","actor":"a"}\n' + END,
        ", line 2: is not an event (JSON is malformed: ",
    ),
    "no actor": (
        lambda _: HEAD + b'{"index":0,"time":0,"kind":"note"}\n' + END,
        ", line 2: is not an event (Object missing required field `actor`)",
    ),
    "of a format before the first": (lambda _: b'{"glasshive":-5}\n', NO_TRACE),
    "gzip that ends in the first line": (
        lambda sound: gzipped(sound)[:40],
        "is cut short in its first line; give a file that `glasshive run --trace` wrote\n",
    ),
    "parameters that are none": (
        lambda _: b'{"glasshive":1,"parameters":7}\n' + END,
        ", line 1: is damaged (Expected `object`, got `int` - at `$.parameters`)",
    ),
    "choices that are none": (
        lambda _: b'{"glasshive":1,"choices":{"x":"y"}}\n' + END,
        ", line 1: is damaged (Expected `int`, got `str` - at `key` in `$.choices`)",
    ),
    "claims that are none": (
        lambda _: HEAD + b'{"end":{"status":"held","claims":7,"events":0}}\n',
        ", line 2: does not say how the run ended (Expected `array`, got `int` - at `$.claims`)",
    ),
    "data nested without end": (
        lambda _: (
            HEAD
            + b'{"index":0,"time":0,"kind":"note","actor":"a","data":'
            + b"[" * 5_000
            + b"]" * 5_000
            + b"}\n"
            + END
        ),
        ", line 2: is not an event (maximum recursion depth exceeded",
    ),
    "a cause that no number holds": (
        lambda _: (
            HEAD
            + b'{"index":0,"time":0,"kind":"note","actor":"a","cause":-99999999999999999999}\n'
            + END
        ),
        ", line 2: holds a number that is too large; write the trace again\n",
    ),
    "a line after the last": (
        lambda sound: sound + b"\n",
        ", line 1986: follows the line that ends the trace; write the trace again\n",
    ),
    "a wrong count": (
        lambda sound: sound.replace(b'"events":1983', b'"events":7'),
        ", line 1985: counts 7 events, and 1983 stand before it; write the trace again\n",
    ),
    "with another checksum": (
        lambda sound: gzipped(sound)[:-8] + bytes(8),
        "is damaged (CRC check failed ",
    ),
}
"""Files of which nothing is told but what is wrong: how one is made of a sound trace, and what."""

CUT: dict[str, Callable[[bytes], bytes]] = {
    "in a line": lambda sound: sound[:20_000],
    "after a line": lambda sound: b"".join(sound.splitlines(True)[:300]),
    "before the last line": lambda sound: b"".join(sound.splitlines(True)[:-1]),
    "in gzip": lambda sound: gzipped(sound)[:20_000],
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_cannot_be_read_is_told_in_a_sentence(
    trace: Trace, crash: Path, tmp_path: Path, name: str, kind: str
) -> None:
    damage, sentence = UNREADABLE[kind]
    path: Path = tmp_path / "x.jsonl"
    path.write_bytes(damage(crash.read_bytes()))
    said = trace(*asked(name, path, crash))
    assert said.code == 2
    assert said.err.startswith(f"error: {path}")
    assert sentence in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("name", ASKED)
def test_a_file_that_is_not_there_is_told(
    trace: Trace, crash: Path, tmp_path: Path, name: str
) -> None:
    path: Path = tmp_path / "x.jsonl"
    told = f"error: {path}: cannot be read (No such file or directory); give the path of a trace\n"
    said = trace(*asked(name, path, crash))
    assert (said.code, said.err) == (2, told)


@pytest.mark.parametrize("name", ASKED)
def test_a_folder_is_no_trace(trace: Trace, crash: Path, tmp_path: Path, name: str) -> None:
    path: Path = tmp_path / "folder"
    path.mkdir()
    told = f"error: {path}: cannot be read (Is a directory); give the path of a trace\n"
    said = trace(*asked(name, path, crash))
    assert (said.code, said.err) == (2, told)


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("where", CUT)
def test_of_a_cut_trace_is_told_what_there_is(
    trace: Trace, crash: Path, tmp_path: Path, name: str, where: str
) -> None:
    path: Path = tmp_path / "cut.jsonl"
    path.write_bytes(CUT[where](crash.read_bytes()))
    said = trace(*asked(name, path, crash))
    assert said.code == 2
    assert said.out
    assert f"error: {path}: is cut short; " in said.err


@pytest.mark.parametrize("name", sorted(set(ASKED) - {"state", "follow", "why", "effects"}))
def test_a_line_may_be_long(
    trace: Trace, crash: Path, written: Callable[..., Path], name: str
) -> None:
    path = written({"kind": "note", "actor": "a", "data": "x" * 10_000_000})
    said = trace(*asked(name, path, crash))
    assert said.code == (1 if name in ("diff", "diff with") else 0)
    assert said.err == ""


@pytest.mark.parametrize("form", ["perfetto", "chrome", "otlp"])
def test_a_time_that_a_format_cannot_count_is_told(
    trace: Trace, written: Callable[..., Path], form: str
) -> None:
    path = written({"kind": "note", "actor": "a"}, {"kind": "note", "actor": "a", "time": 1e305})
    said = trace("export", path, "--to", form, "-o", path.with_name("out"))
    assert said.code == 2
    assert said.err == (
        f"error: {path}, event 1: is at 1e+305 s, further than this format counts; "
        "leave it out, as with --where 'time < 1e9'\n"
    )


def test_a_missing_trace_is_told_also_when_the_output_is_there(
    trace: Trace, tmp_path: Path
) -> None:
    out: Path = tmp_path / "out"
    out.write_text("kept")
    said = trace("export", tmp_path / "x.jsonl", "--to", "csv", "-o", out)
    assert said.code == 2
    assert "x.jsonl: cannot be read (No such file or directory)" in said.err
    assert out.read_text() == "kept"


def test_json_has_no_infinity(trace: Trace, crash: Path) -> None:
    assert trace("query", crash, "SELECT 9e999 AS far", "--json").out == ['{"far": "inf"}']


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["why", 1983], "event 1983: there is none in "),
        (["effects", 1983], "event 1983: there is none in "),
        (["why", "9" * 5000], "is no event; give its number, such as 812"),
        (["why", "x"], "'x' is no event; give its number, such as 812"),
        (["follow", "request-3"], "job 'request-3': there is none of this name in "),
        (["show", "--job", "request-3"], "did you mean 'request-2' or 'request-1'?"),
        (["show", "--actor", "quen"], "actor 'quen': there is none of this name in "),
        (["show", "--type", "Cancel"], "type 'Cancel': there is none of this name in "),
        (["show", "--where", "kind = 1"], "--where 'kind = 1', character 6: '=' begins nothing"),
        (["show", "--where", "nope"], '; texts stand in quotes: "nope"'),
        (["show", "--from", "nan"], "--from: nan is no time"),
        (["lost", "--late", "nan"], "--late: nan is no time; give seconds"),
        (["find", "kind then"], "PATTERN 'kind then', character 10: the end stands where "),
        (["find", "kind then within x s kind"], "'x' is no span of time; write within 2 s"),
        (["query", ""], "SQL: asks for nothing; write a SELECT"),
        (["query", "DROP TABLE events"], "SQL: would change something; only SELECT is allowed"),
        (["query", "SELECT 1; SELECT 2"], "SQL: is refused (You can only execute one statement"),
        (["query", "SELECT x FROM events"], "SQL: is refused (no such column: x); events has "),
        (["state"], "--at and --diff: neither is given; give one of them"),
        (["state", "--at", 1983], "event 1983: there is none in "),
        (["state", "--at", 5, "--actor", "quen"], "did you mean 'queen'?"),
        (["view", "-o", "/"], "-o /: cannot be written (Is a directory); name a file in a folder"),
        (["export", "--to", "csv", "--job", "x"], "job 'x': there is none of this name in "),
    ],
)
def test_what_cannot_be_is_told(trace: Trace, crash: Path, words: list[Any], error: str) -> None:
    said = trace(words[0], crash, *words[1:])
    assert said.code == 2
    assert error in said.err
    assert "Traceback" not in said.err


def test_an_unknown_command_is_told(trace: Trace) -> None:
    said = trace("shwo", "x")
    assert said.code == 2
    assert said.err == (
        "error: command 'trace shwo': there is none of this name; did you mean 'show'?\n"
    )
