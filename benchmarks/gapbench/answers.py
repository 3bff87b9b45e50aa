"""A verdict in the benchmark's form."""

from collections.abc import Iterable, Mapping
from typing import Any

from gauntlet.verdict.records import Verdict

FINDING_TYPES = {
    "ratio_against_series": "HEADLINE_MISMATCH",
    "headline_against_data": "HEADLINE_MISMATCH",
    "ratio_at_point": "PERCENT_ARITHMETIC",
    "gain_between_figures": "PERCENT_ARITHMETIC",
    "value_against_figure": "PERCENT_ARITHMETIC",
    "percent_arithmetic": "PERCENT_ARITHMETIC",
    "factor_arithmetic": "PERCENT_ARITHMETIC",
    "littles_law": "LITTLES_LAW",
    "superlinear_scaling": "SUPERLINEAR_SCALING",
    "speedup_beyond_resources": "SUPERLINEAR_SCALING",
    "bandwidth_exceeded": "BANDWIDTH_EXCEEDED",
}
"""First part of a finding's id -> the benchmark's word for it."""


def prediction(verdict: Verdict, ours: Mapping[str, str], findings: Iterable[str]) -> dict[str, Any]:
    """One paper; `ours` maps the benchmark's claims to ours, `findings` are ids. Gaps below one are inverted."""
    verdicts = {claim.claim: claim for claim in verdict.claims}
    claims: dict[str, Any] = {}
    for theirs, own in ours.items():
        judged = verdicts.get(own)
        if judged is not None:
            factor = None if not judged.gap else max(judged.gap, 1 / judged.gap)
            claims[theirs] = {"verdict": judged.label, "gap_factor": factor}
    types = sorted({kind for finding in findings if (kind := finding_type(finding))})
    return {"overall": verdict.label, "claims": claims, "inconsistencies": [{"type": kind} for kind in types]}


def finding_type(finding_id: str) -> str | None:
    """The benchmark's word for a finding, None where it has none."""
    return FINDING_TYPES.get(finding_id.partition(":")[0])
