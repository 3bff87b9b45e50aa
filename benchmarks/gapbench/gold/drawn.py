"""The figures and tables of a benchmark paper as the arithmetic checks take them, from the claimed points alone."""

import re
from collections.abc import Iterator

from benchmarks.gapbench.gold.family import PRINTED
from benchmarks.gapbench.gold.truth import Known, Series
from gauntlet.verdict.arithmetic.curves import Curve, Measure

_UNIT = re.compile(r"\s*\(([^()]*)\)$")


def drawn(known: Known) -> Iterator[Curve]:
    """One curve per series that is shown; of a bar chart of ratios, the proposal's."""
    for series in known.series:
        ratio_of_itself = series.role == "baseline" and all(y == 1 for y in series.y if y is not None)
        if series.shown_in and not (series.shown_as == "bar" and ratio_of_itself):
            yield _curve(series)


def _curve(series: Series) -> Curve:
    place = series.shown_in.lower().replace(" ", "-")
    unit = _UNIT.search(series.x_name)
    points = tuple((x, y) for x, y in zip(series.x, series.y, strict=True) if y is not None)
    return Curve(
        place, series.shown_in, place, 1, series.metric, series.system,
        Measure(_UNIT.sub("", series.x_name), unit[1] if unit else None), Measure(series.metric, series.y_unit),
        points, PRINTED, log=True, distribution=series.shown_as == "cdf",
    )  # fmt: skip
