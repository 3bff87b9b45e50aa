"""What is odd about a file that is read all the same, and pages that show no words that can be read."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gauntlet.paper.skips import Unreadable

if TYPE_CHECKING:
    from gauntlet.paper.assemble import RawPage
    from gauntlet.paper.glyphs import PageText

MOST_UNKNOWN = 0.3  # of the characters without a letter
SLIDE_CHARACTERS = 1500
_BROKEN = re.compile(r"syntax error|zlib error|read error|stream Length incorrect")


def check_text(texts: "Sequence[PageText]") -> None:
    """Refuse a file whose pages show no words that can be read."""
    if any(text.tokens for text in texts):
        unknown, characters = sum(text.unknown for text in texts), sum(text.characters for text in texts)
        if unknown > MOST_UNKNOWN * characters:
            raise Unreadable(
                f"the fonts do not say which letters they show ({unknown} of {characters} characters); "
                "save it again with another program"
            )
        return
    if any(text.hidden for text in texts):
        raise Unreadable(
            "all its text is invisible (the text layer of a scan?), and nothing vouches that it says what the pages "
            "show; give a PDF whose text is visible"
        )
    raise Unreadable("it has no text layer (a scan?); give the PDF that was made from the text itself")


def seen(document: Any) -> Iterator[str]:
    """A note on a file that the parser had to mend."""
    if document.is_repaired:
        yield "the file is damaged: what could be found of it was read, pages and words may be missing"


def carried(document: Any) -> Iterator[str]:
    """Notes on what a file carries besides its pages. None of it is run or opened."""
    catalog = document.pdf_catalog()
    actions = {document.xref_get_key(catalog, key)[1] for key in ("OpenAction/S", "AA/WC/S", "AA/WS/S", "AA/WP/S")}
    if actions & {"/JavaScript", "/Launch"} or document.xref_get_key(catalog, "Names/JavaScript")[0] != "null":
        yield "the file carries a script or a program to start, which was not run"
    count = document.embfile_count()
    if count:
        yield f"the file carries {count} other file{'s' if count > 1 else ''}, not opened"


def slides(pages: "Sequence[RawPage]") -> Iterator[str]:
    """A note on slides."""
    wide = sum(page.width > 1.2 * page.height and page.text.characters < SLIDE_CHARACTERS for page in pages)
    if 2 * wide > len(pages):
        yield f"{wide} of {len(pages)} pages are wider than high and hold few words: slides rather than a paper"


def is_missing(document: Any, number: int) -> bool:
    """True for a page that the file counts but does not hold: the parser shows a blank one."""
    try:
        return bool(document.xref_object(document.page_xref(number - 1)) == "null")
    except Exception:  # no such number among the objects
        return True


def page_damage(number: int) -> list[str]:
    """A note on the page just read where its content breaks off or makes no sense; what the parser warned is reset."""
    import pymupdf as untyped

    pymupdf: Any = untyped
    if _BROKEN.search(pymupdf.TOOLS.mupdf_warnings()):
        return [f"page {number}: its content is damaged, words or drawings may be missing"]
    return []
