"""Traps of tails: who shares a queue, means held against percentiles, the knee, what was measured on oneself.

Prekas et al., ZygOS, SOSP 2017, Figure 6b: p99 in microseconds over load, 16 cores, exponential service of 10 us. IX
has a queue per core, ZygOS lets idle cores steal and acts as one queue. Worked by hand from nine points of IX: overhead
1.0 us [0.3, 2.3], path 10 us [5, 16]; ZygOS at 0.34 M/s 59 us [47, 74] of 59 claimed, at 0.92 M/s 60 [48, 75] of 65.
"""

import pytest

from gauntlet.costs.records import CostModel, Term
from gauntlet.specs.claims import CellSource, Point
from gauntlet.specs.paper_spec import Calibration, PaperSpec
from gauntlet.specs.quantities import Scope
from gauntlet.specs.workload import Workload
from gauntlet.verdict.records import ClaimVerdict, Verdict
from tests.verdict.cases import verdict_of
from tests.verdict.worked import (
    cost_model,
    guessed,
    labels,
    metric,
    paper,
    prior,
    reasons,
    series,
    stated,
    swept,
    system,
)

IX = {49.86: 59.03, 194.9: 65.82, 340.6: 71.62, 484.6: 80.51, 630.1: 95.8, 774.7: 116.3, 920.2: 143.4}
ZYGOS = {
    49.82: 58.13, 194.7: 59.13, 340.2: 59.23, 485.3: 60.23, 630.0: 61.32, 774.9: 63.92, 919.3: 65.02, 1065.0: 74.42,
    1210.0: 128.2,
}  # fmt: skip
BOTH, DEVICE = ("ix", "zygos"), Scope(kind="device")
OWN = Scope(kind="mechanism", of="zygos")


def spec(gain: float = 1.0, **more) -> PaperSpec:
    return paper(
        (system("ix", "baseline"), system("zygos", "proposed")),
        (
            swept("rate", "krps"),
            stated("cores", "", 16.0, whole=True),
            stated("service", "us", 10.0),
            prior("overhead", "us", 0.3, 6.0, DEVICE, BOTH),
            prior("path", "us", 5.0, 30.0, DEVICE, BOTH),
            guessed("steal", "us", 0.1, 1.0, OWN, ("zygos",)),
        ),
        (metric("p99", "latency", "us", "lower", "quantile", quantile=0.99),),
        (
            series("ix_curve", "ix", "p99", "rate", IX),
            series("curve", "zygos", "p99", "rate", {rate: y / gain for rate, y in ZYGOS.items()}),
        ),
        workloads=(Workload(loop="open", rate="rate"),),
        **more,
    )


ALONE = "mm1(arrival_rate_per_s=rate / cores, service_time_s={busy}, quantile=0.99).response_quantile_s"
SHARED = (
    "mmc_response(arrival_rate_per_s=rate, service_time_s={busy}, servers=cores, quantile=0.99).response_quantile_s"
)
MEAN = "mmc(arrival_rate_per_s=rate, service_time_s={busy}, servers=cores, quantile=0.5).mean_response_s"


def model(ix: str = ALONE, zygos: str = SHARED, terms: tuple[Term, ...] = ()) -> CostModel:
    return cost_model(
        {
            ("ix", "p99"): "path + " + ix.format(busy="service + overhead"),
            ("zygos", "p99"): "path + " + zygos.format(busy="service + overhead + steal"),
        },
        terms,
    )


def curve(verdict: Verdict) -> ClaimVerdict:
    return next(claim for claim in verdict.claims if claim.claim == "curve")


def test_a_queue_per_core_teaches_what_was_found_by_hand():
    verdict = verdict_of(spec(), model(), samples=1000)
    learnt = {constant.variable: constant.posterior for constant in verdict.lesson.constants}
    assert 0.2 < learnt["overhead"][0] < 1.0 < learnt["overhead"][2] < 3.0
    assert 4 < learnt["path"][0] < 12 < learnt["path"][2] < 24
    assert labels(verdict)["curve"] in ("CONSISTENT", "INCONCLUSIVE")
    inside = curve(verdict).points[2]
    assert inside.low < 59.2 < inside.high


def test_a_baseline_read_as_one_shared_queue_accuses_nobody():
    """IX as M/G/16 reaches none of its own points at load; by hand a false gap of 1.4 and an unbounded one."""
    verdict = verdict_of(spec(), model(ix=SHARED), samples=1000)
    assert labels(verdict)["curve"] in ("CONSISTENT", "INCONCLUSIVE")
    assert "ix_curve teaches nothing" in verdict.lesson.refused[0]


def test_a_planted_gap_over_the_queue_is_found():
    """Half the latency lies below ten exponential services' p99 of 46 us, which no queue shortens."""
    assert labels(verdict_of(spec(gain=2.0), model(), samples=1000))["curve"] == "MAGIC_GAP"


def test_the_knee_is_compared_at_equal_latency():
    """At 1.21 M/s some draws are saturated; 128 us against infinity is no gap, a hair less load is the answer."""
    knee = curve(verdict_of(spec(), model(), samples=1000)).points[-1]
    assert knee.by_load
    assert 0.8 < knee.gap < 1.25


def test_a_mean_is_not_held_against_a_percentile():
    """By hand 22 us against 61, a false UNDERPERFORMS by about 3."""
    verdict = verdict_of(spec(), model(zygos=MEAN), samples=1000)
    assert labels(verdict)["curve"] == "INCONCLUSIVE"
    assert "means (mean_response_s) where the claim is a p99" in reasons(verdict, "curve")
    assert labels(verdict_of(spec(gain=1 / 3), model(), samples=1000))["curve"] == "UNDERPERFORMS"


@pytest.mark.parametrize(("owner", "teaches"), [(OWN, False), (DEVICE, True)])
def test_what_was_measured_on_the_proposal_explains_nothing_of_it(owner, teaches):
    """Figure 8 measures steals on ZygOS itself: to predict ZygOS with them would be a circle."""
    point = Point(x=16.0, y=0.9, reading_error=0.01, source=CellSource(table="t", row=0, column=0))
    figure = Calibration(id="figure_8", what=owner, x="cores", quantity="cost", unit="us", points=(point,))
    whole = spec(calibrations=(figure,))
    whole = whole.model_copy(update={"variables": (*whole.variables, swept("cost", "us"))})
    term = Term(id="steal_cost", mechanism="zygos", meaning="steals", expression="steal", unit="s")
    lesson = verdict_of(whole, model(terms=(term,), zygos=SHARED.replace("{busy}", "service + overhead + steal_cost")),
                        samples=400).lesson  # fmt: skip
    assert ("figure_8" in lesson.claims) is teaches
    assert (
        any("figure_8 teaches nothing: it was measured on the proposal" in one for one in lesson.refused) is not teaches
    )
