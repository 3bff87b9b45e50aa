"""Claims among their siblings: what stands apart from them is found, and nothing is excused by them."""

import numpy as np
import pytest

from gauntlet.costs.records import Output
from gauntlet.specs.claims import Claim, Metric, Point, SeriesSource
from gauntlet.specs.quantities import Exact, Interval, Sweep, Variable
from gauntlet.verdict.decide import decide
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.predict import predict
from tests.costs import example
from tests.verdict.cases import tight

POLICY = load_policy()
AXES = ("alpha", "beta", "gamma", "delta")
POINTS = 8


def judged(levels: dict[str, float], scatter: float = 0.01, unknown: bool = False, seed: int = 1):
    """Verdicts on throughputs of one proposal over several axes, each `levels` times its prediction of 1 / work."""
    base, noise = tight(example.spec()), np.random.default_rng(seed)
    value = Interval(low=0.6, high=1.6, scale="log") if unknown else Exact(value=1.0)
    work = Variable(id="work", meaning="w", unit="ms", value=value, role="protocol", source="paper")
    axes = tuple(
        Variable(id=name, meaning=name, unit="", value=Sweep(), role="workload", source="paper") for name in AXES
    )
    metrics = tuple(
        Metric(id=f"rate_{name}", name=name, quantity="throughput", unit="krps", better="higher", statistic="mean")
        for name in levels
    )
    claims = tuple(
        Claim(
            id=name, kind="series", statement=name, mechanism="shared", metric=f"rate_{name}", x=name,
            points=tuple(
                Point(
                    x=float(x), y=level * x * float(np.exp(scatter * noise.standard_normal())), reading_error=0.0,
                    source=SeriesSource(series=name, index=x - 1),
                )
                for x in range(1, POINTS + 1)
            ),
        )
        for name, level in levels.items()
    )  # fmt: skip
    outputs = tuple(
        Output(mechanism="shared", metric=f"rate_{name}", expression=f"{name} / work", unit="1/s") for name in levels
    )
    spec = base.model_copy(
        update={"variables": (*base.variables, work, *axes), "metrics": (*base.metrics, *metrics), "claims": claims}
    )
    model = example.model().model_copy(update={"terms": (), "outputs": outputs, "bounds": ()})
    return {one.claim: one for one in decide(spec, model, predict(spec, model, 400, 7), POLICY).claims}


def labels(levels: dict[str, float], **how: object) -> dict[str, str]:
    return {name: one.label for name, one in judged(levels, **how).items()}


def test_a_gap_that_its_own_prediction_hides_stands_out_from_its_siblings():
    """0.95 in three figures and 1.14 in the fourth, which a band of 8 % alone allows."""
    assert set(labels({"alpha": 1.12}).values()) == {"CONSISTENT"}
    found = judged({"alpha": 1.12, "beta": 0.95, "gamma": 0.95, "delta": 0.95})
    assert [one.label for one in found.values()] == ["MAGIC_GAP", *3 * ["CONSISTENT"]]
    assert found["alpha"].gap == pytest.approx(1.12 / 0.95, rel=0.03)
    assert "3 other claims of" in found["alpha"].reasons[0]
    assert found["alpha"].points[0].median == pytest.approx(1.0, rel=1e-6)  # the picture stays its own


def test_a_shortfall_stands_out_as_well():
    found = labels({"alpha": 0.89, "beta": 1.05, "gamma": 1.05, "delta": 1.05})
    assert list(found.values()) == ["UNDERPERFORMS", *3 * ["CONSISTENT"]]


def test_a_gap_in_every_claim_is_not_learnt_away():
    alone, all_of_them = labels({"alpha": 1.3}), labels(dict.fromkeys(AXES, 1.3))
    assert alone == {"alpha": "MAGIC_GAP"}
    assert set(all_of_them.values()) == {"MAGIC_GAP"}


def test_a_level_above_the_mechanism_sharpens_no_gap():
    assert set(labels({"alpha": 1.1, "beta": 1.04, "gamma": 1.04, "delta": 1.04}).values()) == {"CONSISTENT"}


def test_a_constant_that_moves_all_alike_parts_none_from_the_others():
    """With work known to a factor of 1.6 only: all at 0.8 of the median are alike, and one at 1 stands apart."""
    assert set(labels(dict.fromkeys(AXES, 0.8), unknown=True).values()) == {"CONSISTENT"}
    found = labels({"alpha": 1.0, "beta": 0.8, "gamma": 0.8, "delta": 0.8}, unknown=True)
    assert found["alpha"] == "MAGIC_GAP"


@pytest.mark.parametrize(
    "levels",
    [
        {"alpha": 1.12, "beta": 0.95},  # one sibling
        {"alpha": 1.12, "beta": 0.87, "gamma": 1.1, "delta": 0.9},  # siblings that disagree
        {"alpha": 1.12, "beta": 0.4, "gamma": 0.4, "delta": 0.4},  # siblings that deviate by themselves
    ],
)
def test_siblings_that_say_nothing_change_nothing(levels):
    assert labels(levels)["alpha"] == "CONSISTENT"


def test_scattered_siblings_ask_for_more():
    levels = {"alpha": 1.06, "beta": 0.95, "gamma": 0.95, "delta": 0.95}
    found = [labels(levels, scatter=scatter, seed=5)["alpha"] for scatter in (0.005, 0.12)]
    assert found == ["MAGIC_GAP", "CONSISTENT"]
