"""Where a captioned figure lies on its page, of what kind it is, and its crop as an image."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Literal

from gauntlet.paper.captions import Caption
from gauntlet.paper.glyphs import Token, union
from gauntlet.paper.layout import FULL, LEFT, Layout
from gauntlet.paper.lines import Line
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.plots.read import PageReading
from gauntlet.paper.records import Anchor, Box, Figure, Plot

CROP_DPI = 150
LARGEST_CROP_PX = 4000
Kind = Literal["vector", "raster", "mixed"]


@dataclass(frozen=True)
class Region:
    """A figure's box without its caption, and the share of images and drawings in it."""

    box: Box
    kind: Kind
    empty: bool


def find_regions(
    captions: Sequence[Caption], lines: list[Line], taken: list[Box], graphics: "PageGraphics", layout: Layout
) -> dict[str, Region]:
    """Region per figure label of one page; `taken` are boxes of tables, which belong to no figure."""
    figures = [caption for caption in captions if caption.kind == "figure"]
    walls = [caption.box for caption in captions] + taken
    prose = [line.box for line in _prose(lines, graphics, layout) if not any(_inside(line.box, box) for box in walls)]
    regions: dict[str, Region] = {}
    for caption in figures:
        zone = _zone(caption, figures, graphics, layout)
        others = [box for box in walls if box != caption.box] + prose
        above = _region(_above(caption.box, zone, others), graphics)
        below = _region(_below(caption.box, zone, others, graphics.height), graphics) if above.empty else above
        regions[caption.label] = above if not above.empty else below
    return regions


@dataclass(frozen=True)
class PageGraphics:
    """What is painted on one page: drawings without page-sized backgrounds, images, and words."""

    paths: list[Path]
    images: list[Box]
    tokens: tuple[Token, ...]
    width: float
    height: float
    frames: list[Box]

    @classmethod
    def of(
        cls, paths: list[Path], images: list[Box], tokens: list[Token], width: float, height: float, frames: list[Box]
    ) -> "PageGraphics":
        """What is painted on a page, its background left out."""
        background = 0.9 * width * height
        drawn = [path for path in paths if path.size[0] * path.size[1] < background]
        return cls(drawn, images, tuple(tokens), width, height, frames)


def _prose(lines: list[Line], graphics: PageGraphics, layout: Layout) -> list[Line]:
    """Lines of running text: of body size, wide, outside every plot frame, and the lines that carry them on."""
    wide = _column_width(layout, graphics.width)
    found: list[Line] = []
    for line in lines:
        sized = abs(line.size - layout.body_size) < 0.7 or (line.bold and line.size > layout.body_size)
        if not sized or any(_inside(line.box, frame) for frame in graphics.frames):
            continue
        full = line.box[2] - line.box[0] > 0.7 * wide and len(line.tokens) > 3
        follows = (
            bool(found)
            and 0 < line.baseline - found[-1].baseline < 1.5 * line.size
            and (abs(line.box[0] - found[-1].box[0]) < 2.5 * line.size and abs(line.size - found[-1].size) < 0.3)
        )
        heading = line.bold and line.size > layout.body_size + 0.7 and line.text[:1].isalnum()
        if full or follows or heading:
            found.append(line)
    return found


def _column_width(layout: Layout, page_width: float) -> float:
    return layout.gutter[0] - 0.09 * page_width if layout.gutter else 0.75 * page_width


def _zone(caption: Caption, figures: Sequence[Caption], graphics: PageGraphics, layout: Layout) -> tuple[float, float]:
    """x range that belongs to the caption: its column, or the page, cut halfway to captions beside it."""
    left, right = 0.0, graphics.width
    if layout.gutter and caption.column != FULL:
        middle = sum(layout.gutter) / 2
        wide = [
            box
            for box in graphics.frames + graphics.images
            if _spans(box, layout.gutter) and 0 < caption.box[1] - box[3] < 60
        ]
        if not wide:
            left, right = (left, middle) if caption.column == LEFT else (middle, right)
    for other in figures:
        if other is caption or other.box[3] < caption.box[1] - 6 or other.box[1] > caption.box[3] + 6:
            continue
        if other.box[0] >= caption.box[2]:
            right = min(right, (caption.box[2] + other.box[0]) / 2)
        elif other.box[2] <= caption.box[0]:
            left = max(left, (caption.box[0] + other.box[2]) / 2)
    return left, right


def _spans(box: Box, gutter: tuple[float, float]) -> bool:
    return box[0] < gutter[0] - 20 and box[2] > gutter[1] + 20


def _above(caption: Box, zone: tuple[float, float], walls: list[Box]) -> Box:
    tops = [box[3] for box in walls if box[3] <= caption[1] + 3 and _shares(box, zone)]
    return zone[0], max(tops, default=0.0), zone[1], caption[1] + 0.5


def _below(caption: Box, zone: tuple[float, float], walls: list[Box], height: float) -> Box:
    bottoms = [box[1] for box in walls if box[1] >= caption[3] - 3 and _shares(box, zone)]
    return zone[0], caption[3] - 0.5, zone[1], min(bottoms, default=height)


