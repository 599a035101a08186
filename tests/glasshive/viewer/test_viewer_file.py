"""The page as a file: what is in it, and which traces it refuses."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from glasshive.cli.trace.view import command
from glasshive.errors import InputError
from glasshive.trace.index import Index
from glasshive.trace.viewer import view
from glasshive.trace.viewer.page import MODULES, _web, script
from glasshive.trace.viewer.sheet import TOGETHER

if TYPE_CHECKING:
    from pathlib import Path


def block(html: str, name: str) -> str:
    found = re.search(rf'<script type="[\w/]+" id="{name}">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return found[1]


def told(html: str) -> Any:
    return json.loads(block(html, "told"))


def payloads(html: str) -> list[str]:
    blocks = block(html, "payloads-0").split("\n")
    return [
        line for each in blocks for line in gzip.decompress(b64decode(each)).decode().split("\n")
    ]


def written(path: Path, *lines: dict[str, Any], end: bool = True) -> Path:
    head = {"glasshive": 1, "scenario": "told"}
    last = [{"end": {"events": len(lines)}}] if end else []
    text = "".join(json.dumps(each) + "\n" for each in [head, *lines, *last])
    path.write_text(text, encoding="utf-8")
    return path


def event(index: int, **fields: Any) -> dict[str, Any]:
    return {"index": index, "time": float(index), "kind": "note", "actor": "one", **fields}


def test_equal_traces_make_equal_pages(traces: dict[str, Path]) -> None:
    assert view(traces["crash"]).html == view(traces["crash"]).html


def test_every_payload_is_on_the_page_as_it_was_written(traces: dict[str, Path]) -> None:
    page = view(traces["lossy"])
    found = payloads(page.html)
    with Index(traces["lossy"]) as index:
        assert len(index) > TOGETHER
        assert page.events == len(found) == len(index)
        for number, text in enumerate(found):
            assert (json.loads(text) if text else None) == index.event(number).data


def test_no_payload_can_end_the_script_that_holds_it(tmp_path: Path) -> None:
    trap = '</script><script>alert("!")</script><!--'
    state = {"subject": trap, "before": None, "after": trap}
    path = written(
        tmp_path / "trap.jsonl",
        event(0, actor=trap, data=trap),
        event(1, kind="state", data=state),
    )
    html = view(path).html
    assert "<script>alert" not in html
    assert html.count("</script>") == html.count("<script")
    assert told(html)["traces"][0]["changes"][0][2] == trap


def test_the_page_asks_no_network_for_anything(traces: dict[str, Path]) -> None:
    html = view(traces["broken"]).html
    assert not re.search(r"https?://", html)
    assert not re.search(r'\b(?:src|href)="(?!data:)', html)


def test_each_module_imports_what_stands_before_it_and_is_exported_there() -> None:
    exported: dict[str, set[str]] = {}
    for name in MODULES:
        text = _web(f"{name}.js")
        for names, source in re.findall(r'import \{([^}]*)\} from "\./([\w-]+)\.js";', text):
            wanted = {each.strip() for each in names.split(",") if each.strip()}
            assert wanted <= exported[source], (name, source)
            body = text.replace(f"import {{{names}}}", "")
            for each in wanted:
                assert re.search(rf"\b{each}\b", body), (name, each)
        exported[name] = set(
            re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", text, re.MULTILINE)
        )
    assert not re.search(r"^(?:import|export) ", script(), re.MULTILINE)


def test_a_part_of_a_trace_keeps_its_numbers_and_what_was_held_before(
    traces: dict[str, Path],
) -> None:
    with Index(traces["crash"]) as index:
        times = index.time.tolist()
    shown = told(view(traces["crash"], begin=1.25, end=5.0).html)["traces"][0]
    first = next(n for n, time in enumerate(times) if time >= 1.25)
    assert shown["first"] == first
    assert shown["count"] == sum(1.25 <= time <= 5.0 for time in times)
    assert shown["total"] == len(times)
    earlier = {change[2]: change[4] for change in shown["changes"] if change[0] < 0}
    assert earlier == {
        "queen/job-1": "Completed",
        "hive-1/job-1": "Completed",
        "worker-1/job-1": "Completed",
        "queen/job-2": "Queued",
    }


def test_of_a_cut_trace_the_page_shows_what_can_be_read(tmp_path: Path) -> None:
    path = written(tmp_path / "cut.jsonl", event(0), event(1), end=False)
    page = view(path)
    assert page.events == 2
    assert [each.what for each in page.cut] == ["is cut short; 2 events could be read"]
    assert "cut short" in told(page.html)["traces"][0]["cut"]


def test_the_command_writes_the_page_beside_its_trace(traces: dict[str, Path]) -> None:
    done = CliRunner().invoke(command, [str(traces["broken"])])
    assert done.exit_code == 0
    path = traces["broken"].with_suffix(".html")
    assert path.read_text(encoding="utf-8") == view(traces["broken"]).html
    assert str(path) in done.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.jsonl"], "none.jsonl: cannot be read (No such file or directory)"),
        (["words.txt"], "words.txt: is not a trace; give a file that"),
        (["empty.jsonl"], "empty.jsonl: has no events; give a trace with some"),
        (
            ["two.jsonl", "--from", "7"],
            "two.jsonl: none of its 2 events is shown; give another --from and --to",
        ),
        (["two.jsonl", "-o", "two.jsonl"], "-o two.jsonl: is a trace that the page shows"),
        (["two.jsonl", "-o", "no/page.html"], "-o no/page.html: cannot be written (No such file"),
        (["two.jsonl", "--diff", "words.txt"], "words.txt: is not a trace"),
        (["cut.jsonl"], "cut.jsonl: is cut short; 1 events could be read"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "two.jsonl", event(0), event(1))
    written(tmp_path / "empty.jsonl")
    written(tmp_path / "cut.jsonl", event(0), end=False)
    (tmp_path / "words.txt").write_text("words\n", encoding="utf-8")
    before = (tmp_path / "two.jsonl").read_bytes()
    done = CliRunner().invoke(command, arguments)
    assert isinstance(done.exception, InputError)
    assert sentence in str(done.exception)
    assert (tmp_path / "two.jsonl").read_bytes() == before


def test_a_trace_of_too_many_events_is_shown_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glasshive.trace.viewer.sheet.MOST", 3)
    path = written(tmp_path / "long.jsonl", *(event(number) for number in range(5)))
    with pytest.raises(InputError, match=r"would show 5 events, and a page holds 3; .* --to 2$"):
        view(path)
    assert view(path, end=2.0).events == 3
