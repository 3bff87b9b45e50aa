"""A digitised figure for the eye: its crop, faded, with every recovered point, frame and name drawn back onto it."""

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING

from gauntlet.paper.records import Axis, Box, Figure, Plot, PlotSeries

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

_INKS = ("#d7191c", "#0571b0", "#1a9641", "#7b3294", "#e66101", "#008c8c", "#b5179e", "#5c4a00")
_FADED = 0.55  # share of white over the crop
_MARGIN_PT = 3.0  # of a crop around its figure
_LEAST_WIDTH_PX = 1400
_MOST_SCALE = 3
_CROSS = 5
_LEGEND_WIDTH, _LEGEND_LINE, _LEGEND_SIZE = 620, 28, 20
_FURTHEST = 20_000  # pixels; a point further off says that the scale is wrong, and is drawn at the edge


def draw_overlay(figure: Figure, crop: Path) -> bytes:
    """PNG of the figure's crop with what was read from it; lines dotted where a series is drawn as one."""
    from PIL import Image, ImageDraw

    with Image.open(crop) as opened:
        picture = opened.convert("RGB")
    enlarge = max(1, min(_MOST_SCALE, math.ceil(_LEAST_WIDTH_PX / max(picture.width, 1))))
    picture = picture.resize((picture.width * enlarge, picture.height * enlarge))
    white = Image.new("RGB", picture.size, "white")
    picture = Image.blend(picture, white, _FADED)
    width_pt = figure.anchor.box[2] - figure.anchor.box[0] + 2 * _MARGIN_PT
    pixels_per_pt = picture.width / width_pt
    origin = figure.anchor.box[0] - _MARGIN_PT, figure.anchor.box[1] - _MARGIN_PT
    brush = ImageDraw.Draw(picture)
    inks = _inks_of(figure)
    for plot in figure.plots:
        _plot(brush, plot, origin, pixels_per_pt, inks)
    stream = io.BytesIO()
    _with_legend(picture, figure).save(stream, "PNG")
    return stream.getvalue()


def place_on_page(plot: Plot, series: PlotSeries, point: tuple[float, float]) -> tuple[float, float]:
    """Where a point of a series stands on the page, in points from the top left; the inverse of reading it."""
    across = _share(plot.x_axis, point[0])
    up = _share(plot.y_axis_of(series), point[1])
    x0, y0, x1, y1 = plot.anchor.box
    quarter = _quarter(plot)
    if quarter == 1:  # reads from bottom to top
        return x0 + (1 - up) * (x1 - x0), y1 - across * (y1 - y0)
    if quarter == 3:
        return x0 + up * (x1 - x0), y0 + across * (y1 - y0)
    return x0 + across * (x1 - x0), y1 - up * (y1 - y0)


def _quarter(plot: Plot) -> int:
    turned = next((note for note in plot.notes if note.startswith("the figure is turned by")), "")
    return 1 if " 90 " in turned else 3 if " 270 " in turned else 0


def _share(axis: Axis, value: float) -> float:
    """How far along the axis a value lies, 0 to 1 between its ends."""
    if axis.scale == "category":
        place = axis.ticks.index(value) if value in axis.ticks else value
        return (place + 0.5) / max(len(axis.categories), 1)
    low, high, at = axis.minimum, axis.maximum, value
    if axis.falls:
        low, high = high, low
    if axis.scale == "log":
        if min(low, high, at) <= 0:
            return math.nan
        low, high, at = (math.log(part) for part in (low, high, at))
    return (at - low) / (high - low) if high != low else math.nan


def _inks_of(figure: Figure) -> dict[str, str]:
    """A colour for every name, the same in all panels; series without a name by their id."""
    names = dict.fromkeys(series.name or series.id for plot in figure.plots for series in plot.series)
    return {name: _INKS[index % len(_INKS)] for index, name in enumerate(names)}


def _stacked(plot: Plot) -> dict[tuple[str, int], tuple[float, float]]:
    """Where the segments of stacked bars end: their lengths summed in drawing order."""
    tops: dict[float, float] = {}
    found = {}
    for series in plot.series:
        for index, (x, y) in enumerate(series.points if series.arrangement == "stacked" else ()):
            along, place = (x, y) if series.orientation == "horizontal" else (y, x)
            tops[place] = tops.get(place, 0.0) + along
            found[series.id, index] = (tops[place], place) if series.orientation == "horizontal" else (x, tops[place])
    return found


def _plot(
    brush: "ImageDraw.ImageDraw", plot: Plot, origin: tuple[float, float], scale: float, inks: dict[str, str]
) -> None:
    def pixel(at: tuple[float, float]) -> tuple[float, float]:
        x, y = ((at[axis] - origin[axis]) * scale for axis in (0, 1))
        return max(-_FURTHEST, min(_FURTHEST, x)), max(-_FURTHEST, min(_FURTHEST, y))

    box: Box = plot.anchor.box
    brush.rectangle([pixel((box[0], box[1])), pixel((box[2], box[3]))], outline="#888888", width=1)
    stacked = _stacked(plot)
    for series in plot.series:
        ink = inks[series.name or series.id]
        ends = [stacked.get((series.id, index), point) for index, point in enumerate(series.points)]
        places = [place_on_page(plot, series, point) for point in ends]
        known = [pixel(place) for place in places if all(map(math.isfinite, place))]
        if series.kind in ("line", "cdf", "step", "line+marker") and len(known) > 1:
            brush.line(known, fill=ink, width=1)
        dense = len(known) > 200
        for number, (x, y) in enumerate(known):
            reach = 1 if dense else _CROSS
            if number in series.clipped:
                brush.ellipse([x - reach, y - reach, x + reach, y + reach], outline=ink)
            else:
                brush.line([x - reach, y, x + reach, y], fill=ink, width=2)
                brush.line([x, y - reach, x, y + reach], fill=ink, width=2)


def _with_legend(picture: "Image.Image", figure: Figure) -> "Image.Image":
    """The picture above a strip that says what each colour is."""
    from PIL import Image, ImageDraw, ImageFont

    inks, rows = _inks_of(figure), []
    for name, ink in inks.items():
        own = [series for plot in figure.plots for series in plot.series if (series.name or series.id) == name]
        kinds = ", ".join(dict.fromkeys(series.kind for series in own))
        named = name if any(series.name for series in own) else "(no name)"
        sure = f"{min(series.confidence for series in own):.0%} sure"
        rows.append((ink, f"{named}: {kinds}, {sum(len(series.points) for series in own)} points, {sure}"))
    if not rows:
        rows = [("#888888", "nothing was read: " + "; ".join(figure.refused or ("no plot was found",)))]
    columns = max(1, min(len(rows), picture.width // _LEGEND_WIDTH))
    font = ImageFont.load_default(size=_LEGEND_SIZE)
    strip = Image.new("RGB", (picture.width, _LEGEND_LINE * math.ceil(len(rows) / columns) + 14), "white")
    brush = ImageDraw.Draw(strip)
    for index, (ink, text) in enumerate(rows):
        x, y = 10 + (index % columns) * _LEGEND_WIDTH, 8 + (index // columns) * _LEGEND_LINE
        brush.rectangle([x, y + 4, x + 16, y + 20], fill=ink)
        brush.text((x + 24, y), text, fill="#222222", font=font)
    whole = Image.new("RGB", (picture.width, picture.height + strip.height), "white")
    whole.paste(picture, (0, 0))
    whole.paste(strip, (0, picture.height))
    return whole
