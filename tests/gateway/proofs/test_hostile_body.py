"""Bodies that are not what they should be: a status and a sentence for each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.gateway.conftest import spoken, text_of
from tests.gateway.proofs.conftest import post, talk

if TYPE_CHECKING:
    from tests.gateway.conftest import Served

SECRET = "do-not-tell"  # noqa: S105  a word that must not be told back

DEEP = 100_000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"prompt": "x", "seed": NaN}', 422),
        (b'{"prompt": "x", "max_tokens": Infinity}', 422),
        (b'{"prompt": "x", "max_tokens": -Infinity}', 422),
        (b'{"prompt": "x", "max_tokens": 1e400}', 422),
        (b'{"prompt": "x", "max_tokens": 1e2}', 422),
        (b'{"prompt": "x", "max_tokens": -1}', 422),
        (b'{"prompt": "x", "max_tokens": 99999999999999999999}', 422),
        (b'{"prompt": "x", "seed": ' + b"9" * 5000 + b"}", 400),
        (b'{"prompt": ' + b"[" * DEEP + b"]" * DEEP + b"}", 400),
        (b'{"a": ' * DEEP + b"1" + b"}" * DEEP, 400),
        (b'{"prompt": ' + b"[" * 900 + b"]" * 900 + b"}", 422),
        (b'{"prompt": "\\ud800"}', 422),
        (b'{"prompt": "x", "model": "\\udfff"}', 422),
        (b'{"prompt": "x", "\\ud800": 1}', 422),
        (b'{"prompt": "\xff"}', 400),
        (b'{"prompt": "do-not-tell', 400),
        (b'{"prompt": "x", "max_tokens": "do-not-tell"}', 422),
        (b'{"prompt": "x", "unknown": "do-not-tell"}', 422),
        (b"null", 422),
        (b"[]", 422),
        (b'"do-not-tell"', 422),
        (b"", 422),
        (b"{}" * 2_200_000, 413),
        (b'{"prompt": "' + b"x" * 300_000 + b'"}', 422),
        (b'{"prompt": "x", "model": "do-not-tell"}', 404),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else None,
)
def test_an_odd_body_has_its_status_and_a_sentence_that_does_not_repeat_it(
    served: Served, body: bytes, status: int
) -> None:
    reply = talk(served, post(body))
    error = reply.error
    assert reply.status == status
    assert SECRET not in error["message"]
    assert len(error["message"]) < 1000


def test_of_a_key_that_is_there_twice_the_last_counts(served: Served) -> None:
    body = b'{"prompt": 5, "max_tokens": 3, "ignore_eos": true, "prompt": "last"}'
    reply = talk(served, post(body))
    assert reply.status == 202
    job_id = json.loads(reply.raw.partition(b"\r\n\r\n")[2])["job_id"]
    assert spoken(served.read(job_id)) == text_of("last", 3)


def test_a_null_byte_is_a_character_of_a_prompt_as_any_other(served: Served) -> None:
    job_id = served.submit("a\x00b", tokens=3)
    assert spoken(served.read(job_id)) == text_of("a\x00b", 3)


@pytest.mark.parametrize(
    ("plan", "status"),
    [
        (b'{"strikes": [{"at": 1, "do": "\\ud800"}]}', 422),
        (b'{"strikes": [{"at": 1, "do": "crash", "bee": "\\ud800"}]}', 422),
        (b'{"strikes": [{"at": NaN, "do": "heal"}]}', 422),
        (b'{"heal_at": Infinity, "strikes": []}', 422),
        (b'{"strikes": [{"at": ' + b"9" * 400 + b', "do": "heal"}]}', 422),
        (b'{"strikes": [{"chance": 0.5, "every": 1e-300, "do": "heal"}]}', 422),
        (b'{"strikes": null}', 422),
        (b'{"strikes": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", 400),
        (b'{"strikes": [' + b",".join([b"{}"] * 20_000) + b"]}", 422),
        (b"null", 422),
        (b"{", 400),
    ],
    ids=lambda value: repr(value[:50]) if isinstance(value, bytes) else None,
)
def test_an_odd_plan_is_refused_in_a_few_sentences(
    served: Served, plan: bytes, status: int
) -> None:
    reply = talk(served, post(plan, path="/admin/faults"))
    assert reply.status == status
    assert len(reply.error["message"]) < 10_000
    assert served.client.get("/admin/faults").json() == {"armed": []}
