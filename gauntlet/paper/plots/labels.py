"""Words of a page to labels: pieces of one number joined, raised exponents marked, values parsed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gauntlet.paper.glyphs import DRAWN, Token, turned_token, union
from gauntlet.paper.plots.primitives import Color, Point, turn_box, turn_point
from gauntlet.paper.records import Box
from gauntlet.paper.tokens import PREFIXES, parse_number

JOIN_EM = 0.39  # blanks in labels are never stretched: 0.25 em in Times, 0.32 em in DejaVu
ASCENDER_EM, DIGIT_EM = 0.76, 0.73
"""Height of letters and of digits over the size, in common sans fonts: labels are centred by a line's height."""
SLANTED = 4
SHIFTED = ("^", "_")


@dataclass(frozen=True, slots=True)
class Label:
    """A text label: raised parts behind '^', lowered ones behind '_'.

    `quarter` counts the turns needed to read it level; `anchor` is its visual middle. Slanted labels have quarter
    SLANTED, and `tip` is their upper end, which points at a tick above. `drawn` text was told by the shapes of its
    letters. `words` are the words of a level label, each as a label of its own, where it has several.
    """

    text: str
    box: Box
    size: float
    quarter: int
    anchor: Point
    color: Color
    order: int
    value: float | None
    suffix: str
    is_power: bool
    tip: Point | None = None
    drawn: bool = False
    words: tuple["Label", ...] = ()

    @property
    def numeric(self) -> bool:
        """True where the label is a number with at most a per cent sign, a factor sign or a prefix."""
        return self.value is not None and (self.suffix in ("", "%", "x", "×") or self.suffix in PREFIXES)


def build_labels(tokens: Iterable[Token], width: float, height: float) -> list[Label]:
    """Labels of a page, level and turned ones alike."""
    labels: list[Label] = []
    by_quarter: dict[int, list[Token]] = {}
    slanted: list[Token] = []
    for token in tokens:
        quarter = _quarter(token.direction)
        if quarter is not None:
            by_quarter.setdefault(quarter, []).append(token)
        else:
            slanted.append(token)
    for quarter, group in by_quarter.items():
        turned = [turned_token(token, quarter, width, height) for token in group]
        back = (width, height) if quarter % 2 == 0 else (height, width)
        for run in _runs(turned):
            labels.append(_label(run, quarter, back))
    return labels + [_slanted_label(run) for run in _slanted_runs(slanted)]


def _slanted_runs(tokens: list[Token]) -> list[list[Token]]:
    """Words of slanted text that carry each other on along their direction."""
    runs: list[list[Token]] = []
    for token in tokens:
        last = runs[-1][-1] if runs else None
        if last is not None and _carries_on(last, token):
            runs[-1].append(token)
        else:
            runs.append([token])
    return runs


def _carries_on(last: Token, token: Token) -> bool:
    dx, dy = token.direction
    if abs(last.direction[0] - dx) + abs(last.direction[1] - dy) > 0.05:
        return False
    step_x, step_y = token.origin[0] - last.origin[0], token.origin[1] - last.origin[1]
    along, aside = step_x * dx + step_y * dy, abs(step_x * dy - step_y * dx)
    length = (last.box[2] - last.box[0] - last.size * abs(dy)) / max(abs(dx), 0.1)
    return aside < 0.2 * token.size and -0.3 * token.size < along - length < 0.8 * token.size


def _slanted_label(run: list[Token]) -> Label:
    text = " ".join(token.text for token in run)
    box = union([token.box for token in run])
    rising = run[0].direction[1] < 0
    number = parse_number(text)
    return Label(
        text=text,
        box=box,
        size=run[0].size,
        quarter=SLANTED,
        anchor=((box[0] + box[2]) / 2, (box[1] + box[3]) / 2),
        color=run[0].color,
        order=run[0].order,
        value=number[0] if number else None,
        suffix=number[1] if number else "",
        is_power=False,
        tip=((box[2] if rising else box[0]), box[1]),
    )


def _quarter(direction: Point) -> int | None:
    for quarter, (dx, dy) in enumerate(((1, 0), (0, -1), (-1, 0), (0, 1))):
        if abs(direction[0] - dx) + abs(direction[1] - dy) < 0.05:
            return quarter
    return None


