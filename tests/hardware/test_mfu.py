"""MFU tables: look-ups against scalar arithmetic by hand, the peak behind the shares, and what is refused."""

import numpy as np
import pytest

from gauntlet.errors import RecordError, RegistryError
from gauntlet.hardware.mfu import Heads
from gauntlet.hardware.mfu_files import load_mfu
from gauntlet.hardware.registry import Registry

PEAK = 296e12  # dense FP8 of the H20, as in its data sheet; BF16 has half of it
BF16 = 148e12


@pytest.fixture(scope="module")
def h20():
    return Registry.load().device("h20_96gb")


def gemm_share(m, k, n):
    """A made-up kernel: 4 us to start beside 90 % of the peak, or the weights at 4 TB/s."""
    flop = 2.0 * m * k * n
    return flop / (PEAK * (4e-6 + np.maximum(flop / (0.9 * PEAK), k * n / 4e12)))


def write_gemm(folder, entries, peak=PEAK, digits=3):
    file = folder / "gemm" / "h20" / "data.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{m},{k},{n},{2e6 * m * k * n / (peak * share):.4f},{share:.{digits}f}" for (m, k, n), share in entries.items()
    ]
    file.write_text("\n".join(("m,k,n,latency_us,mfu", *lines)) + "\n", encoding="utf-8")
    return file


def write_decode(folder, name, rows, heads=32, size=128, extra=()):
    file = folder / "mha" / "decode" / "h20" / f"{name}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        f"bf16,bf16,{batch},{kv},{4e6 * heads * size * batch * kv / (BF16 * share):.4f},{share:.3f}"
        for (batch, kv), share in rows.items()
    ]
    file.write_text("\n".join(("dtype,kv_dtype,batch_size,kv_len,latency_us,mfu", *lines, *extra)), encoding="utf-8")
    return file


def grid_of(pairs, ms=(16, 64, 256, 1024, 4096)):
    return {(m, k, n): float(gemm_share(m, k, n)) for k, n in pairs for m in ms}


def test_what_was_measured_comes_back_and_says_so(tmp_path, h20):
    entries = grid_of([(2048, 6144), (4096, 4096)])
    write_gemm(tmp_path, entries)
    table = load_mfu(tmp_path, "h20", h20).gemm
    assert (table.precision, table.peak_flop_per_s) == ("fp8", PEAK)
    m, k, n = np.array(list(entries)).T
    for rule in ("log", "linear"):
        found = table.at(m, k, n, rule=rule)
        np.testing.assert_allclose(found.value, list(entries.values()), rtol=1e-4)
        assert set(found.basis) == {"exact"}
        np.testing.assert_array_equal(found.low, found.value)


def test_the_linear_rule_is_that_of_roofline_v2(tmp_path, h20):
    """Nearest (k, n) that is not smaller by Euclidean distance, then a straight line in m, ends held."""
    entries = grid_of([(2048, 6144), (4096, 4096), (4096, 12288)])
    write_gemm(tmp_path, entries)
    table = load_mfu(tmp_path, "h20", h20).gemm
    asked = [
        (40, 3000, 4000),
        (40, 2000, 6000),
        (40, 2000, 7000),
        (1, 4096, 4096),
        (9999, 4096, 4096),
        (64, 9999, 9999),
    ]
    found = table.at(*np.array(asked).T, rule="linear")
    part = (40 - 16) / (64 - 16)
    line = lambda k, n: entries[16, k, n] * (1 - part) + entries[64, k, n] * part  # noqa: E731
    expected = [line(4096, 4096), line(2048, 6144), line(4096, 12288), entries[16, 4096, 4096],
                entries[4096, 4096, 4096], entries[64, 4096, 12288]]  # fmt: skip
    np.testing.assert_allclose(found.value, expected, rtol=1e-4)
    assert list(found.basis) == ["nearest"] * 3 + ["extrapolated"] * 2 + ["nearest"]


