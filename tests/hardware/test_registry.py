"""The shipped registry, and registries with one planted mistake each."""

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from gauntlet.errors import RegistryError
from gauntlet.hardware.families import CPUResourceModel
from gauntlet.hardware.records import DeviceClass
from gauntlet.hardware.registry import Registry
from gauntlet.units import dimension

SUFFIX_UNITS = {
    "_flop_per_s": "FLOP/s",
    "_bytes_per_s": "B/s",
    "_bytes": "B",
    "_hz": "1/s",
    "_iops": "1/s",
    "_per_s": "1/s",
    "_s": "s",
    "_w": "W",
}


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


def test_every_class_has_a_device_and_each_value_says_where_it_comes_from(registry):
    devices = registry.devices()
    assert len(devices) >= 250
    assert {device.device_class for device in devices} == set(get_args(DeviceClass))
    assert all(fact.source and fact.date and fact.value > 0 for device in devices for fact in device.facts)


def test_what_was_not_read_again_says_so(registry):
    facts = [fact for device in registry.devices() for fact in device.facts]
    assert any(fact.from_memory for fact in facts)
    for fact in facts:
        if fact.date.startswith("recalled"):
            assert fact.agreeing == 0 or fact.kind == "derived", fact


def test_a_quantity_ends_with_its_unit(registry):
    for name, quantity in registry.quantities.items():
        suffix = next((suffix for suffix in SUFFIX_UNITS if name.endswith(suffix)), None)
        assert dimension(quantity.unit) == dimension(SUFFIX_UNITS.get(suffix, "")), name


def test_peaks_and_clocks_are_in_the_order_physics_asks_for(registry):
    for device in registry.devices():
        values = {(fact.quantity, fact.precision, fact.mode): fact.value for fact in device.facts}
        for (quantity, precision, mode), value in values.items():
            dense = values.get((quantity, precision, "dense"))
            if mode == "boost" and dense:
                assert value >= dense, (device.id, precision)
            if mode == "sparse" and dense:
                assert value <= 2 * dense * 1.001, (device.id, precision)
            if mode == "base" and (quantity, precision, "boost") in values:
                assert value <= values[quantity, precision, "boost"], (device.id, precision)
        if ("boost_clock_hz", None, None) in values and ("base_clock_hz", None, None) in values:
            assert values["base_clock_hz", None, None] <= values["boost_clock_hz", None, None]


def test_no_measurement_in_the_registry_is_called_impossible(registry):
    measured = [(device.id, fact) for device in registry.devices() for fact in device.facts if fact.mode == "measured"]
    assert measured
    for device_id, fact in measured:
        limit = registry.bound_value(device_id, fact.quantity).limit
        rate = registry.quantities[fact.quantity].limit == "largest"
        assert fact.value <= limit if rate else fact.value >= limit, device_id


