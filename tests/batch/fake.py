"""An evaluator that does what the first words of the 'paper' say, for tests of the batch around it."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from gauntlet.errors import AnswerPending, ModelError, ModelUnavailable, PaperUnreadable
from gauntlet.records import write_atomically
from gauntlet.settings import Settings
from gauntlet.verdict.records import ClaimVerdict, Coverage, Label, Verdict

EVALUATOR = "tests.batch.fake:evaluate"
ERRORS = {"unreadable": PaperUnreadable, "unavailable": ModelUnavailable, "pending": AnswerPending, "odd": ModelError}


def evaluate(
    pdf: Path, run_dir: Path, settings: Settings, llm: str | None, wait_s: float, progress: Callable[[str], None]
) -> Verdict:
    sha256 = run_dir.name
    word, _, rest = pdf.read_text(encoding="utf-8").partition(" ")
    progress(f"told to {word}")
    with (run_dir / "calls").open("a", encoding="utf-8") as calls:
        calls.write("x")
    if word == "until":  # until <file> exists, the model cannot be reached
        word = "CONSISTENT" if Path(rest.split()[0]).exists() else "unavailable"
    if word == "sleep":
        time.sleep(float(rest.split()[0]))
        word = "CONSISTENT"
    if word == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "exit":
        os._exit(7)
    if word == "bug":
        raise ZeroDivisionError("planted")
    if word == "noisy":
        sys.stdout.write("a library talks on stdout\n")
        word = "CONSISTENT"
    if word in ERRORS:
        raise ERRORS[word](f"planted: {word}")
    assert word in get_args(Label)
    verdict = made_verdict(sha256, pdf.stem, word)
    verdict.save(run_dir / "verdict.json")
    write_atomically(run_dir / "report.html", "<p>report</p>")
    return verdict


def made_verdict(sha256: str, title: str, label: Label) -> Verdict:
    claim = ClaimVerdict(
        claim="claim_1", statement=f"{title} is 3x faster", mechanism="new", mechanism_kind="proposed",
        metric="throughput", label=label, gap=2.5, gap_low=2.0, gap_high=3.0, region="at and above load = 4",
        reasons=("planted",),
    )  # fmt: skip
    return Verdict(
        tool_version="0", paper_sha256=sha256, title=title, label=label, summary=f"{label} planted", claims=(claim,),
        baselines=(), findings=(), coverage=Coverage(claims=2, judged=1, not_judged=("claim_2 has no points",)),
        samples=10, seed=1,
    )  # fmt: skip
