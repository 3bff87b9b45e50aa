"""calibrate from end to end on planted machines: files, words, pictures, exit codes, and what it says of mistakes."""

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from gauntlet.hardware.calibration.fit import Choices, fit_calibration
from gauntlet.hardware.calibration.measurements import read_measurements
from gauntlet.hardware.calibration.policy import Policy
from gauntlet.hardware.curves import Calibration
from gauntlet.hardware.registry import Registry

PEAK = 1e12
HEADER = "operation,precision,group,work_flop,time_s"


def rows_of(seed: int, slower: float = 1.0, operation: str = "gemm") -> list[str]:
    """Efficiency 0.8 x / (x + 30 MFLOP), 5 % noise, four families."""
    random = np.random.default_rng(seed)
    work = np.exp(random.uniform(np.log(1e6), np.log(1e10), 32))
    share = 0.8 * work / (work + 3e7) * np.exp(random.normal(0, 0.05, 32)) / slower
    pairs = zip(work.tolist(), share.tolist(), strict=True)
    return [f"{operation},fp32,family {row % 4},{x!r},{x / PEAK / e!r}" for row, (x, e) in enumerate(pairs)]


@pytest.fixture
def csv(tmp_path):
    def write(*lines: str, name: str = "rows.csv") -> Path:
        file = tmp_path / name
        file.write_text("\n".join((HEADER, *lines)), encoding="utf-8")
        return file

    return write


@pytest.fixture
def fit(call, tmp_path, csv):
    def run(lines: list[str], *options):
        return call("calibrate", "fit", csv(*lines), "--device", "Xeon Gold 6148", "--out", tmp_path / "curves",
                    "--peak-flop-per-s", PEAK, *options)  # fmt: skip

    return run


@pytest.fixture(scope="module")
def calibration(tmp_path_factory) -> Calibration:
    """Of the planted machine, by the library."""
    file = tmp_path_factory.mktemp("rows") / "rows.csv"
    file.write_text("\n".join((HEADER, *rows_of(0))), encoding="utf-8")
    registry = Registry.load()
    policy = Policy.of_registry(registry.folder)
    return fit_calibration(
        read_measurements(file, policy), registry.device("xeon_gold_6148"), registry, policy,
        source="planted for a test", date="2026-11", choices=Choices(peak_flop_per_s=PEAK),
    )  # fmt: skip


@pytest.fixture
def fitted(calibration, tmp_path) -> Path:
    file = tmp_path / "curves" / "xeon_gold_6148.json"
    calibration.save(file)
    return file


def own_registry(tmp_path: Path) -> Path:
    """The registry with a folder of curves that a test may change."""
    folder, original = tmp_path / "registry", Registry.load().folder
    folder.mkdir()
    for entry in original.iterdir():
        if entry.name != "curves":
            (folder / entry.name).symlink_to(entry)
    shutil.copytree(original / "curves", folder / "curves")
    return folder


def test_a_machine_is_calibrated_and_then_found_slower(fit, fitted):
    assert Calibration.load(fitted).curves[0].form.shape == "saturating"
    again = fit(rows_of(1))
    assert again.exit_code == 0 and "Nothing is worse than before." in again.stdout
    worse = fit(rows_of(2, slower=1.4))
    assert worse.exit_code == 1
    assert "slower (0.7" in worse.stdout and "Worse than before: gemm/fp32." in worse.stdout
    assert Calibration.load(fitted.with_suffix(".previous.json")).rows_sha256
    assert "fitting gemm/fp32: 32 rows of 4 groups" in worse.stderr


def test_what_fit_says_in_words_and_in_json(fit):
    said = fit(rows_of(0)).stdout
    for words in (
        "cpu/xeon_gold_6148: measured with gauntlet calibrate, rows.csv", "gemm/fp32 against work_flop, 1.",
        "saturating: 0.", "on groups left out", "of 4 groups:", "1e+12 as stated by the user", ", chosen",
    ):  # fmt: skip
        assert words in said
    answer = json.loads(fit(rows_of(0), "--json").stdout)
    assert answer["calibration"]["curves"][0]["cross_validated"]["groups"] == 4
    assert answer["comparison"]["regressed"] is False


