"""What each `glasshive trace` command takes over a trace of a million events."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from glasshive.scenario import run
from glasshive.trace.reader import TraceReader

MINUTES = 12.6
"""Of busy_hour, which make a million events."""
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("stats",),
    ("check",),
    ("show", "--job", "request-100"),
    ("show", "--where", "data.index == 7 and kind == 'deliver'"),
    ("show",),
    ("why", "900000"),
    ("effects", "900000"),
    ("why", "900000", "--concurrent"),
    ("follow", "request-100"),
    ("lost",),
    ("find", "type == 'OpenStream' then within 2 s type == 'StreamEnd' same job"),
    ("query", "SELECT kind, count(*) FROM events GROUP BY kind"),
    ("query", "SELECT type, avg(seconds) FROM messages GROUP BY type"),
    ("query", "SELECT count(*) FROM jobs"),
    ("state", "--at", "900000"),
    ("diff", "{0}"),
    ("export", "--to", "perfetto"),
    ("export", "--to", "chrome"),
    ("export", "--to", "otlp"),
    ("export", "--to", "csv"),
    ("export", "--to", "shiviz"),
    ("export", "--to", "mermaid", "--job", "request-100"),
    ("view", "--to", "240", "-o", "{1}"),
)


def cost(file: Path, words: tuple[str, ...]) -> tuple[float, float, float, int]:
    """Return what a command takes in a process of its own: wall and CPU seconds, and peak MB.

    Last comes its exit code.

    Args:
        file: the trace.
        words: the command and its options; `{0}` stands for the trace once more, `{1}` for a page.
    """
    name, *rest = (word.format(file, file.with_suffix(".html")) for word in words)
    began = perf_counter()
    with Path(os.devnull).open("wb") as nowhere:
        process = subprocess.Popen(
            [sys.executable, "-m", "glasshive", "trace", name, str(file), *rest],
            stdout=nowhere,
            stderr=nowhere,
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall, cpu = perf_counter() - began, usage.ru_utime + usage.ru_stime
    return wall, cpu, usage.ru_maxrss / 1024, process.returncode


def main() -> None:
    """Write the trace, put every command to it, and print a table."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    console = Console(width=100, file=sys.stdout)
    with tempfile.TemporaryDirectory(prefix="glasshive-") as folder:
        file = Path(folder) / "busy.jsonl"
        run("busy_hour", {"minutes": minutes}, trace=file)
        reading = perf_counter()
        events = sum(1 for _ in TraceReader(file).lines())
        reading = perf_counter() - reading
        size = file.stat().st_size / 1e6
        title = f"{events:,} events, {size:,.0f} MB; their lines alone are read in {reading:.1f} s"
        table = Table(title=title, title_justify="left")
        table.add_column("glasshive trace")
        for heading in ("wall [s]", "CPU [s]", "peak [MB]", "exit"):
            table.add_column(heading, justify="right")
        for words in COMMANDS:
            wall, cpu, peak, code = cost(file, words)
            shown = " ".join(words).format("ITSELF", "PAGE")
            table.add_row(shown, f"{wall:.1f}", f"{cpu:.1f}", f"{peak:,.0f}", str(code))
        console.print(table)


if __name__ == "__main__":
    main()
