"""Which registry value bounds a claim, and corrections of figures that circulate about included devices.

Each figure below is recomputed here from unit counts and clocks of the makers' documents, or is the makers' own.
"""

import json

import pytest

from gauntlet.errors import RegistryError
from gauntlet.hardware.registry import Registry
from gauntlet.hardware.roofline import ridge_flop_per_byte


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


def may_bound(device, fact):
    return fact.kind != "estimated" or device.synthetic


def test_a_sparse_peak_never_bounds_dense_work(registry):
    for device in registry.devices():
        dense = [fact for fact in device.facts if fact.mode != "sparse" and may_bound(device, fact)]
        for precision in {fact.precision for fact in dense if fact.quantity == "peak_flop_per_s"}:
            assert registry.bound_value(device.id, "peak_flop_per_s", precision).fact.mode != "sparse"
    sparse = registry.bound_value("h100_sxm5", "peak_flop_per_s", "bf16", sparse=True)
    assert sparse.fact.mode == "sparse"
    assert sparse.limit == pytest.approx(1979e12, rel=1e-3)  # NVIDIA H100 data sheet, with sparsity


def test_the_bound_is_never_below_any_usable_value(registry):
    for device in registry.devices():
        for fact in device.facts:
            limit = registry.quantities[fact.quantity].limit
            if limit == "none" or fact.mode == "sparse" or not may_bound(device, fact):
                continue
            bound = registry.bound_value(device.id, fact.quantity, fact.precision)
            assert bound.limit >= fact.value if limit == "largest" else bound.limit <= fact.value


def test_h100_tensor_bound_uses_the_maximum_clock(registry):
    bound = registry.bound_value("h100_sxm5", "peak_flop_per_s", "bf16")
    assert bound.limit == pytest.approx(132 * 4096 * 1.98e9, rel=1e-9)  # SMs x FLOP per clock x maximum boost


def test_geforce_bound_knows_fp16_accumulation_and_boost_headroom(registry):
    free = registry.bound_value("rtx_4090", "peak_flop_per_s", "fp16")
    fp32 = registry.bound_value("rtx_4090", "peak_flop_per_s", "fp16", fp32_accumulate=True)
    assert free.fact.value == pytest.approx(2 * fp32.fact.value, rel=1e-3)
    assert free.tolerance >= 0.12
    assert registry.bound_value("a100_sxm_80gb", "peak_flop_per_s", "fp64", fp32_accumulate=True).fact.mode == "tensor"


@pytest.mark.parametrize(
    ("device", "quantity", "at_least"),
    [
        ("xeon_gold_6148", "memory_bandwidth_bytes_per_s", 131.34e9),  # kerncraft SkylakeSP_Gold-6148_SNC, load
        ("optane_p4800x", "read_iops", 584_800),  # AnandTech 11209
        ("tpu_v4", "memory_bandwidth_bytes_per_s", 1228e9),
        ("nvlink4", "link_bandwidth_bytes_per_s", 480e9),  # bus bandwidth with in-switch reduction
    ],
)
def test_published_measurements_stay_possible(registry, device, quantity, at_least):
    assert registry.bound_value(device, quantity).limit >= at_least


def test_the_reason_names_source_and_headroom(registry):
    reason = registry.bound_value("optane_p4800x", "read_iops").reason
    assert "AnandTech" in reason
    assert "10% headroom" in reason


def test_what_limits_nothing_gives_no_bound(registry):
    with pytest.raises(RegistryError, match="'tdp_w' limits nothing; these do: peak_flop_per_s"):
        registry.bound_value("h100_sxm5", "tdp_w")
    with pytest.raises(RegistryError, match=r"nothing bounds peak_flop_per_s\[bf16\]"):
        registry.bound_value("v100", "peak_flop_per_s", "bf16")


