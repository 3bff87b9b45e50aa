"""The shipped registry, and registries with one planted mistake each."""

import subprocess
import sys
from pathlib import Path

import pytest

from gauntlet.errors import RegistryError
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
    assert len(devices) >= 30
    assert {device.device_class for device in devices} == {
        *("cpu", "gpu", "tpu", "kpu", "nic", "link", "dram", "ssd", "hdd")
    }
    assert all(len(fact.source) >= 8 and fact.value > 0 for device in devices for fact in device.facts)


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
            if mode == "sparse":
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


def test_only_the_invented_device_rests_on_estimates(registry):
    for device in registry.devices():
        assert device.synthetic == any(fact.kind == "estimated" for fact in device.facts)
    assert registry.device("kpu_t100").synthetic


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("A100", {"gpu/a100_40gb", "gpu/a100_pcie_80gb", "gpu/a100_sxm_80gb"}),
        ("NVIDIA H100 GPUs", {"gpu/h100_sxm5", "gpu/h100_pcie"}),
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


FACT = "{quantity: tdp_w, value: 100, kind: vendor, source: sheet, agreeing: 1}"


def write_registry(folder: Path, facts: str, head: str = "id: box\nclass: cpu\nvendor: V\nname: Box\n") -> Registry:
    shipped = Registry.load().folder
    for name in ("quantities.yaml", "bound_tolerances.yaml"):
        (folder / name).write_text((shipped / name).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "cpu").mkdir()
    text = f'{head}sources: {{sheet: "Data sheet of the box, 2024"}}\nfacts:\n  - {facts}\n'
    (folder / "cpu" / "box.yaml").write_text(text, encoding="utf-8")
    return Registry.load(folder)


def test_a_well_formed_device_loads(tmp_path):
    device = write_registry(tmp_path, FACT).device("box")
    assert device.facts[0].source == "Data sheet of the box, 2024"


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (FACT.replace("source: sheet, ", ""), r"facts\.0\.source \(tdp_w\): Field required"),
        (FACT.replace("kind: vendor, ", ""), r"facts\.0\.kind \(tdp_w\): Field required"),
        (FACT.replace("sheet", "hearsay"), "source 'hearsay' of tdp_w is not listed under 'sources'"),
        (FACT.replace("vendor", "rumour"), "'vendor', 'measured', 'derived' or 'estimated'"),
        (FACT.replace("100", "0"), "greater than 0"),
        (FACT.replace("100", "-5"), "greater than 0"),
        (FACT.replace("100", ".inf"), "finite"),
        (FACT.replace("tdp_w", "watts"), "quantity 'watts' is not in quantities.yaml"),
        (FACT.replace("agreeing", "colour: red, agreeing"), "colour"),
        (FACT.replace("tdp_w, value: 100", "memory_efficiency, value: 1.05"), "memory_efficiency = 1.05 is above 1"),
        (f"{FACT}\n  - {FACT}", "tdp_w is stated twice"),
        (FACT.replace("sheet", "[sheet]"), r"facts\.0\.source \(tdp_w\): Input should be a valid string"),
        ("just words", r"facts\.0 \(no mapping\)"),
    ],
)
def test_a_planted_mistake_is_refused_and_named(tmp_path, facts, told):
    registry = write_registry(tmp_path, facts)
    with pytest.raises(RegistryError, match=told) as caught:
        registry.device("box")
    assert "box.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("id: crate\nclass: cpu\nvendor: V\nname: Box\n", "says it is cpu/crate"),
        ("id: box\nclass: gpu\nvendor: V\nname: Box\n", "says it is gpu/box"),
        ("id: box\nclass: toaster\nvendor: V\nname: Box\n", "toaster"),
        ("id: box\nclass: cpu\nvendor: V\nname: Box\ncolour: red\n", "colour"),
        ("id: box\nclass: [\n", "is not YAML"),
        ("id: !!python/object/apply:os.getcwd []\nclass: cpu\nvendor: V\nname: Box\n", "is not YAML"),
    ],
)
def test_a_planted_mistake_of_the_device_is_refused(tmp_path, head, told):
    registry = write_registry(tmp_path, FACT, head)
    with pytest.raises(RegistryError, match=told):
        registry.device("box")


@pytest.mark.parametrize("text", ["[]", "facts: 5", "sources: 5", "id: box\nfacts: 5\nsources: {}", ""])
def test_a_file_of_another_shape_is_refused(tmp_path, text):
    registry = write_registry(tmp_path, FACT)
    (tmp_path / "cpu" / "box.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError, match=r"box\.yaml"):
        registry.device("box")


@pytest.mark.parametrize("text", ["quantities: 5", "other: {}", "quantities: {tdp_w: 5}"])
def test_broken_quantities_are_refused(tmp_path, text):
    registry = write_registry(tmp_path, FACT)
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
    registry = write_registry(tmp_path, FACT)
    (tmp_path / "priors.yaml").write_text(PRIOR.replace(old, new), encoding="utf-8")
    with pytest.raises(RegistryError, match=told):
        registry.priors()


def test_one_id_in_two_classes_is_refused(tmp_path):
    write_registry(tmp_path, FACT)
    (tmp_path / "gpu").mkdir()
    (tmp_path / "gpu" / "box.yaml").write_text("id: box\n", encoding="utf-8")
    with pytest.raises(RegistryError, match="'box' also stands in"):
        Registry.load(tmp_path)


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
    assert min(float(run.stdout) for run in runs) < 0.15
