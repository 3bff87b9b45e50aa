"""Where the table of a caption stands: the rows and rules next to it, on the side that they are nearer."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gauntlet.paper.captions import Caption
from gauntlet.paper.glyphs import Token, union
from gauntlet.paper.layout import FULL, LEFT, RIGHT, Layout
from gauntlet.paper.lines import Line
from gauntlet.paper.records import Box
from gauntlet.paper.rules import WIDE_PT, Rule, Rules

Row = list[Token]
NEAR_PT = 44.0  # a caption stands within this of its table
RULED_STEP_PT = 30.0  # from a rule to what follows it
GAP_EM = 0.9  # blank between two cells
STEP_EM = 2.8  # from one row to the next
MOST_ROWS = 120
PROSE_LINES = 5  # as many lines start at the edge of a column of running text


@dataclass(frozen=True)
class Region:
    """Words of a table, row after row, and the rules within it."""

    rows: list[Row]
    level: list[Rule]
    upright: list[Rule]
    box: Box


@dataclass(frozen=True)
class Surroundings:
    """What a page says about its tables: free words, rules, where running text starts and ends, and other captions."""

    tokens: Sequence[Token]
    rules: Rules
    edges: dict[int, tuple[float, float]]
    barriers: Sequence[Box]
    layout: Layout

    @classmethod
    def of(
        cls, tokens: Sequence[Token], rules: Rules, lines: Sequence[Line], barriers: Sequence[Box], layout: Layout
    ) -> "Surroundings":
        """For one page; `barriers` are the boxes of all its captions and plots."""
        level = [token for token in tokens if token.level]
        return cls(level, rules, _edges(lines, layout), barriers, layout)


@dataclass(frozen=True)
class _Walk:
    """Rows and rules met on the way from a caption; `start` is the blank before the first of them."""

    rows: list[Row]
    rules: list[Rule]
    start: float


def find_region(caption: Caption, around: Surroundings) -> Region | None:
    """The table below or above the caption, whichever is nearer; None where there are no rows."""
    found = [walk for down in (True, False) if (walk := _table_at(caption, around, down)) is not None]
    if not found:
        return None
    best = min(found, key=lambda walk: walk.start)
    words = union([token.box for row in best.rows for token in row])
    x0 = min([words[0], *(rule.start for rule in best.rules)])
    x1 = max([words[2], *(rule.end for rule in best.rules)])
    y0 = min([words[1], *(rule.at for rule in best.rules)])
    y1 = max([words[3], *(rule.at for rule in best.rules)])
    upright = [
        rule
        for rule in around.rules.upright
        if x0 - 3 < rule.at < x1 + 3 and min(rule.end, y1) - max(rule.start, y0) > 0.6 * min(rule.length, y1 - y0)
    ]
    return Region(sorted(best.rows, key=lambda row: row[0].origin[1]), best.rules, upright, (x0, y0, x1, y1))


def _table_at(caption: Caption, around: Surroundings, down: bool) -> _Walk | None:
    """Walk once over the caption's column, and again within the widest rule met, if rows stick out of it."""
    strip = _strip(caption, around)
    walk = _walk(caption, around, strip, down)
    if walk is None or not walk.rules:
        return walk if walk is not None and _is_table(walk) else None
    widest = max(walk.rules, key=lambda rule: rule.length)
    if widest.length > WIDE_PT and any(not widest.covers(t.box[0]) for row in walk.rows for t in row):
        inner = _walk(caption, around, (widest.start - 3, widest.end + 3), down)
        if inner is not None and _is_table(inner):
            return inner
    return walk if _is_table(walk) else None


def _strip(caption: Caption, around: Surroundings) -> tuple[float, float]:
    gutter = around.layout.gutter
    if gutter is None or caption.column == FULL:
        return -1e9, 1e9
    middle = sum(gutter) / 2
    return (-1e9, middle) if caption.column == LEFT else (middle, 1e9)


def _walk(caption: Caption, around: Surroundings, strip: tuple[float, float], down: bool) -> _Walk | None:
    """Rows and rules from the caption outwards, until a wide blank, running text or another caption."""
    sign = 1 if down else -1
    edge = caption.box[3] if down else caption.box[1]
    wall = _wall(caption, around, strip, down)
    rows = [
        row
        for row in rows_of([t for t in around.tokens if strip[0] < (t.box[0] + t.box[2]) / 2 < strip[1]])
        if sign * (middle_of(row) - edge) > 0 and sign * (middle_of(row) - wall) < 0
    ]
    rules = [
        rule
        for rule in around.rules.level
        if sign * (rule.at - edge) > -3
        and sign * (rule.at - wall) < 0
        and strip[0] - 6 < rule.start
        and rule.end < strip[1] + 6
    ]
    events: list[tuple[float, Row | Rule]] = [(sign * (middle_of(row) - edge), row) for row in rows]
    events += [(sign * (rule.at - edge), rule) for rule in rules]
    events.sort(key=lambda event: event[0])
    return _collected(events, around)


