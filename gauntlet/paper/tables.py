"""Captioned tables from the geometry of their words, and from rules where some are drawn."""

import itertools
from dataclasses import dataclass

from gauntlet.paper.captions import Caption
from gauntlet.paper.glyphs import Token, union
from gauntlet.paper.layout import FULL, Layout, column_of
from gauntlet.paper.lines import Line, join_words
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.records import Anchor, Box, Cell, Table
from gauntlet.paper.tokens import is_numeric

Row = list[Token]
NEAR_PT = 32.0  # a caption stands within this of its table


@dataclass(frozen=True)
class _Region:
    tokens: list[Token]
    rules: list[float]
    box: Box


def read_table(
    caption: Caption, tokens: list[Token], lines: list[Line], paths: list[Path], layout: Layout, page: int
) -> Table | None:
    """The table that `caption` names, or None where no rows and columns are found."""
    region = _find_region(caption, tokens, lines, paths, layout)
    if region is None:
        return None
    rows = _rows(region.tokens)
    header_lines = _header_lines(rows, region.rules)
    separators = [_best_place(gap, rows[:header_lines]) for gap in _separators(rows[header_lines:] or rows, rows)]
    if not separators:
        return None
    cells_of = [_split(row, separators) for row in rows]
    header = _merge_rows(cells_of[:header_lines], rows[:header_lines], header=True)
    body = _merge_rows(cells_of[header_lines:], rows[header_lines:], header=False)
    if not body:
        return None
    number = caption.number
    cells = [
        Cell(
            row=index,
            column=column,
            text=join_words(part),
            anchor=Anchor(page=page, box=union([token.box for token in part])),
        )
        for index, row in enumerate([*header, *body])
        for column, part in enumerate(row)
        if part
    ]
    return Table(
        id=f"table-{number.lower()}",
        label=caption.label,
        caption=" ".join(line.text for line in caption.lines),
        anchor=Anchor(page=page, box=region.box),
        header_rows=len(header),
        cells=tuple(cells),
    )


def _find_region(
    caption: Caption, tokens: list[Token], lines: list[Line], paths: list[Path], layout: Layout
) -> _Region | None:
    """Words between the outer rules next to the caption, below it or else above; without rules, the run of rows."""
    groups = _rule_groups(paths)
    for downwards in (True, False):
        nearest = []
        for group in groups:
            distances = [rule[1] - caption.box[3] if downwards else caption.box[1] - rule[1] for rule in group]
            start = min((d for d in distances if d > -3), default=1e9)
            if start < NEAR_PT and _beside(group[0], caption.box):
                nearest.append((start, group))
        for _, group in sorted(nearest, key=lambda pair: (round(pair[0]), pair[1][0][0] - pair[1][0][2])):
            edge = caption.box[3] - 3 if downwards else caption.box[1] + 3
            away = [rule for rule in group if (rule[1] > edge) == downwards]
            region = _ruled_region(away if downwards else away[::-1], tokens)
            if region is not None:
                return region
    return _unruled_region(caption, tokens, lines, layout)


def _rule_groups(paths: list[Path]) -> list[list[Box]]:
    """Horizontal rules with the same left and right ends, top to bottom."""
    rules = sorted((path.box for path in paths if path.size[0] > 40 and path.size[1] < 1.6), key=lambda box: box[1])
    groups: list[list[Box]] = []
    for rule in rules:
        for group in groups:
            if abs(group[0][0] - rule[0]) < 3 and abs(group[0][2] - rule[2]) < 3:
                if rule[1] - group[-1][1] > 0.6:
                    group.append(rule)
                break
        else:
            groups.append([rule])
    return groups


def _beside(rule: Box, box: Box) -> bool:
    return rule[0] < box[2] and rule[2] > box[0]


def _ruled_region(rules: list[Box], tokens: list[Token]) -> _Region | None:
    """The table from the rule nearest to its caption on, until running text lies between two rules."""
    x0, x1 = rules[0][0] - 2, rules[0][2] + 2
    column = [token for token in tokens if x0 <= token.box[0] and token.box[2] <= x1]
    end = 0
    for index in range(1, len(rules)):
        low, high = sorted((rules[index - 1][1], rules[index][1]))
        between = [token for token in column if low - 1 < token.origin[1] <= high + 1]
        if _is_prose(between, x1 - x0):
            break
        end = index
    ends = sorted(rule[1] for rule in rules[: end + 1])
    inside = [token for token in column if ends[0] - 1 < token.origin[1] <= ends[-1] + 1]
    if len(inside) < 4:
        return None
    return _Region(inside, ends[1:-1], (x0, ends[0], x1, ends[-1]))


def _is_prose(tokens: list[Token], width: float) -> bool:
    """True where rows run over the whole width without gaps, or lie too far apart for a table."""
    rows = _rows(tokens)
    dense = 0
    for row in rows:
        gaps = [b.box[0] - a.box[2] for a, b in itertools.pairwise(row)]
        if row[-1].box[2] - row[0].box[0] > 0.85 * width and gaps and max(gaps) < 0.7 * row[0].size:
            dense += 1
    steps = [b[0].origin[1] - a[0].origin[1] for a, b in itertools.pairwise(rows)]
    return (dense >= 2 and dense > 0.3 * len(rows)) or any(step > 40 for step in steps)


