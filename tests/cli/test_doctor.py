"""The doctor names what is missing with the fix, and never a key."""

from importlib.metadata import PackageNotFoundError

import pytest

from gauntlet.cli import checks
from gauntlet.settings import Settings


def test_a_key_is_never_shown(call, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-secret")
    monkeypatch.setenv("GAUNTLET_MODEL", "some-model")
    result = call("doctor")
    assert "OPENAI_API_KEY: set" in result.stdout
    assert "some-model" in result.stdout
    assert "planted" not in result.stdout + result.stderr


def test_what_is_missing_comes_with_its_fix(call, monkeypatch, tmp_path):
    monkeypatch.setenv("GAUNTLET_PROMPTS", str(tmp_path / "gone"))
    result = call("doctor")
    assert result.exit_code == 2
    assert "missing  prompts:" in result.stdout
    assert "fix: unset GAUNTLET_PROMPTS" in result.stdout
    assert "fix: export GAUNTLET_MODEL" in result.stdout


@pytest.mark.parametrize(
    ("name", "version", "status"),
    [("pymupdf", "3.0.1", "missing"), ("pymupdf", "1.28.2", "ok"), ("numpy", None, "missing")],
)
def test_libraries(monkeypatch, name, version, status):
    def find(asked):
        if asked == name and version is None:
            raise PackageNotFoundError(asked)
        return version if asked == name else "2.0"

    monkeypatch.setattr(checks, "requires", lambda _: ["numpy>=2.0", "pymupdf>=1.28.2,<3", "ruff; extra == 'dev'"])
    found = {check.what: check for check in checks.check_libraries(find)}
    assert set(found) == {"numpy", "pymupdf"}
    assert found[name].status == status
    assert bool(found[name].fix) == (status == "missing")


def test_old_python_and_a_folder_that_takes_nothing(tmp_path):
    assert checks.check_python((3, 10, 9)).status == "missing"
    assert checks.check_python((3, 14, 0)).status == "ok"
    assert checks.check_writable(tmp_path).status == "ok"
    assert checks.check_writable(tmp_path / "gone").status == "missing"


def test_a_probe_without_a_model_says_what_to_set():
    check = checks.probe(Settings())
    assert check.status == "missing"
    assert "GAUNTLET_MODEL" in check.found
