"""What all tests have in common."""

from __future__ import annotations

import signal

import pytest

# A shell starts what it puts into the background deaf to Ctrl-C, which would make the tests about
# Ctrl-C fail for no fault of theirs, and so would the processes that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Have tests of pytest plugins do without schemathesis' own, which meddles in collecting."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:schemathesis")
    return pytester
