"""Measured rows: units, sizes of products, peaks; and each mistake with its file, row, field and what was expected."""

import numpy as np
import planted_calibration as planted
import pytest

from gauntlet.errors import GauntletError, RecordError, RegistryError
from gauntlet.hardware.calibration.fit import Choices, fit_calibration

HEADER = "operation,precision,group,work_flop,time_s"
GOOD = [f"gemm,bf16,{'ab'[row % 2]},{10.0**row:g},{2 * 10.0 ** (row - 12):g}" for row in range(6, 14)]


def read(folder, header, *lines):
    file = folder / "rows.csv"
    file.write_text("\n".join((header, *lines)), encoding="utf-8")
    return planted.read(file)


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("work_flop,time_s", "2e9,0.003"), ("work_gflop,time_ms", "2,3"), ("work_mflop,time_us", "2000,3000"),
        ("work_tflop,time_ns", "0.002,3000000"),
    ],
)  # fmt: skip
def test_units_stand_in_the_header_and_come_out_in_si(tmp_path, header, line):
    measured = read(tmp_path, f"operation,precision,group,{header}", f"gemm,bf16,a,{line}")
    assert measured.work_flop == pytest.approx([2e9])
    assert measured.time_s == pytest.approx([3e-3])
    assert measured.moved_bytes == [0.0]


def test_a_product_is_counted_from_its_sizes(tmp_path):
    """2 m n k FLOP; A, B and C once, two bytes each in bf16, half a byte in fp4."""
    header = "operation,precision,group,m,n,k,moved_mb,time_us"
    measured = read(tmp_path, header, "gemm,bf16,a,2,3,5,,1", "gemm,fp4,a,2,3,5,,1", "conv2d,fp32,a,,,,1.5,1")
    np.testing.assert_allclose(measured.work_flop, [60, 60, 0])
    np.testing.assert_allclose(measured.moved_bytes, [62, 15.5, 1.5e6])


