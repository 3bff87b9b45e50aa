"""The limited process that parses one PDF: `python -m gauntlet.paper.child`, its task as JSON on standard input.

It says 'page N' on standard output as it starts a page, 'end' when only the assembling is left, and 'error WORDS' with
exit code 3 when the file cannot be read at all. The paper goes to the file that the task names.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from gauntlet.paper.sandbox import confine, limit_process, start_page
from gauntlet.settings import ReadLimits

MOST_UNKNOWN = 0.3  # of the characters without a letter
SLIDE_CHARACTERS = 1500


class Unreadable(Exception):
    """The file as a whole cannot be read; the message is for the user."""


def main() -> int:
    """Run the task on standard input."""
    task = json.load(sys.stdin)
    limits = ReadLimits(**task["limits"])
    limit_process(limits)
    report = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints must not reach the parent
    try:
        paper = _read(task, limits, report)
    except Unreadable as error:
        report.write(f"error {error}\n")
        return 3
    except MemoryError:
        report.write(f"error it needs more than {limits.memory_bytes} bytes of memory\n")
        return 4
    Path(task["answer"]).write_text(paper, encoding="utf-8")
    return 0


def _read(task: dict[str, Any], limits: ReadLimits, report: Any) -> str:
    import hashlib

    import pymupdf as untyped

    pymupdf: Any = untyped
    pymupdf.set_messages(path=os.devnull)
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    from gauntlet.paper.assemble import assemble, read_page

    figures = None if task["figures"] is None else Path(task["figures"])
    confine([Path(task["answer"]).parent] + ([] if figures is None else [figures.parent]))
    data = Path(task["pdf"]).read_bytes()
    document = _open(pymupdf, data, limits)
    skip = {int(page): cause for page, cause in task["skip"].items()}
    pages, notes = [], []
    for index in range(document.page_count):
        number = index + 1
        report.write(f"page {number}\n")
        if number in skip:
            notes.append(f"page {number} was skipped: {skip[number]}")
            continue
        start_page(limits)
        try:
            pages.append(read_page(document, number, limits, notes))
        except MemoryError:
            notes.append(
                f"page {number} was skipped: it needs more memory than the limit of {limits.memory_bytes} bytes"
            )
        except Exception as error:  # whatever one page breaks, the others still come
            notes.append(f"page {number} was skipped: {' '.join(str(error).split())[:200] or type(error).__name__}")
    if not pages:
        raise Unreadable(f"no page could be read ({notes[0] if notes else 'no pages'})")
    _check_text(pages)
    notes += _oddities(pages)

    def progress(number: int) -> None:
        report.write(f"page {number}\n")
        start_page(limits)

    paper = assemble(document, hashlib.sha256(data).hexdigest(), pages, notes, figures, progress)
    report.write("end\n")
    return paper.model_dump_json()


def _check_text(pages: list[Any]) -> None:
    """Refuse a file whose pages show no words that can be read."""
    if any(page.text.tokens for page in pages):
        unknown, characters = sum(page.text.unknown for page in pages), sum(page.text.characters for page in pages)
        if unknown > MOST_UNKNOWN * characters:
            raise Unreadable(
                f"the fonts do not say which letters they show ({unknown} of {characters} characters); "
                "save it again with another program"
            )
        return
    if any(page.text.hidden for page in pages):
        raise Unreadable(
            "all its text is invisible (the text layer of a scan?), and nothing vouches that it says what the pages "
            "show; give a PDF whose text is visible"
        )
    raise Unreadable("it has no text layer (a scan?); give the PDF that was made from the text itself")


def _oddities(pages: list[Any]) -> list[str]:
    """Notes on a file that is read, but is hardly a paper."""
    wide = sum(page.width > 1.2 * page.height and page.text.characters < SLIDE_CHARACTERS for page in pages)
    if 2 * wide > len(pages):
        return [f"{wide} of {len(pages)} pages are wider than high and hold few words: slides rather than a paper"]
    return []


def _open(pymupdf: Any, data: bytes, limits: ReadLimits) -> Any:
    try:
        document = pymupdf.open(stream=data, filetype="pdf")
        encrypted = document.needs_pass
        count = 0 if encrypted else document.page_count
    except MemoryError:
        raise
    except Exception as error:
        raise Unreadable(
            f"the PDF is broken ({' '.join(str(error).split())[:120]}); fetch it again or repair it"
        ) from None
    if encrypted:
        raise Unreadable("it is encrypted with a password; save an unencrypted copy and give that")
    if not document.is_pdf:
        raise Unreadable("it is not a PDF inside; give the PDF itself")
    if count == 0:
        raise Unreadable("it has no pages; fetch it again")
    if count > limits.pages:
        raise Unreadable(
            f"it has {count} pages, more than the limit of {limits.pages}; give a part of it or raise the limit"
        )
    return document


if __name__ == "__main__":
    sys.exit(main())
