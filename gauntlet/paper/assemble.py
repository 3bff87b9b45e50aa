"""One page at a time to raw content, then all pages together to the paper."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from gauntlet.paper.blocks import Hyphens, build_blocks
from gauntlet.paper.captions import Caption, find_captions
from gauntlet.paper.figures import PageGraphics, Region, find_regions, save_crop
from gauntlet.paper.glyphs import PageText, Token, read_text
from gauntlet.paper.lines import Layout, Line, build_lines, find_layout, reading_order
from gauntlet.paper.plots.primitives import Path, read_drawings
from gauntlet.paper.plots.read import PageReading, Scene, read_scene
from gauntlet.paper.records import Anchor, Box, Figure, HiddenText, Page, Paper, Plot, Table, Word
from gauntlet.paper.tables import read_table
from gauntlet.settings import ReadLimits

_INSTRUCTION = re.compile(
    r"\b(ignore|disregard|do not|don't|instructions?|reviewers?|language model|llm|prompt|output|rate this|accept)\b",
    re.I,
)
MARGIN = 0.09  # of the page height, where page numbers stand
LARGEST_PAGE_PT = 14_400  # ISO 32000-1, annex C: 200 inches
METADATA_WORDS = 12  # a title or subject may be long, a keyword field that is a sentence is worth showing


@dataclass(frozen=True)
class RawPage:
    """What was taken from one page before the pages are looked at together."""

    number: int
    label: str | None
    width: float
    height: float
    text: PageText
    paths: list[Path]
    images: list[Box]
    reading: PageReading


@dataclass
class _PageParts:
    raw: RawPage
    lines: list[Line]
    captions: list[Caption]
    tables: list[Table]
    figures: list[Figure]


def read_page(document: Any, number: int, limits: ReadLimits, notes: list[str]) -> RawPage:
    """Words, drawings and plots of page `number` (from 1); adds to `notes` what was left out."""
    page = document[number - 1]
    if page.rotation:
        page.remove_rotation()
    width, height = float(page.rect.width), float(page.rect.height)
    if max(width, height) > LARGEST_PAGE_PT:
        raise ValueError(f"it measures {width:.0f} x {height:.0f} pt, more than {LARGEST_PAGE_PT} pt")
    drawings = read_drawings(page, limits.paths_per_page)
    if drawings.truncated:
        notes.append(f"page {number}: more than {limits.paths_per_page} paths; its drawings were not read")
        drawings.paths.clear()
    images = [tuple(info["bbox"]) for info in page.get_image_info()]
    text = read_text(page, number, drawings.paths, images, limits.characters_per_page)
    reading = read_scene(Scene(number, width, height, drawings.paths, list(text.tokens)))
    label = page.get_label() or None
    return RawPage(number, label, width, height, text, drawings.paths, images, reading)


def assemble(
    document: Any,
    sha256: str,
    pages: list[RawPage],
    notes: list[str],
    figures: FilePath | None,
    progress: Callable[[int], Any],
) -> Paper:
    """The paper from its pages; crops of figures are written to the folder `figures` unless it is None."""
    layout = find_layout([(page.text.tokens, page.width) for page in pages])
    hyphens = Hyphens([token.text for page in pages for token in page.text.tokens])
    parts = []
    for page in pages:
        progress(page.number)
        parts.append(_page_parts(document, page, layout, figures))
    running = [(part.raw.number, part.raw.height, _running_lines(part), part.captions) for part in parts]
    blocks = build_blocks(running, layout, hyphens)
    return Paper(
        sha256=sha256,
        title=_title(document, parts, layout),
        page_count=document.page_count,
        pages=tuple(_page(part) for part in parts),
        blocks=tuple(blocks),
        tables=tuple(_unique([table for part in parts for table in part.tables])),
        figures=tuple(_unique([figure for part in parts for figure in part.figures])),
        hidden=tuple([text for part in parts for text in part.raw.text.hidden] + _metadata(document, parts[0].raw)),
        notes=tuple(notes),
    )


def _page_parts(document: Any, raw: RawPage, layout: Layout, folder: FilePath | None) -> _PageParts:
    lines = _without_furniture(build_lines(raw.text.tokens, layout), raw.height)
    captions = find_captions(lines, raw.paths, layout)
    in_captions = {id(token) for caption in captions for line in caption.lines for token in line.tokens}
    frames = [plot.anchor.box for plot in raw.reading.plots]
    free = [token for token in raw.text.tokens if id(token) not in in_captions and not _within(token.box, frames)]
    tables = []
    for caption in captions:
        if caption.kind == "table":
            table = read_table(caption, free, lines, raw.paths, layout, raw.number)
            if table is not None:
                tables.append(table)
    background = 0.9 * raw.width * raw.height
    graphics = PageGraphics(
        paths=[path for path in raw.paths if path.size[0] * path.size[1] < background],
        images=raw.images,
        tokens=tuple(free),
        width=raw.width,
        height=raw.height,
        frames=frames,
    )
    regions = find_regions(captions, lines, [table.anchor.box for table in tables], graphics, layout)
    found = _figures(raw, captions, regions)
    if folder is not None:
        found = [_with_crop(document, figure, folder) for figure in found]
    return _PageParts(raw, lines, captions, tables, found)


def _without_furniture(lines: list[Line], height: float) -> list[Line]:
    """Lines in reading order, with page numbers in the margins last: they interrupt no sentence."""
    margin = MARGIN * height
    numbers = [
        line for line in lines if line.text.isdigit() and (line.box[3] < margin or line.box[1] > height - margin)
    ]
    return reading_order([line for line in lines if line not in numbers]) + numbers


def _figures(raw: RawPage, captions: list[Caption], regions: dict[str, Region]) -> list[Figure]:
    """Figures with their plots; plots of a page that lie in no figure make one of their own."""
    left = list(raw.reading.plots)
    figures = []
    for caption in captions:
        if caption.kind != "figure":
            continue
        region = regions[caption.label]
        own = [plot for plot in left if _within(plot.anchor.box, [region.box])]
        left = [plot for plot in left if plot not in own]
        box = _union([region.box, *(plot.anchor.box for plot in own)]) if not region.empty or own else caption.box
        figure_id = f"figure-{caption.number.lower()}"
        figures.append(
            Figure(
                id=figure_id,
                label=caption.label,
                caption=" ".join(line.text for line in caption.lines),
                anchor=Anchor(page=raw.number, box=box),
                kind=region.kind,
                image=None,
                plots=tuple(own),
                refused=_refusals(raw, region, own),
            )
        )
    if left:
        figures.append(
            Figure(
                id=f"figure-page-{raw.number}",
                label="(no caption)",
                caption="",
                anchor=Anchor(page=raw.number, box=_union([plot.anchor.box for plot in left])),
                kind="vector",
                image=None,
                plots=tuple(left),
            )
        )
    return [_renamed(figure, figure.id) for figure in figures]


def _refusals(raw: RawPage, region: Region, plots: list[Plot]) -> tuple[str, ...]:
    words = []
    if region.empty and not plots:
        words.append("no drawing or image was found beside the caption")
    elif region.kind == "raster":
        words.append("the figure is a raster image: its points were not read")
    elif region.kind == "mixed" and not plots:
        words.append("the figure mixes images and drawings and holds no plot that could be calibrated")
    elif not plots:
        words.append("no frame with readable axes was found: a diagram, or a plot of a kind that is not read yet")
    words.extend(text for box, text in raw.reading.refused if _within(box, [region.box]))
    return tuple(words)


def _renamed(figure: Figure, figure_id: str) -> Figure:
    """Plots and series carry the figure's id, so that an id alone finds them."""
    plots = []
    for p, plot in enumerate(figure.plots, 1):
        plot_id = f"{figure_id}/plot-{p}"
        series = tuple(one.model_copy(update={"id": f"{plot_id}/series-{s}"}) for s, one in enumerate(plot.series, 1))
        plots.append(plot.model_copy(update={"id": plot_id, "series": series}))
    return figure.model_copy(update={"id": figure_id, "plots": tuple(plots)})


