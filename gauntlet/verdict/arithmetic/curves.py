"""Series of plots and tables in one form: a system, what was measured over what, and points with a reading error."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from gauntlet.paper.quantities import find_quantities
from gauntlet.paper.records import Axis, Figure, Paper, Plot, PlotSeries
from gauntlet.specs.evidence import Evidence
from gauntlet.verdict.arithmetic.spans import Span, exact
from gauntlet.verdict.arithmetic.table_curves import first_clause, table_curves

SURE = 0.9
"""Confidence from which a series is held against words; of such series 99.6 % were right where all were counted."""
_CUMULATIVE = re.compile(r"\bcumulative|\bCDF\b|\bfraction of|\bpercentile", re.IGNORECASE)
_COMPLEMENT = re.compile(r"complement|\bCCDF\b|\b1\s*[-–−]\s*CDF", re.IGNORECASE)
_EQUALS_ONE = re.compile(r"\s*\(\s*=?\s*[\d.x×]+\s*\)$")
_COSTS = re.compile(
    r"latenc|delay|\btimes?\b|duration|overhead|\bcosts?\b|runtime|stall|\bmiss|\bwait|aborts?\b|retries|conflicts?\b|errors?\b"
    r"|failures?\b|loss|energy|slowdown",
    re.IGNORECASE,
)
_RATES = re.compile(
    r"throughput|speed|bandwidth|goodput|\brate\b|\bhits?\b|\bhit ratio|iops|ops\b|utili[sz]ation|performance",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\brelative\b|\bnormali[sz]ed\b|\bspeed-?ups?\b|\bimprovements?\b|\bratio\b|\bgain", re.IGNORECASE
)
_WORD = re.compile(r"\d+(?:st|nd|rd|th)\b|[a-z]+\d*|p\d+", re.IGNORECASE)
_STATISTIC = re.compile(r"\b(?:mean|average|median|p\d\d\d?|\d\d(?:\.\d+)?th)\b", re.IGNORECASE)
_SAME_STATISTIC = {"average": "mean", "p50": "median", "p90": "90th", "p95": "95th", "p99": "99th"}
RATES = ("1/s", "B/s", "FLOP/s")
_EMPTY = frozenset(
    ("a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "number", "of", "on", "or", "over", "per",
     "relative", "the", "to", "vs", "with")
)  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """What an axis or column shows: its words, its unit as printed, and factor and SI unit where that is known."""

    label: str
    unit: str | None

    @property
    def words(self) -> frozenset[str]:
        """Stems of its words that carry meaning, in lower case."""
        return stems(self.label)

    @property
    def statistics(self) -> frozenset[str]:
        """Statistics that it names: 'mean', 'median', '99th'."""
        return statistics_in(self.label)

    @property
    def head(self) -> str:
        """Stem of its last word that carries meaning: 'latency' of '99th-percentile latency'; '' without any."""
        found = [word for word in _WORD.findall(self.label) if word.lower() not in _EMPTY]
        return next(iter(stems(found[-1]))) if found else ""

    @property
    def si(self) -> tuple[float, str]:
        """Factor to SI and SI unit; ('1', '') where it has none or none that is known."""
        return _si(self.unit or "")

    @property
    def better(self) -> Literal["lower", "higher", None]:
        """Which way is better, from the unit, else from the words; None where neither says."""
        unit = self.si[1]
        if unit in ("s", "J") or (unit not in RATES and _COSTS.search(self.label)):
            return "lower"
        return "higher" if unit in RATES or _RATES.search(self.label) else None

    @property
    def relative(self) -> bool:
        """True where values are themselves ratios to another system."""
        return not self.si[1] and bool(_RELATIVE.search(self.label))


@dataclass(frozen=True)
class Curve:
    """One system's values `y` over `x`, both as printed; `source` is the id of the figure or table.

    `plot` tells apart what may be compared within a figure or table. `error` is relative where `log`, else in units of
    y. `categories`: x has names and no values. `drawn`: from a figure.
    """

    source: str
    label: str
    plot: str
    page: int
    caption: str
    system: str
    x: Measure
    y: Measure
    points: tuple[tuple[float, float], ...]
    error: float
    log: bool = False
    categories: bool = False
    distribution: bool = False
    drawn: bool = True

    def at(self, x: float) -> float | None:
        """The value at `x`, None where there is no point; a line that is level everywhere reaches everywhere."""
        for own, y in self.points:
            if same_x(own, x):
                return y
        heights = {y for _, y in self.points}
        level = len(self.points) == 2 and max(heights) - min(heights) <= self.slack(max(heights)) * max(heights)
        return self.points[0][1] if level else None

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where it is drawn or printed: the page, and the words that name it."""
        return (Evidence(page=self.page, quotation=self.caption),)

    def slack(self, y: float) -> float:
        """Relative reading error of a value."""
        return self.error if self.log or not y else self.error / abs(y)

    def span(self, y: float) -> Span:
        """A value with its reading error."""
        return exact(y, min(self.slack(y), 0.99))


