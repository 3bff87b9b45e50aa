"""Hostile and hard PDF files, each made by code, with what reading it must come to.

`FILES` is the whole table. Some are tests; all run in `python -m benchmarks.reading hostile`.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gauntlet.paper.records import Paper
from tests.paper import hostile_bombs as bombs
from tests.paper import hostile_documents as documents
from tests.paper import hostile_pages as pages
from tests.paper import hostile_trees as trees
from tests.paper.hostile_book import AFTER, BEFORE, TEXT, book, words

EVERY = ("First", "Middle", "Last")
OTHERS = ("First", "Last")


@dataclass(frozen=True)
class Refused:
    """The file is refused in one line that matches `message`."""

    message: str

    def misses(self, outcome: Paper | str) -> list[str]:
        """What `outcome` lacks."""
        if isinstance(outcome, Paper):
            return [f"it was read; expected a refusal with {self.message!r}"]
        return [] if re.search(self.message, outcome) else [f"{outcome!r} does not say {self.message!r}"]


@dataclass(frozen=True)
class Read:
    """The file is read: the first word of each of its pages, and expressions that notes and hidden text match.

    `pages` is how many come through where their words do not matter; no note may come that is not expected.
    """

    starts: Sequence[str] = ()
    notes: Sequence[str] = ()
    hidden: frozenset[str] = frozenset()
    pages: int | None = None

    def misses(self, outcome: Paper | str) -> list[str]:
        """What `outcome` lacks."""
        if isinstance(outcome, str):
            return [f"it was refused: {outcome}"]
        found = []
        starts = tuple(page.words[0].text if page.words else "" for page in outcome.pages)
        if self.starts and starts != tuple(self.starts):
            found.append(f"pages start with {starts}, not {tuple(self.starts)}")
        if self.pages is not None and len(outcome.pages) != self.pages:
            found.append(f"{len(outcome.pages)} pages, not {self.pages}")
        found += [f"no note says {note!r}" for note in self.notes if not any(re.search(note, n) for n in outcome.notes)]
        extra = [note for note in outcome.notes if not any(re.search(known, note) for known in self.notes)]
        reasons = {text.reason for text in outcome.hidden}
        if reasons != self.hidden:
            found.append(f"hidden text is {sorted(reasons)}, not {sorted(self.hidden)}")
        return found + [f"note {note!r}" for note in extra]


@dataclass(frozen=True)
class HostileFile:
    """One file: its name, how it is made, and what must come of it (one of several ways where it may end so or so)."""

    name: str
    make: Callable[[], bytes]
    expected: Refused | Read | tuple[Refused | Read, ...]

    def misses(self, outcome: Paper | str) -> list[str]:
        """What `outcome` (a paper, or the message of its refusal) lacks; nothing if one way it may end fits."""
        ways = self.expected if isinstance(self.expected, tuple) else (self.expected,)
        found = [way.misses(outcome) for way in ways]
        return min(found, key=len)


SKIPPED = r"^page 2 was skipped"
TOO_SLOW = r"^page 2 was skipped: .*processor time"
REPAIRED = r"^the file is damaged"
DAMAGED_PAGE = r"^page \d+: its content is damaged"
LOST = (r"^page \d+ was skipped: it is missing", DAMAGED_PAGE)
BROKEN = r"is broken|no pages|no page could be read|no text layer"


def _random(count: int, head: bytes = b"") -> bytes:
    return head + random.Random(1).randbytes(count)


NO_PDF = [
    HostileFile("empty file", lambda: b"", Refused("empty")),
    HostileFile("HTML named pdf", lambda: b"<!DOCTYPE html><html><body>Hello</body></html>", Refused("an HTML page")),
    HostileFile(
        "HTML that names the magic bytes",
        lambda: b"<!DOCTYPE html><html><body>%PDF-1.4 Hello</body></html>",
        Refused(BROKEN),
    ),
    HostileFile("random bytes", lambda: _random(5000), Refused("not a PDF")),
    HostileFile("random bytes behind a header", lambda: _random(100_000, b"%PDF-1.7\n"), Refused(BROKEN)),
    HostileFile("header alone", lambda: b"%PDF-1.7\n", Refused(BROKEN)),
    HostileFile("header out of reach", lambda: b" " * 2000 + TEXT, Refused("not a PDF")),
]

DAMAGED = [
    *(
        HostileFile(
            f"truncated at {share} %",
            lambda share=share: documents.truncated(share / 100),
            (Refused(BROKEN), Read(notes=(REPAIRED, *LOST)), Read(notes=(REPAIRED, DAMAGED_PAGE))),
        )
        for share in (30, 50, 70, 90, 99)
    ),
    HostileFile("truncated at 1 %", lambda: documents.truncated(0.01), Refused(BROKEN)),
    HostileFile("bytes flipped", documents.flipped, (Refused(BROKEN), Read(notes=(REPAIRED, "was skipped")))),
    HostileFile("no cross-reference table", documents.without_xref, Read(EVERY, (REPAIRED,))),
    HostileFile(
        "a page that is not there", documents.missing_page, Read(OTHERS, ("^page 2 was skipped: it is missing",))
    ),
    HostileFile("broken content stream", pages.broken_stream, Read(("First", "", "Last"), (DAMAGED_PAGE,))),
    HostileFile("nonsense operators", pages.nonsense, Read(("First", "", "Last"), (DAMAGED_PAGE,))),
]

LOCKED = [
    HostileFile("encrypted with a password", lambda: documents.encrypted("secret"), Refused("encrypted")),
    HostileFile("encrypted with an empty password", lambda: documents.encrypted(""), Read(EVERY)),
    HostileFile("encrypted, RC4, empty password", lambda: documents.encrypted("", old=True), Read(EVERY)),
]

TREES = [
    HostileFile("no pages", trees.no_pages, Refused("no pages")),
    HostileFile("page tree that holds itself", trees.loop, Refused(BROKEN)),
    HostileFile("page tree in a ring", trees.ring, Refused(BROKEN)),
    HostileFile("1e8 pages by fan-out", trees.fan_out, Refused(f"{BROKEN}|more than the limit")),
    HostileFile("page tree 20,000 deep", lambda: trees.deep(20_000), (Refused(BROKEN), Read(("Deep",)))),
    HostileFile("a count that lies", trees.lying_count, (Refused(BROKEN), Read(("First", "Middle", "Last")))),
    HostileFile("more pages than the limit", trees.many_pages, Refused("401 pages, more than the limit of 400")),
    HostileFile("arrays a million deep", trees.deep_arrays, (Refused(BROKEN), Read(EVERY))),
    HostileFile("labels in a ring", trees.label_ring, Read(EVERY)),
    HostileFile("labels of 1e9 letters", trees.label_bomb, (Read(EVERY), Read(OTHERS, (SKIPPED,)))),
    HostileFile("bookmarks in a ring", trees.bookmark_ring, Read(EVERY)),
    HostileFile("cross-references in a ring", trees.xref_ring, Read(EVERY)),
    HostileFile("a length that is itself", trees.length_ring, Read(notes=(REPAIRED,))),
    HostileFile("1e9 cross-references", trees.xref_bomb, (Refused(BROKEN), Read(EVERY, (REPAIRED,)))),
    HostileFile("300,000 empty objects", trees.many_objects, Read(EVERY)),
]

BOMBS = [
    HostileFile("200 MB of blanks", lambda: bombs.blanks(200), Refused(BROKEN)),
    HostileFile("1 GB of blanks", lambda: bombs.blanks(1000), Refused(f"{BROKEN}|memory|stopped")),
    HostileFile("1 GB of blanks in 3 kB", bombs.double, Refused(f"{BROKEN}|memory|stopped")),
    HostileFile("bomb among pages", bombs.among_pages, (Read(OTHERS, (SKIPPED,)), Read(("First", "", "Last")))),
    HostileFile("one stream 100,000 times", bombs.repeated, Read(OTHERS, (SKIPPED,))),
    HostileFile("8 million letters on a page", bombs.letters, Read(OTHERS, (SKIPPED,))),
    HostileFile("image of 1e10 pixels", bombs.image, (Read(EVERY), Read(OTHERS, (SKIPPED,)))),
    HostileFile("font of 500 MB", bombs.font, (Read(EVERY), Read(OTHERS, (SKIPPED,)))),
    HostileFile("letters of a font of 500 MB", bombs.unicode_map, (Read(EVERY), Read(OTHERS, (SKIPPED,)))),
    HostileFile("objects in a 500 MB stream", bombs.objects, Refused(f"{BROKEN}|memory|stopped")),
]

PAGES = [
    HostileFile("300,000 lines on a page", lambda: pages.lines(300_000), Read(EVERY, ("^page 2: more than",))),
    HostileFile("60,000 lines on a page", lambda: pages.lines(59_000), Read(EVERY)),
    HostileFile("1e9 pt wide page", pages.huge, Read(OTHERS, (r"^page 2 was skipped: .*14400 pt",))),
    HostileFile("page of no size", pages.without_size, (Read(EVERY), Read(OTHERS, (SKIPPED,)))),
    HostileFile("page box of nonsense", pages.nonsense_box, (Read(EVERY), Read(OTHERS, (SKIPPED,)))),
    HostileFile("coordinates of 1e38", pages.far_out, Read(EVERY, hidden=frozenset({"off_page"}))),
    HostileFile("dashes of a millionth", pages.dashes, (Read(OTHERS, (TOO_SLOW,)), Read(EVERY))),
    HostileFile("pattern of tiny tiles", pages.tiles, (Read(OTHERS, (SKIPPED,)), Read(EVERY))),
    HostileFile("form that draws itself", pages.form_loop, Read(OTHERS, (SKIPPED,))),
    HostileFile("form drawn 1e10 times", pages.form_fan_out, Read(OTHERS, (SKIPPED,))),
    HostileFile("letter that draws itself", pages.letter_loop, Read(EVERY, (DAMAGED_PAGE,), frozenset({"invisible"}))),
    HostileFile("mask that masks itself", pages.mask_loop, Read(("First", "", "Last"), hidden=frozenset({"covered"}))),
    HostileFile("a million states saved", pages.saves, (Read(EVERY), Read(OTHERS, (SKIPPED,)))),
    HostileFile("letters 1e6 pt high", pages.huge_letters, (Read(EVERY), Read(EVERY, hidden=frozenset({"covered"})))),
    HostileFile("50,000 notes on a page", pages.annotations, Read(EVERY, ("^page 2: more than",))),
    HostileFile("three monstrous pages", pages.three_monsters, Read(OTHERS, ("^page [234] was skipped",))),
    *(
        HostileFile(f"page turned by {turn}", lambda turn=turn: pages.turned(turn), Read(EVERY))
        for turn in (90, 180, 270)
    ),
]

DOCUMENTS = [
    HostileFile("scan", documents.scan, Refused("no text layer")),
    HostileFile("scan with an invisible layer", documents.scan_with_layer, Refused("text is invisible")),
    HostileFile("slides", documents.slides, Read(notes=("^12 of 12 pages are wider",), pages=12)),
    HostileFile("thesis of 120 pages", lambda: documents.thesis(120), Read(pages=120)),
    HostileFile("thesis of 200 pages", lambda: documents.thesis(200), Read(pages=200)),
    HostileFile("JavaScript", documents.script, Read(EVERY, ("^the file carries a script",))),
    HostileFile("embedded file", documents.attachment, Read(EVERY, ("^the file carries 1 other file",))),
    HostileFile("program to launch", documents.launch, Read(EVERY, ("^the file carries a script",))),
    HostileFile("content in another file", documents.outside, Read(("First", "", "Last"))),
    HostileFile("names of half letters", documents.half_letters, Read(EVERY)),
    HostileFile("words in an error", documents.words_in_error, Read(EVERY, (DAMAGED_PAGE,))),
    HostileFile(
        "hidden text",
        documents.hidden,
        Read(EVERY, hidden=frozenset({"white", "tiny", "invisible", "off_page", "covered"})),
    ),
]

WHOLE = book([words(BEFORE), words("Middle page."), words(AFTER)])
FILES = [
    HostileFile("a good file of the same make", lambda: WHOLE, Read(EVERY)),
    *NO_PDF,
    *DAMAGED,
    *LOCKED,
    *TREES,
    *BOMBS,
    *PAGES,
    *DOCUMENTS,
]
