"""OpenAI's own client, before a gateway of a test."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.gateway.conftest import LONG, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from tests.gateway.conftest import Served

    Connects: TypeAlias = Callable[..., openai.OpenAI]

SING = [{"role": "user", "content": "Sing to me."}]
PROMPT = "user: Sing to me.\nassistant:"
"""What a model is given for it: five words."""


def sung(tokens: int, seed: int = 0) -> str:
    """Return what the model answers to `SING`."""
    return text_of(PROMPT, tokens, seed)


def spoken(chunks: Iterable[Any], choice: int = 0) -> str:
    """Return the text of an answer that was streamed."""
    choices = [each for chunk in chunks for each in chunk.choices if each.index == choice]
    return "".join(
        (each.delta.content or "") if hasattr(each, "delta") else each.text for each in choices
    )


def reasons(chunks: Iterable[Any]) -> dict[int, str]:
    """Return why each answer ended, after making sure that it was said once and last."""
    ends: dict[int, str] = {}
    for chunk in chunks:
        for each in chunk.choices:
            assert each.index not in ends
            if each.finish_reason is not None:
                ends[each.index] = each.finish_reason
    return ends


def job_of(answer: Any) -> str:
    """Return the job behind an answer."""
    return "job-" + str(answer.id).partition("-")[2]


@pytest.fixture
def connects() -> Iterator[Connects]:
    """Return what makes clients of a gateway; they try nothing again."""
    with ExitStack() as stack:

        def connect(served: Served, key: str = "none", **options: Any) -> openai.OpenAI:
            client = openai.OpenAI(
                base_url=f"{served.url}/v1",
                api_key=key,
                http_client=openai.DefaultHttpxClient(trust_env=False),
                **{"max_retries": 0, "timeout": LONG, **options},
            )
            return stack.enter_context(client)

        yield connect


@pytest.fixture
def client(served: Served, connects: Connects) -> openai.OpenAI:
    """Return a client of the gateway that a module's tests share."""
    return connects(served)
