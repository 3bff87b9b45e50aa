"""hardware lists, shows, compares, checks and draws devices, with units and sources."""

import json
import shutil

import pytest

from gauntlet.hardware.registry import Registry


def test_hardware_is_listed_whole_and_shown_with_sources(call):
    registry = Registry.load()
    listed = call("hardware", "list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(registry.ids())
    device = registry.device("tpu_v4")
    shown = call("hardware", "show", "TPU v4").stdout
    for fact in device.facts:
        assert fact.label in shown
        assert f"{fact.kind}: {fact.source} ({fact.date})" in shown
    assert "memory_bandwidth_bytes_per_s = 1.2 TB/s" in shown
    assert "boost_clock_hz = 1.05 GHz" in shown
    assert "from memory, within 20%" in shown


def test_shown_as_json_each_value_has_unit_kind_source_and_date(call):
    shown = json.loads(call("hardware", "show", "gpu/h100_sxm5", "--json").stdout)
    assert shown["id"] == "h100_sxm5"
    assert all(fact["unit"] is not None and fact["kind"] and fact["source"] and fact["date"] for fact in shown["facts"])
    bandwidth = next(fact for fact in shown["facts"] if fact["quantity"] == "memory_bandwidth_bytes_per_s")
    assert (bandwidth["value"], bandwidth["unit"]) == (3.35e12, "B/s")


@pytest.mark.parametrize(
    ("options", "all_have", "one"),
    [
        (("--family", "TPU"), "tpu/", "tpu/tpu_v4"),
        (("--vendor", "amd", "--family", "gpu"), "gpu/", "gpu/mi300x"),
        (("--match", "xeon gold"), "xeon_gold", "cpu/xeon_gold_6148"),
    ],
)
def test_lists_are_filtered(call, options, all_have, one):
    listed = call("hardware", "list", *options).stdout.splitlines()
    assert all(all_have in line for line in listed)
    assert any(line.startswith(f"{one} ") for line in listed)
    assert one in {device["key"] for device in json.loads(call("hardware", "list", *options, "--json").stdout)}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list", "--family", "toaster"), "--family 'toaster' is none of board, cpu"),
        (("list", "--vendor", "nobody"), "--vendor 'nobody' is none of AMD"),
        (("list", "--match", "warp drive"), "no device fits"),
        (("show", "h9000"), "h9000"),
        (("show", "A100"), "'A100' names 4 devices: gpu/a100_pcie_40gb (NVIDIA A100 PCIe 40GB), "),
        (("compare", "h100_sxm5", "A100"), "'A100' names 4 devices"),
        (("plot", "eth_25g"), "states no memory bandwidth; it has no roofline"),
        (("plot", "h100_sxm5", "-o", "roof.pdf"), "must end in .svg or .png"),
        (("check", "nowhere"), "does not exist"),
    ],
)
def test_what_cannot_be_done_is_said(call, words, told):
    answer = call("hardware", *words)
    assert answer.exit_code == 2
    assert told in answer.stderr


def test_two_devices_side_by_side(call):
    lines = call("hardware", "compare", "A100-80GB SXM", "h100_sxm5").stdout.splitlines()
    assert lines[0].split() == ["gpu/a100_sxm_80gb", "gpu/h100_sxm5", "ratio"]
    row = next(line for line in lines if line.startswith("memory_bandwidth_bytes_per_s"))
    assert row.split() == ["memory_bandwidth_bytes_per_s", "2.039", "TB/s", "3.35", "TB/s", "1.64"]
    assert any(line.split()[:2] == ["peak_flop_per_s[fp8,dense]", "-"] for line in lines)
    rows = json.loads(call("hardware", "compare", "a100_sxm_80gb", "h100_sxm5", "--json").stdout)["values"]
    sms = next(row for row in rows if row["label"] == "num_sms")
    assert (sms["first"], sms["second"], sms["ratio"]) == (108, 132, 132 / 108)


def test_a_planted_mistake_is_found_and_flagged(call, tmp_path):
    assert call("hardware", "check").exit_code == 0
    folder = tmp_path / "registry"
    shutil.copytree(Registry.load().folder, folder)
    file = folder / "tpu" / "google_tpu.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"kind": "vendor", ', "", 1), encoding="utf-8")
    answer = call("hardware", "check", folder)
    assert answer.exit_code == 1
    assert "google_tpu.json: tpu_v1: facts.0.kind (memory_bandwidth_bytes_per_s): Field required" in answer.stdout
    assert len(json.loads(call("hardware", "check", folder, "--json").stdout)["problems"]) == 1


def test_rooflines_are_drawn_and_told(call, tmp_path):
    picture = tmp_path / "roof.svg"
    answer = call("hardware", "plot", "A100-80GB SXM", "h100_sxm5", "-o", picture)
    assert answer.exit_code == 0
    assert "fp16       312 TFLOP/s  ridge at 153 FLOP/B" in answer.stdout
    assert "ridge 153" in picture.read_text(encoding="utf-8")
    first, second = json.loads(call("hardware", "plot", "a100_sxm_80gb", "h100_sxm5", "--json").stdout)
    assert (first["device"], second["memory_bandwidth_bytes_per_s"]) == ("gpu/a100_sxm_80gb", 3.35e12)


@pytest.mark.parametrize("command", ["list", "show", "compare", "check", "plot"])
def test_every_command_shows_an_example(call, command):
    assert f"gauntlet hardware {command}" in call("hardware", command, "--help").stdout.partition("Examples:")[2]
