"""Any OpenAI-compatible server as a ChatModel; the only place that opens a connection.

Chat completions with a strict JSON Schema are the portable floor; OpenAI's own host is asked through the Responses
API with `store=False` (nothing kept) and truncation disabled (an error instead of a silent cut).
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from gauntlet.agents.chat import Answer, Request
from gauntlet.agents.replies import Reply, read_completion, read_response
from gauntlet.agents.retries import Retries
from gauntlet.errors import AnswerUnusable, ModelUnavailable
from gauntlet.settings import Settings
from gauntlet.specs.evidence import Origin

if TYPE_CHECKING:
    import httpx2
    import openai

OPENAI_URL = "https://api.openai.com/v1"

_CHARACTERS_PER_TOKEN = 5.0
"""More than English prose needs (about 4.5), so that our estimate of a prompt's tokens is low."""

_SUSPICIOUS_SHARE = 0.6
"""A server that counts fewer than this share of our low estimate did not read the whole prompt."""

_SMALLEST_CHECKED_TOKENS = 500


class OpenAIEndpoint:
    """A model behind an OpenAI-compatible address.

    `http_client` (an `httpx2.Client`) and `pause` are for tests. The key is in no repr, error, note or exchange.
    """

    def __init__(
        self,
        model: str,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        sees_images: bool = False,
        timeout_s: float = 600.0,
        max_output_tokens: int = 16_384,
        http_client: httpx2.Client | None = None,
        pause: Callable[[float], None] = time.sleep,
    ):
        self.model = model
        self.sees_images = sees_images
        self.max_output_tokens = max_output_tokens
        self._url = base_url or OPENAI_URL
        self._key = api_key
        self._is_openai = urlsplit(self._url).hostname == "api.openai.com"
        self._plain = False  # the server refused a JSON Schema: the form is asked for in words
        self._cap_name = "max_tokens"
        self._retries = Retries(self.address, self._clean, pause)
        self._client = self._connect(http_client, timeout_s)

    def __repr__(self) -> str:
        return f"OpenAIEndpoint(model={self.model!r}, address={self.address!r})"

    @property
    def address(self) -> str:
        """The base URL without user, password or query."""
        parts = urlsplit(self._url)
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
        return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))

    @property
    def resume_key(self) -> str | None:
        """Model and address."""
        return f"{self.model} @ {self.address}"

    def ask(self, request: Request) -> Answer:
        """Send one request; see `Retries` for what is tried again and what is fatal."""
        if not self.sees_images:
            request = request.without_images()
        reply = self._adapting(request)
        self._check_read_whole(request, reply)
        origin = Origin(kind="live", model=reply.model or self.model, prompt_sha256=request.sha256)
        notes = ("The server refused a JSON Schema; the form was asked for in words.",) if self._plain else ()
        return Answer(
            text=reply.text,
            origin=origin,
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            finish=reply.finish,
            notes=notes,
        )

    def _connect(self, http_client: httpx2.Client | None, timeout_s: float) -> openai.OpenAI:
        import openai

        return openai.OpenAI(
            api_key=self._key or "none",  # servers on one's own machine ask for no key, the library does
            base_url=self._url,
            timeout=timeout_s,
            max_retries=0,
            http_client=http_client,
        )

    def _adapting(self, request: Request) -> Reply:
        """Ask; where the server refuses a parameter (400, 422), ask without it and remember."""
        import openai

        send = self._through_responses if self._is_openai else self._through_chat
        for _ in range(3):
            try:
                return self._retries.call(lambda: send(request))
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if not self._adapt(error):
                    raise self._refused_request(error) from None
        raise ModelUnavailable(f"{self.address} refuses every form of the request; check model {self.model!r}.")

    def _adapt(self, error: openai.APIStatusError) -> bool:
        """Change what the server objects to; False when there is nothing left to change."""
        words = str(error).lower()
        if _is_context_overflow(error):
            return False
        if not self._is_openai and self._cap_name == "max_tokens" and "max_tokens" in words:
            self._cap_name = "max_completion_tokens"
            return True
        if not self._plain:
            self._plain = True
            return True
        return False

    def _refused_request(self, error: openai.APIStatusError) -> Exception:
        if _is_context_overflow(error):
            return AnswerUnusable(
                f"The paper does not fit the context of {self.model!r} at {self.address}: {self._clean(str(error))} "
                "Use a model, or a server setting, with a longer context."
            )
        return ModelUnavailable(
            f"{self.address} refused the request for model {self.model!r}: {self._clean(str(error))} "
            "Check GAUNTLET_MODEL and OPENAI_BASE_URL."
        )

    def _through_chat(self, request: Request) -> Reply:
        content: list[dict[str, Any]] = [{"type": "text", "text": self._user_words(request)}]
        content += [{"type": "image_url", "image_url": {"url": _data_uri(image.png)}} for image in request.images]
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": request.system},
                # plain text unless there are images: some servers accept nothing else
                {"role": "user", "content": content if request.images else content[0]["text"]},
            ],
            self._cap_name: self._cap(request),
        }
        if not self._plain:
            form = {"name": request.schema_name, "schema": request.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        sent = self._client.chat.completions.with_raw_response.create(**body)
        return read_completion(self._clean(sent.text), self.address)

    def _through_responses(self, request: Request) -> Reply:
        content: list[dict[str, Any]] = [{"type": "input_text", "text": self._user_words(request)}]
        content += [{"type": "input_image", "image_url": _data_uri(image.png)} for image in request.images]
        body: dict[str, Any] = {
            "model": self.model,
            "instructions": request.system,
            "input": [{"role": "user", "content": content}],
            "max_output_tokens": self._cap(request),
            "store": False,
            "truncation": "disabled",
        }
        if not self._plain:
            form = {"type": "json_schema", "name": request.schema_name, "schema": request.schema, "strict": True}
            body["text"] = {"format": form}
        sent = self._client.responses.with_raw_response.create(**body)
        return read_response(self._clean(sent.text), self.address)

    def _cap(self, request: Request) -> int:
        return int(self.max_output_tokens * request.room)

    def _user_words(self, request: Request) -> str:
        if not self._plain:
            return request.user
        schema = json.dumps(request.schema, ensure_ascii=False)
        return f"{request.user}\n\nAnswer with one JSON object, and nothing else, that fits this JSON Schema:\n{schema}"

    def _check_read_whole(self, request: Request, reply: Reply) -> None:
        """Some servers cut a long prompt to their context without a word; their token count gives it away."""
        expected = (len(request.system) + len(self._user_words(request))) / _CHARACTERS_PER_TOKEN
        counted = reply.input_tokens
        if not counted or expected < _SMALLEST_CHECKED_TOKENS or counted >= _SUSPICIOUS_SHARE * expected:
            return
        raise AnswerUnusable(
            f"{self.address} read {counted} tokens of a prompt that has at least {expected:.0f}: the server cut it to "
            f"its context length. Raise the context length of {self.model!r} on the server (Ollama: num_ctx in the "
            "Modelfile or OLLAMA_CONTEXT_LENGTH) and run again."
        )

    def _clean(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


def endpoint_from(settings: Settings, *, sees_images: bool = False) -> OpenAIEndpoint:
    """The endpoint that the settings name; ModelUnavailable says which of them is missing."""
    if not settings.endpoint_configured:
        missing = "GAUNTLET_MODEL" if not settings.model else "OPENAI_API_KEY (or OPENAI_BASE_URL for your own server)"
        raise ModelUnavailable(f"No language model is configured: set {missing}, or use a hand-off or recordings.")
    assert settings.model
    return OpenAIEndpoint(
        settings.model,
        settings.api_key,
        settings.base_url,
        sees_images=sees_images,
        timeout_s=settings.request_timeout_s,
        max_output_tokens=settings.max_output_tokens,
    )


def _is_context_overflow(error: openai.APIStatusError) -> bool:
    words = str(error).lower()
    return error.code == "context_length_exceeded" or "context length" in words or "context window" in words


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
