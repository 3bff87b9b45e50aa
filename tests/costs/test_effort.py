"""What a draw costs by the table, against sums by hand, and how many draws fit."""

import pytest

from gauntlet.costs import laws
from gauntlet.costs.compiled import compile_model
from gauntlet.costs.effort import affordable, effort_us
from gauntlet.costs.records import CostModel
from tests.costs import example

SPEC, MODEL = example.spec(), example.model()
MG1_US = 36.0  # of efforts.json, which benchmarks.speed.efforts rewrites: right to a factor of 3
PARTS = (
    "mg1_response(arrival_rate_per_s=rate / cores, shares=[{0}], means_s=[{1}], scvs=[{0}], quantile=0.99)"
    ".response_quantile_s"
)


def costing(expression: str) -> CostModel:
    """The example whose mean latency of the baseline is another expression."""
    outputs = tuple(
        one.model_copy(update={"expression": expression})
        if (one.mechanism, one.metric) == ("partitioned", "mean_latency")
        else one
        for one in MODEL.outputs
    )
    return MODEL.model_copy(update={"outputs": outputs})


def parts(count: int) -> str:
    return PARTS.format(", ".join(["1"] * count), ", ".join(["service + dispatch"] * count))


def per_point_us(expression: str) -> float:
    claim = SPEC.claim("partitioned_curve")
    return effort_us(compile_model(SPEC, costing(expression)), claim) / len(claim.points)


def test_longer_lists_than_in_the_example_cost_more():
    assert MG1_US / 3 < per_point_us(parts(2)) < 3 * MG1_US
    assert per_point_us(parts(1)) == pytest.approx(per_point_us(parts(2)), rel=0.01)
    assert per_point_us(parts(16)) == pytest.approx(8 * per_point_us(parts(2)), rel=0.01)


def nested(count: int) -> str:
    """A search for a load over a quantile that itself searches."""
    inner = parts(count).replace("arrival_rate_per_s=rate", "arrival_rate_per_s=load")
    return f"max_load_at(lambda load: {inner}, rate, service)"


def test_a_search_over_a_quantile_that_searches_costs_every_step_of_both():
    assert per_point_us(nested(2)) == pytest.approx(40 * per_point_us(parts(2)), rel=0.01)


def test_draws_that_fit_are_all_or_a_power_of_two():
    assert affordable(20_000, 512, each_us=10.0, budget_s=0.2) == 20_000
    assert affordable(20_000, 512, each_us=10.1, budget_s=0.2) == 16_384
    assert affordable(20_000, 512, each_us=1e6, budget_s=0.2) == 512
    assert affordable(300, 512, each_us=1e6, budget_s=0.2) == 300


def test_laws_examine_few_samples_of_a_costly_model_and_still_catch_what_is_planted(monkeypatch):
    seen, predict_all = [], laws.predict_all

    def watched(compiled, samples, seed):
        seen.append(samples)
        return predict_all(compiled, samples, seed)

    monkeypatch.setattr(laws, "predict_all", watched)
    planted = f"dispatch - 2 * dispatch * where({nested(8)} < rate, 1, 1)"
    assert "finite_nonnegative" in {one.law for one in laws.check_laws(SPEC, costing(planted))}
    assert laws.check_laws(SPEC, MODEL) == ()
    assert seen == [laws.FEWEST_SAMPLES, 256]
