"""Are these words on this page? The one place that answers it, and where.

Both sides are brought to one form: NFKC, lower case, one sort of dash and quote, no blanks, no hyphens between letters
(so a word broken at a line end matches either way), no '^'. A blank between two digits stays, so that '2 1' is not 21.
A match must begin and end where a word or number begins and ends.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from gauntlet.paper.records import Anchor, Box, Page, Paper, Word

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


@dataclass(frozen=True)
class _Index:
    """Squeezed text of some words; per character the word it came from, and whether a word starts at it."""

    text: str
    words: tuple[int, ...]
    starts: tuple[bool, ...]


def find_quotation(paper: Paper, quotation: str, page: int | None = None) -> tuple[Anchor, ...]:
    """Where the visible words of `quotation` stand: one anchor per text line, of the first place on each page.

    With `page` given only that page counts, and words that run over to the next page or come from the one before.
    Words of one table row count as standing in the order of its cells. Empty where the words are not there.
    """
    wanted = _squeeze([quotation], [False]).text
    if not wanted:
        return ()
    found: list[Anchor] = []
    for number, candidate in enumerate(paper.pages):
        if page is None or candidate.number == page:
            found += _on_page(candidate, wanted)
        nearby = page is None or page in (candidate.number, candidate.number + 1)
        if nearby and not found and number + 1 < len(paper.pages):
            following = paper.pages[number + 1]
            if following.number == candidate.number + 1:
                found += _across(candidate, following, wanted)
    return tuple(found or _in_table_rows(paper, wanted, page))


def _in_table_rows(paper: Paper, wanted: str, page: int | None) -> list[Anchor]:
    """Words of one table row, cell after cell: on the page a wrapped cell's lines stand between those of others."""
    for table in paper.tables:
        if page not in (None, table.anchor.page):
            continue
        for row in sorted({cell.row for cell in table.cells}):
            cells = sorted((cell for cell in table.cells if cell.row == row), key=lambda cell: cell.column)
            words = tuple(Word(text=cell.text, box=cell.anchor.box) for cell in cells)
            hit = _search(_index(words, False), wanted)
            if hit is not None:
                return _anchors(table.anchor.page, [words[word] for word in hit])
    return []


def _on_page(page: Page, wanted: str) -> list[Anchor]:
    for join in (True, False):
        index = _index(page.words, join)
        hit = _search(index, wanted)
        if hit is not None:
            return _anchors(page.number, [page.words[word] for word in hit])
    return []


def _across(page: Page, following: Page, wanted: str) -> list[Anchor]:
    """Words that run over a page break; a lone page number at the foot or head is passed over."""
    before = _without_page_number(page.words, last=True)
    after = _without_page_number(following.words, last=False)
    index = _index((*before, *after), True)
    hit = _search(index, wanted)
    if hit is None:
        return []
    first = [before[word] for word in hit if word < len(before)]
    second = [after[word - len(before)] for word in hit if word >= len(before)]
    if not first or not second:
        return []
    return _anchors(page.number, first) + _anchors(following.number, second)


def _without_page_number(words: tuple[Word, ...], last: bool) -> tuple[Word, ...]:
    if last and words and words[-1].text.isdigit():
        return words[:-1]
    if not last and words and words[0].text.isdigit():
        return words[1:]
    return words


@lru_cache(maxsize=256)
def _index(words: tuple[Word, ...], join_raised: bool) -> _Index:
    joined = [False] * len(words)
    if join_raised:
        for number in range(1, len(words)):
            joined[number] = _is_raised(words[number - 1], words[number])
    return _squeeze([word.text for word in words], joined)


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
    kept = [
        index
        for index, char in enumerate(chars)
        if not (
            char == "-" and 0 < index < len(chars) - 1 and chars[index - 1].isalpha() and chars[index + 1].isalpha()
        )
    ]
    after_hyphen = {index + 1 for index, char in enumerate(chars) if char == "-"}
    return _Index(
        "".join(chars[index] for index in kept),
        tuple(owner[index] for index in kept),
        tuple(starts[index] or index in after_hyphen for index in kept),
    )


def _search(index: _Index, wanted: str) -> list[int] | None:
    """Words of the first whole-word match, in order."""
    at = index.text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if _whole(index, at, end):
            return sorted(set(index.words[at:end]))
        at = index.text.find(wanted, at + 1)
    return None


def _whole(index: _Index, start: int, end: int) -> bool:
    text = index.text
    if start > 0 and text[start].isalnum() and not index.starts[start]:
        if text[start - 1].isalnum():
            return False
        if text[start].isdigit() and text[start - 1] in ".," and start > 1 and text[start - 2].isdigit():
            return False
        if text[start].isdigit() and text[start - 1] == "." and (start == 1 or index.starts[start - 1]):
            return False
    if end < len(text) and text[end - 1].isalnum() and not index.starts[end]:
        if text[end].isalnum():
            return False
        follows = end + 1 < len(text) and not index.starts[end + 1] and text[end + 1].isdigit()
        if text[end - 1].isdigit() and text[end] in ".," and follows:
            return False
    return True


def _anchors(page: int, words: Sequence[Word]) -> list[Anchor]:
    """One anchor per text line."""
    lines: list[Box] = []
    for word in words:
        box = word.box
        if lines and _one_line(lines[-1], box):
            last = lines[-1]
            lines[-1] = (min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
        else:
            lines.append(box)
    return [Anchor(page=page, box=box) for box in lines]


def _one_line(line: Box, box: Box) -> bool:
    middle = (box[1] + box[3]) / 2
    return line[1] <= middle <= line[3] and -3 < box[0] - line[2] < 40
