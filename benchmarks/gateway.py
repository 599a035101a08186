"""What the gateway adds to each token, with 500 streams open at once at 20 tokens a second each.

    python -m benchmarks.gateway [SECONDS [STREAMS]]

The server is `glasshive serve` in a process of its own, the clients are another process. A token's
way through the gateway begins when a door tells it, still on that actor's thread, and ends when its
bytes arrive at the client; both read the machine's one monotonic clock. So what the client takes to
wake up counts too, and what the swarm takes does not.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from bisect import bisect_left
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.apart import apart, resident_mb
from benchmarks.budget import Budget, budgets

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAMS = 500
PER_SECOND = 20
SECONDS = 60
SHORT_SECONDS = 10
"""Of each stream in `make bench`; memory and latency are the same after a minute."""
WORKERS = 8
HIVES = 2
_ON_TIME = 0.95
"""Share of the rate that a stream has at least, if the machine keeps up with it."""
_OPENING = 64
"""Clients that ask for a job at once."""
_PATIENCE = 120.0
"""Seconds after which what has not come is not waited for."""
_BLUEPRINT = """
name = "bench"
keepers = 4
[queen]
max_jobs = 4096
[[models]]
name = "honey"
size_gib = 1
kv_bytes_per_token = 1024
seconds_per_token = {seconds}
{hives}"""
_HIVE = """
[[hives]]
name = "hive-{hive}"
max_jobs = 4096
[[hives.devices]]
name = "gpu-0"
vram_gib = 80
"""
_WORKER = """
[[hives.workers]]
name = "worker-{worker}"
device = "gpu-0"
model = "honey"
max_num_seqs = {slots}
"""


# -- the server -------------------------------------------------------------------------------


def blueprint(streams: int) -> str:
    """Return a colony with a slot for each stream, and some to spare."""
    slots = -(-streams * 9 // (8 * WORKERS))
    hives = "".join(
        _HIVE.format(hive=hive)
        + "".join(
            _WORKER.format(worker=hive * WORKERS // HIVES + worker, slots=slots)
            for worker in range(WORKERS // HIVES)
        )
        for hive in range(HIVES)
    )
    return _BLUEPRINT.format(seconds=1 / PER_SECOND, hives=hives)


def serve(file: str, told: str) -> None:
    """Run `glasshive serve`, and write down at its end when each door told each token.

    Args:
        file: the blueprint.
        told: where the times go, by job.
    """
    from gateway.door import Door  # noqa: PLC0415  the clients do without
    from glasshive.cli import main as command  # noqa: PLC0415  as above

    times: dict[str, array[float]] = {}
    take = Door.take

    def timed(self: Door, reading: Any, item: Any) -> None:
        name = reading.request.request_id
        times.setdefault(name, array("d")).append(time.monotonic())
        take(self, reading, item)

    Door.take = timed  # type: ignore[method-assign]
    try:
        command(["serve", file, "--port", "0"])
    finally:
        Path(told).write_text(json.dumps({name: list(own) for name, own in times.items()}))


@contextmanager
def serving(file: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the server; yield its process and its port.

    Args:
        file: the blueprint.
        folder: where its log goes, and at its end `told.json`.
    """
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.gateway", "serve", file, folder / "told.json"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "is served at" in line, (folder / "log").read_text()
        yield process, int(line.rsplit(":", 1)[1])
    finally:
        process.kill()
        process.communicate()


# -- the clients ------------------------------------------------------------------------------


class Client(asyncio.Protocol):
    """One connection, which keeps what arrives and when, and reads it later."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.closed = asyncio.Event()
        self.job_id = ""
        self._head = b""
        self._parts: list[bytes] = []
        self._times: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep what came."""
        if self.job_id:
            self._times.append(time.monotonic())
            self._parts.append(data)
            if data.endswith(b"0\r\n\r\n"):
                self.closed.set()
            return
        self._head += data
        if self._head.endswith(b"}"):
            self.answered.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        del exc
        self.answered.set()
        self.closed.set()

    def ask(self, method: str, path: str, body: bytes = b"") -> None:
        """Send a request."""
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"content-type: application/json\r\n\r\n" + body)

    async def submit(self, number: int, tokens: int) -> int:
        """Make a job; return the status."""
        body = {"prompt": f"song {number}", "max_tokens": tokens, "ignore_eos": True}
        self.ask("POST", "/v1/inference", json.dumps(body).encode())
        await self.answered.wait()
        head, _, answer = self._head.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1]) if head else 0
        if status == 202:  # noqa: PLR2004  accepted
            self.job_id = json.loads(answer)["job_id"]
        return status

    def read(self) -> tuple[int, list[tuple[int, float]], str]:
        """Return the status, each token's index and when it came, and the last event's type."""
        whole = b"".join(self._parts)
        ends = []
        length = 0
        for part in self._parts:
            length += len(part)
            ends.append(length)
        tokens, last = [], ""
        head = whole.find(b"\r\n\r\n")
        at = head + 4
        while at < len(whole):
            line = whole.find(b"\r\n", at)
            size = int(whole[at:line], 16)
            body = whole[line + 2 : line + 2 + size]
            at = line + 4 + size
            came = self._times[bisect_left(ends, at)] if size else 0.0
            for event in body.split(b"\n\n"):
                kind = event.partition(b"event: ")[2].partition(b"\n")[0].decode()
                last = kind or last
                if kind == "token":
                    index = json.loads(event.partition(b"data: ")[2])["index"]
                    tokens.append((index, came))
        return int(whole[:head].split(b" ", 2)[1]) if whole else 0, tokens, last


