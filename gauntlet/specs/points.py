"""Points of a claim: the model says where they are, the program reads the numbers there."""

import re
from collections.abc import Iterator

from gauntlet import units
from gauntlet.errors import RecordError, UnknownUnit
from gauntlet.paper.numbers import first_number, printed_numbers
from gauntlet.paper.records import Axis, Cell, Paper, PlotSeries, Table
from gauntlet.specs.claims import CellSource, Missing, Point, SeriesSource, TextSource
from gauntlet.specs.distributions import quantile_points
from gauntlet.specs.evidence import Evidence
from gauntlet.specs.grounding import Note, ground
from gauntlet.specs.wire import WirePoints, WireTextPoint

USABLE_ERROR = 0.5
"""A point whose reading error exceeds half its value says nothing on a log scale."""
USABLE_CONFIDENCE = 0.5
"""A series that is rather wrong than right is unknown: a wrong claimed value would turn a verdict round."""


_UNIT_AT_END = re.compile(r"\d\s*([^\W\d][\w/]*)\s*$")

CHANGES = {"% more": 1, "% less": -1}
"""Printed as a change, recorded as a ratio: 37 % less is 0.63 times."""


class Found:
    """Points, missing points and evidence of one `WirePoints`, in the units asked for."""

    def __init__(self, points: tuple[Point, ...], missing: tuple[Missing, ...], evidence: tuple[Evidence, ...]):
        self.points = points
        self.missing = missing
        self.evidence = evidence


def read_points(wire: WirePoints, paper: Paper, x_unit: str | None, y_unit: str, where: str, note: Note) -> Found:
    """Read the points that `wire` refers to, converted to `x_unit` and `y_unit`; `note` is told what was corrected.

    Raises RecordError naming `where`, the reference and what exists; UnknownUnit for units that do not convert.
    """
    if wire.kind == "none":
        return Found((), (), ())
    convert = _Conversion(wire, x_unit, y_unit, where)
    if wire.read_as != "drawn" and (wire.kind != "series" or x_unit is None):
        raise RecordError(
            f"{where}: read_as {wire.read_as!r} is for a series of a figure, with the level as x_variable; declare it "
            "as a swept variable, or give 'drawn'."
        )
    if wire.kind == "series":
        return _series_points(wire, paper, convert, where)
    if wire.kind == "table":
        return _table_points(wire, paper, convert, where)
    return _text_points(wire, paper, convert, where, note)


class _Conversion:
    """Printed units to the units of the record."""

    def __init__(self, wire: WirePoints, x_unit: str | None, y_unit: str, where: str):
        self.has_x = x_unit is not None
        self.x_unit = x_unit or ""
        self.x_factor = _factor(wire.x_unit, x_unit, f"{where}: x") if x_unit is not None else 1.0
        self.percent = wire.y_unit.strip().startswith("%")
        self.change = CHANGES.get(wire.y_unit.strip())
        self.y_factor = _factor("%" if self.change else wire.y_unit, y_unit, f"{where}: y")

    def x(self, value: float | None) -> float | None:
        return None if value is None or not self.has_x else value * self.x_factor

    def y(self, value: float) -> float:
        return 1 + self.change * value * self.y_factor if self.change else value * self.y_factor

    def error(self, value: float, relative: float) -> float:
        """Relative error of what `value` becomes: half a per cent of 97 % less is a sixth of the 3 % that are left."""
        left = self.y(value)
        return relative * abs(value * self.y_factor / left) if self.change and left else relative

    def printed_error(self, value: float, quotation: str, where: str) -> float:
        """Rounding of `value` where it is printed; a percentage may stand there as a part ('a fifth')."""
        try:
            return printed_error(value, quotation, where)
        except RecordError:
            if not self.percent:
                raise
            return printed_error(value / 100, quotation, where)


def _factor(printed: str, wanted: str, where: str) -> float:
    if units.dimension(printed, where) != units.dimension(wanted, where):
        raise UnknownUnit(f"{where}: the printed unit {printed!r} does not convert to {wanted!r}; correct one of them.")
    return units.to_si(1.0, printed, where) / units.to_si(1.0, wanted, where)


def _series_points(wire: WirePoints, paper: Paper, convert: _Conversion, where: str) -> Found:
    found = paper.series(wire.series or "")
    if found is None:
        known = [series.id for figure in paper.figures for plot in figure.plots for series in plot.series]
        raise RecordError(f"{where}: there is no series {wire.series!r}; the paper has {_listed(known)}.")
    figure, plot, series = found
    anchor = Evidence(page=series.anchor.page, quotation=figure.caption[:200] or figure.label, boxes=(plot.anchor.box,))
    if wire.read_as != "drawn":
        levels, missing = quantile_points(wire, plot, series, convert.x_unit, convert.y, where)
        return Found(tuple(_if_read(point, series) for point in levels), missing, (anchor,))
    points = tuple(
        _series_point(series, plot.y_axis_of(series), index, convert, category=_names_only(plot.x_axis))
        for index in range(len(series.points))
    )
    return Found(tuple(_if_read(point, series) for point in points), (), (anchor,))


def _if_read(point: Point, series: PlotSeries) -> Point:
    """The point, usable only where it and its series are read well enough."""
    good = point.reading_error <= USABLE_ERROR and series.confidence >= USABLE_CONFIDENCE
    return point.model_copy(update={"usable": point.usable and good})


