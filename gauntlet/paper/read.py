"""Reads a PDF that nobody vouches for: checks its first bytes, then parses it in a limited child process."""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from gauntlet.errors import PaperUnreadable
from gauntlet.paper.records import Paper
from gauntlet.settings import ReadLimits

HEADER_BYTES = 1024  # ISO 32000 readers accept the header within the first 1024 bytes
ATTEMPTS = 7  # each but the last may lose the drawings of a page, or the page
LEAST_SHARE = 0.25
"""Of the processor time for a page. Each attempt has half of what the one before had, until this: some monstrous pages
together take little more than two."""


@dataclass(frozen=True)
class _Outcome:
    code: int | None
    page: int | None
    cause: str


def read_paper(pdf: Path, run_dir: Path | None, limits: ReadLimits) -> Paper:
    """Everything that can be read from `pdf`; crops of figures go to `run_dir/figures` unless it is None.

    Raises PaperUnreadable with one line for: no such file, no PDF, empty, broken, encrypted, no pages, no text layer,
    or beyond the limits. A page that costs too much is read without its drawings, or left out, with a note; the others
    still come.
    """
    _check_file(pdf, limits)
    bare: dict[int, str] = {}
    skipped: dict[int, str] = {}
    deadline = time.monotonic() + limits.wall_s
    with tempfile.TemporaryDirectory(prefix="gauntlet-read-") as folder:
        answer = Path(folder) / "paper.json"
        for attempt in range(ATTEMPTS):
            share = max(LEAST_SHARE, 0.5**attempt)
            own = replace(limits, page_cpu_s=share * limits.page_cpu_s)
            outcome = _run_child(pdf, run_dir, answer, own, bare, skipped, deadline)
            if outcome.code == 0 and answer.exists():
                return _load(pdf, answer)
            if outcome.code == 3:
                raise PaperUnreadable(f"{pdf.name}: {outcome.cause}")
            if outcome.page is None or time.monotonic() >= deadline:
                break
            (skipped if outcome.page in bare else bare)[outcome.page] = outcome.cause
    place = f" at page {outcome.page}" if outcome.page else ""
    raise PaperUnreadable(
        f"{pdf.name}: reading was stopped{place}: {outcome.cause}; "
        "raise the limits if you trust the file, or save it again with another program."
    )


def _check_file(pdf: Path, limits: ReadLimits) -> None:
    try:
        size = pdf.stat().st_size
        with pdf.open("rb") as stream:
            head = stream.read(HEADER_BYTES)
    except OSError as error:
        raise PaperUnreadable(f"{pdf} cannot be opened ({error.strerror}); name an existing PDF file.") from None
    if size == 0:
        raise PaperUnreadable(f"{pdf.name} is empty (0 bytes); fetch the file again.")
    if b"%PDF-" not in head:
        kind = "an HTML page" if b"<html" in head.lower() or b"<!doctype" in head.lower() else "something else"
        raise PaperUnreadable(
            f"{pdf.name} is not a PDF: no %PDF- in its first {HEADER_BYTES} bytes ({kind}); give the PDF itself."
        )
    if size > limits.file_bytes:
        raise PaperUnreadable(
            f"{pdf.name} has {size} bytes, more than the limit of {limits.file_bytes}; raise file_bytes or split it."
        )


def _run_child(
    pdf: Path,
    run_dir: Path | None,
    answer: Path,
    limits: ReadLimits,
    bare: dict[int, str],
    skipped: dict[int, str],
    deadline: float,
) -> _Outcome:
    """One attempt, without the drawings of the pages `bare`. The child names each page so that it can be blamed."""
    task = {
        "pdf": str(pdf.resolve()),
        "figures": None if run_dir is None else str(run_dir.resolve() / "figures"),
        "answer": str(answer),
        "limits": asdict(limits),
        "bare": {str(page): cause for page, cause in bare.items()},
        "skip": {str(page): cause for page, cause in skipped.items()},
    }
    environment = {
        "PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path),
        "OPENBLAS_NUM_THREADS": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "gauntlet.paper.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=answer.parent,
    ) as child:
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps(task).encode())
            child.stdin.close()
        except BrokenPipeError:
            pass
        try:
            return _watch(child, limits, deadline)
        finally:
            child.kill()


def _watch(child: subprocess.Popen[bytes], limits: ReadLimits, deadline: float) -> _Outcome:
    """Follow the child's lines ('page 3', 'error ...') until it ends, a page takes too long, or time is up."""
    page: int | None = None
    cause = ""
    buffer = b""
    page_deadline = time.monotonic() + limits.page_wall_s
    assert child.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            now = time.monotonic()
            if now >= deadline:
                return _Outcome(None, page, f"it took longer than {limits.wall_s:g} s")
            if now >= page_deadline:
                return _Outcome(None, page, f"the page took longer than {limits.page_wall_s:g} s")
            if not selector.select(min(deadline, page_deadline) - now):
                continue
            chunk = os.read(child.stdout.fileno(), 65536)
            if not chunk:
                break
            buffer += chunk
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                word, _, rest = line.decode(errors="replace").partition(" ")
                if word == "page":
                    page, page_deadline = int(rest), time.monotonic() + limits.page_wall_s
                elif word == "end":
                    page, page_deadline = None, deadline
                elif word == "error":
                    cause = rest
    code = child.wait(timeout=10)
    if code not in (0, 3):
        cause = cause or _death(code, limits)
    return _Outcome(code, None if code == -signal.SIGXCPU else page, cause)  # the time of all pages blames none


def _death(code: int, limits: ReadLimits) -> str:
    if code == -signal.SIGPROF:
        return f"the page took more than {limits.page_cpu_s:g} s of processor time"
    if code == -signal.SIGXCPU:
        return f"it used more than {limits.cpu_s} s of processor time"
    if code < 0:
        return f"the parser crashed ({signal.Signals(-code).name}), perhaps at the limit of {limits.memory_bytes} bytes"
    return f"the parser ended with code {code} (memory limit {limits.memory_bytes} bytes)"


def _load(pdf: Path, answer: Path) -> Paper:
    try:
        return Paper.model_validate_json(answer.read_bytes())
    except ValidationError as error:
        raise PaperUnreadable(
            f"{pdf.name}: the parser's answer does not fit the records ({error.error_count()} places)."
        ) from None