def test_validate_scores_other_rows_and_flags_on_demand(call, fitted, csv):
    later = csv(*rows_of(5), name="later.csv")
    assert call("calibrate", "validate", fitted, later, "--max-mape", 20).exit_code == 0
    slower = csv(*rows_of(5, slower=1.5), "softmax,fp32,a,1e9,1", name="slower.csv")
    answer = call("calibrate", "validate", fitted, slower, "--max-mape", 20)
    assert answer.exit_code == 1
    assert "softmax/fp32: no such curve; 1 rows are not scored" in answer.stdout
    assert "The mean error of gemm/fp32 is above --max-mape 20 %." in answer.stderr
    scores = json.loads(call("calibrate", "validate", fitted, slower, "--json").stdout)
    assert scores[0]["accuracy"]["mape"] == pytest.approx(100 / 3, abs=5)
    assert sum(scores[0]["accuracy"]["breakdown"].values()) == 32


def test_compare_flags_a_lost_curve_and_scores_common_rows(call, fit, fitted, tmp_path, csv):
    shutil.copy(fitted, tmp_path / "old.json")
    both = [*rows_of(0), *rows_of(1, operation="conv2d")]
    assert fit(both).exit_code == 0
    assert call("calibrate", "compare", tmp_path / "old.json", fitted).exit_code == 0
    lost = call("calibrate", "compare", fitted, tmp_path / "old.json", "--json")
    assert lost.exit_code == 1
    assert [change["findings"] for change in json.loads(lost.stdout)["changes"]] == [[], ["lost"]]
    same = call("calibrate", "compare", tmp_path / "old.json", fitted, "--csv", csv(*rows_of(9), name="rows9.csv"))
    assert "(the same rows)" in same.stdout


def test_show_answers_at_a_size_with_its_basis(call, fitted):
    said = call("calibrate", "show", fitted, "--at", "3e7", "--at", "1e15").stdout
    assert "at 30 MFLOP: 0.4" in said and ", interpolated" in said and ", extrapolated" in said
    answers = json.loads(call("calibrate", "show", fitted, "--at", "3e7", "--json").stdout)["answers"]
    assert answers[0]["efficiency"] == pytest.approx(0.4, rel=0.1)
    assert answers[0]["low"] < answers[0]["efficiency"] < answers[0]["high"]


def test_a_registry_that_holds_a_calibration_is_asked_by_device(call, fitted, tmp_path, monkeypatch):
    folder = own_registry(tmp_path)
    shutil.copy(fitted, folder / "curves" / fitted.name)
    monkeypatch.setenv("GAUNTLET_REGISTRY", str(folder))
    assert "gemm/fp32 against work_flop" in call("calibrate", "show", "Xeon Gold 6148").stdout
    missing = call("calibrate", "show", "h100_sxm5")
    assert missing.exit_code == 2 and "holds no calibration of gpu/h100_sxm5" in missing.stderr


def test_pictures_show_curve_points_and_residuals(call, fitted, tmp_path, csv):
    svg, png = tmp_path / "gemm.svg", tmp_path / "gemm.png"
    rows = csv(*rows_of(3), name="rows3.csv")
    assert call("calibrate", "plot", fitted, "-o", svg, "--csv", rows, "--previous", fitted).exit_code == 0
    texts = [element.text for element in ET.parse(svg).iter() if element.tag.endswith("text")]
    for words in (
        "gemm fp32 on cpu/xeon_gold_6148",
        "saturating",
        "90 % of unseen rows",
        "previous",
        "rows",
        "efficiency",
    ):
        assert words in texts
    assert call("calibrate", "plot", fitted, "-o", png).exit_code == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    assert call("calibrate", "plot", fitted, "-o", tmp_path / "pictures").exit_code == 0
    assert (tmp_path / "pictures" / "gemm-fp32.svg").is_file()


