"""Estimates of kernels: laws that hold for every size, the formulas by hand, and what they rest on."""

import math

import numpy as np
import pytest

from gauntlet.errors import RegistryError, UsageError
from gauntlet.hardware.estimates.attention import BACKENDS, Attention, _parts, attention
from gauntlet.hardware.estimates.elementwise import elementwise
from gauntlet.hardware.estimates.gemm import FORMATS, Gemm, gemm
from gauntlet.hardware.estimates.grouped import GroupedGemm, grouped_gemm
from gauntlet.hardware.estimates.machine import Machine
from gauntlet.hardware.estimates.power import gemm_power
from gauntlet.hardware.estimates.records import Parameters
from gauntlet.hardware.registry import Registry

SIZES = 300


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


def sizes(count, largest, seed=0):
    return np.exp(np.random.default_rng(seed).uniform(0, np.log(largest), (SIZES, count))).round().T


def lawful(found):
    assert np.isfinite(found.value).all() and (found.value > 0).all()
    assert (found.bound <= found.low).all() and (found.low <= found.value).all() and (found.value <= found.high).all()


def gpus(registry, precision):
    has = [d for d in registry.devices() if any(fact.precision == precision for fact in d.facts)]
    return [d.key for d in has if d.device_class == "gpu" and d.architecture not in ("", "Apple")]


