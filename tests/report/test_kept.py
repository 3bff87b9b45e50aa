"""Pictures are drawn again where they would differ, and only there."""

import json
from pathlib import Path

import pytest

from gauntlet.report import kept
from tests.costs import example
from tests.report.cases import written


@pytest.fixture
def counted(monkeypatch):
    """Ids of the claims that were drawn, in order."""
    drawn: list[str] = []
    render = kept.render_claims

    def counting(drawings):
        drawn.extend(claim.id for claim, *_ in drawings)
        return render(drawings)

    monkeypatch.setattr(kept, "render_claims", counting)
    return drawn


def _files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_the_same_report_is_drawn_once_and_has_the_same_bytes(counted, tmp_path):
    written(tmp_path)
    first, before = list(counted), _files(tmp_path)
    assert first
    written(tmp_path)
    assert counted == first
    assert _files(tmp_path) == before


def test_only_the_claim_that_changed_is_drawn_again(counted, tmp_path):
    written(tmp_path)
    counted.clear()
    spec = example.spec(0.7)
    claims = tuple(
        claim.model_copy(update={"statement": "Another one"}) if claim.id == "shared_curve" else claim
        for claim in spec.claims
    )
    written(tmp_path, spec.model_copy(update={"claims": claims}))
    assert counted == ["shared_curve"]


def test_a_picture_that_was_touched_or_lost_is_drawn_again(counted, tmp_path):
    written(tmp_path)
    names = [path.stem for path in sorted((tmp_path / "plots").glob("*.svg"))]
    before = _files(tmp_path)
    counted.clear()
    (tmp_path / "plots" / f"{names[0]}.svg").write_bytes(b"<svg/>")
    (tmp_path / "plots" / f"{names[1]}.png").unlink()
    written(tmp_path)
    assert sorted(counted) == names[:2]
    assert _files(tmp_path) == before


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"shared_curve": 7}'])
def test_a_broken_list_costs_time_and_nothing_else(counted, tmp_path, content):
    written(tmp_path)
    drawn = list(counted)
    counted.clear()
    (tmp_path / "plots" / "drawn.json").write_text(content)
    written(tmp_path)
    assert counted == drawn
    assert set(json.loads((tmp_path / "plots" / "drawn.json").read_text())) == set(drawn)


def test_other_code_draws_everything_anew(counted, tmp_path, monkeypatch):
    written(tmp_path)
    drawn = list(counted)
    counted.clear()
    monkeypatch.setattr(kept, "_drawn_by", lambda: b"other code")
    written(tmp_path)
    assert counted == drawn