def test_a_file_of_an_editor_with_spaces_and_a_byte_order_mark_is_read(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_bytes(f"\ufeff{HEADER}\r\n gemm , bf16 , a , 1e9 , 1e-3 \r\n\r\n".encode())
    assert planted.read(file).group == ("a",)


@pytest.mark.parametrize(
    ("header", "line", "told"),
    [
        ("operation,precision,group,work_flop,time", "gemm,bf16,a,1e9,1", "column 'time' names no unit; write time_s"),
        ("operation,precision,group,work_flop,latency_us", "gemm,bf16,a,1e9,1", r"'latency_us' is unknown.*time_s"),
        ("operation,precision,group,work_flop,time_s,time_ms", "gemm,bf16,a,1e9,1,1", "'time_s' and 'time_ms' say the"),
        ("operation,precision,work_flop,time_s", "gemm,bf16,1e9,1", r"no column 'group'; expected operation,precision"),
        ("operation,precision,group,time_s", "gemm,bf16,a,1", "does not say what was done; write work_flop"),
        ("operation,precision,group,work_flop", "gemm,bf16,a,1e9", r"no column of times; write time_s or time_ms"),
        ("operation,precision,group,group,work_flop,time_s", "gemm,bf16,a,a,1e9,1", r"column 'group' stands twice"),
        (HEADER, "gemm,bf16,a,-1e9,1", r"rows.csv:2: work_flop = '-1e9' must be at least 0"),
        (HEADER, "gemm,bf16,a,0,1", r"rows.csv:2: work_flop = '0' says that nothing was done"),
        (HEADER, "gemm,bf16,a,1e9,0", r"rows.csv:2: time_s = '0' must be above 0"),
        (HEADER, "gemm,bf16,a,nan,1", r"rows.csv:2: work_flop = 'nan' is no finite number"),
        (HEADER, "gemm,bf16,a,1e9,inf", r"rows.csv:2: time_s = 'inf' is no finite number"),
        (HEADER, "gemm,bf16,a,1e9,quick", r"rows.csv:2: time_s = 'quick' is no finite number"),
        (HEADER, "gemm,bf16,a,1e9,", r"rows.csv:2: time_s = '' is no finite number"),
        (HEADER, "gemm,bf17,a,1e9,1", r"rows.csv:2: precision = 'bf17' is none of fp64, fp32"),
        (HEADER, "gemm,bf16,,1e9,1", r"rows.csv:2: group = '' is empty"),
        (HEADER, "gem,bf16,a,1e9,1", r"rows.csv:2: operation 'gem' is unknown; nearest: gemm"),
        (HEADER, "gemm,bf16,a,1e9", r"rows.csv:2: 4 cells where the header has 5"),
        (f"{HEADER},resource", "gemm,bf16,a,1e9,1,cpu", r"rows.csv:2: resource = 'cpu' is none of roofline, compute"),
        (f"{HEADER},time_low_s", "gemm,bf16,a,1e9,1,2", r"rows.csv:2: time_low_s = '2' does not enclose the time 1 s"),
        ("operation,precision,group,m,n,k,time_s", "gemm,bf16,a,0,3,5,1", r"rows.csv:2: m = '0' must be above 0"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path, header, line, told):
    with pytest.raises(GauntletError, match=told) as caught:
        read(tmp_path, header, line)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("text", "told"), [("", "no header"), (f"{HEADER}\n", "a header and no row")])
def test_an_empty_file_is_said_to_be_empty(tmp_path, text, told):
    file = tmp_path / "rows.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match=told):
        planted.read(file)


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(RecordError, match="cannot be read"):
        planted.read(tmp_path / "missing.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecordError, match="not UTF-8"):
        planted.read(tmp_path / "binary.csv")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (GOOD[:5], "gemm/bf16 has 5 rows, and a curve needs 8 at least"),
        ([line.replace(",b,", ",a,") for line in GOOD], r"has 1 groups.*all rows are of 'a'.*name families in column"),
        ([f"gemm,bf16,{'ab'[row % 2]},1e9,1e-2" for row in range(9)], "has 1 sizes, and a curve needs 3"),
        ([*GOOD, "gemm,bf16,a,1e9,9e-4"], r"rows.csv:10 \(a\): gemm/bf16 took 0.0009 s.*no less than 0.001 s: an eff"),
        ([*GOOD, "softmax,bf16,a,1e9,9e-4"], "runs over moved_bytes, and this row has none"),
    ],
)  # fmt: skip
def test_what_no_curve_can_be_drawn_through_is_refused(tmp_path, lines, told):
    read(tmp_path, HEADER, *lines)
    with pytest.raises(RecordError, match=told):
        planted.fitted(tmp_path / "rows.csv")


def test_an_efficiency_of_one_is_allowed_and_a_hair_more_is_not(tmp_path):
    at_peak = [f"gemm,bf16,{'ab'[row % 2]},{10.0**row:g},{10.0 ** (row - 12):g}" for row in range(4, 13)]
    read(tmp_path, HEADER, *at_peak)
    curve = planted.fitted(tmp_path / "rows.csv").curves[0]
    assert curve.efficiency(1e9) == pytest.approx(1, abs=0.02) and curve.efficiency(1e9) <= 1
    read(tmp_path, HEADER, *at_peak, "gemm,bf16,a,1e9,9.999e-4")
    with pytest.raises(RecordError, match=r"rows.csv:11"):
        planted.fitted(tmp_path / "rows.csv")


def test_peaks_are_what_nothing_honest_beats_and_a_missing_precision_is_told(tmp_path):
    registry = planted.registry()
    device = registry.device("h100_sxm5")
    lines = [line.replace("gemm,bf16", "gemm,fp8") for line in GOOD]
    read(tmp_path, HEADER, *lines)
    fit = lambda machine, **choices: fit_calibration(  # noqa: E731
        planted.read(tmp_path / "rows.csv"), machine, registry, planted.policy(), source="planted rows", date="2026-11",
        choices=Choices(**choices),
    ).curves[0]  # fmt: skip
    curve = fit(device)
    assert curve.peak_flop_per_s == registry.bound_value("h100_sxm5", "peak_flop_per_s", "fp8").limit
    assert curve.memory_bandwidth_bytes_per_s is None
    assert "H100" in curve.peaks_from
    with pytest.raises(RegistryError, match=r"nothing bounds peak_flop_per_s\[fp8\]; it states"):
        fit(registry.device("a100_sxm_80gb"))
    assert "stated by the user" in fit(device, peak_flop_per_s=1e13).peaks_from


def test_a_row_says_which_peaks_bound_it_and_the_caller_may_overrule(tmp_path):
    """1 GFLOP and 1 GB: 1 ms of arithmetic, 10 ms of traffic at 0.1 TB/s."""
    header = "operation,precision,group,work_flop,moved_bytes,resource,time_s"
    lines = [
        f"gemm,bf16,{'ab'[row % 2]},{10.0**row:g},{10.0**row:g},compute,{4 * 10.0 ** (row - 12):g}"
        for row in range(4, 12)
    ]
    read(tmp_path, header, *lines)
    peaks = {"bandwidth_bytes_per_s": 1e11, "against": "work_flop"}
    curve = planted.fitted(tmp_path / "rows.csv", **peaks).curves[0]
    assert curve.efficiency(1e8) == pytest.approx(0.25, rel=0.01) and curve.memory_bandwidth_bytes_per_s is None
    with pytest.raises(RecordError, match=r"efficiency of 2\.5"):
        planted.fitted(tmp_path / "rows.csv", **peaks, resource="roofline")
