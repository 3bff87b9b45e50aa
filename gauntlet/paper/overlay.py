"""The paper with what was read drawn over it, a layer for each kind, to be checked at a glance.

The PDF is opened in a limited process of its own: `python -m gauntlet.paper.overlay`, its task as JSON on its input.
"""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gauntlet.errors import PaperUnreadable
from gauntlet.paper.records import Box, Figure, Paper, Table, TextBlock
from gauntlet.paper.sandbox import confine, limit_process
from gauntlet.settings import ReadLimits

Rgb = tuple[float, float, float]
COLORS: dict[str, Rgb] = {
    "title": (0.75, 0.0, 0.2),
    "heading": (0.85, 0.1, 0.1),
    "paragraph": (0.1, 0.3, 0.85),
    "caption": (0.0, 0.5, 0.15),
    "equation": (0.5, 0.1, 0.7),
    "footnote": (0.55, 0.35, 0.1),
    "reference": (0.35, 0.35, 0.35),
    "margin": (0.6, 0.6, 0.6),
    "other": (0.9, 0.5, 0.0),
    "table": (0.8, 0.0, 0.7),
    "figure": (0.0, 0.55, 0.6),
    "plot": (0.0, 0.35, 0.4),
    "hidden": (1.0, 0.0, 0.0),
    "reading order": (0.2, 0.6, 1.0),
}
"""A layer for each key."""
MARK_PT = 6.0
LONG_WORD = 4  # a word of more letters stands above its box, a number beside it


@dataclass(frozen=True)
class Mark:
    """One drawn thing: a box, or a line from one corner of `box` to the other, with a word at its upper left corner."""

    layer: str
    box: Box
    word: str = ""
    tint: float = 0.0
    dashed: bool = False
    line: bool = False


def write_overlay(pdf: Path, paper_json: Path, target: Path, limits: ReadLimits) -> None:
    """Write `target`, a copy of `pdf` with the marks of the record in `paper_json`; PaperUnreadable where it fails."""
    task = {
        "pdf": str(pdf.resolve()),
        "paper": str(paper_json.resolve()),
        "target": str(target.resolve()),
        "limits": asdict(limits),
    }
    environment = {"PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "gauntlet.paper.overlay"],
            input=json.dumps(task).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=limits.wall_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PaperUnreadable(f"{pdf.name}: its overlay took longer than {limits.wall_s:g} s.") from None
    if done.returncode != 0:
        raise PaperUnreadable(f"{pdf.name}: its overlay could not be drawn (the process ended with {done.returncode}).")


def marks_on(paper: Paper, page: int) -> Iterator[Mark]:
    """All marks of one page."""
    blocks = [block for block in paper.blocks if block.anchor.page == page]
    tables = [table for table in paper.tables if table.anchor.page == page]
    figures = [figure for figure in paper.figures if figure.anchor.page == page]
    yield from _block_marks(blocks)
    yield from _ties(blocks, [*tables, *figures])
    for table in tables:
        yield from _table_marks(table)
    for figure in figures:
        yield Mark("figure", figure.anchor.box, f"{figure.label or figure.id} {figure.kind}")
        yield from (Mark("plot", plot.anchor.box, plot.id.rpartition("/")[2], dashed=True) for plot in figure.plots)
    for hidden in paper.hidden:
        if hidden.anchor.page == page:
            yield Mark("hidden", hidden.anchor.box, hidden.reason, tint=0.3)


def _block_marks(blocks: Sequence[TextBlock]) -> Iterator[Mark]:
    """Every block with its number in reading order, and a line from each to the next."""
    running = [block for block in blocks if block.kind != "margin"]
    for number, block in enumerate(running, 1):
        word = str(number) + ("" if block.level is None else f" h{block.level}") + ("+" if block.continues else "")
        yield Mark(block.kind, block.anchor.box, word, tint=0.12 if block.part == "related_work" else 0.04)
    yield from (Mark("margin", block.anchor.box) for block in blocks if block.kind == "margin")
    for block, following in itertools.pairwise(running):
        start, end = block.anchor.box, following.anchor.box
        yield Mark("reading order", (start[0] + 3, start[3], end[0] + 3, end[1]), line=True)


def _table_marks(table: Table) -> Iterator[Mark]:
    yield Mark("table", table.anchor.box, f"{table.label} {len(table.rows)}x{len(table.columns)}")
    for cell in table.cells:
        yield Mark("table", cell.anchor.box, tint=0.25 if cell.row < table.header_rows else 0.08)


def _ties(blocks: Sequence[TextBlock], things: Sequence[Table | Figure]) -> Iterator[Mark]:
    """A line from each caption to what it names."""
    for thing in things:
        for block in blocks:
            if block.kind == "caption" and thing.mentions and thing.mentions[0].block == block.id:
                a, b = block.anchor.box, thing.anchor.box
                yield Mark(
                    "caption", ((a[0] + a[2]) / 2, (a[1] + a[3]) / 2, (b[0] + b[2]) / 2, (b[1] + b[3]) / 2), line=True
                )


def main() -> int:
    """Run the task on standard input."""
    task = json.load(sys.stdin)
    limit_process(ReadLimits(**task["limits"]))
    paper = Paper.model_validate_json(Path(task["paper"]).read_bytes())
    import pymupdf as untyped

    pymupdf: Any = untyped
    pymupdf.set_messages(path=os.devnull)
    confine([Path(task["target"]).parent])
    document = pymupdf.open(stream=Path(task["pdf"]).read_bytes(), filetype="pdf")
    layers = {name: document.add_ocg(name, on=True) for name in COLORS}
    for page in paper.pages:
        _draw(document[page.number - 1], list(marks_on(paper, page.number)), layers)
    Path(task["target"]).write_bytes(document.tobytes(garbage=3, deflate=True))
    return 0


def _draw(page: Any, marks: Sequence[Mark], layers: dict[str, int]) -> None:
    if page.rotation:
        page.remove_rotation()
    page.wrap_contents()
    for layer, color in COLORS.items():
        own = [mark for mark in marks if mark.layer == layer]
        if not own:
            continue
        shape = page.new_shape()
        for mark in own:
            _draw_mark(shape, mark, color, layers[layer])
        shape.commit(overlay=True)
    used = [layer for layer in COLORS if any(mark.layer == layer for mark in marks)]
    for number, layer in enumerate(used):
        page.insert_text((10 + 42 * number, 8), layer, fontsize=MARK_PT, color=COLORS[layer], oc=layers[layer])


def _draw_mark(shape: Any, mark: Mark, color: Rgb, layer: int) -> None:
    x0, y0, x1, y1 = mark.box
    if mark.line:
        shape.draw_line((x0, y0), (x1, y1))
        shape.finish(color=color, width=0.6, stroke_opacity=0.6, oc=layer)
        return
    shape.draw_rect((x0, y0, max(x1, x0 + 0.5), max(y1, y0 + 0.5)))
    fill = color if mark.tint else None
    dashes = "[3 2] 0" if mark.dashed else None
    shape.finish(color=color, fill=fill, width=0.7, fill_opacity=mark.tint, dashes=dashes, oc=layer)
    if mark.word:
        beside = len(mark.word) < LONG_WORD
        place = (x0 - 0.6 * MARK_PT * len(mark.word) - 1, y0 + MARK_PT) if beside else (x0, y0 - 0.5)
        shape.insert_text(place, mark.word, fontsize=MARK_PT, color=color, oc=layer)


if __name__ == "__main__":
    sys.exit(main())
