"""Captioned tables from the geometry of their words, and from rules where some are drawn."""

from collections.abc import Iterator, Sequence

from gauntlet.paper.captions import Caption
from gauntlet.paper.glyphs import union
from gauntlet.paper.lines import join_words
from gauntlet.paper.records import Anchor, Cell, Table
from gauntlet.paper.rules import Rule
from gauntlet.paper.table_columns import Columns, find_columns
from gauntlet.paper.table_heading import Part, column_headings, heading_lines, heading_rows, row_headings
from gauntlet.paper.table_parts import TablePart, parts_of
from gauntlet.paper.table_region import Row, Surroundings, find_region
from gauntlet.paper.table_rows import body_rows, span_of

WHOLE = 0.9  # of the widest rule: a rule of this length goes through the whole table


def read_tables(caption: Caption, around: Surroundings, page: int) -> list[Table]:
    """The table that `caption` names, or its parts where these have names; none without rows and columns."""
    region = find_region(caption, around)
    if region is None:
        return []
    parts = [_read(caption, part, page) for part in parts_of(region)]
    if None in parts:  # a part that is no table says that its name is a row
        parts = [_read(caption, TablePart("", "", region), page)]
    return [table for table in parts if table is not None]


def _read(caption: Caption, part: TablePart, page: int) -> Table | None:
    region = part.region
    through = _through(region.level)
    above = heading_lines(region.rows, through)
    heading, body = region.rows[:above], region.rows[above:]
    columns = find_columns(body, heading, region.upright)
    if len(columns) == 1:  # cells may be empty or hold signs that are no text
        columns = find_columns(region.rows, (), region.upright)
    if len(columns) == 1:
        return None
    head = heading_rows(heading, columns, region.level, region.upright)
    rest = body_rows(body, columns, through, bool(region.upright))
    cells = tuple(_cells(page, [*head, *_parts(rest, columns)]))
    return Table(
        id=f"table-{caption.number.lower()}{part.letter}",
        label=f"{caption.label}({part.letter})" if part.letter else caption.label,
        caption=" ".join([*(line.text for line in caption.lines), *([part.words] if part.words else [])]),
        anchor=Anchor(page=page, box=region.box),
        header_rows=len(head),
        cells=cells,
        columns=column_headings(cells, len(head), len(columns)),
        rows=row_headings(cells, len(head) + len(rest)),
    )


def _through(level: Sequence[Rule]) -> list[Rule]:
    """Rules as long as the table is wide."""
    widest = max((rule.length for rule in level), default=0.0)
    return [rule for rule in level if rule.length >= WHOLE * widest]


def _parts(rows: Sequence[Sequence[Row]], columns: Columns) -> Iterator[list[Part]]:
    for row in rows:
        alone = sum(bool(part) for part in row) == 1
        yield [Part(n, span_of(part, columns) if alone else 1, part) for n, part in enumerate(row) if part]


def _cells(page: int, rows: Sequence[Sequence[Part]]) -> Iterator[Cell]:
    for index, row in enumerate(rows):
        for part in row:
            box = union([token.box for token in part.words])
            text = join_words(part.words)
            yield Cell(
                row=index, column=part.column, text=text, anchor=Anchor(page=page, box=box), columns=part.columns
            )
