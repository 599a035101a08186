"""What `/admin/live` answers: the last events, for as long as somebody looks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.gateway.conftest import eventually

if TYPE_CHECKING:
    import httpx

    from tests.gateway.conftest import Served, Serves


def ask(client: httpx.Client, **query: Any) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return the head, if there is one, and the events."""
    answer = client.get("/admin/live", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["cache-control"] == "no-store"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    head = lines.pop(0) if lines and "glasshive" in lines[0] else None
    return head, lines


def begun(client: httpx.Client) -> tuple[str, int]:
    """Look until there is an event; return what the trace is called and the event before it."""
    found: list[tuple[dict[str, Any] | None, list[dict[str, Any]]]] = []

    def there() -> bool:
        found.append(ask(client))
        return bool(found[-1][1])

    eventually(there)
    head = found[-1][0]
    assert head is not None
    return head["live"], head["after"]


def test_an_answer_goes_on_after_the_event_that_was_asked_for(served: Served) -> None:
    live, last = begun(served.client)
    job_id = served.submit(tokens=4)
    served.read(job_id)
    events: list[dict[str, Any]] = []
    while not any(each.get("type") == "StreamEnd" for each in events):
        head, more = ask(served.client, of=live, after=last)
        assert head is None
        events += more
        last = events[-1]["index"] if events else last
    indices = [each["index"] for each in events]
    assert indices == list(range(indices[0], indices[0] + len(indices)))
    assert {"send", "deliver", "state"} <= {each["kind"] for each in events}


def test_the_head_tells_who_is_there(served: Served) -> None:
    head, _ = ask(served.client)
    assert head is not None
    assert (head["glasshive"], head["scenario"], head["runtime"]) == (1, "serve grid", "live")
    actors = {each["name"]: (each["class"], each["host"]) for each in head["actors"]}
    assert actors["queen"] == ("Queen", "queen")
    assert actors["worker-2"] == ("Worker", "hive-1")
    assert actors["keeper-1"] == ("Door", "keeper-1")


def test_what_cannot_be_gone_on_with_begins_anew(served: Served) -> None:
    live, before = begun(served.client)
    for query in ({"of": "another", "after": before}, {"of": live, "after": 10**9}):
        head, events = ask(served.client, **query)
        assert head is not None
        assert events[0]["index"] == head["after"] + 1


def test_only_the_last_events_are_kept(serves: Serves) -> None:
    served = serves(recent_events=50)
    live, before = begun(served.client)
    served.read(served.submit(tokens=30))

    def over() -> bool:
        head, events = ask(served.client)
        assert head is not None
        assert len(events) <= 50
        return len(events) == 50 and head["after"] > before + 50

    eventually(over)
    head, _ = ask(served.client, of=live, after=before)
    assert head is not None


def test_while_nobody_looks_nothing_is_kept_or_written(serves: Serves) -> None:
    served = serves(recent_seconds=0.2)
    feed = served.gateway.service.feed
    assert not feed._subscriptions
    live, _ = begun(served.client)
    assert len(feed._subscriptions) == 1
    eventually(lambda: not feed._subscriptions)
    assert served.gateway.service.recent._lines == []
    head, events = ask(served.client, of=live, after=0)
    assert head is not None
    assert head["live"] != live
    assert events == []


def test_what_was_left_out_is_not_passed_over(serves: Serves) -> None:
    served = serves(feed_events=1)
    live, _ = begun(served.client)
    served.read(served.submit(tokens=50))
    eventually(lambda: (ask(served.client, of=live, after=0)[0] or {}).get("live") != live)
    _, events = ask(served.client)
    indices = [each["index"] for each in events]
    assert indices == list(range(indices[0], indices[0] + len(indices))) if indices else True


def test_wrong_questions_are_refused(served: Served) -> None:
    for query in ({"after": "x"}, {"after": -2}, {"after": 1 << 60}, {"of": "x" * 65}):
        assert served.client.get("/admin/live", params=query).status_code == 422
