"""Words to lines: which words share a baseline in one column, raised and lowered ones with the word they belong to."""

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from gauntlet.paper.glyphs import Token, union
from gauntlet.paper.layout import FULL, LEFT, RIGHT, Layout, column_of
from gauntlet.paper.records import Box

JOIN_EM = 2.6  # widest word space inside a line: narrow justified columns stretch theirs beyond two em
COLUMN_GAP_EM = 0.7  # a wider blank at the gutter parts columns, even where a line runs a little over its edge
SCRIPT = 0.85  # of the size of its neighbour: smaller words may be exponents, indices or footnote marks
SCRIPT_GAP_EM = 0.3
WIDEST_FRACTION_EM = 8.0
HOSTS = 8  # lines looked at to the left of a script
_ROW_PT = 4.0
_LONE_LABELS = ("Table", "Figure", "Fig.", "TABLE", "FIGURE", "FIG.")


@dataclass(frozen=True)
class Line:
    """Words on one baseline inside one column, left to right."""

    tokens: tuple[Token, ...]
    box: Box
    size: float
    column: int
    baseline: float

    @cached_property
    def text(self) -> str:
        """The words as one string."""
        return join_words(self.tokens)

    @cached_property
    def bold(self) -> bool:
        """True where most characters are bold."""
        heavy = sum(len(token.text) for token in self.tokens if token.bold)
        return 2 * heavy > sum(len(token.text) for token in self.tokens)


def join_words(tokens: Sequence[Token]) -> str:
    """Words with single blanks; a raised or lowered word joins its neighbour, numbers that are raised behind '^'."""
    parts: list[str] = []
    base: Token | None = None
    last: Token | None = None
    for token in tokens:
        if base is None or last is None:
            base = token
        elif is_script(base, last, token):
            raised = base.origin[1] - token.origin[1] > 0.12 * base.size
            fresh = last is base or abs(last.origin[1] - token.origin[1]) > 0.12 * base.size
            parts.append("^" if raised and fresh and token.text[:1] in "0123456789-−–+" else "")
        else:
            base = token
            parts.append(" ")
        parts.append(token.text)
        last = token
    return "".join(parts)


def is_script(base: Token, last: Token, token: Token) -> bool:
    """True for an exponent, index or footnote mark that touches `base`, or `last`, a script of the same base."""
    if token.size >= SCRIPT * base.size or abs(base.origin[1] - token.origin[1]) > 0.9 * base.size:
        return False
    reach = max(last.box[2], base.box[2]) if last is not base else base.box[2]
    return base.box[2] - SCRIPT_GAP_EM * base.size < token.box[0] < reach + 0.2 * base.size


def build_lines(tokens: Sequence[Token], layout: Layout) -> list[Line]:
    """Lines of level words, in file order of their first word."""
    runs: list[list[Token]] = []
    for token in tokens:
        if not token.level:
            continue
        if runs and _joins(runs[-1][-1], token, layout):
            runs[-1].append(token)
        else:
            runs.append([token])
    lines = _joined_rows([make_line(run, layout) for run in runs], layout)
    attached = _with_scripts(lines, layout)
    if len(attached) < len(lines):
        lines = _joined_rows(attached, layout)
    return _rejoin_stretched(lines, layout)


def make_line(tokens: Sequence[Token], layout: Layout) -> Line:
    """The line that these words make."""
    box = union([token.box for token in tokens])
    largest = max(tokens, key=lambda token: token.size)
    return Line(tuple(tokens), box, largest.size, column_of(box, layout), largest.origin[1])


