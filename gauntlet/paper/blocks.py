"""Lines to blocks: headings, paragraphs, captions, footnotes and references in reading order."""

import re
from collections import Counter

from gauntlet.paper.captions import Caption
from gauntlet.paper.glyphs import union
from gauntlet.paper.lines import Layout, Line
from gauntlet.paper.records import Anchor, TextBlock

_REFERENCES = re.compile(r"^(\d+\.?\s*)?(references|bibliography)$", re.IGNORECASE)
_REFERENCE_START = re.compile(r"^\[[\w+]{1,12}\]|^\d{1,3}\.\s")
_HEADING_NUMBER = re.compile(r"^(\d+(\.\d+)*\.?|[A-Z]\.?|[IVX]+\.)\s+\S")
_HEADING_WORDS = re.compile(
    r"^(abstract|introduction|acknowledge?ments?|references|bibliography|appendix|conclusions?)\b", re.I
)


class Hyphens:
    """Joins words broken at a line end, by the form that the paper uses elsewhere."""

    def __init__(self, words: list[str]) -> None:
        self._known = Counter(word.strip(".,;:()[]").lower() for word in words)

    def join(self, lines: list[Line]) -> str:
        """Text of `lines` with line-end hyphens resolved."""
        text = ""
        for line in lines:
            if not text:
                text = line.text
            elif text.endswith(("-", "‐")) and len(text) > 1 and text[-2].isalpha() and line.text[:1].islower():
                before = text[:-1].rsplit(" ", 1)[-1].lower().strip("([")
                after = line.text.split(" ", 1)[0].lower().strip(".,;:)]")
                keep = self._known[f"{before}-{after}"] > self._known[before + after]
                text = text + line.text if keep else text[:-1] + line.text
            else:
                text += " " + line.text
        return text


def build_blocks(
    pages: list[tuple[int, float, list[Line], list[Caption]]], layout: Layout, hyphens: Hyphens
) -> list[TextBlock]:
    """Blocks of all pages; each page as (number, height, its lines outside figures and tables in order, captions)."""
    blocks: list[TextBlock] = []
    in_references = False
    for number, height, lines, captions in pages:
        of_caption = {id(line): caption for caption in captions for line in caption.lines}
        for position, group in enumerate(_groups(lines, of_caption), 1):
            text = hyphens.join(group)
            if id(group[0]) in of_caption:
                kind = "caption"
            else:
                kind = _kind(group, text, layout, height, in_references)
                if kind == "heading":
                    in_references = bool(_REFERENCES.match(text.strip()))
            blocks.append(
                TextBlock(
                    id=f"block-{number}-{position}",
                    kind=kind,
                    text=text,
                    anchor=Anchor(page=number, box=union([line.box for line in group])),
                )
            )
    return blocks


def _groups(lines: list[Line], of_caption: dict[int, Caption]) -> list[list[Line]]:
    groups: list[list[Line]] = []
    done: set[int] = set()
    for line in lines:
        if id(line) in done:
            continue
        caption = of_caption.get(id(line))
        if caption is not None:
            groups.append(list(caption.lines))
            done.update(id(part) for part in caption.lines)
        elif groups and id(groups[-1][0]) not in of_caption and _continues(groups[-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _continues(group: list[Line], line: Line) -> bool:
    last = group[-1]
    step = line.baseline - last.baseline
    if line.column != last.column or abs(line.size - last.size) > 0.6 or not 0 < step < 1.5 * max(line.size, last.size):
        return False
    if last.bold != line.bold and (last.bold or line.bold) and len(group) < 3 and _HEADING_NUMBER.match(group[0].text):
        return False
    if line.bold and not last.bold and last.box[2] < line.box[0] + 0.8 * (line.box[2] - line.box[0]):
        return False
    if last.bold and not line.bold and len(last.tokens) < 8 and all(token.bold for token in last.tokens):
        return False
    if _REFERENCE_START.match(line.text) and line.box[0] <= last.box[0] + 2 and _REFERENCE_START.match(group[0].text):
        return False
    indented = line.box[0] - last.box[0] > 0.7 * line.size
    hanging = len(group) == 1  # a first line further left than the second is a hanging indent
    return not indented or hanging


def _kind(  # noqa: PLR0911 (one return per kind reads best)
    group: list[Line], text: str, layout: Layout, height: float, in_references: bool
) -> str:
    first = group[0]
    words = text.split()
    larger = first.size > layout.body_size + 0.7
    if len(group) <= 3 and len(words) <= 16 and any(char.isalpha() for char in text):
        bold = all(line.bold for line in group)
        named = bool(_HEADING_NUMBER.match(text) or _HEADING_WORDS.match(text))
        if (larger or bold) and not text.endswith((",", ";")):
            return "heading"
        if named and text.isupper() and len(words) > 1:
            return "heading"
        if _REFERENCES.match(text):
            return "heading"
    if in_references and not (len(words) == 1 and text.isdigit()):
        return "reference"
    if len(words) == 1 and text.isdigit():
        return "other"
    if first.size < layout.body_size - 0.6 and group[-1].box[3] > 0.35 * height and re.match(r"^[\d*†‡§∗]", text):
        return "footnote"
    if len(words) < 4 and not text.endswith("."):
        return "other"
    return "paragraph"
