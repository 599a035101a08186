"""Plans that nobody could mean: refused at once, without a word to the swarm."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from gateway.limits import MOST_PLAN_BYTES, MOST_STRIKES
from gateway.routes import admin
from tests.gateway.conftest import LONG

if TYPE_CHECKING:
    from tests.gateway.conftest import Served, Serves

JSON = {"Content-Type": "application/json"}
LINK = '[[strikes]]\nat = 0\ndo = "link"\na = "queen"\nb = "hive-1"\nlatency = '
DEEP = f"{('{ a' + '.a' * 31 + ' = ') * 150}1{' }' * 150}"


def post(served: Served, plan: Any) -> Any:
    """Send a plan: a text as TOML, bytes as JSON, anything else as what JSON makes of it."""
    if isinstance(plan, str):
        return served.client.post("/admin/faults", content=plan)
    body = plan if isinstance(plan, bytes) else json.dumps(plan).encode()
    return served.client.post("/admin/faults", content=body, headers=JSON)


def link(latency: Any) -> dict[str, Any]:
    return {"at": 0, "do": "link", "a": "queen", "b": "hive-1", "latency": latency}


@pytest.mark.parametrize(
    ("plan", "status", "sentence"),
    [
        ("a." * 20_000 + "b = 1", 400, "plan, line 1: a key has more than 32 parts"),
        (f"x = {DEEP}", 422, "plan, line 1: there is no key 'x' here"),
        (f"{LINK}{DEEP}", 422, "line 6, strikes[0], link: latency is no distribution"),
        (f"{LINK}{{ type = 'Empirical', samples = [{'0,' * 60_000}-1] }}", 422, "a sample is a"),
        ("".join(f"k{n} = 1\n" for n in range(12_000)), 422, "and 11,990 more"),
        ({"strikes": [{f"k{n}": 1 for n in range(60)} for _ in range(120)]}, 422, "more"),
        (b'{"a": ' * 900 + b"1" + b"}" * 900, 422, "there is no key 'a' here"),
        (b'{"strikes": ' + b"[" * 900 + b"]" * 900 + b"}", 422, "write a table for each"),
        ({"strikes": [link({"type": "x" * 100_000})]}, 422, "latency is no distribution: Invalid"),
        (b'{"strikes": [{"at": 0, "do": "link", "latency": {"type": "\\ud800"}}]}', 422, "half of"),
        (b'{"strikes": [{"after_token": 1, "request": "\\ud800", "do": "heal"}]}', 422, "half of"),
        ('["' + "x" * 60_000 + '"]\n["' + "x" * 60_000 + '"]', 400, "Cannot declare"),
        ("#" * (MOST_PLAN_BYTES + 1), 413, f"more than {MOST_PLAN_BYTES} bytes"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_long_deep_or_odd_plan_is_refused_in_a_few_sentences(
    served: Served, plan: Any, status: int, sentence: str
) -> None:
    answer = post(served, plan)
    message = answer.json()["error"]["message"]
    assert answer.status_code == status
    assert sentence in message
    assert len(message) < 10_000
    assert served.client.get("/admin/faults").json() == {"armed": []}


def test_a_plan_that_is_too_large_has_the_code_of_a_body_that_is(served: Served) -> None:
    answer = post(served, " " * (MOST_PLAN_BYTES + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "body_too_large"


def test_the_most_strikes_have_room_in_a_plan(serves: Serves) -> None:
    served = serves()
    each = '[[strikes]]\nafter_message = 1\nkind = "Submit"\nto = "keeper-1"\ndo = "recover"\n\n'
    plan = each * MOST_STRIKES
    answer = post(served, plan + each)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].startswith("a plan has 1,000 strikes at most")
    answer = post(served, plan)
    assert (answer.status_code, len(answer.json()["armed"])) == (202, MOST_STRIKES)


@pytest.mark.parametrize("plan", ["# a plan", "\n", {}, {"strikes": []}])
def test_a_plan_in_which_nothing_happens_is_refused_with_what_curl_does_to_a_file(
    served: Served, plan: Any
) -> None:
    answer = post(served, plan)
    assert answer.status_code == 422
    assert answer.json()["error"] == {
        "message": "there is no strike in the plan; with curl, send a file by "
        "--data-binary @FILE, since -d takes the line ends out",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_plan",
    }


@pytest.mark.parametrize(
    ("latency", "sentence"),
    [
        ({"type": "LogNormal", "median": 1, "sigma": 1000}, "sigma is at most 10"),
        ({"type": "LogNormal", "median": 1e300, "sigma": 1}, "median is at most 31,536,000 s"),
        ({"type": "Constant", "seconds": 1e300}, "seconds is at most 31,536,000 s"),
        (1e300, "write a finite number of seconds, 0 to 31,536,000"),
    ],
    ids=str,
)
def test_a_latency_that_could_end_a_thread_is_refused(
    served: Served, latency: Any, sentence: str
) -> None:
    answer = post(served, {"strikes": [link(latency)]})
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]["message"]


@pytest.mark.parametrize("factor", [1e300, 1e-300])
def test_a_worker_is_not_slowed_without_end(served: Served, factor: float) -> None:
    slow = {"at": 0, "do": "slow", "worker": "worker-1", "factor": factor}
    answer = post(served, {"strikes": [slow]})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == (
        f"plan, strikes[0], slow: a live run cannot slow a worker by {factor:g}; "
        "let factor be 0.001 to 1,000,000"
    )


@pytest.mark.parametrize("path", ["/admin/faults", "/admin/state"])
def test_others_are_served_while_a_plan_or_the_state_is_read(served: Served, path: str) -> None:
    answers: list[int] = []

    def ask() -> None:
        method = "POST" if path == "/admin/faults" else "GET"
        answers.append(served.client.request(method, path, content="heal_at = 0").status_code)

    asking = threading.Thread(target=ask)
    with admin._TURN:  # as long as it is held, what takes long goes on
        asking.start()
        for _ in range(20):
            assert served.client.get("/health").status_code == 200
        assert answers == []
    asking.join(LONG)
    assert answers in ([200], [202])