def _joined_rows(lines: list[Line], layout: Layout) -> list[Line]:
    """Join pieces of one baseline that the file sets apart: a font change, words in any order."""
    order = {id(line): number for number, line in enumerate(lines)}
    kept: list[tuple[int, Line]] = []
    for row in _rows(lines):
        pieces: list[list[Line]] = []
        for line in sorted(row, key=lambda part: part.box[0]):
            if pieces and _follows(pieces[-1][-1].box[2], line.box[0], max(pieces[-1][-1].size, line.size), layout):
                pieces[-1].append(line)
            else:
                pieces.append([line])
        for piece in pieces:
            first = min(order[id(line)] for line in piece)
            whole = (
                piece[0] if len(piece) == 1 else make_line([token for line in piece for token in line.tokens], layout)
            )
            kept.append((first, whole))
    return [line for _, line in sorted(kept, key=lambda pair: pair[0])]


def _rows(lines: list[Line]) -> list[list[Line]]:
    """Lines with the same baseline, to a fifth of their size."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda part: part.baseline):
        if rows and line.baseline - rows[-1][0].baseline < 0.2 * max(line.size, rows[-1][0].size):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _with_scripts(lines: list[Line], layout: Layout) -> list[Line]:
    """Put short lines of small words into the line whose word they touch, raised or lowered."""
    rows: dict[int, list[Line]] = {}
    for line in lines:
        rows.setdefault(int(line.baseline // _ROW_PT), []).append(line)
    for row in rows.values():
        row.sort(key=lambda line: line.box[0])
    starts = {key: [line.box[0] for line in row] for key, row in rows.items()}
    behind = _neighbours(lines, layout)
    scripts: dict[int, list[Line]] = {}
    taken: set[int] = set()
    for line in sorted(lines, key=lambda part: part.box[0]):
        if len(line.tokens) <= 6:
            host = _host(line, rows, starts, behind, scripts)
            if host is not None:
                scripts.setdefault(id(host), []).append(line)
                taken.add(id(line))
    return [_hosting(line, scripts, layout) for line in lines if id(line) not in taken]


def _hosting(line: Line, scripts: dict[int, list[Line]], layout: Layout) -> Line:
    """The line with its scripts in place, and the scripts' own scripts."""
    own = scripts.get(id(line))
    if own is None:
        return line
    tokens = [token for part in own for token in _hosting(part, scripts, layout).tokens]
    return make_line(sorted((*line.tokens, *tokens), key=lambda token: (token.box[0], token.origin[1])), layout)


def _neighbours(lines: list[Line], layout: Layout) -> dict[int, Line]:
    """Per line the next one on its baseline, where it is near and in the same column."""
    found: dict[int, Line] = {}
    for row in _rows(lines):
        row.sort(key=lambda part: part.box[0])
        for line, other in itertools.pairwise(row):
            crosses = layout.gutter is not None and line.box[2] <= layout.gutter[0] + 2 < other.box[0]
            if not crosses and 0 < other.box[0] - line.box[2] < WIDEST_FRACTION_EM * line.size:
                found[id(line)] = other
    return found


