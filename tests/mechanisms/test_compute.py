"""Kernels, models, schedulers, scaling laws and energy against counting, scheduling and published numbers."""

import heapq
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms.energy import energy_op_byte, energy_roofline
from gauntlet.mechanisms.kernels import (
    gemm_cost,
    gpu_occupancy,
    gpu_wave_quantisation,
    hierarchical_roofline,
    roofline,
    systolic_gemm_output_stationary,
)
from gauntlet.mechanisms.latent_attention import latent_attention_cost
from gauntlet.mechanisms.operational import (
    amdahl,
    gustafson,
    interactive_response_time,
    littles_law,
    operational_laws,
    usl,
)
from gauntlet.mechanisms.queueing import finite_source_mmc, mm1
from gauntlet.mechanisms.scheduling import brent_bound, power_of_d, size_based_scheduling_mm1
from gauntlet.mechanisms.transformers import (
    attention_core_cost,
    decode_step_time,
    kv_cache_bytes,
    moe_expert_coverage,
    pipeline_bubble,
    speculative_decoding,
    tensor_parallel_communication,
    transformer_training_compute,
)


def test_roofline_bends_at_the_ridge():
    ridge = roofline(1.0, 1.0, 1e15, 3e12).ridge_flop_per_byte
    at = roofline(np.array([ridge / 2, ridge, ridge * 2]), 1.0, 1e15, 3e12).attainable_flop_per_s
    assert at == pytest.approx([5e14, 1e15, 1e15])


def test_hierarchical_roofline_with_one_level_is_the_roofline():
    plain = roofline(1e9, 4e9, 5e11, 1e12)
    assert hierarchical_roofline(1e9, [4e9], [1e12], 5e11).time_s == plain.time_s
    found = hierarchical_roofline(np.array([1.0, 1e12]), [1e9, 2e9], [1e12, 1e12], 5e11)
    assert found.binding_level.tolist() == [1, -1]


@given(st.integers(1, 2000), st.integers(1, 150), st.integers(1, 3))
def test_waves_match_list_scheduling(tiles, sms, blocks):
    slots = [0] * (sms * blocks)
    for _ in range(tiles):
        heapq.heapreplace(slots, slots[0] + 1)
    found = gpu_wave_quantisation(tiles, sms, blocks)
    assert found.waves == max(slots)
    assert found.efficiency == pytest.approx(tiles / (max(slots) * sms * blocks))


@pytest.mark.parametrize(("registers", "blocks"), [(64, 2), (65, 1)])
def test_occupancy_reproduces_the_programming_guide(registers, blocks):
    found = gpu_occupancy(512, registers, 0.0, 64, 32, 65536, 65536.0)  # one more register, one block less
    assert found.blocks_per_sm == blocks
    assert found.active_warps == 16 * blocks


def test_systolic_array_matches_timing_every_element():
    m, n, k, rows, cols = 70, 33, 20, 32, 16
    cycles = 0
    for _fold in itertools.product(range(math.ceil(m / rows)), range(math.ceil(n / cols))):
        last_product = max(i + j + step for i in range(rows) for j in range(cols) for step in range(k)) + 1
        cycles += last_product + rows  # then every row drains, one a cycle
    assert systolic_gemm_output_stationary(m, n, k, rows, cols).cycles == cycles


def test_gemm_traffic_matches_reading_the_tiles():
    m, n, k, tm, tn = 100, 70, 30, 32, 16
    tiles = list(itertools.product(range(0, m, tm), range(0, n, tn)))
    rows = sum(min(tm, m - i) * k for i, _ in tiles)
    columns = sum(min(tn, n - j) * k for _, j in tiles)
    found = gemm_cost(m, n, k, 2.0, tm, tn)
    assert found.tiled_bytes == 2 * (rows + columns + m * n)
    assert found.min_bytes <= found.tiled_bytes


