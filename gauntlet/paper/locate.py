"""Are these words on this page? The one place that answers it, and where.

Both sides are brought to one form: NFKC, lower case, one sort of dash and quote, no blanks, no hyphens inside words (so
a word broken at a line end matches either way), no '^'. A blank between two digits stays, so that '2 1' is not 21, and
so does a hyphen between two digits. A match must begin and end where a word or number begins and ends.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from gauntlet.paper.records import Anchor, Box, Page, Paper, Table, Word

_SAME = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        **dict.fromkeys("×✕⨯", "x"),
        **dict.fromkeys("·⋅∙•", "·"),
        "∼": "~",
        "˜": "~",
        "…": "...",
        "^": "",
        "\xad": "",
        "\u200b": "",
    }
)
RAISED = 0.85  # height of a raised or lowered word against its neighbour's
MARKED_LETTERS = 4  # a raised number behind a shorter word may be an exponent: cm^2
FLOWING = frozenset({"paragraph", "heading", "equation", "reference"})
Placed = tuple[int, Word]
"""A word and the number of its page."""


@dataclass(frozen=True)
class _Index:
    """Squeezed text of some words; per character the word it came from, and whether a word starts at it."""

    text: str
    words: tuple[int, ...]
    starts: tuple[bool, ...]


class _Text:
    """Words in a row and their squeezed forms, each made when it is first asked for."""

    def __init__(self, words: tuple[Placed, ...]) -> None:
        self.words = words
        self._indices: dict[tuple[bool, bool], _Index] = {}

    def match(self, wanted: str) -> list[Placed]:
        """The words of the first match: raised ones read on, or stand apart, or footnote marks are left out."""
        for join, unmarked in ((True, False), (False, False), (True, True)):
            hit = _search(self._index_of(join, unmarked), wanted)
            if hit is not None:
                return [self.words[word] for word in hit]
        return []

    def cuts(self, wanted: str) -> Iterator[Placed]:
        """The words that matches begin or end inside of."""
        index = self._index_of(join=True, unmarked=False)
        for start, end in _occurrences(index, wanted):
            if not _begins_whole(index, start):
                yield self.words[index.words[start]]
            elif not _ends_whole(index, end):
                yield self.words[index.words[end - 1]]

    def _index_of(self, join: bool, unmarked: bool) -> _Index:
        if (join, unmarked) not in self._indices:
            self._indices[join, unmarked] = _index(self.words, join, unmarked)
        return self._indices[join, unmarked]


class _Texts:
    """All texts of one paper in which quotations are looked for."""

    def __init__(self, paper: Paper) -> None:
        self.pages = {page.number: _Text(tuple((page.number, word) for word in page.words)) for page in paper.pages}
        flows = {page.number: _flow(paper, page) for page in paper.pages}
        self.flows = {number: _Text((*words, *flows.get(number + 1, ()))) for number, words in flows.items()}
        self.rows = [text for table in paper.tables for text in _table_rows(table)]


class _Same:
    """A paper as a key that is this very record: comparing whole papers would take longer than reading them."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper

    def __hash__(self) -> int:
        return id(self.paper)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.paper is self.paper


@lru_cache(maxsize=4)
def _texts(same: _Same) -> _Texts:
    return _Texts(same.paper)


def find_quotation(paper: Paper, quotation: str, page: int | None = None) -> tuple[Anchor, ...]:
    """Where the visible words of `quotation` stand: one anchor per text line, of the first place on each page.

    With `page` given only that page counts, and words that run over to the next page or come from the one before.
    Running text reads on over figures, footnotes and page heads; words of one table row count as standing in the order
    of its cells. Empty where the words are not there.
    """
    wanted = _squeeze([quotation], [False]).text
    if not wanted:
        return ()
    texts = _texts(_Same(paper))
    found: list[Anchor] = []
    for number, text in texts.pages.items():
        if page is None or page == number:
            found += _anchors(text.match(wanted))
    return tuple(found or _anchors(_in_flow(texts, wanted, page)) or _in_table_rows(texts, wanted, page))


def quoted_pages(paper: Paper, quotation: str) -> tuple[int, ...]:
    """All pages on which the words of `quotation` stand, in order; of two that they run over, the first."""
    wanted = _squeeze([quotation], [False]).text
    texts = _texts(_Same(paper))
    several = (*texts.pages.values(), *texts.flows.values(), *texts.rows)
    found = (text.match(wanted) for text in several if wanted)
    return tuple(sorted({words[0][0] for words in found if words}))


def cut_word(paper: Paper, quotation: str) -> tuple[int, str] | None:
    """Page and text of the first printed word that `quotation` begins or ends inside of: '2.2x' for '2.2'."""
    wanted = _squeeze([quotation], [False]).text
    texts = _texts(_Same(paper))
    for text in (*texts.pages.values(), *texts.flows.values()) if wanted else ():
        for hit in text.cuts(wanted):
            return hit[0], hit[1].text
    return None


def _in_flow(texts: _Texts, wanted: str, page: int | None) -> list[Placed]:
    """A match in the running text of two pages in a row that touches `page`."""
    for number, text in texts.flows.items():
        if page is None or page in (number, number + 1):
            found = text.match(wanted)
            if found and (page is None or any(place == page for place, _ in found)):
                return found
    return []


def _flow(paper: Paper, page: Page) -> tuple[Placed, ...]:
    blocks = (block for block in paper.blocks if block.anchor.page == page.number and block.kind in FLOWING)
    return tuple((page.number, word) for block in blocks for word in page.words[slice(*block.words)])


