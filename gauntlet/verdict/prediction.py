"""What the cost model says about each claim, over all stated uncertainty: `prediction.npz`.

Values are in the unit the paper uses for the claim (its metric's unit; a bare number for ratios), so that every later
stage compares, draws and prints without converting.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gauntlet.errors import RecordError
from gauntlet.records import write_atomically

Floats = npt.NDArray[np.float64]

LEVELS: Floats = (np.arange(201) + 0.5) / 201
"""Quantile levels of every stored distribution; the middle one is the median."""

SHAPE_LEVELS: Floats = np.array([0.01, *(np.arange(1, 10) / 10), 0.99])
"""Quantile levels that draw a distribution in blocks of a tenth; the outermost hundredths are left out."""

_VERSION = 8
_ARRAYS = (
    "x", "raw", "joint", "undefined", "bound", "comparator_median", "over_comparator", "curve_x", "curve_raw",
    "part_values", "curve_parts", "rival_part_values", "rival_curve_parts",
)  # fmt: skip


@dataclass(frozen=True)
class ClaimPrediction:
    """The prediction at the P points of one claim, in `unit`; NaN stands for "none".

    `raw` (P, 201) are quantiles over the stated uncertainty alone; discrepancy comes on top when judging. `joint`
    (J, P) are some of the draws behind them, row by row the same constants at all points. `undefined` (P,) is the share
    of samples for which the model has no value. `bound` (P,) is what hardware cannot beat, `binding` the id of the
    bound that says so at each point, if there is any. `form_error` is the standard deviation of the log that
    approximate formulas add. `levels` counts the independent implementations behind the value: 1, or 2 for a ratio of
    two mechanisms, 0 for one against itself; `unlearnt` how many of their levels are not in the draws; `slowed` is what
    those that are make of the median, and `strain` how many times as far as usual the points scatter, which a claim
    that teaches shows itself. `samples` draws stand behind it. A best case is the largest value `over` the points of
    two series, if the claim names no place; `x` is where the model has it.
    `shares` gives each uncertain variable's first-order share of the variance of the log prediction.
    `remarks` say where a formula is used outside the range it was derived for. `comparator_median` (P,) is the
    baseline at the same points, and `over_comparator` (P, 201) quantiles of this value over the baseline's on the same
    draws. `curve_x` (M,) and `curve_raw` (M, 201) refine the prediction along x, with
    `curve_samples` draws. `parts` name what the mechanism's cost is the sum of, in SI, every variable at its median
    (see `costs.breakdown`): `part_values` (T, P) and `curve_parts` (T, M; M = 0 where there is no curve); those of the
    baseline, or of what a ratio is relative to, have `rival` in front.
    """

    claim: str
    unit: str
    form_error: float
    levels: int
    unlearnt: float
    slowed: float
    strain: float
    samples: int
    over: tuple[str, ...]
    shares: Mapping[str, float]
    comparator: str | None
    parts: tuple[str, ...]
    rival_parts: tuple[str, ...]
    remarks: tuple[str, ...]
    binding: tuple[str, ...]
    x: Floats
    raw: Floats
    joint: Floats
    undefined: Floats
    bound: Floats
    comparator_median: Floats
    over_comparator: Floats
    curve_x: Floats
    curve_raw: Floats
    part_values: Floats
    curve_parts: Floats
    rival_part_values: Floats
    rival_curve_parts: Floats

    @property
    def median(self) -> Floats:
        """Median over the stated uncertainty, (P,)."""
        middle: Floats = self.raw[:, LEVELS.size // 2]
        return middle


class Learnt(NamedTuple):
    """A constant before and after: 5 %, median and 95 % in the variable's unit; whether it moves to the proposal.

    `prior_shape` and `posterior_shape` are its quantiles at SHAPE_LEVELS, to draw both; () where nobody will.
    """

    variable: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    moves: bool
    prior_shape: tuple[float, ...] = ()
    posterior_shape: tuple[float, ...] = ()


class Dispute(NamedTuple):
    """Variables or terms that measurements do not agree about, and why in words."""

    about: tuple[str, ...]
    reason: str


class Lesson(NamedTuple):
    """What the baselines' points taught: by which claims, which constants, over how many effective draws.

    `refused` says in words which claims could teach nothing, and why; no deviation that rests on what `disputes` name
    is held against anyone, and no claim that is `excluded` by what several series measured. `paces` say of each
    measured implementation how many times as long as its mechanism it takes: 5 %, median and 95 %. `few_draws` made
    each generation of learning where formulas take long, else None.
    """

    claims: tuple[str, ...] = ()
    learnt: tuple[Learnt, ...] = ()
    effective: float = 0.0
    refused: tuple[str, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    paces: Mapping[str, tuple[float, float, float]] = MappingProxyType({})
    excluded: tuple[str, ...] = ()
    few_draws: int | None = None

    def as_row(self) -> dict[str, Any]:
        """As JSON holds it; what is usual is left out."""
        row = self._asdict() | {"paces": dict(self.paces)}
        row |= {"learnt": [one._asdict() for one in self.learnt]}
        row |= {"disputes": [one._asdict() for one in self.disputes]}
        return {key: value for key, value in row.items() if value is not None}


NOTHING_LEARNT = Lesson()


@dataclass(frozen=True)
class Prediction:
    """Predictions by claim id; `not_predicted` says why a claim has none; `lesson` is what the baselines taught."""

    samples: int
    curve_samples: int
    seed: int
    claims: Mapping[str, ClaimPrediction]
    not_predicted: Mapping[str, str]
    lesson: Lesson = NOTHING_LEARNT

    def save(self, path: Path) -> None:
        """Write an npz whose bytes depend on the prediction alone: fixed order, fixed time stamps."""
        about = {
            "version": _VERSION,
            "samples": self.samples,
            "curve_samples": self.curve_samples,
            "seed": self.seed,
            "not_predicted": dict(self.not_predicted),
            "lesson": self.lesson.as_row(),
            "claims": [
                {
                    "claim": of.claim, "unit": of.unit, "form_error": of.form_error, "levels": of.levels,
                    "unlearnt": of.unlearnt, "slowed": of.slowed, "strain": of.strain,
                    "samples": of.samples, "over": list(of.over),
                    "shares": dict(of.shares), "comparator": of.comparator, "parts": list(of.parts),
                    "rival_parts": list(of.rival_parts), "remarks": list(of.remarks), "binding": list(of.binding),
                }
                for of in self.claims.values()
            ],
        }  # fmt: skip
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            _put(archive, "about.json", json.dumps(about, indent=1).encode())
            for of in self.claims.values():
                for name in _ARRAYS:
                    _put(archive, f"{of.claim}.{name}.npy", _npy(getattr(of, name)))
        write_atomically(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> "Prediction":
        """Read what `save` wrote; RecordError when it is missing or broken."""
        try:
            with zipfile.ZipFile(path) as archive:
                about = json.loads(archive.read("about.json"))
                claims = {row["claim"]: _claim(archive, row) for row in about["claims"]}
            numbers = about["samples"], about["curve_samples"], about["seed"]
            return cls(*numbers, claims, about["not_predicted"], _lesson(about["lesson"]))
        except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
            raise RecordError(f"{path} is missing or broken ({error}); predict again from spec.json.") from None


def _lesson(row: dict[str, Any]) -> Lesson:
    kept = ("prior", "posterior", "prior_shape", "posterior_shape")
    learnt = tuple(Learnt(**{**one, **{name: tuple(one[name]) for name in kept}}) for one in row["learnt"])
    disputes = tuple(Dispute(tuple(one["about"]), one["reason"]) for one in row["disputes"])
    paces = {name: (low, middle, high) for name, (low, middle, high) in row["paces"].items()}
    claims, refused, excluded = (tuple(row[name]) for name in ("claims", "refused", "excluded"))
    few_draws = row.get("few_draws")
    return Lesson(claims, learnt, row["effective"], refused, disputes, paces, excluded, few_draws)


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def _npy(array: Floats) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _claim(archive: zipfile.ZipFile, row: dict[str, Any]) -> ClaimPrediction:
    arrays: dict[str, Any] = {
        name: np.lib.format.read_array(io.BytesIO(archive.read(f"{row['claim']}.{name}.npy")), allow_pickle=False)
        for name in _ARRAYS
    }
    words = {name: tuple(row[name]) for name in ("parts", "rival_parts", "remarks", "over", "binding")}
    return ClaimPrediction(**{**row, **words}, **arrays)
