"""Measured curves, bulk loads, devices and background work against published values, counting and simulations."""

import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms.background import background_interference, background_stage
from gauntlet.mechanisms.catalogue import find
from gauntlet.mechanisms.compaction import lsm_bulk_load
from gauntlet.mechanisms.devices import device_rate, pages_touched
from gauntlet.mechanisms.disciplines import mg1_priority_nonpreemptive
from gauntlet.mechanisms.interpolation import interpolated_curve
from gauntlet.mechanisms.queueing import mg1_pk

LEVELDB = {"calibration_bytes": [1e9, 1e11], "calibration_amplification": [3.1, 14.0]}
"""Write amplification of LevelDB by dataset size: Lu et al. (WiscKey), FAST 2016, Fig. 2."""


def load(dataset_bytes, entry_bytes, log_bytes=0.0, merge=1e8, record=1e-6, measured=LEVELDB):
    return lsm_bulk_load(dataset_bytes, entry_bytes, *measured.values(), log_bytes, merge, record)


@pytest.mark.parametrize(
    ("value_bytes", "by_hand", "measured"),
    [(64, 4.57, 4.38), (256, 1.71, 1.73), (1024, 1.12, 1.09), (4096, 1.02, 1.02)],
)
@pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")
def test_the_baselines_curve_predicts_the_amplification_of_the_smaller_tree(value_bytes, by_hand, measured):
    # WiscKey: 100 GB of 16-byte keys; the tree holds key and 12-byte address, the log key, value and 8 bytes of header.
    user_bytes = 16 + value_bytes
    found = load(1e11 / user_bytes * 28, 28.0, user_bytes + 8.0).entry_device_bytes / user_bytes
    assert found == pytest.approx(by_hand, abs=0.005)  # two printed digits
    assert found == pytest.approx(measured, rel=0.05)


def spread(logarithms):
    """What a record states: the root mean square of ln(formula / truth), as a factor less one."""
    return np.expm1(np.sqrt(np.mean(np.square(logarithms))))


@pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")
def test_the_recorded_error_of_a_bulk_load_is_that_of_wisckeys_tree():
    users, totals = 16.0 + np.array([64, 256, 1024, 4096]), np.array([4.38, 1.73, 1.09, 1.02])
    measured = (totals * users - users - 8) / 28  # what the log leaves of the published total
    found = load(1e11 / users * 28, 28.0).write_amplification
    assert find("lsm_bulk_load").model_form_error == pytest.approx(spread(np.log(found / measured)), abs=0.005)


def test_the_recorded_error_of_a_curve_is_a_quarter_of_that_at_twice_the_distance():
    sizes = 4.0 ** np.arange(3, 10)  # Lu et al., FAST 2016, Fig. 9: MB/s of LevelDB and WiscKey by value size
    rates = [1.99, 2.36, 2.78, 2.96, 3.89, 3.98, 4.07], [4.86, 29.7, 130, 333, 388, 389, 392]
    left_out = [
        np.log(interpolated_curve(sizes[i], sizes[[i - 1, i + 1]], [y[i - 1], y[i + 1]], "log").value / y[i])
        for y in rates
        for i in range(1, 6)
    ]
    assert find("interpolated_curve").model_form_error == pytest.approx(spread(np.array(left_out) / 4), abs=0.001)


def bulk_load(buffers, ratio=4):
    """Buffers written while a levelled tree of whole runs takes `buffers` of them, per buffer taken."""
    runs, written = [0] * 12, 0
    for _ in range(buffers):
        carry = 1
        for level in range(12):
            runs[level] += carry
            written += runs[level]
            if runs[level] < ratio ** (level + 1):
                break
            carry, runs[level] = runs[level], 0
    return written / buffers


def test_a_load_between_two_measured_ones_is_near_a_simulated_one():
    sizes = np.array([64, 256, 1024, 4096, 16384])
    simulated = [bulk_load(int(size)) for size in sizes]
    ends = {"calibration_bytes": sizes[[0, -1]], "calibration_amplification": [simulated[0], simulated[-1]]}
    found = load(sizes.astype(float), 1.0, measured=ends)
    assert found.write_amplification == pytest.approx(simulated, rel=0.17)  # the recorded error of the form
    assert not found.extrapolated.any()


