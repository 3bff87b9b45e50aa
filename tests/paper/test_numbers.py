"""Numbers as printed; expected values are what a reader of the page would say."""

import pytest

from gauntlet.paper.numbers import first_number, printed_numbers


@pytest.mark.parametrize(
    ("text", "value", "error"),
    [
        ("1,000 ms", 1000.0, 0.5 / 1000),
        ("2.05×", 2.05, 0.005 / 2.05),
        ("85 %", 85.0, 0.5 / 85),
        ("−3.5e-4", -3.5e-4, 0.05 / 3.5),
        ("12\u202f345.6 ops", 12345.6, 0.05 / 12345.6),
    ],
)
def test_value_and_rounding(text, value, error):
    assert printed_numbers(text)[0] == (pytest.approx(value), pytest.approx(error))


@pytest.mark.parametrize(("text", "value"), [("21k", 21e3), ("3 × 10^6", 3e6), ("4 × 10⁵ ops", 4e5), ("1.5M", 1.5e6)])
def test_scaled_readings_are_offered(text, value):
    assert pytest.approx(value) in [number for number, _ in printed_numbers(text)]
    assert first_number(text)[0] == pytest.approx(value)


def test_a_scale_letter_before_what_is_counted_is_offered_too():
    assert [value for value, _ in printed_numbers("7.593 kreq/s")] == [7.593, 7593.0]
    assert [value for value, _ in printed_numbers("12 kernels")] == [12.0]


def test_a_power_of_ten_leaves_no_stray_digits():
    assert [value for value, _ in printed_numbers("1.2 × 10^-3")] == [1.2, pytest.approx(1.2e-3)]
    assert printed_numbers("It holds 10^6.") == [(1e6, 0.0)]
    assert [value for value, _ in printed_numbers("It takes 3 × 10^6.")] == [3.0, 3e6]


def test_numbers_in_a_row_of_a_table_stay_apart():
    assert [value for value, _ in printed_numbers("8 128 256 512")] == [8, 128, 256, 512]


def test_words_count_as_numbers():
    assert (16.0, 0.0) in printed_numbers("sixteen cores")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a dozen kernels", 12),
        ("reads each key exactly once", 1),
        ("about four fifths of it", 0.8),
        ("under a tenth", 0.1),
    ],
)
def test_parts_and_counts_in_words(text, value):
    assert value in [pytest.approx(number) for number, _ in printed_numbers(text)]


def test_a_unit_is_no_scale_letter():
    assert first_number("10 MB")[0] == 10.0
    assert first_number("5 Gb/s")[0] == 5.0


def test_no_number():
    assert first_number("OOM") is None
    assert printed_numbers("") == []


@pytest.mark.parametrize("text", ["node e95 of core8", "cb4be4f3", "1e999", "9" * 400, "١٢", "−", "1,2,3,", "..", "5e"])
def test_odd_text_never_fails(text):
    assert all(isinstance(value, float) for value, _ in printed_numbers(text))


def test_words_that_end_in_digits_hold_only_those():
    assert printed_numbers("core8") == [(8.0, 0.5 / 8)]


@pytest.mark.parametrize(
    ("text", "values"), [("18-20 GB/s", [18, 20]), ("1.7-3.0×", [1.7, 3.0]), ("(-3) to −4", [-3, -4])]
)
def test_a_dash_between_numbers_is_no_sign(text, values):
    assert [number for number, _ in printed_numbers(text)] == values
