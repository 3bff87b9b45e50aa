"""Where bars, areas and blocks of the page lie, in per cent of their frames; the browser only draws."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from gauntlet.report.records import ConstantReport, PartRow, Shares, Waterfall
from gauntlet.report.words import number, readable

_LOG_FROM = 10**1.5
_SMALL = 0.01  # of both totals: drawn together with other small parts
_MOST_AREAS, _THIN = 5, 0.03  # areas, and the share below which a part is thinner than its own outline
_APART = 3.0  # totals further apart are drawn each to its own scale
_MOST_TICKS = 5
_ROOM = 1.04  # of the longest bar, so that a mark at its end stays inside
_FULL = 100.0


@dataclass(frozen=True)
class Axis:
    """A range of values as 0 to 100."""

    low: float
    high: float
    logarithmic: bool

    @classmethod
    def over(cls, values: Sequence[float], *, wide: float = _LOG_FROM) -> "Axis":
        """The axis over all values: logarithmic where the highest is more than `wide` times the lowest."""
        low, high = min(values), max(values)
        return cls(low, high, low > 0 and high / low > wide)

    def at(self, value: float) -> float:
        """The place of a value."""
        if self.high <= self.low:
            return _FULL / 2
        if self.logarithmic:
            return _FULL * math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return _FULL * (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Places and words of at most five round numbers."""
        found = _log_ticks(self.low, self.high) if self.logarithmic else _even_ticks(self.low, self.high)
        return [(round(self.at(value), 2), number(value)) for value in found]


def _even_ticks(low: float, high: float) -> list[float]:
    if high <= low:
        return [low]
    raw = (high - low) / (_MOST_TICKS - 1)
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * nice for nice in (1, 2, 2.5, 5, 10) if size * nice >= raw * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{step * place:.12g}") for place in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        found = [digit * 10.0**decade for decade in decades for digit in digits]
        found = [float(f"{value:.12g}") for value in found if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
        if len(found) <= _MOST_TICKS:
            return found
    return found[:: math.ceil(len(found) / _MOST_TICKS)]


@dataclass(frozen=True)
class Bar:
    """A value with the bar that it adds: where it begins and how wide it is."""

    value: float
    left: float
    width: float


@dataclass(frozen=True)
class Step:
    """One line of a waterfall; None where a side does not have the part."""

    part: str
    meaning: str
    own: Bar | None
    rival: Bar | None


@dataclass(frozen=True)
class Steps:
    """A waterfall laid out: its lines, both totals, and the claimed line on the own side."""

    rows: tuple[Step, ...]
    own: Bar
    rival: Bar | None
    claimed: float
    one_scale: bool


def steps(found: Waterfall) -> Steps:
    """Parts one after the other, small ones together, and what they leave of the total."""
    rows = [*_gathered(found), *_rest(found)]
    own_end = _ROOM * max([found.total, found.claimed, *_ends([row.value for row in rows])])
    rival_end = max([found.rival_total or 0.0, *_ends([row.rival for row in rows])])
    one_scale = rival_end == 0 or max(own_end, rival_end) <= _APART * min(own_end, rival_end)
    if one_scale:
        own_end = rival_end = max(own_end, rival_end)
    own, rival = _bars([row.value for row in rows], own_end), _bars([row.rival for row in rows], rival_end)
    lines = tuple(Step(row.part, row.meaning, mine, theirs) for row, mine, theirs in zip(rows, own, rival, strict=True))
    total = None if found.rival_total is None else Bar(found.rival_total, 0.0, _part(found.rival_total, rival_end))
    return Steps(
        lines, Bar(found.total, 0.0, _part(found.total, own_end)), total, _part(found.claimed, own_end), one_scale
    )


def _gathered(found: Waterfall) -> list[PartRow]:
    """The parts worth a line of their own, and one line for the others."""

    def small(row: PartRow) -> bool:
        sides = ((row.value, found.total), (row.rival, found.rival_total))
        return all(value is None or total is None or abs(value) < _SMALL * total for value, total in sides)

    few = [row for row in found.rows if small(row)]
    if len(few) < 2:
        return list(found.rows)
    own, rival = (_sum([getattr(row, side) for row in few]) for side in ("value", "rival"))
    together = PartRow(
        part=f"{len(few)} small parts", meaning=", ".join(row.part for row in few), value=own, rival=rival
    )
    return [*(row for row in found.rows if row not in few), together]


def _rest(found: Waterfall) -> list[PartRow]:
    """What the parts leave of the totals, where it is worth a line."""
    sides = ((found.rest, found.total), (found.rival_rest, found.rival_total))
    if not any(rest and total and abs(rest) >= _SMALL * total for rest, total in sides):
        return []
    meaning = "median of all draws against the model with every variable at its median, and the baseline's level"
    return [PartRow(part="rest", meaning=meaning, value=found.rest, rival=found.rival_rest)]


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _ends(values: Sequence[float | None]) -> list[float]:
    """Where the sum stands after each value."""
    reached, ends = 0.0, []
    for value in values:
        reached += value or 0.0
        ends.append(reached)
    return ends


def _bars(values: Sequence[float | None], end: float) -> list[Bar | None]:
    bars: list[Bar | None] = []
    for value, reached in zip(values, _ends(values), strict=True):
        if value is None:
            bars.append(None)
        else:
            bars.append(Bar(value, _part(min(reached, reached - value), end), _part(abs(value), end)))
    return bars


def _part(value: float, end: float) -> float:
    return round(_FULL * value / end, 2) if end > 0 else 0.0


@dataclass(frozen=True)
class Area:
    """One part of the cost along x: its outline as points of an SVG of 100 by 100, y downwards."""

    part: str
    points: str
    largest: float


def x_axis(several: Sequence[Shares]) -> Axis:
    """The axis of x that all shares of a claim have in common."""
    return Axis.over([x for found in several for x in (found.x[0], found.x[-1])])


def areas(found: Shares, axis: Axis) -> list[Area]:
    """Shares on top of each other, the largest part lowest; the smallest ones together."""
    parts, shares = list(found.parts), [list(row) for row in found.shares]
    shown = min(_MOST_AREAS, sum(max(row) >= _THIN for row in shares))
    if len(parts) > shown + 1:
        others = [sum(column) for column in zip(*shares[shown:], strict=True)]
        parts, shares = [*parts[:shown], f"{len(parts) - shown} others"], [*shares[:shown], others]
    below, found_areas = [0.0] * len(found.x), []
    for part, row in zip(parts, shares, strict=True):
        above = [low + share for low, share in zip(below, row, strict=True)]
        edge = [(axis.at(x), _FULL * (1 - y)) for x, y in zip(found.x, above, strict=True)]
        edge += reversed([(axis.at(x), _FULL * (1 - y)) for x, y in zip(found.x, below, strict=True)])
        found_areas.append(Area(part, _points(edge), max(row)))
        below = above
    return found_areas


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.4g},{max(0.0, y):.4g}" for x, y in places)


