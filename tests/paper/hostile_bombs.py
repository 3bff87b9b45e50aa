"""Small files that unpack to more than a machine holds."""

import zlib

from tests.paper.hostile_book import AFTER, BEFORE, among, book, packed, stream, words
from tests.paper.pdfs import flate_bomb

blanks = flate_bomb
MEGABYTE = 1_000_000
TWICE = b"/Filter [/FlateDecode /FlateDecode] "


def _deflated(megabytes: int, piece: bytes = b" " * MEGABYTE, head: bytes = b"", tail: bytes = b"") -> bytes:
    packer = zlib.compressobj(9)
    parts = [packer.compress(head), *(packer.compress(piece) for _ in range(megabytes)), packer.compress(tail)]
    return b"".join([*parts, packer.flush()])


def double() -> bytes:
    """Blanks that were compressed twice."""
    return book([stream(zlib.compress(_deflated(1000), 9), TWICE)])


def among_pages() -> bytes:
    """The bomb is one page of three."""
    return book([words(BEFORE), stream(zlib.compress(_deflated(1000), 9), TWICE), words(AFTER)])


def repeated() -> bytes:
    """A page whose content is one stream of text, 100,000 times."""
    line = packed(words("Again and again the same words. " * 20))
    page = b"/MediaBox [0 0 612 792] /Contents [%s]" % (b"4 0 R " * 100_000)
    return among(b"", own=[line], page=page)


def letters() -> bytes:
    """Eight million letters in one stream."""
    line = words("abcdefgh " * 100, size=5)
    return among(packed((line + b"\n") * 9000))


def image() -> bytes:
    """An image of 100,000 x 100,000 pixels, all white."""
    picture = stream(
        zlib.compress(_deflated(1250, b"\xff" * MEGABYTE), 9),
        TWICE
        + b"/Type /XObject /Subtype /Image /Width 100000 /Height 100000 /BitsPerComponent 1 /ColorSpace /DeviceGray",
    )
    return among(b"q 400 0 0 400 100 100 cm /I Do Q", own=[picture], resources=b"/XObject << /I 4 0 R >>")


def font() -> bytes:
    """An embedded font of 500 MB of zeros."""
    data = stream(zlib.compress(_deflated(500, bytes(MEGABYTE)), 9), TWICE + b"/Subtype /OpenType")
    return among(_in_own_font(), own=[_own_font(b"/FontDescriptor 5 0 R"), _descriptor(), data], resources=b"%font")


def unicode_map() -> bytes:
    """A table of 500 MB that says which letters a font shows."""
    head = b"/CIDInit /ProcSet findresource begin begincmap\n"
    data = stream(zlib.compress(_deflated(500, b"1 beginbfchar <41> <0041> endbfchar\n" * 27_000, head), 9), TWICE)
    return among(_in_own_font(), own=[_own_font(b"/ToUnicode 5 0 R"), data], resources=b"%font")


def _in_own_font() -> bytes:
    return b"BT /B 11 Tf 72 650 Td (ABC) Tj ET"


def _own_font(entries: bytes) -> bytes:
    return (
        b"<< /Type /Font /Subtype /TrueType /BaseFont /Own /FirstChar 65 /LastChar 67 /Widths [500 500 500] "
        b"/Encoding /WinAnsiEncoding %s >>" % entries
    )


def _descriptor() -> bytes:
    return (
        b"<< /Type /FontDescriptor /FontName /Own /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 "
        b"/Descent -200 /CapHeight 700 /StemV 80 /FontFile3 6 0 R >>"
    )


def objects() -> bytes:
    """A file whose objects lie in a stream of 500 MB, found by a cross-reference stream."""
    body = b"1 0 2 40 " + b"<< /Type /Catalog /Pages 2 0 R >>       << /Type /Pages /Kids [] /Count 0 >>"
    inside = stream(zlib.compress(_deflated(500, head=body), 9), TWICE + b"/Type /ObjStm /N 2 /First 9")
    out = b"%PDF-1.5\n3 0 obj\n" + inside + b"\nendobj\n"
    rows = bytes([0, 0, 0, 0, 0, 255, 2, 0, 0, 0, 3, 0, 2, 0, 0, 0, 3, 1, 1, 0, 0, 0, 9, 0])
    rows += bytes([1]) + len(out).to_bytes(4, "big") + bytes([0])
    table = stream(rows, b"/Type /XRef /Size 5 /W [1 4 1] /Root 1 0 R")
    return out + b"4 0 obj\n" + table + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(out)
