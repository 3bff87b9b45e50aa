"""Skew against sums over all keys, the exact law of a filling cache, and simulated caches and validations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.model_form.skew import cold_hits, filling_uniformly, keys, validated
from gauntlet.mechanisms.catalogue import find
from gauntlet.mechanisms.locking import conflict_probability_zipf, hot_key_serialisation, occ_goodput, zipf_skew
from gauntlet.mechanisms.skew import cache_warm_up, occ_goodput_zipf, occ_goodput_zipf_fresh, zipf_top_mass
from tests.mechanisms.sampling import few


def popularity(items, theta):
    weights = np.arange(1.0, items + 1) ** -theta
    return weights / weights.sum()


@pytest.mark.parametrize("theta", [0.0, 0.7, 1.0, 1.4])
@pytest.mark.parametrize("items", [1, 70, 3_000_000])
def test_top_mass_is_the_partial_sum(items, theta):
    top = np.unique(np.minimum([0, 1, 2, 64, 65, 1000, items // 2, items], items))
    expected = np.concatenate([[0.0], np.cumsum(popularity(items, theta))])[top]
    np.testing.assert_allclose(zipf_top_mass(items, theta, top).mass, expected, rtol=1e-9)


def test_top_mass_begins_with_the_hottest_and_ends_with_all():
    assert zipf_top_mass(10**9, 0.99, 1).mass == pytest.approx(zipf_skew(10**9, 0.99).p_hottest)
    assert zipf_top_mass(5, 0.99, 7).mass == 1.0


@pytest.mark.parametrize(
    ("workers", "items", "theta", "reads", "writes"),
    [
        (16, 1000, 0.0, 4, 4),
        (64, 1000, 0.9, 0, 1),
        (32, 1000, 0.99, 2, 2),
        (16, 100_000, 0.9, 8, 8),
        (24, 50, 1.2, 1, 3),
    ],
)
def test_goodput_under_skew_is_that_of_simulated_validation(workers, items, theta, reads, writes):
    truth = validated(workers, items, theta, 1.0, reads, writes, spread=0.0)["goodput_per_s"]
    found = occ_goodput_zipf(workers, 1.0, items, theta, reads, writes)
    assert found.goodput_per_s == pytest.approx(truth, rel=0.06)  # 2 % at the median of the measured grid
    assert found.abort_probability == pytest.approx(1 - truth / workers, abs=0.02)
    if theta > 0:  # one probability for all pairs misses that aborted transactions gather at hot keys
        pair = conflict_probability_zipf(items, theta, reads + writes, writes).pair_conflict_prob
        assert occ_goodput(workers, 1.0, pair).goodput_per_s > 1.3 * truth


def test_attempts_of_unequal_length_stay_within_the_recorded_error():
    logs = []
    for workers, items, theta, reads, writes in [
        (16, 1000, 0.6, 4, 4),
        (32, 1000, 0.99, 2, 2),
        (16, 100_000, 0.9, 8, 8),
    ]:
        truth = validated(workers, items, theta, 1.0, reads, writes, spread=0.5)["goodput_per_s"]
        logs.append(np.log(occ_goodput_zipf(workers, 1.0, items, theta, reads, writes).goodput_per_s / truth))
    assert max(logs) < 0  # the short ones win, which the formula leaves out
    assert np.sqrt(np.mean(np.square(logs))) < 1.5 * find("occ_goodput_zipf").model_form_error


def test_cold_keys_give_the_goodput_of_one_pair_probability():
    pair = conflict_probability_zipf(10**6, 0.0, 10, 5).pair_conflict_prob
    expected = occ_goodput(200, 1e-3, pair)
    found = occ_goodput_zipf(200, 1e-3, 10**6, 0.0, 5, 5)
    assert found.goodput_per_s == pytest.approx(expected.goodput_per_s, rel=1e-4)
    assert found.attempts_per_commit == pytest.approx(expected.attempts_per_commit, rel=1e-4)


@few
@given(st.integers(1, 500), st.integers(1, 10**6), st.floats(0, 2), st.integers(0, 16), st.integers(0, 16))
def test_goodput_lies_between_one_worker_and_the_bound_of_the_hottest_key(workers, items, theta, reads, writes):
    found = occ_goodput_zipf(workers, 1e-3, items, theta, reads, writes)
    hot = 1 - (1 - zipf_skew(items, theta).p_hottest) ** writes
    bound = hot_key_serialisation(hot, 1e-3, 1e-3, workers).throughput_bound_per_s
    assert found.goodput_per_s >= 1e3 * (1 - 1e-12)
    assert found.goodput_per_s <= bound * (1 + 1e-9)
    assert found.hottest_utilisation == pytest.approx(hot * found.goodput_per_s * 1e-3)


def test_no_rival_and_no_write_mean_linear_goodput_and_one_key_means_one_at_a_time():
    assert occ_goodput_zipf(1, 1e-3, 10, 0.9, 3, 3).goodput_per_s == pytest.approx(1e3)
    assert occ_goodput_zipf(64, 1e-3, 10, 0.9, 3, 0).goodput_per_s == pytest.approx(64e3)
    alone = occ_goodput_zipf([2, 64], 1e-3, 1, 0.0, 0, 1)
    np.testing.assert_allclose(alone.goodput_per_s, 1e3)
    np.testing.assert_allclose(alone.attempts_per_commit, [2, 64])


@pytest.mark.parametrize(
    ("workers", "items", "theta", "reads", "writes"),
    [
        (16, 1000, 0.0, 4, 4),
        (64, 1000, 1.2, 0, 1),
        (32, 1000, 0.99, 2, 2),
        (32, 100_000, 0.9, 8, 8),
        (24, 50, 1.2, 1, 3),
    ],
)
def test_goodput_with_new_keys_after_an_abort_is_that_of_simulated_validation(workers, items, theta, reads, writes):
    truth = validated(workers, items, theta, 1.0, reads, writes, spread=0.0, fresh=True)["goodput_per_s"]
    found = occ_goodput_zipf_fresh(workers, 1.0, items, theta, reads, writes)
    assert found.goodput_per_s == pytest.approx(truth, rel=0.1)  # 4 % at the root mean square, 17 % at worst
    assert found.abort_probability == pytest.approx(1 - truth / workers, abs=0.02)
    if theta > 0:  # who repeats the same keys is held up by the hottest of them
        assert occ_goodput_zipf(workers, 1.0, items, theta, reads, writes).goodput_per_s < 0.75 * truth


@pytest.mark.parametrize("skip_top", [1, 30, 200])
@pytest.mark.parametrize(("fresh", "primitive"), [(False, occ_goodput_zipf), (True, occ_goodput_zipf_fresh)])
def test_hot_keys_that_are_not_validated_cost_nothing(skip_top, fresh, primitive):
    truth = validated(32, 1000, 0.99, 1.0, 2, 2, spread=0.0, skip_top=skip_top, fresh=fresh)["goodput_per_s"]
    found = primitive(32, 1.0, 1000, 0.99, 2, 2, skip_top)
    assert found.goodput_per_s == pytest.approx(truth, rel=0.08)
    assert primitive(32, 1.0, 1000, 0.99, 2, 2, skip_top + 50).goodput_per_s > found.goodput_per_s
    none_left = primitive(32, 1.0, 1000, 0.99, 2, 2, [1000, 5000])
    np.testing.assert_allclose(none_left.goodput_per_s, 32.0)
    np.testing.assert_array_equal(none_left.hottest_utilisation, 0.0)


def found_by_all(count, chances, taken):
    """Chance that some draws with replacement find only free keys, from each key's share of time taken."""
    of_keys = np.log1p(-taken * (1 - (1 - chances) ** count)) - count * np.log1p(-chances * taken)
    return (1 - chances @ taken) ** count * np.exp(of_keys.sum())


