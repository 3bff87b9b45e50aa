"""Expected factors come from the SI brochure (prefixes), IEC 80000-13 (KiB, MiB) and one MAC = 2 FLOP."""

import contextlib
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet import units
from gauntlet.errors import UnknownUnit
from gauntlet.units import (
    DIMENSIONLESS,
    check_unit,
    dimension,
    divide,
    from_si,
    multiply,
    power,
    same_dimension,
    si_unit,
    spell,
    to_si,
)

SPELLINGS = [
    *[(unit, 1e-6, "s") for unit in ("µs", "μs", "us", "usec", "usecs", "microseconds")],
    *[(unit, 1e-3, "s") for unit in ("ms", "msec", "milliseconds")],
    ("ns", 1e-9, "s"),
    ("min", 60, "s"),
    ("h", 3600, "s"),
    *[(unit, 1e3, "1/s") for unit in ("Kops/s", "kops/s", "KOps/s", "krps", "KRPS", "K req/s", "k/s", "kIOPS", "KOPS")],
    *[(unit, 1e6, "1/s") for unit in ("Mops/s", "M ops/s", "MRPS", "MOPS", "million ops/s", "MT/s", "10^6 ops/s")],
    *[(unit, 1, "1/s") for unit in ("RPS", "rps", "QPS", "TPS", "tps", "req/s", "requests/sec", "txn/s", "IOPS")],
    *[(unit, 1, "1/s") for unit in ("tokens/s", "Tokens/sec", "images/s", "samples/s", "tok/s/user", "fps")],
    *[(unit, 1, "1/s") for unit in ("1/s", "s^-1", "s⁻¹", "s-1", "/s", "queries per second", "Hz")],
    ("tpmC", 1 / 60, "1/s"),
    ("kops", 1e3, ""),
    ("GHz", 1e9, "1/s"),
    ("GB/s", 1e9, "B/s"),
    ("GBps", 1e9, "B/s"),
    ("MB/s", 1e6, "B/s"),
    ("GiB/s", 2**30, "B/s"),
    ("KiB", 1024, "B"),
    ("KB", 1000, "B"),
    *[(unit, 1.25e8, "B/s") for unit in ("Gbps", "Gbit/s", "Gb/s", "GBit/s", "gbps", "Gbits/s")],
    ("b", 0.125, "B"),
    ("B", 1, "B"),
    *[(unit, 1e12, "FLOP/s") for unit in ("TFLOPS", "TFLOPs/s", "TFLOP/s", "TOPS", "TOP/s")],
    ("GFLOPS", 1e9, "FLOP/s"),
    ("GFLOPs", 1e9, "FLOP"),
    ("GMACs", 2e9, "FLOP"),
    ("FLOP/B", 1, "FLOP/B"),
    ("pJ/bit", 8e-12, "J/B"),
    ("J/token", 1, "J"),
    ("W/GPU", 1, "W"),
    ("kWh", 3.6e6, "J"),
    ("GPU hours", 3600, "s"),
    ("$/hour", 1 / 3600, "USD/s"),
    *[(unit, 0.01, "") for unit in ("%", "percent")],
    *[
        (unit, 1, "")
        for unit in ("x", "×", "X", "", "GPUs", "entries", "cores", "iterations", "lookups", "count", "normalized")
    ],
]


@pytest.mark.parametrize(("unit", "factor", "si"), SPELLINGS)
def test_a_papers_spelling_gives_its_si_value(unit, factor, si):
    assert to_si(1.0, unit) == pytest.approx(factor, rel=1e-14)
    assert si_unit(unit) == si
    assert from_si(to_si(3.5, unit), unit) == pytest.approx(3.5, rel=1e-14)


@pytest.mark.parametrize("unit", ["mb", "Ms", "ks", "dB", "furlong", "kmin", "GBPS"])
def test_readings_nobody_means_are_refused(unit):
    with pytest.raises(UnknownUnit, match="nearest"):
        to_si(1.0, unit)


@pytest.mark.parametrize(
    "unit",
    [
        "s/",
        "((s",
        "s)",
        "*s",
        "^2",
        "s^99",
        "s^(1/0)",
        "0 s",
        "1e400 s",
        "EB^12*EB^12*EB^12",
        "s" * 200,
        "s; import",
    ],
)
def test_malformed_units_are_refused_in_a_sentence(unit):
    with pytest.raises(UnknownUnit, match=r"^Table 2: unit "):
        check_unit(unit, "Table 2")


def test_the_error_names_value_place_and_nearest():
    with pytest.raises(UnknownUnit) as caught:
        check_unit("reqest/s", "claim throughput, p. 4")
    for part in ("claim throughput, p. 4", "'reqest/s'", "'request'"):
        assert part in str(caught.value)


def test_arrays_convert_elementwise():
    np.testing.assert_array_equal(to_si(np.array([1.0, 2.0]), "KB"), [1000.0, 2000.0])


def test_bits_and_bytes_share_a_dimension_and_differ_in_size():
    assert same_dimension("Gb/s", "GB/s")
    assert to_si(8.0, "Gb/s") == to_si(1.0, "GB/s")
    assert not same_dimension("GB/s", "GB")


def test_dimensions_multiply_like_the_quantities_they_stand_for():
    assert multiply(dimension("B/s"), dimension("s")) == dimension("B")
    assert divide(dimension("J"), dimension("s")) == dimension("W")
    assert divide(dimension("B"), dimension("GB")) == DIMENSIONLESS
    assert power(dimension("s^2"), 0.5) == dimension("s")
    assert power(dimension("s"), 0) == DIMENSIONLESS


bases = st.sampled_from(["s", "B", "FLOP", "J", "m", "A", "USD"])
exponents = st.fractions(min_value=-4, max_value=4, max_denominator=4).filter(bool)


@given(st.dictionaries(bases, exponents, max_size=4))
def test_the_spelling_of_a_dimension_parses_back_to_it(powers):
    of = tuple(sorted((name, Fraction(exponent)) for name, exponent in powers.items()))
    assert dimension(spell(of)) == of
    assert to_si(1.0, spell(of)) == 1.0


@given(st.text(max_size=90))
def test_no_text_escapes_as_another_error(text):
    with contextlib.suppress(UnknownUnit):
        assert 0 < to_si(1.0, text) < float("inf")


def test_canonical_units_need_no_pint():
    script = (
        "import sys; from gauntlet.units import to_si;"
        "[to_si(1.0, unit) for unit in ('', 's', '1/s', 'B/s', 'FLOP/s', 'J')];"
        "sys.exit('pint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_common_units_are_what_pint_says(monkeypatch):
    table = dict(units._common())
    monkeypatch.setattr(units, "_common", dict)
    units._named.cache_clear()
    try:
        assert {name: units._named(name) for name in table} == table
    finally:
        units._named.cache_clear()
