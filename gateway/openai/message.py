"""The messages of a chat, and the one prompt that a model is given for them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from gateway.openai.fields import NOT_HERE, WITHOUT_EFFECT, not_here

__all__ = ["ChatMessage", "prompt_of"]


class TextPart(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["text"]
    text: str


def _parts(value: Any) -> Any:
    """Return a text as its one part; parts that are no text are refused in words of their own."""
    if isinstance(value, str):
        return [{"type": "text", "text": value}]
    if isinstance(value, list):
        for part in value:
            if isinstance(part, dict) and part.get("type", "text") != "text":
                sentence = "a part of a message is text here, nothing else; send parts of type text"
                raise PydanticCustomError(NOT_HERE, sentence)
    elif value is None:
        sentence = "there is none; send a text, or a list of parts of type text"
        raise PydanticCustomError("no_content", sentence)
    return value


def _known_role(value: Any) -> Any:
    if value in ("tool", "function"):
        sentence = "there are no tools here, so nobody answers for one; send other messages"
        raise PydanticCustomError(NOT_HERE, sentence)
    return value


class ChatMessage(BaseModel):
    """What somebody has said; one of an answer's own messages may be sent back as it came."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: Annotated[
        Literal["system", "developer", "user", "assistant"], BeforeValidator(_known_role)
    ]
    content: Annotated[
        list[TextPart],
        BeforeValidator(_parts, json_schema_input_type=str | list[TextPart]),
        Field(description="A text, or parts of one, which are joined by line ends."),
    ]
    name: Annotated[str | None, Field(description=WITHOUT_EFFECT)] = None
    refusal: Annotated[str | None, Field(description=WITHOUT_EFFECT)] = None
    annotations: Annotated[list[Any] | None, Field(description=WITHOUT_EFFECT)] = None
    tool_calls: Annotated[Any, not_here("are no tools", [])] = None
    function_call: Annotated[Any, not_here("are no functions")] = None
    audio: Annotated[Any, not_here("is no audio")] = None

    @property
    def text(self) -> str:
        """All that it says."""
        return "\n".join(part.text for part in self.content)


def prompt_of(messages: list[ChatMessage]) -> str:
    """Return the prompt: a line `role: text` for each message, and the one that is to be filled."""
    lines = [f"{message.role}: {message.text}" for message in messages]
    return "\n".join([*lines, "assistant:"])