def test_designs_without_a_product_are_synthetic_and_estimated(registry):
    for device in registry.devices():
        if device.synthetic:
            assert {fact.kind for fact in device.facts} == {"estimated"}, device.id
    assert [device.id for device in registry.devices() if device.device_class == "kpu" and not device.synthetic] == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("A100", {"gpu/a100_40gb", "gpu/a100_pcie_40gb", "gpu/a100_pcie_80gb", "gpu/a100_sxm_80gb"}),
        ("A100 80GB", {"gpu/a100_pcie_80gb", "gpu/a100_sxm_80gb"}),
        ("A100-80GB SXM", {"gpu/a100_sxm_80gb"}),
        ("8x NVIDIA A100-SXM4-40GB", {"gpu/a100_40gb"}),
        ("Intel Core i9-10940X", {"cpu/core_i9_10940x"}),
        ("NVIDIA H100 GPUs", {"gpu/h100_sxm5", "gpu/h100_pcie", "gpu/h100_nvl_94gb"}),
        ("25 GbE", {"nic/eth_25g"}),
        ("25GbE NIC", {"nic/eth_25g"}),
        ("2.5 Gbit/s Ethernet", {"nic/eth_2_5g"}),
        ("25 Gbit/s Ethernet", {"nic/eth_25g"}),
        ("Samsung PM9A3", {"ssd/samsung_pm9a3_7_68tb"}),
        ("Mellanox ConnectX-5 100 Gbps", {"nic/connectx5"}),
        ("AMD EPYC 9374F 32-Core Processor", {"cpu/epyc_9374f"}),
        ("NVIDIA GH200 Grace Hopper Superchip 96GB", {"gpu/gh200_96gb"}),
        ("Raspberry Pi 4", {"board/raspberry_pi_4b"}),
        ("A10", {"gpu/a10"}),
        ("80GB", set()),
        ("Samsung", set()),
        ("Ampere", set()),
        ("H100-SXM5-80GB", {"gpu/h100_sxm5"}),
        ("Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz", {"cpu/xeon_gold_6148"}),
        ("10 gbe", {"nic/eth_10g"}),
        ("AMD EPYC 7763 processor", {"cpu/epyc_7763"}),
        ("GeForce RTX4090", {"gpu/rtx_4090"}),
        ("warp drive", set()),
        ("", set()),
    ],
)
def test_find_knows_what_papers_call_a_device(registry, words, expected):
    assert {device.key for device in registry.find(words)} == expected


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("We use eight A100-SXM4-80GB cards and ConnectX-6 Dx\nNICs.", {"gpu/a100_sxm_80gb", "nic/connectx6_dx"}),
        ("Each server has an AMD EPYC 7402P and 25 Gb/s links", {"cpu/epyc_7402", "nic/eth_25g"}),
        ("at 2.5 Gb/s", {"nic/eth_2_5g"}),  # neither 25 nor 5
        ("an RTX4090, an RTX 3090", {"gpu/rtx_4090", "gpu/rtx_3090"}),
        ("Table A10 and T4 show", set()),
        ("two NVIDIA T4 GPUs", {"gpu/t4"}),
        (
            "NVIDIA A100s",
            {f"gpu/{name}" for name in ("a100_40gb", "a100_pcie_40gb", "a100_pcie_80gb", "a100_sxm_80gb")},
        ),
        ("no machine at all", set()),
    ],
)
def test_devices_are_found_in_prose_word_by_word(registry, prose, expected):
    found = {device.key for device in registry.named_in(prose)}
    assert expected <= found
    assert {key for key in found - expected if not key.startswith(("gpu/a100", "nic/connectx6"))} == set()


def test_one_device_is_resolved_and_ambiguous_words_list_the_candidates(registry):
    assert registry.resolve("A100-80GB SXM").key == "gpu/a100_sxm_80gb"
    assert registry.resolve("v100").key == "gpu/v100"  # an id means itself, though "V100" is said of six cards
    with pytest.raises(RegistryError, match=r"'V100' names 6 devices: gpu/v100_pcie_16gb .*gpu/v100 "):
        registry.resolve("V100")
    with pytest.raises(RegistryError, match=r"device 'RTX 4091' is not in .*nearest: .*gpu/rtx_4090"):
        registry.resolve("RTX 4091")


def test_every_name_of_a_device_finds_it(registry):
    for device in registry.devices():
        for name in (device.id, device.key, device.name, *device.aliases):
            assert device in registry.find(name), (device.key, name)


def test_an_unknown_device_is_answered_with_near_ones(registry):
    with pytest.raises(RegistryError, match=r"'h100' is not in .*gpu/h100_pcie, gpu/h100_sxm5"):
        registry.device("h100")
    with pytest.raises(RegistryError, match="'cpu/h100_sxm5' is not in"):
        registry.device("cpu/h100_sxm5")


def test_a_value_must_be_named_so_that_one_fact_matches(registry):
    assert registry.value("h100_sxm5", "peak_flop_per_s", "bf16", "dense").value == 989.4e12
    assert registry.value("optane_p4800x", "read_iops").value == 550_000  # the one without a mode, not the measured
    with pytest.raises(RegistryError, match=r"3 facts are peak_flop_per_s\[bf16\]; it states .*\[bf16,boost\]"):
        registry.value("h100_sxm5", "peak_flop_per_s", "bf16")
    with pytest.raises(RegistryError, match="no facts are read_iops"):
        registry.value("h100_sxm5", "read_iops")