@pytest.mark.parametrize("format", FORMATS)
def test_no_product_is_faster_than_its_bound(registry, format):
    devices = gpus(registry, FORMATS[format].precision)
    assert devices
    for device in devices[:: max(len(devices) // 12, 1)]:
        lawful(gemm(registry, device, *sizes(3, 2**18), format))


def test_a_cpu_is_estimated_from_cpus(registry):
    found = gemm(registry, "cpu/xeon_gold_6148", *sizes(3, 2**12), "fp32")
    lawful(found)
    assert "cpu" in found.source


@pytest.mark.parametrize("phase", ["prefill", "decode"])
@pytest.mark.parametrize("cache", ["bf16", "fp8"])
def test_no_attention_is_faster_than_its_bound(registry, phase, cache):
    batch, context, kv_heads, group, head_size = sizes(5, 512)
    for device in ("gpu/h100_sxm5", "gpu/l40s", "gpu/b200_sxm_180gb", "gpu/rtx_3090", "gpu/h20_96gb"):
        lawful(
            attention(registry, device, phase, batch, context * 64, kv_heads * group, kv_heads, head_size, cache=cache)
        )


def test_no_grouped_product_and_no_copy_is_faster_than_its_bound(registry):
    experts, tokens, n, k = sizes(4, 2**13)
    for layout in ("masked", "contiguous"):
        lawful(grouped_gemm(registry, "gpu/h20_96gb", experts.clip(1, 512), tokens / 7, n, k, layout=layout))
    lawful(elementwise(registry, "gpu/a100_sxm_80gb", *sizes(2, 2**32), "layernorm"))


def test_power_stays_between_nothing_and_the_limit_with_its_tolerance(registry):
    found = gemm_power(registry, "gpu/h100_sxm5", *sizes(3, 2**14))
    lawful(found)
    assert found.value.max() < 1.1 * 700  # W, its power limit


def test_a_huge_product_runs_at_the_sustained_share_of_the_peak(registry):
    found = gemm(registry, "gpu/a100_sxm_80gb", 16384, 16384, 16384)
    rate = 2 * 16384**3 / found.value[0]
    assert 0.75 * 312e12 < rate < 312e12  # NVIDIA's own tables show 250 to 290 TFLOP/s for cuBLAS


def test_a_tiny_product_takes_a_launch(registry):
    assert 1e-6 < gemm(registry, "gpu/h100_sxm5", 1, 64, 64).value[0] < 6e-6


def scalar_gemm_s(m, n, k, c, machine):
    """The formula of the module docstring for one product, as loops over tiles and splits."""
    unit = machine.peak_flop_per_s * c["peak_share"] / machine.units
    load_rate = c["load_share"] * math.sqrt(machine.memory_bytes_per_s * machine.units * 64 * machine.clock_hz)
    moved = (m + n) * k * 2 + m * n * 2 / c["write_share"]
    kept = 1 / (1 + (((m + n) * k + m * n) * 2 / (machine.cache_bytes * c["cache_share"])) ** 3)
    memory = moved * (1 - kept + kept / c["cache_gain"]) / (machine.memory_bytes_per_s * c["memory_share"])
    best = math.inf
    for tm, tn in ((16, 64), (32, 64), (64, 64), (64, 128), (64, 256), (128, 128), (128, 256)):
        for split in (1, 2, 4, 8, 16, 32):
            if split > 1 and k < 128 * split:
                continue
            depth = math.ceil(k / split / 64) * 64
            tiles = math.ceil(m / tm) * math.ceil(n / tn) * split
            matrix = 2 * tm * tn * (depth + c["fill_elements"]) / unit
            issue = 2 * c["least_tile"] * (depth + c["fill_elements"]) / unit
            load = (tm + tn) * depth * 2 * min(tiles, machine.units) / load_rate
            tile = (matrix**4 + load**4 + issue**4) ** 0.25 + c["prologue_cycles"] / machine.clock_hz
            share = tiles / machine.units
            waves = 1 if share <= 1 else c["whole_waves"] * math.ceil(share) + (1 - c["whole_waves"]) * share
            total = ((waves * tile) ** c["overlap"] + memory ** c["overlap"]) ** (1 / c["overlap"])
            if split > 1:
                total += m * n * (4 * split + 2) / load_rate
                total += c["split_cycles"] / machine.clock_hz
            best = min(best, total)
    return best + c["launch_cycles"] / machine.clock_hz


def test_the_arrays_agree_with_loops(registry):
    machine = Machine.of(registry, "gpu/h100_sxm5", "bf16")
    constants = Parameters.read("gemm").choose(["bf16"], machine.key, machine.architecture).constants
    m, n, k = sizes(3, 2**15, seed=1)[:, :40]
    expected = [scalar_gemm_s(*row, constants, machine) for row in zip(m, n, k, strict=True)]
    np.testing.assert_allclose(Gemm(m, n, k, "bf16").model(constants, machine, 1e9), expected, rtol=1e-12)


def num_splits_heuristic(blocks, slots, steps, most, least):
    """Dao-AILab/flash-attention, csrc/flash_attn/flash_api.cpp, line by line; `least` of the Hopper variant."""
    if blocks >= 0.8 * slots or steps < least:
        return 1
    most = int(min(most, slots, steps))
    efficiencies, best = [], 0.0
    for parts in range(1, most + 1):
        if parts != 1 and math.ceil(steps / parts) == math.ceil(steps / (parts - 1)):
            efficiencies.append(0.0)
            continue
        waves = blocks * parts / slots
        efficiencies.append(waves / math.ceil(waves))
        best = max(best, efficiencies[-1])
    for parts in range(1, most + 1):
        eligible = parts == 1 or math.ceil(steps / parts) != math.ceil(steps / (parts - 1))
        if eligible and efficiencies[parts - 1] >= 0.85 * best:
            return parts
    return 1


@pytest.mark.parametrize("name", BACKENDS)
def test_contexts_are_split_as_the_library_does(name):
    backend, units = BACKENDS[name], 108
    random = np.random.default_rng(2)
    blocks, steps = random.integers(1, 300, 200).astype(float), random.integers(1, 900, 200).astype(float)
    slots = units * backend.blocks_per_unit
    expected = [num_splits_heuristic(b, slots, s, 128, backend.least_steps_to_split) for b, s in zip(blocks, steps)]  # noqa: B905
    found = _parts(backend, units, blocks, steps, np.full(200, 4.0))
    assert len(set(expected)) > 5
    np.testing.assert_array_equal(found, expected)


def test_grouped_queries_share_the_load_of_their_keys(registry):
    shared = attention(registry, "gpu/h100_sxm5", "decode", 64, 8192, 32, 4)
    single = attention(registry, "gpu/h100_sxm5", "decode", 64, 8192, 32, 32)
    assert 4 < single.value[0] / shared.value[0] < 9  # eight times the bytes


def test_products_in_fp8_have_the_bound_of_their_peak(registry):
    wide = attention(registry, "gpu/h100_sxm5", "prefill", 8, 8192, 32, 8)
    narrow = attention(registry, "gpu/h100_sxm5", "prefill", 8, 8192, 32, 8, arithmetic="fp8")
    assert narrow.bound[0] == pytest.approx(wide.bound[0] / 2, rel=0.01)  # the sheet doubles the rate


@pytest.mark.parametrize(("tokens", "expected"), [(0.6, 160 * (1 - math.exp(-0.6))), (50, 160)])
def test_experts_with_a_token_against_drawing_them(tokens, expected):
    work = GroupedGemm.of(160, tokens, 64, 64, "fp8_block", "masked")
    random = np.random.default_rng(3)
    drawn = [len(set(random.integers(0, 160, round(160 * tokens)))) for _ in range(300)]
    assert work.groups[0] == pytest.approx(expected, rel=1e-6)
    assert work.groups[0] == pytest.approx(np.mean(drawn), rel=0.02)
    assert min(drawn) >= work.least_groups[0]


@pytest.mark.parametrize(
    ("device", "m", "format", "basis"),
    [
        ("gpu/h100_sxm5", 512, "bf16", "interpolated"),
        ("gpu/h100_sxm5", 2**22, "bf16", "extrapolated"),
        ("gpu/h200_sxm_141gb", 512, "fp8", "nearest"),  # its architecture was measured in this format, it was not
        ("gpu/b200_sxm_180gb", 512, "bf16", "default"),
    ],
)
def test_an_estimate_says_what_it_rests_on(registry, device, m, format, basis):
    assert gemm(registry, device, m, 4096, 4096, format).basis[0] == basis


def test_bands_widen_with_what_is_less_known(registry):
    def width(device, m):
        found = gemm(registry, device, m, 4096, 4096)
        return math.log(found.high[0] / found.low[0])

    assert width("gpu/a100_sxm_80gb", 8192) < width("gpu/a100_sxm_80gb", 2**17) < width("gpu/l40s", 8192)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda r: gemm(r, "gpu/h100_sxm4", 1, 1, 1), "nearest.*h100_sxm5"),
        (lambda r: gemm(r, "gpu/a100_sxm_80gb", 1, 1, 1, "fp8"), "fp8"),
        (lambda r: grouped_gemm(r, "gpu/h20_96gb", 8, 0, 1, 1), "tokens_per_expert = 0"),
        (lambda r: attention(r, "gpu/l40s", "training", 1, 1, 1, 1), "training"),
    ],
)
def test_what_cannot_be_estimated_is_named(registry, call, named):
    with pytest.raises((RegistryError, UsageError), match=named):
        call(registry)


