"""From outcomes to figures: coverage, false alarms, reliability and power, over all papers and by family and length."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks.coverage.study import FACTORS, NOMINAL, Judged, Outcome, gap_error, share
from benchmarks.speed.tables import Table
from gauntlet.verdict.records import SEVERITY

GOAL_COVERAGE = (0.85, 0.95)
GOAL_FALSE_GAP = 0.03
_BAND = NOMINAL.index(0.9)
_ALARMS = ("MAGIC_GAP", "UNDERPERFORMS", "IMPOSSIBLE", "INCONCLUSIVE")


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Everything that is printed, as plain numbers."""
    own = [claim for paper in outcomes for claim in paper.claims if claim.proposal]
    taught = [claim for paper in outcomes if paper.taught for claim in paper.claims if claim.proposal]
    baselines = [claim for paper in outcomes for claim in paper.claims if not claim.proposal]
    return {
        "papers": len(outcomes),
        "claims": len(own),
        "points": sum(claim.points for claim in own),
        "coverage": _coverage(own, _BAND),
        "coverage_where_taught": _coverage(taught, _BAND),
        "coverage_of_baselines": _coverage(baselines, _BAND),
        "per_paper": {label: share([paper.label == label for paper in outcomes]) for label in SEVERITY},
        "per_claim": {label: share([claim.label == label for claim in own]) for label in SEVERITY},
        "reliability": {f"{level:.0%}": _coverage(own, place) for place, level in enumerate(NOMINAL)},
        "by_family": _by(outcomes, lambda paper: paper.family),
        "power": {str(factor): _power(outcomes, place) for place, factor in enumerate(FACTORS)},
    }


def missed(found: dict[str, Any]) -> list[str]:
    """The goals that the figures do not reach, in words."""
    problems = []
    low, high = GOAL_COVERAGE
    if not low <= found["coverage"] <= high:
        problems.append(f"{found['coverage']:.1%} of the points lie inside the 90 % band; {low:.0%} to {high:.0%} may")
    for what in ("per_paper", "per_claim"):
        if found[what]["MAGIC_GAP"] > GOAL_FALSE_GAP:
            problems.append(f"{found[what]['MAGIC_GAP']:.1%} false gaps {what.replace('_', ' ')}")
    return problems


def _coverage(claims: Iterable[Judged], band: int) -> float:
    counted = [claim for claim in claims if claim.points]
    points = sum(claim.points for claim in counted)
    return sum(claim.inside[band] for claim in counted) / points if points else math.nan


def _by(outcomes: Sequence[Outcome], key: Callable[[Outcome], str]) -> dict[str, dict[str, float]]:
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for paper in outcomes:
        groups[key(paper)].append(paper)
    return {name: _of_papers(papers) for name, papers in sorted(groups.items())}


def _of_papers(papers: Sequence[Outcome]) -> dict[str, float]:
    own = [claim for paper in papers for claim in paper.claims if claim.proposal]
    labels = {label: share([paper.label == label for paper in papers]) for label in _ALARMS}
    return {"papers": len(papers), "coverage": _coverage(own, _BAND), **labels}


def _power(outcomes: Sequence[Outcome], place: int) -> dict[str, float]:
    """Recall counts papers found out; the error is that of the largest gap named, as a factor."""
    found = [paper.planted[place] for paper in outcomes]
    errors = np.array([gap_error(one.gap, FACTORS[place]) for one in found if one.gap is not None])
    return {
        "recall": share([one.label in ("MAGIC_GAP", "IMPOSSIBLE") for one in found]),
        "INCONCLUSIVE": share([one.label == "INCONCLUSIVE" for one in found]),
        "gap_over_planted": float(np.exp(np.median(errors))) if errors.size else math.nan,
        "typical_error": float(np.expm1(np.median(np.abs(errors)))) if errors.size else math.nan,
        "in_interval": share([one.met for one in found if one.gap is not None]),
    }


def tables(found: dict[str, Any]) -> tuple[Table, ...]:
    """The figures as tables, to print and to keep."""
    return _summary(found), _families(found), _planted(found)


def _summary(found: dict[str, Any]) -> Table:
    low, high = GOAL_COVERAGE
    inside = f"{low:.0%} to {high:.0%}"
    accused = f"at most {GOAL_FALSE_GAP:.0%}"
    rows = [
        ("points of proposals inside their 90 % band", f"{found['coverage']:.1%}", inside),
        ("the same where a baseline taught", f"{found['coverage_where_taught']:.1%}", ""),
        ("points of baselines inside theirs", f"{found['coverage_of_baselines']:.1%}", ""),
        *((f"points inside a {level} band", f"{share:.1%}", "") for level, share in found["reliability"].items()),
        ("honest papers called MAGIC_GAP", f"{found['per_paper']['MAGIC_GAP']:.1%}", accused),
        ("honest claims called MAGIC_GAP", f"{found['per_claim']['MAGIC_GAP']:.1%}", accused),
        *((f"honest papers called {label}", f"{found['per_paper'][label]:.1%}", "") for label in _ALARMS[1:]),
    ]
    conclusion = f"{found['papers']} honest papers, {found['claims']} claims of proposals, {found['points']} points."
    return Table("coverage", ("", "measured", "goal"), tuple(rows), conclusion, not missed(found))


def _families(found: dict[str, Any]) -> Table:
    rows = tuple(
        (name, f"{row['papers']:.0f}", *(f"{row[column]:.1%}" for column in ("coverage", *_ALARMS)))
        for name, row in found["by_family"].items()
    )
    return Table("coverage by family", ("family", "papers", "inside", *_ALARMS), rows, "Honest papers.")


def _planted(found: dict[str, Any]) -> Table:
    rows = tuple(
        (
            f"{name} times", f"{row['recall']:.1%}", f"{row['INCONCLUSIVE']:.1%}", f"{row['gap_over_planted']:.2f}",
            f"{row['typical_error']:.1%}", f"{row['in_interval']:.1%}",
        )
        for name, row in found["power"].items()
    )  # fmt: skip
    columns = ("planted", "found", "INCONCLUSIVE", "largest gap over planted", "typical error", "in its interval")
    return Table("coverage of gaps", columns, rows, "The same papers with all claims of the proposal made better.")
