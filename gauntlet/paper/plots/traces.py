"""What series are made of: their style, and their points before any axis gives them a value."""

from dataclasses import dataclass, field
from typing import Literal

from gauntlet.paper.plots.primitives import Color, Point, Shape
from gauntlet.paper.records import Box, Doubt

LARGEST_MARKER_PT = 13.0


@dataclass(frozen=True)
class Style:
    """What tells series apart, and what a legend sample shows."""

    stroke: Color | None = None
    fill: Color | None = None
    dashes: str = "[] 0"
    marker: Shape | None = None
    hatch: Shape | None = None


@dataclass
class Trace:
    """One series in points. `clipped` are indices of points where the curve leaves the frame.

    `pieces` counts what was put end to end; `errors` are the ends of the error bar of each point along the value axis,
    empty where none is drawn. `mark` is the style of the markers on a curve. `doubts` are
    those that arose on the way.
    """

    kind: Literal["line", "line+marker", "scatter", "bar"]
    points: list[Point]
    style: Style
    order: int
    clipped: set[int] = field(default_factory=set)
    bars: list[Box] = field(default_factory=list)
    horizontal: bool = False
    pieces: int = 1
    errors: list[tuple[float, float] | None] = field(default_factory=list)
    mark: Style | None = None
    axis: Literal["y", "y2"] = "y"
    name: str | None = None
    doubts: list[Doubt] = field(default_factory=list)


def same_box(one: Box, other: Box, tolerance: float) -> bool:
    """True where all four edges agree within `tolerance` points."""
    return all(abs(a - b) < tolerance for a, b in zip(one, other, strict=True))
