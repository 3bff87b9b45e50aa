"""Traps of scope: whose constant it is, how far it may be carried, and a description that nobody measured.

Worked by hand from Dao, FlashAttention-2, 2023: one block per head fills 16 of 108 multiprocessors, at most 46 TFLOP/s,
where the bar of the baseline says 73 and 104 against 92; its share of overlap says nothing of the proposal's, and
shared it predicts 95 to 157 TFLOP/s of 192 claimed. And from the SSD of WiscKey, stated at 400 MB/s, which a free
bandwidth would make 92.
"""

import pytest

from gauntlet.costs.records import CostModel
from gauntlet.specs.paper_spec import PaperSpec
from gauntlet.specs.quantities import Exact, Scope
from gauntlet.verdict.records import Verdict
from tests.verdict.cases import verdict_of
from tests.verdict.worked import cost_model, guessed, labels, metric, paper, series, stated, swept, system

BOTH, DEVICE = ("old", "new"), Scope(kind="device")
SPEED = (metric("speed", "work_rate", "TFLOP/s", "higher"),)
OLD = Scope(kind="mechanism", of="old")


def kernels(scope: Scope, claimed: float) -> PaperSpec:
    """Work in tensor cores, and half as much time in other units that overlaps with it, or not."""
    overlap = guessed("overlap", "", 0.05, 1.0, scope, BOTH if scope.kind != "mechanism" else ("old",))
    own = guessed("own_overlap", "", 0.05, 1.0, Scope(kind="mechanism", of="new"), ("new",))
    return paper(
        (system("old", "baseline"), system("new", "proposed")),
        (stated("peak", "TFLOP/s", 220.0), overlap, own),
        SPEED,
        (series("old_speed", "old", "speed", None, 115.0), series("new_speed", "new", "speed", None, claimed)),
    )


def kernel_model(own: str) -> CostModel:
    return cost_model(
        {
            ("old", "speed"): "peak / (1 + (1 - overlap))",
            ("new", "speed"): f"peak / (1 + 7 / (5 + 5) * (1 - {own}))",
        }
    )


def judged(scope: Scope, own: str, claimed: float) -> Verdict:
    return verdict_of(kernels(scope, claimed), kernel_model(own), samples=1000)


def test_an_overlap_of_the_baseline_says_nothing_of_the_proposal():
    """Carried over it is a false gap of 1.4; private, the proposal's own may be anything: INCONCLUSIVE."""
    shared = judged(Scope(kind="component", of="kernel"), "overlap", 192.0)
    assert labels(shared)["new_speed"] == "MAGIC_GAP"
    assert labels(judged(OLD, "own_overlap", 192.0))["new_speed"] == "INCONCLUSIVE"
    assert labels(judged(OLD, "overlap", 192.0))["new_speed"] == "INCONCLUSIVE"  # used by both, moved by none
    assert labels(judged(OLD, "own_overlap", 330.0))["new_speed"] == "MAGIC_GAP"  # no overlap gives 1.5 of the peak


@pytest.mark.parametrize(("spread", "label"), [(0.0, "MAGIC_GAP"), (0.3, "INCONCLUSIVE")])
def test_a_transfer_costs_spread(spread, label):
    """7 messages against 2: what a message may cost another role differently widens what the first says of it."""
    message = guessed("message", "us", 1.0, 20.0, DEVICE, BOTH).model_copy(update={"transfer_spread": spread})
    spec = paper(
        (system("old", "baseline"), system("new", "proposed")), (message,),
        (metric("peak", "throughput", "krps", "higher", "peak"),),
        (series("old_peak", "old", "peak", None, 24.8), series("new_peak", "new", "peak", None, 1.45 * 24.8 * 7 / 2)),
    )  # fmt: skip
    model = cost_model({("old", "peak"): "1 / (5 + 2) / message", ("new", "peak"): "1 / 2 / message"})
    assert labels(verdict_of(spec, model, samples=1000))["new_peak"] == label


LENGTHS = (512.0, 1024.0, 2048.0, 4096.0, 8192.0, 16384.0)
HEADS = {512.0: 46.0, 1024.0: 62.0, 2048.0: 92.0, 4096.0: 104.0, 8192.0: 88.0, 16384.0: 73.0}


def waves(measured: str, bars: dict[float, float]) -> PaperSpec:
    return paper(
        (system("old", "baseline", described_is_measured=measured), system("new", "proposed")),
        (
            swept("length", "", LENGTHS), stated("peak", "TFLOP/s", 312.0), stated("multiprocessors", "", 108.0),
            stated("tokens", "", 16384.0), stated("heads", "", 16.0), guessed("share", "", 0.3, 0.75, DEVICE, BOTH),
        ),
        SPEED,
        (
            series("old_speed", "old", "speed", "length", bars),
            series("new_speed", "new", "speed", "length", dict.fromkeys(LENGTHS, 187.0)),
        ),
    )  # fmt: skip


BLOCKS = "share * peak * min(1, heads * tokens / length / multiprocessors)"
WAVES = cost_model({("old", "speed"): BLOCKS, ("new", "speed"): "share * peak"})


@pytest.mark.parametrize("measured", ["unknown", "refuted"])
def test_a_description_that_was_not_measured_teaches_nothing(measured):
    """One block per head fits no constant: at 16k one head's block has 16 of 108 multiprocessors, and 46 TFLOP/s."""
    verdict = verdict_of(waves(measured, HEADS), WAVES, samples=1000)
    assert not verdict.lesson.constants
    reason = "gives its points by its own mechanism" if measured == "unknown" else "Nothing was measured on a baseline"
    assert reason in verdict.lesson.refused[0]
    assert labels(verdict)["new_speed"] in ("CONSISTENT", "INCONCLUSIVE")


def test_a_baseline_as_described_teaches_and_a_gap_is_found():
    """The same formula with bars that follow it at a share of 0.3: twice as fast as the peak share is a gap."""
    bars = {length: 0.3 * 312.0 * min(1.0, 16 * 16384 / length / 108) for length in LENGTHS}
    verdict = verdict_of(waves("yes", bars), WAVES, samples=1000)
    assert [constant.variable for constant in verdict.lesson.constants] == ["share"]
    assert labels(verdict)["new_speed"] == "MAGIC_GAP"


def test_a_stated_bandwidth_is_not_set_free():
    """Set free, the disk of 400 MB/s fits the slow baseline at 92 MB/s, and whoever uses all of it is accused."""

    def judge(disk: object) -> Verdict:
        bandwidth = stated("disk", "MB/s", 400.0, DEVICE).model_copy(update=disk)
        merges = guessed("merges", "", 1.0, 8.0, OLD, ("old",))
        spec = paper(
            (system("old", "baseline"), system("new", "proposed")), (bandwidth, merges),
            (metric("load", "bandwidth", "MB/s", "higher"),),
            (series("old_load", "old", "load", None, 92.0), series("new_load", "new", "load", None, 388.0)),
        )  # fmt: skip
        return verdict_of(spec, cost_model({("old", "load"): "disk / merges", ("new", "load"): "disk"}), samples=400)

    assert labels(judge({"value": Exact(value=400.0, tolerance=0.1)}))["new_load"] == "CONSISTENT"
    free = guessed("disk", "MB/s", 90.0, 100.0, DEVICE, BOTH)
    assert labels(judge({"value": free.value}))["new_load"] == "MAGIC_GAP"
