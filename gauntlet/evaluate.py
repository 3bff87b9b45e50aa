"""One paper from start to end: read it, let a model say what it says, compute what that implies, judge, report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gauntlet import __version__
from gauntlet.errors import PaperUnreadable, RecordError, UsageError
from gauntlet.records import line_of, sha256_of, write_atomically
from gauntlet.settings import Settings
from gauntlet.specs.problems import Problem

if TYPE_CHECKING:
    from gauntlet.agents.chat import ChatModel
    from gauntlet.agents.exchanges import Exchanges
    from gauntlet.costs.records import CostModel
    from gauntlet.paper.records import Paper
    from gauntlet.specs.paper_spec import PaperSpec
    from gauntlet.verdict.records import Verdict

Llm = Literal["openai", "recorded", "handoff"]
Say = Callable[[str], None]


def evaluate(
    pdf: Path,
    run_dir: Path,
    settings: Settings,
    llm: Llm | None = None,
    handoff_wait_s: float = 0.0,
    progress: Say | None = None,
) -> "Verdict":
    """Evaluate one paper into `run_dir` and return its verdict.

    Answers that a previous run left in `run_dir` for the same paper and the same prompts are used again. A paper that
    cannot be read leaves an INCONCLUSIVE verdict and report behind, then raises PaperUnreadable.
    """
    from gauntlet.agents.exchanges import Exchanges

    say = progress or (lambda _: None)
    sha256 = sha256_of(pdf)
    _take_run_dir(run_dir, sha256)
    say("reading the paper")
    paper = _read(pdf, run_dir, sha256, settings)
    model = open_model(run_dir, sha256, settings, llm, handoff_wait_s)
    exchanges = Exchanges(run_dir)
    paper = _with_pictures(paper, run_dir, model, exchanges, settings)
    _extract(paper, run_dir, model, exchanges, settings, say)
    say("judging")
    verdict = _decide(run_dir, settings)
    say("putting it into words")
    _interpret(verdict, run_dir, model, exchanges, settings)
    _save_run_record(run_dir, sha256, model, exchanges, settings)
    say("writing the report")
    write_report_of(run_dir)
    return verdict


def judge(run_dir: Path, settings: Settings) -> "Verdict":
    """Bound, prediction, verdict and report again from the records; no model, no PDF. Same records, same bytes.

    The words of the interpretation are kept only while they speak of the same verdict.
    """
    before = run_dir / "verdict.json"
    old = before.read_bytes() if before.is_file() else b""
    verdict = _decide(run_dir, settings)
    if before.read_bytes() != old:
        (run_dir / "interpretation.json").unlink(missing_ok=True)
    write_report_of(run_dir)
    return verdict


def check_run(run_dir: Path) -> tuple[Problem, ...]:
    """What does not hold in the records of `run_dir` after an edit: file, line, field, value and fix."""
    from gauntlet.costs.records import CostModel
    from gauntlet.specs.paper_spec import PaperSpec

    problems: list[Problem] = []
    for name, record in (("spec.json", PaperSpec), ("cost_model.json", CostModel)):
        try:
            record.load(run_dir / name)
        except RecordError as error:
            lines = (line.partition(": ") for line in str(error).splitlines())
            problems.extend(Problem(where, message) for where, _, message in lines)
    return tuple(problems) or _contents(run_dir)


def open_model(
    run_dir: Path, sha256: str, settings: Settings, llm: Llm | None, handoff_wait_s: float = 0.0
) -> "ChatModel":
    """The model that answers: as asked, else the configured endpoint, else the recordings of this very file.

    A rules reader, which needs no model, will be the last resort: it fills the same PaperSpec.
    """
    from gauntlet.data import find_recordings

    recordings = find_recordings(settings.recordings_dir)
    if llm == "handoff":
        from gauntlet.agents.handoff import HandoffModel

        return HandoffModel(run_dir / "handoff", handoff_wait_s, answered_by=settings.model)
    if llm == "openai" or (llm is None and settings.endpoint_configured):
        from gauntlet.agents.openai_endpoint import endpoint_from

        return endpoint_from(settings, sees_images=settings.sees_images)
    if recordings is not None:
        from gauntlet.agents.recorded import RecordedModel, has_recording

        if has_recording(recordings, sha256):
            return RecordedModel(recordings)
    if llm == "recorded":
        raise UsageError(
            f"No answers are recorded for this file (sha256 {sha256[:16]}...) in {recordings or 'any folder'}; "
            "use '--llm handoff', or a live model."
        )
    raise UsageError(
        "No language model is configured and this file has no recorded answers. Either set OPENAI_API_KEY and "
        "GAUNTLET_MODEL, or give --base-url and --model of your own server, or use '--llm handoff' and let any chat "
        "tool or person answer."
    )


def write_report_of(run_dir: Path) -> tuple[Path, ...]:
    """The report of what lies in `run_dir`; returns the files written."""
    from gauntlet.report.write import write_report
    from gauntlet.verdict.prediction import Prediction
    from gauntlet.verdict.records import Verdict

    spec, cost_model = _records(run_dir)
    return write_report(
        run_dir,
        _paper(run_dir),
        spec,
        cost_model,
        Prediction.load(run_dir / "prediction.npz"),
        Verdict.load(run_dir / "verdict.json"),
        _optional_json(run_dir / "interpretation.json"),
        _optional_json(run_dir / "run.json"),
    )


def _read(pdf: Path, run_dir: Path, sha256: str, settings: Settings) -> "Paper":
    from gauntlet.paper.read import read_paper

    try:
        paper = read_paper(pdf, run_dir, settings.limits)
    except PaperUnreadable as error:
        from gauntlet.report.unreadable import write_unreadable
        from gauntlet.verdict.decide import unreadable

        verdict = unreadable(sha256, pdf.name, str(error))
        verdict.save(run_dir / "verdict.json")
        write_unreadable(run_dir, verdict)
        raise
    paper.save(run_dir / "paper.json")
    return paper


def _with_pictures(
    paper: "Paper", run_dir: Path, model: "ChatModel", exchanges: "Exchanges", settings: Settings
) -> "Paper":
    """The paper with figures that are images read by the model, where it sees them."""
    from gauntlet.agents.pictures import read_pictures

    read = read_pictures(paper, model, exchanges, settings.prompts_dir)
    if read != paper:
        read.save(run_dir / "paper.json")
    return read


def _extract(
    paper: "Paper", run_dir: Path, model: "ChatModel", exchanges: "Exchanges", settings: Settings, say: Say
) -> None:
    """Specification and cost model: the two records that a language model proposes and programs check."""
    from gauntlet.agents.generate import SpecAuthor
    from gauntlet.costs.author import author_cost_model
    from gauntlet.hardware.registry import Registry

    say("extracting what the paper says")
    author = SpecAuthor(paper, model, Registry.load(settings.registry_dir), exchanges, settings.prompts_dir)
    spec = author.write()
    spec.save(run_dir / "spec.json")
    say("modelling what its mechanism implies")
    spec, cost_model = author_cost_model(paper, spec, model, exchanges, settings.prompts_dir, author.mend)
    spec.save(run_dir / "spec.json")
    cost_model.save(run_dir / "cost_model.json")


def _decide(run_dir: Path, settings: Settings) -> "Verdict":
    from gauntlet.costs.laws import check_laws
    from gauntlet.costs.render import render_python
    from gauntlet.hardware.registry import Registry
    from gauntlet.verdict.decide import decide
    from gauntlet.verdict.predict import predict

    spec, cost_model = _records(run_dir)
    broken = _contents(run_dir)
    if broken:
        raise RecordError("\n".join(str(problem) for problem in broken))
    paper = _paper(run_dir)
    violations = check_laws(spec, cost_model, paper=paper)
    if violations:
        cost_model = _unapproved(cost_model, [str(violation) for violation in violations])
    prediction = predict(spec, cost_model, settings.samples, settings.seed)
    prediction.save(run_dir / "prediction.npz")
    verdict = decide(spec, cost_model, prediction, paper=paper, registry=Registry.load(settings.registry_dir))
    verdict.save(run_dir / "verdict.json")
    write_atomically(run_dir / "cost_model.py", render_python(spec, cost_model))
    return verdict


def _unapproved(cost_model: "CostModel", remarks: list[str]) -> "CostModel":
    approval = cost_model.approval
    refusal = approval.model_copy(update={"status": "unapproved", "remarks": (*approval.remarks, *remarks)})
    return cost_model.model_copy(update={"approval": refusal})


def _interpret(
    verdict: "Verdict", run_dir: Path, model: "ChatModel", exchanges: "Exchanges", settings: Settings
) -> None:
    from gauntlet.agents.interpret import interpret

    words = interpret(verdict.model_dump(mode="json"), _records(run_dir)[0], model, exchanges, settings.prompts_dir)
    if words is None:
        (run_dir / "interpretation.json").unlink(missing_ok=True)
    else:
        words.save(run_dir / "interpretation.json")


def _records(run_dir: Path) -> "tuple[PaperSpec, CostModel]":
    from gauntlet.costs.records import CostModel
    from gauntlet.specs.paper_spec import PaperSpec

    return PaperSpec.load(run_dir / "spec.json"), CostModel.load(run_dir / "cost_model.json")


def _paper(run_dir: Path) -> "Paper | None":
    """The paper as read, when the run folder still holds it; judging does without."""
    from gauntlet.paper.records import Paper

    path = run_dir / "paper.json"
    return Paper.load(path) if path.is_file() else None


def _contents(run_dir: Path) -> tuple[Problem, ...]:
    """Problems between the parts of records that are well-formed by themselves."""
    from gauntlet.costs.compiled import compile_model
    from gauntlet.errors import GauntletError
    from gauntlet.specs.checks import check_spec

    spec, cost_model = _records(run_dir)
    problems = [_placed(run_dir / "spec.json", problem) for problem in check_spec(spec)]
    if not problems:
        try:
            compile_model(spec, cost_model)
        except GauntletError as error:
            problems.append(Problem(str(run_dir / "cost_model.json"), str(error)))
    return tuple(problems)


def _placed(path: Path, problem: Problem) -> Problem:
    """The problem with the line of the item that it names ('variables: service')."""
    text = path.read_text(encoding="utf-8")
    kind, _, rest = problem.where.partition(": ")
    ids = [item.get("id") for item in json.loads(text).get(kind, [])]
    name = rest.partition(":")[0]
    line = f":{line_of(text, (kind, ids.index(name)))}" if name in ids else ""
    return Problem(f"{path}{line}", str(problem))


def _take_run_dir(run_dir: Path, sha256: str) -> None:
    """Refuse a folder that holds another paper's run."""
    run_dir.mkdir(parents=True, exist_ok=True)
    for name, field in (("run.json", "paper_sha256"), ("paper.json", "sha256")):
        record = _optional_json(run_dir / name)
        if record is not None and record.get(field) != sha256:
            raise UsageError(f"{run_dir} holds the run of another paper; choose another folder with -o.")


def _save_run_record(
    run_dir: Path, sha256: str, model: "ChatModel", exchanges: "Exchanges", settings: Settings
) -> None:
    saved = exchanges.all()
    record = {
        "tool_version": __version__,
        "paper_sha256": sha256,
        "samples": settings.samples,
        "seed": settings.seed,
        "origins": sorted({exchange.origin.kind for exchange in saved}),
        "models": sorted({exchange.origin.model for exchange in saved if exchange.origin.model}),
        "address": getattr(model, "address", None),
        "exchanges": len(saved),
        "input_tokens": sum(exchange.input_tokens or 0 for exchange in saved),
        "output_tokens": sum(exchange.output_tokens or 0 for exchange in saved),
        "stale_prompts": sum(exchange.stale_prompt for exchange in saved),
        "prompts": {f"{e.step}-{e.round}": e.prompt_sha256 for e in saved},
    }
    write_atomically(run_dir / "run.json", json.dumps(record, indent=1, sort_keys=True) + "\n")


def _optional_json(path: Path) -> dict[str, object] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