@given(st.integers(1, 60), st.integers(0, 200), st.booleans())
def test_attention_counts_every_pair(queries, earlier, causal):
    context = queries + earlier
    pairs = sum(earlier + row + 1 if causal else context for row in range(queries))
    found = attention_core_cost("prefill", 2, queries, context, 8, 2, 64, 2.0, causal)
    assert found.flop == 4 * 2 * 8 * 64 * pairs
    with pytest.raises(ValueError, match="above context_tokens"):
        attention_core_cost("prefill", 2, context + 1, context, 8, 2, 64, 2.0, causal)


DEEPSEEK_V3 = {"heads": 128, "latent_dim": 512, "rope_dim": 64, "nope_dim": 128, "value_dim": 128, "element_bytes": 2.0}
"""arXiv:2412.19437, section 4.2."""


@given(st.integers(1, 8), st.integers(0, 8), st.booleans())
def test_latent_attention_counts_every_multiplication(queries, earlier, causal):
    """One head at a time: a score is a product of vectors, an answer a weighted sum of them."""
    context = queries + earlier
    seen = [earlier + row + 1 if causal else context for row in range(queries)]
    for form, key, value in (("absorbed", 512 + 64, 512), ("expanded", 128 + 64, 128)):
        multiplications = sum(key + value for _head in range(128) for some in seen for _token in range(some))
        found = latent_attention_cost(form, 1, queries, context, causal=causal, **DEEPSEEK_V3)
        assert found.flop == 2 * multiplications
    with pytest.raises(ValueError, match="above context_tokens"):
        latent_attention_cost("absorbed", 1, context + 1, context, causal=causal, **DEEPSEEK_V3)


def test_latent_attention_moves_the_cached_vectors_once():
    found = latent_attention_cost("absorbed", 2, 1, 1000, causal=True, **DEEPSEEK_V3)
    cached = 1000 * 70272 / 61  # bytes a token in one layer: ISCA 2025, table 1, 70.272 KB in 61 layers
    assert found.bytes == pytest.approx(2 * (cached + 128 * 2 * (576 + 512)), rel=1e-12)


def test_latent_decoding_has_twice_the_intensity_of_its_heads():
    """DeepSeek's account of FlashMLA: about 2 h_q FLOP a byte with long contexts, (d_k + d_v) / d_k h_q exactly."""
    found = latent_attention_cost("absorbed", 1, 1, 10**9, causal=True, **DEEPSEEK_V3)
    assert found.intensity_flop_per_byte == pytest.approx(128 * (576 + 512) / 576, rel=1e-4)


def test_latent_attention_with_one_head_of_its_own_is_plain_attention():
    plain = attention_core_cost("prefill", 3, 7, 20, 4, 4, 64, 2.0, True)
    found = latent_attention_cost("expanded", 3, 7, 20, 4, 512, 0, 64, 64, 2.0, True)
    assert found == plain


@pytest.mark.parametrize(
    ("shape", "kilobytes"),
    [
        (("mla", 61, 0, 0, 512, 64), 70.272),  # DeepSeek-V3, ISCA 2025, table 1
        (("gqa", 126, 8, 128, 0, 0), 516.096),  # the same table: LLaMA-3.1 405B
        (("gqa", 80, 8, 128, 0, 0), 327.680),  # the same table: Qwen-2.5 72B
    ],
)
def test_cache_size_reproduces_the_published_table(shape, kilobytes):
    assert kv_cache_bytes(*shape, 2.0).bytes_per_token == pytest.approx(kilobytes * 1000, rel=1e-6)


def test_training_compute_reproduces_gpt3():
    found = transformer_training_compute(1.746e11, 3e11, 1, 1.0, 1.0)
    assert found.flop == pytest.approx(3.14e23, rel=2e-3)  # Brown et al. 2020, table D.1


def test_decoding_turns_from_memory_to_compute_with_the_batch():
    found = decode_step_time(1.6e10, 0.0, np.array([1, 4096]), 1.0, 1.6e10, 6e14, 2.7e12, 0.0)
    assert found.memory_s[0] > found.compute_s[0]
    assert found.memory_s[1] < found.compute_s[1]
    assert found.tokens_per_s[1] == pytest.approx(6e14 / 1.6e10)


