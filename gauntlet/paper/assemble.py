"""One page at a time to raw content, then all pages together to the paper."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from gauntlet.paper.blocks import Block, Hyphens, PageFlow, build_blocks
from gauntlet.paper.captions import Caption, find_captions, split_side_by_side
from gauntlet.paper.crosscheck import cross_checked
from gauntlet.paper.equations import find_equations
from gauntlet.paper.figures import PageGraphics, build_figures, find_regions, renamed, save_crop, within
from gauntlet.paper.front import find_title, hidden_metadata, mark_front
from gauntlet.paper.glyphs import PageText, Token, read_text
from gauntlet.paper.layout import Layout, find_layouts
from gauntlet.paper.lines import Line, build_lines, reading_order
from gauntlet.paper.margins import find_margins
from gauntlet.paper.mentions import find_mentions, whole_id
from gauntlet.paper.outline import outline
from gauntlet.paper.plots.primitives import Path, read_drawings
from gauntlet.paper.plots.read import PageReading, Scene, read_scene
from gauntlet.paper.records import Anchor, Box, Figure, Mention, Page, Paper, Table, TextBlock, Word
from gauntlet.paper.rules import Rules
from gauntlet.paper.skips import PageRefused
from gauntlet.paper.table_region import Surroundings
from gauntlet.paper.tables import read_tables
from gauntlet.settings import ReadLimits

LARGEST_PAGE_PT = 14_400  # ISO 32000-1, annex C: 200 inches


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


@dataclass(frozen=True)
class _Parts:
    """One page sorted into margins, running lines, captions, tables and figures."""

    raw: RawPage
    layout: Layout
    lines: list[Line]
    margins: list[Line]
    captions: list[Caption]
    tables: list[Table]
    figures: list[Figure]

    @property
    def running(self) -> list[Line]:
        """Lines outside figures and tables, but with the captions, in reading order."""
        boxes = [table.anchor.box for table in self.tables]
        boxes += [figure.anchor.box for figure in self.figures]
        in_captions = {id(line) for caption in self.captions for line in caption.lines}
        return [line for line in self.lines if id(line) in in_captions or not within(line.box, boxes)]


def read_page(document: Any, number: int, limits: ReadLimits, notes: list[str]) -> RawPage:
    """Words, drawings and plots of page `number` (from 1); adds to `notes` what was left out."""
    page = document[number - 1]
    if page.rotation:
        page.remove_rotation()
    width, height = float(page.rect.width), float(page.rect.height)
    if max(width, height) > LARGEST_PAGE_PT:
        raise PageRefused(f"it measures {width:.0f} x {height:.0f} pt, more than {LARGEST_PAGE_PT} pt")
    drawings = read_drawings(page, limits.paths_per_page)
    if drawings.truncated:
        notes.append(f"page {number}: more than {limits.paths_per_page} paths; its drawings were not read")
        drawings.paths.clear()
    images = [tuple(info["bbox"]) for info in page.get_image_info()]
    text = read_text(page, number, drawings.paths, limits.characters_per_page)
    reading = read_scene(Scene(number, width, height, drawings.paths, list(text.tokens)))
    label = page.get_label() or None
    return RawPage(number, label, width, height, text, drawings.paths, images, reading)


def assemble(
    document: Any,
    sha256: str,
    pages: list[RawPage],
    notes: list[str],
    figures: FilePath | None,
    progress: Callable[[int | None], Any],
) -> Paper:
    """The paper from its pages; crops of figures are written to the folder `figures` unless it is None.

    `progress` is told each page that is worked on, and None for the work on all of them together.
    """
    progress(None)
    layouts = find_layouts([(page.text.tokens, page.width) for page in pages])
    lines = [build_lines(page.text.tokens, layout) for page, layout in zip(pages, layouts, strict=True)]
    margins = find_margins([(page.height, own) for page, own in zip(pages, lines, strict=True)])
    parts = []
    for page, layout, own, edge in zip(pages, layouts, lines, margins, strict=True):
        progress(page.number)
        parts.append(_page_parts(document, page, layout, own, edge, figures))
    progress(None)
    blocks = _blocks(parts)
    title = find_title([block for block in blocks if block.page == pages[0].number], parts[0].layout, pages[0].height)
    mark_front(blocks, title)
    outline(blocks)
    return _paper(document, sha256, parts, blocks, title, notes)


def _page_parts(
    document: Any, raw: RawPage, layout: Layout, lines: list[Line], edge: set[int], folder: FilePath | None
) -> _Parts:
    margins = [line for line in lines if id(line) in edge]
    ordered = split_side_by_side(reading_order([line for line in lines if id(line) not in edge]), layout)
    captions = find_captions(ordered, raw.paths, layout)
    used = {id(token) for line in margins for token in line.tokens}
    used |= {id(token) for caption in captions for line in caption.lines for token in line.tokens}
    frames = [plot.anchor.box for plot in raw.reading.plots]
    free = [token for token in raw.text.tokens if id(token) not in used and not within(token.box, frames)]
    read = _tables(raw, captions, free, ordered, layout)
    graphics = PageGraphics.of(raw.paths, raw.images, free, raw.width, raw.height, frames)
    regions = find_regions(captions, ordered, [table.anchor.box for table in read], graphics, layout)
    figures = build_figures(raw.number, captions, regions, raw.reading)
    if folder is not None:
        figures = [_with_crop(document, figure, folder) for figure in figures]
    return _Parts(raw, layout, ordered, margins, captions, read, figures)


def _tables(
    raw: RawPage, captions: Sequence[Caption], free: Sequence[Token], lines: Sequence[Line], layout: Layout
) -> list[Table]:
    """Tables are looked for only where a caption names one."""
    named = [caption for caption in captions if caption.kind == "table"]
    if not named:
        return []
    walls = [caption.box for caption in captions] + [plot.anchor.box for plot in raw.reading.plots]
    around = Surroundings.of(free, Rules.of(raw.paths), lines, walls, layout)
    return [table for caption in named for table in read_tables(caption, around, raw.number)]


def _with_crop(document: Any, figure: Figure, folder: FilePath) -> Figure:
    page = document[figure.anchor.page - 1]
    if page.rotation:
        page.remove_rotation()
    return figure.model_copy(update={"image": save_crop(page, figure.anchor.box, folder, figure.id)})


def _blocks(parts: Sequence[_Parts]) -> list[Block]:
    """Blocks of all pages; running lines are sorted again, because figures no longer part them."""
    flows = []
    for part in parts:
        lines = reading_order(part.running)
        captions = {id(line) for caption in part.captions for line in caption.lines}
        equations = find_equations([line for line in lines if id(line) not in captions], part.layout)
        flows.append(
            PageFlow(part.raw.number, part.raw.height, part.layout, lines, part.captions, equations, part.margins)
        )
    return build_blocks(flows, Hyphens(token.text for part in parts for token in part.raw.text.tokens))


def _paper(
    document: Any, sha256: str, parts: Sequence[_Parts], blocks: list[Block], title: str, notes: list[str]
) -> Paper:
    ids, records, words = _records(blocks)
    mentions = find_mentions(blocks, ids)
    tables = _mentioned(_unique([table for part in parts for table in part.tables]), mentions)
    figures = _mentioned(_unique([figure for part in parts for figure in part.figures]), mentions)
    return Paper(
        sha256=sha256,
        title=title,
        page_count=document.page_count,
        pages=tuple(_page(part, words.get(part.raw.number, [])) for part in parts),
        blocks=tuple(records),
        tables=tuple(tables),
        figures=tuple(cross_checked(figure, tables) for figure in figures),
        hidden=tuple(
            [text for part in parts for text in part.raw.text.hidden]
            + hidden_metadata(document.metadata or {}, parts[0].raw.number)
        ),
        notes=tuple(notes),
    )


def _mentioned(items: list[Any], mentions: dict[str, tuple[Mention, ...]]) -> list[Any]:
    """Figures or tables with the sentences that name them."""
    return [item.model_copy(update={"mentions": mentions.get(whole_id(item.id), ())}) for item in items]


def _records(blocks: Sequence[Block]) -> tuple[list[str], list[TextBlock], dict[int, list[Token]]]:
    """Ids of the blocks, their records, and per page the words of its blocks in order."""
    words: dict[int, list[Token]] = {}
    counts: dict[int, int] = {}
    ids = []
    for block in blocks:
        counts[block.page] = counts.get(block.page, 0) + 1
        ids.append(f"block-{block.page}-{counts[block.page]}")
    records = []
    for block, block_id in zip(blocks, ids, strict=True):
        own = words.setdefault(block.page, [])
        start = len(own)
        own += block.tokens
        records.append(
            TextBlock(
                id=block_id,
                kind=block.kind,
                text=block.text,
                anchor=Anchor(page=block.page, box=block.box),
                words=(start, len(own)),
                level=block.level,
                section=None if block.section is None else ids[block.section],
                part=block.part,
                continues=block.continues,
            )
        )
    return ids, records, words


def _page(part: _Parts, words: list[Token]) -> Page:
    """The words of the blocks, then those in figures and tables, then turned ones."""
    placed = {id(token) for token in words}
    rest = [token for line in part.lines for token in line.tokens if id(token) not in placed]
    placed |= {id(token) for token in rest}
    turned = [token for token in part.raw.text.tokens if id(token) not in placed]
    raw = part.raw
    every = tuple(Word(text=token.text, box=token.box) for token in [*words, *rest, *turned])
    return Page(number=raw.number, label=raw.label, width=raw.width, height=raw.height, words=every)


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
            kept.append(renamed(item, name) if isinstance(item, Figure) else item.model_copy(update={"id": name}))
    return kept
