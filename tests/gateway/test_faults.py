"""What clients see while the swarm is struck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.conftest import blueprint, eventually, spoken, text_of

if TYPE_CHECKING:
    from tests.gateway.conftest import Served, Serves


def arm(served: Served, plan: Any) -> Any:
    """Send a plan, as TOML if it is a text."""
    if isinstance(plan, str):
        return served.client.post("/admin/faults", content=plan)
    return served.client.post("/admin/faults", json=plan)


def ends(events: list[Any]) -> list[str]:
    return [event.type for event in events if event.type in {"end", "error"}]


@pytest.mark.parametrize("victim", ["worker", "hive"])
def test_a_text_goes_on_after_a_crash_in_its_middle(serves: Serves, victim: str) -> None:
    served = serves(blueprint(seconds_per_token=0.02, hives=2, workers_per_hive=1))
    job_id = served.submit(tokens=60)
    events = []
    with served.reading(job_id) as stream:
        for event in stream:
            events.append(event)
            if event.id == "5":
                name = served.worker_of(job_id)
                name = name if victim == "worker" else name.replace("worker", "hive")
                assert arm(served, {"strikes": [{"at": 0, "do": "crash", "bee": name}]})
    assert spoken(events) == text_of("sing", 60)
    indices = [event.data["index"] for event in events if event.type == "token"]
    assert indices == list(range(60))
    assert ends(events) == ["end"]


def test_a_crash_can_wait_for_a_token(serves: Serves) -> None:
    served = serves(blueprint(seconds_per_token=0.02, workers_per_hive=1))
    plan = '[[strikes]]\nafter_token = 4\ndo = "crash"\nbee = "worker-1"\n'
    answer = arm(served, plan)
    assert answer.status_code == 202
    assert answer.json() == {"armed": ["after the 4th token of any request: crash worker-1"]}
    events = served.read(served.submit(tokens=30))
    assert spoken(events) == text_of("sing", 30)
    assert ends(events) == ["end"]
    assert served.client.get("/admin/faults").json() == {"armed": []}


def test_faults_come_at_a_time_after_a_message_and_at_a_rate(serves: Serves) -> None:
    served = serves(blueprint(seconds_per_token=0.01))
    plan = {
        "heal_at": 5,
        "strikes": [
            {"at": 0.1, "do": "slow", "worker": "worker-1", "factor": 1.5},
            {
                "after_message": 3,
                "kind": "Heartbeat",
                "to": "queen",
                "do": "partition",
                "a": ["hive-1"],
            },
            {
                "chance": 0.5,
                "every": 0.05,
                "until": 0.5,
                "do": "out_of_memory",
                "worker": "worker-2",
            },
            {"at": 1, "do": "heal"},
        ],
    }
    answer = arm(served, plan)
    assert answer.status_code == 202, answer.text
    events = served.read(served.submit(tokens=100))
    assert spoken(events) == text_of("sing", 100)
    assert ends(events) == ["end"]
    eventually(lambda: served.client.get("/admin/faults").json() == {"armed": []})


def test_a_plan_that_only_a_simulation_can_do_is_refused_with_the_readers_sentences(
    served: Served,
) -> None:
    plan = (
        '[[strikes]]\nat = 1\ndo = "pause_host"\nhost = "hive-1"\n'
        '[[strikes]]\nat = 1\ndo = "crash"\nbee = "keeper-1"\n'
    )
    answer = arm(served, plan)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].splitlines() == [
        (
            "plan, line 1, strikes[0], pause_host: a live run cannot pause_host; it can: crash, "
            "restart, hang, slow, out_of_memory, fail_to_load, lie, partition, heal, link, recover"
        ),
        (
            "plan, line 5, strikes[1], crash: nobody would answer the requests of keeper-1; "
            "crash another bee"
        ),
    ]


@pytest.mark.parametrize(
    ("plan", "status"),
    [
        ("strikes = 5", 422),
        ("[[strikes]", 400),
        ("\x00", 400),
        ({"strikes": [{"at": 1, "do": "crash", "bee": "worker-9"}]}, 422),
        ({"strikes": [{"at": "soon", "do": "crash", "bee": "worker-1"}]}, 422),
        ([], 422),
    ],
)
def test_a_plan_that_is_wrong_is_refused(served: Served, plan: Any, status: int) -> None:
    answer = arm(served, plan)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == "invalid_plan"
    assert served.client.get("/admin/faults").json() == {"armed": []}