def test_expert_coverage_matches_sampling():
    draw = np.random.default_rng(9)
    hit = [len({e for _ in range(12) for e in draw.choice(32, 4, replace=False).tolist()}) for _ in range(3000)]
    assert moe_expert_coverage(32, 4, 12).expected_experts_hit == pytest.approx(np.mean(hit), rel=0.01)
    assert moe_expert_coverage(8, 8, 1).expected_experts_hit == 8
    with pytest.raises(ValueError, match="top_k = 9"):
        moe_expert_coverage(8, 9, 1)


def test_tensor_parallelism_is_free_on_one_device_and_doubles_backward():
    steps = tensor_parallel_communication(32, 4, 128, 4096, 2.0, np.array([1, 8]), 2e-6, 4e11, np.array([[0], [1]]))
    assert steps.time_s[:, 0].tolist() == [0.0, 0.0]
    assert steps.time_s[1, 1] == pytest.approx(2 * steps.time_s[0, 1])


@given(st.integers(1, 8), st.integers(1, 40))
def test_pipeline_bubble_matches_the_schedule(stages, microbatches):
    end = np.zeros((stages, microbatches))
    for stage, micro in itertools.product(range(stages), range(microbatches)):
        before = max(end[stage - 1, micro] if stage else 0, end[stage, micro - 1] if micro else 0)
        end[stage, micro] = before + 1
    found = pipeline_bubble(stages, microbatches, 1)
    assert found.relative_time == pytest.approx(end[-1, -1] / microbatches)
    assert found.idle_fraction == pytest.approx(1 - microbatches / end[-1, -1])


def test_interleaving_an_uneven_number_of_microbatches_warns():
    with pytest.warns(ValidityWarning, match="no multiple of stages"):
        pipeline_bubble(4, 6, 2)


@pytest.mark.parametrize(("acceptance", "drafts", "speedup"), [(0.6, 2, 1.96), (0.8, 5, 3.69), (0.9, 10, 6.86)])
def test_speculation_reproduces_the_published_table(acceptance, drafts, speedup):
    found = speculative_decoding(acceptance, drafts, 0.0)
    assert found.speedup == pytest.approx(speedup, rel=3e-3)  # Leviathan et al. 2023, table 1
    by_prefix = sum(acceptance**accepted for accepted in range(drafts + 1))
    assert found.expected_tokens == pytest.approx(by_prefix)


def test_speculation_at_the_ends_of_acceptance():
    assert speculative_decoding(np.array([0.0, 1.0]), 4, 0.0).expected_tokens.tolist() == [1.0, 5.0]


@pytest.mark.parametrize(("load", "response"), [(0.5, 1.2657), (0.9, 2.6141), (0.99, 5.4320)])
def test_two_choices_reproduce_the_published_table(load, response):
    assert power_of_d(load, 2, 1.0).mean_response_s == pytest.approx(response, abs=6e-5)  # Mitzenmacher, d = 2


def test_one_choice_is_a_single_queue_and_more_choices_never_hurt():
    assert power_of_d(0.9, 1, 1.0).mean_response_s == pytest.approx(mm1(0.9, 1.0).mean_response_s)
    responses = power_of_d(0.9, np.array([1, 2, 3, 50, 10**6]), 1.0).mean_response_s
    assert np.all(np.diff(responses) < 0)
    assert np.isinf(power_of_d(1.0, 2, 1.0).mean_response_s)


def simulate_srpt(jobs, rate):
    """Mean response of shortest remaining processing time with exponential sizes of mean 1."""
    draw = np.random.default_rng(10)
    arrivals, sizes = np.cumsum(draw.exponential(1 / rate, jobs)), draw.exponential(1.0, jobs)
    heap, now, total = [], 0.0, 0.0
    for arrival, size in zip([*arrivals, np.inf], [*sizes, 0.0], strict=True):
        while heap and now < arrival:
            left, came = heapq.heappop(heap)
            if now + left > arrival:
                heapq.heappush(heap, (left - (arrival - now), came))
                break
            now += left
            total += now - came
        now = max(now, arrival)
        heapq.heappush(heap, (size, arrival))
    return total / jobs


