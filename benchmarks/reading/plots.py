"""Plots of real papers against what a person counted and read on rendered pages.

`real_plots.csv` has a line for every data plot: its frame in fractions of the page, kind, scales, number of series,
their names, and one to three values read by eye (`series|x|y`, in units of the tick labels). A plot is found where
frames overlap by half. A series is usable where its name is the printed one (where nothing is named: where the plot has
as many series as were counted), and no value read by eye contradicts it. It is known to about 3 % of the axis.
"""

import csv
import itertools
import math
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.reading.papers import read_folder
from gauntlet.paper.records import Axis, Box, Paper, Plot, PlotSeries
from gauntlet.paper.tokens import PREFIXES, parse_number

TABLE = Path(__file__).with_name("real_plots.csv")
OVERLAP = 0.5
BY_EYE = 0.03  # of the axis: what a person reads from a page
NO_SERIES = {"other", "heatmap", "pie"}
BARS = {"plot recall": 0.92, "series usable": 0.80, "wrong at 0.9 or more": 0.005}
SURE = 0.9


@dataclass
class Seen:
    """One plot as counted by eye."""

    line: dict[str, str]
    plot: Plot | None = None

    @property
    def names(self) -> list[str]:
        return [name for name in self.line["names"].split(";") if name]

    @property
    def count(self) -> int:
        return int(self.line["series"])

    @property
    def checks(self) -> list[tuple[str, str, str]]:
        found = [tuple(check.rsplit("|", 2)) for check in self.line["check"].split(";") if check.count("|") >= 2]
        return [(one[0], one[1], one[2]) for one in found]

    @property
    def has_factor(self) -> bool:
        """Values were read without the factor that is printed at the axis."""
        return "factor" in self.line["note"] and "factors" not in self.line["note"]

    def __str__(self) -> str:
        return (
            f"{self.line['paper'].removesuffix('.pdf')} p{self.line['page']} {self.line['figure']} {self.line['panel']}"
        )


@dataclass
class Tally:
    """Counts over all papers, and what was missed by name."""

    plots: Counter[str] = field(default_factory=Counter)
    series: int = 0
    usable: int = 0
    sure: int = 0
    wrong: list[str] = field(default_factory=list)
    checks: Counter[bool] = field(default_factory=Counter)
    distances: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)


def main(folder: Path, only: Sequence[str] = ()) -> int:
    lines = list(csv.DictReader(TABLE.open(encoding="utf-8")))
    tally = Tally()
    for entry in read_folder(folder, only):
        own = [Seen(line) for line in lines if line["paper"] == entry.name]
        if entry.paper is not None:
            tally.extra += [f"{entry.name} {plot.id}" for plot in pair_with(own, entry.paper)]
        for seen in own:
            _score(seen, tally)
    return _report(tally)


def pair_with(own: Sequence[Seen], paper: Paper) -> list[Plot]:
    """Give each counted plot the one read there; what is left over was counted by nobody."""
    sizes = {page.number: (page.width, page.height) for page in paper.pages}
    read = [plot for figure in paper.figures for plot in figure.plots]
    pairs = sorted(
        (
            (-_overlap(_box(seen.line, sizes[int(seen.line["page"])]), plot.anchor.box), s, p)
            for s, seen in enumerate(own)
            for p, plot in enumerate(read)
            if int(seen.line["page"]) == plot.anchor.page
        ),
    )
    taken: set[int] = set()
    for overlap, s, p in pairs:
        if -overlap >= OVERLAP and own[s].plot is None and p not in taken:
            own[s].plot = read[p]
            taken.add(p)
    return [plot for p, plot in enumerate(read) if p not in taken]


def _box(line: dict[str, str], size: tuple[float, float]) -> Box:
    x0, y0, x1, y1 = (float(line[key]) for key in ("x0", "y0", "x1", "y1"))
    return x0 * size[0], y0 * size[1], x1 * size[0], y1 * size[1]


def _overlap(one: Box, other: Box) -> float:
    """Shared area over the area of both together."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return width * height / (sum(areas) - width * height)


def _score(seen: Seen, tally: Tally) -> None:
    if seen.line["drawn"] != "vector":
        tally.plots["raster, read"] += seen.plot is not None
        return
    numbered = "none" not in (seen.line["x_scale"], seen.line["y_scale"])
    tally.plots["numbered" if numbered else "without numbers"] += 1
    kind = set(seen.line["kind"].split(";"))
    if numbered and not kind <= NO_SERIES:
        tally.series += seen.count
    if seen.plot is None:
        tally.missed.append(f"{seen}: {seen.line['kind']}")
        return
    tally.plots["found"] += 1
    tally.plots["found, numbered"] += numbered
    results = dict(results_of(seen, seen.plot, tally))
    good = sum(results.values())
    if numbered and not kind <= NO_SERIES:
        tally.usable += min(good, seen.count)
        if good < seen.count:
            read = ", ".join(f"{one.name or '?'}({len(one.points)})" for one in seen.plot.series)
            tally.unusable.append(
                f"{seen}: {good} of {seen.count} ({seen.line['kind']}: {seen.line['names']}; read {read})"
            )


def results_of(seen: Seen, plot: Plot, tally: Tally) -> Iterator[tuple[str, bool]]:
    """Every series that was read, and whether it is usable."""
    wanted = Counter(plain(name) for name in seen.names)
    checks = defaultdict(list)
    for name, x, y in seen.checks:
        checks[plain(name)].append((x, y))
    nameless = [pair for name, pairs in checks.items() if name not in wanted for pair in pairs]
    for series in plot.series:
        name = plain(series.name or "")
        named = wanted[name] > 0 if seen.names else len(plot.series) == seen.count
        wanted[name] -= 1
        loose = [pair for pair in nameless if _is_nearest(plot, series, pair, seen)]
        own = checks.get(name, []) if seen.names else loose
        distances = [_distance(plot, series, x, y, seen.has_factor) for x, y in own]
        agree = [distance < BY_EYE for distance in distances]
        tally.checks.update(agree)
        tally.distances += [distance for distance in distances if distance < BY_EYE]
        usable = named and all(agree)
        if series.confidence >= SURE:
            tally.sure += 1
            if not usable:
                said = [pair for pair, right in zip(own, agree, strict=True) if not right]
                tally.wrong.append(f"{seen}: {series.name!r} {'named otherwise' if not named else said} {series.kind}")
        yield series.id, usable


def _is_nearest(plot: Plot, series: PlotSeries, pair: tuple[str, str], seen: Seen) -> bool:
    """Whether a value of a series without a name is this one's: it lies nearest to it."""
    distances = [_distance(plot, other, *pair, seen.has_factor) for other in plot.series]
    return distances[plot.series.index(series)] == min(distances)


