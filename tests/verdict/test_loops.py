"""A loop that the paper does not state is the paper's gap, not the mechanism's: both loops are asked."""

import pytest

from gauntlet.costs.records import Output
from gauntlet.specs.claims import Point, SeriesSource
from gauntlet.specs.quantities import Sweep, Variable
from tests.costs import example
from tests.verdict.cases import judged, tight, with_claims


def _latency(loop: str, rate_krps: float, claimed_us: float):
    spec = tight(example.spec())
    works = tuple(work.model_copy(update={"loop": loop}) for work in spec.workloads)
    curve = spec.claim("shared_curve")
    point = curve.points[0].model_copy(update={"x": rate_krps, "y": claimed_us})
    spec = with_claims(spec.model_copy(update={"workloads": works}), curve.model_copy(update={"points": (point,)}))
    return judged(spec, "shared_curve", example.model().model_copy(update={"bounds": ()}))


@pytest.mark.parametrize(
    ("loop", "rate_krps", "claimed_us", "label"),
    [
        ("open", 330.0, 27.0, "MAGIC_GAP"),  # 43 us in an open loop,
        ("unstated", 330.0, 27.0, "INCONCLUSIVE"),  # 25.7 us without any wait
        ("unstated", 330.0, 20.0, "MAGIC_GAP"),  # less than an idle server gives, whatever the loop
        ("unstated", 330.0, 43.0, "CONSISTENT"),
        ("unstated", 120.0, 60.0, "UNDERPERFORMS"),  # the model waits as an open loop does, and a closed one waits less
    ],
)
def test_an_open_model_may_owe_a_gap_in_latency_to_the_loop(loop, rate_krps, claimed_us, label):
    found = _latency(loop, rate_krps, claimed_us)
    assert found.label == label
    assert any("whether its loop is open or closed" in reason for reason in found.reasons) == (label == "INCONCLUSIVE")


THINK_S, DEMAND_S = 90e-6, 10e-6


def _interactive(loop: str, factor: float):
    """Throughput of 1 to 40 clients at one station: N / (Z + D) until 1 / D, exactly so without variance."""
    spec = tight(example.spec())
    clients = Variable(
        id="clients", meaning="Clients", unit="", value=Sweep(values=()), role="workload", source="paper", whole=True
    )
    works = tuple(
        work.model_copy(update={"loop": loop, "rate": None, "population": "clients"}) for work in spec.workloads
    )
    counts = (1.0, 2.0, 4.0, 6.0)
    points = tuple(
        Point(
            x=n, y=factor * n / (THINK_S + DEMAND_S) / 1e3, reading_error=0.0, source=SeriesSource(series="s", index=i)
        )
        for i, n in enumerate(counts)
    )
    claim = spec.claim("shared_curve").model_copy(
        update={
            "id": "rate_of_clients",
            "metric": "peak_throughput",
            "x": "clients",
            "points": points,
            "configuration": None,
        }
    )
    spec = spec.model_copy(update={"variables": (*spec.variables, clients), "workloads": works})
    text = "min(clients / (10 * service), 1 / service)"
    output = Output(mechanism="shared", metric="peak_throughput", expression=text, unit="1/s")
    model = example.model().model_copy(update={"bounds": (), "outputs": (output,)})
    return judged(with_claims(spec, claim), "rate_of_clients", model)


@pytest.mark.parametrize(
    ("loop", "factor", "label"),
    [
        ("closed", 1.5, "MAGIC_GAP"),
        ("unstated", 1.5, "INCONCLUSIVE"),  # 90 krps, of 100 that an open loop could ask for
        ("unstated", 3.0, "MAGIC_GAP"),  # 180 krps, more than the station can do
        ("unstated", 0.5, "UNDERPERFORMS"),
    ],
)
def test_a_closed_model_may_owe_a_gap_in_throughput_to_the_loop(loop, factor, label):
    assert _interactive(loop, factor).label == label