@pytest.mark.parametrize("size", [0, -3, math.nan, math.inf])
def test_a_size_that_is_none_is_refused(registry, size):
    with pytest.raises(UsageError, match="m = "):
        gemm(registry, "gpu/h100_sxm5", [8, size], 64, 64)


def test_queries_beyond_the_context_are_refused(registry):
    with pytest.raises(UsageError, match="among the context"):
        attention(registry, "gpu/l40s", "prefill", 1, 8, 4, 4, queries=9)


def test_a_clock_that_is_not_stated_is_replaced(registry):
    assert math.isnan(Machine.of(registry, "gpu/gb200_gpu", "bf16").clock_hz)
    lawful(gemm(registry, "gpu/gb200_gpu", *sizes(3, 2**14)))


@pytest.mark.parametrize("kind", ["gemm", "attention", "moe_grouped_gemm", "elementwise", "gemm_power"])
def test_parameters_are_few_beside_what_they_were_learnt_from(kind):
    parameters = Parameters.read(kind)
    own = [entry for entry in parameters.fitted if entry.scope == "machine"]
    numbers = sum(len(entry.constants) + len(entry.correction) for entry in own)
    assert numbers < sum(entry.rows for entry in own) / 5
    assert "@" in parameters.source  # a commit that can be read again


def test_work_is_estimated_row_by_row(registry):
    m, n, k = sizes(3, 2**14)
    together = gemm(registry, "gpu/h100_sxm5", m, n, k).value
    alone = [gemm(registry, "gpu/h100_sxm5", *row).value[0] for row in zip(m[:5], n[:5], k[:5], strict=True)]
    np.testing.assert_allclose(together[:5], alone, rtol=1e-12)


def test_library_of_a_machine_follows_its_capability(registry):
    ones = np.ones(1)
    work = Attention(ones, ones, ones, ones, ones, ones, "decode", "fp8")
    names = {key: work.kernels(Machine.of(registry, key, "bf16"))[0] for key in ("gpu/h100_sxm5", "gpu/l40s")}
    assert names == {"gpu/h100_sxm5": "decode/fp8/flash3", "gpu/l40s": "decode/fp8/flashinfer"}


def test_constants_of_another_kernel_are_never_called_measured(registry):
    """INT8 has those of FP8 on the same machine: nearest, with the wider band of sizes that were not measured."""
    fp8, int8 = (gemm(registry, "gpu/h100_sxm5", 512, 4096, 4096, format) for format in ("fp8", "int8"))
    assert (*fp8.basis, *int8.basis) == ("interpolated", "nearest")
    assert np.log(int8.high / int8.value) == pytest.approx(1.5 * np.log(fp8.high / fp8.value), rel=1e-9)


def test_a_maker_that_was_never_measured_has_a_wider_band(registry):
    """Constants of NVIDIA's kernels say less about AMD's libraries than about another card of NVIDIA."""
    known, strange = (gemm(registry, device, 64, 4096, 4096) for device in ("gpu/rtx_4090", "gpu/mi300x"))
    assert (*known.basis, *strange.basis) == ("default", "default")
    assert np.log(strange.high / strange.value) == pytest.approx(1.5 * np.log(known.high / known.value), rel=1e-9)
    makers = {registry.device(entry.of).vendor for entry in Parameters.read("gemm").fitted if entry.scope == "machine"}
    assert makers == {maker.partition(" ")[2] for maker in Parameters.read("gemm").makers}
