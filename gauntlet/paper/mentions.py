"""Which sentences and captions speak of which figure or table."""

import re
from collections.abc import Iterator, Sequence

from gauntlet.paper.blocks import Block
from gauntlet.paper.captions import NUMBER
from gauntlet.paper.glyphs import union
from gauntlet.paper.records import Anchor, Mention

_ONE = rf"(?:{NUMBER})(?:\s?\([a-z]\)|[a-z]\b)?"
_NAMED = re.compile(
    rf"\b(?P<kind>Figures?|Figs?\.?|FIGURES?|FIGS?\.?|Tables?|Tabs?\.|TABLES?)\s*"
    rf"(?P<list>{_ONE}(?:\s*(?:,|and|&|or|to|–|-|,\s*and)\s*{_ONE})*)"
)
_NUMBER = re.compile(NUMBER)
_RANGE = re.compile(r"(?<![\d.])(\d+)\s*(?:–|-|to)\s*(\d+)(?![\d.])")
_SENTENCE = re.compile(r"(?<=[.!?])[\"”’)\]]*\s+(?=[A-Z“\"(\[•])")
_ABBREVIATED = re.compile(
    r"\b(?:Figs?|Secs?|Sects?|Eqs?|Tabs?|Refs?|al|etc|vs|cf|resp|approx|e\.g|i\.e|w\.r\.t|No|St|Dr|(?<!\d\s)[A-Z])\.$"
)
_PART = re.compile(r"(?<=\d)[a-z]$")
SPOKEN = frozenset({"paragraph", "caption", "footnote", "heading", "other"})


def find_mentions(blocks: Sequence[Block], ids: Sequence[str]) -> dict[str, tuple[Mention, ...]]:
    """For every id of a figure or table the sentences that name it, its caption first; `ids` of the blocks."""
    found: dict[str, list[Mention]] = {}
    for block, block_id in zip(blocks, ids, strict=True):
        if block.kind not in SPOKEN:
            continue
        own = _own_id(block)
        for start, end in sentences(block.text):
            for name in dict.fromkeys(named_in(block.text[start:end])):
                if name != own:
                    found.setdefault(name, []).append(_mention(block, block_id, start, end))
        if own is not None:
            found.setdefault(own, []).insert(0, _mention(block, block_id, 0, len(block.text)))
    return {name: tuple(mentions) for name, mentions in found.items()}


def whole_id(item_id: str) -> str:
    """The id that captions and sentences give: 'table-3' for the part 'table-3a'."""
    return _PART.sub("", item_id)


def _own_id(block: Block) -> str | None:
    return None if block.caption is None else f"{block.caption.kind}-{block.caption.number.lower()}"


def _mention(block: Block, block_id: str, start: int, end: int) -> Mention:
    """The sentence and the box around the lines it stands on."""
    ends = (*block.starts[1:], len(block.text) + 1)
    lines = [line for line, a, b in zip(block.lines, block.starts, ends, strict=True) if a < end and b > start]
    box = union([line.box for line in lines or block.lines])
    return Mention(block=block_id, sentence=block.text[start:end].strip(), anchor=Anchor(page=block.page, box=box))


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every sentence; full stops behind 'Fig', 'e.g' and initials end none."""
    start = 0
    for gap in _SENTENCE.finditer(text):
        if not _ABBREVIATED.search(text, max(0, gap.start() - 12), gap.start()):
            yield start, gap.start()
            start = gap.end()
    if start < len(text):
        yield start, len(text)


def named_in(sentence: str) -> Iterator[str]:
    """Ids of the figures and tables a sentence names: 'Figures 3(a) and 4' gives figure-3 and figure-4."""
    for match in _NAMED.finditer(sentence):
        kind = "table" if match["kind"].lower().startswith("tab") else "figure"
        numbers = _NUMBER.findall(match["list"])
        alike = [number for number in numbers if number.isalpha() == numbers[0].isalpha()]  # 'Figure 3 and I' names one
        yield from (f"{kind}-{number.lower()}" for number in alike)
        for low, high in _RANGE.findall(match["list"]):
            yield from (f"{kind}-{number}" for number in range(int(low) + 1, min(int(high), int(low) + 20)))