def test_priors_are_ordered_and_found_by_name(registry):
    priors = registry.priors()
    assert len(priors) >= 60
    assert registry.prior("network.rtt_same_rack_tcp").unit == "s"
    assert all(prior.high <= 1 for prior in priors.values() if prior.shape == "triangular")  # fractions
    with pytest.raises(RegistryError, match=r"nearest: .*network\.rtt"):
        registry.prior("network.rtt_same_rack")


SHEET = {"title": "Data sheet of the box", "date": "2024"}
FACT = {"quantity": "tdp_w", "value": 100, "kind": "vendor", "source": "sheet", "agreeing": 1}
CORES = FACT | {"quantity": "cores", "value": 8}
BOX = {"id": "box", "vendor": "V", "name": "Box", "facts": [FACT, CORES]}


def write_registry(folder: Path, content: object, name: str = "cpu/box.json") -> Registry:
    shipped = Registry.load().folder
    for file in ("quantities.yaml", "bound_tolerances.yaml", "priors.yaml"):
        (folder / file).write_text((shipped / file).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / name).parent.mkdir(exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / name).write_text(text, encoding="utf-8")
    return Registry.load(folder)


def of(*devices: object, **more: object) -> dict[str, object]:
    return {"sources": {"sheet": SHEET}, "devices": list(devices)} | more


def without(key: str) -> dict[str, object]:
    return {name: value for name, value in FACT.items() if name != key}


def test_a_well_formed_device_loads(tmp_path):
    device = write_registry(tmp_path, of(BOX)).device("box")
    assert isinstance(device, CPUResourceModel)
    assert (device.facts[0].source, device.facts[0].date) == ("Data sheet of the box", "2024")


PLANTED_FACTS = [
    (without("source"), r"facts\.0\.source \(tdp_w\): Field required"),
    (without("kind"), r"facts\.0\.kind \(tdp_w\): Field required"),
    (without("agreeing"), r"facts\.0\.agreeing \(tdp_w\): Field required"),
    (FACT | {"source": "hearsay"}, "source 'hearsay' of tdp_w is not listed under 'sources'"),
    (FACT | {"date": "2024"}, "tdp_w states a date; dates belong to its entry under 'sources'"),
    (FACT | {"kind": "rumour"}, "'vendor', 'measured', 'derived' or 'estimated'"),
    (FACT | {"value": 0}, "greater than 0"),
    (FACT | {"value": -5}, "greater than 0"),
    (FACT | {"value": float("inf")}, "finite"),
    (FACT | {"disputed": 0}, r"disputed \(tdp_w\): Input should be greater than 0"),
    (FACT | {"value": "many"}, "valid number"),
    (FACT | {"unit": "W"}, r"facts\.0\.unit \(tdp_w\): Extra inputs are not permitted"),
    (FACT | {"quantity": "speed"}, "quantity 'speed' is not in quantities.yaml"),
    (FACT | {"quantity": "num_sms"}, "a cpu has no num_sms"),
    (FACT | {"quantity": "memory_efficiency", "value": 1.2}, "memory_efficiency = 1.2 is above 1"),
    (FACT | {"precision": "fp13"}, "fp64"),
    (CORES, "cores is stated twice"),
    (FACT | {"source": ["sheet"]}, r"facts\.0\.source \(tdp_w\): Input should be a valid string"),
    ("just words", r"facts\.0 \(no mapping\)"),
    (CORES | {"quantity": "threads", "value": 4}, "cores = 8 is above threads = 4"),
    (FACT | {"quantity": "idle_w", "value": 0}, "greater than 0"),
]