def _unruled_region(caption: Caption, tokens: list[Token], lines: list[Line], layout: Layout) -> _Region | None:
    """Rows below the caption, until a gap of more than two rows or running text."""
    near = [
        token
        for token in tokens
        if token.origin[1] > caption.box[3]
        and (caption.column == FULL or column_of(token.box, layout) in (caption.column,))
    ]
    rows = _rows(near)
    kept: list[Row] = []
    for row in rows[:80]:
        last = kept[-1][0].origin[1] if kept else caption.box[3]
        if row[0].origin[1] - last > (2.6 * row[0].size if kept else 4 * row[0].size):
            break
        gaps = [b.box[0] - a.box[2] for a, b in itertools.pairwise(row)]
        if not gaps or max(gaps) < 0.7 * row[0].size:
            if len(row) > 3 and kept:
                break
            if not kept:
                return None
        kept.append(row)
    flat = [token for row in kept for token in row]
    if len(kept) < 2:
        return None
    return _Region(flat, [], union([token.box for token in flat]))


def _rows(tokens: list[Token]) -> list[Row]:
    """Words by baseline, top to bottom; a raised or lowered small word stays with its row."""
    rows: list[Row] = []
    for token in sorted((token for token in tokens if token.level), key=lambda token: token.origin[1]):
        last = rows[-1] if rows else None
        if last and token.origin[1] - max(last, key=lambda part: part.size).origin[1] < 0.45 * max(
            token.size, last[0].size
        ):
            last.append(token)
        else:
            rows.append([token])
    return [sorted(row, key=lambda token: token.box[0]) for row in rows]


def _header_lines(rows: list[Row], rules: list[float]) -> int:
    """How many text lines belong to the header: above the first inner rule, else before the first numeric line."""
    for rule in rules:
        above = sum(row[0].origin[1] < rule + 1 for row in rows)
        if 0 < above < len(rows) and above <= max(4, len(rows) // 2):
            return above
    for index, row in enumerate(rows[:4]):
        numeric = sum(is_numeric(token.text) for token in row)
        if numeric * 2 >= len(row):
            return index
    return 1


def _separators(rows: list[Row], everything: list[Row]) -> list[tuple[float, float]]:
    """x ranges between columns: gaps that no row crosses (a few may), wide, or confirmed by aligned words."""
    size = sum(row[0].size for row in rows) / len(rows)
    x0 = min(row[0].box[0] for row in everything)
    x1 = max(row[-1].box[2] for row in everything)
    step = 0.5
    count = int((x1 - x0) / step) + 1
    covered = [0] * (count + 1)
    for row in rows:
        for token in row:
            for cell in range(int((token.box[0] - x0) / step), int((token.box[2] - x0) / step) + 1):
                if 0 <= cell <= count:
                    covered[cell] += 1
    allowed = len(rows) // 12
    found: list[tuple[float, float]] = []
    start: int | None = None
    for cell in range(count + 1):
        if covered[cell] <= allowed:
            start = cell if start is None else start
        elif start is not None:
            left, right = x0 + start * step, x0 + cell * step
            if start > 0 and _confirmed(left, right, rows, size):
                found.append((left, right))
            start = None
    return found


def _best_place(gap: tuple[float, float], header: list[Row]) -> float:
    """Middle of the widest part of a gap that no word of the header covers."""
    left, right = gap
    spans = sorted(
        (token.box[0], token.box[2]) for row in header for token in row if token.box[2] > left and token.box[0] < right
    )
    free: list[tuple[float, float]] = []
    at = left
    for start, end in spans:
        free.append((at, min(start, right)))
        at = max(at, end)
    free.append((at, right))
    best = max(free, key=lambda part: part[1] - part[0])
    return (best[0] + best[1]) / 2 if best[1] > best[0] else (left + right) / 2


def _confirmed(left: float, right: float, rows: list[Row], size: float) -> bool:
    width = right - left
    if width >= 0.9 * size:
        return True
    if width < 0.2 * size:
        return False
    starts, gaps = [], []
    for row in rows:
        after = [token for token in row if token.box[0] >= right - 1]
        before = [token for token in row if token.box[2] <= left + 1]
        if after and before:
            starts.append(after[0].box[0])
            gaps.append(after[0].box[0] - before[-1].box[2])
    if len(starts) < 2:
        return False
    aligned = sum(abs(start - min(starts)) < 0.6 for start in starts)
    return aligned == len(starts) and sum(gap > 0.45 * size for gap in gaps) * 2 >= len(gaps)


def _split(row: Row, separators: list[float]) -> list[Row]:
    cells: list[Row] = [[] for _ in range(len(separators) + 1)]
    for token in row:
        middle = (token.box[0] + token.box[2]) / 2
        cells[sum(middle > separator for separator in separators)].append(token)
    return cells


def _merge_rows(cells: list[list[Row]], rows: list[Row], header: bool) -> list[list[Row]]:
    """Join text lines that carry on the cells above: fewer cells filled, and closer than whole rows are."""
    if not cells:
        return []
    filled = [sum(bool(part) for part in row) for row in cells]
    most = max(filled)
    pitches = sorted(
        rows[i + 1][0].origin[1] - rows[i][0].origin[1]
        for i in range(len(rows) - 1)
        if filled[i] == filled[i + 1] == most
    )
    pitch = pitches[0] if pitches else 1e9
    merged: list[list[Row]] = []
    for index, row in enumerate(cells):
        step = rows[index][0].origin[1] - rows[index - 1][0].origin[1] if index else 1e9
        close = step < 1.35 * rows[index][0].size and step < pitch - 0.4
        carries = filled[index] < most and close and not (filled[index] > 1 and _numbers(row) > 0)
        if merged and (carries or (header and step < 1.4 * rows[index][0].size)):
            merged[-1] = [above + part for above, part in zip(merged[-1], row, strict=True)]
        else:
            merged.append([list(part) for part in row])
    return merged


def _numbers(row: list[Row]) -> int:
    return sum(bool(part) and is_numeric(part[0].text) for part in row[1:])
