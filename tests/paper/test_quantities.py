"""Quantities in prose: value, unit, range, relation and direction, each read by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gauntlet.paper.quantities import find_quantities

AMOUNTS = [
    ("a mean of 28.7 µs", 28.7e-6, "s"),
    ("a mean of 28.7 us", 28.7e-6, "s"),
    ("314,000 requests per second", 314e3, "1/s"),
    ("21k ops/s", 21e3, "1/s"),
    ("0.29 MRPS", 0.29e6, "1/s"),
    ("1.5 million requests/s", 1.5e6, "1/s"),
    ("82.4 thousand pages each second", 82.4e3, "1/s"),
    ("3.1 thousand KV blocks per second", 3100.0, "1/s"),
    ("one 25 GbE interface", 25e9 / 8, "B/s"),
    ("40 Gbps links", 5e9, "B/s"),
    ("a 29.3 KiB page", 29.3 * 1024, "B"),
    ("64 GB of memory", 64e9, "B"),
    ("500 MB/s", 500e6, "B/s"),
    ("312 TFLOPS", 312e12, "FLOP/s"),
    ("3.5e9 FLOPs", 3.5e9, "FLOP"),
    ("a budget of 300 W", 300.0, "W"),
    ("2 minutes", 120.0, "s"),
    ("57.63 tokens/s", 57.63, "1/s"),
    ("7.593 kreq/s", 7593.0, "1/s"),
    ("15 Mreq/s", 15e6, "1/s"),
    ("4.96 M/s", 4.96e6, "1/s"),
    ("0.5 Mpps", 0.5e6, "1/s"),
    ("10^6 ops/s", 1e6, "1/s"),
    ("1.2 × 10^-3 s", 1.2e-3, "s"),
    ("1.2·10⁻³ s", 1.2e-3, "s"),
    ("4 × 10⁵ ops/s", 4e5, "1/s"),
    ("12.5 GiB/s", 12.5 * 1024**3, "B/s"),
    ("12 usec", 12e-6, "s"),
    ("1,234,567 B", 1234567.0, "B"),
    ("314 000 requests/s", 314e3, "1/s"),
    ("130, 000 tx/sec", 130e3, "1/s"),
    ("1\u202f234\u202f567 requests/s", 1234567.0, "1/s"),
    ("a 3 µs round trip", 3e-6, "s"),
    ("10 million small RPCs per second", 10e6, "1/s"),
    ("502 petaFLOP/s", 502e15, "FLOP/s"),
]


@pytest.mark.parametrize(("text", "value", "unit"), AMOUNTS)
def test_amounts_are_in_si(text, value, unit):
    (found,) = find_quantities(text)
    assert found.kind == "amount"
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.unit == unit
    assert text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("2-3 ms", 2e-3, 3e-3, "s"),
        ("2 to 3 ms", 2e-3, 3e-3, "s"),
        ("200 µs to 3 ms", 200e-6, 3e-3, "s"),
        ("between 10 and 20 GB", 10e9, 20e9, "B"),
        ("3–5 ms", 3e-3, 5e-3, "s"),
        ("7.5 to 9.5 kreq/s", 7500.0, 9500.0, "1/s"),
        ("from 62.0 to 420.7 thousand operations per second", 62e3, 420.7e3, "1/s"),
    ],
)
def test_ranges_are_one_quantity(text, low, high, unit):
    (found,) = find_quantities(text)
    assert (found.low, found.high, found.unit) == (pytest.approx(low), pytest.approx(high), unit)


def test_two_values_that_are_no_range_stay_two():
    assert [one.value for one in find_quantities("it takes 2 ms and 3 ms")] == pytest.approx([2e-3, 3e-3])
    assert [one.value for one in find_quantities("3 ms to 2 ms")] == pytest.approx([3e-3, 2e-3])


@pytest.mark.parametrize(
    ("text", "kind", "value", "relation", "direction"),
    [
        ("a 37% lower latency", "percent", 37.0, "exactly", "down"),
        ("a gain of 19 %", "percent", 19.0, "exactly", "up"),
        ("up to 2.05 times the throughput", "factor", 2.05, "up_to", None),
        ("about 4x faster", "factor", 4.0, "about", "up"),
        ("grows by a factor of 7.6", "factor", 7.6, "exactly", "up"),
        ("at least 3-fold", "factor", 3.0, "at_least", None),
        ("twice as fast", "factor", 2.0, "exactly", "up"),
        ("it halves the time", "factor", 2.0, "exactly", "down"),
        ("2.3× higher", "factor", 2.3, "exactly", "up"),
        ("37 % lower", "percent", 37.0, "exactly", "down"),
        ("no more than 80 percent", "percent", 80.0, "less_than", None),
    ],
)
def test_factors_and_percentages(text, kind, value, relation, direction):
    (found,) = find_quantities(text)
    assert (found.kind, found.value, found.relation, found.direction) == (kind, value, relation, direction)


def test_powers_of_ten_and_counts():
    (keys,) = find_quantities("1.5 × 10^6 keys")
    assert (keys.kind, keys.value, keys.of) == ("count", 1.5e6, "keys")
    assert [one.kind for one in find_quantities("from 1 to 8 GPUs")] == ["count", "count"]


def test_rounding_is_half_a_unit_of_the_last_digit():
    assert [one.rounding for one in find_quantities("2.5 ms, 40 ms, 1,000 ms")] == pytest.approx([0.02, 0.0125, 5e-4])


@pytest.mark.parametrize(
    "text",
    [
        "Section 3.2",
        "Figures 3 and 4",
        "Table 12",
        "as in [12, 14]",
        "the 99th percentile",
        "see § 4",
        "IPv6",
        "(1) and (2)",
        "5.3.2 Weak scaling",
        "as said.^3",
    ],
)
def test_a_number_that_names_something_is_no_quantity(text):
    assert find_quantities(text) == ()


def test_what_is_counted_ends_before_words_that_are_no_things():
    assert [one.of for one in find_quantities("100 nodes and 3 of them")] == ["nodes", ""]
    (six,) = find_quantities("needs 6 because it requires a second")
    assert (six.kind, six.unit) == ("count", "")


def test_a_raised_number_is_an_exponent_and_a_lone_power_a_value():
    (loss,) = find_quantities("a loss of 10^−7 in all")
    assert (loss.kind, loss.value, loss.rounding) == ("count", pytest.approx(1e-7), 0.0)
    (rate,) = find_quantities("4.96 Mops")
    assert (rate.kind, rate.value, rate.of) == ("count", pytest.approx(4.96e6), "ops")


def test_what_is_no_quantity_is_left_alone():
    assert find_quantities("Figure B, version v2.3.1 of x86, and no numbers") == ()


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789.,-–−×x%kMGB/s µ abctoandper\n", max_size=80))
def test_any_text_gives_ordered_places_and_finite_numbers(text):
    found = find_quantities(text)
    assert all(0 <= one.start < one.end <= len(text) and one.low <= one.high for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)