def test_beyond_the_points_the_power_law_goes_on_but_never_below_one():
    with pytest.warns(ValidityWarning, match="beyond the points"):
        found = load(np.array([1e7, 1e10, 1e13]), 100.0)
    assert found.write_amplification == pytest.approx([1.0, (3.1 * 14) ** 0.5, 14**2 / 3.1])
    assert found.extrapolated.tolist() == [True, False, True]
    assert found.entry_compaction_s == pytest.approx(found.write_amplification * 2e-6)


SCALES = {"log": (np.log, np.log, np.exp), "log_x": (np.log, np.asarray, np.asarray), "linear": (np.asarray,) * 3}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")
def test_a_curve_is_numpys_interpolation_of_the_points_in_any_order(scale):
    draw, (along, up, back) = np.random.default_rng(21), SCALES[scale]
    for count in (1, 2, 5):
        x, y = draw.uniform(1, 100, (2, count))
        at, order = draw.uniform(0.5, 110, 300), np.argsort(x)
        expected = back(np.interp(along(at), along(x[order]), up(y[order])))
        found = interpolated_curve(at, list(x), list(y), scale)
        np.testing.assert_allclose(found.value, expected, rtol=1e-12)  # rounding only
        assert found.extrapolated.tolist() == ((at < x.min()) | (at > x.max())).tolist()


def test_uncertain_points_move_with_their_sample():
    x, y = np.random.default_rng(22).uniform(1, 100, (2, 3, 50))
    at = np.median(x, axis=0)
    together = interpolated_curve(at, list(x), list(y), "log").value
    alone = [interpolated_curve(at[i], list(x[:, i]), list(y[:, i]), "log").value for i in range(50)]
    assert together.tolist() == alone
    assert together == pytest.approx([y[np.argsort(x[:, i])[1], i] for i in range(50)])  # the middle point itself


@given(st.lists(st.tuples(st.floats(1, 9), st.floats(1, 1e6)), min_size=2, max_size=6, unique_by=lambda p: p[0]))
def test_rising_points_give_a_curve_that_never_falls(points):
    x, y = sorted(10**x for x, _ in points), sorted(y for _, y in points)
    if np.any(np.diff(x) == 0):
        return
    value = interpolated_curve(np.geomspace(x[0], x[-1], 200).clip(x[0], x[-1]), x, y, "log").value
    assert np.all(np.diff(value) >= -1e-9 * value[1:])
    assert value[0] == pytest.approx(y[0])
    assert value[-1] == pytest.approx(y[-1])


def test_points_that_make_no_curve_are_refused():
    with pytest.raises(ValueError, match="distinct"):
        interpolated_curve(2.0, [1.0, 3.0, 1.0], [1.0, 2.0, 3.0], "log")
    with pytest.raises(ValueError, match=r"lists of \[2, 3\]"):
        interpolated_curve(2.0, [1.0, 3.0], [1.0, 2.0, 3.0], "log")
    with pytest.warns(ValidityWarning, match="held"):
        assert interpolated_curve(9.0, [1.0, 3.0], [5.0, 7.0], "linear").value == 7.0