def test_an_estimate_never_bounds_a_real_device(tmp_path, registry):
    for name in ("quantities.yaml", "bound_tolerances.yaml"):
        (tmp_path / name).write_text((registry.folder / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "dram").mkdir()
    guess = {"quantity": "memory_bandwidth_bytes_per_s", "value": 8e10, "kind": "estimated", "source": "guess"}
    box = {"id": "box", "vendor": "V", "name": "Box", "facts": [guess | {"agreeing": 1}]}
    file = {"sources": {"guess": {"title": "somebody's guess", "date": "2024"}}, "devices": [box]}
    (tmp_path / "dram" / "box.json").write_text(json.dumps(file), encoding="utf-8")
    with pytest.raises(RegistryError, match="nothing bounds memory_bandwidth_bytes_per_s"):
        Registry.load(tmp_path).bound_value("box", "memory_bandwidth_bytes_per_s")


def test_a_value_from_memory_has_a_wider_band_than_the_same_value_read(registry):
    device = registry.device("core_i7_13700k")
    recalled = device.fact("memory_bandwidth_bytes_per_s")
    read = recalled.model_copy(update={"agreeing": 1})
    assert recalled.from_memory
    wider = 1 + registry.unread.relative
    assert 1 + registry.headroom(device, recalled)[0] == pytest.approx(wider * (1 + registry.headroom(device, read)[0]))
    assert registry.band(device, recalled) > registry.band(device, read)
    assert "cited from memory" in registry.bound_value(device.id, recalled.quantity).reason


def test_a_disputed_rate_bounds_by_the_more_lenient_value(registry):
    """NVIDIA lists half the tensor rate of the same die for L40; nobody who measures more is accused."""
    listed = registry.value("l40", "peak_flop_per_s", "int8", "dense")
    assert listed.disputed == pytest.approx(2 * listed.value, rel=2e-3)
    assert registry.bound_value("l40", "peak_flop_per_s", "int8").limit >= listed.disputed
    assert registry.band(registry.device("l40"), listed) >= 0.98


def test_stacks_beside_channels_bound_the_traffic_of_both(registry):
    assert registry.bound_value("xeon_max_9480", "memory_bandwidth_bytes_per_s").limit >= 1.6384e12


def test_a_power_mode_lowers_the_bound(registry):
    """nvpmodel: 612 MHz on 8 of 16 multiprocessors in the 30 W mode; 2 x 128 FLOP a cycle each."""
    whole, limited = (
        registry.bound_value(name, "peak_flop_per_s", "fp32").limit
        for name in ("jetson_orin_agx", "gpu/jetson_orin_agx@30w")
    )
    assert limited == pytest.approx(8 * 128 * 2 * 612e6, rel=2e-3)
    assert limited < whole
    assert registry.reference("gpu/jetson_orin_agx@15w:num_sms").value == 6
    with pytest.raises(RegistryError, match="has no power mode '99w'; it has 15w, 30w, 50w"):
        registry.device("jetson_orin_agx@99w")


CORRECTIONS = [
    ("h100_pcie", "num_sms", None, None, 114),  # 132 is the SXM5 part
    ("h100_sxm5", "num_sms", None, None, 132),
    ("h100_pcie", "peak_flop_per_s", "fp32", "vector", 114 * 128 * 2 * 1.755e9),  # 60 TFLOPS was preliminary, SXM
    ("h100_sxm5", "peak_flop_per_s", "fp32", "vector", 132 * 128 * 2 * 1.98e9),
    ("h100_pcie", "peak_flop_per_s", "bf16", "dense", 756e12),
    ("h100_pcie", "peak_flop_per_s", "bf16", "sparse", 1513e12),
    ("h100_pcie", "l2_bytes", None, None, 50 * 2**20),
    ("h100_pcie", "shared_memory_per_sm_bytes", None, None, 228 * 2**10),
    ("h100_pcie", "tdp_w", None, None, 350),
    ("h100_sxm5", "memory_bandwidth_bytes_per_s", None, None, 3.35e12),  # HBM3; 2 TB/s is the PCIe part
    ("core_i7_13700k", "threads", None, None, 8 * 2 + 8 * 1),
    ("core_i7_13700k", "l2_bytes", None, None, (8 * 2 + 2 * 4) * 2**20),
    ("core_i7_13700k", "l3_bytes", None, None, 30 * 2**20),
    ("core_i7_13700k", "memory_bandwidth_bytes_per_s", None, None, 2 * 5600e6 * 8),  # 80 GB/s was an estimate
    ("tpu_v4", "mxu_count", None, None, 2 * 4),
    ("tpu_v4", "peak_flop_per_s", "bf16", "dense", 8 * 128 * 128 * 2 * 1.05e9),
    ("tpu_v4", "memory_capacity_bytes", None, None, 32 * 2**30),
    ("a100_sxm_80gb", "peak_flop_per_s", "fp16", "dense", 312e12),  # 19.5 is FP32 on CUDA cores
    ("a100_sxm_80gb", "peak_flop_per_s", "tf32", "dense", 156e12),
    ("a100_sxm_80gb", "peak_flop_per_s", "fp32", "vector", 19.5e12),
    ("a100_sxm_80gb", "memory_bandwidth_bytes_per_s", None, None, 2039e9),
    ("a100_pcie_80gb", "memory_bandwidth_bytes_per_s", None, None, 1935e9),
    ("a100_40gb", "memory_bandwidth_bytes_per_s", None, None, 1555e9),
    ("jetson_orin_agx", "peak_flop_per_s", "fp32", "vector", 2048 * 2 * 1.3e9),  # MAXN; 958 GFLOPS is 234 MHz
    ("nvlink3", "link_bandwidth_bytes_per_s", None, None, 300e9),  # 600 GB/s counts both directions
    ("nvlink4", "link_bandwidth_bytes_per_s", None, None, 450e9),
]


@pytest.mark.parametrize("correction", CORRECTIONS)
def test_corrected_figures(registry, correction):
    *address, value = correction
    assert registry.value(*address).value == pytest.approx(value, rel=2e-3)


def test_core_i7_parts_have_no_matrix_unit(registry):
    for device in ("core_i7_13700k", "core_i7_12700k"):
        with pytest.raises(RegistryError, match="nothing bounds"):
            registry.bound_value(device, "peak_flop_per_s", "bf16")


def test_core_i7_bounds_cover_both_kinds_of_cores_at_turbo(registry):
    turbo_13700k = 8 * 32 * 5.3e9 + 8 * 16 * 4.2e9  # P and E cores, FP32 FLOP per cycle
    assert registry.bound_value("core_i7_13700k", "peak_flop_per_s", "fp32").limit >= 0.98 * turbo_13700k
    turbo_12700k = 8 * 32 * 4.7e9 + 4 * 16 * 3.6e9
    assert registry.bound_value("core_i7_12700k", "peak_flop_per_s", "fp32").limit >= turbo_12700k


def test_a100_has_64_fp32_units_per_multiprocessor(registry):
    cores = registry.value("a100_sxm_80gb", "cores").value
    assert cores / registry.value("a100_sxm_80gb", "num_sms").value == 64


def test_a100_ridge_is_153_flop_per_byte(registry):
    peak = registry.value("a100_sxm_80gb", "peak_flop_per_s", "fp16", "dense").value
    bandwidth = registry.value("a100_sxm_80gb", "memory_bandwidth_bytes_per_s").value
    assert ridge_flop_per_byte(peak, bandwidth) == pytest.approx(153, abs=0.5)
