"""The `colony` fixture: a colony whose promises are a part of every test that uses it."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

# Loaded here, to stay: a test of tests forgets what is imported within it.
from scenarios.gallery import never_removed

pytest_plugins = ["pytester"]
_ = never_removed

HEAD = """
    import pytest
    from glasshive.fault import Cut
    from scenarios.gallery._cast import cast_of
    from topology import Blueprint
"""
INSTALLED = any(each.value == "topology.pytest_plugin" for each in entry_points(group="pytest11"))
OPTIONS = () if INSTALLED else ("-p", "topology.pytest_plugin")


@pytest.fixture
def outcome(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> pytest.RunResult:
    """How some tests end under the strictest configuration there is."""
    pytester.makeini("[pytest]\nstrict = true\nfilterwarnings = error\n")
    pytester.makepyfile(test_bees=HEAD + request.param)
    return pytester.runpytest_inprocess(*OPTIONS, "--show-capture=no")


def of(text: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("outcome", [text], indirect=True, ids=[""])


@of("""
    def test_two_hives_of_two_workers(colony, simulation):
        assert [worker.name for worker in colony.blueprint.workers] == [
            "worker-1", "worker-2", "worker-3", "worker-4"
        ]
        assert colony.runtime is simulation
        job = colony.submit("Hum.", max_tokens=3, ignore_eos=True)
        assert len(job.wait().texts) == 3
""")
def test_a_test_has_a_small_colony_in_its_simulation(outcome: pytest.RunResult) -> None:
    outcome.assert_outcomes(passed=1)


@of("""
    @pytest.fixture
    def colony_blueprint():
        return Blueprint.grid(hives=1, workers_per_hive=1)

    def test_one_worker(colony):
        assert len(colony.blueprint.workers) == 1

    @pytest.mark.parametrize("colony_blueprint", [Blueprint.grid(hives=3, workers_per_hive=1)])
    def test_three_workers(colony):
        assert len(colony.blueprint.workers) == 3
""")
def test_a_test_may_have_a_colony_of_its_own(outcome: pytest.RunResult) -> None:
    outcome.assert_outcomes(passed=2)


MISTAKEN = """
    @pytest.fixture
    def colony_cast():
        return cast_of("never_removed")

    {mark}
    def test_a_job(colony):
        colony.submit("Hum.", max_tokens=2, ignore_eos=True)
"""


@pytest.mark.parametrize(
    "outcome",
    [MISTAKEN.format(mark=""), MISTAKEN.format(mark="@pytest.mark.glasshive(runs=5)")],
    indirect=True,
    ids=["once", "many runs"],
)
def test_a_promise_that_is_broken_after_the_last_line_fails_the_test_and_tells_the_run(
    outcome: pytest.RunResult,
) -> None:
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(
        [
            "E*AssertionError: legal-registries: hive-1 still holds hive-1/job-1 (Completed)*",
            "*violation  AssertionError at pytest_plugin.py:*",
            "*the run    first in, first out",
            "*trace      .pytest_cache/d/glasshive/test_bees.py-test_a_job.jsonl",
        ]
    )


@of("""
    @pytest.fixture
    def colony_cast():
        return cast_of("never_removed")

    def test_that_fails_by_itself(colony):
        colony.crash("hive-1")
        colony.submit("Hum.", max_tokens=2, ignore_eos=True)
        assert colony.is_up("hive-1")

    def test_that_is_skipped_half_way(colony):
        colony.submit("Hum.", max_tokens=2, ignore_eos=True)
        pytest.skip("enough")
""")
def test_a_test_that_ends_by_itself_is_not_held_to_its_colonys_promises_too(
    outcome: pytest.RunResult,
) -> None:
    outcome.assert_outcomes(failed=1, skipped=1)
    outcome.stdout.fnmatch_lines(["E*assert False"])


@of("""
    def test_what_is_broken_is_put_right(colony, simulation):
        Cut(("hive-1",)).strike(simulation)
        colony.crash("queen")
        colony.submit("Hum.", max_tokens=2, ignore_eos=True)

    @pytest.mark.glasshive(runs=10, strategy="pos")
    def test_any_order(colony):
        jobs = [colony.submit(f"job {n}", max_tokens=2, ignore_eos=True) for n in range(3)]
        assert all(len(job.wait().texts) == 2 for job in jobs)
""")
def test_the_right_bees_pass_whatever_befalls_them_and_in_any_order(
    outcome: pytest.RunResult,
) -> None:
    outcome.assert_outcomes(passed=2)


@of("""
    def test_closed(colony):
        colony.submit("Hum.", max_tokens=2, ignore_eos=True)
        colony.close()
""")
def test_a_colony_that_the_test_has_closed_is_left_alone(outcome: pytest.RunResult) -> None:
    outcome.assert_outcomes(passed=1)


@of("""
    @pytest.fixture
    def colony(simulation):
        return "mine"

    def test_mine(colony):
        assert colony == "mine"
""")
def test_another_fixture_of_the_name_is_left_alone(outcome: pytest.RunResult) -> None:
    outcome.assert_outcomes(passed=1)