def test_shortest_remaining_time_matches_a_simulation():
    found = size_based_scheduling_mm1("srpt", 0.7, 1.0).mean_response_s
    assert found == pytest.approx(simulate_srpt(150_000, 0.7), rel=0.03)


@given(st.floats(0.01, 0.98))
def test_knowing_sizes_helps_and_preemption_helps_more(rho):
    srpt, sjf, fcfs = (size_based_scheduling_mm1(p, rho, 1.0).mean_response_s for p in ("srpt", "sjf", "fcfs"))
    assert 1.0 - 1e-9 <= srpt <= sjf <= fcfs * (1 + 1e-9)


def test_bounds_of_work_and_span_enclose_a_greedy_schedule():
    draw = np.random.default_rng(11)
    parents = [sorted(set(draw.integers(0, task, 2).tolist())) if task else [] for task in range(200)]
    depth = [1 + max((0, *(0 for _ in parents[0])))]
    for task in range(1, 200):
        depth.append(1 + max(depth[parent] for parent in parents[task]))
    done, steps = set(), 0
    while len(done) < 200:
        ready = [task for task in range(200) if task not in done and all(p in done for p in parents[task])]
        done.update(ready[:4])
        steps += 1
    bound = brent_bound(200.0, float(max(depth)), 4)
    assert bound.lower_s <= steps <= bound.upper_s
    with pytest.raises(ValueError, match="span_s"):
        brent_bound(1.0, 2.0, 4)


def test_scaling_laws_meet_at_their_limits():
    assert amdahl(0.05, 1e12).speedup == pytest.approx(20.0)
    assert gustafson(0.004, 1024).speedup == pytest.approx(1020, rel=1e-3)  # Gustafson 1988
    assert usl(64, 0.05, 0.0, 1.0).throughput_per_s == pytest.approx(amdahl(0.05, 64).speedup)
    no_peak = usl(64, np.array([0.05, 0.0]), 0.0, 1.0)
    assert no_peak.peak_processors.tolist() == [np.inf, np.inf]
    assert no_peak.peak_throughput_per_s == pytest.approx([20.0, np.inf])


@given(st.floats(0.0, 0.9), st.floats(1e-6, 0.1))
def test_the_scalability_peak_is_a_maximum(contention, coherency):
    peak = usl(1, contention, coherency, 1.0)
    around = usl(
        np.maximum(1, peak.peak_processors * np.array([0.9, 1.1])), contention, coherency, 1.0
    ).throughput_per_s
    assert np.all(around <= peak.peak_throughput_per_s * (1 + 1e-12))


def test_operational_laws_agree_with_one_another():
    found = operational_laws(30.0, 60.0, 15000, 600)
    assert found.utilisation == pytest.approx(found.system_throughput_per_s * found.demand_s)
    closed = finite_source_mmc(20, 0.1, 0.01, 1)
    response_s = interactive_response_time(20, closed.throughput_per_s, 0.1).response_s
    assert response_s == pytest.approx(closed.mean_response_s)
    assert littles_law(closed.throughput_per_s, response_s + 0.1).mean_in_system == pytest.approx(20)
    assert interactive_response_time(10, 1000.0, 1.0).response_s < 0  # a contradiction stays visible


def test_energy_roofline_is_the_energy_of_a_run():
    intensity = np.array([5.0, 500.0])
    time_s = roofline(1e12, 1e12 / intensity, 3e14, 2e12).time_s
    run = energy_op_byte(1e12, 1e12 / intensity, 5e-13, 3e-11, 80.0, time_s)
    found = energy_roofline(intensity, 5e-13, 3e-11, 80.0, 3e14, 2e12)
    assert found.flop_per_joule == pytest.approx(1e12 / run.energy_j)
    assert run.mean_power_w == pytest.approx(run.energy_j / time_s)