def test_below_the_smallest_size_the_latency_is_held_and_above_the_share(tmp_path, h20):
    entries = grid_of([(4096, 4096)])
    write_gemm(tmp_path, entries)
    found = load_mfu(tmp_path, "h20", h20).gemm.at([1, 2, 1e6], 4096, 4096)
    latency = np.array([1, 2]) / found.value[:2]
    np.testing.assert_allclose(latency, 16 / entries[16, 4096, 4096], rtol=1e-4)
    assert found.value[2] == pytest.approx(entries[4096, 4096, 4096], rel=1e-4)
    assert set(found.basis) == {"extrapolated"}
    assert np.all(found.low < found.value) and np.all(found.high <= 1)


def test_interpolation_in_logarithms_follows_a_power_law(tmp_path, h20):
    write_gemm(tmp_path, {(m, 4096, 4096): 0.001 * m**0.75 for m in (16, 64, 256, 1024)})
    found = load_mfu(tmp_path, "h20", h20).gemm.at([20, 100, 1000], 4096, 4096)
    np.testing.assert_allclose(found.value, 0.001 * np.array([20, 100, 1000]) ** 0.75, rtol=1e-3)
    assert found.weakest == "interpolated"


def test_bands_hold_for_shapes_the_table_has_not(tmp_path, h20):
    """Planted: a noisy law over 30 shapes, and 30 others are asked, three times over."""
    covered, widths = [], []
    for seed in range(3):
        random = np.random.default_rng(seed)
        sizes = [(int(k), int(n)) for k, n in np.exp(random.uniform(np.log(512), np.log(16384), (60, 2)))]
        noise = lambda count, random=random: np.exp(random.normal(0, 0.05, count))  # noqa: E731
        known = {at: float(min(share * noise(1)[0], 0.99)) for at, share in grid_of(sizes[:30]).items()}
        write_gemm(tmp_path, known)
        m, k, n = np.array(list(grid_of(sizes[30:]))).T
        found = load_mfu(tmp_path, "h20", h20).gemm.at(m, k, n)
        assert set(found.basis) == {"nearest"}
        truth = np.minimum(gemm_share(m, k, n) * noise(m.size), 0.99)
        covered += list((found.low <= truth) & (truth <= found.high))
        widths += list(found.high / found.low)
    assert 0.85 <= np.mean(covered) <= 0.97
    assert np.median(widths) < 2


def test_decode_is_bilinear_and_a_ragged_corner_is_no_zero(tmp_path, h20):
    shares = {(1, 1024): 0.01, (1, 4096): 0.02, (1, 16384): 0.03, (8, 1024): 0.05, (8, 4096): 0.09}
    write_decode(tmp_path, "32-8-128", shares)
    table = load_mfu(tmp_path, "h20", h20).decode
    heads = Heads(32, 8, 128)
    found = table.at(heads, [1, 4, 4, 4], [4096, 2048, 16384, 4096], rule="linear")
    kv, batch = (2048 - 1024) / 3072, 3 / 7
    left, right = 0.01 + 0.01 * kv, 0.05 + 0.04 * kv
    expected = [0.02, left + (right - left) * batch, 0.03 + 0.06 * batch, 0.02 + 0.07 * batch]
    np.testing.assert_allclose(found.value, expected, rtol=1e-3)
    assert list(found.basis) == ["exact", "interpolated", "extrapolated", "interpolated"]
    assert table.at(heads, 1, 4096, tp=2).weakest == "nearest"
    assert table.at(Heads(40, 8, 128), 1, 4096).weakest == "nearest"


def test_a_share_rounded_to_nothing_is_taken_from_its_latency(tmp_path, h20):
    shares = {(1, 16): 0.0004, (1, 1024): 0.01, (1, 4096): 0.02, (8, 4096): 0.09}
    file = write_decode(tmp_path, "32-8-128", shares)
    assert ",0.000\n" in file.read_text()
    found = load_mfu(tmp_path, "h20", h20).decode.at(Heads(32, 8, 128), 1, 16)
    assert found.value == pytest.approx(0.0004, rel=1e-3)


