"""The page on testing, whose examples are one file of tests."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import settings

# Loaded here, to stay: a test of tests forgets what is imported within it.
import glasshive.testing.failing
import glasshive.testing.strategies  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[3] / "docs" / "testing.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


@contextmanager
def patience() -> Iterator[None]:
    """Let a run of Hypothesis take as long as it likes, which is not what is tested."""
    before = settings.get_current_profile_name()
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")
    try:
        yield
    finally:
        settings.load_profile(before)


def test_the_examples_do_what_the_page_says_and_fail_with_the_story_on_it(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini("[pytest]\nstrict = true\nfilterwarnings = error\n")
    (pytester.path / "test_kitchen.py").write_text("\n\n".join(blocks("python")))
    with patience():
        result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=4, xfailed=1, failed=1)
    (story,) = blocks("text")
    printed = "\n".join(re.sub(r"^E {7}", "", line) for line in result.outlines)
    assert story in f"{printed}\n", printed
