"""The pytest plugin: a `simulation` for each run of a test, and the story of the run that fails.

Whatever it needs is imported when a test uses it, so that other tests pay nothing.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from glasshive.simulation import Simulation
    from glasshive.testing.record import Shelf
    from glasshive.testing.settings import Replayed
    from glasshive.testing.trial import Stage

_FIXTURE = "simulation"
_HELP = (
    "glasshive(seed=0, runs=1, strategy='pos', order='timed', depth=3, schedule=None): run a test "
    "that uses the simulation fixture as often, with another order of its messages each time; the "
    "first run that fails is made small and told. schedule={62: 1} is one run with these decisions."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options."""
    group = parser.getgroup("glasshive", "Pykka programs under glass")
    group.addoption(
        "--glasshive-seed",
        type=int,
        metavar="SEED",
        help="seed of every simulation fixture, whatever the marks say",
    )
    group.addoption(
        "--glasshive-runs",
        type=int,
        metavar="N",
        help="runs of every test that uses a simulation fixture, whatever the marks say",
    )
    group.addoption(
        "--glasshive-trace-dir",
        metavar="DIR",
        help="where traces of failing runs go; by default to pytest's cache",
    )
    group.addoption(
        "--glasshive-replay",
        metavar="FILE",
        help="run the one selected test as the trace in this file was decided",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known, and read the trace that is to be repeated.

    Raises:
        pytest.UsageError: for an option that will not do.
    """
    config.addinivalue_line("markers", _HELP)
    runs = config.getoption("glasshive_runs")
    if runs is not None and runs < 1:
        raise pytest.UsageError(f"--glasshive-runs {runs}: a test has 1 run or more")
    if config.getoption("glasshive_replay") is not None:
        _replayed(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Look at the marks of a test.

    Raises:
        pytest.Collector.CollectError: for one that will not do.
    """
    test = metafunc.definition
    if _FIXTURE in metafunc.fixturenames:
        if any(test.iter_markers("glasshive")):
            from glasshive.testing.settings import settings_of  # noqa: PLC0415  see the module

            settings_of(test)
    elif any(mark.name == "glasshive" for mark in test.own_markers):
        raise pytest.Collector.CollectError(
            f"{test.nodeid}: the mark 'glasshive' is for tests that use the simulation fixture"
        )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Make sure that a trace is of the one test that is selected.

    Raises:
        pytest.UsageError: when it is not.
    """
    if session.config.getoption("glasshive_replay") is None or hasattr(
        session.config, "workerinput"
    ):
        return  # a process of xdist has no way to say so, but in the test itself
    tests = [each for each in session.items if _FIXTURE in getattr(each, "fixturenames", ())]
    complaint = _replayed(session.config).complaint([each.nodeid for each in tests])
    if complaint is not None:
        raise pytest.UsageError(f"--glasshive-replay: {complaint}")


def _replayed(config: pytest.Config) -> Replayed:
    """Return the trace that is to be repeated."""
    from glasshive.errors import InputError  # noqa: PLC0415
    from glasshive.testing.settings import Replayed  # noqa: PLC0415

    path = config.invocation_params.dir / config.getoption("glasshive_replay")
    try:
        return Replayed(path)
    except InputError as error:
        raise pytest.UsageError(f"--glasshive-replay: {error}") from None


def _stage_of(item: pytest.Item) -> Stage:
    """Return a test's stage, which is set when it is first asked for."""
    from glasshive.testing.settings import settings_of  # noqa: PLC0415
    from glasshive.testing.trial import STAGE, Stage  # noqa: PLC0415

    if STAGE in item.stash:
        return item.stash[STAGE]
    if item.config.getoption("glasshive_replay") is None:
        settings = settings_of(item)
    else:
        replayed = _replayed(item.config)
        settings = replayed.settings
        if (complaint := replayed.complaint([item.nodeid])) is not None:
            pytest.fail(f"--glasshive-replay: {complaint}", pytrace=False)
    item.stash[STAGE] = stage = Stage(settings)
    return stage


@pytest.fixture
def simulation(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    """A simulation that is entered for the test, a fresh one for each of its runs."""
    with _stage_of(request.node).set() as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Say where the test's trace goes; have its failure tell its story, if it has one run."""
    __tracebackhide__ = True
    if not isinstance(item, pytest.Function):
        return (yield)
    from glasshive.testing.record import Shelf  # noqa: PLC0415

    before = Shelf.current
    Shelf.current = shelf = Shelf(lambda: _folder(item.config), item.nodeid)
    try:
        return (yield)
    except (Exception, pytest.fail.Exception) as error:
        _explain(item, shelf, error)
        raise
    finally:
        Shelf.current = before


def _explain(item: pytest.Function, shelf: Shelf, error: BaseException) -> None:
    from glasshive.testing.story import stories_of  # noqa: PLC0415
    from glasshive.testing.trial import STAGE, counts  # noqa: PLC0415

    stage = item.stash.get(STAGE, None)
    plain = stage is not None and stage.settings.plain and not _is_elsewhere(item)
    if plain and counts(error):
        from glasshive.testing.failing import explain  # noqa: PLC0415

        explain(item, shelf, error)
    for story in stories_of(error):
        item.user_properties += story.properties


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object | None:
    """Run a test as often as its settings say, and fail as its smallest failing run does."""
    __tracebackhide__ = True
    if _FIXTURE not in pyfuncitem.fixturenames:
        return None
    from glasshive.testing.record import Shelf  # noqa: PLC0415
    from glasshive.testing.trial import STAGE  # noqa: PLC0415

    stage = pyfuncitem.stash.get(STAGE, None)
    # There is none where a fixture of the same name has been put in the place of ours.
    if stage is None or stage.settings.plain or _is_elsewhere(pyfuncitem):
        return None
    from glasshive.testing.failing import failure_of  # noqa: PLC0415

    assert Shelf.current is not None
    if (error := failure_of(pyfuncitem, Shelf.current)) is not None:
        raise error
    pyfuncitem.user_properties += stage.held
    for name, value in stage.held:
        if name == "glasshive-held":
            pyfuncitem.add_report_section("call", "glasshive", value)
    return True


def _is_elsewhere(item: pytest.Function) -> bool:
    """Return whether somebody else runs a test: Hypothesis, or what plays coroutines."""
    return bool(getattr(item.obj, "is_hypothesis_test", False)) or inspect.iscoroutinefunction(
        item.obj
    )


def _folder(config: pytest.Config) -> Path:
    """Return the folder for traces."""
    named: str | None = config.getoption("glasshive_trace_dir")
    if named is not None:
        return config.invocation_params.dir / named
    cache: pytest.Cache | None = getattr(config, "cache", None)
    return config.rootpath / ".glasshive" if cache is None else cache.mkdir("glasshive")
