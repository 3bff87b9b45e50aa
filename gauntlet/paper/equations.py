"""Displayed equations: lines of mathematics set apart from the text, kept together as one region."""

import re
from collections.abc import Sequence

from gauntlet.paper.glyphs import Token
from gauntlet.paper.layout import Layout
from gauntlet.paper.lines import Line

_MATH_FONT = re.compile(
    r"CMMI|CMSY|CMEX|CMBX?SY|MSAM|MSBM|EUFM|EUSM|MTMI|MTSY|MTEX|RMTMI|[tp]x(mi|sy|ex|b?mi)|PazoMath|NewTXMI"
    r"|newtx(mi|sy)|Libertine.*MI|Math|Symbol|STIX.*General|Euler|rsfs|dsrom|bbold|zplm|lm(mi|sy|ex)",
    re.I,
)
_SYMBOLS = frozenset("=+−-±×·∗*/<>≤≥≪≫≈≃∼~∝∑∏∫√∞∂∇∈∉∀∃∪∩⊂⊆→⇒⌈⌉⌊⌋|‖∥^_(){}[]∙∘⊕⊗˜ˆ¯˙ˇ")
_RELATIONS = frozenset("=<>≤≥≈≃∝∈→⇒≜≡∼⊆⊂")
_FUNCTIONS = frozenset(
    ("min", "max", "log", "exp", "lim", "argmin", "argmax", "arg", "sup", "inf", "sqrt", "mod", "for", "otherwise")
)
_BULLETS = "•◦▪–"
_NUMBERED = re.compile(r"^\(\d{1,3}(\.\d{1,3})?[a-z]?\)$")
MATH_SHARE = 0.45  # of the characters
RELATION_SHARE = 0.3  # where there is an equals sign or the like
MOST_WORDS = 2  # of prose on a line of an equation: "if", "otherwise" and function names do not count
INDENT_EM = 1.0
NEAR_EM = 0.8  # vertical gap between the parts of one displayed equation


def find_equations(lines: Sequence[Line], layout: Layout) -> list[list[Line]]:
    """Groups of neighbouring lines (in reading order) that are displayed mathematics, with their equation numbers."""
    edges = _left_edges(lines, layout)
    groups: list[list[Line]] = []
    before: list[Line] = []  # pieces that may turn out to be the top of an equation
    inside = False
    for line in lines:
        display = _is_display(line, edges)
        inside = inside and _near(groups[-1], line) and (display or _is_fragment(line) or _beside(groups[-1], line))
        if inside:
            groups[-1].append(line)
        elif display:
            groups.append([*(part for part in before if _near([line], part)), line])
            inside = True
        before = [*before[-3:], line] if not inside and _is_fragment(line) else []
    return [group for group in groups if any(_RELATIONS & set(line.text) for line in group)]


def _left_edges(lines: Sequence[Line], layout: Layout) -> dict[int, float]:
    """Per column the x at which most lines of running text start."""
    edges: dict[int, dict[int, int]] = {}
    for line in lines:
        if abs(line.size - layout.body_size) < 0.7 and _prose(line.tokens) > 4:
            counts = edges.setdefault(line.column, {})
            counts[round(line.box[0])] = counts.get(round(line.box[0]), 0) + 1
    return {column: float(max(counts, key=lambda x: counts[x])) for column, counts in edges.items()}


def _is_display(line: Line, edges: dict[int, float]) -> bool:
    """A line set in from the edge that is mostly mathematics and says few words."""
    edge = edges.get(line.column)
    if edge is None or line.box[0] < edge + INDENT_EM * line.size or line.text[0] in _BULLETS:
        return False
    least = RELATION_SHARE if _RELATIONS & set(line.text) else MATH_SHARE
    return _math_share(line.tokens) >= least and _prose(line.tokens) <= min(MOST_WORDS, 0.34 * len(line.tokens))


def _is_fragment(line: Line) -> bool:
    """A piece of an equation: a numerator, a limit, an equation number, a condition."""
    if _NUMBERED.match(line.text) or all(word.strip(".,;").lower() in _FUNCTIONS for word in line.text.split()):
        return True
    return len(line.tokens) <= 8 and _math_share(line.tokens) >= MATH_SHARE and _prose(line.tokens) <= 1


def _near(group: list[Line], line: Line) -> bool:
    """True where the line lies in the group's column and within reach above or below it."""
    top, bottom = min(part.box[1] for part in group), max(part.box[3] for part in group)
    reach = NEAR_EM * max(line.size, group[0].size)
    return line.column == group[0].column and line.box[1] < bottom + reach and line.box[3] > top - reach


def _beside(group: list[Line], line: Line) -> bool:
    """True where the line goes on with one of the group, on its baseline."""
    level = any(abs(part.baseline - line.baseline) < 0.2 * line.size for part in group)
    return level and _prose(line.tokens) <= MOST_WORDS


def _math_share(tokens: Sequence[Token]) -> float:
    """Share of the characters set in a font for mathematics, or that are its symbols and digits."""
    total = sum(len(token.text) for token in tokens)
    math = 0
    for token in tokens:
        if _MATH_FONT.search(token.font):
            math += len(token.text)
        else:
            math += sum(char in _SYMBOLS or char.isdigit() for char in token.text)
    return math / total if total else 0.0


def _prose(tokens: Sequence[Token]) -> int:
    """Words of three letters and more outside mathematical fonts."""
    words = (token.text.strip(".,;:()") for token in tokens if not _MATH_FONT.search(token.font))
    return sum(word.isalpha() and len(word) > 2 and word.lower() not in _FUNCTIONS for word in words)