def test_causal_prefill_that_counts_the_full_square_is_halved(tmp_path, h20):
    file = tmp_path / "mha" / "prefill" / "h20" / "32-8-128.csv"
    file.parent.mkdir(parents=True)
    share, lengths = 0.6, (1024, 4096, 16384)
    seconds = {t: 2 * 32 * 128 * t * (t + 1) / (share * BF16) for t in lengths}
    lines = [f"bf16,{t},{s * 1e6:.3f},{4 * 32 * 128 * t * t / (2 * BF16 * s):.4f}" for t, s in seconds.items()]
    file.write_text("\n".join(("dtype,seq_len,latency_us,mfu", *lines)), encoding="utf-8")
    table = load_mfu(tmp_path, "h20", h20).prefill
    np.testing.assert_allclose(table.at(Heads(32, 8, 128), [1024, 3000, 16384]).value, share, rtol=1e-4)
    held = table.at(Heads(32, 8, 128), 512)
    assert held.value == pytest.approx(share / 4, rel=1e-4)
    assert held.weakest == "extrapolated"


def test_caches_of_another_precision_are_left_out(tmp_path, h20):
    other = "bf16,fp8,1,1024,100.0,0.0011"
    write_decode(tmp_path, "32-8-128", {(1, 1024): 0.01, (1, 4096): 0.02}, extra=(other,))
    heads = Heads(32, 8, 128)
    assert load_mfu(tmp_path, "h20", h20).decode.at(heads, 1, 1024).value == pytest.approx(0.01, rel=1e-3)
    of_fp8 = load_mfu(tmp_path, "h20", h20, kv_precision="fp8").decode
    assert of_fp8.at(heads, 1, 1024).value == pytest.approx(4 * 32 * 128 * 1024 / (1e-4 * BF16), rel=1e-6)


def test_no_size_no_share(tmp_path, h20):
    write_gemm(tmp_path, grid_of([(4096, 4096)]))
    found = load_mfu(tmp_path, "h20", h20).gemm.at([0, -1, np.nan, 16], 4096, 4096)
    assert list(np.isnan(found.value)) == [True, True, True, False]


def edited(file, line, cells):
    lines = file.read_text().splitlines()
    lines[line] = cells
    file.write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "cells", "told"),
    [
        (2, "64,4096,4096,20.0,0.900", r"data.csv:3: mfu = '0.900' disagrees.*2.96e\+14"),
        (2, "64,4096,4096,-1,0.9", r"data.csv:3: latency_us = '-1' must be above 0"),
        (2, "64,4096,4096,nan,0.9", r"data.csv:3: latency_us = 'nan' is no finite number"),
        (2, "64,0,4096,1,0.9", r"data.csv:3: k = '0' must be above 0"),
        (2, "64,4096,4096,1", r"data.csv:3: 4 cells where the header has 5"),
        (0, "m,k,n,latency_ms,mfu", "no column 'latency_us'"),
        (2, f"64,4096,4096,{2e6 * 64 * 4096**2 / (1.2 * PEAK):.4f},1.200", r"latency_us = .* is 1.2 of the peak"),
    ],
)
def test_a_bad_row_is_named(tmp_path, h20, line, cells, told):
    file = write_gemm(tmp_path, grid_of([(4096, 4096)]))
    edited(file, line, cells)
    with pytest.raises(RecordError, match=told):
        load_mfu(tmp_path, "h20", h20)


def test_shares_of_a_peak_that_the_device_has_not_are_refused(tmp_path, h20):
    write_gemm(tmp_path, grid_of([(4096, 4096)]), peak=1979e12)
    with pytest.raises(RegistryError, match=r"imply a peak of 1\.97.*h20_96gb has .*fp8 2\.96e\+14"):
        load_mfu(tmp_path, "h20", h20)


def test_an_unknown_gpu_is_told_which_there_are(tmp_path, h20):
    write_gemm(tmp_path, grid_of([(4096, 4096)]))
    with pytest.raises(RegistryError, match="no tables of 'H2O'; it has h20"):
        load_mfu(tmp_path, "H2O", h20)
