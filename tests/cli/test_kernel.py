"""`gauntlet kernel`: estimates side by side, as lines, JSON, CSV and pictures; errors that name the field."""

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from docs.build import same_picture
from gauntlet.hardware.estimates.gemm import gemm
from gauntlet.hardware.registry import Registry

SQUARE = ("kernel", "gemm", "-n", "4096", "-k", "4096")
DECODE = ("kernel", "attention", "-d", "h100_sxm5", "--batch", "32", "--context", "4096")
MLA = ("kernel", "latent-attention", "-d", "h800_sxm5_80gb", "--batch", "128", "--context", "8192")


def records(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_product_on_two_devices_side_by_side(call):
    result = call(*SQUARE, "-d", "h100_sxm5,rtx_4090", "-m", "1,4096")
    title, head, *rows = result.stdout.splitlines()
    assert title == "gemm bf16, n 4096, k 4096"
    assert head.split()[:3] == ["m", "device", "time"] and "90 % range" in head and "x first" in head
    assert [row.split()[:2] for row in rows[:4]] == [
        ["1", "gpu/h100_sxm5"], ["1", "gpu/rtx_4090"], ["4096", "gpu/h100_sxm5"], ["4096", "gpu/rtx_4090"],
    ]  # fmt: skip
    assert [row.split()[-1] for row in rows[:4]] == ["interpolated", "default"] * 2
    assert "default: other devices were measured." in rows
    assert any(row.startswith("gpu/h100_sxm5: GEMM timed by") for row in rows)


def test_json_is_what_the_estimate_says(call):
    found = records(call(*SQUARE, "-d", "A100 SXM 80GB", "-m", "64,8192", "--json"))
    asked = gemm(Registry.load(), "gpu/a100_sxm_80gb", [64, 8192], 4096, 4096)
    for at, record in enumerate(found):
        assert record["device"] == "gpu/a100_sxm_80gb" and record["format"] == "bf16"
        assert record["time_s"] == asked.value[at] and record["bound_s"] == asked.bound[at]
        assert record["bound_s"] <= record["low_s"] <= record["time_s"] <= record["high_s"]
        assert record["efficiency"] == pytest.approx(record["bound_s"] / record["time_s"])
        assert record["flop_per_s"] == pytest.approx(2 * record["m"] * 4096**2 / record["time_s"])
    assert [record["bound_by"] for record in found] == ["compute", "compute"]


def test_memory_binds_where_few_rows_meet_many_weights(call):
    (found,) = records(call("kernel", "gemm", "-d", "a100_sxm_80gb", "-m", "1", "-n", "65536", "-k", "16384", "--json"))
    assert found["bound_by"] == "memory"
    assert found["efficiency"] > 0.5


def test_csv_has_a_row_for_every_combination(call):
    result = call(*SQUARE, "-d", "h100_sxm5,l40s", "-m", "1:4096:5", "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 2 * 5
    assert {row["device"] for row in rows} == {"gpu/h100_sxm5", "gpu/l40s"}


def test_sizes_come_from_a_model_and_can_be_overridden(call):
    (llama,) = records(call(*DECODE, "--model", "Llama-3.1-8B", "--json"))
    assert (llama["heads"], llama["kv_heads"], llama["head_size"]) == (32, 8, 128)  # its config.json
    (half,) = records(call(*DECODE, "--model", "Llama-3.1-8B", "--heads", "16", "--kv-heads", "4", "--json"))
    assert (half["heads"], half["kv_heads"], half["head_size"]) == (16, 4, 128)
    (deepseek,) = records(call(*MLA, "--model", "DeepSeek-R1", "--json"))
    assert (deepseek["heads"], deepseek["latent_size"], deepseek["rope_size"]) == (128, 512, 64)
    assert deepseek["basis"] == "nearest" and deepseek["flop_per_s"] > 500e12


@pytest.mark.parametrize(
    ("words", "bound_by"),
    [
        (("grouped-gemm", "-d", "h20_96gb", "--experts", "64", "--tokens-per-expert", "0.5", "-n", "4096",
          "-k", "7168"), "memory"),
        (("elementwise", "-d", "a100_sxm_80gb", "--read", "1e9", "--write", "1e9", "--name", "rope"), "memory"),
        (("collective", "-d", "h100_sxm5", "--ranks", "8", "--bytes", "1e9"), "nvlink"),
        (("collective", "-d", "a100_sxm_80gb", "--ranks", "16", "--bytes", "1e9", "--adapter", "25e9",
          "--ranks-per-node", "8"), "network"),
        (("calibrated", "-d", "core_i7_12700k", "--operation", "conv2d", "--flop", "1e10", "--moved", "1e7"),
         "compute"),
    ],
)  # fmt: skip
def test_every_kernel_answers(call, words, bound_by):
    (found,) = records(call("kernel", *words, "--json"))
    assert found["bound_by"] == bound_by
    assert 0 < found["bound_s"] <= found["time_s"]
    assert (found["flop_per_s"] is None) == (words[0] in ("elementwise", "collective"))


def test_a_picture_runs_along_one_size(call, tmp_path):
    svg, png = tmp_path / "gemm.svg", tmp_path / "gemm.png"
    for file in (svg, png):
        result = call(*SQUARE, "-d", "h100_sxm5,rtx_4090", "-m", "1:8192:30", "-o", file)
        assert result.exit_code == 0 and f"Wrote {file}" in result.stderr
    text = svg.read_text()
    for words in ("gpu/h100_sxm5", "gpu/rtx_4090", "1 ms", "1000", "90 % range pale, bound dotted"):
        assert words in text
    assert png.read_bytes().startswith(b"\x89PNG")


def test_the_picture_of_the_documentation_is_current(call, tmp_path):
    """The command that the page shows draws what it shows."""
    folder = Path(__file__).parents[2] / "docs" / "hardware"
    (line,) = re.findall(
        r"(?m)^gauntlet (kernel gemm .*) -o docs/hardware/gemm.svg$", (folder / "README.md").read_text()
    )
    assert call(*line.split(), "-o", tmp_path / "gemm.svg").exit_code == 0
    drawn = (tmp_path / "gemm.svg").read_text(encoding="utf-8")
    assert same_picture((folder / "gemm.svg").read_text(encoding="utf-8"), drawn), line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*SQUARE, "-d", "h10", "-m", "1"), "device 'h10' is not in"),
        ((*SQUARE, "-d", "A100", "-m", "1"), "'A100' names 4 devices"),
        ((*SQUARE, "-d", "a100_sxm_80gb", "-m", "1", "--format", "fp8"), "no peak at fp8; it has bf16"),
        ((*SQUARE, "-d", "h100_sxm5", "-m", "1", "--format", "bf17"), "'bf17' is not known; nearest is 'bf16'"),
        ((*SQUARE, "-d", "h100_sxm5", "-m", "0"), "-m '0': 0 is invalid"),
        ((*SQUARE, "-d", ",", "-m", "1"), "--hardware names no device"),
        ((*SQUARE, "-d", "h100_sxm5", "-m", "1", "-o", "x.svg"), "a picture runs along one size, and none varies"),
        ((*SQUARE, "-d", "h100_sxm5", "-m", "1:9:3", "-o", "x.pdf"), "the name must end in .svg or .png"),
        ((*SQUARE[:4], "-k", "1:99999:3000", "-d", "h100_sxm5", "-m", "1:9999:3000"), "combinations; at most 100,000"),
        (DECODE, "--heads, --kv-heads, --head-size not given; give them, or --model"),
        ((*DECODE, "--model", "DeepSeek-R1"), "try 'gauntlet kernel latent-attention'"),
        ((*DECODE, "--model", "Llama-3.1-8B", "--phase", "decoding"), "nearest is 'decode'"),
        ((*DECODE, "--model", "Llama-3.1-8B", "--queries", "5000"), "queries are among the context"),
        ((*MLA, "--model", "DeepSeek-R1", "--form", "folded"), "nearest is 'expanded'"),
        (("kernel", "collective", "-d", "h100_sxm5", "--ranks", "8", "--bytes", "1", "--library", "nccl"),
         "library 'nccl' was not measured with all_reduce; NCCL"),
        (("kernel", "collective", "-d", "h100_sxm5", "--ranks", "1", "--bytes", "1"), "--ranks '1'"),
        (("kernel", "collective", "-d", "h100_sxm5", "--ranks", "16", "--bytes", "1", "--ranks-per-node", "8"),
         "give adapter_bytes_per_s too"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(call, words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = call(*words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert not list(tmp_path.iterdir())


def test_kernels_are_found_by_name_with_fields_that_are_checked():
    from gauntlet.errors import UsageError
    from gauntlet.hardware.estimates.kernels import KERNELS, kernel_estimate

    registry, sizes = Registry.load(), {"m": 1.0, "n": 64.0, "k": 64.0}
    found = kernel_estimate(registry, "gemm", "h100_sxm5", sizes, {"format": "fp8"})
    np.testing.assert_array_equal(found.value, gemm(registry, "h100_sxm5", 1, 64, 64, "fp8").value)
    for kernel, given, message in (
        ("gem", sizes, "kernel 'gem' has no estimate; nearest is 'gemm'"),
        ("gemm", sizes | {"rows": 1.0}, "gemm has no 'rows'; nearest is"),
        ("gemm", {"m": 1.0}, "gemm needs n, k; give them"),
        ("attention", dict.fromkeys(KERNELS["attention"].sizes, 1.0), "attention needs phase; give it"),
    ):
        with pytest.raises(UsageError, match=message):
            kernel_estimate(registry, kernel, "h100_sxm5", given, {})
