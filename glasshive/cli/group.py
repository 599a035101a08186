"""A group of commands that other packages add to."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import click

from glasshive.errors import Complaint, InputError, nearest

__all__ = ["GROUP", "PluginGroup"]

GROUP = "glasshive.commands"
"""The entry-point group; each entry names a `click.Command`."""


class PluginGroup(click.Group):
    """Finds further commands through an entry-point group, and imports one when it is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, without importing any."""
        return sorted({*super().list_commands(ctx), *_plugins()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command for the help page; a broken plug-in is warned of and left out."""
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in (plugins := _plugins()):
            return own
        try:
            return _load(plugins[cmd_name])
        except InputError as error:
            click.echo(f"warning: {error}", err=True)
            return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that was asked for.

        Raises:
            InputError: when there is none of this name, or its plug-in is broken.
        """
        name, *rest = args
        command = super().get_command(ctx, name)
        if command is None:
            plugins = _plugins()
            if name not in plugins:
                raise InputError(
                    Complaint(
                        f"command {name!r}",
                        "there is none of this name",
                        nearest(name, self.list_commands(ctx)),
                    )
                )
            command = _load(plugins[name])
        return name, command, rest


def _plugins() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _load(entry: EntryPoint) -> click.Command:
    """Import a plug-in's command.

    Raises:
        InputError: when it cannot be imported or is not a command.
    """
    try:
        command = entry.load()
    except (Exception, SystemExit) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise _broken(entry, f"cannot be imported ({reason})") from error
    if not isinstance(command, click.Command):
        raise _broken(entry, f"is {command!r} and not a click command")
    return command


def _broken(entry: EntryPoint, what: str) -> InputError:
    package = entry.dist.name if entry.dist is not None else entry.module
    return InputError(
        Complaint(
            f"command {entry.name!r}",
            f"{entry.value} {what}",
            f"mend or remove the package {package}",
        )
    )
