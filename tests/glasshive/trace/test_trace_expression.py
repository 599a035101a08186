"""Filter expressions hold for the events that they describe, and errors point at the place."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshive.errors import InputError
from glasshive.trace import Event
from glasshive.trace.expression import read
from glasshive.trace.index import Seen

PAYLOAD = {
    "type": "StreamItem",
    "job_id": "queen/job-1",
    "index": 3,
    "token": {"text": " hum"},
    "workers": [{"name": "w1", "free": 0}, {"name": "w2", "free": 5}],
    "tags": ["a", "b"],
    "none": None,
    "yes": True,
    "one": 1,
}
ITEM = Seen(
    Event(7, 1.5, "deliver", "queen", 5, 12, "hive-1", "StreamItem"),
    PAYLOAD,
    ("request-1",),
)
NOTE = Seen(Event(8, 2.0, "note", "queen", data="all is well"), "all is well", ())
DROP = Seen(
    Event(9, 3.0, "drop", "queen", 5, 12, "hive-1", "StreamItem", {"reason": "loss"}),
    PAYLOAD,
    ("request-1",),
)

TRUE = [
    "index == 7",
    "kind == 'deliver'",
    'kind == "deliver" and actor == "queen"',
    'sender == "hive-1" and receiver == "queen"',
    "time >= 1.5 and time < 2",
    "time > -1e3",
    'type in ["StreamItem", "StreamEnd"]',
    'type not in ["Cancel"]',
    'not type == "Cancel"',
    'type != "Cancel"',
    'kind == "send" or kind == "deliver"',
    'kind == "send" and actor == "x" or peer == "hive-1"',
    'kind == "deliver" or kind == "send" and actor == "x"',
    'not (kind == "send" or actor == "x")',
    'job == "request-1"',
    "cause == 5 and message == 12",
    'data.job_id contains "job-1"',
    "data.index == 3",
    'data.token.text == " hum"',
    'data.workers.name == "w2"',
    'data.workers.1.name == "w2"',
    'data.workers.0.name != "w2"',
    "data.workers.free > 4",
    'data.tags contains "b"',
    "data.index",
    "data.yes",
    "data.yes == true",
    "data.none == null",
    "data.missing == null",
    "data.index != null",
    "data.one == 1.0",
    "not data.none",
    "not data.missing",
    'data.type == "StreamItem"',
    '"Stream" == "Stream" and "StreamItem" == type',
    '"a\\"b" == \'a"b\'',
    "3 < 4",
]
FALSE = [
    "index == 8",
    "not kind == 'deliver'",
    "data.yes == 1",
    "data.one == true",
    'data.index < "4"',
    "data.missing < 4",
    "data.missing",
    "data.none",
    'data.index contains "3"',
    'data.workers.name == "w3"',
    'data.workers.2.name == "w2"',
    'data.workers.name != "w2"',
    'type == "streamitem"',
    'job == "request"',
    'data.reason == "loss"',
]


@pytest.mark.parametrize("text", TRUE)
def test_it_holds(text: str) -> None:
    assert read(text).holds(ITEM)


@pytest.mark.parametrize("text", FALSE)
def test_it_does_not_hold(text: str) -> None:
    assert not read(text).holds(ITEM)


def test_what_an_event_does_not_have_is_null() -> None:
    assert read("job == null and type == null and sender == null").holds(NOTE)
    assert read("data == 'all is well' and data contains 'well'").holds(NOTE)


def test_data_is_looked_up_in_the_line_and_then_in_the_message() -> None:
    assert read('data.reason == "loss" and data.index == 3').holds(DROP)


def test_only_what_looks_into_payloads_wants_them() -> None:
    assert read("data.index == 3").wants_payload
    assert not read('type == "data.index"').wants_payload


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("", 1, "the end stands where a field or a value is missing"),
        ("kind ==", 8, "the end stands where a field or a value is missing"),
        ("kind = 'a'", 6, "'=' begins nothing here; two make an equals sign"),
        ("kind == send", 9, "'send' is no field of an event; "),
        ("kid == 'send'", 1, "'kid' is no field of an event; did you mean 'kind'?"),
        ("kind == 'send' actor", 16, "'actor' stands where the expression should end"),
        ("(kind == 'send'", 16, "the end stands where a ) is missing"),
        ("kind == 'send", 9, "the text has no end"),
        ("kind in 'send'", 9, "stands where a list is missing"),
        ("kind in ['send' 'drop']", 17, "stands where a , or ] is missing"),
        ("kind in [actor]", 10, "'actor' is no value"),
        ("kind not 'a'", 10, "stands where `not in` would go on"),
        ("kind && actor", 6, "'&' begins nothing here; write and"),
        ("actor.name == 1", 1, "'actor.name' goes into actor, which has no parts"),
        ("5", 1, "'5' is not compared with anything"),
        ("and kind", 1, "'and' stands where a field or a value is missing"),
        ('kind == "\\q"', 9, "is no text; a backslash stands before"),
        ("index == " + "9" * 5000, 310, "stands where the expression should end"),
        ("index == ٣", 10, "'٣' begins nothing here"),
        ("(" * 200 + "kind", 102, "is nested too deep"),
        ("not " * 200 + "kind", 405, "is nested too deep"),
    ],
)
def test_an_error_points_at_the_place(text: str, place: int, what: str) -> None:
    with pytest.raises(InputError) as error:
        read(text)
    assert str(error.value).startswith(f"--where {text!r}, character {place}: ")
    assert what in str(error.value)


@given(
    st.lists(
        st.sampled_from(
            [
                "kind",
                "==",
                "'a'",
                "and",
                "or",
                "not",
                "(",
                ")",
                "in",
                "[",
                "]",
                ",",
                "1",
                "data.x.0",
            ]
        ),
        max_size=12,
    )
)
def test_whatever_is_written_is_read_or_refused(words: list[str]) -> None:
    with suppress(InputError):
        assert read(" ".join(words)).holds(ITEM) in (True, False)


@given(st.text(max_size=20))
def test_any_text_can_be_looked_for(text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if any(ord(sign) < 32 or 0xD800 <= ord(sign) < 0xE000 for sign in text):
        return
    seen = Seen(Event(0, 0.0, "note", "a", data=text), text, ())
    assert read(f"data == {quoted}").holds(seen)
