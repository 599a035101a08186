"""Pages of other origins: those that are named may use the gateway, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.limits import Limits
from gateway.server import Gateway
from tests.gateway.conftest import Served, blueprint

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = "http://localhost:3000"
OTHER = "http://localhost:3001"


@pytest.fixture(scope="module")
def named() -> Iterator[Served]:
    """Return a gateway with a token that one page's origin may use."""
    gateway = Gateway(blueprint(), limits=Limits(drain_seconds=0.5), token="t", origins=[PAGE])  # noqa: S106  a test's
    with Served(gateway, "t").running() as served:
        yield served


def preflight(served: Served, origin: str) -> dict[str, str]:
    """Ask as a browser does before it sends a request, and return what it is told."""
    answer = served.client.options(
        "/v1/chat/completions",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
            "Authorization": "",  # browsers leave it out
        },
    )
    return dict(answer.headers) if answer.status_code == 200 else {}


def test_a_page_of_a_named_origin_may_ask(named: Served) -> None:
    told = preflight(named, PAGE)
    assert told["access-control-allow-origin"] == PAGE
    assert "POST" in told["access-control-allow-methods"]
    assert told["access-control-allow-headers"] == "authorization, content-type, idempotency-key"
    answer = named.post(headers={"Origin": PAGE})
    assert answer.status_code == 202
    assert answer.headers["access-control-allow-origin"] == PAGE


def test_it_can_read_why_it_was_refused(named: Served) -> None:
    wrong = {"Origin": PAGE, "Authorization": "Bearer wrong"}
    answer = named.client.get("/v1/models", headers=wrong)
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == PAGE


def test_a_page_of_another_origin_may_not(named: Served) -> None:
    assert preflight(named, OTHER) == {}
    answer = named.post(headers={"Origin": OTHER})
    assert "access-control-allow-origin" not in answer.headers


def test_not_even_a_named_page_may_use_admin(named: Served) -> None:
    answer = named.client.post("/admin/faults", content="heal_at = 1", headers={"Origin": PAGE})
    assert answer.status_code == 403
