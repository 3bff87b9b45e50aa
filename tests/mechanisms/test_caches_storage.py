"""Caches, filters, trees, flash and logs against simulating them."""

import math
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms.caches import amat, bloom_filter, che_lru_zipf
from gauntlet.mechanisms.storage import btree_io, checkpoint_interval, group_commit, lsm_tree, ssd_write_amplification


def test_access_time_weighs_the_levels_reached():
    found = amat([1.0, 4.0, 15.0], [0.05, 0.3, np.array([0.4, 0.0])], np.array([90.0, np.inf])).amat_s
    assert found[0] == pytest.approx(1 + 0.05 * 4 + 0.05 * 0.3 * 15 + 0.05 * 0.3 * 0.4 * 90)
    assert found[1] == pytest.approx(1 + 0.05 * 4 + 0.05 * 0.3 * 15)  # a memory never reached costs nothing
    with pytest.raises(ValueError, match="one of each per level"):
        amat([1.0, 2.0], [0.1], 90.0)


@pytest.mark.parametrize(("items", "theta", "capacity"), [(50, 1.0, 10), (2000, 0.8, 300)])
def test_lru_matches_a_simulated_cache(items, theta, capacity):
    weights = np.arange(1, items + 1) ** -theta
    requests = np.random.default_rng(4).choice(items, 150_000, p=weights / weights.sum())
    cache, hits = OrderedDict(), 0
    for turn, key in enumerate(requests.tolist()):
        if key in cache:
            cache.move_to_end(key)
            hits += turn >= 20_000
            continue
        cache[key] = None
        if len(cache) > capacity:
            cache.popitem(last=False)
    found = che_lru_zipf(items, theta, capacity)
    assert found.hit_ratio == pytest.approx(hits / 130_000, abs=0.01)  # the approximation's own error is up to 1 %
    filled = (1 - np.exp(-weights / weights.sum() * found.characteristic_time)).sum()
    assert filled == pytest.approx(capacity, rel=1e-8)


def test_a_cache_of_everything_hits_always_and_more_room_hits_more():
    found = che_lru_zipf(1000, 0.9, np.array([1, 10, 500, 999, 1000, 5000])).hit_ratio
    assert np.all(np.diff(found) >= 0)
    assert found[-2:].tolist() == [1.0, 1.0]


def test_bloom_filter_matches_the_published_table_and_warns_when_small():
    found = bloom_filter(np.array([8, 10]) * 10**6, 10**6, np.array([6, 7])).false_positive
    assert found == pytest.approx([0.0216, 0.00819], rel=3e-3)  # Fan et al., Summary Cache, table
    with pytest.warns(ValidityWarning, match="1000 bits"):
        bloom_filter(256, 32, 5)


def test_flash_matches_cleaning_the_oldest_block():
    pages, blocks, spare = 64, 120, 1.25
    logical = int(pages * blocks / spare)
    draw = np.random.default_rng(6)
    where = np.full(logical, -1)
    log = [np.full(pages, -1) for _ in range(blocks)]
    head, fill, written, copied = 0, 0, 0, 0

    def append(page):
        nonlocal head, fill
        log[head][fill] = page
        where[page] = head * pages + fill
        fill += 1
        if fill == pages:
            head, fill = (head + 1) % blocks, 0
            return True
        return False

    for turn in range(14 * logical):
        page = turn if turn < logical else int(draw.integers(logical))
        written += turn >= 7 * logical
        full = append(page)
        while full:
            victim, full = log[head].copy(), False
            for slot, old in enumerate(victim):
                if old >= 0 and where[old] == head * pages + slot:
                    copied += turn >= 7 * logical
                    full = append(old) or full
    assert ssd_write_amplification(spare).write_amplification == pytest.approx(1 + copied / written, rel=0.04)


def test_flash_with_plenty_of_room_copies_nothing():
    found = ssd_write_amplification(np.array([1.0001, 1.07, 3.0, 40.0, np.inf])).write_amplification
    assert np.all(np.diff(found) <= 0)
    assert found[-2:] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(("ratio", "levels"), [(3, 3), (4, 2)])