def _host(
    line: Line,
    rows: dict[int, list[Line]],
    starts: dict[int, list[float]],
    behind: dict[int, Line],
    scripts: dict[int, list[Line]],
) -> Line | None:
    """The line that a script belongs to: the one with the nearest touching word."""
    best: tuple[float, Line] | None = None
    lowest, highest = line.baseline + 1.6 * line.size, line.baseline - 0.9 * line.size  # of hosts twice as large
    for key in range(int(highest // _ROW_PT), int(lowest // _ROW_PT) + 1):
        row = rows.get(key, [])
        end = bisect.bisect_right(starts.get(key, []), line.box[2] + 2 * line.size)
        for other in row[max(0, end - HOSTS) : end]:
            distance = _touch(other, line, behind.get(id(other)), scripts.get(id(other), ()))
            if distance is not None and (best is None or distance < best[0]):
                best = (distance, other)
    return best[1] if best else None


def _touch(host: Line, line: Line, behind: Line | None, scripts: Sequence[Line]) -> float | None:
    """Distance in em of a script from the words it may belong to; None where it cannot.

    Parts of a fraction and tall brackets are no smaller, but touch the words before them as well.
    """
    shift = (host.baseline - line.baseline) / host.size
    small = line.size < SCRIPT * host.size
    tall = len(line.tokens) == 1 and len(line.text) == 1 and not line.text.isalnum()
    if line is host or not (small or tall) or not -0.45 < shift < (0.8 if small else 1.2) or abs(shift) < 0.05:
        return None
    if _in_gap(host, line, behind):
        return 0.1 * abs(shift)
    gaps = [line.box[0] - token.box[2] for token in host.tokens if token.box[0] < line.box[0]]
    gaps += [line.box[0] - part.box[2] for part in scripts if part.box[0] < line.box[0]]
    before = min((abs(gap) for gap in gaps), default=1e9)
    after = abs(host.box[0] - line.box[2]) if line.box[0] < host.box[0] and shift > 0 else 1e9
    distance = min(before, after) / host.size
    return distance + 0.1 * abs(shift) if distance < SCRIPT_GAP_EM else None


def _in_gap(host: Line, line: Line, behind: Line | None) -> bool:
    """True where the line fills a gap of the host, or up to the line behind it, as the parts of a fraction do."""
    words = host.tokens if behind is None else (*host.tokens, behind.tokens[0])
    return any(
        a.box[2] - 1 <= line.box[0] and line.box[2] <= b.box[0] + 1 and b.box[0] - a.box[2] > 0.6 * host.size
        for a, b in itertools.pairwise(words)
    )


def _rejoin_stretched(lines: list[Line], layout: Layout) -> list[Line]:
    """Join the pieces of a justified line whose blanks are stretched far: equal gaps give it away.

    A lone 'Table' or 'Figure' belongs to what follows on its baseline in any case.
    """
    rows: dict[tuple[int, int], list[Line]] = {}
    for line in lines:
        rows.setdefault((line.column, round(line.baseline)), []).append(line)
    joined: dict[int, Line | None] = {}
    for row in rows.values():
        if len(row) == 1:
            continue
        row.sort(key=lambda line: line.box[0])
        gaps = [b.box[0] - a.box[2] for a, b in itertools.pairwise(row)]
        blanks = [b.box[0] - a.box[2] for line in row for a, b in itertools.pairwise(line.tokens)]
        even = len(gaps) > 1 and max(gaps) - min(gaps) < 0.5 and all(abs(blank - gaps[0]) < 0.5 for blank in blanks)
        if even or row[0].text in _LONE_LABELS:
            joined[id(row[0])] = make_line([token for line in row for token in line.tokens], layout)
            joined.update((id(line), None) for line in row[1:])
    return [found for line in lines if (found := joined.get(id(line), line)) is not None]


def _joins(last: Token, token: Token, layout: Layout) -> bool:
    size = max(last.size, token.size)
    shift = abs(token.origin[1] - last.origin[1])
    if shift > (0.2 if min(last.size, token.size) > 0.8 * size else 0.45) * size:
        return False
    return _follows(last.box[2], token.box[0], size, layout)


def _follows(end: float, start: float, size: float, layout: Layout) -> bool:
    """True where what starts at x `start` carries on, after a word space at most, what ends at x `end`."""
    gap = start - end
    if not -0.6 * size < gap < JOIN_EM * size:
        return False
    if layout.gutter is None:
        return True
    x0, x1 = layout.gutter
    crosses = end < x1 - 1 and start >= x1 - 2
    return not crosses or gap < min(0.7 * (x1 - x0), COLUMN_GAP_EM * size)


def reading_order(lines: Sequence[Line]) -> list[Line]:
    """Top to bottom; between two full-width lines first the left column, then the right."""
    ordered: list[Line] = []
    band: list[Line] = []

    def flush() -> None:
        ordered.extend(line for line in band if line.column == LEFT)
        ordered.extend(line for line in band if line.column == RIGHT)
        band.clear()

    for line in sorted(lines, key=_place):
        if line.column == FULL:
            flush()
            ordered.append(line)
        else:
            band.append(line)
    flush()
    return ordered


def _place(line: Line) -> tuple[float, float]:
    return round(line.baseline, 0), line.box[0]
