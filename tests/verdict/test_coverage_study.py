"""The coverage study on a few papers: bands hold what honest papers say, and narrower ones would not."""

import warnings

import numpy as np
import pytest

from benchmarks.coverage.papers import FAMILIES, random_paper
from benchmarks.coverage.study import Outcome, outcome_of
from benchmarks.coverage.tables import figures, missed, tables
from benchmarks.coverage.truth import mmc_quantile_s, mva
from gauntlet.mechanisms.catalogue import ValidityWarning
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.predict import predict

POLICY = load_policy()
SURE = POLICY.model_copy(update={"discrepancy_sigma": 0.005, "shape_sigma": 0.004, "level_sigma": 0.003})


@pytest.fixture(scope="module")
def outcomes() -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {"honest": [], "too sure": []}
    for index in range(len(FAMILIES)):
        paper = random_paper(3, index, POLICY)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ValidityWarning)
            prediction = predict(paper.spec, paper.model, 300, 3)
            found["honest"].append(outcome_of(paper, prediction, POLICY))
            found["too sure"].append(outcome_of(paper, prediction, SURE))
    return found


def test_bands_hold_honest_points_and_gaps_are_found(outcomes):
    """One paper of each family, so wide limits: three standard errors of some 90 points that deviate together."""
    found = figures(outcomes["honest"])
    assert found["coverage"] > 0.8
    assert found["per_paper"]["MAGIC_GAP"] <= 2 / len(FAMILIES)
    assert found["power"]["3.0"]["recall"] > 0.85
    assert [table.name for table in tables(found)] == ["coverage", "coverage by family", "coverage of gaps"]


def test_bands_that_are_too_sure_are_caught(outcomes):
    found = figures(outcomes["too sure"])
    assert found["coverage"] < 0.8
    assert any("inside the 90 % band" in problem for problem in missed(found))


def test_the_same_index_gives_the_same_paper():
    assert random_paper(3, 4, POLICY) == random_paper(3, 4, POLICY)
    assert random_paper(3, 4, POLICY).spec != random_paper(4, 4, POLICY).spec


def test_truth_agrees_with_closed_forms():
    """M/M/1's p99 is ln 100 times its mean (Kleinrock 1975, 3.2); one client never waits."""
    rate = np.array([0.5, 0.8])
    np.testing.assert_allclose(mmc_quantile_s(rate, 1.0, 1, 0.99), np.log(100) / (1 - rate), rtol=1e-5)
    throughput, response = mva(np.array([1.0]), 2.0, [0.5, 0.25])
    np.testing.assert_allclose((throughput[0], response[0]), (1 / 2.75, 0.75))