@pytest.mark.parametrize("policy", ["levelled", "tiered"])
def test_lsm_write_amplification_matches_merging_runs(policy, ratio, levels):
    # Level i holds ratio^i buffers; runs are sizes in buffers. The last level is emptied when full, to stay in cycle.
    runs, written, inserted = [[] for _ in range(levels + 1)], 0, 0
    for _ in range(ratio**levels * 3):
        inserted += 1
        carry = 1
        for level in range(1, levels + 1):
            merged = [carry] if policy == "tiered" else [carry + sum(runs[level])]
            runs[level] = (runs[level] + merged) if policy == "tiered" else merged
            written += merged[-1]
            if sum(runs[level]) < ratio**level:
                break
            carry, runs[level] = sum(runs[level]), []
    # Levelled merges write 1 + ... + T parts per T, which is the formula's (T + 1)/2.
    assert lsm_tree(policy, ratio, levels, 0.01).write_amplification == pytest.approx(written / inserted)


def test_lsm_reads_pay_one_filter_per_run():
    tiered, levelled = lsm_tree("tiered", 4, 5, 0.01), lsm_tree("levelled", 4, 5, 0.01)
    assert (tiered.runs, levelled.runs) == (20, 5)
    assert tiered.point_miss_ios == pytest.approx(0.2)
    assert levelled.space_amplification_bound == pytest.approx(1 / 3)


@given(st.integers(1, 10**7), st.floats(0.0, 1e10))
def test_btree_height_and_reads_match_building_the_levels(records, cached_bytes):
    levels = [math.ceil(records / 27)]  # 4096 x 0.69 / 104 = 27 records, / 24 = 117 children
    while levels[-1] > 1:
        levels.append(math.ceil(levels[-1] / 117))
    left, ios = cached_bytes / 4096, 0.0
    for pages in reversed(levels):
        ios += 1 - min(left, pages) / pages
        left -= min(left, pages)
    found = btree_io(np.array([records, 10**9]), 104.0, 4096.0, 16.0, 8.0, 0.69, cached_bytes)
    assert found.height[0] == len(levels)
    assert found.read_ios[0] == pytest.approx(ios, abs=1e-9)
    assert found.leaf_pages[0] == levels[0]


def test_a_page_too_small_is_refused():
    with pytest.raises(ValueError, match="page_bytes = 100 is too small"):
        btree_io(100, 200.0, 100.0, 8.0, 8.0, 0.69, 0.0)


def test_group_commit_matches_flushing():
    draw = np.random.default_rng(8)
    arrivals = np.cumsum(draw.exponential(1 / 500, 200_000))
    free, latency, flushes, index = 0.0, 0.0, 0, 0
    while index < len(arrivals):
        start = max(free, arrivals[index])
        last = np.searchsorted(arrivals, start, side="right")
        free = start + 1e-3
        latency += (free - arrivals[index:last]).sum()
        flushes, index = flushes + 1, last
    found = group_commit(500.0, 1e-3)
    assert found.mean_latency_s == pytest.approx(latency / len(arrivals), rel=0.01)
    assert found.mean_batch == pytest.approx(len(arrivals) / flushes, rel=0.01)


def test_group_commit_ends_between_one_flush_and_one_and_a_half():
    found = group_commit(np.array([0.0, 1e9]), 1e-3).mean_latency_s
    assert found == pytest.approx([1e-3, 1.5e-3])


@given(st.floats(1.0, 1000.0), st.floats(1e4, 1e6))
def test_dalys_interval_is_near_the_minimum_of_the_expected_time(checkpoint_s, mtbf_s):
    found = checkpoint_interval(checkpoint_s, 60.0, mtbf_s, 1e6)
    intervals = np.geomspace(found.daly_interval_s / 4, found.daly_interval_s * 4, 2001)
    wall = mtbf_s * math.exp(60 / mtbf_s) * np.expm1((intervals + checkpoint_s) / mtbf_s) * 1e6 / intervals
    assert found.expected_wall_s == pytest.approx(wall.min(), rel=1e-3)  # Daly 2006, eq. 20


def test_dalys_interval_is_the_place_of_that_minimum():
    found = checkpoint_interval(300.0, 600.0, 86400.0, 5e6).daly_interval_s
    intervals = np.linspace(found * 0.99, found * 1.01, 20_001)
    best = intervals[np.argmin(np.expm1((intervals + 300.0) / 86400.0) / intervals)]
    assert found == pytest.approx(best, rel=1e-5)
    assert checkpoint_interval(300.0, 600.0, 100.0, 1.0).daly_interval_s == 100.0  # the interval is M once d >= 2 M