def test_measure_writes_what_fit_reads(call, tmp_path, monkeypatch):
    folder = own_registry(tmp_path)
    plan = folder / "curves" / "measure.yaml"
    sizes = "n: s, k: s, s: [8, 16, 24, 32]"
    families = f"families:\n      square: {{m: s, {sizes}}}\n      flat: {{m: 1, {sizes}}}\n"
    text = plan.read_text(encoding="utf-8")
    start, end = text.index("families:"), text.index("  memory:")
    plan.write_text((text[:start] + families + text[end:]).replace("least_s: 0.1 ", "least_s: 0.0 "), encoding="utf-8")
    monkeypatch.setenv("GAUNTLET_REGISTRY", str(folder))
    file = tmp_path / "here.csv"
    answer = call("calibrate", "measure", "-o", file, "--only", "gemm", "--precision", "fp32")
    assert answer.exit_code == 0 and answer.stdout == f"{file}: 8 new rows.\n"
    assert "8/8 gemm fp32 flat m=1 n=32 k=32: " in answer.stderr
    assert (
        json.loads(call("calibrate", "measure", "-o", file, "--only", "gemm", "--precision", "fp32", "--json").stdout)[
            "new_rows"
        ]
        == 0
    )
    answer = call("calibrate", "fit", file, "--device", "xeon_gold_6148", "--out", tmp_path / "out")
    assert answer.exit_code == 0, answer.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("fit", "CSV", "--device", "h100_sxm6", "--out", "OUT"), "nearest: gpu/b100_sxm, gpu/h100_sxm5"),
        (("fit", "CSV", "--device", "A100", "--out", "OUT"), "names"),
        (("fit", "missing.csv", "--device", "h100_sxm5", "--out", "OUT"), "missing.csv cannot be read"),
        (("fit", "CSV", "--device", "nic/cx7", "--out", "OUT"), "nic/connectx7: nothing bounds peak_flop_per_s[fp32]"),
        (("show", "missing.json"), "missing.json is not there; 'gauntlet calibrate fit' writes"),
        (("show", "JSON", "--curve", "softmax"), "it has gemm/fp32"),
        (("show", "JSON", "--at", "0"), "a size must be above 0"),
        (("show", "JSON", "--at", "nan"), "a size must be above 0, and finite"),
        (("fit", "CSV", "--device", "h100_sxm5", "--out", "OUT", "--peak-flop-per-s", "inf"), "a peak must be finite"),
        (
            ("fit", "CSV", "--device", "h100_sxm5", "--out", "OUT", "--only", "conv2d"),
            "no rows of 'conv2d'; it has gemm",
        ),
        (("plot", "JSON", "-o", "x.pdf"), "must end in .svg or .png"),
        (("compare", "JSON", "missing.json"), "is not there"),
        (("measure", "-o", "x.csv", "--only", "gem"), "'gem': gem is none of gemm, memory, conv2d"),
        (("measure", "-o", "x.csv", "--precision", "fp8"), "is none of fp64, fp32"),
    ],
)
def test_mistakes_are_said_and_end_with_2(call, fitted, csv, tmp_path, words, told):
    stands_for = {"CSV": csv(*rows_of(0)), "JSON": fitted, "OUT": tmp_path / "out"}
    answer = call("calibrate", *(stands_for.get(word, word) for word in words))
    assert answer.exit_code == 2, answer.stdout
    assert told in answer.stderr


@pytest.mark.parametrize("command", ["measure", "fit", "validate", "compare", "show", "plot"])
def test_every_command_shows_an_example(call, command):
    assert f"gauntlet calibrate {command}" in call("calibrate", command, "--help").stdout.partition("Examples:")[2]