def _shares(box: Box, zone: tuple[float, float]) -> bool:
    return min(box[2], zone[1]) - max(box[0], zone[0]) > 0.15 * min(zone[1] - zone[0], box[2] - box[0])


def _region(search: Box, graphics: PageGraphics) -> Region:
    """What is painted inside the search box, grown by the words around it."""
    drawn = [path.box for path in graphics.paths if _inside(path.box, search) and _visible(path)]
    pictures = [box for box in graphics.images if _inside(box, search) and box[2] - box[0] > 20]
    if not pictures and (len(drawn) < 3 or _area(union(drawn)) < 400):
        return Region((search[0], search[1], search[2], max(search[3], search[1] + 1)), "vector", True)
    box = union(drawn + pictures)
    labels = [token.box for token in graphics.tokens if _inside(token.box, search) and _near(token.box, box, 18)]
    box = union([box, *labels])
    box = (max(box[0], search[0]), max(box[1], search[1]), min(box[2], search[2]), min(box[3], search[3]))
    kind: Kind = "vector"
    if pictures:
        share = sum(_area(picture) for picture in pictures) / max(_area(box), 1.0)
        kind = "raster" if len(drawn) < 12 and share > 0.3 else "mixed"
    return Region(box, kind, False)


def _visible(path: Path) -> bool:
    return path.stroke is not None or path.fill is not None


def _inside(box: Box, outer: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def _near(box: Box, other: Box, reach: float) -> bool:
    return (
        box[0] < other[2] + reach
        and box[2] > other[0] - reach
        and box[1] < other[3] + reach
        and box[3] > other[1] - reach
    )


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def build_figures(
    page: int, captions: Sequence[Caption], regions: dict[str, Region], reading: PageReading
) -> list[Figure]:
    """Figures with their plots; plots of a page that lie in no figure make one of their own."""
    left = list(reading.plots)
    figures = []
    for caption in captions:
        if caption.kind != "figure":
            continue
        region = regions[caption.label]
        own = [plot for plot in left if within(plot.anchor.box, [region.box])]
        left = [plot for plot in left if plot not in own]
        box = union([region.box, *(plot.anchor.box for plot in own)]) if not region.empty or own else caption.box
        figure_id = f"figure-{caption.number.lower()}"
        figures.append(
            Figure(
                id=figure_id,
                label=caption.label,
                caption=" ".join(line.text for line in caption.lines),
                anchor=Anchor(page=page, box=box),
                kind=region.kind,
                image=None,
                plots=tuple(own),
                refused=_refusals(reading, region, own),
            )
        )
    if left:
        figures.append(
            Figure(
                id=f"figure-page-{page}",
                label="(no caption)",
                caption="",
                anchor=Anchor(page=page, box=union([plot.anchor.box for plot in left])),
                kind="vector",
                image=None,
                plots=tuple(left),
            )
        )
    return [renamed(figure, figure.id) for figure in figures]


def _refusals(reading: PageReading, region: Region, plots: list[Plot]) -> tuple[str, ...]:
    words = []
    if region.empty and not plots:
        words.append("no drawing or image was found beside the caption")
    elif region.kind == "raster":
        words.append("the figure is a raster image: its points were not read")
    elif region.kind == "mixed" and not plots:
        words.append("the figure mixes images and drawings and holds no plot that could be calibrated")
    elif not plots:
        words.append("no frame with readable axes was found: a diagram, or a plot of a kind that is not read yet")
    words.extend(text for box, text in reading.refused if within(box, [region.box]))
    return tuple(words)


def renamed(figure: Figure, figure_id: str) -> Figure:
    """Plots and series carry the figure's id, so that an id alone finds them."""
    plots = []
    for p, plot in enumerate(figure.plots, 1):
        plot_id = f"{figure_id}/plot-{p}"
        series = tuple(one.model_copy(update={"id": f"{plot_id}/series-{s}"}) for s, one in enumerate(plot.series, 1))
        plots.append(plot.model_copy(update={"id": plot_id, "series": series}))
    return figure.model_copy(update={"id": figure_id, "plots": tuple(plots)})


def within(box: Box, boxes: Sequence[Box]) -> bool:
    """True where the middle of `box` lies in one of `boxes`."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(other[0] <= x <= other[2] and other[1] <= y <= other[3] for other in boxes)


def save_crop(page: Any, box: Box, folder: FilePath, name: str) -> str | None:
    """PNG of `box` (a margin of 3 pt) as `folder/name.png`; its path below the run folder, None where it is empty."""
    import pymupdf as untyped

    pymupdf: Any = untyped
    bounds = page.rect
    clip = pymupdf.Rect(box[0] - 3, box[1] - 3, box[2] + 3, box[3] + 3) & bounds
    if clip.is_empty or clip.width < 2 or clip.height < 2:
        return None
    dpi = min(CROP_DPI, int(LARGEST_CROP_PX * 72 / max(clip.width, clip.height)))
    pixels = page.get_pixmap(clip=clip, dpi=max(dpi, 1), alpha=False)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{name}.part"
    temporary.write_bytes(pixels.tobytes("png"))
    temporary.replace(folder / f"{name}.png")
    return f"{folder.name}/{name}.png"
