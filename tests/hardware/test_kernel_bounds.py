"""The least time of a kernel: against arithmetic by hand, and never above what was measured."""

from pathlib import Path

import numpy as np
import pytest

from gauntlet.errors import RegistryError
from gauntlet.hardware.bounds import Limits, attention_bound, cache_bytes, gemm_bound, kernel_bound
from gauntlet.hardware.registry import Registry

TRUTH = Path(__file__).parents[3] / "shared" / "truth"
CARD = Limits(peak_flop_per_s=1e12, memory_bytes_per_s=1e9, cache_bytes=1e6)


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


def test_a_large_product_is_bound_by_its_flop():
    times = gemm_bound(CARD, 1000, 1000, 1000, 2, 2)
    assert times.bound_s == pytest.approx(5e-3)  # 3 x 2 MB less 1 MB of cache at 1 GB/s; 2e9 FLOP need 2 ms
    assert gemm_bound(CARD, 10_000, 10_000, 10_000, 2, 2).bound_s == pytest.approx(2.0)
    assert gemm_bound(CARD, 10_000, 10_000, 10_000, 2, 2).binding == "compute"


def test_operands_in_the_cache_cost_no_memory_time():
    times = gemm_bound(CARD, 1, 700, 700, 2, 2)
    assert times.memory_s == 0
    assert gemm_bound(CARD, 1, 900, 900, 2, 2).binding == "memory"


def test_a_group_counts_as_often_as_it_is_called():
    one, many = gemm_bound(CARD, 64, 4096, 4096, 1, 2), gemm_bound(CARD, 64, 4096, 4096, 1, 2, groups=8)
    assert many.compute_s == pytest.approx(8 * one.compute_s)
    assert many.memory_s > 8 * one.memory_s  # the cache is granted once


def test_attention_work_is_that_of_a_loop_over_queries():
    queries, context, heads, size = 5, 9, 6, 4
    flop = sum(4 * heads * size * (context - queries + 1 + query) for query in range(queries))
    times = attention_bound(CARD, 1, queries, context, heads, 2, size, 2.0)
    assert times.compute_s == pytest.approx(flop / 1e12)


def test_decode_reads_each_key_and_value_once_a_kv_head():
    times = attention_bound(CARD, 8, 1, 4096, 32, 8, 128, 2.0)
    state, rows = 2 * 8 * 8 * 4096 * 128 * 2, 2 * 8 * 32 * 128 * 2
    assert times.memory_s == pytest.approx((state + rows - 1e6) / 1e9)


def test_negative_demands_have_no_bound():
    assert np.isnan(kernel_bound(CARD, 1.0, -1.0).memory_s)


def test_limits_come_from_the_registry_at_their_most_lenient(registry):
    limits = Limits.of(registry, "gpu/h100_sxm5", "bf16")
    assert limits.peak_flop_per_s == pytest.approx(132 * 4096 * 1.98e9)  # SMs x FLOP per clock x maximum boost
    assert limits.cache_bytes == 50 * 2**20
    with pytest.raises(RegistryError, match="fp8"):
        Limits.of(registry, "gpu/a100_sxm_80gb", "fp8")


def test_a_device_without_stated_caches_is_granted_the_largest_of_its_class(registry):
    device = registry.device("h20_96gb")
    assert not any(fact.quantity == "l2_bytes" for fact in device.facts)
    assert cache_bytes(registry, device) == registry.unstated_cache_bytes["gpu"]
    for device_class, granted in registry.unstated_cache_bytes.items():
        stated = [cache_bytes(registry, each) for each in registry.devices() if each.device_class == device_class]
        assert granted >= np.median(stated)


@pytest.mark.skipif(not TRUTH.is_dir(), reason="the published measurements are not beside the checkout")
@pytest.mark.parametrize("name", ["gemm", "attention", "moe_grouped_gemm", "elementwise"])
def test_no_measurement_beats_its_bound(name):
    from benchmarks.truth import sets

    beaten = rows = 0
    for one in sets.named(name).measurements(TRUTH):
        bound = one.batch.work.bound(one.batch.machine).bound_s
        slower = one.batch.measured >= bound
        assert slower.mean() >= 0.995, (one.kernel, one.batch.machine.key)
        beaten, rows = beaten + int((~slower).sum()), rows + len(slower)
        assert (one.batch.measured / 3 < bound).any() or name == "elementwise", (
            "a bound that nothing could beat is none"
        )
    assert beaten <= 0.0005 * rows
