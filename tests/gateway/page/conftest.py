"""A browser that looks at gateways."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.gateway.conftest import LONG
from tests.gateway.proofs.conftest import browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext

__all__ = ["browser"]

expect.set_options(timeout=1000 * LONG)


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser without cookies; at the end nothing has gone wrong on its pages."""
    wrong: list[str] = []
    with closing(browser.new_context(viewport={"width": 1400, "height": 860})) as context:
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        yield context
    assert wrong == []
