"""What every language model looks like from inside: one request in, one answer out.

A model proposes what a paper says; it never decides. So nothing here knows a verdict, and an answer always carries
its origin: live, recorded or hand-off.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from gauntlet.specs.evidence import Origin

STEPS = (
    "spec",
    "spec_review",
    "spec_repair",
    "cost_model",
    "cost_review_functional",
    "cost_review_directive",
    "cost_repair",
    "interpretation",
    "picture",
)
"""The steps in the order in which a run first takes them; it numbers their files."""

Finish = Literal["stop", "length", "refused"]

MAX_ANSWER_CHARACTERS = 4_000_000


@dataclass(frozen=True)
class Image:
    """A figure shown to a model that sees images."""

    name: str
    png: bytes = field(repr=False)


@dataclass(frozen=True)
class Request:
    """One question. `schema` is the strict JSON Schema of the answer, `schema_name` its name ([A-Za-z0-9_-], 64).

    `round` counts from 1 within a step (second review: round 2). `attempt` counts from 1 within a round: asking again
    after an unusable answer. `room` multiplies the model's cap on output tokens; the model does not see it.
    """

    step: str
    round: int
    system: str
    user: str
    schema_name: str
    schema: dict[str, Any]
    paper_sha256: str
    images: tuple[Image, ...] = ()
    attempt: int = 1
    room: float = 1.0

    @property
    def sha256(self) -> str:
        """Hash of everything that the model sees."""
        seen = {
            "system": self.system,
            "user": self.user,
            "schema_name": self.schema_name,
            "schema": self.schema,
            "images": [[image.name, hashlib.sha256(image.png).hexdigest()] for image in self.images],
        }
        text = json.dumps(seen, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def words_sha256(self) -> str:
        """Hash of the words and the schema alone: the same whether or not the model sees images."""
        return self.without_images().sha256

    @property
    def name(self) -> str:
        """Stem of this request's files, the same in every rerun: '02-spec_review-1', '02-spec_review-1-attempt2'."""
        again = "" if self.attempt == 1 else f"-attempt{self.attempt}"
        return f"{self.first_name}{again}"

    @property
    def first_name(self) -> str:
        """Stem of the first attempt's files."""
        number = STEPS.index(self.step) + 1 if self.step in STEPS else 99
        return f"{number:02d}-{self.step}-{self.round}"

    def without_images(self) -> "Request":
        """The same question for a model that sees no images."""
        return replace(self, images=())

    def wider(self, factor: float) -> "Request":
        """The next attempt, with `factor` times as many output tokens allowed."""
        return replace(self, attempt=self.attempt + 1, room=self.room * factor)

    def corrected(self, problems: tuple[str, ...], answer: str) -> "Request":
        """The next attempt, with the last answer and what was wrong with it appended."""
        listed = "\n".join(f"- {problem}" for problem in problems)
        words = (
            f"{self.user}\n\n# Your last answer could not be used\n\n{listed}\n\nIt was:\n\n{answer}\n\n"
            "Answer again with the whole JSON object, corrected, and nothing else."
        )
        return replace(self, attempt=self.attempt + 1, user=words)


@dataclass(frozen=True)
class Answer:
    """What came back.

    `stale_prompt`: a recording that was made for other words. `notes` say what was done to get the answer.
    """

    text: str
    origin: Origin
    input_tokens: int | None = None
    output_tokens: int | None = None
    finish: Finish = "stop"
    stale_prompt: bool = False
    notes: tuple[str, ...] = ()


class ChatModel(Protocol):
    """Anything that answers a request: an endpoint, recordings, a hand-off folder, a test's script."""

    @property
    def sees_images(self) -> bool:
        """Whether images are worth sending."""

    @property
    def resume_key(self) -> str | None:
        """Model and address under which a saved answer may be used again; None: ask anew each time."""

    def ask(self, request: Request) -> Answer:
        """Answer one request; a ModelError says why there is none."""
