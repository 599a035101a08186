"""A live run, a gate for a thread of it, and quiet from Pykka."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from glasshive import Live
from tests.glasshive.lives import Gate

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def quiet() -> Iterator[None]:
    """Have Pykka not print what is raised here on purpose."""
    logger = logging.getLogger("pykka")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    yield
    logger.setLevel(before)


@pytest.fixture
def live() -> Iterator[Live]:
    with Live() as live:
        yield live


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.go.set()
