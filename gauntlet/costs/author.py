"""What the mechanism implies: a model drafts the cost model, the laws and two reviewers accept it or send it back.

The author is not shown what the paper claims to have measured. The only file of this room that knows `agents`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from gauntlet.agents import show
from gauntlet.agents.ask import ask_together, ask_typed
from gauntlet.agents.chat import ChatModel, Request
from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.review import WireReview, approve, objections
from gauntlet.agents.schema import strict_schema
from gauntlet.agents.words import render
from gauntlet.costs import laws
from gauntlet.costs.compiled import compile_model
from gauntlet.costs.records import Bound, CostModel, Output, Term, Unmodelled, Waiver
from gauntlet.costs.violations import Violation
from gauntlet.costs.wire import WireCostModel
from gauntlet.errors import GauntletError
from gauntlet.expressions import grammar as expressions
from gauntlet.paper.records import Paper
from gauntlet.paper.text import paper_for_model
from gauntlet.records import Record
from gauntlet.specs.evidence import Approval, Origin, Refused
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.wire import Wire

R = TypeVar("R", bound=Record)


def author_cost_model(
    paper: Paper, spec: PaperSpec, model: ChatModel, exchanges: Exchanges, prompts: Path | None = None
) -> CostModel:
    """The cost model of `spec`, approved or visibly unapproved; every draft and critique is in `exchanges`.

    One that does not even compile after the last repair is kept as refused parts, so that the rest can be shown.
    """
    author = _Author(paper, spec, model, exchanges, prompts)
    outcome = approve(author.draft(), author.inspect, author.review, author.repair)
    return _runnable(spec, outcome.draft.model.model_copy(update={"approval": outcome.approval}))


@dataclass(frozen=True)
class _Draft:
    wire: WireCostModel
    model: CostModel


class _Author:
    """The four steps over one specification."""

    def __init__(self, paper: Paper, spec: PaperSpec, model: ChatModel, exchanges: Exchanges, prompts: Path | None):
        self._paper = paper
        self._spec = spec
        self._model = model
        self._exchanges = exchanges
        self._prompts = prompts
        self._shown_spec = show.without_results(spec)

    def draft(self) -> _Draft:
        return self._write("cost_model", 1)

    def inspect(self, draft: _Draft, last: bool) -> tuple[str, ...]:
        """What programs find: refused parts and breaches of the laws, in the last round as in the first."""
        found = [f"{item.what}: {item.reason}" for item in draft.model.refused]
        found += [f"{item.where} ({item.law}): {item.message}" for item in self._violations(draft.model)]
        return tuple(found)

    def review(self, draft: _Draft, verification: int) -> tuple[str, ...]:
        """What two reviewers find, asked together."""
        values = {"paper": paper_for_model(self._paper), "spec": self._shown_spec, "model": show.compact(draft.wire)}
        steps = {"cost_review_functional": values, "cost_review_directive": values | {"laws": laws_in_words()}}
        questions = [
            (self._request(step, verification, WireReview, given), WireReview) for step, given in steps.items()
        ]
        answers = ask_together(self._model, questions, self._exchanges)
        return tuple(objection for answer in answers for objection in objections(answer.value))

    def repair(self, draft: _Draft, remarks: tuple[str, ...], round_number: int) -> _Draft:
        return self._write("cost_repair", round_number, model=show.compact(draft.wire), problems=remarks)

    def _violations(self, model: CostModel) -> tuple[Violation, ...]:
        return laws.check_laws(self._spec, model, paper=self._paper)

    def _write(self, step: str, round_number: int, **values: Any) -> _Draft:
        given = values | {
            "spec": self._shown_spec,
            "wanted": show.wanted_outputs(self._spec),
            "catalogue": show.primitives(),
            "grammar": grammar(),
            "laws_of": show.random_laws(),
            "laws": laws_in_words(),
        }
        request = self._request(step, round_number, WireCostModel, given)
        answer = ask_typed(self._model, request, WireCostModel, self._exchanges)
        return _Draft(answer.value, build_cost_model(answer.value, answer.answer.origin))

    def _request(self, step: str, round_number: int, wire: type[Wire], values: dict[str, Any]) -> Request:
        words = render(step, self._prompts, sha256=self._paper.sha256, **values)
        return Request(
            step=step,
            round=round_number,
            system=words.system,
            user=words.user,
            schema_name=wire.__name__,
            schema=strict_schema(wire),
            paper_sha256=self._paper.sha256,
        )


def build_cost_model(wire: WireCostModel, origin: Origin) -> CostModel:
    """The record that `wire` describes; parts that do not fit are refused with the reason."""
    refused: list[Refused] = []

    def all_of(kind: str, record: type[R], items: Iterable[Wire], name: Callable[[Any], str]) -> tuple[R, ...]:
        built = []
        for item in items:
            try:
                built.append(record.model_validate(item.model_dump()))
            except ValidationError as error:
                reasons = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
                refused.append(Refused(what=f"{kind} {name(item)}", reason=reasons))
        return tuple(built)

    return CostModel(
        terms=all_of("term", Term, wire.terms, lambda term: term.id),
        outputs=all_of("output", Output, wire.outputs, lambda out: f"{out.metric} of {out.mechanism}"),
        bounds=all_of("bound", Bound, wire.bounds, lambda bound: bound.id),
        waivers=all_of("waiver", Waiver, wire.waivers, lambda waiver: waiver.step),
        unmodelled=all_of("unmodelled", Unmodelled, wire.unmodelled, lambda item: f"{item.metric} of {item.mechanism}"),
        assumptions=tuple(wire.assumptions),
        refused=tuple(refused),
        origin=origin,
        approval=Approval(status="unapproved", verifications=0),
    )


def grammar() -> str:
    """The grammar of expressions, as its own module states it."""
    return _paragraph(expressions, 1)


def laws_in_words() -> str:
    """The laws, as `laws` states them."""
    return _paragraph(laws, 1)


def _paragraph(module: Any, number: int) -> str:
    return str((module.__doc__ or "").split("\n\n")[number].strip("\n"))


def _runnable(spec: PaperSpec, model: CostModel) -> CostModel:
    """The model itself when it compiles; else one without terms that lists them as refused."""
    try:
        compile_model(spec, model)
    except GauntletError as error:
        parts = [f"term {term.id} = {term.expression}" for term in model.terms]
        parts += [f"output {out.metric} of {out.mechanism} = {out.expression}" for out in model.outputs]
        parts += [f"bound {bound.id} = {bound.expression}" for bound in model.bounds]
        refused = (
            *model.refused,
            *(Refused(what=part, reason=f"the model does not compile: {error}") for part in parts),
        )
        empty: dict[str, Any] = {"terms": (), "outputs": (), "bounds": (), "waivers": (), "refused": refused}
        return model.model_copy(update=empty)
    return model
