"""Files whose objects lead nowhere, into themselves, or to far too many others."""

from tests.paper.hostile_book import AFTER, BEFORE, TEXT, book, stream, words
from tests.paper.pdfs import FONT, assemble, page_loop

CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
THREE = [words(BEFORE), words("Middle page."), words(AFTER)]
loop = page_loop


def no_pages() -> bytes:
    return assemble([CATALOG, b"<< /Type /Pages /Kids [] /Count 0 >>"])


def ring() -> bytes:
    """Three nodes, each the child of the one before."""
    nodes = [
        b"<< /Type /Pages /Kids [%d 0 R] /Count 1 /Parent %d 0 R >>" % (3 + n % 3, 3 + (n + 1) % 3) for n in (1, 2, 3)
    ]
    return assemble([CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", *nodes])


def fan_out() -> bytes:
    """Eight levels of ten equal children: 1e8 pages in 2 kB."""
    levels = [
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join([b"%d 0 R" % (3 + level)] * 10), 10 ** (8 - level))
        for level in range(8)
    ]
    return assemble([CATALOG, *levels, b"<< /Type /Page /MediaBox [0 0 612 792] >>"])


def deep(levels: int) -> bytes:
    """Nodes with one child each, a page at the bottom."""
    nodes = [
        b"<< /Type /Pages /Kids [%d 0 R] /Count 1 %s >>" % (n + 3, b"/Parent %d 0 R" % (n + 1) if n else b"")
        for n in range(levels)
    ]
    page = (
        b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
        b"/Resources << /Font << /F %d 0 R >> >> >>"
    )
    number = levels + 2
    return assemble([CATALOG, *nodes, page % (number - 1, number + 1, number + 2), stream(words("Deep page.")), FONT])


def lying_count() -> bytes:
    return TEXT.replace(b"/Count 3", b"/Count 2147483647")


def many_pages() -> bytes:
    return book([words(f"Page {number}.") for number in range(1, 402)])


def deep_arrays() -> bytes:
    return book(THREE, own=[b"[" * 1_000_000 + b"]" * 1_000_000], catalog=b"/Names 4 0 R /Outlines 4 0 R")


def label_ring() -> bytes:
    return book(THREE, own=[b"<< /Kids [4 0 R 4 0 R] >>"], catalog=b"/PageLabels 4 0 R")


def label_bomb() -> bytes:
    """Labels in letters (a, b, ... aa, bb) and in Roman numerals that start at 2e9."""
    labels = b"<< /Nums [0 << /S /a /St 2000000000 >> 1 << /S /r /St 2000000000 >>] >>"
    return book(THREE, own=[labels], catalog=b"/PageLabels 4 0 R")


def bookmark_ring() -> bytes:
    own = [b"<< /First 5 0 R /Last 5 0 R /Count 1 >>", b"<< /Title (Again) /Next 5 0 R /First 5 0 R /Parent 4 0 R >>"]
    return book(THREE, own=own, catalog=b"/Outlines 4 0 R")


def xref_ring() -> bytes:
    """The table before this one is this one."""
    start = TEXT.rindex(b"xref\n0")
    return TEXT.replace(b"/Root 1 0 R >>", b"/Root 1 0 R /Prev %d >>" % start)


def length_ring() -> bytes:
    """Every stream is as long as an object that says so itself."""
    return book(THREE, own=[b"4 0 R"]).replace(b"<< /Length ", b"<< /Length 4 0 R /Said ")


def xref_bomb() -> bytes:
    return TEXT.replace(b"xref\n0 ", b"xref\n0 999999999\n0 ").replace(b"/Size ", b"/Size 999999999 /Said ")


def many_objects() -> bytes:
    return book(THREE, own=[b"<< >>"] * 300_000)