def _names_only(axis: Axis) -> bool:
    """A category axis that does not stand at the numbers of its labels: its points have no x."""
    written = [first_number(name) for name in axis.categories]
    at_numbers = [number is not None and number[0] == tick for number, tick in zip(written, axis.ticks, strict=False)]
    return axis.scale == "category" and not (at_numbers and all(at_numbers))


def _series_point(series: PlotSeries, axis: Axis, index: int, convert: _Conversion, category: bool) -> Point:
    x, y = series.points[index]
    error = series.reading_error_y if axis.scale == "log" else _relative(series.reading_error_y, y)
    return Point(
        x=None if category else convert.x(x),
        y=convert.y(y),
        reading_error=min(error, 1e3),
        source=SeriesSource(series=series.id, index=index),
        censored=index in series.clipped,
        usable=y > 0,
    )


def _relative(absolute: float, value: float) -> float:
    return absolute / abs(value) if value else float("inf")


def _table_points(wire: WirePoints, paper: Paper, convert: _Conversion, where: str) -> Found:
    table = paper.table(wire.table or "")
    if table is None:
        raise RecordError(
            f"{where}: there is no table {wire.table!r}; the paper has {_listed([t.id for t in paper.tables])}."
        )
    if wire.y_index is None or wire.along is None:
        raise RecordError(f"{where}: a table needs y_index and along ('rows' or 'columns').")
    points: list[Point] = []
    missing: list[Missing] = []
    evidence: list[Evidence] = []
    for x_cell, y_cell in _cell_pairs(wire, table):
        x = _cell_number(x_cell, wire.x_unit) if x_cell else None
        y = _cell_number(y_cell, wire.y_unit)
        x_value = convert.x(x[0]) if x else None
        if y is None:
            missing.append(Missing(x=x_value, reason=y_cell.text.strip() or "empty cell"))
            continue
        source = CellSource(table=table.id, row=y_cell.row, column=y_cell.column)
        error = convert.error(*y)
        points.append(Point(x=x_value, y=convert.y(y[0]), reading_error=error, source=source, usable=y[0] > 0))
        evidence.append(_cell_evidence(y_cell))
    if not points:
        raise RecordError(
            f"{where}: {table.id}, {wire.along} {wire.first} to {wire.last}, index {wire.y_index} holds no number; "
            "check along, y_index, first and last against the table's row and column numbers."
        )
    return Found(tuple(points), tuple(missing), tuple(evidence))


def _cell_number(cell: Cell, unit: str) -> tuple[float, float] | None:
    """Number and rounding of a cell, in `unit`; a unit written in the cell itself ('64 MiB' among KiB) counts."""
    number = first_number(cell.text)
    own = _UNIT_AT_END.search(cell.text)
    if number is None or own is None:
        return number
    try:
        if units.dimension(own.group(1)) != units.dimension(unit) or not units.dimension(unit):
            return number
    except UnknownUnit:
        return number
    return number[0] * units.to_si(1.0, own.group(1)) / units.to_si(1.0, unit), number[1]


def _cell_pairs(wire: WirePoints, table: Table) -> Iterator[tuple[Cell | None, Cell]]:
    by_rows = wire.along == "rows"
    last_index = max((cell.row if by_rows else cell.column for cell in table.cells), default=-1)
    first = wire.first if wire.first is not None else (table.header_rows if by_rows else 1)
    for index in range(max(first, 0), min(wire.last if wire.last is not None else last_index, last_index) + 1):
        y_cell = table.cell(index, wire.y_index or 0) if by_rows else table.cell(wire.y_index or 0, index)
        x_cell = None
        if wire.x_index is not None:
            x_cell = table.cell(index, wire.x_index) if by_rows else table.cell(wire.x_index, index)
        if y_cell is not None:
            yield x_cell, y_cell


def _cell_evidence(cell: Cell) -> Evidence:
    return Evidence(page=cell.anchor.page, quotation=cell.text, boxes=(cell.anchor.box,))


def _text_points(wire: WirePoints, paper: Paper, convert: _Conversion, where: str, note: Note) -> Found:
    points = tuple(
        _text_point(point, paper, convert, f"{where}: text_points[{index}]", note)
        for index, point in enumerate(wire.text_points)
    )
    if not points:
        raise RecordError(f"{where}: kind 'text' needs at least one entry in text_points.")
    evidence = tuple(point.source.evidence for point in points if isinstance(point.source, TextSource))
    return Found(points, (), evidence)


def _text_point(wire: WireTextPoint, paper: Paper, convert: _Conversion, where: str, note: Note) -> Point:
    evidence = ground(paper, wire.page, wire.quotation, where, note)
    error = convert.printed_error(wire.y, wire.quotation, where)
    return Point(
        x=convert.x(wire.x),
        y=convert.y(wire.y),
        reading_error=convert.error(wire.y, error),
        source=TextSource(evidence=evidence),
        usable=wire.y > 0,
    )


def printed_error(value: float, quotation: str, where: str) -> float:
    """Rounding error of `value` as printed in `quotation`; RecordError when the number is not there."""
    for number, error in printed_numbers(quotation):
        if abs(number - value) <= 1e-9 * max(abs(number), abs(value)):
            return error
    raise RecordError(
        f"{where}: the number {value:g} does not occur in its quotation {quotation!r}; give value and unit as printed."
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names[:40]) if names else "none"
