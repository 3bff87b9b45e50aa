"""What endpoints send back, read leniently into one shape.

The client library builds half-empty objects from whatever arrives; these models refuse what is no reply at all.
"""

from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from gauntlet.agents.chat import Finish
from gauntlet.errors import ModelError, ModelUnavailable


@dataclass(frozen=True)
class Reply:
    """One reply of either API."""

    text: str
    finish: Finish
    input_tokens: int | None
    output_tokens: int | None
    model: str | None


class _Part(BaseModel):
    type: str | None = None
    text: str | None = None
    refusal: str | None = None


class _Usage(BaseModel):
    """Chat completions count prompt and completion tokens, Responses input and output tokens."""

    prompt_tokens: int | None = None
    input_tokens: int | None = None
    completion_tokens: int | None = None
    output_tokens: int | None = None


class _Error(BaseModel):
    message: str | None = None


class _Body(BaseModel):
    error: _Error | None = None
    usage: _Usage | None = None
    model: str | None = None

    def reply(self, text: str, finish: Finish) -> Reply:
        usage = self.usage or _Usage()
        return Reply(
            text=text,
            finish=finish,
            input_tokens=usage.prompt_tokens or usage.input_tokens,
            output_tokens=usage.completion_tokens or usage.output_tokens,
            model=self.model,
        )


class _Message(BaseModel):
    content: str | list[_Part] | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    finish_reason: str | None = None
    message: _Message


class _Completion(_Body):
    choices: list[_Choice] = Field(min_length=1)


class _Item(BaseModel):
    content: list[_Part] | None = None


class _Details(BaseModel):
    reason: str | None = None


class _Response(_Body):
    status: str | None = None
    incomplete_details: _Details | None = None
    output: list[_Item]


B = TypeVar("B", bound=_Body)


def read_completion(text: str, address: str) -> Reply:
    """A chat completion."""
    completion = _read(text, _Completion, address)
    choice = completion.choices[0]
    if choice.message.refusal:
        return completion.reply(choice.message.refusal, "refused")
    endings: dict[str | None, Finish] = {"length": "length", "content_filter": "refused"}
    return completion.reply(_joined(choice.message.content), endings.get(choice.finish_reason, "stop"))


def read_response(text: str, address: str) -> Reply:
    """A reply of the Responses API."""
    response = _read(text, _Response, address)
    parts = [part for item in response.output for part in item.content or [] if part.type != "reasoning_text"]
    for part in parts:
        if part.refusal:
            return response.reply(part.refusal, "refused")
    if response.status == "incomplete":
        filtered = response.incomplete_details is not None and response.incomplete_details.reason == "content_filter"
        return response.reply(_joined(parts), "refused" if filtered else "length")
    return response.reply(_joined(parts), "stop")


def _read(text: str, form: type[B], address: str) -> B:
    try:
        error = _Body.model_validate_json(text).error
        if error is not None:
            raise ModelError(
                f"{address} failed: {error.message or 'no reason given'}. Run again; finished work is kept."
            )
        return form.model_validate_json(text)
    except ValidationError:
        raise ModelUnavailable(
            f"{address} answered with something that is no reply of a language model: {text[:80]!r}. "
            "Check OPENAI_BASE_URL; it usually ends in /v1."
        ) from None


def _joined(content: str | list[_Part] | None) -> str:
    if isinstance(content, list):
        return "".join(part.text or "" for part in content)
    return content or ""