def _runs(tokens: list[Token]) -> list[list[tuple[Token, str]]]:
    """Words that read as one label, each with the glue before it: '' joined, ' ' apart, '^' raised, '_' lowered."""
    runs: list[list[tuple[Token, str]]] = []
    base: Token | None = None
    for token in tokens:
        glue = _glue(runs[-1], base, token) if runs and base is not None else None
        if glue is None:
            runs.append([(token, "")])
            base = token
        else:
            runs[-1].append((token, glue))
            if glue == " ":
                base = token
    return runs


def _glue(run: list[tuple[Token, str]], base: Token, token: Token) -> str | None:
    last = run[-1][0]
    gap = token.box[0] - last.box[2]
    size = base.size
    raised = base.origin[1] - token.origin[1]
    if -0.15 * size < gap < 0.35 * size and token.size < 0.9 * size and 0.15 * size < raised < 0.8 * size:
        return "" if last is not base and abs(last.origin[1] - token.origin[1]) < 0.1 * size else "^"
    if -0.15 * size < gap < 0.2 * size and token.size < 0.9 * size and -0.5 * size < raised < -0.08 * size:
        return "" if last is not base and abs(last.origin[1] - token.origin[1]) < 0.1 * size else "_"
    if abs(raised) > 0.15 * size or abs(token.size - size) > 0.3 * size or not -0.2 * size < gap < JOIN_EM * size:
        return None
    if gap <= 0.1 * size:
        return ""
    two_numbers = parse_number(last.text) is not None and parse_number(token.text) is not None
    return None if two_numbers else " "


def _label(run: list[tuple[Token, str]], quarter: int, page: tuple[float, float]) -> Label:
    text = "".join(glue + token.text for token, glue in run)
    tokens = [token for token, _ in run]
    box = union([token.box for token in tokens])
    base = max(tokens, key=lambda token: token.size)
    raised = [token.origin[1] - DIGIT_EM * token.size for token in tokens]
    top = min([base.origin[1] - ASCENDER_EM * base.size, *raised])
    middle = ((box[0] + box[2]) / 2, (base.origin[1] + top) / 2)
    number = parse_number(text)
    value, suffix = number if number else (None, "")
    if value is not None and suffix in PREFIXES:
        value *= PREFIXES[suffix]
    undo = -quarter % 4
    plain = number is not None and (suffix in ("", "%", "x", "×") or suffix in PREFIXES)
    parts = _words_of(run) if quarter == 0 and not plain else []
    return Label(
        text=text,
        box=turn_box(box, undo, *page),
        size=base.size,
        quarter=quarter,
        anchor=turn_point(middle, undo, *page),
        color=tokens[0].color,
        order=tokens[0].order,
        value=value,
        suffix=suffix,
        is_power="^" in text and value is not None,
        drawn=any(token.font == DRAWN for token in tokens),
        words=tuple(_label(part, 0, page) for part in parts) if len(parts) > 1 else (),
    )


def _words_of(run: list[tuple[Token, str]]) -> list[list[tuple[Token, str]]]:
    """The run cut before every word that stands apart from what is before it, or was written for itself."""
    parts: list[list[tuple[Token, str]]] = []
    for token, glue in [piece for whole in run for piece in _pieces(*whole)]:
        if not parts or (glue not in SHIFTED and abs(token.origin[1] - parts[-1][0][0].origin[1]) < 0.1 * token.size):
            parts.append([(token, "")])
        else:
            parts[-1].append((token, glue))
    return parts


def _pieces(token: Token, glue: str) -> list[tuple[Token, str]]:
    if len(token.parts) < 2 or glue in SHIFTED:
        return [(token, glue)]
    return [
        (replace(token, text=text, box=box, origin=(box[0], token.origin[1]), parts=()), glue if index == 0 else "")
        for index, (text, box) in enumerate(token.parts)
    ]


def joined(parts: Sequence[Label]) -> Label:
    """Neighbouring words of one level label as a label again."""
    if len(parts) == 1:
        return parts[0]
    box = union([part.box for part in parts])
    return replace(
        parts[0],
        text=" ".join(part.text for part in parts),
        box=box,
        anchor=((box[0] + box[2]) / 2, parts[0].anchor[1]),
        value=None,
        suffix="",
        words=tuple(parts),
    )
