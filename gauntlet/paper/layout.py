"""What a whole paper has in common: the size of its running text and the columns it is set in; and reading order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gauntlet.paper.glyphs import Token
from gauntlet.paper.records import Box

FULL, LEFT, RIGHT = -1, 0, 1
LEAST_GUTTER_PT = 4
ROWS_BESIDE = 12  # lines that must start at the right column's edge before one page alone has a gutter of its own
PageTokens = tuple[Sequence[Token], float]
"""The words of a page and its width."""


@dataclass(frozen=True)
class Layout:
    """One page: size of the paper's running text, and the gutter (x0, x1) between two columns where there is one."""

    body_size: float
    gutter: tuple[float, float] | None


def find_layouts(pages: Sequence[PageTokens]) -> list[Layout]:
    """Layout of every page: the gutter of the page itself where it is sure, else the one most pages share."""
    sizes: Counter[float] = Counter()
    for tokens, _ in pages:
        for token in tokens:
            sizes[round(token.size * 5) / 5] += len(token.text)
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    common = _gutter(pages, body)
    found = []
    for page in pages:
        own = _gutter([page], body)
        sure = own is not None and _rows_starting_at(own[1], page[0], body) >= ROWS_BESIDE
        same = own is not None and common is not None and own[0] < common[1] and own[1] > common[0]
        found.append(Layout(body, own if sure and not same else common))
    return found


def _rows_starting_at(x: float, tokens: Sequence[Token], body: float) -> int:
    """Lines of running text whose first word behind a gutter starts at its right edge."""
    starts = [t for t in tokens if t.level and abs(t.size - body) < 0.6 and abs(t.box[0] - x) < 2.5]
    return len({round(token.origin[1]) for token in starts})


def _gutter(pages: Sequence[PageTokens], body: float) -> tuple[float, float] | None:
    """The widest run of x near the middle that hardly any word of the running text covers."""
    width = Counter(round(page_width) for _, page_width in pages).most_common(1)[0][0]
    covered = _coverage([tokens for tokens, page_width in pages if round(page_width) == width], width, body)
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
    if best is None or best[1] - best[0] < LEAST_GUTTER_PT:
        return None
    beside = any(covered[: best[0]]) and any(covered[best[1] :])
    return (float(best[0]), float(best[1] + 1)) if beside else None


def _coverage(pages: Sequence[Sequence[Token]], width: int, body: float) -> list[int]:
    """How many words of running text cover each point of the width, each with a little blank behind it."""
    steps = [0] * (width + 3)
    for tokens in pages:
        for token in tokens:
            if token.level and abs(token.size - body) < 0.6:
                start = max(0, int(token.box[0]))
                end = int(min(token.box[2] + 0.35 * token.size, width)) + 1
                if end > start:
                    steps[min(start, width + 1)] += 1
                    steps[min(end, width + 2)] -= 1
    covered, total = [], 0
    for step in steps[: width + 2]:
        total += step
        covered.append(total)
    return covered


def column_of(box: Box, layout: Layout) -> int:
    """LEFT or RIGHT where the box does not reach into the other column, else FULL."""
    if layout.gutter is None:
        return FULL
    left, right = layout.gutter
    if box[2] <= right:
        return LEFT
    return RIGHT if box[0] >= left else FULL
