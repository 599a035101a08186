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


RACE = '''
import time
from pathlib import Path
from typing import Annotated

import pykka

from glasshive import Run, scenario
from glasshive.scenario import Between


class Account(pykka.ThreadingActor):
    balance = 0

    def on_receive(self, message):
        if message == "read":
            return self.balance
        self.balance = message


class Clerk(pykka.ThreadingActor):
    def __init__(self, account):
        super().__init__()
        self.account = account

    def on_receive(self, amount):
        balance = self.account.ask("read")
        self.account.ask(balance + amount)


class Door(pykka.ThreadingActor):
    def __init__(self, behind):
        super().__init__()
        self.behind = behind

    def on_receive(self, amount):
        self.behind.tell(amount)


@scenario
def race(
    run: Run,
    doors: int = 2,
    amounts: Annotated[int, Between(1, 9, shrinks=True)] = 1,
    real_seconds: float = 0.0,
) -> None:
    """Two clerks pay in, each by reading the balance and writing the sum."""
    account = Account.start()
    first, second = Clerk.start(account), Clerk.start(account)
    for _ in range(doors):
        second = Door.start(second)
    first.tell(amounts)
    second.tell(1)
    run.runtime.run()
    balance = account.ask("read")
    PAUSE[0](real_seconds)
    run.must_reach("the first clerk wins", "nobody comes")
    run.sometimes("the first clerk wins", balance == amounts)
    run.sometimes("both come", balance == amounts + 1)
    run.expect("nothing is lost", balance == amounts + 1, f"{balance} of {amounts + 1}")
    run.expect("it is no secret", True)


PAUSE = [time.sleep]  # in a list it stays the real one
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


@pytest.fixture
def race(script: Callable[[str, str], Path]) -> str:
    """Write a script that breaks in another order than first in, first out; return its text."""
    script("race.py", RACE)
    return RACE
