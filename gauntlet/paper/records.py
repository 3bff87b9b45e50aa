"""What the reader hands on: everything in `paper.json`.

Coordinates are PDF points with the origin at the top left of the unrotated page as shown, y downwards.
Pages count from 1. Every item carries an anchor, so that it can be shown on a page.
"""

from typing import Literal

from pydantic import Field

from gauntlet.records import Record

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in points."""


class Anchor(Record):
    """A place in the paper that can be shown: page (from 1) and box."""

    page: int = Field(ge=1)
    box: Box


class Word(Record):
    """One visible word as set on the page, ligatures undone, and its box."""

    text: str
    box: Box


class Page(Record):
    """One page: size in points, its printed label when it has one, and its visible words, block after block.

    Words drawn in figures and set in tables come behind those of the blocks.
    """

    number: int = Field(ge=1)
    label: str | None
    width: float
    height: float
    words: tuple[Word, ...]


class TextBlock(Record):
    """One piece of visible text in reading order, line-end hyphens joined.

    `words` are the first and one past the last of the page's words that it is made of. A heading has a `level` (1 is
    the highest); `section` is the id of the heading above. `part` says whose work the words are about. A paragraph
    that `continues` carries on a sentence that the column or page before it broke off.
    """

    id: str
    kind: Literal["title", "heading", "paragraph", "caption", "equation", "footnote", "reference", "margin", "other"]
    text: str
    anchor: Anchor
    words: tuple[int, int] = (0, 0)
    level: int | None = Field(default=None, ge=1)
    section: str | None = None
    part: Literal["body", "related_work", "references"] = "body"
    continues: bool = False


class Mention(Record):
    """A sentence that names a figure or table, or the whole of its caption; `block` is the id of its block."""

    block: str
    sentence: str
    anchor: Anchor


class Cell(Record):
    """One table cell; row and column count from 0, header rows included. A heading may span several columns."""

    row: int = Field(ge=0)
    column: int = Field(ge=0)
    text: str
    anchor: Anchor
    columns: int = Field(default=1, ge=1)


class Heading(Record):
    """What a table says of one column or row: the headings over it, outermost first, and the unit they name."""

    text: str
    unit: str | None = None


class Table(Record):
    """A captioned table as cells. `id` is 'table-1' for 'Table 1'; rows below `header_rows` hold data.

    `columns` and `rows` hold a heading for each column and row; a row's heading is its first cell.
    """

    id: str
    label: str
    caption: str
    anchor: Anchor
    header_rows: int = Field(ge=0)
    cells: tuple[Cell, ...]
    columns: tuple[Heading, ...] = ()
    rows: tuple[Heading, ...] = ()
    mentions: tuple[Mention, ...] = ()

    def cell(self, row: int, column: int) -> Cell | None:
        """The cell at (row, column), or None."""
        return next((cell for cell in self.cells if cell.row == row and cell.column == column), None)


class Doubt(Record):
    """One thing that speaks against a reading: its kind, how much of it there is (1 is a whole one), and in words."""

    kind: str
    amount: float = Field(ge=0)
    words: str


class Axis(Record):
    """A calibrated axis: value range between the frame's edges, in the units the tick labels say.

    `title` is the axis title as printed; `label` and `unit` are its parts. `categories` are the labels of a category
    axis. Points on it carry the number written at the label if all labels are numbers, else the label's index from 0.
    `falls` says that values fall from left to right or upwards. `confidence` is the probability that scale and range
    are right, `doubts` are the reasons why it is not 1.
    """

    scale: Literal["linear", "log", "category"]
    label: str
    unit: str | None
    title: str = ""
    minimum: float
    maximum: float
    residual_pt: float = Field(ge=0, description="RMS distance of tick labels from the fitted scale, in points.")
    ticks: tuple[float, ...]
    categories: tuple[str, ...] = ()
    falls: bool = False
    confidence: float = Field(default=1.0, ge=0, le=1)
    doubts: tuple[Doubt, ...] = ()


class PlotSeries(Record):
    """Points of one series in data units, in drawing order.

    `reading_error_x` and `reading_error_y` are relative (of the value) for a log axis and absolute (in data units)
    for a linear one. `clipped` lists indices of points that lie on the frame where the curve leaves it: they are no
    measurements. `error_bars` are low and high end per point, in data units, empty where none is drawn. `y_axis` says
    which of the plot's y axes the values are read at. `confidence` is the probability that name and points can be used
    as they are, the axes' doubts included; `doubts` are the reasons why it is not 1, without those of the axes.
    """

    id: str
    name: str | None
    kind: Literal["line", "line+marker", "scatter", "bar", "cdf", "step", "other"]
    color: str | None
    points: tuple[tuple[float, float], ...]
    reading_error_x: float = Field(ge=0)
    reading_error_y: float = Field(ge=0)
    clipped: tuple[int, ...] = ()
    error_bars: tuple[tuple[float, float] | None, ...] = ()
    y_axis: Literal["y", "y2"] = "y"
    orientation: Literal["vertical", "horizontal"] = "vertical"
    arrangement: Literal["single", "grouped", "stacked"] = "single"
    confidence: float = Field(default=1.0, ge=0, le=1)
    doubts: tuple[Doubt, ...] = ()
    anchor: Anchor


class Plot(Record):
    """One calibrated frame inside a figure; `y2_axis` is its right axis where that has a scale of its own."""

    id: str
    anchor: Anchor
    x_axis: Axis
    y_axis: Axis
    y2_axis: Axis | None = None
    series: tuple[PlotSeries, ...]
    notes: tuple[str, ...] = ()

    def y_axis_of(self, series: PlotSeries) -> Axis:
        """The y axis at which the values of `series` are read."""
        return self.y2_axis if series.y_axis == "y2" and self.y2_axis is not None else self.y_axis


class PrintedValue(Record):
    """A number said of a figure in text or table, in the unit of the axis, and the recovered value that agrees."""

    text: str
    anchor: Anchor
    value: float
    series: str | None
    read: float | None


class Figure(Record):
    """A captioned figure region; `image` is the crop's path below the run folder.

    `refused` says in words what could not be read and where; a raster figure is never read on the quiet.
    """

    id: str
    label: str
    caption: str
    anchor: Anchor
    kind: Literal["vector", "raster", "mixed"]
    image: str | None
    plots: tuple[Plot, ...]
    refused: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    printed: tuple[PrintedValue, ...] = ()


class HiddenText(Record):
    """Text a reader of the page does not see, kept out of everything a model is shown."""

    text: str
    reason: Literal["white", "tiny", "invisible", "off_page", "covered", "metadata"]
    anchor: Anchor


class Paper(Record):
    """All that was read from one PDF."""

    schema_version: Literal[1] = 1
    sha256: str
    title: str
    page_count: int = Field(ge=0)
    pages: tuple[Page, ...]
    blocks: tuple[TextBlock, ...]
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]
    hidden: tuple[HiddenText, ...]
    notes: tuple[str, ...] = Field(description="What was cut, skipped or repaired, in words.")

    def series(self, series_id: str) -> tuple[Figure, Plot, PlotSeries] | None:
        """Figure, plot and series of a series id, or None."""
        for figure in self.figures:
            for plot in figure.plots:
                for series in plot.series:
                    if series.id == series_id:
                        return figure, plot, series
        return None

    def table(self, table_id: str) -> Table | None:
        """The table with this id, or None."""
        return next((table for table in self.tables if table.id == table_id), None)
