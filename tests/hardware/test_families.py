"""Two facts of one device that cannot both be true are refused, each with a planted contradiction."""

import pytest

from gauntlet.errors import RegistryError
from gauntlet.hardware.families import FAMILIES
from gauntlet.hardware.reading import validated
from gauntlet.hardware.records import Source
from gauntlet.hardware.registry import Registry

SOURCES = {"sheet": Source(title="Data sheet of the box", date="2024")}
TOPS = "peak_flop_per_s"


def device(device_class, facts, **fields):
    stated = []
    for label, value in facts.items():
        quantity, precision, mode = (*label.split(), None, None)[:3]
        fact = {"quantity": quantity, "precision": precision, "mode": mode, "value": value}
        stated.append(fact | {"kind": "vendor", "source": "sheet", "agreeing": 1})
    data = {"id": "box", "class": device_class, "vendor": "V", "name": "Box", "sources": SOURCES, "facts": stated}
    context = {"quantities": Registry.load().quantities}
    return validated(FAMILIES[device_class], data | fields, "box.json: box", context)


GPU = {"memory_bandwidth_bytes_per_s": 1e12, "cores": 6912, "num_sms": 108}
CPU = {"cores": 8, "threads": 16, "simd_bits": 256, "fma_units": 2, "boost_clock_hz": 4e9, f"{TOPS} fp64 boost": 512e9}
TPU = {"mxu_count": 8, "mxu_rows": 128, "mxu_columns": 128, "boost_clock_hz": 1.05e9, f"{TOPS} bf16 dense": 275e12}
SSD = {"read_bandwidth_bytes_per_s": 2e9, "read_iops": 480_000}
DISK = {"rotation_hz": 120, "rotational_latency_s": 4.16e-3}
LINE = {"link_bandwidth_bytes_per_s": 1.25e9, "max_packets_per_s": 14_880_952}


@pytest.mark.parametrize(
    ("device_class", "facts"),
    [("gpu", GPU), ("cpu", CPU), ("tpu", TPU), ("ssd", SSD), ("hdd", DISK), ("nic", LINE)],
)
def test_facts_that_agree_are_accepted(device_class, facts):
    assert device(device_class, facts).facts


@pytest.mark.parametrize(
    ("device_class", "facts", "told"),
    [
        ("gpu", GPU | {"num_sms": 132}, "cores = 6912 is no multiple of num_sms = 132"),
        ("gpu", GPU | {"base_clock_hz": 2e9, "boost_clock_hz": 1e9}, "base_clock_hz = 2e.09 is above boost_clock_hz"),
        ("gpu", GPU | {f"{TOPS} bf16 dense": 1e14, f"{TOPS} bf16 sparse": 3e14}, "more than twice the dense"),
        ("gpu", GPU | {f"{TOPS} bf16 dense": 2e14, f"{TOPS} bf16 boost": 1e14}, "is above peak_flop_per_s.bf16,boost."),
        ("gpu", {"cores": 6912}, "a gpu states memory_bandwidth_bytes_per_s; none of the facts does"),
        ("cpu", CPU | {"threads": 4}, "cores = 8 is above threads = 4"),
        ("cpu", CPU | {f"{TOPS} fp64 boost": 1024e9}, "more than cores x lanes x 2 x pipes x clock = 5.12e.11"),
        ("cpu", CPU | {"idle_w": 90, "tdp_w": 65}, "idle_w = 90 is above tdp_w = 65"),
        ("tpu", TPU | {"mxu_count": 1}, "275e.12|2.75e.14, but its systolic arrays give 3.44"),
        ("ssd", SSD | {"read_iops": 900_000}, "read_iops = 900000 of 4096 B are more than 2e.09 B/s"),
        ("hdd", DISK | {"rotational_latency_s": 8.3e-3}, "is not half a revolution at 120 Hz"),
        ("nic", LINE | {"max_packets_per_s": 30e6}, "smallest frames are more than 1.25e.09 B/s"),
        ("nic", LINE | {"payload_fraction": 1.01}, "payload_fraction = 1.01 is above 1"),
        ("kpu", {"tdp_w": 5}, "a kpu states tile_engines"),
    ],
)
def test_a_planted_contradiction_is_refused(device_class, facts, told):
    with pytest.raises(RegistryError, match=told):
        device(device_class, facts)


@pytest.mark.parametrize(
    ("device_class", "facts", "fields", "told"),
    [
        ("nic", LINE, {"ports": 0}, "ports"),
        ("nic", LINE, {"form": "cable"}, "form"),
        ("ssd", SSD, {"medium": "tape"}, "medium"),
        ("cpu", CPU, {"matrix_unit": "TMUL"}, "matrix_unit"),
        ("gpu", GPU, {"compute_capability": "nine"}, "compute_capability"),
    ],
)
def test_a_field_outside_its_family_s_words_is_refused(device_class, facts, fields, told):
    with pytest.raises(RegistryError, match=f"box.json: box: {told}"):
        device(device_class, facts, **fields)
