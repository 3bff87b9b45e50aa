import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.hardware.roofline import (
    attainable_flop_per_s,
    concurrent_bound_s,
    decode_ceiling_tokens_per_s,
    decode_compute_ceiling_tokens_per_s,
    decode_memory_ceiling_tokens_per_s,
    kv_bytes_per_token,
    matmul_traffic_bytes,
    operator_bound_s,
    pipeline_bound_per_s,
    repeated_traffic_bytes,
    ridge_flop_per_byte,
)

positive = st.floats(1e-3, 1e15)


@given(positive, positive, positive, positive)
def test_operator_bound_and_attainable_rate_are_one_statement(work, moved, peak, bandwidth):
    rate = attainable_flop_per_s(work / moved, peak, bandwidth)
    np.testing.assert_allclose(work / operator_bound_s(work, moved, peak, bandwidth), rate, rtol=1e-12)


def test_at_the_ridge_memory_and_arithmetic_take_equal_time():
    ridge = ridge_flop_per_byte(312e12, 2039e9)
    assert attainable_flop_per_s(ridge, 312e12, 2039e9) == pytest.approx(312e12, rel=1e-12)
    assert attainable_flop_per_s(ridge / 2, 312e12, 2039e9) == pytest.approx(156e12, rel=1e-12)


def test_the_link_counts_when_it_is_slowest():
    assert operator_bound_s(1e9, 1e6, 1e12, 1e12, link_bytes=1e9, link_bandwidth_bytes_per_s=1e10) == 0.1


def test_three_term_roofline_of_published_h100_matmul():
    """8192^3 in BF16 against the dense peak: 2 n^3 / 989.4e12 = 1.111 ms, far above its traffic time."""
    bound = operator_bound_s(2 * 8192**3, 3 * 8192**2 * 2, 989.4e12, 3.35e12)
    assert bound == pytest.approx(1.1113e-3, rel=1e-4)


def test_the_narrowest_resource_limits_a_pipeline():
    rates = pipeline_bound_per_s([1e9, 4e6, 100.0], [[1e3, 2.0, 0.0], [1e3, 40.0, 1e-4]])
    np.testing.assert_allclose(rates, [1e6, 1e5])
    assert pipeline_bound_per_s([5.0], [0.0]) == np.inf


def test_pipeline_bound_holds_in_a_simulated_tandem():
    """Deterministic tandem stepped job by job: completions approach the bound from below."""
    service_s = np.array([0.2, 0.5, 0.3])
    free_at, jobs = np.zeros(3), 400
    for _ in range(jobs):
        done = 0.0
        for stage in range(3):
            done = max(done, free_at[stage]) + service_s[stage]
            free_at[stage] = done
    bound = pipeline_bound_per_s(np.ones(3), service_s)
    assert jobs / free_at[-1] <= bound
    assert jobs / free_at[-1] == pytest.approx(bound, rel=5e-3)  # filling the pipeline once


def test_concurrent_bound_is_the_greater_of_path_and_area():
    assert concurrent_bound_s(3.0, 8.0, 4.0) == 3.0
    assert concurrent_bound_s(1.0, 8.0, 4.0) == 2.0


def test_repeated_traffic_is_undercut_by_no_cache_contents():
    """Belady's optimal replacement, simulated over a cyclic scan, loads at least W - S each later pass."""
    blocks, cache_blocks, passes = 12, 5, 6
    trace = list(range(blocks)) * passes
    cached: set[int] = set()
    loads = 0
    for now, block in enumerate(trace):
        if block in cached:
            continue
        loads += 1
        if len(cached) >= cache_blocks:
            following = trace[now + 1 :]
            cached.remove(max(cached, key=lambda old: following.index(old) if old in following else len(trace)))
        cached.add(block)
    per_pass = repeated_traffic_bytes(float(blocks), float(cache_blocks))
    assert loads >= blocks + (passes - 1) * per_pass
    assert repeated_traffic_bytes(10.0, 50.0) == 0.0


@given(st.integers(1, 2000), st.integers(1, 2000), st.integers(1, 2000), st.integers(16, 100_000))
def test_no_blocked_product_moves_less_than_the_matmul_bound(m, n, k, fast_elements):
    """Keep a square block of C and stream A and B through it: the best known schedule, counted exactly."""
    side = int(np.sqrt(fast_elements + 1)) - 1
    row_blocks, column_blocks = -(-m // side), -(-n // side)
    moved = column_blocks * m * k + row_blocks * n * k + m * n
    assert moved >= matmul_traffic_bytes(m, n, k, 1, fast_elements) * (1 - 1e-12)


def test_decode_ceiling_vector():
    """7e9 parameters at 4 bit, 200 GB/s, 5 TFLOP/s, one sequence: 3.5 GB, 57.14 and 357.14 tokens/s by hand."""
    memory = decode_memory_ceiling_tokens_per_s(1, 200e9, 7e9 * 4 / 8)
    compute = decode_compute_ceiling_tokens_per_s(5e12, 7e9)
    assert memory == pytest.approx(57.142857, rel=1e-7)
    assert compute == pytest.approx(357.142857, rel=1e-7)
    assert decode_ceiling_tokens_per_s(1, 5e12, 200e9, 7e9, 3.5e9) == memory


def test_a_batch_shares_the_weights_but_not_the_state():
    kappa = kv_bytes_per_token(32, 8, 128, 2)
    assert kappa == 131_072  # 2 x 32 x 8 x 128 x 2
    alone = decode_memory_ceiling_tokens_per_s(1, 3.35e12, 16e9)
    assert decode_memory_ceiling_tokens_per_s(64, 3.35e12, 16e9) == pytest.approx(64 * alone)
    with_state = decode_memory_ceiling_tokens_per_s(64, 3.35e12, 16e9, 4096, kappa)
    assert with_state == pytest.approx(64 / ((16e9 + 64 * 4096 * 131_072) / 3.35e12))
    endless = decode_memory_ceiling_tokens_per_s(1e12, 3.35e12, 16e9, 4096, kappa)
    assert endless == pytest.approx(3.35e12 / (4096 * 131_072), rel=1e-4)  # state alone is left


@given(st.floats(1, 1e4), st.floats(0, 1e5))
def test_the_ceiling_falls_with_context_and_rises_with_the_batch(batch, context):
    ceiling = decode_ceiling_tokens_per_s(
        [batch, batch, 2 * batch], 1e15, 3e12, 8e9, 16e9, context_tokens=[context, 2 * context, context],
        kv_bytes_per_context_token=1e5,
    )  # fmt: skip
    assert ceiling[1] <= ceiling[0] <= ceiling[2]


@pytest.mark.parametrize(
    "bound",
    [
        operator_bound_s(-1.0, 1.0, 1.0, 1.0),
        operator_bound_s(1.0, 1.0, 0.0, 1.0),
        attainable_flop_per_s(-1.0, 1.0, 1.0),
        pipeline_bound_per_s([1.0, 0.0], [1.0, 1.0]),
        decode_ceiling_tokens_per_s(0, 1.0, 1.0, 1.0, 1.0),
    ],
)
def test_outside_the_domain_there_is_no_bound(bound):
    assert np.isnan(bound)
