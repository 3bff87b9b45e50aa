from collections.abc import Callable
from pathlib import Path

import pytest

from gauntlet.batch.papers import find_papers
from gauntlet.batch.run import BatchResult, Tick, run_batch
from gauntlet.batch.workers import Plan
from gauntlet.settings import Settings
from tests.batch.fake import EVALUATOR

Run = Callable[..., BatchResult]


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "papers"
    made.mkdir()
    return made


@pytest.fixture
def write(folder) -> Callable[..., None]:
    """Writes papers: name -> what the fake evaluator is told."""

    def write(**papers: str) -> None:
        for name, words in papers.items():
            (folder / f"{name}.pdf").write_text(f"{words} {name}", encoding="utf-8")

    return write


@pytest.fixture
def run(folder, tmp_path, monkeypatch) -> Run:
    """Runs the batch on `folder` with the fake evaluator into tmp_path/out."""
    monkeypatch.chdir(Path(__file__).parent.parent.parent)  # so that workers find the fake
    monkeypatch.setattr("gauntlet.batch.run.journal_key", lambda plan: str(plan.llm))  # tested by itself

    def run(ticks: list[Tick] | None = None, **changes: object) -> BatchResult:
        settings = Settings(model="m", base_url="http://localhost:1/v1")
        plan = Plan(settings, **({"evaluator": EVALUATOR, "jobs": 2} | changes))
        return run_batch(find_papers(folder), tmp_path / "out", plan, (ticks if ticks is not None else []).append)

    return run