def _distance(plot: Plot, series: PlotSeries, x: str, y: str, has_factor: bool) -> float:
    """How far a value read by eye lies from the series, in shares of the axes; infinite where it stands nowhere."""
    x_axis, y_axis = plot.x_axis, plot.y_axis_of(series)
    across, along = (y, x) if series.orientation == "horizontal" else (x, y)
    powers = range(-9, 10) if has_factor else (0,)
    ways = [(_place(x_axis, px), _place(y_axis, py)) for px, py in series.points]
    places = ((_share(x_axis, across, one), _share(y_axis, along, other)) for one in powers for other in powers)
    return min((_near(ways, (a, b), series) for a, b in places if a is not None and b is not None), default=math.inf)


def _share(axis: Axis, text: str, power: int) -> float | None:
    """Where a value read by eye stands on the axis, 0 to 1; a category by its words."""
    if axis.scale == "category":
        names = [plain(name) for name in axis.categories]
        if plain(text) in names:
            return _place(axis, axis.ticks[names.index(plain(text))])
        near = [index for index, name in enumerate(names) if name and (name in plain(text) or plain(text) in name)]
        return _place(axis, axis.ticks[near[0]]) if near else None
    number = parse_number(text)
    if number is None:
        return None
    value, suffix = number
    return _place(axis, value * PREFIXES.get(suffix, 1.0) * 10.0**power)


def _place(axis: Axis, value: float) -> float:
    if axis.scale == "category":
        at = axis.ticks.index(value) if value in axis.ticks else value
        return (at + 0.5) / max(len(axis.categories), 1)
    low, high = axis.minimum, axis.maximum
    if axis.scale == "log":
        if value <= 0:
            return math.nan
        low, high, value = math.log(low), math.log(high), math.log(value)
    return (value - low) / (high - low)


def _near(ways: Sequence[tuple[float, float]], wanted: tuple[float, float], series: PlotSeries) -> float:
    """Distance to the nearest point, or to the way between two points of a curve."""
    nearest = min((max(abs(x - wanted[0]), abs(y - wanted[1])) for x, y in ways), default=math.inf)
    if series.kind in ("bar", "scatter"):
        return nearest
    return min([nearest, *(_beside(a, b, wanted) for a, b in itertools.pairwise(ways))])


def _beside(a: tuple[float, float], b: tuple[float, float], at: tuple[float, float]) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    share = 0.0 if length == 0 else max(0.0, min(1.0, ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / length))
    return max(abs(a[0] + share * dx - at[0]), abs(a[1] + share * dy - at[1]))


def plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum() or char in "+.%<>=")


def _report(tally: Tally) -> int:
    plots = tally.plots
    total = plots["numbered"] + plots["without numbers"]
    shares = {
        "plot recall": plots["found"] / total,
        "series usable": tally.usable / tally.series,
        "wrong at 0.9 or more": len(tally.wrong) / max(tally.sure, 1),
    }
    for title, names in (
        ("plots not found", tally.missed), ("read, but counted by nobody", tally.extra),
        ("series not usable", tally.unusable), ("wrong at 0.9 or more", tally.wrong),
    ):  # fmt: skip
        sys.stdout.write(f"\n{title} ({len(names)}):\n" + "".join(f"  {name}\n" for name in names))
    sys.stdout.write(
        f"\n{total} vector plots, {plots['without numbers']} of them without numbers at an axis; "
        f"{plots['found']} found ({plots['found, numbered'] / plots['numbered']:.3f} of those with numbers); "
        f"raster plots read: {plots['raster, read']}\n"
        f"{tally.series} series counted, {tally.usable} usable; {tally.sure} stated at {SURE} or more, "
        f"{len(tally.wrong)} wrong; values by eye that agree: {tally.checks[True]} of {tally.checks.total()}, "
        f"half of them within {median(tally.distances or [0]):.2%} of the axis, nine of ten within "
        f"{sorted(tally.distances or [0])[int(0.9 * len(tally.distances))]:.2%}\n"
    )
    met = True
    for name, bar in BARS.items():
        good = shares[name] <= bar if "wrong" in name else shares[name] >= bar
        met &= good
        sys.stdout.write(f"{name}: {shares[name]:.4f} (bar {bar}){'' if good else '  MISSED'}\n")
    return 0 if met else 1