def same_x(one: float, other: float) -> bool:
    """Drawn points of one x never agree to the last digit: 1 %."""
    return abs(one - other) <= 0.01 * max(abs(one), abs(other))


def stems(text: str) -> frozenset[str]:
    """Words that carry meaning, in lower case and without the s of a plural."""
    found = (word.lower() for word in _WORD.findall(text))
    return frozenset(word.removesuffix("s") if len(word) > 3 else word for word in found if word not in _EMPTY)


def statistics_in(text: str) -> frozenset[str]:
    """Statistics that a text names: 'mean' (or average), 'median', '99th' (or p99)."""
    return frozenset(_SAME_STATISTIC.get(found.lower(), found.lower()) for found in _STATISTIC.findall(text))


def curves_of(paper: Paper) -> tuple[Curve, ...]:
    """Every series of a plot that was surely read, and every system of a table of numbers.

    A system that is spelt in several ways ('ZygOS', 'Zygos') has the first of them everywhere.
    """
    found = [curve for figure in paper.figures for plot in figure.plots for curve in _of_plot(figure, plot)]
    for table in paper.tables:
        for one in table_curves(table):
            place = table.id, table.label, one.part, table.anchor.page, table.caption
            x, y = Measure(*one.x), Measure(*one.y)
            found.append(Curve(*place, one.system, x, y, one.points, one.error, categories=one.categories, drawn=False))
    first: dict[str, str] = {}
    return tuple(replace(one, system=first.setdefault(one.system.casefold(), one.system)) for one in found)


def _of_plot(figure: Figure, plot: Plot) -> Iterator[Curve]:
    for series in plot.series:
        if series.name and series.confidence >= SURE and series.arrangement != "stacked":
            yield _of_series(figure, plot, series)


def _of_series(figure: Figure, plot: Plot, series: PlotSeries) -> Curve:
    axis = plot.y_axis_of(series)
    x, y = _measure(plot.x_axis), _measure(axis, figure.caption if len(figure.plots) == 1 else "")
    points = tuple(point for index, point in enumerate(series.points) if index not in series.clipped)
    error, log, along = series.reading_error_y, axis.scale == "log", plot.x_axis
    distribution = is_distribution(plot, series)
    if series.orientation == "horizontal":
        x, y, along = y, x, axis
        points = tuple((second, first) for first, second in points)
        error, log = series.reading_error_x, plot.x_axis.scale == "log"
    elif distribution:
        whole = 100.0 if axis.maximum > 2 else 1.0
        points = tuple((100 * share / whole, value) for value, share in points)
        x, y, error, log = Measure("percentile", None), x, series.reading_error_x, plot.x_axis.scale == "log"
    name = _EQUALS_ONE.sub("", series.name or "").strip()
    worded = along.scale == "category" and not all(_is_number(word) for word in along.categories)
    return Curve(
        figure.id,
        figure.label,
        plot.id,
        figure.anchor.page,
        figure.caption,
        name,
        x,
        y,
        points,
        error,
        log,
        worded,
        distribution,
    )


def is_distribution(plot: Plot, series: PlotSeries) -> bool:
    """True for a CDF over a quantity that has a unit; not for its complement."""
    title = f"{plot.y_axis.title} {plot.y_axis.label}"
    says = series.kind == "cdf" or bool(_CUMULATIVE.search(title) and plot.y_axis.maximum <= 110)
    says = says and plot.y_axis.unit in (None, "", "%")
    return says and not _COMPLEMENT.search(title) and bool(plot.x_axis.unit)


def _measure(axis: Axis, caption: str = "") -> Measure:
    """What an axis shows; what the `caption` of its only plot says first, where that says the same and more.

    A title in two lines is at times read without its first: 'latency' below '99th-percentile'.
    """
    label, clause = axis.label or axis.title, first_clause(caption)
    words = stems(label) - stems(axis.unit or "")
    return Measure(clause if words < stems(clause) else label, axis.unit)


def _is_number(word: str) -> bool:
    return bool(re.fullmatch(r"[-−]?\d[\d.,]*", word.strip()))


@lru_cache(maxsize=512)
def _si(unit: str) -> tuple[float, str]:
    found = find_quantities(f"1 {unit}") if unit else ()
    if len(found) != 1 or found[0].kind != "amount":
        return 1.0, ""
    return found[0].value, found[0].unit
