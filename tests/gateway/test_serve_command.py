"""`glasshive serve` as a person starts and stops it."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

import topology
from tests.gateway.conftest import LONG, events_in, eventually, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE = Path(topology.__file__).with_name("blueprints") / "one_worker.toml"
ENVIRONMENT = {**os.environ, "PYTHONUTF8": "1"}


def serve(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "glasshive", "serve", *words],
        cwd=cwd,
        env=ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=LONG,
    )


@contextmanager
def serving(*words: str, files: str = "") -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """Run the command, and yield its process and a client of it.

    Args:
        words: its options.
        files: how many files it may open, as commands of a shell.
    """
    process = subprocess.Popen(
        [
            *("sh", "-c", f'{files}\nexec "$@"', "sh"),
            *(sys.executable, "-m", "glasshive", "serve", str(ONE), "--port", "0", *words),
        ],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.fullmatch(r"one_worker is served at (http://127\.0\.0\.1:\d+)\n", line)
        assert found, process.stderr and process.stderr.read()
        with httpx.Client(base_url=found[1], timeout=LONG, trust_env=False) as client:
            yield process, client
    finally:
        process.kill()
        process.communicate()


def submit(client: httpx.Client, tokens: int) -> str:
    body = {"prompt": "sing", "max_tokens": tokens, "ignore_eos": True}
    url: str = client.post("/v1/inference", json=body).json()["sse_url"]
    return url


def test_sigterm_lets_streams_end_and_takes_nothing_more() -> None:
    with serving() as (process, client):
        with client.stream("GET", submit(client, 60)) as answer:
            events = events_in(answer.iter_lines())
            assert next(events).type == "started"
            process.send_signal(signal.SIGTERM)
            statuses = []
            while 503 not in statuses:
                statuses.append(client.get("/ready").status_code)
            assert client.post("/v1/inference", json={"prompt": "x"}).status_code == 503
            rest = list(events)
        assert len([event for event in rest if event.type == "token"]) == 60
        assert rest[-1].type == "end"
        assert process.wait(LONG) == 0


def test_what_does_not_end_in_time_is_told_so() -> None:
    with serving("--drain", "0.2") as (process, client):
        with client.stream("GET", submit(client, 4000)) as answer:
            events = events_in(answer.iter_lines())
            assert next(events).type == "started"
            process.send_signal(signal.SIGTERM)
            rest = list(events)
        assert (rest[-1].type, rest[-1].data["code"]) == ("error", "closing")
        assert process.wait(LONG) == 0


@pytest.mark.parametrize("first", [None, signal.SIGTERM])
def test_ctrl_c_or_a_second_signal_ends_it_at_once(first: signal.Signals | None) -> None:
    with (
        serving("--drain", "1000") as (process, client),
        client.stream("GET", submit(client, 4000)) as answer,
    ):
        assert next(events_in(answer.iter_lines())).type == "started"
        if first is not None:
            process.send_signal(first)
            while client.get("/ready").status_code != 503:
                pass
        process.send_signal(first or signal.SIGINT)
        assert process.wait(LONG) == 130


def test_the_trace_of_a_gateway_is_whole_and_nothing_is_lost_in_it(tmp_path: Path) -> None:
    trace = tmp_path / "served.jsonl"
    with serving("--trace", str(trace), "--speed", "20") as (process, client):
        with client.stream("GET", submit(client, 10)) as answer:
            assert len(spoken(list(events_in(answer.iter_lines()))).split()) == 10
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) == 0
    done = subprocess.run(
        [sys.executable, "-m", "glasshive", "trace", "lost", str(trace), "--late", "60"],
        env=ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "nothing is lost, late, repeated or out of order\n"


def test_no_prompt_is_logged() -> None:
    with serving("--speed", "20") as (process, client):
        body = {"prompt": "a secret of mine", "max_tokens": 2}
        client.get(client.post("/v1/inference", json=body).json()["sse_url"])
        client.post("/v1/inference", json={**body, "max_tokens": -1})
        client.post("/v1/inference", content="a secret of mine")
        process.send_signal(signal.SIGTERM)
        _, logged = process.communicate(timeout=LONG)
    assert '"event": "job ended"' in logged
    assert "secret" not in logged


def test_a_plan_strikes_from_the_beginning(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[[strikes]]\nafter_token = 3\ndo = "crash"\nbee = "worker"\n')
    with (
        serving("--faults", str(plan)) as (_, client),
        client.stream("GET", submit(client, 10)) as answer,
    ):
        rest = list(events_in(answer.iter_lines()))
    assert len([event for event in rest if event.type == "token"]) == 10
    assert rest[-1].type == "end"


def crowd(stack: ExitStack, client: httpx.Client, connections: int) -> None:
    """Have so many clients connect that say nothing."""
    for _ in range(connections):
        address = (client.base_url.host, client.base_url.port)
        stack.enter_context(socket.create_connection(address, LONG))


def health(client: httpx.Client) -> str:
    """Return what is answered, nothing if the connection is closed without a word."""
    with suppress(httpx.TransportError):
        return client.get("/health").text
    return ""


def test_more_clients_than_there_are_files_are_turned_away_and_little_is_logged() -> None:
    with serving(files="ulimit -n 200") as (process, client):
        with ExitStack() as stack:
            process.send_signal(signal.SIGSTOP)  # so that they all come at once
            crowd(stack, client, 400)
            process.send_signal(signal.SIGCONT)
            eventually(lambda: "there are 72 connections already" in health(client))
        eventually(lambda: "ok" in health(client))
        process.send_signal(signal.SIGTERM)
        _, logged = process.communicate(timeout=LONG)
    told = [(line["level"], line["event"]) for line in map(json.loads, logged.splitlines())]
    assert told == [
        ("warning", "there is room for fewer connections (see ulimit -n)"),
        ("warning", "no file descriptor is left; clients are turned away (see ulimit -n)"),
    ]


def test_it_asks_for_the_files_that_its_connections_need() -> None:
    with serving(files="ulimit -Sn 200") as (process, client), ExitStack() as stack:
        crowd(stack, client, 400)
        assert client.get("/health").status_code == 200
        assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE)[0] >= 2048 + 128


# -- bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--host", "0.0.0.0"],  # noqa: S104  which is refused
            (
                "error: --host 0.0.0.0: others can reach it there, and no --token is set; give one "
                "with --token or GLASSHIVE_TOKEN, or listen on 127.0.0.1\n"
            ),
        ),
        (
            ["--token", "a b"],
            (
                "error: --token: it cannot be sent in a header; give letters, digits and signs of "
                "ASCII, without a space\n"
            ),
        ),
        (
            ["--allow-origin", "http://localhost:3000/"],
            (
                "error: --allow-origin http://localhost:3000/: it is no origin; write scheme, host "
                "and port alone, such as http://localhost:3000, or *\n"
            ),
        ),
        (
            ["--host", f"{'a' * 70}.com", "--token", "t"],
            (
                f"error: --host {'a' * 70}.com --port 8000: nothing can listen there (it is not "
                "the name of a host); choose another; --port 0 takes any that is free\n"
            ),
        ),
        (
            ["--trace", str(ONE)],
            (
                f"error: --trace {ONE}: is a file that is read here; name another, it would be "
                "overwritten\n"
            ),
        ),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(words: list[str], message: str) -> None:
    done = serve(str(ONE), *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


@pytest.mark.parametrize("words", ["--grace nan", "--keep nan", "--drain nan", "--speed nan"])
def test_what_is_not_a_number_is_refused(words: str) -> None:
    done = serve(str(ONE), *words.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert "'nan' is not a number" in done.stderr


@pytest.mark.parametrize("speed", ["0", "-1", "1e-7", "1e7", "inf"])
def test_a_speed_that_no_machine_has_is_refused(speed: str) -> None:
    done = serve(str(ONE), "--speed", speed)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Invalid value for '--speed'" in done.stderr


def test_an_empty_variable_does_not_serve_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRONMENT, "GLASSHIVE_TOKEN", "")
    done = serve(str(ONE))
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        (
            "error: GLASSHIVE_TOKEN: it is set and empty; give it a token, or unset it to serve "
            "without one\n"
        ),
    )


def test_a_blueprint_and_a_plan_that_are_wrong_are_refused(tmp_path: Path) -> None:
    done = serve(str(tmp_path / "none.toml"))
    assert done.returncode == 2
    assert "the file cannot be read" in done.stderr
    plan = tmp_path / "plan.toml"
    plan.write_text('[[strikes]]\nat = 1\ndo = "pause_host"\nhost = "queen"\n')
    done = serve(str(ONE), "--faults", str(plan))
    assert done.returncode == 2
    assert "a live run cannot pause_host" in done.stderr


def test_a_port_that_is_taken_is_refused() -> None:
    with serving() as (_, client):
        port = str(client.base_url.port)
        done = serve(str(ONE), "--port", port)
    assert done.returncode == 2
    assert f"--port {port}: nothing can listen there (Address already in use)" in done.stderr


def test_without_the_extra_it_says_how_to_install_it() -> None:
    probe = (
        "import sys\n"
        "sys.modules['fastapi'] = None\n"
        "from glasshive.cli import main\n"
        f"main(['serve', {str(ONE)!r}])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (
        2,
        (
            "error: glasshive serve: fastapi is not installed, which it needs; install it with: "
            "pip install 'glasshive[gateway]', or in a clone of it: pip install '.[gateway]'\n"
        ),
    )


def test_help_imports_nothing_of_the_extra() -> None:
    probe = (
        "import sys\n"
        "from glasshive.cli import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "finally:\n"
        "    names = ('fastapi', 'starlette', 'uvicorn', 'prometheus_client', 'pydantic')\n"
        "    print([name for name in names if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")
    assert "serve" in done.stdout
