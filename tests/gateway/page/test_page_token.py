"""Who may see the page when a token is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect

from gateway.credential import Credential
from tests.gateway.conftest import LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext

    from tests.gateway.conftest import Served, Serves

TOKEN = "open-sesame"  # noqa: S105  a token for tests


@pytest.fixture
def guarded(serves: Serves) -> Served:
    return serves(token=TOKEN)


@pytest.fixture
def stranger(guarded: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded.url, timeout=LONG, trust_env=False) as client:
        yield client


def logged_in(client: httpx.Client) -> httpx.Response:
    return client.post("/", data={"token": TOKEN})


def test_a_browser_gives_the_token_once_and_then_sees_the_run(
    visitor: BrowserContext, guarded: Served
) -> None:
    page = visitor.new_page()
    page.goto(guarded.url)
    expect(page.locator("#lanes")).to_have_count(0)
    page.get_by_label("The token of this gateway").fill("guessed")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_have_text("This is not the token.")
    page.get_by_label("The token of this gateway").fill(TOKEN)
    page.get_by_role("button", name="Open").click()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#status")).to_have_text("live")
    assert TOKEN not in page.url
    # No script can read it, and it is not the token.
    assert page.evaluate("document.cookie") == ""
    (cookie,) = visitor.cookies()
    assert cookie.get("httpOnly")
    assert cookie.get("sameSite") == "Strict"
    assert TOKEN not in str(cookie)
    # A page that is opened later is there at once.
    later = visitor.new_page()
    later.goto(guarded.url)
    later.wait_for_selector("body[data-ready]")


def test_a_link_survives_the_question_for_the_token(
    visitor: BrowserContext, guarded: Served
) -> None:
    page = visitor.new_page()
    page.goto(f"{guarded.url}/#tab=jobs")
    page.get_by_label("The token of this gateway").fill(TOKEN)
    page.get_by_role("button", name="Open").click()
    page.wait_for_selector("body[data-ready]")
    expect(page.get_by_role("tab", name="Jobs")).to_have_attribute("aria-selected", "true")


def test_without_the_token_there_is_no_page(stranger: httpx.Client) -> None:
    answer = stranger.get("/")
    assert answer.status_code == 401
    assert "<canvas" not in answer.text
    assert answer.headers["www-authenticate"] == "Bearer"
    assert stranger.get("/admin/live").status_code == 401


def test_the_header_opens_the_page_too(guarded: Served) -> None:
    assert guarded.client.get("/").status_code == 200
    assert guarded.client.get("/admin/live").status_code == 200


@pytest.mark.parametrize("given", ["", "open-sesam", "open-sesame ", "ünknown", "\ud83d"])
def test_a_wrong_token_gets_no_cookie(stranger: httpx.Client, given: str) -> None:
    body = {"token": given.encode("utf-8", "surrogatepass").decode("latin-1")}
    answer = stranger.post("/", data=body)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"token", b"&".join([b"a=1"] * 99)])
def test_what_is_no_form_gets_no_cookie(stranger: httpx.Client, body: bytes) -> None:
    answer = stranger.post("/", content=body)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_the_cookie_is_good_for_looking_and_for_nothing_else(stranger: httpx.Client) -> None:
    answer = logged_in(stranger)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert stranger.get("/").status_code == 200
    assert stranger.get("/admin/live").status_code == 200
    for path in ("/admin/state", "/admin/trace", "/admin/faults", "/v1/jobs", "/metrics"):
        assert stranger.get(path).status_code == 401
    assert stranger.post("/v1/inference", json={"prompt": "x"}).status_code == 401
    assert stranger.post("/admin/faults", json={}).status_code == 401


def test_a_cookie_of_another_gateway_is_good_for_nothing(stranger: httpx.Client) -> None:
    (name,) = [each.partition("=")[0] for each in [logged_in(stranger).headers["set-cookie"]]]
    stranger.cookies.clear()
    for value in ("", "guessed", TOKEN, "ü"):
        stranger.cookies.clear()
        header = f"other=1; {name}={value}".encode("latin-1")
        assert stranger.get("/", headers={b"cookie": header}).status_code == 401


def test_a_page_of_another_origin_gets_nothing(stranger: httpx.Client) -> None:
    logged_in(stranger)
    answer = stranger.get("/admin/live", headers={"origin": "http://elsewhere.test"})
    assert answer.status_code == 403


def test_no_token_that_was_given_is_logged(
    stranger: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger.post("/", data={"token": "a-guess"})
    logged_in(stranger)
    stranger.get("/v1/jobs")
    said = "".join(capsys.readouterr())
    assert "refused" in said
    assert TOKEN not in said
    assert "a-guess" not in said


def test_each_port_has_a_cookie_of_its_own() -> None:
    credential = Credential(TOKEN)
    hosts = ["127.0.0.1:8000", "127.0.0.1:8001", "[::1]:8000", "somewhere", "[::1]"]
    given = [credential.cookie_for(TOKEN, httpx.Headers({"host": host})) for host in hosts]  # type: ignore[arg-type]
    names = [cookie.partition("=")[0] for cookie in given if cookie is not None]
    assert names == ["glasshive-8000", "glasshive-8001", "glasshive-8000", "glasshive", "glasshive"]
