"""The project's own files: everything locked with hashes, and a wheel that carries its data."""

import re
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from gauntlet import __version__

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def unlocked(requirements: list[str], lock: str) -> list[str]:
    """Requirements that the lock file does not pin with at least one hash."""
    pinned = re.findall(r"(?m)^([A-Za-z0-9._-]+)==\S+.*(?:\\\n\s+--hash=sha256:[0-9a-f]{64})+", lock)
    names = {re.sub(r"[-_.]+", "-", name).lower() for name in pinned}
    return [text for text in requirements if re.split(r"[<>=~!\[ ;]", text)[0].lower().replace("_", "-") not in names]


def test_gf15_every_dependency_is_locked_with_a_hash():
    needed = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    assert unlocked(needed, LOCK) == []
    assert unlocked([*needed, "left-pad>=1"], LOCK) == ["left-pad>=1"]
    without_hashes = re.sub(r" \\\n\s+--hash=sha256:[0-9a-f]{64}", "", LOCK)
    assert "numpy>=2.0" in unlocked(needed, without_hashes)


def test_the_lock_file_records_no_addresses():
    assert "://" not in LOCK


def test_versions_agree():
    assert PROJECT["version"] == __version__


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    return zipfile.ZipFile(next(iter(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))))


def test_the_wheel_carries_prompts_registry_and_package_data(wheel):
    names = set(wheel.namelist())
    for path in (
        "gauntlet/_data/prompts/principles.jinja",
        "gauntlet/_data/hardware_registry/gpu/nvidia_hopper.json",
        "gauntlet/_data/hardware_registry/priors.yaml",
        "gauntlet/units.txt",
        "gauntlet/common_units.json",
        "gauntlet/verdict/policy.yaml",
        "gauntlet/report/page.html.jinja",
        "gauntlet/report/report.schema.json",
        "gauntlet/costs/cost_model.py.jinja",
        "gauntlet/batch/index.html.jinja",
    ):
        assert path in names
    assert not any(name.startswith(("tests/", "fixtures/", "benchmarks/")) for name in names)
    assert any(name.endswith("LICENSE") for name in names)
