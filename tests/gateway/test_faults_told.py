"""What is told of faults: what is still to come, whom one does not strike, and who has died."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from actors import Hive, Queen
from gateway.limits import MOST_PLANS
from tests.gateway.conftest import eventually, spoken, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from tests.gateway.conftest import Served, Serves


@pytest.fixture
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def arm(served: Served, *strikes: dict[str, Any], **plan: Any) -> list[str]:
    answer = served.client.post("/admin/faults", json={"strikes": strikes, **plan})
    assert answer.status_code == 202, answer.text
    armed: list[str] = answer.json()["armed"]
    return armed


def test_what_waits_is_listed_in_its_order_with_the_seconds_that_are_left(serves: Serves) -> None:
    served = serves()
    out = {"chance": 0, "every": 0.01, "until": 50, "do": "out_of_memory", "worker": "worker-1"}
    armed = arm(
        served,
        {"at": 30, "do": "crash", "bee": "worker-1"},
        out,
        {"after_token": 1000, "do": "crash", "bee": "worker-2"},
        heal_at=60,
    )

    def read(words: list[str]) -> tuple[list[str], list[float]]:
        return (
            [re.sub(r"[0-9.]+( s\))$", r"*\1", each) for each in words],
            [float(found[1]) for each in words if (found := re.search(r"([0-9.]+) s\)$", each))],
        )

    sentences, first = read(armed)
    assert sentences == [
        "at 30 s: crash worker-1 (in * s)",
        "with chance 0 every 0.01 s until 50 s: worker-1 runs out of memory (for another * s)",
        "after the 1,000th token of any request: crash worker-2",
        "at 60 s: put everything right (in * s)",
    ]
    assert all(0 <= left <= most for left, most in zip(first, (30, 50, 60), strict=True))

    def later() -> list[float]:
        listed, left = read(served.client.get("/admin/faults").json()["armed"])
        assert listed == sentences
        return left

    eventually(lambda: all(now < then for now, then in zip(later(), first, strict=True)))


def test_a_plan_that_only_heals_is_listed_until_it_has(serves: Serves) -> None:
    served = serves()
    (words,) = arm(served, heal_at=0.5)
    assert words.startswith("at 0.5 s: put everything right (in 0.")
    eventually(lambda: served.client.get("/admin/faults").json() == {"armed": []})


def test_a_fault_that_finds_nobody_is_logged(
    serves: Serves, logged: list[MutableMapping[str, Any]]
) -> None:
    served = serves()
    crash = {"at": 0, "do": "crash", "bee": "queen"}
    arm(served, crash)
    eventually(lambda: served.client.get("/ready").status_code == 503)
    arm(served, crash)
    eventually(lambda: any(line["event"] == "a fault strikes nobody" for line in logged))
    (line,) = [line for line in logged if line["event"] == "a fault strikes nobody"]
    assert (line["fault"], line["why"]) == ("at 0 s: crash queen", "queen is not up")
    assert line["log_level"] == "warning"


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Any]], None]:
    """Return what has the next bee of a class die of an error at its next message."""
    doomed: list[type[Any]] = []
    lock = threading.Lock()

    def dying(kind: type[Any]) -> None:
        real = kind.on_receive

        def on_receive(bee: Any, message: Any) -> Any:
            with lock:
                dies = kind in doomed
                if dies:
                    doomed.remove(kind)
            if dies:
                raise OverflowError("math range error")
            return real(bee, message)

        monkeypatch.setattr(kind, "on_receive", on_receive)

    for kind in (Queen, Hive):
        dying(kind)
    return doomed.append


@pytest.mark.parametrize(
    ("bee", "plan"),
    [
        ("hive-1", {"strikes": [{"at": 0, "do": "restart", "bee": "hive-1"}]}),
        ("queen", {"strikes": [{"at": 0, "do": "restart", "bee": "queen", "state": True}]}),
        ("queen", {"strikes": [{"at": 0, "do": "recover"}]}),
        ("hive-1", {"heal_at": 0}),
    ],
    ids=["restart", "restart with state", "recover", "heal_at"],
)
def test_a_bee_that_dies_of_an_error_of_its_own_is_logged_and_comes_back_as_one_that_crashed(
    serves: Serves,
    logged: list[MutableMapping[str, Any]],
    kill: Callable[[type[Any]], None],
    bee: str,
    plan: dict[str, Any],
) -> None:
    served = serves()
    kill(Queen if bee == "queen" else Hive)
    eventually(lambda: any(line["log_level"] == "error" for line in logged))
    (line,) = [line for line in logged if line["log_level"] == "error"]
    assert line["event"] == "a bee has died of an error of its own"
    assert line["why"].startswith(f"{bee} died of OverflowError: math range error, at ")
    apiary = served.gateway.service.apiary
    eventually(lambda: apiary.runtime.can_restart(apiary.refs[bee]))
    assert served.client.post("/admin/faults", json=plan).status_code == 202
    eventually(lambda: apiary.is_up(bee) and served.client.get("/ready").status_code == 200)
    assert spoken(served.read(served.submit(tokens=8))) == text_of("sing", 8)


def test_what_waits_can_be_called_off(serves: Serves) -> None:
    served = serves()
    arm(served, {"at": 0.3, "do": "crash", "bee": "hive-1"})
    arm(served, {"after_token": 5, "do": "crash", "bee": "hive-1"}, heal_at=60)
    assert served.client.delete("/admin/faults").json() == {"armed": []}
    assert served.client.get("/admin/faults").json() == {"armed": []}
    assert spoken(served.read(served.submit(tokens=200))) == text_of("sing", 200)
    assert served.client.get("/ready").status_code == 200


def test_so_many_plans_wait_at_once_and_no_more(serves: Serves) -> None:
    served = serves()
    for _ in range(MOST_PLANS):
        arm(served, {"at": 60, "do": "heal"})
    plan = {"strikes": [{"at": 60, "do": "heal"}]}
    answer = served.client.post("/admin/faults", json=plan)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_plans")
    assert len(served.client.get("/admin/faults").json()["armed"]) == MOST_PLANS
    served.client.delete("/admin/faults")
    assert served.client.post("/admin/faults", json=plan).status_code == 202