@pytest.mark.parametrize(("fact", "told"), PLANTED_FACTS)
def test_a_planted_mistake_is_refused_and_named(tmp_path, fact, told):
    registry = write_registry(tmp_path, of(BOX | {"facts": [fact, CORES]}))
    with pytest.raises(RegistryError, match=told) as caught:
        registry.device("box")
    assert "box.json: box:" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": "The Box"}, "String should match pattern"),
        ({"class": "gpu"}, "the folder gives the class"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"compute_capability": "9.0"}, "compute_capability: Extra inputs"),
        ({"vector_unit": "MMX"}, "vector_unit"),
        ({"facts": []}, "facts: "),
        ({"facts": [FACT]}, "a cpu states cores; none of the facts does"),
        ({"power_modes": [{"name": "eco", "facts": [FACT | {"source": "hearsay"}]}]}, "source 'hearsay'"),
        ({"power_modes": [{"name": "eco", "facts": [FACT | {"quantity": "num_sms"}]}]}, "a cpu has no num_sms"),
        ({"power_modes": [{"name": "eco", "facts": [FACT]}] * 2}, "a power mode is stated twice"),
    ],
)
def test_a_planted_mistake_of_the_device_is_refused(tmp_path, change, told):
    box = BOX | change
    registry = write_registry(tmp_path, of(box))
    with pytest.raises(RegistryError, match=told):
        registry.device(str(box["id"]))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[]", "must hold a mapping"),
        ("", "is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"sources": {}, "sources": {}, "devices": []}', "sources is stated twice"),
        ({"devices": []}, "must hold 'sources' and a list 'devices'"),
        (of(BOX, remarks="none"), "must hold 'sources' and a list 'devices' and nothing else"),
        ({"sources": {}, "devices": 5}, "must hold"),
        (of(5), "devices.0 is no mapping"),
        (of({"name": "Box"}), "devices.0 is no mapping with a word as its 'id'"),
        (of(BOX, sources={"sheet": "a data sheet"}), "sources.sheet"),
        (of(BOX, sources={"sheet": {"title": "Data sheet of the box"}}), "sources.sheet: date: Field required"),
        (of(BOX, sources={"sheet": SHEET | {"date": "last year"}}), "sources.sheet: date: String should match"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path, content, told):
    registry = write_registry(tmp_path, content)
    with pytest.raises(RegistryError, match=told) as caught:
        registry.device("box")
    assert "box.json" in str(caught.value)


@pytest.mark.parametrize("text", ["quantities: 5", "other: {}", "quantities: {tdp_w: 5}"])
def test_broken_quantities_are_refused(tmp_path, text):
    registry = write_registry(tmp_path, of(BOX))
    (tmp_path / "quantities.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError, match=r"quantities\.yaml"):
        registry.device("box")


PRIOR = "priors:\n  - {name: a.b, unit: s, low: 1, typical: 2, high: 3, shape: lognormal, source: somebody}\n"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("low: 1", "low: 2.5", "low 2.5 <= typical 2"),
        ("unit: s", "unit: parsec", "'parsec' is not in the unit table"),
        (", source: somebody", "", "source"),
        ("low: 1", "low: 0", "greater than 0"),
        (PRIOR, PRIOR + PRIOR.partition("\n")[2], "a prior is stated twice"),
    ],
)
def test_a_planted_mistake_in_a_prior_is_refused(tmp_path, old, new, told):
    registry = write_registry(tmp_path, of(BOX))
    (tmp_path / "priors.yaml").write_text(PRIOR.replace(old, new), encoding="utf-8")
    with pytest.raises(RegistryError, match=told):
        registry.priors()


def test_one_id_in_two_classes_is_refused(tmp_path):
    write_registry(tmp_path, of(BOX))
    registry = write_registry(tmp_path, of(BOX), "gpu/other.json")
    with pytest.raises(RegistryError, match="'box' also stands in"):
        registry.ids()


def test_an_empty_folder_is_no_registry(tmp_path):
    with pytest.raises(RegistryError, match="holds no"):
        Registry.load(tmp_path)


def test_the_whole_registry_loads_quickly():
    script = (
        "import time; from gauntlet.hardware.registry import Registry; start = time.process_time();"
        "registry = Registry.load(); registry.devices(); registry.priors(); registry.tolerances;"
        "print(time.process_time() - start)"
    )
    runs = [subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True) for _ in "12"]
    assert min(float(run.stdout) for run in runs) < 0.25
