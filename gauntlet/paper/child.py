"""The limited process that parses one PDF: `python -m gauntlet.paper.child`, its task as JSON on standard input.

It says 'page N' on standard output as it starts a page, 'end' when only the assembling is left, and 'error WORDS' with
exit code 3 when the file cannot be read at all. The paper goes to the file that the task names.
"""

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from gauntlet.settings import ReadLimits


class Unreadable(Exception):
    """The file as a whole cannot be read; the message is for the user."""


def main() -> int:
    """Run the task on standard input."""
    task = json.load(sys.stdin)
    limits = ReadLimits(**task["limits"])
    _limit_process(limits)
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


def _limit_process(limits: ReadLimits) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000_000, 500_000_000))


def _read(task: dict[str, Any], limits: ReadLimits, report: Any) -> str:
    import hashlib

    import pymupdf as untyped

    pymupdf: Any = untyped
    pymupdf.set_messages(path=os.devnull)
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    from gauntlet.paper.assemble import assemble, read_page

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
    if not any(page.text.tokens for page in pages):
        raise Unreadable("it has no text layer (a scan?); run OCR on it first and give the result")
    figures = None if task["figures"] is None else Path(task["figures"])
    paper = assemble(
        document, hashlib.sha256(data).hexdigest(), pages, notes, figures, lambda n: report.write(f"page {n}\n")
    )
    report.write("end\n")
    return paper.model_dump_json()


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
