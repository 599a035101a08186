"""The `--set key=value` options: read for a scenario, and written to run it again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from glasshive.errors import Complaint, InputError
from glasshive.scenario.parameter import written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glasshive.scenario import Outcome, Scenario
    from glasshive.scenario.parameter import Value

__all__ = ["again", "command_line", "read_settings"]


def read_settings(scenario: Scenario, settings: Sequence[str]) -> dict[str, Value]:
    """Return the values that `--set` options give.

    Args:
        scenario: whose parameters they are.
        settings: each as `key=value`.

    Raises:
        InputError: for each that has no `=`, an unknown or repeated key, or a value of a wrong
            type.
    """
    complaints: list[Complaint] = []
    values: dict[str, Value] = {}
    given: dict[str, str] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        where = f"--set {setting}"
        try:
            parameter = scenario.parameter(key, where)
        except InputError as error:
            complaints += error.complaints
            continue
        if not equals:
            complaints.append(
                Complaint(
                    where, "has no value", f"write {key}=VALUE, {key} takes {parameter.expected}"
                )
            )
        elif key in given:
            complaints.append(
                Complaint(where, f"{key} is set already, by --set {given[key]}", "set it only once")
            )
        else:
            given[key] = setting
            try:
                values[key] = parameter.parse(text, where)
            except InputError as error:
                complaints += error.complaints
    if complaints:
        raise InputError(*complaints)
    return values


def again(scenario: Scenario, outcome: Outcome) -> str:
    """Return the command line that runs the same thing again, quoted for a shell."""
    words = ["--seed", str(outcome.seed)]
    if outcome.runtime != "simulated":
        words += ["--runtime", outcome.runtime]
    return command_line(scenario, outcome.parameters, words)


def command_line(
    scenario: Scenario,
    parameters: Mapping[str, Value],
    options: Sequence[str],
    *,
    command: str = "run",
) -> str:
    """Return the command line of a run, quoted for a shell.

    Args:
        scenario: what is run.
        parameters: its values; those that are not the defaults are written.
        options: the other options, a word each.
        command: what runs it.
    """
    words = ["glasshive", command, scenario.address, *options]
    for name, value in parameters.items():
        if value != scenario.parameters[name].default:
            words += ["--set", f"{name}={written(value)}"]
    return shlex.join(words)
