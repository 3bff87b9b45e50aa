"""The first page: the paper's title, the lines about its authors, and what the file says of itself unseen."""

import re
from collections.abc import Mapping, Sequence

from gauntlet.paper.blocks import Block
from gauntlet.paper.layout import Layout
from gauntlet.paper.records import Anchor, HiddenText

_INSTRUCTION = re.compile(
    r"\b(ignore|disregard|do not|don't|instructions?|reviewers?|language model|llm|prompt|output|rate this|accept)\b",
    re.I,
)
_ABSTRACT = re.compile(r"^abstract\b", re.I)
_OPENING = re.compile(r"^((1|I)[.:]?\s+\S|(\S+\s+)?introduction\b|chapter 1\b)", re.I)
_PLACE = re.compile(r"\b(universit|department|institute|school|college|laborator|research|corporation|inc\b)", re.I)
LAST_FRONT_PAGE = 3
METADATA_WORDS = 12  # a subject may be long, a keyword field that is a sentence is worth showing
LONGEST_FIELD_WORDS = 40
PROSE_WORDS = 40  # a block about authors is shorter
MOST_TITLE_LINES = 5
LONGEST_TITLE = 1.5  # of the title: a block that says more is a notice that quotes it


def find_title(blocks: Sequence[Block], layout: Layout, height: float) -> str:
    """The largest words in the upper half of the first page, if larger than running text; else its first line.

    The title that the file gives itself is no source: no reader of the page sees it.
    """
    upper = [
        line
        for block in blocks
        for line in block.lines
        if block.kind != "margin" and line.box[1] < 0.5 * height and sum(map(str.isalpha, line.text)) > 3
    ]
    if not upper:
        return "(untitled)"
    size = max(line.size for line in upper)
    lines = [line for line in upper if line.size > 0.93 * size]
    if size > layout.body_size + 1.5 and len(lines) <= MOST_TITLE_LINES:
        return " ".join(line.text for line in sorted(lines, key=lambda line: line.baseline))
    return upper[0].text


def mark_front(blocks: Sequence[Block], title: str) -> None:
    """Give the title its kind, wherever a cover repeats it, and take authors and places for no headings."""
    wanted = _letters(title)
    for block in blocks[: _first_section(blocks)]:
        said = _letters(block.text)
        if block.kind not in ("heading", "paragraph", "other"):
            continue
        if len(said) > 8 and (said in wanted or (wanted in said and len(said) < LONGEST_TITLE * len(wanted))):
            block.kind = "title"
        elif not _ABSTRACT.match(block.text) and len(block.text.split()) < PROSE_WORDS:
            block.kind = "other"


def _first_section(blocks: Sequence[Block]) -> int:
    """Number of the block that opens the first section; without one, of the first block behind page 1."""
    for number, block in enumerate(blocks):
        if block.kind == "heading" and _OPENING.match(block.text) and not _PLACE.search(block.text):
            return number
        if block.page > LAST_FRONT_PAGE:
            break
    return next((number for number, block in enumerate(blocks) if block.page > 1), 0)


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def hidden_metadata(fields: Mapping[str, str | None], page: int) -> list[HiddenText]:
    """Fields of the file that read like a sentence addressed to a reader: seen by programs, not on any page."""
    found = []
    for key in ("title", "author", "subject", "keywords"):
        value = " ".join((fields.get(key) or "").split())
        count = len(value.split())
        addressed = key in ("subject", "keywords") and (count >= METADATA_WORDS or bool(_INSTRUCTION.search(value)))
        if addressed or count > LONGEST_FIELD_WORDS:
            anchor = Anchor(page=page, box=(0.0, 0.0, 0.0, 0.0))
            found.append(HiddenText(text=value[:2000], reason="metadata", anchor=anchor))
    return found
