"""The words of a verdict: written after it exists, with no number that the results do not have."""

from pathlib import Path
from typing import Any

from pydantic import Field

from gauntlet.agents import show
from gauntlet.agents.ask import ask_typed
from gauntlet.agents.chat import ChatModel, Request
from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.numbers import unsupported_numbers
from gauntlet.agents.recorded import StepNotRecorded
from gauntlet.agents.schema import strict_schema
from gauntlet.agents.words import render
from gauntlet.errors import AnswerRefused, AnswerUnusable
from gauntlet.records import Record
from gauntlet.specs.evidence import Origin
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.wire import Wire


class WireInterpretation(Wire):
    """The words as a model answers them."""

    summary: str = Field(description="Two or three sentences")
    paragraphs: list[str]


class Interpretation(Record):
    """The words as they are kept: `interpretation.json`."""

    summary: str
    paragraphs: tuple[str, ...]
    origin: Origin


def interpret(
    verdict: dict[str, Any], spec: PaperSpec, model: ChatModel, exchanges: Exchanges, prompts: Path | None = None
) -> Interpretation | None:
    """Words for a finished verdict; None where no honest ones were to be had (the exchange says why).

    A number that the results do not have is asked again once; if it stays, the words are dropped.
    """
    shown = show.results(verdict)
    words = render(
        "interpretation",
        prompts,
        title=spec.title,
        mechanisms="\n".join(f"{item.id}: {item.name} ({item.kind})" for item in spec.mechanisms),
        results=show.one_line(shown),
        sha256=spec.paper_sha256,
    )
    request = Request(
        step="interpretation",
        round=1,
        system=words.system,
        user=words.user,
        schema_name="WireInterpretation",
        schema=strict_schema(WireInterpretation),
        paper_sha256=spec.paper_sha256,
    )
    known = [shown, spec.title, *(item.name for item in spec.mechanisms)]

    def check(answer: WireInterpretation) -> tuple[str, ...]:
        strange = unsupported_numbers("\n".join((answer.summary, *answer.paragraphs)), known)
        return tuple(
            f"the number {number} is not in the results; use one that is, or leave it out" for number in strange
        )

    try:
        typed = ask_typed(model, request, WireInterpretation, exchanges, check)
    except (AnswerRefused, AnswerUnusable, StepNotRecorded):
        return None
    return Interpretation(
        summary=typed.value.summary, paragraphs=tuple(typed.value.paragraphs), origin=typed.answer.origin
    )
