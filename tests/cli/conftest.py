from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gauntlet.cli.app import app

Call = Callable[..., Result]


@pytest.fixture
def call(monkeypatch) -> Call:
    """Runs a command in this process, without settings of whoever runs the tests."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("MODEL", "PROMPTS", "REGISTRY", "RECORDINGS", "SAMPLES", "SEED"):
        monkeypatch.delenv(f"GAUNTLET_{name}", raising=False)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words], prog_name="gauntlet")


@pytest.fixture
def pdf(tmp_path) -> Path:
    path = tmp_path / "paper.pdf"
    path.write_text("MAGIC_GAP paper")
    return path
