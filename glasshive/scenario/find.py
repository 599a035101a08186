"""Finding scenarios: by name among those that packages offer, or by the path of a script."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import re
import sys
import traceback
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from glasshive.errors import Complaint, InputError, nearest
from glasshive.scenario.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, ModuleType

__all__ = ["GROUP", "Broken", "catalogue", "find", "importable"]

GROUP = "glasshive.scenarios"
"""The entry-point group; each entry names a package whose modules hold scenarios."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A module that should hold scenarios and cannot be imported."""

    module: str
    reason: str


def find(name_or_path: str) -> Scenario:
    """Return a scenario.

    Args:
        name_or_path: a name that an installed package offers, or the path of a script: what ends
            in `.py` or holds a separator. A script with several scenarios wants `path.py:name`.

    Raises:
        InputError: when there is none, when there are several, or when its module is broken.
    """
    path, colon, name = name_or_path.rpartition(":")
    if not colon or not path.endswith(".py"):
        path, name = name_or_path, ""
    if path.endswith(".py") or os.sep in path or "/" in path:
        return _by_path(path, name)
    return _by_name(name_or_path)


def catalogue() -> tuple[list[Scenario], list[Broken]]:
    """Return all scenarios that installed packages offer, by name, and the modules that broke."""
    scenarios: list[Scenario] = []
    broken: list[Broken] = []
    for name in _modules(broken):
        try:
            scenarios += _held_by(importlib.import_module(name))
        except (Exception, SystemExit) as error:  # noqa: BLE001  one bad module, all others shown
            broken.append(Broken(name, _reason(error)))
    return sorted(scenarios, key=lambda each: each.name), broken


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Let the files of a folder be imported, as `python script.py` does for the script's."""
    entry = str(folder.absolute())
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        # A script may have changed the path on its own, even have taken this away.
        if entry in sys.path:
            sys.path.remove(entry)


# -- by name ------------------------------------------------------------------------------


def _by_name(name: str) -> Scenario:
    where = f"scenario {name!r}"
    modules = list(_modules([]))
    # In the house a module bears its scenario's name, so that the others need no import.
    for module in modules:
        if module.rpartition(".")[2] == name:
            try:
                held = _held_by(importlib.import_module(module))
            except (Exception, SystemExit) as error:
                raise InputError(
                    Complaint(where, f"{module} is broken ({_reason(error)})", "mend the module")
                ) from error
            if found := [each for each in held if each.name == name]:
                return found[0]
    scenarios, _ = catalogue()
    for each in scenarios:
        if each.name == name:
            return each
    remedy = nearest(name, [each.name for each in scenarios])
    if any(script.stem == name for script in Path().glob("*.py")):
        remedy = f"for the script that lies here write {name}.py"
    raise InputError(Complaint(where, "there is none of this name", remedy))


def _modules(broken: list[Broken]) -> Iterator[str]:
    """Yield the name of each module that may hold scenarios, importing packages only."""
    for value in sorted({entry.value for entry in entry_points(group=GROUP)}):
        try:
            package = importlib.import_module(value)
        except (Exception, SystemExit) as error:  # noqa: BLE001  one bad package, all others shown
            broken.append(Broken(value, _reason(error)))
            continue
        yield value
        folders = getattr(package, "__path__", [])
        for module in pkgutil.walk_packages(folders, f"{value}.", onerror=lambda _: None):
            # A folder that cannot be imported is yielded too: whoever imports it learns why.
            if not module.name.rpartition(".")[2].startswith("_"):
                yield module.name


def _held_by(module: ModuleType) -> list[Scenario]:
    """Return the scenarios that a module defines, in its order; imported ones are not its own."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, Scenario) and value.__module__ == module.__name__
    ]


def _reason(error: BaseException) -> str:
    """Return an error as one line."""
    if isinstance(error, InputError):
        return str(error.complaints[0])
    return " ".join(f"{type(error).__name__}: {error}".split())


# -- by path ------------------------------------------------------------------------------


class _FreshLoader(SourceFileLoader):
    """Compiles a script each time: bytecode kept beside it would be litter, and may be stale."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the script's code."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _by_path(path: str, name: str) -> Scenario:
    held = _held_by(_load(Path(path)))
    if not held:
        raise InputError(
            Complaint(path, "holds no scenario", "mark a function of it with @scenario")
        )
    names = [each.name for each in held]
    if name and name not in names:
        raise InputError(Complaint(path, f"holds no scenario {name!r}", nearest(name, names)))
    if not name and len(held) > 1:
        raise InputError(
            Complaint(
                path,
                f"holds {len(held)} scenarios: {', '.join(names)}",
                f"say which, as in {path}:{names[0]}",
            )
        )
    chosen = held[names.index(name)] if name else held[0]
    chosen.address = f"{path}:{name}" if name else path
    return chosen


def _load(path: Path) -> ModuleType:
    """Execute a script as a module of its own.

    Modules that it imports from its folder stay imported, as any other module does: two scripts
    of one process whose siblings bear the same name share the first one's.
    """
    if path.suffix != ".py":
        raise InputError(
            Complaint(str(path), "is not a Python script", "give a path that ends in .py")
        )
    # Not a name that a script could import, and the same on every machine.
    name = "scenario_script_" + re.sub(r"\W", "_", path.stem)
    loader = _FreshLoader(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickles look their module up here.
    sys.modules[name] = module
    try:
        with importable(path.parent):
            loader.exec_module(module)
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(_load_complaint(error, path)) from error
    return module


def _near(path: Path) -> str:
    """Say which script beside this path was probably meant."""
    with suppress(OSError):
        guess = nearest(
            path.name, [each.name for each in path.parent.glob("*.py") if each.is_file()]
        )
        if guess.startswith("did you mean"):
            return guess
    return "give the path of a script"


def _load_complaint(error: BaseException, path: Path) -> Complaint:
    if isinstance(error, SyntaxError) and error.filename is not None:
        text = f": {error.text.strip()!r}" if error.text else ""
        return Complaint(
            f"{error.filename}, line {error.lineno}", f"{error.msg}{text}", "correct the syntax"
        )
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    if isinstance(error, OSError) and not lines:
        return Complaint(str(path), f"cannot be read ({error.strerror})", _near(path))
    where = f"{path}, line {lines[-1]}" if lines else str(path)
    if isinstance(error, ImportError):
        remedy = "install it, put it beside the script, or correct the name"
    elif isinstance(error, SystemExit):
        remedy = "what a script does by itself belongs under `if __name__ == '__main__':`"
    else:
        remedy = "a script must load before its scenario can run"
    return Complaint(where, _reason(error), remedy)