@pytest.mark.parametrize("skip_top", [0, 3, 500])
def test_new_keys_solve_their_equations_summed_over_all_keys(skip_top):
    """z_i (1 - a_i z_i) = (W - 1) g(n - 1) b_i (1 - z_i), by halving for each of 2000 keys."""
    workers, reads, writes, chances = 48, 2, 3, popularity(2000, 0.9)
    again, once = 1 - (1 - chances) ** (reads + writes - 1), 1 - (1 - chances) ** writes
    once[:skip_top] = 0.0

    def taken(tries):
        low, high = np.zeros(2000), np.ones(2000)
        for _ in range(60):
            middle = (low + high) / 2
            short = middle * (1 - again * middle) < tries * (workers - 1) / workers * once * (1 - middle)
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        return low

    low, high = 0.0, float(workers)
    for _ in range(60):
        middle = (low + high) / 2
        short = middle < workers * found_by_all(reads + writes - 1, chances, taken(middle))
        low, high = (middle, high) if short else (low, middle)
    found = occ_goodput_zipf_fresh(workers, 1.0, 2000, 0.9, reads, writes, skip_top)
    shares = taken(low)
    expected = workers * found_by_all(reads + writes, chances, shares)
    assert found.goodput_per_s == pytest.approx(expected, rel=1e-7)
    assert found.hottest_utilisation == pytest.approx(shares[skip_top] * workers / (workers - 1), rel=1e-6)


