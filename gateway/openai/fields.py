"""What both kinds of completions are asked with: what counts, what has no effect, what is refused.

Every field may be null, which is as if it were left out.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from gateway.digest import digest_of
from gateway.limits import MOST_TOKENS
from gateway.openai.order import Order
from gateway.problem import Problem

__all__ = [
    "MOST_CHOICES",
    "NOT_HERE",
    "WITHOUT_EFFECT",
    "Fields",
    "StreamOptions",
    "as_list",
    "between",
    "not_here",
]

MOST_CHOICES = 128
"""Answers to one request, to all of its prompts together."""

NOT_HERE = "not_here"
"""Type of the error of a field that asks for what there is not."""

_INT64 = 1 << 63
_MOST_STOPS = 4

_Stop = Annotated[str, Field(min_length=1, max_length=256)]


def not_here(what: str, *harmless: Any) -> AfterValidator:
    """Return what refuses a field, unless it asks for nothing.

    Args:
        what: what there is not, after "there".
        harmless: values that do not ask for it, besides null.
    """

    def refuse(value: Any) -> Any:
        # Compared with their types, since False is 0.
        if value is None or any(type(value) is type(each) and value == each for each in harmless):
            return value
        raise PydanticCustomError(NOT_HERE, "there {what} here; leave it out", {"what": what})

    return AfterValidator(refuse)


def as_list(value: Any) -> Any:
    """Return a text as a list of it, and anything else as it is."""
    return [value] if isinstance(value, str) else value


WITHOUT_EFFECT = "Accepted, without effect."
"""What is said of a field whose value is looked at, and then left."""


def between(least: float, most: float) -> Any:
    """Return a field without effect that must lie between two values."""
    return Field(ge=least, le=most, description=WITHOUT_EFFECT)


class StreamOptions(BaseModel):
    """How a stream is told."""

    model_config = ConfigDict(extra="forbid", strict=True)

    include_usage: Annotated[
        bool | None, Field(description="Tell at last how many tokens it took.")
    ] = None
    include_obfuscation: Annotated[bool | None, Field(description=WITHOUT_EFFECT)] = None


class Fields(BaseModel):
    """What chat and plain completions have in common."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: Annotated[
        str | None,
        Field(max_length=200, description="Which model; the blueprint's first by default."),
    ] = None
    n: Annotated[
        int | None,
        Field(ge=1, le=MOST_CHOICES, description="Answers, the seeds of all but one counted up."),
    ] = None
    max_tokens: Annotated[
        int | None, Field(ge=1, le=MOST_TOKENS, description="Tokens of each answer at most.")
    ] = None
    seed: Annotated[
        int | None,
        Field(ge=-_INT64, lt=_INT64, description="Chooses among the texts there could be; 0."),
    ] = None
    stop: Annotated[
        Annotated[list[_Stop], Field(max_length=_MOST_STOPS)] | None,
        BeforeValidator(as_list, json_schema_input_type=str | list[str] | None),
        Field(description="What each text is cut before: a string, or up to 4."),
    ] = None
    stream: Annotated[bool | None, Field(description="Tell it piece by piece.")] = None
    stream_options: StreamOptions | None = None
    ignore_eos: Annotated[
        bool | None,
        Field(description="Generate `max_tokens`, even if the text would end before (as vLLM)."),
    ] = None

    temperature: Annotated[float | None, between(0, 2)] = None
    top_p: Annotated[float | None, between(0, 1)] = None
    top_k: Annotated[int | None, between(-1, _INT64 - 1)] = None
    min_p: Annotated[float | None, between(0, 1)] = None
    presence_penalty: Annotated[float | None, between(-2, 2)] = None
    frequency_penalty: Annotated[float | None, between(-2, 2)] = None
    repetition_penalty: Annotated[float | None, between(0, 2)] = None
    logit_bias: Annotated[
        dict[str, Annotated[float, between(-100, 100)]] | None, Field(description=WITHOUT_EFFECT)
    ] = None
    user: Annotated[str | None, Field(description=WITHOUT_EFFECT)] = None

    def order(self, prompts: list[str], max_tokens: int, first_model: str) -> Order:
        """Return what the swarm is to do.

        Args:
            prompts: the texts to go on from.
            max_tokens: tokens of each answer at most.
            first_model: the model if none was named.

        Raises:
            Problem: when fields that are right by themselves do not go together.
        """
        copies = self.n or 1
        if len(prompts) * copies > MOST_CHOICES:
            sentence = f"n: {len(prompts)} prompts with {copies} answers each are more answers than"
            raise Problem(400, f"{sentence} {MOST_CHOICES}", code="invalid_value", param="n")
        if self.stream_options is not None and not self.stream:
            sentence = "stream_options: they are for streams; set stream to true, or leave them out"
            raise Problem(400, sentence, code="invalid_value", param="stream_options")
        options = self.stream_options or StreamOptions()
        return Order(
            model=first_model if self.model is None else self.model,
            prompts=tuple(prompts),
            copies=copies,
            max_tokens=max_tokens,
            seed=self.seed or 0,
            ignore_eos=bool(self.ignore_eos),
            stops=tuple(self.stop or ()),
            streams=bool(self.stream),
            usage=bool(options.include_usage),
            digest=digest_of(self),
        )
