"""The visible paper as plain text for a prompt: blocks, tables, and the points of every plot that was read."""

from collections.abc import Iterator, Sequence

from gauntlet.paper.records import Axis, Figure, Paper, Plot, PlotSeries, Table, TextBlock

MOST_CHARACTERS = 400_000
MOST_POINTS = 60
MOST_FIGURE_WORDS = 600
DOUBTFUL = 0.5  # below this confidence the reasons are shown
UNSHOWN = frozenset({"title", "margin", "reference"})
OTHERS = "[about others' work]"


def paper_for_model(paper: Paper, most_characters: int = MOST_CHARACTERS) -> str:
    """Text of the paper with page markers, section headings, and the ids of tables, figures and series.

    Hidden text, page margins and the list of references are not in it; sections on the work of others are marked.
    Longer texts are cut, and the cut is stated at the end.
    """
    text = "\n".join(_lines(paper))
    if len(text) <= most_characters:
        return text
    return f"{text[:most_characters]}\n[cut here: {len(text) - most_characters} of {len(text)} characters are left out]"


def _lines(paper: Paper) -> Iterator[str]:
    mentions = [table.mentions for table in paper.tables] + [figure.mentions for figure in paper.figures]
    captioned = {spoken[0].block for spoken in mentions if spoken}
    yield f"# {paper.title}"
    for page in paper.pages:
        yield f"\n[page {page.number}]"
        own = [block for block in paper.blocks if block.anchor.page == page.number]
        yield from _block_lines([block for block in own if block.kind != "caption" or block.id not in captioned])
        for table in paper.tables:
            if table.anchor.page == page.number:
                yield from table_lines(table)
        for figure in paper.figures:
            if figure.anchor.page == page.number:
                yield from figure_lines(figure, words_inside(paper, figure))
    if paper.notes:
        yield "\n[notes of the reader]"
        yield from paper.notes


def _block_lines(blocks: Sequence[TextBlock]) -> list[str]:
    """One line per block of a page; what a column broke off is carried on, of references only the number is said."""
    lines: list[str] = []
    open_paragraph: int | None = None
    for block in blocks:
        if block.kind in UNSHOWN:
            continue
        if block.continues and open_paragraph is not None:
            before = lines[open_paragraph]
            broken = before.endswith("-") and block.text[:1].islower()
            lines[open_paragraph] = before[:-1] + block.text if broken else f"{before} {block.text}"
            continue
        if block.kind == "paragraph":
            open_paragraph = len(lines)
        lines.append(_block_line(block))
    references = sum(block.kind == "reference" for block in blocks)
    return lines + ([f"[{references} references are left out]"] if references else [])


def _block_line(block: TextBlock) -> str:
    if block.kind == "heading":
        others = f" {OTHERS}" if block.part == "related_work" else ""
        return f"{'#' * (1 + (block.level or 1))} {block.text}{others}"
    if block.kind in ("equation", "footnote", "caption"):
        return f"[{block.kind}] {block.text}"
    return f"{OTHERS} {block.text}" if block.part == "related_work" else block.text


def table_lines(table: Table) -> Iterator[str]:
    """A table as rows of cells between bars, with row and column numbers; a spanning cell stands in all its columns."""
    columns = 1 + max((cell.column + cell.columns - 1 for cell in table.cells), default=0)
    rows = 1 + max((cell.row for cell in table.cells), default=0)
    yield f"\n[{table.id}] {table.caption} ({table.header_rows} header rows)"
    yield "| column | " + " | ".join(str(column) for column in range(columns)) + " |"
    by_place = {(cell.row, cell.column + n): cell.text for cell in table.cells for n in range(cell.columns)}
    for row in range(rows):
        cells = (by_place.get((row, column), "").replace("|", "/") for column in range(columns))
        yield f"| row {row} | " + " | ".join(cells) + " |"
    named = [f"column {number} in {heading.unit}" for number, heading in enumerate(table.columns) if heading.unit]
    named += [f"row {number} in {heading.unit}" for number, heading in enumerate(table.rows) if heading.unit]
    if named:
        yield f"units: {', '.join(named)}"


def words_inside(paper: Paper, figure: Figure) -> str:
    """The visible words drawn in a figure's region: labels, legends, and what authors note there."""
    x0, y0, x1, y1 = figure.anchor.box
    page = next((page for page in paper.pages if page.number == figure.anchor.page), None)
    middles = (((w.box[0] + w.box[2]) / 2, (w.box[1] + w.box[3]) / 2, w.text) for w in (page.words if page else ()))
    return " ".join(text for x, y, text in middles if x0 <= x <= x1 and y0 <= y <= y1)


def figure_lines(figure: Figure, words: str = "") -> Iterator[str]:
    """A figure: its caption, `words` drawn in it, every plot with axes and points, and what was refused."""
    yield f"\n[{figure.id}] {figure.label}, {figure.kind}: {figure.caption or '(no caption)'}"
    if words:
        yield f"  words in the figure: {words[:MOST_FIGURE_WORDS]}"
    for plot in figure.plots:
        yield from plot_lines(plot)
    for refusal in figure.refused:
        yield f"  not read: {refusal}"


def plot_lines(plot: Plot) -> Iterator[str]:
    """Axes and series of one plot."""
    right = f"; right y: {_axis(plot.y2_axis)}" if plot.y2_axis else ""
    yield f"  [{plot.id}] x: {_axis(plot.x_axis)}; y: {_axis(plot.y_axis)}{right}"
    for note in plot.notes:
        yield f"    note: {note}"
    for series in plot.series:
        name, count = series.name or "(no name)", len(series.points)
        side = " at the right y axis" if series.y_axis == "y2" else ""
        yield f"    [{series.id}] {name}, {series.kind}{side}, {count} points{_doubt(series)}: {_points(series, plot)}"


def _doubt(series: PlotSeries) -> str:
    """What speaks against a series that is rather wrong than right."""
    if series.confidence >= DOUBTFUL:
        return ""
    return f" (doubtful: {'; '.join(doubt.words for doubt in series.doubts) or 'its axes are'})"


def _axis(axis: Axis) -> str:
    unit = f" [{axis.unit}]" if axis.unit else ""
    reach = ", ".join(axis.categories) if axis.scale == "category" else f"{axis.minimum:.4g} to {axis.maximum:.4g}"
    return f"{axis.label or '(no label)'}{unit}, {axis.scale}, {reach}"


def _points(series: PlotSeries, plot: Plot) -> str:
    """Points with five digits; of a long series every n-th and both ends."""
    count = len(series.points)
    step = max(1, -(-count // MOST_POINTS))
    shown = sorted({*range(0, count, step), count - 1}) if count else []
    parts = []
    for index in shown:
        x, y = series.points[index]
        mark = "!" if index in series.clipped else ""
        parts.append(f"({_coordinate(plot.x_axis, x)}, {_coordinate(plot.y_axis_of(series), y)}){mark}")
    text = " ".join(parts)
    if step > 1:
        text += f" (every {step}th of {count} points)"
    return text + (" (! = cut off by the frame, no measurement)" if series.clipped else "")


def _coordinate(axis: Axis, value: float) -> str:
    if axis.scale == "category" and value in axis.ticks:
        return axis.categories[axis.ticks.index(value)]
    return f"{value:.5g}"
