"""What the mechanism implies: a model drafts the cost model, the laws and two reviewers accept it or send it back.

The author is not shown what the paper claims to have measured. The only file of this room that knows `agents`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from gauntlet.agents import show
from gauntlet.agents.ask import Typed, ask_together, ask_typed
from gauntlet.agents.chat import ChatModel, Request
from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.masking import without_claimed_numbers
from gauntlet.agents.recorded import StepNotRecorded
from gauntlet.agents.review import MOST_MENDS, MOST_REPAIRS, WireReview, approve, objections
from gauntlet.agents.schema import strict_schema
from gauntlet.agents.words import render
from gauntlet.costs import laws
from gauntlet.costs.compiled import compile_model
from gauntlet.costs.patch import apply_patch, in_order
from gauntlet.costs.records import Bound, CostModel, Output, Term, Unmodelled, Waiver
from gauntlet.costs.samples import sample_outputs
from gauntlet.costs.violations import Violation
from gauntlet.costs.wire import WireCostModel, WireCostPatch, WireSpecProblem
from gauntlet.errors import AnswerRefused, AnswerUnusable, GauntletError
from gauntlet.expressions import grammar as expressions
from gauntlet.paper.records import Paper
from gauntlet.paper.text import paper_for_model
from gauntlet.records import Record
from gauntlet.specs.evidence import Approval, Origin, Refused
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.wire import Wire

R = TypeVar("R", bound=Record)
W = TypeVar("W", bound=Wire)

Mend = Callable[[tuple[str, ...]], tuple[PaperSpec, tuple[str, ...]]]
"""From objections to a specification: the mended one, or the same one and why it stays."""

AFTER_MENDING = MOST_MENDS + MOST_REPAIRS + 1
"""Round of the repair that follows a change of the specification; those after reviews are numbered below it."""


def author_cost_model(
    paper: Paper,
    spec: PaperSpec,
    model: ChatModel,
    exchanges: Exchanges,
    prompts: Path | None = None,
    mend: Mend | None = None,
) -> tuple[PaperSpec, CostModel]:
    """The cost model of `spec`, approved or visibly unapproved; every draft and critique is in `exchanges`.

    The specification comes with it: another one where the author objected to it and `mend`, called at most once, could
    mend it. A model that does not even compile after the last repair is kept as refused parts, so that the rest can be
    shown.
    """
    author = _Author(paper, spec, model, exchanges, prompts, mend)
    outcome = approve(author.draft(), author.inspect, author.review, author.repair)
    written = outcome.draft.model.model_copy(update={"approval": outcome.approval})
    return author.spec, _runnable(author.spec, written)


@dataclass(frozen=True)
class _Draft:
    wire: WireCostModel
    model: CostModel
    lost: tuple[str, ...] = ()


class _Author:
    """The four steps over one specification."""

    def __init__(
        self,
        paper: Paper,
        spec: PaperSpec,
        model: ChatModel,
        exchanges: Exchanges,
        prompts: Path | None,
        mend: Mend | None,
    ):
        self.spec = spec
        self._paper = paper
        self._model = model
        self._exchanges = exchanges
        self._prompts = prompts
        self._mend = mend

    def draft(self) -> _Draft:
        answer = self._ask("cost_model", 1, WireCostModel)
        return self._on_a_sound_specification(_built(answer.value, answer.answer.origin))

    def inspect(self, draft: _Draft, last: bool) -> tuple[str, ...]:
        """What programs find: refused parts and breaches of the laws, in the last round as in the first."""
        found = [f"{item.what}: {item.reason}" for item in draft.model.refused]
        found += [f"{item.where} ({item.law}): {item.message}" for item in self._violations(draft.model)]
        return (*found, *draft.lost) if found else ()

    def review(self, draft: _Draft, verification: int) -> tuple[str, ...]:
        """What two reviewers find, asked together. They see the paper's results, which the author must not learn."""
        values = {
            "paper": paper_for_model(self._paper),
            "spec": show.without_results(self.spec),
            "model": show.compact(draft.wire),
            "samples": sample_outputs(self.spec, draft.model),
        }
        steps = {"cost_review_functional": values, "cost_review_directive": values | {"laws": laws_in_words()}}
        questions = [
            (self._request(step, verification, WireReview, given), WireReview) for step, given in steps.items()
        ]
        answers = ask_together(self._model, questions, self._exchanges)
        found = [objection for answer in answers for objection in objections(answer.value)]
        return tuple(without_claimed_numbers(objection, self.spec) for objection in found)

    def repair(self, draft: _Draft, remarks: tuple[str, ...], round_number: int) -> _Draft:
        return self._on_a_sound_specification(self._patched(draft, remarks, round_number))

    def _on_a_sound_specification(self, draft: _Draft) -> _Draft:
        """The draft; the first time that it objects to the specification, the one after that was mended or was not."""
        if not draft.wire.spec_problems or self._mend is None:
            return draft
        mend, self._mend = self._mend, None
        asked = tuple(f"{item.where}: {item.problem}" for item in draft.wire.spec_problems)
        mended, why_not = mend(asked)
        stays = (f"The specification stays as it is, so leave out what it does not carry: {why}" for why in why_not)
        changed = () if why_not else ("The specification was mended where you objected to it; fit the model to it.",)
        self.spec = mended
        remarks = (*changed, *stays, *(f"You objected: {item}" for item in asked))
        try:
            return self._patched(draft, remarks, AFTER_MENDING)
        except (AnswerRefused, AnswerUnusable, StepNotRecorded):  # the laws say what no longer fits
            return draft

    def _patched(self, draft: _Draft, remarks: tuple[str, ...], round_number: int) -> _Draft:
        shown = {"model": show.compact(draft.wire), "samples": sample_outputs(self.spec, draft.model)}
        answer = self._ask("cost_repair", round_number, WireCostPatch, problems=remarks, **shown)
        wire, lost = apply_patch(draft.wire, answer.value)
        return _built(wire, answer.answer.origin, lost)

    def _violations(self, model: CostModel) -> tuple[Violation, ...]:
        return laws.check_laws(self.spec, model, paper=self._paper)

    def _ask(self, step: str, round_number: int, wire: type[W], **values: Any) -> Typed[W]:
        given = values | {
            "spec": show.without_results(self.spec),
            "wanted": show.wanted_outputs(self.spec),
            "catalogue": show.primitives(),
            "grammar": grammar(),
            "laws_of": show.random_laws(),
            "laws": laws_in_words(),
        }
        return ask_typed(self._model, self._request(step, round_number, wire, given), wire, self._exchanges)

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


def _built(wire: WireCostModel, origin: Origin, lost: tuple[str, ...] = ()) -> _Draft:
    ordered = wire.model_copy(update={"terms": in_order(wire.terms)})
    return _Draft(ordered, build_cost_model(ordered, origin), lost)


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
        assumptions=(*wire.assumptions, *(_objection(item) for item in wire.spec_problems)),
        refused=tuple(refused),
        origin=origin,
        approval=Approval(status="unapproved", verifications=0),
    )


def _objection(item: WireSpecProblem) -> str:
    return f"The specification was not mended in {item.where}: {item.problem}"


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
