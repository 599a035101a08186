"""What stands for all that a client has asked, so that it is known again."""

import hashlib

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from gateway.problem import Problem

__all__ = ["digest_of"]


def digest_of(asked: BaseModel) -> bytes:
    """Return 16 bytes that are the same for two bodies that ask for the same.

    Args:
        asked: the body.

    Raises:
        Problem: when there is a text in it that is none.
    """
    try:
        text = f"{type(asked).__name__} {asked.model_dump_json()}"
    except PydanticSerializationError:
        sentence = "the body has half of a surrogate pair, which is no character; leave it out"
        raise Problem(422, sentence, code="invalid_value") from None
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