def _table_rows(table: Table) -> Iterator[_Text]:
    """Words of each row, cell after cell: on the page a wrapped cell's lines stand between those of others."""
    for row in sorted({cell.row for cell in table.cells}):
        cells = sorted((cell for cell in table.cells if cell.row == row), key=lambda cell: cell.column)
        yield _Text(tuple((table.anchor.page, Word(text=cell.text, box=cell.anchor.box)) for cell in cells))


def _in_table_rows(texts: _Texts, wanted: str, page: int | None) -> list[Anchor]:
    rows = (row for row in texts.rows if row.words and page in (None, row.words[0][0]))
    found = (row.match(wanted) for row in rows)
    return _anchors(next((words for words in found if words), []))


def _index(words: tuple[Placed, ...], join_raised: bool, unmarked: bool) -> _Index:
    raised = [number > 0 and _is_raised(words[number - 1][1], words[number][1]) for number in range(len(words))]
    kept = [n for n in range(len(words)) if not (unmarked and raised[n] and _is_mark(words[n - 1][1], words[n][1]))]
    index = _squeeze([words[n][1].text for n in kept], [raised[n] and join_raised for n in kept])
    return replace(index, words=tuple(kept[word] for word in index.words))


def _is_mark(before: Word, word: Word) -> bool:
    """A footnote mark: a raised symbol or short number behind a long word or the end of a sentence."""
    letters = before.text.rstrip('.,;:!?)"”’')
    return (
        len(word.text) <= 2 and not word.text.isalpha() and (letters != before.text or len(letters) >= MARKED_LETTERS)
    )


def _is_raised(before: Word, word: Word) -> bool:
    """A small word that touches a larger one: an exponent, an index, a footnote mark."""
    height, other = word.box[3] - word.box[1], before.box[3] - before.box[1]
    gap = word.box[0] - before.box[2]
    overlaps = word.box[1] < before.box[3] and word.box[3] > before.box[1]
    return overlaps and height < RAISED * other and -0.2 * other < gap < 0.2 * other


def _squeeze(words: Sequence[str], joined: Sequence[bool]) -> _Index:
    """All words as one string; `joined[i]` says that word i reads on from the word before without a blank."""
    chars: list[str] = []
    owner: list[int] = []
    starts: list[bool] = []
    for number, word in enumerate(words):
        fresh = not joined[number]
        for char in unicodedata.normalize("NFKC", word.translate(_SAME)).translate(_SAME).casefold():
            if char.isspace():
                fresh = True
                continue
            if fresh and chars and chars[-1].isdigit() and char.isdigit():
                chars.append(" ")
                owner.append(number)
                starts.append(True)
            chars.append(char)
            owner.append(number)
            starts.append(fresh)
            fresh = False
    return _drop_hyphens(chars, owner, starts)


def _drop_hyphens(chars: list[str], owner: list[int], starts: list[bool]) -> _Index:
    """Without hyphens inside words; a minus stands where a word starts, or between two digits."""

    def inside(index: int) -> bool:
        if chars[index] != "-" or starts[index] or not 0 < index < len(chars) - 1:
            return False
        before, after = chars[index - 1], chars[index + 1]
        return before.isalnum() and after.isalnum() and (before.isalpha() or after.isalpha())

    kept = [index for index in range(len(chars)) if not inside(index)]
    after_hyphen = {index + 1 for index, char in enumerate(chars) if char == "-"}
    return _Index(
        "".join(chars[index] for index in kept),
        tuple(owner[index] for index in kept),
        tuple(starts[index] or index in after_hyphen for index in kept),
    )


def _search(index: _Index, wanted: str) -> list[int] | None:
    """Words of the first whole-word match, in order."""
    for start, end in _occurrences(index, wanted):
        if _begins_whole(index, start) and _ends_whole(index, end):
            return sorted(set(index.words[start:end]))
    return None


def _occurrences(index: _Index, wanted: str) -> Iterator[tuple[int, int]]:
    at = index.text.find(wanted)
    while at >= 0:
        yield at, at + len(wanted)
        at = index.text.find(wanted, at + 1)


def _begins_whole(index: _Index, start: int) -> bool:
    text = index.text
    if start > 0 and text[start].isalnum() and not index.starts[start]:
        if text[start - 1].isalnum():
            return False
        if text[start].isdigit() and text[start - 1] in ".," and start > 1 and text[start - 2].isdigit():
            return False
        if text[start].isdigit() and text[start - 1] == "." and (start == 1 or index.starts[start - 1]):
            return False
    return True


def _ends_whole(index: _Index, end: int) -> bool:
    text = index.text
    if end < len(text) and text[end - 1].isalnum() and not index.starts[end]:
        if text[end].isalnum():
            return False
        follows = end + 1 < len(text) and not index.starts[end + 1] and text[end + 1].isdigit()
        if text[end - 1].isdigit() and text[end] in ".," and follows:
            return False
    return True


def _anchors(words: Sequence[Placed]) -> list[Anchor]:
    """One anchor per text line."""
    lines: list[tuple[int, Box]] = []
    for page, word in words:
        box = word.box
        if lines and lines[-1][0] == page and _one_line(lines[-1][1], box):
            last = lines[-1][1]
            lines[-1] = page, (min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
        else:
            lines.append((page, box))
    return [Anchor(page=page, box=box) for page, box in lines]


def _one_line(line: Box, box: Box) -> bool:
    middle = (box[1] + box[3]) / 2
    return line[1] <= middle <= line[3] and -3 < box[0] - line[2] < 40
