from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    Command: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]

GREET = """
import click

@click.command()
@click.argument("name")
def greet(name):
    '''Greet somebody.'''
    click.echo(f"hello {name}")
"""
POLITE = "[glasshive.commands]\ngreet = polite.command:greet\n"


def test_the_version_is_shown(glasshive: Command) -> None:
    assert glasshive("--version").stdout == "glasshive 0.1.0\n"


def test_an_installed_command_joins_the_others(
    glasshive: Command, plugin: Callable[..., None]
) -> None:
    plugin("polite", {"command.py": GREET}, POLITE)

    assert ["greet", "Greet", "somebody."] in map(
        str.split, glasshive("--help").stdout.splitlines()
    )
    done = glasshive("greet", "you")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello you\n", "")


def test_a_broken_command_warns_and_leaves_the_others_alone(
    glasshive: Command, plugin: Callable[..., None]
) -> None:
    plugin("polite", {"command.py": "import no_such_module"}, POLITE)
    complaint = (
        "command 'greet': polite.command:greet cannot be imported "
        "(ModuleNotFoundError: No module named 'no_such_module'); mend or remove the package polite"
    )

    shown = glasshive("--help")
    asked = glasshive("greet", "you")

    assert shown.returncode == 0
    assert f"warning: {complaint}\n" in shown.stderr
    assert "  list " in shown.stdout
    assert "  greet " not in shown.stdout
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr == f"error: {complaint}\n"


def test_an_entry_that_is_no_command_is_refused(
    glasshive: Command, plugin: Callable[..., None]
) -> None:
    plugin("polite", {"command.py": "greet = 'hello'"}, POLITE)

    done = glasshive("greet")

    assert (done.returncode, done.stderr) == (
        2,
        (
            "error: command 'greet': polite.command:greet is 'hello' and not a click command; "
            "mend or remove the package polite\n"
        ),
    )


def test_wrong_input_of_an_installed_command_ends_with_exit_code_2(
    glasshive: Command, plugin: Callable[..., None]
) -> None:
    body = GREET + (
        "    from glasshive.errors import Complaint, InputError\n"
        "    raise InputError(Complaint('name', 'too short', 'write it out'))\n"
    )
    plugin("polite", {"command.py": body}, POLITE)

    done = glasshive("greet", "y")

    assert (done.returncode, done.stderr) == (2, "error: name: too short; write it out\n")


def test_an_unknown_command_is_answered_with_the_near_ones(glasshive: Command) -> None:
    done = glasshive("lst")

    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "error: command 'lst': there is none of this name; did you mean 'list'?\n",
    )


def test_starting_up_imports_neither_numpy_nor_the_floors_above() -> None:
    probe = (
        "import sys, glasshive.cli\n"
        "print([name for name in ('numpy', 'rich', 'topology', 'actors', 'scenarios', 'gateway',"
        " 'unittest') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
