"""Sections: the level of each heading, the heading above each block, and the parts that speak of others' work."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from gauntlet.paper.blocks import Block, Part
from gauntlet.paper.headings import REFERENCES

_ARABIC = re.compile(r"^(\d+(?:\.\d+)*)\.?\s")
_APPENDIX = re.compile(r"^(?:appendix\s+)?([A-Z](?:\.\d+)*)[.:]?\s", re.I)
_ROMAN = re.compile(r"^[IVX]{1,5}\.\s")
_CHAPTER = re.compile(r"^(chapter|part|appendix)\b", re.I)
_TOP = re.compile(r"^(abstract|acknowledge?ments?|references|bibliography|conclusions?|appendix|appendices)\b", re.I)
_RELATED = re.compile(
    r"^(\S+\s+)?(.{0,40}\b(and|&)\s+)?(related|prior|previous)\s+(and\s+\w+\s+)?(works?|research|literature|approaches)\b",
    re.I,
)
DEEPEST = 6
Style = tuple[float, bool, bool]


def outline(blocks: Sequence[Block]) -> None:
    """Set level, section and part of every block."""
    headings = [block for block in blocks if block.kind == "heading"]
    _set_levels(headings)
    path: list[tuple[int, int, Part]] = []  # (level, number of the block, part) of the open sections
    for number, block in enumerate(blocks):
        if block.kind in ("title", "margin"):
            continue
        if block.kind == "heading":
            level = block.level or 1
            path = [entry for entry in path if entry[0] < level]
            block.section = path[-1][1] if path else None
            block.part = _part(block.text, path[-1][2] if path else "body")
            path.append((level, number, block.part))
        elif path:
            _, block.section, block.part = path[-1]
        if block.kind == "reference":
            block.part = "references"


def _part(heading: str, above: Part) -> Part:
    if REFERENCES.match(heading.strip()):
        return "references"
    return "related_work" if above == "related_work" or _RELATED.match(heading) else "body"


def _set_levels(headings: Sequence[Block]) -> None:
    """By number where there is one; others like the numbered ones they look like, or by their size."""
    texts = [block.text for block in headings]
    roman = sum(bool(_ROMAN.match(text)) for text in texts) > 1
    lettered = {text[0].upper() for text in texts if re.match(r"^[A-Z][.:]?\s", text)}
    styles: dict[Style, Counter[int]] = defaultdict(Counter)
    for block in headings:
        block.level = _numbered_level(block.text, roman, lettered)
        if block.level is not None:
            styles[_style(block)][block.level] += 1
    sizes = sorted({round(block.lines[0].size, 1) for block in headings}, reverse=True)
    for block in headings:
        if block.level is None:
            known = styles.get(_style(block))
            by_size = 1 + sum(size > block.lines[0].size + 0.5 for size in sizes)
            block.level = 1 if _TOP.match(block.text) else known.most_common(1)[0][0] if known else by_size
        block.level = min(block.level, DEEPEST)


def _numbered_level(text: str, roman: bool, lettered: set[str]) -> int | None:
    arabic = _ARABIC.match(text)
    if arabic:
        return 1 + arabic[1].count(".")
    if _CHAPTER.match(text) or (roman and _ROMAN.match(text)):
        return 1
    letter = _APPENDIX.match(text)
    if letter is None or (len(letter[1]) == 1 and len(lettered) < 2):  # 'A' alone is an article
        return None
    return 1 + letter[1].count(".") + (roman and len(letter[1]) == 1)


def _style(block: Block) -> Style:
    return round(block.lines[0].size, 1), block.lines[0].bold, block.text.isupper()
