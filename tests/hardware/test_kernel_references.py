"""Estimates of kernels by one string, as specifications name them, and operations by their calibrated curves."""

import numpy as np
import pytest

from gauntlet.errors import GauntletError, RegistryError, UsageError
from gauntlet.hardware.curves import find_calibration
from gauntlet.hardware.estimates.attention import attention
from gauntlet.hardware.estimates.calibrated import calibrated
from gauntlet.hardware.estimates.gemm import gemm
from gauntlet.hardware.estimates.kernels import kernel_estimate
from gauntlet.hardware.estimates.libraries import libraries, of_any_library
from gauntlet.hardware.estimates.reference import EXAMPLE, is_kernel_reference, kernel_reference
from gauntlet.hardware.registry import Registry

I7 = "cpu/core_i7_12700k"


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


def test_a_reference_asks_the_kernel_that_it_names(registry):
    assert is_kernel_reference(EXAMPLE)
    asked = gemm(registry, "gpu/h100_sxm5", 1, 4096, 4096, "fp8")
    np.testing.assert_equal(kernel_reference(registry, EXAMPLE), of_any_library(asked, "gemm", "fp8"))
    text = "A100 SXM 80GB:attention_s[phase=decode, batch=8, context=4e3, heads=32, kv_heads=8, head_size=128]"
    asked = attention(registry, "gpu/a100_sxm_80gb", "decode", 8, 4000, 32, 8, 128)
    np.testing.assert_equal(kernel_reference(registry, text), of_any_library(asked, "attention"))


def test_a_library_that_is_not_named_widens_the_band_and_moves_nothing_else(registry):
    known = gemm(registry, "gpu/h100_sxm5", [64, 8192], 4096, 4096, "bf16")
    plain, quantised, other = (
        of_any_library(known, kernel, form)
        for kernel, form in (("gemm", "bf16"), ("gemm", "fp8"), ("decode_step", None))
    )
    np.testing.assert_equal(other.low, known.low)  # a kind of which nothing was measured between libraries
    np.testing.assert_allclose(np.log(known.value / quantised.low)[0], np.hypot(
        np.log(known.value / known.low)[0], 1.6449 * libraries().spread["gemm.fp8"]), rtol=1e-4)  # fmt: skip
    for one in (plain, quantised):
        np.testing.assert_equal(one.value, known.value)
        assert (one.low < known.low).all() and (one.high > known.high).all() and (one.low >= known.bound).all()


@pytest.mark.parametrize(("n", "k", "slower"), [(4096, 4096, 1), (4096, 4100, 2.5), (4097, 4096, 2.5)])
def test_a_gpu_is_slower_where_rows_do_not_begin_at_16_bytes(registry, n, k, slower):
    found = gemm(registry, "gpu/h100_sxm5", 256, n, k)
    whole = gemm(registry, "gpu/h100_sxm5", 256, 4096, k // 8 * 8)
    assert found.value[0] == pytest.approx(slower * whole.value[0], rel=0.06)
    assert found.basis[0] == ("interpolated" if slower == 1 else "extrapolated")
    assert found.bound[0] <= found.low[0] <= found.value[0] <= found.high[0]
    processor = gemm(registry, I7, 256, [n, 4096], [k, 4096], "fp32").value
    assert processor[0] == pytest.approx(processor[1], rel=0.05)


def test_facts_are_no_kernels(registry):
    for device in registry.devices():
        for fact in device.facts:
            assert not is_kernel_reference(f"{device.key}:{fact.label}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gpu/h100_sxm5:gemm_s", "is no reference to a kernel; write 'gpu/h100_sxm5:gemm_s"),
        ("gpu/h100_sxm5:gemm_s[m=1,n=2]", "gemm needs k; give it"),
        ("gpu/h100_sxm5:gemm_s[m=1,n=2,k=3,m=4]", "'m=4' is no further field=value"),
        ("gpu/h100_sxm5:gemm_s[m,n=2,k=3]", "'m' is no further field=value"),
        ("gpu/h100_sxm5:gemm_s[m=many,n=2,k=3]", "m = 'many' is no number"),
        ("gpu/h100_sxm5:gemm_s[m=0,n=2,k=3]", "m = 0 is no size"),
        ("gpu/h100_sxm5:gemm_s[m=1,n=2,k=3,size=4]", "gemm has no 'size'; nearest is"),
        ("gpu/h100_sxm5:gemm_s[m=1,n=2,k=3,format=bf17]", "'bf17' is not known; nearest is 'bf16'"),
        ("gpu/h101:gemm_s[m=1,n=2,k=3]", "device 'gpu/h101' is not in"),
        (f"{I7}:calibrated_s[operation=gemm,precision=fp32,work_flop=1e9]", "calibrated needs moved_bytes"),
        ("gpu/h100_sxm5:calibrated_s[operation=gemm,precision=bf16,work_flop=1,moved_bytes=1]", "has no calibration"),
    ],
)
def test_what_is_wrong_with_a_reference_is_named(registry, text, words):
    assert is_kernel_reference(text)
    with pytest.raises(GauntletError) as refusal:
        kernel_reference(registry, text)
    assert words in str(refusal.value)
    assert isinstance(refusal.value, RegistryError | UsageError)


def test_a_calibrated_operation_is_its_bound_over_its_efficiency(registry):
    curve = find_calibration(registry.folder, registry.device(I7)).curve("conv2d", "fp32")
    work, moved = np.array([1e9, 1e10]), np.array([1e7, 1e8])
    found = calibrated(registry, I7, work, moved, "conv2d", "fp32")
    shares = curve.efficiency(curve.x_of(work, moved, found.bound))
    np.testing.assert_allclose(found.efficiency, shares, rtol=1e-12)
    assert set(found.basis) == {"interpolated"} and (found.low < found.value).all()


@pytest.mark.parametrize(
    ("work", "operation", "precision", "basis"),
    [
        (1e9, "conv2d", "fp32", "interpolated"),
        (1e30, "conv2d", "fp32", "extrapolated"),
        (1e9, "unheard_of", "fp32", "default"),
    ],
)
def test_a_calibrated_operation_says_what_it_rests_on(registry, work, operation, precision, basis):
    found = kernel_estimate(
        registry, "calibrated", I7, {"work_flop": work, "moved_bytes": 1e7},
        {"operation": operation, "precision": precision},
    )  # fmt: skip
    assert found.basis[0] == basis
