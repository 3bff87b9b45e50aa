"""Cache sizing, launches and grades as code calls them; RM-003: no model of the registry's machines beats a ceiling."""

import numpy as np
import pytest

from gauntlet.hardware.grading import grades
from gauntlet.hardware.kv_cache import (
    kv_bytes_per_token_of_device,
    kv_capacity_blocks,
    kv_capacity_tokens,
    largest_batch,
    latent_bytes_per_token,
)
from gauntlet.hardware.launches import eager_step, kernel_launches, launch_ceiling_tokens_per_s, launches_afforded
from gauntlet.hardware.registry import Registry
from gauntlet.hardware.roofline import decode_ceiling_tokens_per_s, kv_bytes_per_token, model_bytes
from gauntlet.mechanisms.transformers import decode_step_time


def test_cache_sizes_that_papers_publish():
    """Zhao et al., ISCA 2025, table 1, in decimal KB; Kwon et al., SOSP 2023: 800 binary KB for OPT-13B."""
    assert latent_bytes_per_token(61, 512, 64, 2) == 70.272e3
    np.testing.assert_array_equal(kv_bytes_per_token([80, 126], 8, 128, 2), [327.680e3, 516.096e3])
    assert kv_bytes_per_token(40, 40, 128, 2) == 800 * 1024


def test_a_server_holds_what_counting_blocks_gives():
    """Blocks handed out one by one until the memory is full."""
    per_token = float(kv_bytes_per_token_of_device(32, 8, 128, 2, tensor_parallel=3))  # 3 of 8 heads on the fuller one
    assert per_token == 2 * 32 * 3 * 128 * 2
    left, blocks = 0.9 * 24e9 - 16e9 / 3 - 1e9, 0
    while left >= 16 * per_token:
        left, blocks = left - 16 * per_token, blocks + 1
    server = {"tensor_parallel": 3, "usable_fraction": 0.9, "reserved_bytes": 1e9}
    assert kv_capacity_blocks(24e9, 16e9, per_token, 16, **server) == blocks
    assert 16 * blocks <= kv_capacity_tokens(24e9, 16e9, per_token, **server) < 16 * (blocks + 1)
    assert largest_batch(1000, 24e9, 16e9, per_token, **server) == (16 * blocks) // 1000


def test_launches_by_hand():
    assert kernel_launches(28) == 338  # 12 a layer and 2 outside, as the contract's source counts
    assert kernel_launches(28, kernels_per_layer=5, kernels_outside_layers=1) == 141
    step = eager_step(386, 5e-6, 1e-3)
    assert (step.bound_s, step.synchronous_s) == (pytest.approx(1.93e-3), pytest.approx(2.93e-3))
    assert step.launching_share == pytest.approx(1.93 / 2.93)
    assert launch_ceiling_tokens_per_s(4, 386, 5e-6, 1e-3) == pytest.approx(4 / 1.93e-3)
    assert launches_afforded(10e-3, 8e-3, 3e-6) == 666


def test_grades_follow_the_published_bands():
    """paiml/provable-contracts, performance-grading-v1: F below 10 %, D to 20, C to 40, B to 50, A; never above 1."""
    shares = [0.0, 0.099, 0.1, 0.199, 0.2, 0.399, 0.4, 0.499, 0.5, 1.0, 1.01]
    assert "".join(grade[0] for grade in grades(shares, 1.0)) == "FFDDCCBBAAi"
    assert grades(1.01, 1.0, tolerance=0.02) == "A"
    assert grades(-1.0, 1.0) == ""


def faster_than_ceiling(gain):
    """Decoding of every machine of the registry x models x batches by the primitive, `gain` times its rate.

    Returns how many rates beat the ceiling, of how many.
    """
    registry = Registry.load()
    machines = [
        (peak, memory)
        for device in registry.devices()
        if (memory := device.fact("memory_bandwidth_bytes_per_s"))
        for peak in device.facts
        if peak.quantity == "peak_flop_per_s"
    ]
    peaks = np.array([peak.value for peak, _ in machines])[:, None, None]
    bandwidths = np.array([memory.value for _, memory in machines])[:, None, None]
    parameters, state = np.array([[7e9, 70e9, 671e9], [524_288.0, 327_680.0, 70_272.0]])[:, None, :, None]
    batches = np.array([1.0, 16.0, 256.0, 4096.0])[None, None, :]
    weights = model_bytes(parameters, 16)
    step = decode_step_time(weights, state, batches, 2048.0, 2 * parameters, peaks, bandwidths, 0.0)
    ceiling = decode_ceiling_tokens_per_s(
        batches, peaks, bandwidths, parameters, weights, context_tokens=2048.0, kv_bytes_per_context_token=state
    )
    return int((gain * step.tokens_per_s > ceiling * (1 + 1e-12)).sum()), ceiling.size


def test_no_model_of_any_machine_beats_its_ceiling_and_one_percent_more_does():
    beaten, cases = faster_than_ceiling(1.0)
    assert (beaten, cases >= 10_000) == (0, True)
    assert faster_than_ceiling(1.01) == (cases, cases)
