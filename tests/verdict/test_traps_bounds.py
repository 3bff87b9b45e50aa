"""Traps of bounds: what the authors say about a limit, what a peak forgives, which work was done, what a cache holds.

Numbers worked by hand from Whittaker et al. 2021 (compartmentalization), Lu et al., FAST 2016 (WiscKey) and Dao 2023
(FlashAttention-2).
"""

import pytest

from gauntlet.costs.records import Bound
from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import Relation
from gauntlet.specs.quantities import Scope, Variable
from gauntlet.verdict.records import Verdict
from tests.verdict.cases import verdict_of
from tests.verdict.worked import cost_model, guessed, labels, metric, paper, reasons, series, stated, system

DEVICE = Scope(kind="device")


def judged(
    variables: tuple[Variable, ...], claim: Claim, output: str, limit: str | None = None, unit: str = "krps", **more
) -> Verdict:
    """One proposal, one metric, one claim: its prediction and its bound."""
    quantity = "bandwidth" if unit.endswith("B/s") else "throughput"
    spec = paper(
        (system("old", "baseline"), system("new", "proposed")), variables,
        (metric("rate", quantity, unit, "higher", "peak"),), (claim,), **more,
    )  # fmt: skip
    bounds = (
        Bound(id="limit", mechanism="new", metric="rate", resource="device", expression=limit, unit="1"),
    ) if limit else ()  # fmt: skip
    return verdict_of(spec, cost_model({("new", "rate"): output, ("old", "rate"): output}, bounds=bounds), samples=400)


READS = (
    stated("replicas", "", 6.0),
    stated("writes", "", 0.0),
    stated("replica_rate", "krps", 111.0, DEVICE),
    guessed("read_cpu", "us", 3.0, 15.0, DEVICE),
)
LAW = "replicas * replica_rate / (replicas * writes + (1 - writes))"


@pytest.mark.parametrize(("output", "label"), [(LAW, "INCONCLUSIVE"), ("0.7 * " + LAW, "MAGIC_GAP")])
def test_a_formula_of_the_authors_accuses_nobody(output, label):
    """Their n alpha / (n fw + fr) is beaten by their own line for reads, 1.26 to 1.43 times: a false gap of 1.4."""
    claim = series("reads", "new", "rate", None, 1.4 * 666.0)
    law = Relation(id="law", left="rate", right=LAW, role="author_model")
    verdict = judged(READS, claim, output, relations=(law,))
    assert labels(verdict)["reads"] == label
    assert ("the authors' own formula (law" in reasons(verdict, "reads")) is (label == "INCONCLUSIVE")


@pytest.mark.parametrize(("limit", "label"), [("wire", "IMPOSSIBLE"), ("ceiling", "INCONCLUSIVE")])
def test_a_bound_of_the_authors_is_no_limit_of_the_hardware(limit, label):
    """'Upper bound on attainable performance' holds for one server and writes only; 664,000 reads beat 250,000."""
    variables = (
        stated("ceiling", "krps", 250.0),
        stated("wire", "krps", 300.0),
        guessed("cpu", "us", 1.0, 8.0, DEVICE),
    )
    own = Relation(
        id="their_limit", left="rate", right="ceiling", role="author_bound", conditions="one server, writes only"
    )
    verdict = judged(variables, series("reads", "new", "rate", None, 664.0), "1 / cpu", limit, relations=(own,))
    assert labels(verdict)["reads"] == label
    assert ("under the condition: one server, writes only" in reasons(verdict, "reads")) is (label == "INCONCLUSIVE")


@pytest.mark.parametrize(("claimed", "impossible"), [(500.5, False), (505.0, False), (560.0, True)])
def test_a_disk_drawn_a_hair_above_its_data_sheet(claimed, impossible):
    """A scan at 500.5 MB/s of a disk stated at 500, which the paper's own calibration draws at 505."""
    disk = (stated("disk", "MB/s", 500.0, DEVICE),)
    found = labels(judged(disk, series("scan", "new", "rate", None, claimed), "0.9 * disk", "disk", unit="MB/s"))
    assert (found["scan"] == "IMPOSSIBLE") is impossible


@pytest.mark.parametrize(("executed", "label"), [(0.5, "CONSISTENT"), (1.0, "IMPOSSIBLE")])
def test_a_rate_of_work_is_held_against_the_work_executed(executed, label):
    """Half of the causal operations are masked: counted in full 1.3B at 8k would run at 313+ of 312 TFLOP/s."""
    device = (
        stated("peak", "TFLOP/s", 312.0, DEVICE),
        stated("executed", "", executed),
        guessed("share", "", 0.5, 0.65, DEVICE),
    )
    spec = paper(
        (system("old", "baseline"), system("new", "proposed")), device,
        (metric("speed", "work_rate", "TFLOP/s", "higher", counts="nominal"),),
        (series("training", "new", "speed", None, 345.0),),
    )  # fmt: skip
    limit = Bound(
        id="limit", mechanism="new", metric="speed", resource="compute", expression="peak / executed", unit="1"
    )
    model = cost_model({("new", "speed"): "share * peak / executed"}, bounds=(limit,))
    assert labels(verdict_of(spec, model, samples=400))["training"] == label


@pytest.mark.parametrize(("claimed", "label"), [(11.0, "CONSISTENT"), (30.0, "IMPOSSIBLE")])
def test_a_lookup_may_find_its_page_in_memory(claimed, label):
    """64 of 100 GB fit in memory: 5,800 disk reads per second serve up to 16,100 lookups, and no fewer."""
    variables = (
        stated("cached", "GB", 64.0), stated("dataset", "GB", 100.0), stated("reads", "krps", 5.8, DEVICE),
        guessed("hit", "", 0.4, 0.6, DEVICE),
    )  # fmt: skip
    claim = series("lookups", "new", "rate", None, claimed)
    verdict = judged(variables, claim, "reads / (1 - hit)", "reads / (1 - cached / dataset)")
    assert labels(verdict)["lookups"] == label
