"""Efficiency curves: in (0, 1], monotone, never faster than the bound, and with the basis of each answer."""

import numpy as np
import pytest
from pydantic import ValidationError

from gauntlet.errors import RegistryError
from gauntlet.hardware.basis import BASES, Lookup, weakest_of
from gauntlet.hardware.curves import (
    Accuracy,
    Band,
    Calibration,
    Candidate,
    Default,
    EfficiencyCurve,
    Knots,
    Point,
    Saturating,
    Sigmoid,
)

FORMS = (
    Knots(shape="linear", x=(1e6, 1e9), efficiency=(0.1, 0.8)),
    Knots(shape="log_linear", x=(1e6, 1e9), efficiency=(0.1, 0.8)),
    Knots(shape="piecewise", x=(1e6, 1e7, 1e9), efficiency=(0.1, 0.6, 0.8)),
    Saturating(top=0.8, half=1e7),
    Sigmoid(bottom=0.05, top=0.8, middle=3e7, steepness=1.5),
)


def curve_of(form, **changes) -> EfficiencyCurve:
    score = Accuracy(rows=20, groups=4, mape=5, median=4, mpe=0, worst=11, worst_row="row 3", pearson=0.99, covered=0.9,
                     breakdown={"excellent": 20}, grade="excellent")  # fmt: skip
    band = Band(
        x=(1e6, 1e9), low=(0.7, 0.9), high=(1.3, 1.1), fit_low=(0.9, 0.95), fit_high=(1.1, 1.05), drift_per_e=0.1
    )
    return EfficiencyCurve(**{
        "operation": "gemm", "precision": "bf16", "variable": "work_flop", "peak_flop_per_s": 1e12,
        "memory_bandwidth_bytes_per_s": 1e11, "peaks_from": "made up for the test", "rising": True, "form": form,
        "lowest": 1e6, "highest": 1e9, "band": band,
        "points": (Point(x=1e7, efficiency=0.5, low=0.4, high=0.6, rows=3, groups=2),),
        "group_names": ("a", "b"), "cross_validated": score,
        "candidates": (Candidate(shape="saturating", parameters=2, unseen_groups=0.1, unseen_rows=0.1, chosen=True),),
    } | changes)  # fmt: skip


def calibration_of(*curves: EfficiencyCurve) -> Calibration:
    return Calibration(device="gpu/made_up", source="made up for the test", date="2026-11", curves=curves,
                       default=Default(typical=0.3, low=0.1, high=0.7))  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.shape)
def test_a_curve_stays_in_its_range_rises_and_never_beats_the_bound(form):
    curve = curve_of(form)
    x = np.geomspace(1e2, 1e14, 400)
    found = curve.at(x)
    assert np.all((found.value > 0) & (found.value <= 1))
    assert np.all((found.low > 0) & (found.low <= found.value) & (found.value <= found.high) & (found.high <= 1))
    assert np.all(np.diff(found.value) >= -1e-12)
    inside = (x >= 1e6) & (x <= 1e9)
    assert set(found.basis[inside]) == {"interpolated"}
    assert set(found.basis[~inside]) == {"extrapolated"}
    assert found.weakest == "extrapolated"
    np.testing.assert_array_equal(curve.efficiency(x), found.value)
    times = curve.time_s(x, 3 * x)
    bound = np.maximum(x / 1e12, 3 * x / 1e11)
    assert np.all(times.value >= bound)
    assert np.all((times.low >= bound) & (times.low <= times.value) & (times.value <= times.high))


def test_forms_agree_with_arithmetic_by_hand():
    line, log_line, knots, saturating, sigmoid = FORMS
    middle = np.array([5.005e8])  # half way from 1e6 to 1e9
    np.testing.assert_allclose(line(middle), 0.45, rtol=1e-12)
    np.testing.assert_allclose(log_line(np.array([10**7.5])), 0.45, rtol=1e-12)
    np.testing.assert_allclose(knots(np.array([10**6.5, 1e8])), [0.35, 0.7], rtol=1e-12)
    np.testing.assert_allclose(saturating(np.array([1e7])), 0.4, rtol=1e-12)
    np.testing.assert_allclose(sigmoid(np.array([3e7])), 0.425, rtol=1e-12)