def test_one_draw_and_one_contended_key_are_exact():
    """One key each: key i commits W p_i / (1 + (W - 1) p_i) times, its free time; one key for all: one at a time."""
    chances = popularity(300, 1.1)
    alone = occ_goodput_zipf_fresh(20, 1.0, 300, 1.1, 0, 1)
    assert alone.goodput_per_s == pytest.approx((20 * chances / (1 + 19 * chances)).sum(), rel=1e-8)
    one_key = occ_goodput_zipf_fresh([2, 64], 1.0, 1, 0.0, [0, 3], [1, 2])
    np.testing.assert_allclose(one_key.goodput_per_s, 1.0)
    np.testing.assert_allclose(one_key.hottest_utilisation, 1.0)
    assert occ_goodput_zipf_fresh(1, 1e-3, 10, 0.9, 3, 3).goodput_per_s == pytest.approx(1e3)
    assert occ_goodput_zipf_fresh(64, 1e-3, 10, 0.9, 3, 0).goodput_per_s == pytest.approx(64e3)


def test_cold_keys_do_not_tell_who_repeats():
    given = (200, 1e-3, 10**7, 0.0, 5, 5)
    repeated = occ_goodput_zipf(*given)
    np.testing.assert_allclose(occ_goodput_zipf_fresh(*given)[:3], repeated[:3], rtol=1e-4)


@pytest.mark.parametrize(("items", "capacity"), [(20, 12), (200, 60), (200, 190)])
def test_a_cache_under_uniform_access_fills_by_its_exact_law(items, capacity):
    accesses = np.array([1, 2, capacity // 2, capacity, 2 * capacity, 9 * capacity])
    found = cache_warm_up(items, 0.0, capacity, accesses)
    exact = [filling_uniformly(items, capacity, count) for count in accesses.tolist()]
    misses, expected = (1 - found.cold_hit_ratio) * accesses, (1 - np.array(exact)) * accesses
    np.testing.assert_allclose(misses, expected, atol=0.5)
    early = accesses <= capacity  # no eviction can have happened
    np.testing.assert_allclose(misses[early], expected[early], rtol=1e-12)
    assert found.steady_hit_ratio[0] == pytest.approx(capacity / items)


@pytest.mark.parametrize(("theta", "capacity"), [(0.7, 300), (0.99, 100), (1.3, 30)])
def test_a_cache_under_skew_fills_as_simulated(theta, capacity):
    chances, draw = popularity(1000, theta), np.random.default_rng(2)
    for accesses in (capacity, 4 * capacity):
        runs = keys(1000, theta, (60_000 // accesses, accesses), draw).tolist()
        hits = [cold_hits(run, chances.tolist(), capacity) / accesses for run in runs]
        error = 4 * np.std(hits, ddof=1) / np.sqrt(len(hits)) + 0.005 * np.mean(hits)  # Che's own half a per cent
        assert cache_warm_up(1000, theta, capacity, accesses).cold_hit_ratio == pytest.approx(np.mean(hits), abs=error)


def test_warming_up_ends_in_the_steady_state_and_a_cache_of_all_never_evicts():
    found = cache_warm_up(10_000, 0.9, 1000, 10**9)
    assert found.cold_hit_ratio == pytest.approx(found.steady_hit_ratio, rel=1e-5)
    whole = cache_warm_up(500, 0.8, 500, 700)
    assert np.isinf(whole.filling_accesses)
    assert whole.steady_hit_ratio == 1.0
    distinct = (1 - (1 - popularity(500, 0.8)) ** 700).sum()
    assert whole.cold_hit_ratio == pytest.approx(1 - distinct / 700, rel=1e-9)
    assert cache_warm_up(500, 0.8, 10, 1).cold_hit_ratio == 0.0


def test_a_full_cache_has_held_as_many_distinct_items():
    filling = cache_warm_up(2000, 0.9, 700, 1).filling_accesses
    assert (1 - (1 - popularity(2000, 0.9)) ** filling).sum() == pytest.approx(700, rel=1e-9)
