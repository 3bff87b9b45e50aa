"""Pages with a plot of as many drawn things as one likes, written as plotting programs write them.

Places come from low-discrepancy sequences (golden ratio), so that the same count gives the same page everywhere.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise

from tests.paper.pdfs import raw_pdf

LEFT, BOTTOM, RIGHT, TOP = 100, 400, 500, 700
GOLDEN, PLASTIC = 0.6180339887498949, 0.7548776662466927
HATCHED_BARS = 20
TILE_PT = 6
Point = tuple[float, float]


def page(kind: str, count: int) -> bytes:
    """A PDF of one page whose plot holds `count` things of a kind in PAGES."""
    return raw_pdf(["\n".join([*_axes(), *PAGES[kind](count), *_caption()]).encode("latin-1")])


def _axes() -> list[str]:
    lines = [f"0.8 w 0 G {LEFT} {BOTTOM} {RIGHT - LEFT} {TOP - BOTTOM} re S"]
    for step in range(6):
        x, y = LEFT + 80 * step, BOTTOM + 60 * step
        lines.append(f"{x} {BOTTOM} m {x} {BOTTOM - 4} l S {LEFT} {y} m {LEFT - 4} {y} l S")
        lines += [_words(x - 3, BOTTOM - 14, str(step)), _words(LEFT - 20, y - 3, str(10 * step))]
    lines.append(_words(280, BOTTOM - 30, "Load"))
    return [*lines, f"q {LEFT} {BOTTOM} {RIGHT - LEFT} {TOP - BOTTOM} re W n"]


def _caption() -> list[str]:
    return ["Q", _words(LEFT, BOTTOM - 60, "Figure 1: Delay at every load."), *(_body(line) for line in range(20))]


def _body(line: int) -> str:
    return _words(LEFT, 300 - 12 * line, "Words of the running text of this page stand below the figure, line by line.")


def _words(x: float, y: float, text: str) -> str:
    return f"0 g BT /F 9 Tf {x} {y} Td ({text}) Tj ET"


def _places(count: int) -> list[Point]:
    """Points all over the plot."""
    return [
        (LEFT + 5 + (RIGHT - LEFT - 10) * (n * GOLDEN % 1), BOTTOM + 5 + (TOP - BOTTOM - 10) * (n * PLASTIC % 1))
        for n in range(count)
    ]


def _curve(count: int) -> list[Point]:
    """A wave from left to right with noise on it."""
    width = RIGHT - LEFT - 4
    return [
        (LEFT + 2 + width * n / count, BOTTOM + 100 + 80 * (n / count) + 20 * (n * GOLDEN % 1)) for n in range(count)
    ]


def _path(points: list[Point]) -> str:
    (x, y), *rest = points
    return " ".join([f"{x:.3f} {y:.3f} m", *(f"{x:.3f} {y:.3f} l" for x, y in rest), "S"])


def one_line(count: int) -> list[str]:
    """One curve of many vertices, as one path."""
    return ["0.1 0.4 0.7 RG 1.2 w", _path(_curve(count + 1))]


def segments(count: int) -> list[str]:
    """One curve, every segment stroked for itself."""
    return ["0.1 0.4 0.7 RG 1.2 w", *(_path([a, b]) for a, b in pairwise(_curve(count + 1)))]


def strokes(count: int) -> list[str]:
    """Single short strokes in all directions, all over the plot."""
    return [
        "0.1 0.4 0.7 RG 1.2 w",
        *(_path([(x, y), (x + 8 * (n * 0.37 % 1), y + 8 * (n * 0.23 % 1))]) for n, (x, y) in enumerate(_places(count))),
    ]


def markers(count: int) -> list[str]:
    """A cloud of round markers, filled and outlined."""
    return ["0.8 0.3 0.1 rg 0 G 0.5 w", *(_circle(x, y, 2.5) for x, y in _places(count))]


def bare_markers(count: int) -> list[str]:
    """A cloud of round markers, filled only."""
    return ["0.8 0.3 0.1 rg", *(_circle(x, y, 2.5).removesuffix("b") + "f" for x, y in _places(count))]


def rows_of_markers(count: int) -> list[str]:
    """Round markers side by side in rows, one after the other as letters are."""
    per_row = 100
    return [
        "0.8 0.3 0.1 rg",
        *(
            _circle(LEFT + 5 + 3.9 * (n % per_row), BOTTOM + 5 + 2.9 * (n // per_row % per_row), 1.4).removesuffix("b")
            + "f"
            for n in range(count)
        ),
    ]


def marker_forms(count: int) -> list[str]:
    """A cloud of triangles, every one of another form."""
    return [
        "0.8 0.3 0.1 rg",
        *(
            f"{x:.3f} {y:.3f} m {x + 4:.3f} {y + 4 * (n * 0.37 % 1):.3f} l {x:.3f} {y + 4:.3f} l h f"
            for n, (x, y) in enumerate(_places(count))
        ),
    ]


def marker_colors(count: int) -> list[str]:
    """A cloud of round markers, every one of another colour."""
    return [
        f"{n * GOLDEN % 1:.3f} {n * PLASTIC % 1:.3f} 0.5 rg 0 G {_circle(x, y, 2.5)}"
        for n, (x, y) in enumerate(_places(count))
    ]


def _circle(x: float, y: float, r: float) -> str:
    k = 0.5523 * r
    return (
        f"{x + r:.3f} {y:.3f} m {x + r:.3f} {y + k:.3f} {x + k:.3f} {y + r:.3f} {x:.3f} {y + r:.3f} c "
        f"{x - k:.3f} {y + r:.3f} {x - r:.3f} {y + k:.3f} {x - r:.3f} {y:.3f} c "
        f"{x - r:.3f} {y - k:.3f} {x - k:.3f} {y - r:.3f} {x:.3f} {y - r:.3f} c "
        f"{x + k:.3f} {y - r:.3f} {x + r:.3f} {y - k:.3f} {x + r:.3f} {y:.3f} c b"
    )


def line_with_markers(count: int) -> list[str]:
    """One curve with a marker on each of its vertices."""
    points = _curve(count // 2)
    return ["0.1 0.4 0.7 RG 0.1 0.4 0.7 rg 1.2 w", _path(points), *(_circle(x, y, 2) for x, y in points)]


def crosses(count: int) -> list[str]:
    """Crosses, each of two single strokes."""
    return [
        "0.1 0.4 0.7 RG 0.6 w",
        *(f"{_path([(x - 2, y), (x + 2, y)])} {_path([(x, y - 2), (x, y + 2)])}" for x, y in _places(count // 2)),
    ]


def rectangles(count: int) -> list[str]:
    """Small filled rectangles all over the plot."""
    return ["0.2 0.6 0.3 rg", *(f"{x:.3f} {y:.3f} 3 4 re f" for x, y in _places(count))]


def bars(count: int) -> list[str]:
    """Bars side by side from the axis up."""
    width = (RIGHT - LEFT) / count
    return [
        "0.2 0.6 0.3 rg",
        *(
            f"{LEFT + width * n:.4f} {BOTTOM} {0.8 * width:.4f} {20 + 200 * (n * GOLDEN % 1):.3f} re f"
            for n in range(count)
        ),
    ]


def heat_map(count: int) -> list[str]:
    """Cells of a heat map, each of its own colour."""
    side = max(1, round(count**0.5))
    w, h = (RIGHT - LEFT) / side, (TOP - BOTTOM) / side
    return [
        f"{n * GOLDEN % 1:.3f} {n * PLASTIC % 1:.3f} 0.5 rg "
        f"{LEFT + w * (n % side):.4f} {BOTTOM + h * (n // side):.4f} {w:.4f} {h:.4f} re f"
        for n in range(side * side)
    ]


def hatches(count: int) -> list[str]:
    """Bars with hatches, every stroke drawn and clipped to its bar."""
    per_bar = max(1, count // HATCHED_BARS)
    lines = ["0.5 w 0 G"]
    for bar in range(HATCHED_BARS):
        x, height = LEFT + 5 + 19 * bar, 50 + 10 * bar
        lines.append(f"q {x} {BOTTOM} 14 {height} re W n")
        lines += [
            f"{x + TILE_PT * (n % 3) - 1} {BOTTOM + height * n / per_bar:.3f} m "
            f"{x + TILE_PT * (n % 3) + TILE_PT} {BOTTOM + height * n / per_bar + TILE_PT:.3f} l S"
            for n in range(per_bar)
        ]
        lines.append(f"Q {x} {BOTTOM} 14 {height} re S")
    return lines


def clips(count: int) -> list[str]:
    """Every stroke under a clip of its own."""
    return [f"q {x:.3f} {y:.3f} 5 5 re W n {_path([(x, y), (x + 9, y + 9)])} Q" for x, y in _places(count)]


def error_bars(count: int) -> list[str]:
    """Markers with an error bar and two caps each."""
    lines = ["0.1 0.4 0.7 RG 0.1 0.4 0.7 rg 0.6 w"]
    for x, y in _places(count // 4):
        lines += [_path([(x, y - 9), (x, y + 9)]), _path([(x - 2, y - 9), (x + 2, y - 9)])]
        lines += [_path([(x - 2, y + 9), (x + 2, y + 9)]), _circle(x, y, 1.5)]
    return lines


def colors(count: int) -> list[str]:
    """Curves of four segments, each in another colour."""
    lines = []
    for n, (x, y) in enumerate(_places(count)):
        points = [(LEFT + 5.0 + 95 * step, y + 4 * (step % 2) * (x % 1)) for step in range(5)]
        lines.append(f"{n * GOLDEN % 1:.2f} {n * PLASTIC % 1:.2f} {n * 0.13 % 1:.2f} RG {_path(points)}")
    return lines


def boxes(count: int) -> list[str]:
    """Outlined boxes of the size of a small plot, outside the plot as in a diagram."""
    return [
        "Q q 0.6 w",
        *(f"{80 + 400 * (n * GOLDEN % 1):.3f} {330 + 300 * (n * PLASTIC % 1):.3f} 60 40 re S" for n in range(count)),
    ]


PAGES: Mapping[str, Callable[[int], list[str]]] = {
    "vertices of one line": one_line,
    "segments of one line": segments,
    "single strokes": strokes,
    "markers": markers,
    "markers without outline": bare_markers,
    "rows of markers": rows_of_markers,
    "markers of any form": marker_forms,
    "markers of any colour": marker_colors,
    "line with markers": line_with_markers,
    "crosses": crosses,
    "error bars": error_bars,
    "small rectangles": rectangles,
    "bars": bars,
    "heat map": heat_map,
    "hatches": hatches,
    "clips": clips,
    "coloured curves": colors,
    "boxes": boxes,
}
