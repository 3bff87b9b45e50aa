"""What the paper says: a model drafts the specification, programs and a reviewer accept it or send it back."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gauntlet.agents import show
from gauntlet.agents.ask import Typed, ask_typed
from gauntlet.agents.chat import ChatModel, Image, Request
from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.recorded import StepNotRecorded
from gauntlet.agents.review import MOST_MENDS, MOST_REPAIRS, Outcome, WireReview, approve, objections
from gauntlet.agents.schema import strict_schema
from gauntlet.agents.words import render
from gauntlet.costs.readiness import unusable
from gauntlet.errors import AnswerRefused, AnswerUnusable, UsageError
from gauntlet.hardware.registry import Registry
from gauntlet.paper.records import Paper
from gauntlet.paper.text import paper_for_model
from gauntlet.specs.build import build_spec
from gauntlet.specs.coherence import incoherences
from gauntlet.specs.evidence import Origin
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.patch import apply_patch
from gauntlet.specs.problems import Problem
from gauntlet.specs.wire import Wire, WireSpec, WireSpecPatch

W = TypeVar("W", bound=Wire)

MOST_IMAGES = 12
LARGEST_IMAGE_BYTES = 4_000_000

AFTER_COSTS = MOST_MENDS + MOST_REPAIRS + 1
"""Round of the repair that the author of the cost model asks for; those of `approve` are numbered below it."""

_TOLERABLE = ("claim", "calibration", "relation", "contradiction")
"""What may be missing from a specification in the end; it is shown as refused. Nothing stands on it."""


@dataclass(frozen=True)
class _Draft:
    wire: WireSpec
    spec: PaperSpec
    problems: tuple[Problem, ...]


class SpecAuthor:
    """Writes one paper's specification; every draft and critique is in `exchanges`."""

    def __init__(
        self, paper: Paper, model: ChatModel, registry: Registry, exchanges: Exchanges, prompts: Path | None = None
    ):
        self._paper = paper
        self._model = model
        self._registry = registry
        self._exchanges = exchanges
        self._prompts = prompts
        self._text = paper_for_model(paper)
        self._images = figure_images(paper, exchanges.folder.parent) if model.sees_images else ()
        self._written: Outcome[_Draft] | None = None

    def write(self) -> PaperSpec:
        """The specification, approved or visibly unapproved."""
        self._written = approve(self._draft(), self._inspect, self._review, self._repair)
        return _approved(self._written)

    def mend(self, remarks: tuple[str, ...]) -> tuple[PaperSpec, tuple[str, ...]]:
        """The written specification after one repair of what the author of the cost model found wrong with it.

        With reasons it is the same as before: the repair could not be had, or does not hold.
        """
        if self._written is None:
            raise UsageError("There is no specification to mend yet; write() one first.")
        before = _approved(self._written)
        try:
            draft = self._repair(self._written.draft, remarks, AFTER_COSTS)
        except (AnswerRefused, AnswerUnusable, StepNotRecorded) as error:
            return before, (f"it could not be repaired: {error}",)
        known = self._written.draft.problems
        broken = tuple(str(one) for one in draft.problems if one not in known and _is_fatal(one, last=False))
        if broken:
            return before, broken
        told = tuple(f"Mended after a draft of the cost model: {remark}" for remark in remarks)
        approval = self._written.approval
        approval = approval.model_copy(update={"remarks": (*approval.remarks, *told)})
        self._written = Outcome(draft, approval)
        return _approved(self._written), ()

    def _draft(self) -> _Draft:
        answer = self._ask("spec", 1, WireSpec, **self._lists())
        return self._built(answer.value, answer.answer.origin)

    def _inspect(self, draft: _Draft, last: bool) -> tuple[str, ...]:
        """The programs' objections, all of them as soon as one would waste a review."""
        if any(_is_fatal(problem, last) for problem in draft.problems):
            return tuple(str(problem) for problem in draft.problems)
        return ()

    def _review(self, draft: _Draft, verification: int) -> tuple[str, ...]:
        """A reviewer's objections, and then what the programs noted too."""
        noted = tuple(str(problem) for problem in draft.problems)
        values = {
            "spec": show.compact(draft.wire),
            "points": show.read_points(draft.spec),
            "noted": "\n".join(noted),
        }
        found = objections(self._ask("spec_review", verification, WireReview, **values).value)
        return found and (*found, *noted)

    def _repair(self, draft: _Draft, remarks: tuple[str, ...], round_number: int) -> _Draft:
        values = self._lists() | {"spec": show.compact(draft.wire), "problems": remarks}
        answer = self._ask("spec_repair", round_number, WireSpecPatch, **values)
        wire, lost = apply_patch(draft.wire, answer.value)
        return self._built(wire, answer.answer.origin, lost)

    def _lists(self) -> dict[str, object]:
        return {"devices": show.devices(self._registry, self._text), "priors": show.priors(self._registry)}

    def _ask(self, step: str, round_number: int, wire: type[W], **values: object) -> Typed[W]:
        words = render(step, self._prompts, paper=self._text, sha256=self._paper.sha256, **values)
        request = Request(
            step=step,
            round=round_number,
            system=words.system,
            user=words.user,
            schema_name=wire.__name__,
            schema=strict_schema(wire),
            paper_sha256=self._paper.sha256,
            images=self._images,
        )
        return ask_typed(self._model, request, wire, self._exchanges)

    def _built(self, wire: WireSpec, origin: Origin, lost: tuple[Problem, ...] = ()) -> _Draft:
        spec, problems = build_spec(wire, self._paper, self._registry, origin)
        found = (*unusable(spec), *incoherences(spec, self._paper))
        return _Draft(wire, spec, (*lost, *problems, *found))


def _approved(outcome: Outcome[_Draft]) -> PaperSpec:
    return outcome.draft.spec.model_copy(update={"approval": outcome.approval})


def figure_images(paper: Paper, run_dir: Path) -> tuple[Image, ...]:
    """Crops of the paper's figures, at most 12; a crop that is missing or too large is left out."""
    paths = [(figure.id, run_dir / figure.image) for figure in paper.figures if figure.image]
    shown = [(name, path) for name, path in paths if path.is_file() and path.stat().st_size <= LARGEST_IMAGE_BYTES]
    return tuple(Image(name, path.read_bytes()) for name, path in shown[:MOST_IMAGES])


def _is_fatal(problem: Problem, last: bool) -> bool:
    """Whether a review would be wasted; when nothing can be repaired any more, only what leaves nothing to stand on."""
    if problem.remark or problem.where.startswith("removed ") or problem.where.endswith(": evidence"):
        return False
    if problem.message.endswith("kept as 'assumed'."):
        return False
    return not (last and problem.where.startswith(_TOLERABLE))
