"""Severity, slips of units, spans of printed digits, and the words of changes."""

import pytest

from gauntlet.paper.quantities import find_quantities
from gauntlet.verdict.arithmetic.outcomes import severity, slips
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.said import changes_in
from gauntlet.verdict.arithmetic.spans import Span, exact, printed, setting
from gauntlet.verdict.policy import load_policy

POLICY = load_policy()


@pytest.mark.parametrize(
    ("factor", "expected"), [(1.05, "low"), (0.95, "low"), (1.3, "medium"), (0.6, "high"), (9, "high")]
)
def test_severity_is_how_far_apart_two_numbers_are(factor, expected):
    assert severity(factor) == expected


def test_slips_explain_their_own_factor_alone():
    assert any("bits" in words for words in slips(8.0, of_bytes=True))
    assert any("bits" in words for words in slips(1 / 8, of_bytes=True))
    assert any("GiB" in words for words in slips(1.073741824, of_bytes=True))
    assert list(slips(8.0, of_bytes=False)) == list(slips(2.0, of_bytes=True)) == []


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2.3 ms", 2.25e-3, 2.4e-3),
        ("37 %", 36.5, 38),
        ("200 ms", 190e-3, 210e-3),  # zeros at the end need not count
        ("about 2.30 ms", 2.065e-3, 2.54e-3),  # and 10 % for 'about'
    ],
)
def test_digits_may_be_rounded_or_cut(text, low, high):
    span = printed(find_quantities(text)[0], POLICY)
    assert (span.low, span.high) == pytest.approx((low, high))


def test_a_whole_setting_is_exact():
    assert setting(find_quantities("1 KiB")[0], POLICY) == exact(1024.0)
    assert setting(find_quantities("1.5 KiB")[0], POLICY).low < 1536


def test_spans_divide_to_the_widest_ratio():
    ratio = exact(6.0, 0.1) / exact(2.0, 0.1)
    assert (ratio.low, ratio.value, ratio.high) == pytest.approx((5.4 / 2.2, 3.0, 6.6 / 1.8))
    assert ratio.meets(Span(3.6, 3.6, 3.6))
    assert not ratio.exceeds(exact(3.0))


@pytest.mark.parametrize(
    ("text", "ratios"),
    [
        ("It is 3.0x faster.", [3.0, 4.0]),
        ("It reduces latency by 3.0x.", [3.0]),
        ("It delivers 3.0 times the throughput.", [3.0]),
        ("It is 75% lower.", [4.0, 1.75]),
        ("It is 75% higher.", [1.75, 4.0]),
        ("It is 250% faster.", [3.5, 2.5]),
        ("It is an increase of 250%.", [3.5]),
        ("It is larger by a factor of 1.2.", [1.2, 2.2]),
    ],
)
def test_the_readings_of_a_change(text, ratios):
    (change,) = changes_in(Sentence(text, "b", 1))
    assert [form.value for form in change.ratios(POLICY)] == pytest.approx(ratios)


@pytest.mark.parametrize(
    ("text", "better", "worse"),
    [
        ("It has 30% lower latency.", "lower", False),
        ("It has 30% lower throughput.", "higher", True),
        ("It improves latency by 30%.", "lower", False),
        ("It is 30% slower.", "lower", True),
        ("It is 3x the size.", "lower", None),
    ],
)
def test_which_side_is_the_worse_one(text, better, worse):
    (change,) = changes_in(Sentence(text, "b", 1))
    assert change.is_worse(better) is worse