def _collected(events: Sequence[tuple[float, Row | Rule]], around: Surroundings) -> _Walk | None:
    kept: list[tuple[float, Row | Rule]] = []
    for place, thing in events:
        if not kept:
            if place > NEAR_PT:
                return None
        else:
            last, before = kept[-1]
            ruled = isinstance(thing, Rule) or isinstance(before, Rule)
            size = next((one[0].size for _, one in reversed(kept) if not isinstance(one, Rule)), 10.0)
            if place - last > (RULED_STEP_PT if ruled else STEP_EM * size):
                break
        if not isinstance(thing, Rule) and (_is_prose(thing, around) or len(kept) > 2 * MOST_ROWS):
            kept = _before_prose(kept, place, thing)
            break
        kept.append((place, thing))
    kept = _between_rules(kept)
    rows = [thing for _, thing in kept if not isinstance(thing, Rule)]
    rules = [thing for _, thing in kept if isinstance(thing, Rule)]
    return _Walk(rows, rules, kept[0][0]) if rows else None


def _before_prose(kept: list[tuple[float, Row | Rule]], place: float, prose: Row) -> list[tuple[float, Row | Rule]]:
    """Without the rows that stand as close to running text as its own lines do."""
    while kept and not isinstance(kept[-1][1], Rule) and place - kept[-1][0] < 1.5 * prose[0].size:
        place, _ = kept.pop()
    return kept


def _between_rules(kept: list[tuple[float, Row | Rule]]) -> list[tuple[float, Row | Rule]]:
    """Without rows beyond the last of several rules, where these do not look like rows of a table."""
    at = [index for index, (_, thing) in enumerate(kept) if isinstance(thing, Rule) and thing.length > WIDE_PT]
    if len(at) < 2:
        return kept
    beyond = [(place, thing) for place, thing in kept[at[-1] + 1 :] if not isinstance(thing, Rule)]
    near = bool(beyond) and beyond[0][0] - kept[at[-1]][0] < 1.6 * beyond[0][1][0].size
    if near and all(len(runs_of(row)) > 1 for _, row in beyond):
        return kept
    return kept[: at[-1] + 1]


def _is_table(walk: _Walk) -> bool:
    """At least two rows, of which most hold several cells, or that stand between rules."""
    several = sum(len(runs_of(row)) > 1 for row in walk.rows)
    if len(walk.rows) < 2 or several == 0:
        return False
    return bool(walk.rules) or several >= 0.6 * len(walk.rows)


def _wall(caption: Caption, around: Surroundings, strip: tuple[float, float], down: bool) -> float:
    """Where the nearest other caption on that side starts."""
    others = [box for box in around.barriers if box != caption.box and box[0] < strip[1] and box[2] > strip[0]]
    if down:
        return min((box[1] for box in others if box[1] > caption.box[3] - 2), default=1e9)
    return max((box[3] for box in others if box[3] < caption.box[1] + 2), default=-1e9)


def _edges(lines: Sequence[Line], layout: Layout) -> dict[int, tuple[float, float]]:
    """Per column where most lines of running text start and end."""
    starts: dict[int, Counter[int]] = {}
    ends: dict[int, Counter[int]] = {}
    for line in lines:
        if abs(line.size - layout.body_size) < 0.7 and len(line.tokens) > 4:
            starts.setdefault(line.column, Counter())[round(line.box[0])] += 1
            ends.setdefault(line.column, Counter())[round(line.box[2])] += 1
    return {
        column: (float(counts.most_common(1)[0][0]), float(ends[column].most_common(1)[0][0]))
        for column, counts in starts.items()
        if counts.most_common(1)[0][1] >= PROSE_LINES
    }


def _is_prose(row: Row, around: Surroundings) -> bool:
    """True where a line of running text goes through the row: from edge to edge of its column without a wide gap."""
    columns = (FULL,) if around.layout.gutter is None else (LEFT, RIGHT, FULL)
    for run in runs_of(row):
        start, end = run[0].box[0], run[-1].box[2]
        if len(run) < 4 or abs(run[0].size - around.layout.body_size) > 0.7:
            continue
        for column in columns:
            left, right = around.edges.get(column, (0.0, 0.0))
            if right > left and -3 < start - left < 2.2 * run[0].size and end - left > 0.9 * (right - left):
                return True
    return False


def runs_of(row: Row, gap_em: float = GAP_EM) -> list[Row]:
    """Words of a row that no wide blank parts."""
    runs = [[row[0]]]
    for before, token in itertools.pairwise(row):
        if token.box[0] - before.box[2] > gap_em * max(before.size, token.size):
            runs.append([token])
        else:
            runs[-1].append(token)
    return runs


def rows_of(tokens: Sequence[Token]) -> list[Row]:
    """Words by baseline, top to bottom; a raised or lowered small word stays with its row."""
    rows: list[Row] = []
    largest: list[Token] = []
    for token in sorted(tokens, key=lambda token: token.origin[1]):
        if rows:
            step = token.origin[1] - largest[-1].origin[1]
            size = max(token.size, largest[-1].size)
            script = min(token.size, largest[-1].size) < 0.85 * size
            if step < (0.5 if script else 0.25) * size:
                rows[-1].append(token)
                if token.size > largest[-1].size + 0.1:
                    largest[-1] = token
                continue
        rows.append([token])
        largest.append(token)
    return [sorted(row, key=lambda token: token.box[0]) for row in rows]


def baseline_of(row: Row) -> float:
    """Baseline of the largest word."""
    return max(row, key=lambda token: token.size).origin[1]


def middle_of(row: Row) -> float:
    """Middle of the small letters of a row."""
    largest = max(row, key=lambda token: token.size)
    return largest.origin[1] - 0.25 * largest.size