def _with_crop(document: Any, figure: Figure, folder: FilePath) -> Figure:
    page = document[figure.anchor.page - 1]
    if page.rotation:
        page.remove_rotation()
    image = save_crop(page, figure.anchor.box, folder, figure.id)
    return figure.model_copy(update={"image": image})


def _unique(items: list[Any]) -> list[Any]:
    """Later items with an id already seen get a suffix: two things must never answer to one id."""
    seen: dict[str, int] = {}
    kept = []
    for item in items:
        seen[item.id] = seen.get(item.id, 0) + 1
        name = f"{item.id}-{seen[item.id]}"
        if seen[item.id] == 1:
            kept.append(item)
        else:
            kept.append(_renamed(item, name) if isinstance(item, Figure) else item.model_copy(update={"id": name}))
    return kept


def _running_lines(part: _PageParts) -> list[Line]:
    """Lines outside figures and tables, but with the captions."""
    boxes = [table.anchor.box for table in part.tables]
    boxes += [
        figure.anchor.box for figure in part.figures if figure.plots or not figure.refused or figure.kind != "vector"
    ]
    boxes += [figure.anchor.box for figure in part.figures if figure.refused and "no drawing" not in figure.refused[0]]
    in_captions = {id(line) for caption in part.captions for line in caption.lines}
    return [line for line in part.lines if id(line) in in_captions or not _within(line.box, boxes)]


