"""In what order the lanes stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    Opened = Callable[..., Page]
    Written = Callable[..., Path]


def lanes(page: Page, side: int = 0) -> list[str]:
    names: list[str] = page.evaluate(f"glasshive.traces[{side}].lanes.map((lane) => lane.name)")
    return names


def spawn(name: str, kind: str) -> dict[str, Any]:
    return {"kind": "spawn", "actor": name, "data": {"class": kind, "host": name}}


def send(sender: str, receiver: str, message: int, **data: Any) -> dict[str, Any]:
    ends = {"peer": receiver, "message": message, "type": "Said"}
    return {"kind": "send", "actor": sender, **ends, "data": data}


def test_the_lanes_of_a_colony_stand_as_its_jobs_go_down(opened: Opened) -> None:
    workers = [f"worker-{number}" for number in range(1, 9)]
    keepers = [f"keeper-{number}" for number in range(1, 5)]
    assert lanes(opened("lossy")) == ["script", *keepers, "queen", "hive-a", "hive-b", *workers]


def test_colonies_one_after_the_other_stand_in_the_same_order(opened: Opened) -> None:
    # Their jobs have the same ids, so that what is first heard of a job tells nothing.
    order = dict.fromkeys(name.partition("-")[0] for name in lanes(opened("policies")))
    assert list(order) == ["script", "keeper", "queen", "hive", "worker"]


def test_of_one_class_the_lanes_go_by_name_as_people_count(
    opened: Opened, written: Written
) -> None:
    names = ["worker-10", "worker-2", "worker-1"]
    trace = written(
        spawn("worker-10", "Worker"),
        spawn("boss", "Boss"),
        spawn("worker-2", "Worker"),
        spawn("worker-1", "Worker"),
        *(send("boss", name, n, job_id=f"job-{n}") for n, name in enumerate(names, 1)),
    )
    assert lanes(opened(trace)) == ["boss", "worker-1", "worker-2", "worker-10"]


def test_without_registries_the_first_message_of_a_job_tells_the_way_down(
    opened: Opened, written: Written
) -> None:
    trace = written(
        spawn("cook", "Cook"),
        spawn("waiter", "Waiter"),
        spawn("spare", "Spare"),
        # What has no job says nothing, though it comes first.
        send("cook", "waiter", 1, hello=True),
        send("script", "waiter", 2, order_id="soup"),
        send("waiter", "cook", 3, order_id="soup"),
        send("cook", "waiter", 4, order_id="soup"),
    )
    assert lanes(opened(trace)) == ["script", "waiter", "cook", "spare"]


def test_what_registries_say_counts_for_more_than_who_speaks_of_a_job_first(
    opened: Opened, written: Written
) -> None:
    entry = {"subject": "w/1", "before": None, "after": "Open"}
    trace = written(
        spawn("worker", "Worker"),
        spawn("boss", "Boss"),
        *(send("worker", "boss", n, x_id=n) for n in (1, 2, 3)),
        send("boss", "worker", 4, x_id=4),
        {"kind": "deliver", "actor": "worker", "peer": "boss", "message": 4, "cause": 5},
        {"kind": "state", "actor": "worker", "cause": 6, "data": entry},
    )
    assert lanes(opened(trace)) == ["boss", "worker"]


def test_a_circle_of_actors_has_an_order_all_the_same(opened: Opened, written: Written) -> None:
    ring = ["a", "b", "c"]
    trace = written(
        *(spawn(name, name.upper()) for name in ring),
        *(
            send(
                ring[(start + step) % 3],
                ring[(start + step + 1) % 3],
                3 * start + step + 1,
                x_id=start,
            )
            for start in range(3)
            for step in range(3)
        ),
    )
    assert sorted(lanes(opened(trace))) == ring


def test_a_trace_beside_another_has_its_lanes_in_that_ones_order(
    opened: Opened, written: Written
) -> None:
    begun = (spawn("a", "A"), spawn("b", "B"))
    one = written(*begun, send("b", "a", 1, x_id=1), name="one.jsonl")
    other = written(*begun, send("a", "b", 1, x_id=1), name="other.jsonl")
    page = opened(one, other=other)
    assert lanes(page, 0) == lanes(page, 1) == ["b", "a"]
