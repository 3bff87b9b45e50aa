"""From outcomes to figures: coverage, false alarms, reliability and power, over all papers and by family and length."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.coverage.study import FACTORS, NOMINAL, Judged, Outcome, gap_error, share
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
        "by_points": {
            str(count): _of_claims([claim for claim in own if claim.points == count])
            for count in sorted({claim.points for claim in own})
        },
        "by_claims": _by(outcomes, lambda paper: str(sum(claim.proposal for claim in paper.claims))),
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


def _of_claims(claims: Sequence[Judged]) -> dict[str, float]:
    labels = {label: share([claim.label == label for claim in claims]) for label in _ALARMS}
    return {"claims": len(claims), "coverage": _coverage(claims, _BAND), **labels}


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


def show(found: dict[str, Any]) -> None:
    """Print all figures as tables."""
    console = Console(width=140)
    console.print(f"{found['papers']} honest papers, {found['claims']} claims of proposals, {found['points']} points")
    for name in ("coverage", "coverage_where_taught", "coverage_of_baselines"):
        console.print(f"{name.replace('_', ' ')}: {found[name]:.1%} inside the 90 % band")
    for name in ("per_paper", "per_claim"):
        console.print(f"{name.replace('_', ' ')}: " + ", ".join(f"{v:.1%} {k}" for k, v in found[name].items()))
    console.print("reliability: " + ", ".join(f"{level} {value:.1%}" for level, value in found["reliability"].items()))
    for title in ("by_family", "by_claims", "by_points", "power"):
        console.print(_table(title.replace("_", " "), found[title]))


def _table(title: str, rows: dict[str, dict[str, float]]) -> Table:
    columns = list(next(iter(rows.values())))
    table = Table(title, *columns)
    for name, row in rows.items():
        cells = [f"{row[c]:.0f}" if c in ("papers", "claims") else _number(c, row[c]) for c in columns]
        table.add_row(name, *cells)
    return table


def _number(column: str, value: float) -> str:
    return f"{value:.3f}" if column == "gap_over_planted" else f"{value:.1%}"
