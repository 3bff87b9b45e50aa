"""Ask for one typed answer, and refuse everything that is not one."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from gauntlet.agents.chat import Answer, ChatModel, Request
from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.extract import Reading, read_answer
from gauntlet.errors import AnswerPending, AnswerRefused, AnswerUnusable

T = TypeVar("T", bound=BaseModel)

_MORE_ROOM = 2.0
"""Factor on the output cap after a truncated answer; applied once."""


@dataclass(frozen=True)
class Typed(Generic[T]):
    """A value of the asked form, and the answer it was read from."""

    value: T
    answer: Answer


def ask_typed(
    model: ChatModel,
    request: Request,
    wire: type[T],
    exchanges: Exchanges,
    check: Callable[[T], tuple[str, ...]] | None = None,
) -> Typed[T]:
    """Ask, read, validate; every attempt is saved. `check` says what else is wrong with an answer of the right form.

    An answer of the wrong form is asked again once with its errors, a truncated one once with more room; then
    AnswerUnusable. A refusal is AnswerRefused at once.
    """
    if not model.sees_images:
        request = request.without_images()
    reasked = widened = False
    while True:
        answer, reading = _one_attempt(model, request, wire, exchanges, check)
        if reading.value is not None:
            return Typed(reading.value, answer)
        if answer.finish == "refused":
            raise AnswerRefused(f"{request.name}: the model declined: {_short(answer.text)} Try another model.")
        if answer.finish == "length":
            if widened:
                raise AnswerUnusable(
                    f"{request.name}: the answer was cut off twice, the second time with more room for it; use a "
                    "model with a longer output, or raise the cap on output tokens."
                )
            request, widened = request.wider(_MORE_ROOM), True
        else:
            if reasked:
                raise AnswerUnusable(
                    f"{request.name}: still not a usable {wire.__name__} after asking again: "
                    f"{'; '.join(reading.problems[:3])}. Both answers are in {exchanges.folder}."
                )
            request, reasked = request.corrected(reading.problems, answer.text), True


def ask_together(
    model: ChatModel, questions: Sequence[tuple[Request, type[T]]], exchanges: Exchanges
) -> list[Typed[T]]:
    """Ask several questions at once; answers in the order of the questions.

    All are asked before any error is raised, so that a hand-off names every file it waits for.
    """
    if not questions:
        return []
    with ThreadPoolExecutor(max_workers=len(questions)) as pool:
        futures = [pool.submit(ask_typed, model, request, wire, exchanges) for request, wire in questions]
    errors = [error for error in (future.exception() for future in futures) if error is not None]
    pending = [error for error in errors if isinstance(error, AnswerPending)]
    for error in errors:
        if error not in pending:
            raise error
    if pending:
        raise AnswerPending("\n".join(str(error) for error in pending))
    return [future.result() for future in futures]


def _one_attempt(
    model: ChatModel,
    request: Request,
    wire: type[T],
    exchanges: Exchanges,
    check: Callable[[T], tuple[str, ...]] | None,
) -> tuple[Answer, Reading[T]]:
    saved = exchanges.find(request, model.resume_key)
    answer = saved or model.ask(request)
    reading: Reading[T] = Reading(None, (f"finish: {answer.finish}",))
    if answer.finish == "stop":
        reading = read_answer(answer.text, wire)
        if reading.value is not None and check is not None and (problems := check(reading.value)):
            reading = Reading(None, problems)
    if saved is None:
        exchanges.save(request, answer, model.resume_key, reading.problems)
    return answer, reading


def _short(text: str) -> str:
    text = " ".join(text.split())
    return f"{text[:200]!r}." if text else "no reason given."