def _page(part: _PageParts) -> Page:
    """Words in reading order; turned words stand with the first line of a figure, so no sentence breaks."""
    placed = {id(token) for line in part.lines for token in line.tokens}
    turned = [token for token in part.raw.text.tokens if id(token) not in placed]
    boxes = [figure.anchor.box for figure in part.figures]
    tokens: list[Token] = []
    for line in part.lines:
        if turned and _within(line.box, boxes):
            tokens += turned
            turned = []
        tokens += line.tokens
    words = tuple(Word(text=token.text, box=token.box) for token in [*tokens, *turned])
    return Page(number=part.raw.number, label=part.raw.label, width=part.raw.width, height=part.raw.height, words=words)


def _title(document: Any, parts: list[_PageParts], layout: Layout) -> str:
    """The largest words in the upper half of the first page; the file's own title where nothing is larger than body."""
    first = parts[0]
    upper = [
        line for line in first.lines if line.box[1] < 0.5 * first.raw.height and sum(map(str.isalpha, line.text)) > 3
    ]
    if upper:
        size = max(line.size for line in upper)
        lines = [line for line in upper if line.size > 0.93 * size]
        if size > layout.body_size + 1.5 and len(lines) <= 5:
            return " ".join(line.text for line in sorted(lines, key=lambda line: line.baseline))
    return ((document.metadata or {}).get("title") or "").strip() or (upper[0].text if upper else "(untitled)")


def _metadata(document: Any, first: RawPage) -> list[HiddenText]:
    """Fields of the file that read like a sentence addressed to a reader: seen by programs, not on any page."""
    found = []
    for key in ("title", "author", "subject", "keywords"):
        value = " ".join(((document.metadata or {}).get(key) or "").split())
        if (
            key in ("subject", "keywords") and (len(value.split()) >= METADATA_WORDS or _INSTRUCTION.search(value))
        ) or (key in ("title", "author") and len(value.split()) > 40):
            anchor = Anchor(page=first.number, box=(0.0, 0.0, 0.0, 0.0))
            found.append(HiddenText(text=value[:2000], reason="metadata", anchor=anchor))
    return found


def _within(box: Box, boxes: list[Box]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(other[0] <= x <= other[2] and other[1] <= y <= other[3] for other in boxes)


def _union(boxes: list[Box]) -> Box:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
