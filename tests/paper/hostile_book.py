"""The plain PDF that hostile files are made from: a few pages of words, with objects of one's own."""

import zlib
from collections.abc import Sequence

from tests.paper.pdfs import FONT, assemble

BEFORE, AFTER = "First page.", "Last page."
OWN = 4  # the number of the first object of one's own
BOX = b"/MediaBox [0 0 612 792]"


def words(text: str, x: float = 72, y: float = 700, size: float = 11) -> bytes:
    """Content of one line of text."""
    return b"BT /F %g Tf %g %g Td (%s) Tj ET" % (size, x, y, text.encode("latin-1"))


def stream(data: bytes, entries: bytes = b"", length: int | None = None) -> bytes:
    """A stream object."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data) if length is None else length, entries, data)


def packed(data: bytes, entries: bytes = b"") -> bytes:
    """A compressed stream object."""
    return stream(zlib.compress(data, 9), b"/Filter /FlateDecode " + entries)


def book(
    contents: Sequence[bytes],
    own: Sequence[bytes] = (),
    resources: bytes = b"",
    catalog: bytes = b"",
    pages: dict[int, bytes] | None = None,
) -> bytes:
    """A PDF with a page per content: a stream object, or bytes that become one.

    `own` are objects from number OWN on, which `resources` and `catalog` may name; `pages` holds entries of single
    pages (from 0) in place of the usual box. Only the middle page has the resources where there are three pages.
    """
    first = OWN + len(own)
    kids = b" ".join(b"%d 0 R" % (first + 2 * index) for index in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(contents)),
        FONT,
        *own,
    ]
    for index, content in enumerate(contents):
        entries = (pages or {}).get(index, BOX)
        usable = resources if len(contents) != 3 or index == 1 else b""
        place = b"" if b"/Contents [" in entries else b"/Contents %d 0 R" % (first + 2 * index + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R %s %s /Resources << /Font << /F 3 0 R %s >> %s >> >>"
            % (entries, place, b"/B 4 0 R" if b"%font" in usable else b"", usable.replace(b"%font", b""))
        )
        objects.append(content if content.startswith(b"<<") else stream(content))
    return assemble(objects)


def among(content: bytes, own: Sequence[bytes] = (), resources: bytes = b"", page: bytes = BOX) -> bytes:
    """Three pages, the hostile one in the middle; it says 'Middle page.' before anything else if it is read."""
    opening = b"" if content.startswith(b"<<") else words("Middle page.") + b"\n"
    return book([words(BEFORE), opening + content, words(AFTER)], own, resources, pages={1: page})


TEXT = book([words(BEFORE), words("Middle page."), words(AFTER)])
