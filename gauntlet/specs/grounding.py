"""Quotations on their pages: the evidence that a model's answer names, found and boxed by the program."""

from collections.abc import Callable

from gauntlet.errors import RecordError
from gauntlet.paper.locate import cut_word, find_quotation, quoted_pages
from gauntlet.paper.records import Paper
from gauntlet.specs.evidence import Evidence

Note = Callable[[str, str], None]
"""Takes down a place of the answer and a remark on it."""


def ground(paper: Paper, page: int, quotation: str, where: str, note: Note) -> Evidence:
    """Evidence with boxes for words of the paper.

    Words that stand on one other page only are taken from there, which `note` is told. RecordError naming `where` when
    they stand nowhere, or not on `page` but on several others.
    """
    anchors = find_quotation(paper, quotation, page)
    if not anchors:
        elsewhere = quoted_pages(paper, quotation)
        if len(elsewhere) != 1:
            hint = _hint(paper, quotation, elsewhere)
            raise RecordError(f"{where}: {quotation!r} is not on page {page} of the paper; {hint}.")
        note(where, f"{quotation!r} is cited on page {page} and stands on page {elsewhere[0]}: it is taken from there.")
        anchors = find_quotation(paper, quotation, elsewhere[0])
    labels = {shown.number: shown.label for shown in paper.pages}
    label = labels.get(anchors[0].page)
    return Evidence(
        page=anchors[0].page,
        label=None if label == str(anchors[0].page) else label,
        quotation=quotation,
        boxes=tuple(anchor.box for anchor in anchors if anchor.page == anchors[0].page),
    )


def _hint(paper: Paper, quotation: str, elsewhere: tuple[int, ...]) -> str:
    if elsewhere:
        return f"it is on pages {', '.join(map(str, elsewhere))}: name the one that is meant"
    cut = cut_word(paper, quotation)
    if cut is None:
        return "copy the words exactly, or drop the value"
    return f"it begins or ends inside a word of page {cut[0]}, {cut[1]!r}: quote whole words, with their units"
