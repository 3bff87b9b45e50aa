"""Minus signs that are drawn: a hair-thin filled rectangle just before a number belongs to it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from gauntlet.paper.glyphs import Token
from gauntlet.paper.plots.primitives import Path
from gauntlet.paper.records import Box

THICKEST_EM, SHORTEST_EM, LONGEST_EM = 0.12, 0.3, 0.9
GAP_EM = 0.2
LOWEST_EM, HIGHEST_EM = 0.2, 0.5
"""Of the middle of a minus sign, above the baseline."""
CELL_PT = 8.0


def with_signs(tokens: Sequence[Token], paths: Sequence[Path]) -> list[Token]:
    """The words, level numbers with the minus sign that is drawn before them. Tick marks stand further off."""
    rules: dict[tuple[int, int], list[Box]] = defaultdict(list)
    for path in paths:
        if path.is_rectangle and path.stroke is None and path.size[1] < 0.3 * path.size[0] and path.size[0] < CELL_PT:
            rules[_cell(path.box[2], path.center[1])].append(path.box)
    return [_signed(token, rules) for token in tokens] if rules else list(tokens)


def _signed(token: Token, rules: dict[tuple[int, int], list[Box]]) -> Token:
    if not token.level or not token.text[0].isdigit():
        return token
    x, y = _cell(token.box[0], token.origin[1])
    for near in ((x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)):
        for box in rules.get(near, ()):
            if _is_sign(box, token):
                return replace(token, text="\u2212" + token.text, box=(box[0], *token.box[1:]), parts=())
    return token


def _is_sign(rule: Box, token: Token) -> bool:
    em = token.size
    high = (token.origin[1] - (rule[1] + rule[3]) / 2) / em
    gap = (token.box[0] - rule[2]) / em
    sized = rule[3] - rule[1] < THICKEST_EM * em and SHORTEST_EM * em < rule[2] - rule[0] < LONGEST_EM * em
    return sized and LOWEST_EM < high < HIGHEST_EM and -GAP_EM < gap < GAP_EM


def _cell(x: float, y: float) -> tuple[int, int]:
    return int(x // CELL_PT), int(y // CELL_PT)
