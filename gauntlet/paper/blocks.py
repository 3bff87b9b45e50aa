"""Lines to blocks: headings, paragraphs, captions, equations, footnotes and references in reading order."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gauntlet.paper.captions import Caption
from gauntlet.paper.glyphs import Token, union
from gauntlet.paper.headings import HEADING_NUMBER, NUMBERED_HEADING, REFERENCES, is_heading
from gauntlet.paper.layout import Layout
from gauntlet.paper.lines import Line
from gauntlet.paper.records import Box

Kind = Literal["title", "heading", "paragraph", "caption", "equation", "footnote", "reference", "margin", "other"]
Part = Literal["body", "related_work", "references"]
_REFERENCE_START = re.compile(r"^\[[\w+\-]{1,12}\]|^\d{1,3}\.\s")
_FOOTNOTE_MARK = re.compile(r"^(\d{1,2}(?![\d.,%(:])|[*†‡§¶∗⋆])")
_NOTICE = re.compile(
    r"^(permission to make|this work is licensed|licensed under|copyright|©|\(c\) \d{4}|acm isbn|isbn|https?://doi\.org|doi:"
    r"|publication rights licensed|acm reference format|this paper is included in the proceedings|open access to the)",
    re.I,
)
BULLETS = "•◦▪∙●■▶➢"
_ITEM = re.compile(r"^([–—*]|\(?[a-z0-9]{1,3}[.)])\s+\S")
APART_EM = 1.45
_CODE = re.compile(r"^(\d{1,3}:\s|Algorithm \d+\b|(Require|Ensure|Input|Output)s?:)")
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*(\[[\d, –-]+\])?$")


@dataclass
class Block:
    """Lines that belong together: their kind, text, and where in the text each line starts."""

    page: int
    kind: Kind
    lines: tuple[Line, ...]
    text: str
    starts: tuple[int, ...]
    level: int | None = None
    section: int | None = None  # number of the block that heads it
    part: Part = "body"
    continues: bool = False
    caption: Caption | None = field(default=None, repr=False)

    @property
    def box(self) -> Box:
        """The smallest box around the lines."""
        return union([line.box for line in self.lines])

    @property
    def tokens(self) -> list[Token]:
        """The words in order."""
        return [token for line in self.lines for token in line.tokens]


@dataclass(frozen=True)
class PageFlow:
    """One page as blocks need it: its lines outside figures and tables in reading order, and what is known of them."""

    number: int
    height: float
    layout: Layout
    lines: Sequence[Line]
    captions: Sequence[Caption]
    equations: Sequence[Sequence[Line]]
    margins: Sequence[Line]


class Hyphens:
    """Joins words broken at a line end, by the form that the paper uses elsewhere."""

    def __init__(self, words: Iterable[str]) -> None:
        self._known = Counter(word.strip(".,;:()[]").lower() for word in words)

    def join(self, lines: Sequence[Line]) -> tuple[str, tuple[int, ...]]:
        """Text of `lines` with line-end hyphens resolved, and where each line starts in it."""
        text = ""
        starts = []
        for line in lines:
            glue = self.glue(text, line.text)
            text = text[:-1] if glue is None else text + glue
            starts.append(len(text))
            text += line.text
        return text, tuple(starts)

    def glue(self, text: str, following: str) -> str | None:
        """What to set between `text` and what follows: a blank, nothing, or None where its hyphen goes."""
        if not text:
            return ""
        if not text.endswith(("-", "‐")) or len(text) < 2 or text[-2].isspace():
            return " "
        if text[-2].isalpha() and following[:1].islower():
            before = text[:-1].rsplit(" ", 1)[-1].lower().strip("([")
            after = following.split(" ", 1)[0].lower().strip(".,;:)]")
            return "" if self._known[f"{before}-{after}"] > self._known[before + after] else None
        return "" if text[-2].isalnum() and following[:1].isalnum() else " "


def build_blocks(pages: Sequence[PageFlow], hyphens: Hyphens) -> list[Block]:
    """Blocks of all pages in reading order; what stands in the margins comes last on its page."""
    blocks: list[Block] = []
    in_references = False
    for page in pages:
        for group, kind, caption in _groups(page):
            for part in _entries(group) if in_references and kind is None else [group]:
                text, starts = hyphens.join(part)
                found = kind or _kind(part, text, page, in_references)
                if found == "heading":
                    in_references = bool(REFERENCES.match(text.strip()))
                blocks.append(Block(page.number, found, tuple(part), text, starts, caption=caption))
        for line in page.margins:
            blocks.append(Block(page.number, "margin", (line,), line.text, (0,)))
    _mark_continuations(blocks)
    return blocks


def _groups(page: PageFlow) -> list[tuple[list[Line], Kind | None, Caption | None]]:
    """Captions, equations and footnotes as they are known; the lines between them by their spacing."""
    of_caption = {id(line): caption for caption in page.captions for line in caption.lines}
    of_equation = {id(line): group for group in page.equations for line in group}
    notes = _footnote_lines(page, of_caption)
    groups: list[tuple[list[Line], Kind | None, Caption | None]] = []
    done: set[int] = set()
    for line in page.lines:
        if id(line) in done:
            continue
        caption, equation = of_caption.get(id(line)), of_equation.get(id(line))
        last, last_kind = (groups[-1][0], groups[-1][1]) if groups else ([], None)
        if caption is not None:
            groups.append((list(caption.lines), "caption", caption))
        elif equation is not None:
            groups.append((list(equation), "equation", None))
        elif id(line) in notes:
            starts = bool(_FOOTNOTE_MARK.match(line.text)) or last_kind != "footnote" or line.column != last[-1].column
            groups.append(([line], "footnote", None)) if starts else last.append(line)
        elif last and last_kind is None and _continues(last, line):
            last.append(line)
        else:
            groups.append(([line], None, None))
        done.update(id(part) for part in groups[-1][0])
    return groups


def _footnote_lines(page: PageFlow, of_caption: dict[int, Caption]) -> set[int]:
    """Small lines at the foot of a column, from the first that starts with a mark on."""
    found: set[int] = set()
    for column in {line.column for line in page.lines}:
        lines = [line for line in page.lines if line.column == column]
        tail: list[Line] = []
        for line in reversed(lines):
            if line.size > page.layout.body_size - 0.6 or id(line) in of_caption or line.box[1] < 0.3 * page.height:
                break
            tail.insert(0, line)
        marked = [n for n, line in enumerate(tail) if _FOOTNOTE_MARK.match(line.text) and _stands_apart(line, lines)]
        if marked:
            found |= {id(line) for line in tail[marked[0] :]}
    return found


def _stands_apart(line: Line, column: Sequence[Line]) -> bool:
    """True where no line of the same size is set right above it: the first footnote of a column."""
    above = [other for other in column if 0 < line.baseline - other.baseline < APART_EM * line.size]
    return not any(abs(other.size - line.size) < 0.4 for other in above)


def _continues(group: list[Line], line: Line) -> bool:
    """True where the line carries on the group: same column and size, next below, and nothing starts with it."""
    last = group[-1]
    step = line.baseline - last.baseline
    if line.column != last.column or abs(line.size - last.size) > 0.6 or not 0 < step < 1.5 * max(line.size, last.size):
        return False
    indented = line.box[0] - last.box[0] > 0.7 * line.size
    hanging = len(group) == 1 or bool(_REFERENCE_START.match(last.text))  # the first line stands further left
    return not _starts_anew(group, line) and (not indented or hanging)


def _starts_anew(group: list[Line], line: Line) -> bool:
    """True for a heading, an item of a list, what follows a list, and the notices of publishers."""
    first = group[0]
    if _changes_weight(group, line) or _slanted_heading(line) or _slanted_heading(group[-1]):
        return True
    if line.text[0] in BULLETS or (first.text[0] in BULLETS and line.box[0] < first.box[0] - 0.5 * line.size):
        return True
    if _ITEM.match(line.text) and _ITEM.match(first.text) and abs(line.box[0] - first.box[0]) < 2:
        return True
    return bool(_NOTICE.match(line.text)) and not _NOTICE.match(first.text)


def _changes_weight(group: list[Line], line: Line) -> bool:
    """True where a heading starts or ends: bold lines of their own, however closely they are set."""
    last = group[-1]
    numbered = bool(NUMBERED_HEADING.match(line.text))
    if line.bold and last.bold:
        return numbered and bool(NUMBERED_HEADING.match(group[0].text))
    if line.bold:
        return numbered or last.box[2] < line.box[0] + 0.8 * (line.box[2] - line.box[0])
    if not last.bold:
        return False
    alone = len(last.tokens) < 8 and all(token.bold for token in last.tokens)
    return alone or (len(group) < 3 and bool(HEADING_NUMBER.match(group[0].text)))


def _slanted_heading(line: Line) -> bool:
    """'4.2.1 Link Sharing' in italics on a line of its own."""
    return bool(NUMBERED_HEADING.match(line.text)) and all(
        token.italic or token.text[0].isdigit() for token in line.tokens
    )


def _entries(lines: Sequence[Line]) -> list[list[Line]]:
    """A run of lines in the list of references as its entries: by their numbers, or by what hangs out to the left."""
    numbered = any(_REFERENCE_START.match(line.text) for line in lines)
    entries: list[list[Line]] = []
    for line in lines:
        outdented = bool(entries) and line.box[0] < entries[-1][-1].box[0] - 0.5 * line.size
        starts = bool(_REFERENCE_START.match(line.text)) if numbered else outdented
        if entries and not starts:
            entries[-1].append(line)
        else:
            entries.append([line])
    return entries


def _kind(group: Sequence[Line], text: str, page: PageFlow, in_references: bool) -> Kind:
    words = text.split()
    if is_heading(group, text, page.layout, in_references):
        return "heading"
    if len(words) == 1 and text.isdigit():
        return "other"
    if _NOTICE.match(text):
        return "margin"
    if in_references:
        return "reference"
    if 2 * sum(bool(_CODE.match(line.text)) for line in group) > len(group):
        return "other"
    return "other" if len(words) < 4 and not text.endswith(".") else "paragraph"


def _mark_continuations(blocks: Sequence[Block]) -> None:
    """A paragraph carries on the one before it where that ends without the end of a sentence."""
    last: Block | None = None
    for block in blocks:
        if block.kind == "heading":
            last = None
        elif block.kind == "paragraph":
            elsewhere = last is not None and (
                last.page != block.page or last.lines[-1].column != block.lines[0].column or last.box[1] > block.box[1]
            )
            if last is not None and elsewhere and not _SENTENCE_END.search(last.text):
                block.continues = True
            last = block