def drive(depth, channels, channel_s, link_s, requests=4000):
    """Rate of a drive: `depth` requests go round through any free channel and then, one by one, over the link."""
    free, link, ready, done = [0.0] * channels, 0.0, [0.0] * depth, []
    for _ in range(requests):
        start = max(heapq.heappop(ready), heapq.heappop(free))
        heapq.heappush(free, start + channel_s)
        link = max(link, start + channel_s) + link_s
        heapq.heappush(ready, link)
        done.append(link)
    return requests / 2 / (done[-1] - done[requests // 2 - 1])


@pytest.mark.parametrize(
    ("depth", "link_s", "limit"), [(1, 1e-5, 0), (6, 1e-6, 0), (64, 1e-6, 1), (64, 2.5e-5, 2), (5, 2.5e-5, 2)]
)
def test_a_drive_keeps_the_smallest_of_its_limits(depth, link_s, limit):
    found = device_rate(1e4, depth, 8e-5 + link_s, 8 / 8e-5, 1e4 / link_s)
    assert found.rate_per_s == pytest.approx(drive(depth, 8, 8e-5, link_s), rel=1e-3)  # the run's two ends
    assert found.binding_limit == limit
    assert found.mean_latency_s * found.rate_per_s == pytest.approx(depth)
    assert found.throughput_bytes_per_s == pytest.approx(found.rate_per_s * 1e4)


def dies(depth, count, requests=20_000):
    """Rate of a drive where each request has a die, drawn at random, that takes 1 s per request."""
    draw, done_at, free = np.random.default_rng(3), [0.0] * depth, [0.0] * count
    for die in draw.integers(0, count, requests).tolist():
        free[die] = max(free[die], heapq.heappop(done_at)) + 1.0
        heapq.heappush(done_at, free[die])
    return requests / max(free)


def test_requests_that_meet_on_a_die_stay_below_the_limit_by_the_recorded_error():
    cases = [(2**depth, count) for depth in range(9) for count in (8, 32, 128)]
    limits = [device_rate(4096.0, depth, 1.0, float(count), 1e12).rate_per_s for depth, count in cases]
    ratios = np.array([dies(*case) for case in cases]) / limits
    assert np.all(ratios <= 1)
    assert find("device_rate").model_form_error == pytest.approx(spread(np.log(ratios)), abs=0.01)


@given(st.integers(1, 300), st.integers(1, 64))
def test_pages_are_those_of_every_offset(record_bytes, page_bytes):
    touched = [(start + record_bytes - 1) // page_bytes + 1 for start in range(page_bytes)]
    found = pages_touched(record_bytes, page_bytes, np.array([0, 1]))
    assert found.pages == pytest.approx([np.mean(touched), touched[0]])
    assert found.moved_bytes == pytest.approx(found.pages * page_bytes)


def store(offered, f, b, df, db, room, steps=100_000, step_s=2e-5):
    """Work flowing step by step through a writer, a buffer of `room` requests and a background: first stall, rate."""
    held, queued, done, stalled = 0.0, 0.0, 0.0, np.inf
    for turn in range(steps):
        queued += offered * step_s
        wanted = min(queued, step_s / f, step_s / df)
        taken = min(wanted, room - held)
        drained = min(held + taken, step_s / b, (step_s - taken * df) / db)
        if taken < wanted and np.isinf(stalled):
            stalled = turn * step_s
        held, queued = held + taken - drained, queued - taken
        done += taken * (turn >= steps // 2)
    return stalled, done / (steps // 2 * step_s)


@pytest.mark.parametrize(
    ("offered", "stage_s", "binds"),
    [
        (8e4, (5e-6, 5e-5, 1e-6, 2e-5), 2),
        (8e4, (5e-6, 1e-5, 8e-6, 2e-5), 3),
        (9e4, (1.4e-5, 2e-5, 1e-6, 2e-6), 2),
        (1e5, (2e-5, 1e-5, 1e-6, 2e-6), 1),
        (1e4, (2e-5, 5e-5, 1e-6, 2e-5), 0),
    ],
)
def test_a_buffer_takes_the_burst_and_then_the_slowest_stage_sets_the_pace(offered, stage_s, binds):
    f, b, df, db = stage_s
    stalled, rate = store(offered, f, b, df, db, 2e4)
    found = background_stage(offered, f, b, df, db, 1000.0, 2e7)
    assert found.burst_s == pytest.approx(stalled, abs=2e-4)  # ten steps of the simulation
    assert found.sustained_rate_per_s == pytest.approx(rate, rel=2e-3)  # what is in the buffer when it is counted
    assert found.binding_stage == binds


@pytest.mark.parametrize(("value_bytes", "slow_mb_per_s"), [(64, 3.6), (256, 18), (1024, 109)])
def test_the_worked_example_of_wisckey_is_as_slow_as_by_hand(value_bytes, slow_mb_per_s):
    # 5th percentile over wide priors, worked by hand and printed to two or three digits; there compaction is slowest.
    draw = np.random.default_rng(23)

    def between(low, high):
        return np.exp(draw.uniform(np.log(low), np.log(high), 20_000))

    user_bytes = 16.0 + value_bytes
    tree = load(1e11 / user_bytes * 28, 28.0, user_bytes + 8, merge=between(2e7, 3e8), record=between(5e-8, 2e-6))
    stages = between(5e-7, 6e-6), tree.entry_compaction_s, 0.0, tree.entry_device_bytes / 4e8
    found = background_stage(1e9, *stages, user_bytes, 4e6)
    assert np.percentile(found.sustained_rate_per_s, 5) * user_bytes / 1e6 == pytest.approx(slow_mb_per_s, rel=0.05)
    assert (found.binding_stage == 2).mean() > 0.5


def two_classes(discipline, fast, slow, jobs=150_000):
    """Mean wait of the first of two classes (rate, service time) at one server, nothing interrupted."""
    draw = np.random.default_rng(17)
    counts = [int(jobs * rate / fast[0]) + 1 for rate, _ in (fast, slow)]
    arrivals = [
        np.cumsum(draw.exponential(1 / rate, n)).tolist() for (rate, _), n in zip((fast, slow), counts, strict=True)
    ]
    heads, now, waited, served = [0, 0], 0.0, 0.0, 0
    while heads[0] < jobs and heads[1] < len(arrivals[1]):
        nexts = [arrivals[0][heads[0]], arrivals[1][heads[1]]]
        now = max(now, min(nexts))
        first = nexts[0] <= now if discipline == "priority" else nexts[0] <= nexts[1]
        chosen = 0 if first else 1
        if chosen == 0:
            waited, served = waited + now - nexts[0], served + 1
        now += (fast, slow)[chosen][1]
        heads[chosen] += 1
    return waited / served


@pytest.mark.parametrize("discipline", ["fifo", "priority"])
def test_small_reads_wait_behind_large_writes(discipline):
    found = background_interference(discipline, 3000.0, 1e-4, 0.0, 400.0, 1e-3, 0.0)
    simulated = two_classes(discipline, (3000.0, 1e-4), (400.0, 1e-3))
    assert found.mean_wait_s == pytest.approx(simulated, rel=0.05)  # statistical, one seeded run
    assert found.mean_response_s == found.mean_wait_s + 1e-4
    assert found.utilisation == pytest.approx(0.7)


@given(st.floats(1.0, 1e4), st.floats(1.0, 1e4), st.floats(0.0, 4.0))
def test_two_classes_are_those_of_the_general_queues(small_rate, large_rate, scv):
    given_ = small_rate, 1e-4, scv, large_rate, 1e-3, 1.0
    by_priority = background_interference("priority", *given_).mean_wait_s
    assert by_priority == pytest.approx(
        mg1_priority_nonpreemptive([small_rate, large_rate], [1e-4, 1e-3], [scv, 1.0]).mean_wait_s[0]
    )
    alone = background_interference("fifo", small_rate, 1e-4, scv, 0.0, 1e-3, 1.0).mean_wait_s
    assert alone == pytest.approx(mg1_pk(small_rate, 1e-4, scv).mean_wait_s)


def test_a_background_that_never_ends_costs_half_its_request_with_priority_and_everything_without():
    simulated = two_classes("priority", (3000.0, 1e-4), (2000.0, 4e-3))
    by_priority, by_turn = (
        background_interference(d, 3000.0, 1e-4, 0.0, 2000.0, 4e-3, 0.0).mean_wait_s for d in ("priority", "fifo")
    )
    assert by_priority == pytest.approx(simulated, rel=0.05)
    assert by_priority == pytest.approx(4e-3 / 2 + 3000 * 1e-8 / 2 / 0.7)  # residual write, then M/D/1
    assert np.isinf(by_turn)
