"""From tick labels to a scale: which labels belong to a side of a frame, and which function maps points to values."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gauntlet.paper.plots.labels import Label
from gauntlet.paper.records import Box

Side = Literal["bottom", "left", "top", "right"]
TOLERANCE_PT = 1.3  # label centres without tick marks carry up to 1 pt
REACH_PT = 26.0
FLOOR_SPAN = 0.0007  # of the axis span: what survives of a coordinate after rounding in the file and clipping to ticks


@dataclass(frozen=True)
class Scale:
    """value = a + b position, or its power of ten on a log scale. Residual in points, `labels` used."""

    kind: Literal["linear", "log", "category"]
    a: float
    b: float
    residual_pt: float
    positions: tuple[float, ...]
    values: tuple[float, ...]
    names: tuple[str, ...] = ()

    def value(self, position: float) -> float:
        """Value at a position in points."""
        if self.kind == "category":
            return self.values[self.nearest(position)]
        exact = self.a + self.b * position
        if self.kind == "linear":
            return exact
        return float(10 ** max(-300.0, min(300.0, exact)))

    def nearest(self, position: float) -> int:
        """Index of the label next to a position."""
        return min(range(len(self.positions)), key=lambda index: abs(self.positions[index] - position))

    def error(self, low: float, high: float) -> float:
        """Reading error for an axis between two positions: absolute if linear, relative if log, 0 for categories."""
        if self.kind == "category":
            return 0.0
        error = math.hypot(self.residual_pt * self.b, FLOOR_SPAN * abs(high - low) * abs(self.b))
        return error if self.kind == "linear" else float(10**error - 1)

    def moved(self, by_pt: float) -> "Scale":
        """The same scale with all labels `by_pt` further along the axis."""
        positions = tuple(position + by_pt for position in self.positions)
        return replace(self, a=self.a - self.b * by_pt, positions=positions)

    def times(self, factor: float) -> "Scale":
        """The same scale with all values multiplied."""
        values = tuple(value * factor for value in self.values)
        if self.kind == "log":
            return Scale(self.kind, self.a + math.log10(factor), self.b, self.residual_pt, self.positions, values)
        return Scale(self.kind, self.a * factor, self.b * factor, self.residual_pt, self.positions, values, self.names)


def side_labels(frame: Box, labels: Sequence[Label], side: Side) -> list[Label]:
    """Labels along one side of the frame, in the row or column that is nearest to it."""
    x0, y0, x1, y1 = frame
    slack = 3.0
    horizontal = side in ("bottom", "top")
    near: list[tuple[float, Label]] = []
    for label in labels:
        along = (label.tip or label.anchor)[0] if horizontal else label.anchor[1]
        low, high = (x0, x1) if horizontal else (y0, y1)
        if not low - slack <= along <= high + slack:
            continue
        distance = {
            "bottom": label.box[1] - y1,
            "top": y0 - label.box[3],
            "left": x0 - label.box[2],
            "right": label.box[0] - x1,
        }[side]
        if -3.5 <= distance <= REACH_PT:
            near.append((distance, label))
    if not near:
        return []
    numbers = [distance for distance, label in near if label.numeric]
    first = min(numbers) if len(numbers) > 1 else min(distance for distance, _ in near)
    width = 5.0 if horizontal else 9.0
    return [
        label
        for distance, label in near
        if abs(distance - first) <= width or (not horizontal and label.numeric and distance - first < 22)
    ]


def fit_scale(
    positions: Sequence[float], labels: Sequence[Label], ticks: Sequence[tuple[float, float]]
) -> Scale | None:
    """The linear or log scale on which most labels lie, or None. With two labels only, see `_log_likely`."""
    points = [(at, label.value, label) for at, label in zip(positions, labels, strict=True) if label.value is not None]
    points = list({round(at, 1): (at, value, label) for at, value, label in points}.values())
    if len(points) < 2:
        return None
    linear = _consensus([(at, value) for at, value, _ in points])
    logarithmic = _consensus([(at, math.log10(value)) for at, value, _ in points if value > 0])
    powers = sum(label.is_power for *_, label in points)
    best, kind = linear, "linear"
    if logarithmic is not None:
        if linear is None or logarithmic[0] > linear[0]:
            best, kind = logarithmic, "log"
        elif logarithmic[0] == linear[0]:
            if logarithmic[0] == 2:
                if _log_likely(points, powers, ticks):
                    best, kind = logarithmic, "log"
            elif logarithmic[3] < linear[3]:
                best, kind = logarithmic, "log"
    if best is None or best[0] < max(2, math.ceil(0.7 * len(points))):
        return None
    used = best[4]
    values = [10**value if kind == "log" else value for _, value in used]
    return Scale(kind, best[1], best[2], best[3], tuple(at for at, _ in used), tuple(values))  # type: ignore[arg-type]


def single_power_scale(position: float, label: Label, ticks: Sequence[tuple[float, float]]) -> Scale | None:
    """A log scale from one labelled decade and the unlabelled marks between decades, which must all fit."""
    places = sorted({round(at, 2) for at, _ in ticks})
    if label.value is None or label.value <= 0 or len(places) < 5:
        return None
    marks = [math.log10(step) for step in range(1, 10)]
    best: tuple[float, float] | None = None
    for place in places:
        for step in (2, 0.9, 3, 0.8, 0.5):
            if abs(place - position) < 0.5:
                continue
            decade = (place - position) / math.log10(step)
            if abs(decade) < 10:
                continue
            shares = [((at - position) / decade) % 1 for at in places]
            off = max(min(abs(share - mark) for mark in [*marks, 1.0]) for share in shares) * abs(decade)
            if best is None or off < best[0]:
                best = (off, decade)
    if best is None or best[0] > 0.3:
        return None
    off, decade = best
    slope = 1 / decade
    return Scale("log", math.log10(label.value) - position * slope, slope, off, (position,), (label.value,))


Consensus = tuple[int, float, float, float, list[tuple[float, float]]]


def _consensus(points: list[tuple[float, float]]) -> Consensus | None:
    """Best line value = a + b position over pairs of labels: labels on it, a, b, RMS distance in points, the labels."""
    if len(points) < 2:
        return None
    points = sorted(points)[:40]
    best: list[tuple[float, float]] = []
    for i, (p, v) in enumerate(points):
        for q, w in points[i + 1 :]:
            if abs(q - p) < 2 or v == w:
                continue
            slope = (w - v) / (q - p)
            near = [(at, value) for at, value in points if abs((value - v) / slope + p - at) < TOLERANCE_PT]
            if len(near) > len(best):
                best = near
    if len(best) < 2:
        return None
    n = len(best)
    mean_p, mean_v = sum(p for p, _ in best) / n, sum(v for _, v in best) / n
    spread = sum((p - mean_p) ** 2 for p, _ in best)
    b = sum((p - mean_p) * (v - mean_v) for p, v in best) / spread
    if b == 0:
        return None
    a = mean_v - b * mean_p
    residual = math.sqrt(sum(((v - a) / b - p) ** 2 for p, v in best) / n)
    return n, a, b, residual, best


def _log_likely(points: list[tuple[float, float, Label]], powers: int, ticks: Sequence[tuple[float, float]]) -> bool:
    """Two labels fit both: powers written as such, uneven minor marks, or steps that no linear axis has, say log."""
    if powers == len(points):
        return True
    places = sorted({round(at, 1) for at, _ in ticks})
    steps = [b - a for a, b in itertools.pairwise(places) if b - a > 0.3]
    if len(steps) >= 4:
        return max(steps) > 1.8 * min(steps)
    low, high = min(value for _, value, _ in points), max(value for _, value, _ in points)
    return low > 0 and not _linear_ticks(low, high)


def _linear_ticks(low: float, high: float) -> bool:
    """True where a linear axis would have these two ticks: multiples of their distance, which is 1, 2, 2.5 or 5."""
    step = high - low
    leading = step / 10 ** math.floor(math.log10(step))
    nice = any(math.isclose(leading, part, rel_tol=1e-6) for part in (1, 2, 2.5, 3, 4, 5))
    return nice and math.isclose(low / step, round(low / step), abs_tol=1e-6)
