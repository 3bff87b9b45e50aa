"""The limited process that parses one PDF: `python -m gauntlet.paper.child`, its task as JSON on standard input.

It says 'page N' on standard output as it starts a page, 'end' when it works on all of them together, and 'error WORDS'
with exit code 3 when the file cannot be read at all. The paper goes to the file that the task names.
"""

import hashlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from gauntlet.paper.oddities import carried, check_text, is_missing, page_damage, seen, slides
from gauntlet.paper.records import Paper
from gauntlet.paper.sandbox import confine, limit_process, start_page
from gauntlet.paper.skips import Unreadable, cause_of, is_memory
from gauntlet.settings import ReadLimits


def main() -> int:
    """Run the task on standard input."""
    task = json.load(sys.stdin)
    limits = ReadLimits(**task["limits"])
    limit_process(limits)
    report = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints must not reach the parent
    try:
        paper = _read(task, limits, report).model_dump_json()
    except Unreadable as error:
        report.write(f"error {error}\n")
        return 3
    except MemoryError:
        report.write(f"error it needs more than {limits.memory_bytes} bytes of memory\n")
        return 4
    Path(task["answer"]).write_text(paper, encoding="utf-8")
    return 0


def _read(task: dict[str, Any], limits: ReadLimits, report: TextIO) -> Paper:
    import pymupdf as untyped

    from gauntlet.paper.assemble import assemble  # imported before `confine`, which lets nothing compiled be written

    pymupdf: Any = untyped
    pymupdf.set_messages(path=os.devnull)
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    figures = None if task["figures"] is None else Path(task["figures"])
    confine([Path(task["answer"]).parent] + ([] if figures is None else [figures.parent]))
    data = Path(task["pdf"]).read_bytes()
    document = _open(pymupdf, data, limits)
    pages, notes = _pages(document, task, limits, report)
    if not pages:
        raise Unreadable(f"no page could be read ({notes[0] if notes else 'no pages'})")
    check_text([page.text for page in pages])
    notes = [*seen(document), *carried(document), *slides(pages), *notes]

    def progress(number: int | None) -> None:
        report.write("end\n" if number is None else f"page {number}\n")
        start_page(None if number is None else limits)

    return assemble(document, hashlib.sha256(data).hexdigest(), pages, notes, figures, progress)


def _pages(document: Any, task: dict[str, Any], limits: ReadLimits, report: TextIO) -> tuple[list[Any], list[str]]:
    """The pages that can be read, and notes on what is missing."""
    pages, notes = [], []
    for number in range(1, document.page_count + 1):
        report.write(f"page {number}\n")
        cause = task["skip"].get(str(number))
        if cause is None and is_missing(document, number):
            cause = "it is missing from the file"
        if cause is not None:
            notes.append(f"page {number} was skipped: {cause}")
            continue
        page = _page(document, number, task["bare"].get(str(number)), limits, notes)
        damage = page_damage(number)
        if page is not None:
            pages.append(page)
            notes += damage
    return pages, notes


def _page(document: Any, number: int, trouble: str | None, limits: ReadLimits, notes: list[str]) -> Any:
    """One page; after `trouble` or an error its words without its drawings; None where these cannot be read either."""
    from gauntlet.paper.assemble import read_page

    for bare in (False, True):
        if trouble is not None and not bare:
            continue
        start_page(limits)
        try:
            page = read_page(document, number, replace(limits, paths_per_page=0) if bare else limits, notes)
        except Exception as error:  # whatever one page breaks, the others still come
            trouble = cause_of(error, limits)
            continue
        if bare:
            notes.append(f"page {number}: its drawings were not read: {trouble}")
        return page
    notes.append(f"page {number} was skipped: {trouble}")
    return None


def _open(pymupdf: Any, data: bytes, limits: ReadLimits) -> Any:
    try:
        document = pymupdf.open(stream=data, filetype="pdf")
        encrypted = document.needs_pass
        count = 0 if encrypted else document.page_count
    except Exception as error:
        if is_memory(error):
            raise MemoryError from None
        words = " ".join(str(error).split())[:120]
        raise Unreadable(f"the PDF is broken ({words}); fetch it again or repair it") from None
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
