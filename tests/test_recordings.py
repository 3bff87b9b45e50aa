"""The bundled sample papers, from PDF to verdict, with the recorded answers of a model that saw only the questions.

The intended verdicts are in `fixtures/truth`, written by the simulations that made the papers.
"""

import json
import warnings
from pathlib import Path

import pytest

from gauntlet.agents.exchanges import Exchanges
from gauntlet.evaluate import evaluate, judge
from gauntlet.settings import load_settings
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Exact

FIXTURES = Path(__file__).parent.parent / "fixtures"
SAMPLES = sorted(path.stem for path in (FIXTURES / "papers").glob("*.pdf"))
INTENDED = {
    "shared-queue": "CONSISTENT",
    "group-commit": "MAGIC_GAP",
    "decode-engine": "IMPOSSIBLE",
    "hedged-reads": "INCONCLUSIVE",
    "halving-allreduce": "UNDERPERFORMS",
}
SETTINGS = load_settings({}, samples=1000)


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("runs")
    return {name: folder / name for name in SAMPLES}


def verdict_of(name: str, runs: dict[str, Path]):
    if not (runs[name] / "verdict.json").exists():
        evaluate(FIXTURES / "papers" / f"{name}.pdf", runs[name], SETTINGS, "recorded")
    return json.loads((runs[name] / "verdict.json").read_text(encoding="utf-8"))


def test_every_sample_has_an_intended_verdict():
    assert set(SAMPLES) == set(INTENDED)
    for name in SAMPLES:
        truth = json.loads((FIXTURES / "truth" / f"{name}.json").read_text(encoding="utf-8"))
        assert INTENDED[name] in set(truth["verdicts"].values())


@pytest.mark.parametrize("name", SAMPLES)
def test_the_sample_gets_its_intended_verdict(name, runs):
    verdict = verdict_of(name, runs)
    assert verdict["label"] == INTENDED[name]
    ratios = {claim.id for claim in PaperSpec.load(runs[name] / "spec.json").claims if claim.relative_to}
    honest = [c for c in verdict["claims"] if c["mechanism_kind"] == "baseline" and c["claim"] not in ratios]
    assert honest
    assert not {"IMPOSSIBLE", "MAGIC_GAP"} & {claim["label"] for claim in honest}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_answers_are_recordings_and_every_quotation_is_found(name, runs):
    verdict_of(name, runs)
    run = json.loads((runs[name] / "run.json").read_text(encoding="utf-8"))
    assert run["origins"] == ["recorded"]
    stale = [e.step for e in Exchanges(runs[name]).all() if e.stale_prompt and e.step != "interpretation"]
    if (
        stale
    ):  # a prompt was changed since; the answers are still replayed, and marked (fewer samples change the last one)
        warnings.warn(f"{name}: answers to {', '.join(stale)} were recorded for earlier questions", stacklevel=1)
    spec = PaperSpec.load(runs[name] / "spec.json")
    assert spec.origin.kind == "recorded"
    assert spec.approval.status == "approved"
    for claim in spec.claims:
        for evidence in claim.evidence:
            assert evidence.boxes


def test_one_edited_variable_moves_the_verdict_as_arithmetic_says(runs):
    """The magic gap closes when the flush that limits the log is said to take half as long."""
    verdict_of("group-commit", runs)
    path = runs["group-commit"] / "spec.json"
    before, spec = path.read_bytes(), PaperSpec.load(path)
    (flush,) = (v for v in spec.variables if isinstance(v.value, Exact) and v.value.value == 62 and v.unit == "µs")
    faster = flush.model_copy(update={"value": Exact(value=31)})
    try:
        spec.model_copy(update={"variables": tuple(faster if v.id == flush.id else v for v in spec.variables)}).save(
            path
        )
        verdict = judge(runs["group-commit"], SETTINGS)
        proposed = [c for c in verdict.claims if c.mechanism_kind == "proposed" and len(c.points) > 5]
        assert proposed
        assert not any(claim.label == "MAGIC_GAP" for claim in proposed if "kops" in spec.metric(claim.metric).unit)
    finally:
        path.write_bytes(before)
