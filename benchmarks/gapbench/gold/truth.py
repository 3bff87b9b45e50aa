"""What a perfect reader of a benchmark paper knows: `read_known`. The answers stay in the file.

Given are parameters that the paper discloses, at their values; one that it withholds, as its plausible range; the words
of steps and conditions; the claimed points; sentences that state numbers, right ones and wrong ones in one row; and of
the abstract's headline the stated gain and the figure that it is about. Labels, planted factors, true values of what is
withheld, stored predictions and stored limits are dropped while the file is read.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Series:
    """One claimed curve; `y` is None where the paper draws no point. Units as the paper prints them."""

    id: str
    experiment: str
    role: str
    metric: str
    better: str
    x_name: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]
    y_unit: str
    system: str
    shown_in: str
    """The figure or table: 'Figure 3'; '' where it is not said."""
    shown_as: str


@dataclass(frozen=True)
class Headline:
    """The gain that the abstract states, and the curve that it is about."""

    quote: str
    stated: float
    about: Series


@dataclass(frozen=True)
class Cycle:
    """The time from one request of a client to its next that a sentence states for a point of a curve."""

    quote: str
    stated_s: float
    about: Series
    index: int


@dataclass(frozen=True)
class Known:
    """One paper as a reader has it. `values` and `ranges` are in SI, by the file's short names."""

    paper: str
    pdf: Path
    family: str
    title: str
    systems: Mapping[str, str]
    values: Mapping[str, float]
    ranges: Mapping[str, tuple[float, float]]
    meanings: Mapping[str, str]
    conditions: tuple[str, ...]
    steps: Mapping[str, tuple[str, ...]]
    series: tuple[Series, ...]
    headlines: tuple[Headline, ...]
    cycles: tuple[Cycle, ...]
    sentences: tuple[str, ...]


def read_known(path: Path) -> Known:
    """The guard: what no reader could know never leaves this function."""
    truth: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    parameters: dict[str, dict[str, Any]] = truth["parameters"]
    withheld = truth["withheld"]
    unprinted = [*truth.get("identifiable_from_baseline", ()), *([withheld] if withheld else [])]
    ranges = {one["key"]: (float(one["plausible"][0]), float(one["plausible"][1])) for one in unprinted}
    series = {claim["id"]: _series(claim) for claim in truth["claims"]}
    stated = truth["text_inconsistencies"] + truth["text_checks_ok"]  # the wrong and the right, together
    return Known(
        paper=truth["paper"],
        pdf=path.with_name(f"{truth['paper']}.pdf"),
        family=truth["family"],
        title=truth["title"],
        systems=truth["systems"],
        values={key: float(one["value_si"]) for key, one in parameters.items() if key not in ranges},
        ranges=ranges,
        meanings={key: one["meaning"] for key, one in parameters.items()},
        conditions=tuple(truth["workload"]),
        steps={"baseline": tuple(truth["baseline_steps"]), "proposed": tuple(truth["mechanism_steps"])},
        series=tuple(series.values()),
        headlines=tuple(
            Headline(one["quote"], float(one["stated"]), series[one.get("claim") or f"{one['points'][0][0]}/proposed"])
            for one in stated
            if one["type"] == "HEADLINE_MISMATCH" and one["stated"] is not None
        ),
        cycles=tuple(
            Cycle(one["quote"], float(one["stated"][2]), series["/".join(one["points"][0][:2])], one["points"][0][2])
            for one in stated
            if one["type"] == "LITTLES_LAW" and one.get("points")
        ),
        sentences=tuple(sorted(one["quote"] for one in stated)),
    )


def _series(claim: Mapping[str, Any]) -> Series:
    kept = ("id", "role", "metric", "better", "x_name", "y_unit")
    return Series(
        **{key: str(claim[key]) for key in kept},
        **{key: str(claim.get(key, "")) for key in ("system", "shown_in", "shown_as")},
        experiment=str(claim["id"]).partition("/")[0],
        x=tuple(map(float, claim["x"])),
        y=tuple(None if y is None else float(y) for y in claim["y"]),
    )
