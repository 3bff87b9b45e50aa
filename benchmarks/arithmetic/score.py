"""Findings of one paper against the inconsistencies planted in it, as the benchmark counts them: by type and paper."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.gapbench.answers import finding_type
from gauntlet.verdict.records import Arithmetic, Finding

TYPES = ("HEADLINE_MISMATCH", "PERCENT_ARITHMETIC", "LITTLES_LAW", "SUPERLINEAR_SCALING", "BANDWIDTH_EXCEEDED")
OTHER = "other checks"


@dataclass
class Score:
    """Counts by type: planted, found of these, and false; `aside` are findings on series with a planted gap."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    aside: int = 0
    papers: int = 0
    lines: list[str] = field(default_factory=list)

    def add(self, name: str, truth: Path, arithmetic: Arithmetic) -> None:
        """Count one paper; what was missed and what is false goes to `lines`."""
        known: dict[str, Any] = json.loads(truth.read_text(encoding="utf-8"))
        self.papers += 1
        missed = Counter(str(one["type"]) for one in known["text_inconsistencies"])
        self.planted += missed
        for finding in _distinct(arithmetic):
            kind = finding_type(finding.id) or OTHER
            if missed[kind]:
                missed[kind] -= 1
                self.found[kind] += 1
            elif _is_of_a_gap(finding, known):
                self.aside += 1
            else:
                self.false[kind] += 1
                self.lines.append(f"{name}: false {kind}: {finding.message}")
        self.lines += [f"{name}: missed {kind}" for kind in missed.elements()]

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Type, planted, found, false, precision, recall, F1; all together last."""
        kinds = [kind for kind in (*TYPES, OTHER) if self.planted[kind] or self.false[kind]]
        rows = [_row(kind, self.planted[kind], self.found[kind], self.false[kind]) for kind in kinds]
        return (*rows, _row("all", self.planted.total(), self.found.total(), self.false.total()))

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall over all types."""
        return _f1(self.planted.total(), self.found.total(), self.false.total())


def _distinct(arithmetic: Arithmetic) -> list[Finding]:
    """Without a number that is stated twice, such as a headline that the conclusion repeats."""
    first: dict[tuple[str, str], Finding] = {}
    for finding in arithmetic.findings:
        first.setdefault((finding.id.partition(":")[0], str(finding.values[:2])), finding)
    return list(first.values())


def _is_of_a_gap(finding: Finding, known: dict[str, Any]) -> bool:
    """True for a finding on the curve of a series in which a gap was planted: it is no statement of the text."""
    _, _, where = finding.id.partition(":")
    source, _, system = where.partition(":")
    label = source.replace("-", " ").capitalize()
    return any(
        (one["shown_in"], one["system"]) == (label, system) and one["label"] != "CONSISTENT" for one in known["claims"]
    )


def _row(kind: str, planted: int, found: int, false: int) -> tuple[str, ...]:
    precision = found / (found + false) if found + false else 1.0
    recall = found / planted if planted else 1.0
    shares = (precision, recall, _f1(planted, found, false))
    return (kind, str(planted), str(found), str(false), *(f"{share:.3f}" for share in shares))


def _f1(planted: int, found: int, false: int) -> float:
    return 2 * found / (planted + found + false) if planted + found + false else 1.0