@dataclass(frozen=True)
class Blocks:
    """A constant before (above the middle line) and after (below it), as outlines in an SVG of 100 by 100."""

    before: str
    after: str
    ends: tuple[str, str]


def blocks(constant: ConstantReport) -> Blocks:
    """Each block of an outline holds the same probability: the higher, the narrower."""
    before, after = constant.prior_shape, constant.posterior_shape
    middle = before[len(before) // 2]
    axis, scale = _evenest([*before, *after], middle), readable(middle, constant.unit)[0]
    ends = (number(axis.low * scale), number(axis.high * scale))
    return Blocks(_outline(before, axis, up=True), _outline(after, axis, up=False), ends)


def _evenest(values: Sequence[float], middle: float) -> Axis:
    """The axis, logarithmic or not, on which what was known before lies the more evenly about its median."""
    axes = [
        Axis(min(values), max(values), logarithmic)
        for logarithmic in (True, False)
        if min(values) > 0 or not logarithmic
    ]
    return min(axes, key=lambda axis: abs(axis.at(middle) - _FULL / 2))


def _outline(shape: Sequence[float], axis: Axis, *, up: bool) -> str:
    places = [axis.at(value) for value in shape]
    widths = [max(end - start, 0.3) for start, end in itertools.pairwise(places)]
    # the outermost blocks run from 1 to 10 % and from 90 to 99 %
    masses = [0.9 if index in (0, len(widths) - 1) and len(widths) > 2 else 1.0 for index in range(len(widths))]
    heights = [mass / width for mass, width in zip(masses, widths, strict=True)]
    tallest, middle = max(heights, default=1.0), _FULL / 2
    outline = [(places[0], middle)]
    for start, width, height in zip(places, widths, heights, strict=False):
        y = middle + (-1 if up else 1) * 46 * height / tallest
        outline += [(start, y), (start + width, y)]
    return _points([*outline, (outline[-1][0], middle)])
