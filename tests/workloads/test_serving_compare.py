"""Scores against measured servers: errors, correlation, grades, and what failed."""

import numpy as np
import pytest

from gauntlet.errors import RecordError
from gauntlet.workloads.serving.compare import compare, grade_of, score
from gauntlet.workloads.serving.sweep import Grid, outcome_columns, sweep

HEADER = "model,hardware,tensor_parallel,input_tokens,output_tokens,rate_per_s,itl_mean_ms,ttft_p90_s,experiment\n"


@pytest.mark.parametrize(
    ("mape", "pearson", "grade"),
    [
        (0.09, 0.96, "excellent"), (0.09, 0.95, "good"), (0.10, 0.99, "good"), (0.19, 0.86, "good"),
        (0.19, 0.85, "fair"), (0.34, 0.71, "fair"), (0.34, 0.70, "poor"), (0.36, 0.99, "poor"),
        (0.05, float("nan"), "excellent"),
    ],
)  # fmt: skip
def test_grades_are_those_of_inference_sim(mape, pearson, grade):
    """sim/workload/calibrate.go: excellent MAPE < 10 % and r > 0.95, good < 20 % and > 0.85, fair < 35 % and > 0.70."""
    assert grade_of(mape, pearson) == grade


def test_scores_by_hand():
    """Errors +10 %, -10 %, +30 %; a point without an estimate counts as failed, one not measured does not."""
    estimated = np.array([1.1, 1.8, 3.9, np.nan, 5.0])
    measured = np.array([1.0, 2.0, 3.0, 4.0, np.nan])
    found = score("itl_mean", estimated, measured, ["a", "a", "b", "b", "b"])
    assert (found.points, found.failed) == (3, 1)
    assert found.mape == pytest.approx(0.5 / 3)
    assert found.mpe == pytest.approx(0.1)
    assert found.experiment_mape == pytest.approx((0.1 + 0.3) / 2)
    assert found.pearson == pytest.approx(np.corrcoef([1.1, 1.8, 3.9], [1, 2, 3])[0, 1])
    assert found.grade == "good"


def test_a_file_where_all_fail_has_no_error_of_zero(tmp_path, registry):
    """inference-sim's evaluator drops failed points, and says 0.0 % where all failed."""
    file = tmp_path / "measured.csv"
    file.write_text(HEADER + "Llama-3-70B,h100_sxm5,1,512,128,1,30,0.2,a\n")
    found = compare(file, registry)
    assert [(s.points, s.failed, s.grade) for s in found.scores] == [(0, 1, "none"), (0, 1, "none")]
    assert all(np.isnan(s.mape) for s in found.scores)
    assert f"{file}:2: meta-llama/Meta-Llama-3-70B needs 141.1 GB" in found.failures[0]


def test_estimates_compared_with_themselves_are_perfect_and_units_are_kept(tmp_path, registry, deploy):
    on = deploy("Llama-3-8B")
    rates = [0.5, 4.0, 9.0]
    swept = sweep(Grid([on], input_tokens=[512], output_tokens=[128], rates_per_s=rates), registry)
    columns = outcome_columns(swept, [on])
    lines = [
        f"Llama-3-8B,h100_sxm5,1,512,128,{rate},{itl * 1e3!r},{ttft!r},x"
        for rate, itl, ttft in zip(rates, columns["itl_mean_s"].tolist(), columns["ttft_p90_s"].tolist(), strict=True)
    ]
    file = tmp_path / "measured.csv"
    file.write_text(HEADER + "\n".join(lines) + "\n")
    found = compare(file, registry)
    assert [s.metric for s in found.scores] == ["ttft_p90", "itl_mean"]
    for each in found.scores:
        assert (each.mape, each.pearson, each.grade) == (pytest.approx(0, abs=1e-9), pytest.approx(1), "excellent")
    assert found.step_models == ("roofline: no coefficients and no tables were given",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("model,hardware\nx,y\n", "has no column 'input_tokens', 'output_tokens'"),
        (
            "model,hardware,input_tokens,output_tokens,itl_mean_ms\nm,h,1,1,1\n",
            "one of the columns rate_per_s and concu",
        ),
        (
            "model,hardware,input_tokens,output_tokens,rate_per_s\nm,h,1,1,1\n",
            "has no measured column, such as ttft_mean",
        ),
        ("model,hardware,input_tokens,output_tokens,rate_per_s,itl_mean_us\nm,h,1,1,1,1\n", "'itl_mean_us' is unknown"),
        ("model,hardware,input_tokens,output_tokens,rate_per_s,itl_mean_ms\nm,h,1,1,1,-4\n", "itl_mean_ms = '-4' must"),
        ("model,hardware,input_tokens,output_tokens,rate_per_s,itl_mean_ms\nm,h,1,1,1,fast\n", "'fast' is no finite"),
    ],
)
def test_wrong_columns_and_units_are_named(tmp_path, registry, text, told):
    file = tmp_path / "measured.csv"
    file.write_text(text)
    with pytest.raises(RecordError, match=told):
        compare(file, registry)


def test_an_unknown_device_or_model_fails_its_row_alone(tmp_path, registry):
    file = tmp_path / "measured.csv"
    rows = ("Llama-3-8B,h100_sxm5,1,512,128,1,8,0.1,a", "Llama-3-8B,h9000,1,512,128,1,8,0.1,a")
    file.write_text(HEADER + "\n".join((*rows, "Llama-33-8C,h100_sxm5,1,512,128,1,8,0.1,a")) + "\n")
    found = compare(file, registry)
    assert [(s.points, s.failed) for s in found.scores] == [(1, 2), (1, 2)]
    assert "h9000" in found.failures[0] and "nearest: " in found.failures[1]
