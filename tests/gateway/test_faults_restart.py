"""What clients see while a queen or a hive crashes and is started again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.conftest import blueprint, eventually, spoken, text_of

if TYPE_CHECKING:
    from tests.gateway.conftest import Serves


def crash_and_restart(bee: str, *, state: bool = False) -> dict[str, Any]:
    return {
        "strikes": [
            {"after_token": 5, "do": "crash", "bee": bee},
            {"at": 1.0, "do": "restart", "bee": bee, "state": state},
        ]
    }


@pytest.mark.parametrize(("bee", "state"), [("queen", False), ("queen", True), ("hive-1", False)])
def test_one_connection_gets_the_whole_text_of_a_bee_that_crashes_and_comes_back(
    serves: Serves,
    bee: str,
    state: bool,
) -> None:
    served = serves(blueprint(seconds_per_token=0.02, workers_per_hive=1))
    plan = crash_and_restart(bee, state=state)
    answer = served.client.post("/admin/faults", json=plan)
    assert answer.status_code == 202, answer.text
    events = served.read(served.submit(tokens=60))
    assert spoken(events) == text_of("sing", 60)
    indices = [event.data["index"] for event in events if event.type == "token"]
    assert indices == list(range(60))
    assert [event.type for event in events if event.type in {"started", "end", "error"}] == [
        "started",
        "end",
    ]
    assert events[-1].data["state"] == "completed"
    assert served.client.get("/admin/faults").json() == {"armed": []}


def test_a_plan_that_heals_brings_the_queen_back(serves: Serves) -> None:
    served = serves(blueprint())
    plan = {"heal_at": 0.5, "strikes": [{"at": 0, "do": "crash", "bee": "queen"}]}
    assert served.client.post("/admin/faults", json=plan).status_code == 202
    eventually(lambda: served.client.get("/ready").status_code == 503)
    eventually(lambda: served.client.get("/ready").status_code == 200)
    assert spoken(served.read(served.submit(tokens=8))) == text_of("sing", 8)


def test_requests_are_served_by_a_queen_that_has_begun_anew(serves: Serves) -> None:
    served = serves(blueprint())
    for _ in range(2):
        for strike in ("crash", "restart"):
            plan = {"strikes": [{"at": 0, "do": strike, "bee": "queen"}]}
            assert served.client.post("/admin/faults", json=plan).status_code == 202
            eventually(lambda: served.client.get("/admin/faults").json() == {"armed": []})
        eventually(lambda: served.client.get("/ready").status_code == 200)
        assert spoken(served.read(served.submit(tokens=8))) == text_of("sing", 8)
