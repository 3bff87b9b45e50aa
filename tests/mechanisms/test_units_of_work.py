"""Grids, units and tiles of a kernel against list scheduling, pipelines, brute-force loops and published kernels."""

import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms.catalogue import find
from gauntlet.mechanisms.kernels import gpu_wave_quantisation
from gauntlet.mechanisms.tiled_attention import attention_kernel_resources
from gauntlet.mechanisms.transformers import attention_core_cost
from gauntlet.mechanisms.units_of_work import grid_limited_kernel, kernel_units

A100_FLOP_PER_S = 312e12
A100_SMS, A100_HZ = 108, 1.41e9
"""NVIDIA A100 Tensor Core GPU Architecture, 2020; per multiprocessor and clock 16 exponentials and 128 bytes."""


def makespan(work, sms, blocks_per_sm):
    """Time of a grid: residents share their multiprocessor (rate 1) equally, the next block goes to the emptiest."""
    waiting, resident, now = list(work)[::-1], [[] for _ in range(sms)], 0.0
    while waiting or any(resident):
        while waiting and min(map(len, resident)) < blocks_per_sm:
            min(resident, key=len).append(waiting.pop())
        step = min(min(blocks) * len(blocks) for blocks in resident if blocks)
        now += step
        resident = [[w for w in (left - step / len(blocks) for left in blocks) if w > 1e-12] for blocks in resident]
    return now


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 3))
def test_the_ceiling_of_equal_blocks_is_reached_by_sharing_multiprocessors(blocks, sms, blocks_per_sm):
    found = grid_limited_kernel(blocks, sms, blocks_per_sm, 6e12)
    reached = 6e12 * blocks / sms / makespan([1.0] * blocks, sms, blocks_per_sm)
    assert found.equal_blocks_flop_per_s == pytest.approx(reached)
    assert found.waves == gpu_wave_quantisation(blocks, sms, blocks_per_sm).waves


@given(st.lists(st.floats(0.1, 3.0), min_size=1, max_size=30), st.integers(1, 9), st.integers(1, 3))
def test_no_blocks_run_above_the_ceiling(work, sms, blocks_per_sm):
    found = grid_limited_kernel(len(work), sms, blocks_per_sm, 6e12)
    reached = 6e12 * sum(work) / sms / makespan(work, sms, blocks_per_sm)
    assert reached <= found.ceiling_flop_per_s * (1 + 1e-9)
    assert found.ceiling_flop_per_s == 6e12 * found.busy_share


def test_a_lone_block_has_the_whole_multiprocessor():
    found = grid_limited_kernel(np.array([16, 32]), A100_SMS, 2, A100_FLOP_PER_S)
    assert found.ceiling_flop_per_s / 1e12 == pytest.approx([46, 92.4], abs=0.3)  # 16 heads of FlashAttention: 46
    assert found.busy_share[1] == pytest.approx(2 * gpu_wave_quantisation(32, A100_SMS, 2).efficiency)


def run_tiles(unit_s, overlapped, serial):
    """Time of tiles that go through all units: first a pipeline of them, then the rest one after the other."""
    free = [0.0] * len(unit_s)
    for tile in range(overlapped + serial):
        at = free[-1] if tile >= overlapped else 0.0
        for unit, time_s in enumerate(unit_s):
            at = free[unit] = max(at, free[unit]) + time_s
    return free[-1]


