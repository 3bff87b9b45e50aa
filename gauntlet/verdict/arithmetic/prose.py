"""The paper's own sentences, whole where a column or page breaks them, with their quantities and their place."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from gauntlet.paper.mentions import sentences
from gauntlet.paper.quantities import Quantity, find_quantities
from gauntlet.paper.records import Paper, TextBlock
from gauntlet.specs.evidence import Evidence

_SPOKEN = ("paragraph", "caption", "footnote")
_LONGEST = 600
"""What is longer is no sentence: a list, or a table that was read as text."""


@dataclass(frozen=True)
class Sentence:
    """One sentence; `block` and `page` are where it begins."""

    text: str
    block: str
    page: int

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Every quantity in it, in reading order."""
        return find_quantities(self.text)

    def amounts(self, unit: str) -> list[Quantity]:
        """Single positive values of an SI unit; '1/s' are rates of things, not clocks."""
        return [
            one
            for one in self.quantities
            if one.unit == unit and one.low == one.high and one.value > 0 and not one.text.endswith("Hz")
        ]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Its words and page."""
        return (Evidence(page=self.page, quotation=self.text),)


def sentences_of(paper: Paper) -> Iterator[Sentence]:
    """Sentences of paragraphs, captions and footnotes; not those on the work of others."""
    for text, starts in _passages(paper):
        for begin, end in sentences(text):
            words = text[begin:end].strip()
            if 0 < len(words) <= _LONGEST:
                block = next(block for at, block in reversed(starts) if at <= begin)
                yield Sentence(words, block.id, block.anchor.page)


def _passages(paper: Paper) -> Iterator[tuple[str, list[tuple[int, TextBlock]]]]:
    """Texts and, for each of their blocks, where it begins; a paragraph and what carries it on are one."""
    open_text, open_starts = "", list[tuple[int, TextBlock]]()
    for block in paper.blocks:
        if block.kind not in _SPOKEN or block.part != "body":
            continue
        if block.kind != "paragraph":
            yield block.text, [(0, block)]
        elif block.continues and open_starts:
            broken = open_text.endswith("-") and block.text[:1].islower()
            open_text = open_text[:-1] if broken else f"{open_text} "
            open_starts.append((len(open_text), block))
            open_text += block.text
        else:
            if open_starts:
                yield open_text, open_starts
            open_text, open_starts = block.text, [(0, block)]
    if open_starts:
        yield open_text, open_starts
