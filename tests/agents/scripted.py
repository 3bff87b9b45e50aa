"""A ChatModel that answers from a list and remembers what it was asked."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from gauntlet.agents.chat import Answer, Request
from gauntlet.agents.schema import strict_schema
from gauntlet.specs.evidence import Origin

PAPER = "ab" * 32


class Guess(BaseModel):
    """The smallest wire model: one number and its words."""

    model_config = ConfigDict(extra="forbid")

    value: float
    words: str = Field(description="Why.")


class ScriptedModel:
    """Answers in the order given; an exception in the list is raised."""

    sees_images = False

    def __init__(self, answers: Sequence[str | Answer | Exception] = (), resume_key: str | None = None):
        self.answers = list(answers)
        self.asked: list[Request] = []
        self.resume_key = resume_key

    def ask(self, request: Request) -> Answer:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Answer) else said(answer, request)


def said(text: str, request: Request, **more: object) -> Answer:
    return Answer(text, Origin(kind="live", model="scripted", prompt_sha256=request.sha256), **more)


def question(step: str = "spec", number: int = 1, user: str = "What is it?", **more: object) -> Request:
    return Request(step, number, "You read papers.", user, "Guess", strict_schema(Guess), PAPER, **more)
