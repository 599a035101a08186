"""Where the command begins and ends: every error becomes a message and an exit code."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from glasshive.cli.exits import HELD, INTERRUPTED, NOT_HELD, WRONG_INPUT
from glasshive.cli.explore import explore_scenario
from glasshive.cli.group import PluginGroup
from glasshive.cli.list import list_scenarios
from glasshive.cli.replay import replay_file
from glasshive.cli.result import input_error
from glasshive.cli.run import run_scenario
from glasshive.cli.trace import trace
from glasshive.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["glasshive", "main"]

EPILOG = (
    "Exit codes: 0 all that was claimed held, 1 a claim or an invariant did not hold or the "
    "scenario failed, 2 the input was wrong, 130 interrupted (by Ctrl-C, or because nobody "
    "reads the output any more)."
)


COMMANDS = [explore_scenario, list_scenarios, replay_file, run_scenario, trace]


@click.group(cls=PluginGroup, epilog=EPILOG, commands=COMMANDS)
@click.version_option(package_name="glasshive", message="%(prog)s %(version)s")
def glasshive() -> None:
    """Run actor programs under glass: repeat, watch and break every message."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end the process.

    Args:
        arguments: the words of the command line; None takes the process's own.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    _prepare_streams()
    try:
        # Not by click's own `main`, which calls an interruption and a reader that left a failure.
        with glasshive.make_context("glasshive", words) as context:
            code = glasshive.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        code = end.exit_code
    except InputError as error:
        complaints = [str(complaint) for complaint in error.complaints]
        for complaint in complaints:
            click.echo(f"error: {complaint}", err=True)
        code = _wrong_input(words, complaints)
    except click.ClickException as error:
        error.show()
        code = _wrong_input(words, [error.format_message()])
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        _close_output()
        code = INTERRUPTED
    except OSError as error:
        # A full disk under standard output; what was run has been run, and its trace is whole.
        _close_output()
        with suppress(OSError):
            sys.stderr.write(f"error: standard output cannot be written ({error.strerror})\n")
        code = NOT_HELD
    sys.exit(code if isinstance(code, int) else HELD)


def _prepare_streams() -> None:
    """Make sure that whatever is said can be written somewhere."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the caller has closed it
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  until the end
            setattr(sys, name, nowhere)
        elif isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show ✓ gets an escape, not an error.
            stream.reconfigure(errors="backslashreplace")


def _close_output() -> None:
    """Write nothing more; the interpreter must not stumble over it once more on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _wrong_input(words: Sequence[str], complaints: list[str]) -> int:
    """Keep the promise of `--json`, also where the options could not be read."""
    if "--json" in words:
        click.echo(input_error(complaints))
    return WRONG_INPUT
