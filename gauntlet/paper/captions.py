"""Captions: which lines name a figure or a table, and which are running text that mentions one."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gauntlet.paper.glyphs import union
from gauntlet.paper.layout import Layout
from gauntlet.paper.lines import Line, join_words, make_line
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.records import Box

NUMBER = r"(?:[A-Z]\.?)?\d{1,3}(?:\.\d{1,3})?|[IVXL]{1,6}"
"""A figure's or table's number: 7, 4.12 in a thesis, B.3 in an appendix, IV."""
_LABEL = re.compile(
    rf"^(Figure|Fig\.?|FIGURE|FIG\.?|Table|TABLE|Tab\.|Algorithm)\s*({NUMBER})\s*(?:([:.|–—-])\s*(.*)|(\s.*|))$"
)


@dataclass(frozen=True)
class Caption:
    """A caption: 'figure' or 'table', its number as printed, its lines and box."""

    kind: str
    number: str
    lines: tuple[Line, ...]
    box: Box
    column: int

    @property
    def label(self) -> str:
        """'Figure 3' or 'Table 2'."""
        return f"{self.kind.capitalize()} {self.number}"


def find_captions(lines: list[Line], paths: list[Path], layout: Layout) -> list[Caption]:
    """Captions on one page, each label once; `lines` in reading order."""
    rules = [path.box for path in paths if path.size[0] > 30 and path.size[1] < 2]
    best: dict[tuple[str, str], tuple[int, Caption]] = {}
    for index, line in enumerate(lines):
        found = _LABEL.match(line.text)
        if not found or found[1] == "Algorithm":
            continue
        score = _score(found, index, lines, layout)
        if score < 2:
            continue
        kind = "table" if found[1].lower().startswith("tab") else "figure"
        body = _extent(index, lines, rules)
        caption = Caption(kind, found[2], tuple(body), union([part.box for part in body]), line.column)
        key = (kind, found[2])
        if key not in best or score > best[key][0]:
            best[key] = (score, caption)
    return [caption for _, caption in best.values()]


def _score(found: re.Match[str], index: int, lines: list[Line], layout: Layout) -> int:
    """2 and more is a caption. A colon tells most; a full stop or nothing needs a paragraph of its own."""
    line, separator = lines[index], found[3]
    rest = (found[4] if separator else found[5] or "").strip()
    starts = _starts_block(index, lines)
    score = 0
    if separator and separator in ":|–—":
        score += 3
    elif separator == ".":
        score += 1 if not rest or rest[0].isupper() else 0
    if starts:
        score += 1
    if abs(line.size - layout.body_size) > 0.4 or line.tokens[0].bold:
        score += 1
    if not separator and rest and not rest[0].isupper():
        score -= 2
    return score


def _starts_block(index: int, lines: list[Line]) -> bool:
    line = lines[index]
    above = [
        other
        for other in lines[max(0, index - 6) : index]
        if other.box[1] < line.box[1] and other.box[0] < line.box[2] and other.box[2] > line.box[0]
    ]
    if not above:
        return True
    last = max(above, key=lambda other: other.baseline)
    return abs(last.size - line.size) > 0.4 or line.baseline - last.baseline > 1.45 * line.size


def _extent(index: int, lines: list[Line], rules: list[Box]) -> list[Line]:
    """The caption's line and those that carry it on."""
    body = [lines[index]]
    pitch = 1.42 * lines[index].size
    for line in lines[index + 1 : index + 25]:
        last = body[-1]
        step = line.baseline - last.baseline
        overlaps = line.box[0] < last.box[2] + 20 and line.box[2] > last.box[0] - 20
        if step <= 0.3 * line.size or not overlaps:
            if step > 3 * line.size or step < 0:
                break
            continue
        ruled = any(
            last.baseline < rule[1] < line.baseline - 0.5 * line.size and _crosses(rule, line.box) for rule in rules
        )
        if step > pitch or not _alike(last, line) or ruled or _LABEL.match(line.text):
            break
        if len(body) == 1:
            pitch = min(pitch, 1.15 * step)
        body.append(line)
    return body


def _alike(last: Line, line: Line) -> bool:
    """True where the line goes on in the size that the last one ends in; stretched lines differ by some per cent."""
    end, start = last.tokens[-1], line.tokens[0]
    return abs(end.size - start.size) < 0.45 or (end.font == start.font and abs(end.size / start.size - 1) < 0.09)


def _crosses(rule: Box, box: Box) -> bool:
    return rule[0] < box[2] and rule[2] > box[0]


def split_side_by_side(lines: Sequence[Line], layout: Layout) -> list[Line]:
    """Cut lines where a second caption starts beside the first, and the lines below them at the same place."""
    done: list[Line] = []
    cut: tuple[float, Line] | None = None  # where, and the last line that was cut
    for line in lines:
        place = _second_label(line)
        if place is None and cut is not None:
            place = cut[0] if 0 < line.baseline - cut[1].baseline < 1.5 * line.size and _gap_at(line, cut[0]) else None
        if place is None:
            done.append(line)
            continue
        halves = [[t for t in line.tokens if t.box[0] < place - 1], [t for t in line.tokens if t.box[0] >= place - 1]]
        done += [make_line(half, layout) for half in halves if half]
        cut = place, line
    return done


def _second_label(line: Line) -> float | None:
    """x of a label in the middle of a line that starts with one, behind a wide blank."""
    if not _LABEL.match(line.text):
        return None
    for before, token in itertools.pairwise(line.tokens):
        rest = line.tokens[line.tokens.index(token) :]
        if token.box[0] - before.box[2] > 0.8 * token.size and _LABEL.match(join_words(rest)):
            return token.box[0]
    return None


def _gap_at(line: Line, x: float) -> bool:
    """True where no word of the line covers x."""
    return not any(token.box[0] < x - 1 and token.box[2] > x - 1 for token in line.tokens)