def clients(port: int, streams: int, tokens: int) -> dict[str, Any]:
    """Read so many streams at once; return what came of them."""
    return asyncio.run(_read(port, streams, tokens))


async def _read(port: int, streams: int, tokens: int) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(_OPENING)
    readers: list[Client] = []
    statuses: list[int] = []

    async def make(number: int) -> None:
        async with gate:
            _, client = await loop.create_connection(Client, "127.0.0.1", port)
            statuses.append(await client.submit(number, tokens))
            if client.job_id:
                readers.append(client)

    began = time.monotonic()
    await asyncio.gather(*map(make, range(streams)))
    opened = time.monotonic()
    for client in readers:
        client.ask("GET", f"/v1/inference/{client.job_id}/stream")
    closing = asyncio.gather(*(client.closed.wait() for client in readers))
    await asyncio.wait((closing,), timeout=tokens / PER_SECOND + _PATIENCE)
    took = time.monotonic() - opened
    whole = 0
    came: dict[str, list[float]] = {}
    for client in readers:
        status, found, last = client.read()
        statuses.append(status)
        came[client.job_id] = [at for _, at in found]
        whole += last == "end" and [index for index, _ in found] == list(range(tokens))
    return {
        "whole": whole,
        "refused": sum(status not in {200, 202} for status in statuses),
        "submitting": opened - began,
        "seconds": took,
        "came": came,
        "mb": resident_mb(peak=True),
    }


# -- what came of it --------------------------------------------------------------------------


def measured(seconds: float, streams: int) -> dict[str, Any]:
    """Serve, read, and return what was found.

    Args:
        seconds: how long each stream is.
        streams: how many there are at once.
    """
    tokens = round(seconds * PER_SECOND)
    with tempfile.TemporaryDirectory(prefix="glasshive-") as name:
        folder = Path(name)
        file = folder / "bench.toml"
        file.write_text(blueprint(streams))
        with serving(file, folder) as (process, port):
            start = _memory(process.pid, "VmRSS:")
            cpu = _cpu(process.pid)
            found = apart("benchmarks.gateway:clients", port, streams, tokens)
            cpu = _cpu(process.pid) - cpu
            peak = _memory(process.pid, "VmHWM:")
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE)
        told = json.loads((folder / "told.json").read_text())
    came = found.pop("came")
    added = [
        1000 * (arrived - left)
        for job, times in came.items()
        for left, arrived in zip(told.get(job, ()), times, strict=False)
    ]
    assert added, f"no token came; {found['refused']} requests were refused"
    lengths = [(times[-1] - times[0]) / (len(times) - 1) for times in came.values() if times[1:]]
    return {
        **found,
        "tokens": sum(map(len, came.values())),
        "added": added,
        "pace": 1 / statistics.median(lengths),
        "cpu": cpu,
        "start": start,
        "peak": peak,
    }


def _memory(process: int, field: str) -> float:
    """Return what a process holds, in MiB."""
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(text.partition(field)[2].split()[0]) / 1024


def _cpu(process: int) -> float:
    """Return the seconds of the processor that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(
    console: Console, seconds: float = SHORT_SECONDS, streams: int = STREAMS
) -> list[Budget]:
    """Measure, print the table, and return what became of the budget."""
    found = measured(seconds, streams)
    title = f"the gateway: {streams} streams at once, {PER_SECOND} tokens/s each for {seconds:g} s"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("", justify="right")
    wanted = streams * round(seconds * PER_SECOND)
    quantiles = statistics.quantiles(found["added"], n=1000, method="inclusive")
    took = found["submitting"] + found["seconds"]
    rows = {
        "streams that are whole, each token in its order": f"{found['whole']} of {streams}",
        "tokens": f"{found['tokens']:,} of {wanted:,}",
        "answers other than 200 and 202": str(found["refused"]),
        "added to a token, p50 (ms)": f"{quantiles[499]:.1f}",
        "added to a token, p99 (ms)": f"{quantiles[989]:.1f}",
        "added to a token, p99.9 (ms)": f"{quantiles[998]:.1f}",
        "tokens/s of a stream, median": f"{found['pace']:.1f}",
        "until all jobs were made (s)": f"{found['submitting']:.1f}",
        "the server's processor (cores)": f"{found['cpu'] / took:.2f}",
        "the server's processor for a token (µs)": f"{1e6 * found['cpu'] / found['tokens']:.0f}",
        "the server's memory at its start (MB)": f"{found['start']:,.0f}",
        "the server's memory at its peak (MB)": f"{found['peak']:,.0f}",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table)
    console.print("added: from a door's telling a token to its bytes at the client")
    if seconds < SECONDS:
        console.print(f"a whole minute: python -m benchmarks.gateway {SECONDS}\n")
    return [
        Budget(
            f"{streams} streams at once for {seconds:g} s",
            f"all whole, none refused, {PER_SECOND} tokens/s each",
            f"{found['whole']} whole, {found['refused']} refused, {found['pace']:.1f} tokens/s",
            held=found["whole"] == streams
            and not found["refused"]
            and found["pace"] >= _ON_TIME * PER_SECOND,
        )
    ]


def main() -> None:
    """Serve, or measure for as long as the command line says."""
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
        return
    numbers = [float(word) for word in sys.argv[1:]]
    screen = Console(width=100, file=sys.stdout)
    seconds = numbers[0] if numbers else SECONDS
    streams = int(numbers[1]) if numbers[1:] else STREAMS
    screen.print(budgets(report(screen, seconds, streams)))


if __name__ == "__main__":
    main()
