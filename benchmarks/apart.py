"""Measures in a process of its own, whose memory is that of the work alone."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["apart", "resident_mb"]

_KIB_PER_MIB = 1024


def apart(work: str, *arguments: object) -> dict[str, Any]:
    """Call a function in a new process and return the dictionary that it returns.

    Args:
        work: the function, as `module:name`.
        *arguments: what it is given, each as JSON can hold it.
    """
    command = [sys.executable, "-m", "benchmarks.apart", work, json.dumps(arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def resident_mb(*, peak: bool) -> float:
    """Return the MiB that this process holds in memory, or did at its peak.

    Not by `getrusage`: there, a process that was started by a bigger one begins with its peak.
    """
    field = "VmHWM:" if peak else "VmRSS:"
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / _KIB_PER_MIB
    raise OSError(f"/proc/self/status has no {field}")


def main() -> None:
    """Do the work that the command line names, and print what it returns."""
    module, _, name = sys.argv[1].partition(":")
    found = getattr(importlib.import_module(module), name)(*json.loads(sys.argv[2]))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