def test_saturating_is_a_fixed_cost_beside_a_rate():
    """Hockney: t = t0 + W / r_inf, so e = (W / peak) / t; half the rate is reached where W = t0 r_inf."""
    start_s, rate, peak = 1e-5, 8e11, 1e12
    work = np.geomspace(1e5, 1e10, 30)
    expected = (work / peak) / (start_s + work / rate)
    np.testing.assert_allclose(Saturating(top=rate / peak, half=start_s * rate)(work), expected, rtol=1e-12)


def test_the_band_widens_beyond_the_ends_and_not_between():
    curve = curve_of(FORMS[3])
    inside, far, further = (curve.at(x) for x in (1e9, 1e10, 1e11))
    widths = [float(found.high / found.low) for found in (inside, far, further)]
    assert widths[0] < widths[1] < widths[2]
    assert float(inside.low / inside.value) == pytest.approx(0.9)
    assert float(far.low / far.value) == pytest.approx(0.9 * 10**-0.1)


def test_sizes_that_are_none_have_no_efficiency():
    assert np.all(np.isnan(curve_of(FORMS[0]).efficiency([0.0, -1.0, np.nan])))


def test_the_least_sure_part_counts():
    assert BASES == ("exact", "interpolated", "extrapolated", "nearest", "default")
    assert [BASES[code] for code in weakest_of([0, 1, 2], 1)] == ["interpolated", "interpolated", "extrapolated"]
    nothing = np.zeros(2)
    assert Lookup(nothing, nothing, nothing, np.array([1, 3], dtype=np.int8)).weakest == "nearest"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"lowest": 1e9}, "lowest"),
        ({"peak_flop_per_s": None, "memory_bandwidth_bytes_per_s": None}, "state the peak"),
        ({"form": Knots(shape="piecewise", x=(1e6, 1e9), efficiency=(0.8, 0.2))}, "falls with work_flop"),
        ({"form": {"shape": "saturating", "top": 1.5, "half": 1e6}}, "less than or equal to 1"),
        ({"surplus": 1}, "Extra inputs"),
        ({"peak_flop_per_s": -1}, "greater than 0"),
    ],
)
def test_what_cannot_be_true_is_refused(change, told):
    with pytest.raises(ValidationError, match=told):
        curve_of(**{"form": FORMS[0]} | change)


def test_a_falling_curve_is_allowed_where_nothing_says_it_must_rise():
    falling = Knots(shape="piecewise", x=(1e6, 1e9), efficiency=(0.8, 0.2))
    assert curve_of(falling, rising=False).efficiency(1e9) == pytest.approx(0.2)


def test_fallbacks_say_what_they_are():
    calibration = calibration_of(curve_of(FORMS[3]))
    bound_s = np.array([1e-5, 1e-4])
    work = bound_s * 1e12
    own = calibration.at("gemm", "bf16", bound_s, work_flop=work)
    other = calibration.at("gemm", "fp16", bound_s, work_flop=work)
    unknown = calibration.at("softmax", "bf16", bound_s, work_flop=work)
    assert (own.weakest, other.weakest, unknown.weakest) == ("interpolated", "nearest", "default")
    np.testing.assert_array_equal(own.value, other.value)
    np.testing.assert_array_equal(unknown.value, [0.3, 0.3])
    times = calibration.time_s("softmax", "bf16", bound_s)
    np.testing.assert_allclose(times.high, bound_s / 0.1)
    assert list(times.basis) == ["default", "default"]
    with pytest.raises(RegistryError, match="gemm/bf16"):
        calibration.curve("softmax", "bf16")


def test_a_calibration_is_read_back_as_written(tmp_path):
    calibration = calibration_of(*(curve_of(form, operation=f"op_{form.shape}") for form in FORMS))
    calibration.save(tmp_path / "made_up.json")
    assert Calibration.load(tmp_path / "made_up.json") == calibration
    with pytest.raises(ValidationError, match="twice"):
        calibration_of(curve_of(FORMS[0]), curve_of(FORMS[1]))
