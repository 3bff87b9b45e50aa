"""PDF files made on the spot, good ones and hostile ones."""

import io
import zlib
from collections.abc import Iterable
from pathlib import Path

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def raw_pdf(contents: Iterable[bytes], filters: bytes = b"", media: bytes = b"0 0 612 792") -> bytes:
    """A PDF with one page per content stream; `filters` is put into each stream's dictionary as it is."""
    streams = list(contents)
    kids = b" ".join(b"%d 0 R" % (4 + 2 * index) for index in range(len(streams)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(streams)),
        FONT,
    ]
    for index, stream in enumerate(streams):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents %d 0 R /Resources << /Font << /F 3 0 R >> >> >>"
            % (media, 5 + 2 * index)
        )
        objects.append(b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(stream), filters, stream))
    return assemble(objects)


def assemble(objects: list[bytes]) -> bytes:
    """Objects numbered from 1 with cross-reference table and trailer."""
    out = io.BytesIO()
    out.write(b"%PDF-1.5\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def words_page(text: str = "A visible sentence stands on this page.") -> bytes:
    """Content of a page with one line of text."""
    return b"BT /F 11 Tf 72 700 Td (%s) Tj ET" % text.encode("latin-1")


def flate_bomb(megabytes: int) -> bytes:
    """A page whose content stream is `megabytes` MB of blanks, compressed."""
    packer = zlib.compressobj(6)
    parts = [packer.compress(b" " * 1_000_000) for _ in range(megabytes)]
    return raw_pdf([b"".join([*parts, packer.flush()])], b"/Filter /FlateDecode")


def page_loop() -> bytes:
    """A page tree that contains itself."""
    return assemble([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"])


def save(folder: Path, data: bytes, name: str = "paper.pdf") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def set_page(
    words: Iterable[tuple[float, float, str]], rules: Iterable[tuple[float, float, float, float]] = ()
) -> bytes:
    """Content of a page with words at their places, 9 pt, and straight strokes; y counts downwards from the top."""
    parts = [b"BT /F 9 Tf 1 0 0 1 %.2f %.2f Tm (%s) Tj ET" % (x, 792 - y, _escaped(text)) for x, y, text in words]
    parts += [b"0.5 w %.2f %.2f m %.2f %.2f l S" % (x0, 792 - y0, x1, 792 - y1) for x0, y0, x1, y1 in rules]
    return b"\n".join(parts)


def _escaped(text: str) -> bytes:
    return text.encode("latin-1").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
