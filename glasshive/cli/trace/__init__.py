"""`glasshive trace`: what a trace tells, one command for each question."""

from __future__ import annotations

from importlib import import_module

import click

from glasshive.errors import Complaint, InputError, nearest

__all__ = ["trace"]

_COMMANDS = {
    "check": "check",
    "diff": "diff",
    "effects": "effects",
    "export": "export",
    "find": "find",
    "follow": "follow",
    "lost": "lost",
    "query": "query",
    "show": "show",
    "state": "state",
    "stats": "stats",
    "view": "view",
    "why": "why",
}
"""The module of each command, in this package; its `command` is imported when it is wanted."""


class _TraceGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's form
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"glasshive.cli.trace.{_COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS:
            remedy = nearest(args[0], _COMMANDS)
            raise InputError(
                Complaint(f"command 'trace {args[0]}'", "there is none of this name", remedy)
            )
        return super().resolve_command(ctx, args)


@click.group("trace", cls=_TraceGroup)
def trace() -> None:
    """Read a trace: who sent what, why, and what came of it."""
