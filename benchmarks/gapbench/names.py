"""Which of our claims is which of the benchmark's: by names alone.

Beside each NAME.pdf lies NAME.truth.json. Of that file only the names of claims are read here (`read_names`): id,
metric, x axis, system, role, and where they are shown. Our claims are matched to them by those names; labels,
parameters and values never reach whoever asks.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from gauntlet.paper.records import Paper
from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec


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
