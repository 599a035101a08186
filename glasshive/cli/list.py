"""`glasshive list`: which scenarios there are, and what each can be told."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import click

from glasshive.scenario import catalogue
from glasshive.scenario.outcome import plain
from glasshive.scenario.parameter import written

if TYPE_CHECKING:
    from glasshive.scenario import Broken, Scenario

__all__ = ["list_scenarios"]


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def list_scenarios(*, as_json: bool) -> None:
    """Show the scenarios that installed packages offer, with their parameters."""
    # A module that prints while it is imported must not spoil the list.
    with redirect_stdout(sys.stderr):
        scenarios, broken = catalogue()
    if as_json:
        click.echo(json.dumps(_listing(scenarios, broken)))
        return
    for scenario in scenarios:
        click.echo(f"{scenario.name}  {scenario.summary}".rstrip())
        for line in _parameter_lines(scenario):
            click.echo(f"    {line}")
    for each in broken:
        click.echo(f"{each.module}  cannot be imported: {each.reason}")


def _parameter_lines(scenario: Scenario) -> list[str]:
    """Return `name=default  type  help` for each parameter, in columns."""
    parameters = scenario.parameters.values()
    cells = [(f"{each.name}={written(each.default)}", each.type_name) for each in parameters]
    first = max((len(setting) for setting, _ in cells), default=0)
    second = max((len(kind) for _, kind in cells), default=0)
    return [
        f"{setting:{first}}  {kind:{second}}  {each.help}".rstrip()
        for (setting, kind), each in zip(cells, parameters, strict=True)
    ]


def _listing(scenarios: list[Scenario], broken: list[Broken]) -> dict[str, Any]:
    return {
        "scenarios": [
            {
                "name": scenario.name,
                "summary": scenario.summary,
                "module": scenario.__module__,
                "parameters": [
                    {
                        "name": each.name,
                        "type": each.type_name,
                        "default": plain(each.default),
                        "help": each.help,
                    }
                    for each in scenario.parameters.values()
                ],
            }
            for scenario in scenarios
        ],
        "broken": [{"module": each.module, "reason": each.reason} for each in broken],
    }
