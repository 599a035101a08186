"""The pytest plugin for colonies: a `colony` that is alive in the test's `simulation`.

Whatever it needs is imported when a test uses it, so that other tests pay nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from glasshive import Simulation
    from topology.blueprint import Blueprint
    from topology.cast import Cast
    from topology.colony import Colony

_FAILED = pytest.StashKey[bool]()
"""Whether a test has failed before its colony was seen to its end."""


@pytest.fixture
def colony_blueprint() -> Blueprint:
    """What `colony` is built from; two hives of two workers, unless you have one of your own."""
    from topology.blueprint import Blueprint  # noqa: PLC0415  see the module

    return Blueprint.grid(hives=2, workers_per_hive=2)


@pytest.fixture
def colony_cast() -> Cast:
    """The classes of the bees of `colony`; the right ones, unless you have others."""
    from topology.cast import Cast  # noqa: PLC0415

    return Cast()


@pytest.fixture
def colony(
    request: pytest.FixtureRequest,
    simulation: Simulation,
    colony_blueprint: Blueprint,
    colony_cast: Cast,
) -> Iterator[Colony]:
    """A colony in the test's simulation, whose invariants must hold to the end.

    When the test is over, whatever it has broken is put right, and all comes to rest.
    """
    __tracebackhide__ = True
    from glasshive import Run  # noqa: PLC0415
    from topology.colony import Colony  # noqa: PLC0415

    colony = Colony(colony_blueprint, Run(simulation), cast=colony_cast)
    yield colony
    # A test that is run many times has nobody else who does this; one that has failed needs none.
    if not request.node.stash.get(_FAILED, False):
        _see_to_the_end(colony)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """See a test's colony to its end as a part of the test, so that it is the test which fails."""
    __tracebackhide__ = True
    try:
        result = yield
    except BaseException:
        pyfuncitem.stash[_FAILED] = True
        raise
    colony = pyfuncitem.funcargs.get("colony")
    if colony is not None and "simulation" in pyfuncitem.funcargs:
        from topology.colony import Colony  # noqa: PLC0415

        if isinstance(colony, Colony):
            _see_to_the_end(colony)
    return result


def _see_to_the_end(colony: Colony) -> None:
    """Close a colony that nobody has closed yet, and make sure that all of its promises hold."""
    __tracebackhide__ = True
    if all(each.settled for each in colony.invariants):
        return
    colony.close()
    broken = [f"{each.name}: {how}" for each in colony.invariants for how in each.violations]
    broken += colony.runtime.casualties
    if broken:
        raise AssertionError("\n".join(broken))
