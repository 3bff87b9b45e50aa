"""Pages that cost more than they show, between two that are sound."""

from tests.paper.hostile_book import AFTER, BEFORE, among, book, packed, stream, words

FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] "


def lines(count: int) -> bytes:
    """Short strokes all over the page."""
    strokes = (
        b"%d %d m %d %d l S" % (n * 7 % 600, n * 13 % 780, n * 7 % 600 + n % 9, n * 13 % 780 + n % 7)
        for n in range(count)
    )
    return among(words("Middle page.") + b"\n" + b"\n".join(strokes))


def broken_stream() -> bytes:
    """A compressed stream that breaks off at once."""
    return book([words(BEFORE), stream(b"x\x9c\x00\xff\xff\x00" * 50, b"/Filter /FlateDecode"), words(AFTER)])


def nonsense() -> bytes:
    return book([words(BEFORE), b"( >> ]] frob nicate 1 2 /X Do BT ET Q Q Q [ << ( \\", words(AFTER)])


def huge() -> bytes:
    return among(b"", page=b"/MediaBox [0 0 1000000000 1000000000]")


def without_size() -> bytes:
    return among(b"", page=b"/MediaBox [100 100 100 100]")


def nonsense_box() -> bytes:
    return among(b"", page=b"/MediaBox [/a (b) null -1e99] /CropBox [1e30 nan 5] /UserUnit 1e20")


def far_out() -> bytes:
    """A path and a word that lie beyond what a number holds."""
    far, beyond = b"1" + b"0" * 38, b"9" * 300
    drawn = b"%s %s m -%s -%s l S %s %s %s %s re f %s 0 m 5 5 l S\n" % (*[far] * 4, *[beyond] * 4, far)
    return among(drawn + b"BT /F 11 Tf %s 0 Td (Off) Tj ET" % far)


def dashes() -> bytes:
    return among(b"[0.000001] 0 d 0.5 w " + b" ".join(b"10 %d m 600 %d l S" % (y, y) for y in range(10, 780, 5)))


def tiles() -> bytes:
    """A pattern of tiles of a thousandth of a point over the whole page."""
    tile = stream(
        b"0 0 0.0005 0.0005 re f",
        b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 0.001 0.001] /XStep 0.001 /YStep 0.001 "
        b"/Resources << >>",
    )
    fill = b"/Pattern cs /P scn 0 0 612 792 re f"
    return among(fill, own=[tile], resources=b"/Pattern << /P 4 0 R >>")


def form_loop() -> bytes:
    form = stream(b"0 0 5 5 re f /X Do", FORM + b"/Resources << /XObject << /X 4 0 R >> >>")
    return among(b"/X Do", own=[form], resources=b"/XObject << /X 4 0 R >>")


def form_fan_out() -> bytes:
    """Ten levels of forms, each drawn ten times by the one above."""
    forms = [
        stream(b"/X Do " * 10, FORM + b"/Resources << /XObject << /X %d 0 R >> >>" % (5 + level)) for level in range(10)
    ]
    return among(b"/X Do", own=[*forms, stream(b"0 0 5 5 re f", FORM)], resources=b"/XObject << /X 4 0 R >>")


def letter_loop() -> bytes:
    """A letter of a drawn font that is drawn with itself."""
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0] "
        b"/CharProcs << /A 5 0 R >> /Encoding << /Differences [65 /A] >> /FirstChar 65 /LastChar 65 /Widths [900] "
        b"/Resources << /Font << /B 4 0 R >> >> >>"
    )
    letter = stream(b"900 0 d0 BT /B 500 Tf (AAAAAAAAAA) Tj ET 0 0 500 500 re f")
    return among(b"BT /B 20 Tf 72 650 Td (AAAA) Tj ET", own=[font, letter], resources=b"%font")


def mask_loop() -> bytes:
    """A soft mask whose own drawing is masked by it."""
    state = b"<< /Type /ExtGState /SMask << /Type /Mask /S /Luminosity /G 5 0 R >> >>"
    group = stream(
        b"/S gs 1 g 0 0 612 792 re f",
        FORM + b"/Group << /S /Transparency /CS /DeviceGray >> /Resources << /ExtGState << /S 4 0 R >> >>",
    )
    return among(b"/S gs 0 0 100 100 re f", own=[state, group], resources=b"/ExtGState << /S 4 0 R >>")


def saves() -> bytes:
    return among(packed(words("Middle page.") + b"\n" + b"q " * 1_000_000))


def huge_letters() -> bytes:
    return among(b"BT /F 1000000 Tf 0 0 Td (Immense) Tj ET")


def annotations() -> bytes:
    notes = b" ".join([b"<< /Type /Annot /Subtype /Text /Rect [9 9 20 20] /Contents (Note) >>"] * 50_000)
    return among(b"", page=b"/MediaBox [0 0 612 792] /Annots [%s]" % notes)


def three_monsters() -> bytes:
    """Three pages in a row that take for ever, one after the other told by the page that they stop at."""
    forms = [
        stream(b"/X Do " * 10, FORM + b"/Resources << /XObject << /X %d 0 R >> >>" % (5 + level)) for level in range(10)
    ]
    contents = [words(BEFORE), *[words("Middle page.") + b" /X Do"] * 3, words(AFTER)]
    return book(contents, [*forms, stream(b"0 0 5 5 re f", FORM)], b"/XObject << /X 4 0 R >>")


def turned(degrees: int) -> bytes:
    """A page that is shown turned, and written so that it reads upright then."""
    matrix = {90: b"0 1 -1 0 612 0", 180: b"-1 0 0 -1 612 792", 270: b"0 -1 1 0 0 792"}[degrees]
    upright = b"q %s cm %s Q" % (matrix, words("Middle page.", 72, 500))
    page = b"/MediaBox [0 0 612 792] /Rotate %d" % degrees
    return book([words(BEFORE), upright, words(AFTER)], pages={1: page})
