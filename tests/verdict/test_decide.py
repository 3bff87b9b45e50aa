import subprocess
import sys

from gauntlet.specs.claims import Claim
from gauntlet.verdict.records import Verdict
from tests.costs import example
from tests.verdict.cases import tight, verdict_of, with_claims

_AGAIN = """
import sys
from gauntlet.verdict.decide import decide
from gauntlet.verdict.predict import predict
from tests.costs import example
spec, model = example.spec(0.8), example.model()
sys.stdout.write(decide(spec, model, predict(spec, model, 300, 7)).to_json())
sys.stderr.write(" ".join(sorted(sys.modules)))
"""


def _process(hash_seed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _AGAIN], capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip


def test_two_processes_give_the_same_bytes_without_any_model_client():
    one, other = _process("1"), _process("2")
    assert one.stdout == other.stdout
    assert Verdict.model_validate_json(one.stdout).claims
    loaded = set(one.stderr.split())
    assert not {name for name in loaded if name == "openai" or name.startswith("gauntlet.agents")}
    assert "matplotlib" not in loaded


def test_the_papers_label_is_the_worst_of_its_proposal_alone():
    spec = tight(example.spec())
    slow = spec.claim("partitioned_curve")
    slow = slow.model_copy(
        update={"points": tuple(point.model_copy(update={"y": 3 * point.y}) for point in slow.points)}
    )
    verdict = verdict_of(with_claims(spec, slow, spec.claim("shared_curve")))
    assert [claim.label for claim in verdict.claims] == ["UNDERPERFORMS", "CONSISTENT"]
    assert verdict.label == "CONSISTENT"


def test_coverage_counts_what_was_not_judged_and_why():
    spec = tight(example.spec())
    cause = Claim(id="cause", kind="attribution", statement="c", mechanism="shared", metric="mean_latency")
    verdict = verdict_of(with_claims(spec, spec.claim("shared_curve"), cause))
    assert (verdict.coverage.claims, verdict.coverage.judged) == (2, 1)
    assert verdict.coverage.not_judged[0].startswith("cause: It asserts a cause")
    assert verdict.label == "CONSISTENT"
    assert "1 of 2 claims judged" in verdict.summary


def test_a_paper_without_a_judged_claim_is_inconclusive():
    verdict = verdict_of(with_claims(tight(example.spec())))
    assert verdict.label == "INCONCLUSIVE"
    assert "holds no claim" in verdict.summary


def test_infinite_numbers_survive_the_file(tmp_path):
    verdict = verdict_of(example.spec(0.7))
    point = verdict.claims[0].points[0].model_copy(update={"high": float("inf")})
    claim = verdict.claims[0].model_copy(update={"points": (point,)})
    changed = verdict.model_copy(update={"claims": (claim,)})
    changed.save(tmp_path / "verdict.json")
    assert Verdict.load(tmp_path / "verdict.json") == changed
