"""Ridge points against published peaks divided by published bandwidths, and the picture of two devices."""

import itertools
import re
from pathlib import Path

import pytest

from docs.build import same_picture
from gauntlet.errors import RegistryError
from gauntlet.hardware.ceilings import rooflines_of
from gauntlet.hardware.registry import Registry
from gauntlet.report.roofline_figure import draw_rooflines


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


@pytest.mark.parametrize(
    ("device", "precision", "peak", "bandwidth"),
    [
        ("a100_sxm_80gb", "fp16", 312e12, 2039e9),  # dense, not the 624 of 2:4 sparsity
        ("a100_sxm_80gb", "fp64", 19.5e12, 2039e9),  # tensor cores, not 9.7
        ("h100_sxm5", "bf16", 989.4e12, 3.35e12),  # as published, not at the maximum clock
        ("rtx_4090", "fp16", 165.2e12, 1008e9),  # FP32 accumulation
        ("xeon_gold_6148", "fp64", 20 * 32 * 3.7e9, 6 * 2666e6 * 8),  # turbo, channels; not the measured bandwidth
        ("groq_lpu_v1", "int8", 750e12, 80e12),  # its memory is on the chip
    ],
)
def test_the_ridge_is_peak_over_bandwidth(registry, device, precision, peak, bandwidth):
    roof = next(roof for roof in rooflines_of(registry.device(device)).roofs if roof.precision == precision)
    assert roof.ridge_flop_per_byte == pytest.approx(peak / bandwidth, rel=2e-3)


def test_a_device_without_arithmetic_has_no_roofline(registry):
    with pytest.raises(RegistryError, match="nic/eth_25g states no memory bandwidth"):
        rooflines_of(registry.device("eth_25g"))
    with pytest.raises(RegistryError, match="dram/ddr5_4800 states no peak"):
        rooflines_of(registry.device("ddr5_4800"))


def test_every_device_with_peaks_and_memory_has_rising_ridges(registry):
    drawn = 0
    for device in registry.devices():
        quantities = {fact.quantity for fact in device.facts if fact.mode != "sparse"}
        if {"peak_flop_per_s", "memory_bandwidth_bytes_per_s"} <= quantities:
            ridges = [roof.ridge_flop_per_byte for roof in rooflines_of(device).roofs]
            assert ridges == sorted(ridges, reverse=True)
            drawn += 1
    assert drawn > 250


def test_the_picture_of_the_documentation_is_current(registry):
    shown = Path(__file__).parents[2] / "docs" / "hardware" / "rooflines.svg"
    svg, _ = draw_rooflines([rooflines_of(registry.device(name)) for name in ("a100_sxm_80gb", "h100_sxm5")])
    assert same_picture(shown.read_text(encoding="utf-8"), svg.decode()), (
        "gauntlet hardware plot a100_sxm_80gb h100_sxm5 -o docs/hardware/rooflines.svg"
    )


def test_two_devices_are_drawn_over_each_other_with_their_ridges(registry):
    svg, png = draw_rooflines([rooflines_of(registry.device(name)) for name in ("a100_sxm_80gb", "h100_sxm5")])
    text = svg.decode()
    assert png.startswith(b"\x89PNG")
    for words in ("NVIDIA A100 SXM4 80GB", "NVIDIA H100 SXM5 80GB", "ridge 153", "ridge 295", "ridge 591"):
        assert words in text
    labels = sorted(float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>[^<]*ridge', text))
    assert len(labels) >= 8
    assert all(low + 11 < high for low, high in itertools.pairwise(labels))  # no label on another