@given(st.lists(st.floats(0.0, 5.0), min_size=4, max_size=4), st.integers(0, 4))
def test_units_match_tiles_in_a_pipeline_and_tiles_in_turn(unit_s, quarters):
    tiles = 400
    expected = run_tiles(unit_s, tiles * quarters // 4, tiles - tiles * quarters // 4)
    total = [tiles * time_s for time_s in unit_s]
    found = kernel_units(*total, 1.0, 1.0, 1.0, 1.0, quarters / 4)
    assert found.time_s == pytest.approx(expected, abs=sum(unit_s) * 1.001)  # filling the pipeline once
    assert total[int(found.binding_unit)] == max(total)


def take_turns(unit_s, residents, tiles=200):
    """Time per tile of resident blocks whose tiles take the units in order, whoever is ready first."""
    ready, free, ends = [(0.0, block, 0) for block in range(residents)], [0.0] * len(unit_s), []
    while len(ends) < tiles:
        at, block, unit = heapq.heappop(ready)
        if free[unit] > at:
            heapq.heappush(ready, (free[unit], block, unit))
            continue
        free[unit] = at + unit_s[unit]
        ends += [free[unit]] * (unit == len(unit_s) - 1)
        heapq.heappush(ready, (free[unit], block, (unit + 1) % len(unit_s)))
    return (ends[-1] - ends[tiles // 2 - 1]) / (tiles / 2)


def test_the_recorded_error_of_units_is_what_the_best_overlap_of_two_blocks_leaves():
    mixes = np.random.default_rng(1).dirichlet(np.ones(4), 40)
    simulated = np.array([take_turns(list(mix), 2) for mix in mixes])
    overlaps = np.linspace(0, 1, 101)[:, np.newaxis]
    logs = np.log(kernel_units(*mixes.T, 1.0, 1.0, 1.0, 1.0, overlaps).time_s / simulated)
    best = np.sqrt(np.mean(logs**2, axis=1)).min()
    assert find("kernel_units").model_form_error == pytest.approx(np.expm1(best), abs=0.002)
    alone = np.array([take_turns(list(mix), 1) for mix in mixes])
    assert kernel_units(*mixes.T, 1.0, 1.0, 1.0, 1.0, 0.0).time_s == pytest.approx(alone)


def attend(queries, keys, block_q, block_k, causal):
    """Per head: (tiles, active blocks, keys fetched, queries fetched) by walking over every query and tile."""
    tiles = active = fetched = asked = 0
    for start in range(0, queries, block_q):
        rows = range(start, min(start + block_q, queries))
        sees = max(row + 1 + keys - queries if causal else keys for row in rows)
        visited = [first for first in range(0, keys, block_k) if first < sees]
        tiles, active = tiles + len(visited), active + bool(visited)
        fetched += sum(min(first + block_k, keys) - first for first in visited)
        asked += len(rows) * bool(visited)
    return tiles, active, fetched, asked


@given(
    st.integers(1, 200), st.integers(1, 200), st.integers(1, 40), st.integers(1, 40), st.booleans(), st.booleans()
)  # fmt: skip
def test_attention_matches_walking_over_the_tiles(queries, keys, block_q, block_k, causal, in_registers):
    tiles, active, fetched, asked = attend(queries, keys, block_q, block_k, causal)
    found = attention_kernel_resources(2, 3, queries, keys, 64, 2.0, block_q, block_k, 4, in_registers, causal)
    assert found.flop == 6 * tiles * (2 * block_q * block_k * 64) * 2
    assert found.exponentials == 6 * tiles * (block_q * block_k + block_q)
    written = tiles * 2 * block_k + active * 2 * block_q
    read = tiles * 2 * 4 * block_k + (active if in_registers else tiles) * block_q + active * block_q
    assert found.shared_bytes == 6 * 2 * 64 * (written + read)
    assert found.tiled_bytes == 6 * 2 * 64 * (asked + 2 * fetched + queries)
    assert found.blocks == 6 * len(range(0, queries, block_q))


@given(st.integers(1, 300), st.integers(0, 300), st.booleans())
def test_tiles_of_one_pair_are_the_formula(queries, earlier, causal):
    found = attention_kernel_resources(2, 8, queries, queries + earlier, 64, 2.0, 1, 1, 1, False, causal)
    assert found.flop == attention_core_cost("prefill", 2, queries, queries + earlier, 8, 8, 64, 2.0, causal).flop


def test_a_long_context_is_summed_without_walking():
    found = attention_kernel_resources(1, 1, 2**20, 2**20, 128, 2.0, 128, 96, 4, False, True)
    tiles = sum(-(-(block + 1) * 128 // 96) for block in range(2**13))
    assert found.flop == 4 * 128 * 128 * 96 * tiles


@pytest.mark.parametrize("causal", [False, True])
def test_the_published_kernel_lies_between_no_overlap_and_all(causal):
    # FlashAttention-2, forward, head dimension 128, A100: 227 TFLOP/s is the largest bar (Dao, ICLR 2024).
    tokens, heads = 16_384, 16
    work = attention_kernel_resources(1, heads, tokens, tokens, 128, 2.0, 128, 64, 4, False, causal)
    nominal = attention_core_cost("prefill", 1, tokens, tokens, heads, heads, 128, 2.0, causal)
    per_clock = A100_SMS * A100_HZ
    found = kernel_units(
        work.flop, work.exponentials, work.shared_bytes, nominal.bytes,
        A100_FLOP_PER_S, 16 * per_clock, 128 * per_clock, 2.039e12, np.array([0.0, 1.0]),
    )  # fmt: skip
    slowest, fastest = nominal.flop / found.time_s
    assert slowest < 227e12 < fastest <= A100_FLOP_PER_S
    assert found.binding_unit.tolist() == [0, 0]
