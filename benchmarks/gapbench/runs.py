"""The whole product on a folder of benchmark papers: each is read, specified, modelled and judged into a run folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from benchmarks.gapbench.answers import finding_type, prediction
from benchmarks.gapbench.names import Match, Name, match, read_names
from gauntlet.evaluate import evaluate
from gauntlet.paper.records import Paper
from gauntlet.settings import load_settings
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.records import Verdict

Source = Literal["handoff", "recorded", "openai"]
"""Who answers for the language model."""


def from_run(pdf: Path, run_dir: Path, llm: Source, wait_s: float) -> tuple[dict[str, Any], list[str]]:
    """The answer for one paper, and lines that say what was mapped to what."""
    verdict = evaluate(pdf, run_dir, load_settings(), llm, wait_s, None)
    names = read_names(pdf.with_suffix(".truth.json"))
    spec, paper = PaperSpec.load(run_dir / "spec.json"), Paper.load(run_dir / "paper.json")
    matches = match(names, spec, paper)
    ours = {found.name.id: found.claim.id for found in matches}
    findings = [finding.id for finding in verdict.findings]
    return prediction(verdict, ours, findings), list(mapping_lines(pdf.stem, names, spec, matches, verdict))


def mapping_lines(
    paper: str, names: tuple[Name, ...], spec: PaperSpec, matches: tuple[Match, ...], verdict: Verdict
) -> Iterator[str]:
    """What was mapped to what, and what was left over on either side."""
    yield f"{paper}: {verdict.label}, {len(matches)} of {len(names)} benchmark claims mapped"
    yield from (f"  {each.name.id} = {each.claim.id} (likeness {each.likeness:.2f})" for each in matches)
    mapped, used = {each.name.id for each in matches}, {each.claim.id for each in matches}
    yield from (f"  {name.id}: no claim of ours" for name in names if name.id not in mapped)
    yield from (f"  {claim.id}: no claim of the benchmark" for claim in spec.claims if claim.id not in used)
    yield from (
        f"  finding {each.id}: no word of the benchmark" for each in verdict.findings if not finding_type(each.id)
    )
