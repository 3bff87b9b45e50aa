"""How well a series fits a legend sample: colour of the right kind of mark first, then dashes, markers and patterns."""

from gauntlet.paper.plots.primitives import Color
from gauntlet.paper.plots.samples import Entry
from gauntlet.paper.plots.traces import Style, Trace

MATCH = 3.0
"""A likeness from which sample and series are one: the colour of the right kind of mark."""
FULL_MARK = 5.0  # of a marker with the colours and the form of its sample
SAME_COLOR = 0.025
SAME_DASHES = 0.15


def likeness(trace: Trace, entry: Entry) -> float:
    """How well a series fits a sample; `MATCH` and more is a match (the colour alone of the right kind of mark)."""
    if trace.kind == "bar":
        return _bar_likeness(trace, entry)
    if trace.kind == "scatter":
        return _marker_likeness(trace.style, entry)
    if entry.line is None and trace.mark is not None:
        return _marker_likeness(trace.mark, entry)
    return _line_likeness(trace, entry)


def same_color(one: Color | None, other: Color | None, tolerance: float = SAME_COLOR) -> bool:
    """True where both have one colour, or none."""
    if one is None or other is None:
        return one is other
    return len(one) == len(other) and all(abs(a - b) < tolerance for a, b in zip(one, other, strict=True))


def is_white(color: Color) -> bool:
    """Paper shows through, or is painted: the fill of a hollow marker."""
    return set(color) == {1.0} if len(color) != 4 else set(color) == {0.0}


def same_dashes(one: str, other: str) -> bool:
    """True where one dash pattern is the other, or a scaled copy of it."""
    a, b = _dashes(one), _dashes(other)
    if len(a) != len(b):
        return False
    scale = sum(a) / sum(b) if sum(b) else 1.0
    return all(abs(x - scale * y) <= SAME_DASHES * max(x, scale * y) for x, y in zip(a, b, strict=True))


def _bar_likeness(trace: Trace, entry: Entry) -> float:
    if entry.patch is None or not same_color(trace.style.fill, entry.patch.fill):
        return 0.0
    return 3.0 + 2.0 * (trace.style.hatch == entry.patch.hatch) + same_color(trace.style.stroke, entry.patch.stroke)


def _marker_likeness(mark: Style, entry: Entry) -> float:
    """Of a scatter series, or of a curve whose legend shows the marker alone."""
    if entry.marker is None:
        return 0.0
    alike = mark.marker == entry.marker.marker
    if entry.patch is not None and not alike:
        return 0.0  # the sample of a bar
    color = same_color(mark.fill, entry.marker.fill) and same_color(mark.stroke, entry.marker.stroke)
    return 3.0 * color + 2.0 * alike


def _line_likeness(trace: Trace, entry: Entry) -> float:
    if entry.line is None and entry.patch is not None:  # a square of the curve's colour
        return MATCH * (same_color(trace.style.stroke, entry.patch.fill) and trace.style.stroke is not None)
    if entry.line is None or not same_color(trace.style.stroke, entry.line.stroke):
        return 0.0
    score = 3.0 + 1.5 * same_dashes(trace.style.dashes, entry.line.dashes)
    has, wants = trace.style.marker, entry.marker.marker if entry.marker else None
    if has == wants:
        filled = entry.marker is None or _is_filled(trace.style) == _is_filled(entry.marker)
        return score + (1.0 if filled else 0.2)
    return score - 0.5 if (has is None) != (wants is None) else score - 0.6


def _is_filled(style: Style) -> bool:
    return style.fill is not None and not is_white(style.fill)


def _dashes(text: str) -> list[float]:
    return [float(part) for part in text.partition("]")[0].strip("[ ").split()]
