"""Names, numbers and signs in words."""

import dataclasses
import math

import pytest

from gauntlet.mechanisms.catalogue import catalogue, find
from gauntlet.mechanisms.words import (
    as_data,
    call_text,
    error_in_words,
    example_of,
    plain,
    quantity,
    result_text,
    signs_in_words,
)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (5.094e-4, "s", "509.4 µs"),
        (1e-3, "s", "1 ms"),
        (86400.0, "s", "86400 s"),
        (2.5e10, "B/s", "25 GB/s"),
        (700.0, "1/s", "700/s"),
        (12500.0, "1/s", "12.5 k/s"),
        (7200.0, "1/min", "7200/min"),
        (0.8, "", "0.8"),
        (16384.0, "", "16384"),
        (5e-13, "J/FLOP", "0.5 pJ/FLOP"),
        (0.1, "s**2", "0.1 s²"),
        (0.0, "B", "0 B"),
        (16384.0, "B", "16 KiB"),
        (3 * 2.0**30, "B", "3 GiB"),
        (64e6, "B", "64 MB"),
        (1500.0, "B", "1.5 kB"),
        (math.inf, "s", "∞ s"),
    ],
)
def test_quantities_read_as_people_write_them(value, unit, words):
    assert quantity(value, unit) == words


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("mean_response_s", "mean response"),
        ("bandwidth_bytes_per_s", "bandwidth"),
        ("arrival_rates_per_s[1]", "arrival rates #2"),
        ("latency.median_s", "latency median"),
        ("message_bytes", "message bytes"),
        ("flop", "flop"),
    ],
)
def test_names_without_their_unit(place, words):
    assert plain(place) == words


def test_signs_and_errors_are_words():
    signs = {
        "request_rate_per_s": {"hit_ratio": "+", "occupancy": "+", "origin_rate_per_s": "+"},
        "ttl_s": {"hit_ratio": "+", "occupancy": "~", "origin_rate_per_s": "-"},
    }
    primitive = dataclasses.replace(find("ttl_cache"), signs=signs, model_form_error=0.031, error_basis="a simulation")
    assert signs_in_words(primitive, mark="'") == {
        "request_rate_per_s": "raises all outputs",
        "ttl_s": "raises 'hit_ratio'; lowers 'origin_rate_per_s'; may raise or lower 'occupancy'",
    }
    assert error_in_words(primitive) == "3.1 % (a simulation)"
    assert error_in_words(find("mm1")) == "none (exact under its assumptions)"


@pytest.mark.parametrize("name", catalogue())
def test_the_call_of_an_example_is_the_example(name):
    primitive = find(name)
    result = eval(call_text(primitive), {name: primitive.function})
    found = example_of(primitive).outputs
    assert [result_text(value, "") for value in found.values()] == [
        result_text(value.tolist() if hasattr(value, "tolist") else value, "") for value in result
    ]
    assert as_data(primitive)["example"] == dict(primitive.example)
