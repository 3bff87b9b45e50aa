"""Evaluates a folder of benchmark papers: python -m benchmarks.gapbench DIR --llm handoff --out predictions.json.

Beside each NAME.pdf lies NAME.truth.json. Of that file only the names of claims are read (`read_names`): id, metric, x
axis, system, role, and where they are shown. Our claims are matched to them by those names alone; labels, parameters
and values never reach this program.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from gauntlet.errors import GauntletError
from gauntlet.evaluate import evaluate
from gauntlet.paper.records import Paper
from gauntlet.settings import load_settings
from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.verdict.records import Verdict

FINDING_TYPES = {
    "ratio_against_series": "HEADLINE_MISMATCH",
    "littles_law": "LITTLES_LAW",
    "speedup_beyond_resources": "SUPERLINEAR_SCALING",
}
"""First part of a finding's id -> the benchmark's word for it."""


@dataclass(frozen=True)
class Name:
    """What the benchmark calls one claim; nothing about its truth."""

    id: str
    metric: str
    x_name: str
    system: str
    role: str
    shown_in: str


@dataclass(frozen=True)
class Match:
    """A benchmark claim and our claim, with how alike their metric and x axis are (0 to 2)."""

    name: Name
    claim: Claim
    likeness: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--llm", choices=("handoff", "recorded", "openai"), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="run folders go to RUNS/NAME")
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="for answers of a hand-off")
    options = parser.parse_args()
    papers: dict[str, Any] = {}
    unanswered = 0
    for pdf in sorted(options.folder.glob("*.pdf")):
        run_dir = options.runs / pdf.stem
        try:
            verdict = evaluate(pdf, run_dir, load_settings(), options.llm, options.wait, None)
        except GauntletError as error:
            unanswered += 1
            _say(f"{pdf.stem}: not evaluated: {type(error).__name__}: {error}")
            continue
        names = read_names(pdf.with_suffix(".truth.json"))
        spec, paper = PaperSpec.load(run_dir / "spec.json"), Paper.load(run_dir / "paper.json")
        matches = match(names, spec, paper)
        papers[pdf.stem] = prediction(verdict, matches)
        for line in mapping_lines(pdf.stem, names, spec, matches, verdict):
            _say(line)
    options.out.write_text(json.dumps({"papers": papers}, indent=1) + "\n", encoding="utf-8")
    _say(f"{len(papers)} papers evaluated, {unanswered} not; predictions in {options.out}")
    return 1 if unanswered else 0


def read_names(truth: Path) -> tuple[Name, ...]:
    """The guard: everything but the six naming fields of each claim is dropped while the file is read."""
    kept = [field.name for field in fields(Name)]
    claims = json.loads(truth.read_text(encoding="utf-8"))["claims"]
    return tuple(Name(**{key: str(claim[key]) for key in kept}) for claim in claims)


def match(names: tuple[Name, ...], spec: PaperSpec, paper: Paper) -> tuple[Match, ...]:
    """Pairs of one system and one figure or table, the most alike first, each claim used once."""
    candidates = [
        Match(name, claim, likeness(name, claim, spec, paper))
        for name in names
        for claim in spec.claims
        if len(claim.points) > 1 and is_of_system(name, claim, spec) and name.shown_in in places(claim, paper)
    ]
    chosen: list[Match] = []
    for candidate in sorted(candidates, key=lambda found: -found.likeness):
        if all(candidate.name != other.name and candidate.claim.id != other.claim.id for other in chosen):
            chosen.append(candidate)
    return tuple(chosen)


def is_of_system(name: Name, claim: Claim, spec: PaperSpec) -> bool:
    """The mechanism bears the system's name; where no mechanism does, its role decides."""
    named = [each.id for each in spec.mechanisms if name.system.casefold() in _known_as(each.name, each.aliases)]
    mechanism = spec.mechanism(claim.mechanism)
    return mechanism.id in named if named else mechanism.kind == name.role


def places(claim: Claim, paper: Paper) -> set[str]:
    """Labels of the figures and tables from which a claim's points were read: 'Figure 3', 'Table 2'."""
    found: set[str] = set()
    for point in claim.points:
        if point.source.kind == "series" and (series := paper.series(point.source.series)):
            found.add(series[0].label)
        elif point.source.kind == "cell" and (table := paper.table(point.source.table)):
            found.add(table.label)
    return found


def likeness(name: Name, claim: Claim, spec: PaperSpec, paper: Paper) -> float:
    """Shares of common words in the metric's and in the x axis's names, summed."""
    metric = spec.metric(claim.metric)
    statistic = f"{metric.quantile:.0%} percentile" if metric.quantile else metric.statistic
    x = spec.variable(claim.x).meaning if claim.x else ""
    labels = {plot.x_axis.label for _, plot in _plots(claim, paper)}
    y_labels = {axis.label for _, plot in _plots(claim, paper) for axis in (plot.y_axis, plot.y2_axis) if axis}
    return _common(name.metric, " ".join((metric.name, statistic, *y_labels))) + _common(
        name.x_name, " ".join((x, *labels))
    )


def prediction(verdict: Verdict, matches: tuple[Match, ...]) -> dict[str, Any]:
    """One paper in the benchmark's form; a gap below one becomes its inverse, as the benchmark counts."""
    verdicts = {claim.claim: claim for claim in verdict.claims}
    claims: dict[str, Any] = {}
    for found in matches:
        judged = verdicts.get(found.claim.id)
        if judged is not None:
            factor = None if not judged.gap else max(judged.gap, 1 / judged.gap)
            claims[found.name.id] = {"verdict": judged.label, "gap_factor": factor}
    types = sorted({kind for finding in verdict.findings if (kind := finding_type(finding.id))})
    return {"overall": verdict.label, "claims": claims, "inconsistencies": [{"type": kind} for kind in types]}


def finding_type(finding_id: str) -> str | None:
    """The benchmark's word for a finding, None where it has none."""
    return FINDING_TYPES.get(finding_id.partition(":")[0])


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


def _plots(claim: Claim, paper: Paper) -> Iterator[tuple[Any, Any]]:
    for point in claim.points:
        if point.source.kind == "series" and (found := paper.series(point.source.series)):
            yield found[0], found[1]


def _known_as(name: str, aliases: tuple[str, ...]) -> set[str]:
    return {known.casefold() for known in (name, *aliases)}


def _common(one: str, other: str) -> float:
    """Share of the words of `one` that stand in `other` too."""
    words, others = _words(one), _words(other)
    return len(words & others) / len(words) if words else 0.0


def _words(text: str) -> set[str]:
    found = re.findall(r"[a-z]+|[0-9]+", text.casefold())
    return {word.removesuffix("s") for word in found if word not in ("th", "of", "the", "per")}


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
