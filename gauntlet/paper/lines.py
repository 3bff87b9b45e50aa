"""Words to lines: where the gutter of a two-column paper runs, and which words share a line."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gauntlet.paper.glyphs import Token, union
from gauntlet.paper.records import Box

FULL, LEFT, RIGHT = -1, 0, 1
JOIN_EM = 2.6  # widest word space inside a line: narrow justified columns stretch theirs beyond two em


@dataclass(frozen=True)
class Layout:
    """What the whole paper has in common: size of running text, and the gutter (x0, x1) of its two columns."""

    body_size: float
    gutter: tuple[float, float] | None


@dataclass(frozen=True)
class Line:
    """Words on one baseline inside one column, left to right."""

    tokens: tuple[Token, ...]
    box: Box
    size: float
    column: int

    @property
    def text(self) -> str:
        """The words as one string."""
        return join_words(self.tokens)

    @property
    def baseline(self) -> float:
        """Baseline of the largest words."""
        return max(self.tokens, key=lambda token: token.size).origin[1]

    @property
    def bold(self) -> bool:
        """True where most characters are bold."""
        heavy = sum(len(token.text) for token in self.tokens if token.bold)
        return 2 * heavy > sum(len(token.text) for token in self.tokens)


def join_words(tokens: Sequence[Token]) -> str:
    """Words with single blanks; a raised small word joins its neighbour, behind '^' if that ends in a digit."""
    text = ""
    last: Token | None = None
    for token in tokens:
        if last is None:
            text = token.text
        elif is_raised(last, token):
            text += ("^" if last.text[-1].isdigit() and token.text[:1] in "0123456789-−" else "") + token.text
        else:
            text += " " + token.text
        last = token
    return text


def is_raised(last: Token, token: Token) -> bool:
    """True for an exponent, index or footnote mark that touches the word before it."""
    gap = token.box[0] - last.box[2]
    return token.size < 0.85 * last.size and -0.2 * last.size < gap < 0.2 * last.size


def find_layout(pages: list[tuple[tuple[Token, ...], float]]) -> Layout:
    """Body size and gutter from the words and widths of all pages."""
    sizes: Counter[float] = Counter()
    for tokens, _ in pages:
        for token in tokens:
            sizes[round(token.size * 5) / 5] += len(token.text)
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    return Layout(body, _gutter(pages, body))


def _gutter(pages: list[tuple[tuple[Token, ...], float]], body: float) -> tuple[float, float] | None:
    """The widest run of x near the middle that hardly any word of the running text covers."""
    width = Counter(round(page_width) for _, page_width in pages).most_common(1)[0][0]
    covered = [0] * (width + 2)
    for tokens, page_width in pages:
        if round(page_width) != width:
            continue
        for token in tokens:
            if token.level and abs(token.size - body) < 0.6:
                end = min(token.box[2] + 0.35 * token.size, width)
                for x in range(max(0, int(token.box[0])), max(0, int(end) + 1)):
                    covered[x] += 1
    busy = sorted(count for count in covered if count)
    if not busy:
        return None
    limit = 0.12 * busy[len(busy) // 2]
    best: tuple[int, int] | None = None
    start = None
    for x in range(int(0.3 * width), int(0.7 * width) + 1):
        if covered[x] <= limit:
            start = x if start is None else start
            if best is None or x - start > best[1] - best[0]:
                best = (start, x)
        else:
            start = None
    if best is None or best[1] - best[0] < 4 or not any(covered[: best[0]]) or not any(covered[best[1] :]):
        return None
    return float(best[0]), float(best[1] + 1)


def build_lines(tokens: tuple[Token, ...], layout: Layout) -> list[Line]:
    """Lines of level words, in file order of their first word."""
    runs: list[list[Token]] = []
    for token in tokens:
        if not token.level:
            continue
        if runs and _joins(runs[-1][-1], token, layout):
            runs[-1].append(token)
        else:
            runs.append([token])
    return _merge([_line(run, layout) for run in runs], layout)


def _merge(lines: list[Line], layout: Layout) -> list[Line]:
    """Join pieces of one baseline that the file sets apart (a raised number, a font change, words in any order)."""
    rows: dict[int, list[int]] = {}
    kept: list[Line | None] = []
    for line in lines:
        row = int(line.baseline // 4)
        target = None
        for key in (row - 1, row, row + 1):
            for index in rows.get(key, ()):
                other = kept[index]
                if other is not None and _same_row(other, line, layout):
                    target = index
                    break
            if target is not None:
                break
        if target is None:
            rows.setdefault(row, []).append(len(kept))
            kept.append(line)
        else:
            before = kept[target]
            assert before is not None
            kept[target] = _line(sorted((*before.tokens, *line.tokens), key=lambda token: token.box[0]), layout)
    return _rejoin_stretched([line for line in kept if line is not None], layout)


def _rejoin_stretched(lines: list[Line], layout: Layout) -> list[Line]:
    """Join the pieces of a justified line whose blanks are stretched far: equal gaps give it away.

    A lone 'Table' or 'Figure' belongs to what follows on its baseline in any case.
    """
    rows: dict[tuple[int, int], list[Line]] = {}
    for line in lines:
        rows.setdefault((line.column, round(line.baseline)), []).append(line)
    joined: dict[int, Line | None] = {}
    for row in rows.values():
        row.sort(key=lambda line: line.box[0])
        gaps = [b.box[0] - a.box[2] for a, b in itertools.pairwise(row)]
        blanks = [b.box[0] - a.box[2] for line in row for a, b in zip(line.tokens, line.tokens[1:], strict=False)]
        even = len(gaps) > 1 and max(gaps) - min(gaps) < 0.5 and all(abs(blank - gaps[0]) < 0.5 for blank in blanks)
        if len(row) > 1 and (even or row[0].text in ("Table", "Figure", "Fig.", "TABLE", "FIGURE")):
            joined[id(row[0])] = _line([token for line in row for token in line.tokens], layout)
            joined.update((id(line), None) for line in row[1:])
    return [found for line in lines if (found := joined.get(id(line), line)) is not None]


def _same_row(one: Line, other: Line, layout: Layout) -> bool:
    first, second = (one, other) if one.box[0] <= other.box[0] else (other, one)
    return _joins(first.tokens[-1], second.tokens[0], layout) or _raised(first, second)


def _raised(first: Line, second: Line) -> bool:
    """A footnote mark or exponent set as its own small word right behind or before a line."""
    small, large = (first, second) if first.size < second.size else (second, first)
    gap = second.box[0] - first.box[2]
    shift = large.baseline - small.baseline
    return (
        len(small.tokens) == 1
        and small.size < 0.8 * large.size
        and -1 < gap < 0.4 * large.size
        and 0 < shift < 0.6 * large.size
    )


def _joins(last: Token, token: Token, layout: Layout) -> bool:
    size = max(last.size, token.size)
    gap = token.box[0] - last.box[2]
    if abs(token.origin[1] - last.origin[1]) > 0.45 * size or not -0.6 * size < gap < JOIN_EM * size:
        return False
    if min(last.size, token.size) > 0.8 * size and abs(token.origin[1] - last.origin[1]) > 0.2 * size:
        return False
    if layout.gutter:
        x0, x1 = layout.gutter
        inside = last.box[2] <= x0 + 2 and token.box[0] >= x1 - 2
        if inside and gap > 0.7 * (x1 - x0):
            return False
    return True


def _line(tokens: list[Token], layout: Layout) -> Line:
    box = union([token.box for token in tokens])
    line = Line(tuple(tokens), box, max(token.size for token in tokens), FULL)
    return replace(line, column=column_of(box, layout))


def column_of(box: Box, layout: Layout) -> int:
    """LEFT or RIGHT where the box keeps to one side of the gutter, else FULL."""
    if layout.gutter is None:
        return FULL
    middle = sum(layout.gutter) / 2
    if box[2] <= middle + 2:
        return LEFT
    return RIGHT if box[0] >= middle - 2 else FULL


def reading_order(lines: list[Line]) -> list[Line]:
    """Top to bottom; between two full-width lines first the left column, then the right."""
    ordered: list[Line] = []
    band: list[Line] = []

    def flush() -> None:
        ordered.extend(sorted((line for line in band if line.column == LEFT), key=_place))
        ordered.extend(sorted((line for line in band if line.column == RIGHT), key=_place))
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
