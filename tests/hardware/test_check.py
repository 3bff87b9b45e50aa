"""All problems of a folder are named at once; the shipped one has none."""

import json
import shutil

import pytest

from gauntlet.hardware.check import problems
from gauntlet.hardware.registry import Registry


@pytest.fixture
def folder(tmp_path):
    """The shipped tolerances, priors and quantities with its TPUs, and what the tolerances name."""
    shipped = Registry.load().folder
    for name in ("quantities.yaml", "priors.yaml"):
        shutil.copy(shipped / name, tmp_path / name)
    (tmp_path / "bound_tolerances.yaml").write_text(
        "tolerances: [{quantities: [tdp_w], devices: [tpu_v4], relative: 0.1, source: somebody's word}]\n"
        "unread: {relative: 0.2, source: somebody's word}\n"
    )
    shutil.copytree(shipped / "tpu", tmp_path / "tpu")
    return tmp_path


def found(folder):
    return list(problems(Registry.load(folder)))


def edit(folder, change):
    file = folder / "tpu" / "google_tpu.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    change(data)
    file.write_text(json.dumps(data), encoding="utf-8")


def test_the_shipped_registry_has_no_problem(folder):
    assert list(problems(Registry.load())) == []
    assert found(folder) == []


def test_two_planted_mistakes_are_both_named(folder):
    def plant(data):
        data["devices"][0]["facts"][0]["value"] = -1
        data["devices"][3]["colour"] = "red"

    edit(folder, plant)
    first, second = found(folder)
    assert "google_tpu.json: tpu_v1: facts.0.value" in first
    assert "google_tpu.json: tpu_v4: colour: Extra inputs" in second


def test_an_unused_source_is_named(folder):
    edit(folder, lambda data: data["sources"].update(rumour={"title": "Rumours of 2024", "date": "2024"}))
    assert [line.partition("json: ")[2] for line in found(folder)] == ["source 'rumour' is used by no fact; remove it."]


def test_a_broken_file_does_not_hide_the_others(folder):
    shutil.copytree(folder / "tpu", folder / "kpu")
    (folder / "tpu" / "broken.json").write_text("{")
    lines = found(folder)
    assert any("broken.json is not JSON" in line for line in lines)
    assert any("kpu" in line and "tpu_v4: also stands in" not in line for line in lines)
    assert any("also stands in" in line for line in lines)


def test_tolerances_that_name_nothing_are_named(folder):
    (folder / "bound_tolerances.yaml").write_text(
        "tolerances: [{quantities: [speed], devices: [tpu_v99], relative: 0.1, source: somebody's word}]\n"
        "unread: {relative: 0.2, source: somebody's word}\n"
    )
    assert [line.partition(": ")[2] for line in found(folder)] == [
        "quantity 'speed' is not in quantities.yaml.",
        "device 'tpu_v99' is in no file.",
    ]


def test_broken_tolerances_are_named(folder):
    (folder / "bound_tolerances.yaml").write_text("tolerances: []\n")
    assert "must hold a dict under 'unread'" in found(folder)[0]


def test_a_mistake_in_a_contract_of_the_registry_is_named(folder):
    shipped = Registry.load().folder
    shutil.copytree(shipped / "contracts", folder / "contracts")
    assert found(folder) == []
    file = folder / "contracts" / "energy.yaml"
    file.write_text(file.read_text().replace("dynamic_j + idle_j", "dynamic_j + idle_w"))
    (folder / "contracts" / "broken.yaml").write_text("id: energy\ntitle: ]")
    broken, mixed = found(folder)
    assert "broken.yaml:2: is not plain YAML" in broken
    assert "energy.yaml" in mixed
    assert "equations.energy_j.expression: + joins 'dynamic_j' [J] and 'idle_w' [W]" in mixed


def test_calibrations_that_do_not_read_or_would_not_be_found_are_named(folder):
    shipped = Registry.load().folder / "curves" / "core_i7_12700k.json"
    curves = folder / "curves"
    curves.mkdir()
    text = shipped.read_text(encoding="utf-8")
    (curves / "a_broken.json").write_text(text.replace('"rising": true', '"rising": 7'), encoding="utf-8")
    (curves / "b_unknown.json").write_text(text, encoding="utf-8")
    (curves / "c_misnamed.json").write_text(text.replace("cpu/core_i7_12700k", "tpu/tpu_v4"), encoding="utf-8")
    (curves / "tpu_v4.json").write_text(text.replace("cpu/core_i7_12700k", "tpu/tpu_v4"), encoding="utf-8")
    *broken, unknown, misnamed = found(folder)
    assert all("a_broken.json" in line for line in broken) and any("curves.0.rising" in line for line in broken)
    assert "device 'cpu/core_i7_12700k' is in no file" in unknown
    assert "must be called tpu_v4.json" in misnamed
