"""The command as a person drives it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


ECHO = '''
import time
from typing import Annotated, Literal

import pykka

from glasshive.scenario import Run, scenario


class Echo(pykka.ThreadingActor):
    def on_receive(self, message):
        time.sleep(0.25)
        return message.upper()


@scenario
def echo(
    run: Run,
    word: Annotated[str, "what is said"] = "hello",
    times: int = 2,
    manner: Literal["calm", "eager"] = "calm",
    pause: float | None = None,
) -> None:
    """An actor answers."""
    ref = Echo.start()
    answers = [ref.ask(word) for _ in range(times)]
    for answer in answers:
        run.note(answer)
    run.expect("all were answered", len(answers) == times, f"{len(answers)} of {times}")
    run.table("answers", ["word", "count", "mean [s]"], [[word, 12345, 0.25], ["-", None, 1234.56]])
    run.result(answers=len(answers), share=1 / 3)
'''


@pytest.fixture
def glasshive(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in an empty folder; further packages lie in its folder `plugins`."""

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "glasshive", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "plugins"), "PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return command


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a script into the folder where the command runs."""

    def write(name: str, body: str) -> Path:
        path = tmp_path / name
        path.write_text(body, encoding="utf-8")
        return path

    return write


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[..., None]:
    """Install a package, as pip would, for the command to find."""

    def install(package: str, modules: dict[str, str], entry_points: str) -> None:
        folder = tmp_path / "plugins" / package
        folder.mkdir(parents=True)
        for name, body in {"__init__.py": "", **modules}.items():
            (folder / name).write_text(body, encoding="utf-8")
        metadata = folder.with_name(f"{package}-1.0.dist-info")
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        (metadata / "entry_points.txt").write_text(entry_points)

    return install


@pytest.fixture
def echo() -> str:
    """Return a small scenario script in which all holds."""
    return ECHO
