"""Small papers of sentences, plots and tables, in as few words as the arithmetic needs."""

from gauntlet.paper.mentions import whole_id
from gauntlet.paper.records import Anchor, Axis, Cell, Figure, Heading, Paper, Plot, PlotSeries, Table, TextBlock
from gauntlet.verdict.arithmetic.check import check_paper
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.records import Arithmetic

ANCHOR = Anchor(page=3, box=(0.0, 0.0, 10.0, 10.0))


def axis(title: str, points, categories=()) -> Axis:
    """An axis titled 'Label (unit)' around the points."""
    label, _, unit = title.partition(" (")
    scale = "category" if categories else "linear"
    return Axis(
        scale=scale, label=label, unit=unit.rstrip(")") or None, title=title, minimum=0, maximum=max(points),
        residual_pt=0, ticks=(), categories=categories,
    )  # fmt: skip


def figure(number: int, x: str, y: str, confidence: float = 0.97, categories=(), **systems) -> Figure:
    """A figure with one plot; `systems` are name=((x, y), ...)."""
    points = [point for series in systems.values() for point in series]
    series = tuple(
        PlotSeries(
            id=f"figure-{number}/plot-1/series-{index}", name=name, kind="line+marker", color=None, points=tuple(given),
            reading_error_x=0.001, reading_error_y=0.001, confidence=confidence, anchor=ANCHOR,
        )
        for index, (name, given) in enumerate(systems.items(), 1)
    )  # fmt: skip
    plot = Plot(
        id=f"figure-{number}/plot-1", anchor=ANCHOR, series=series,
        x_axis=axis(x, [px for px, _ in points], categories), y_axis=axis(y, [py for _, py in points]),
    )  # fmt: skip
    return Figure(
        id=f"figure-{number}", label=f"Figure {number}", caption=f"Figure {number}: {y} over {x}", anchor=ANCHOR,
        kind="vector", image=None, plots=(plot,),
    )  # fmt: skip


def table(number: int, caption: str, *rows: str) -> Table:
    """A table of rows such as 'Clients | Old (ms) | New (ms)', the first of which is the heading."""
    texts = [[text.strip() for text in row.split("|")] for row in rows]
    units = [text.partition(" (")[2].rstrip(")") or None for text in texts[0]]
    cells = tuple(
        Cell(row=row, column=column, text=text, anchor=ANCHOR)
        for row, line in enumerate(texts)
        for column, text in enumerate(line)
    )
    return Table(
        id=whole_id(f"table-{number}"), label=f"Table {number}", caption=f"Table {number}: {caption}", anchor=ANCHOR,
        header_rows=1, cells=cells,
        columns=tuple(Heading(text=text, unit=unit) for text, unit in zip(texts[0], units, strict=True)),
    )  # fmt: skip


def paper(*sentences: str, figures=(), tables=(), **block) -> Paper:
    """A paper in which every sentence is a paragraph."""
    blocks = tuple(
        TextBlock(
            id=f"b{index}",
            kind=block.get("kind", "paragraph"),
            text=text,
            anchor=ANCHOR,
            part=block.get("part", "body"),
        )
        for index, text in enumerate(sentences)
    )
    return Paper(
        sha256="0" * 64, title="A Paper", page_count=3, pages=(), blocks=blocks, tables=tuple(tables),
        figures=tuple(figures), hidden=(), notes=(),
    )  # fmt: skip


def checked(*sentences: str, registry=None, **parts) -> Arithmetic:
    """What all checks say of such a paper."""
    return check_paper(paper(*sentences, **parts), load_policy(), registry)


def found(*sentences: str, registry=None, **parts) -> list[str]:
    """Names of the checks that found something."""
    return [finding.id.partition(":")[0] for finding in checked(*sentences, registry=registry, **parts).findings]
