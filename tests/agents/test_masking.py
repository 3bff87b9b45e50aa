"""Words without the numbers that their reader must not know."""

import pytest

from gauntlet.agents.masking import NUMBER, RESULT, without_claimed_numbers, without_numbers
from tests.costs import example


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("whether batches are kept on the device", "whether batches are kept on the device"),
        ("the 28x of the abstract", f"the {NUMBER} of the abstract"),
        ("262,000 ops/s, or 1.5e3 of p99 (at 64)", f"{NUMBER} ops/s, or {NUMBER} of {NUMBER} ({NUMBER})"),
        ("the load of Figure 3.", f"the load of Figure {NUMBER}."),
    ],
)
def test_every_word_with_a_digit_goes(text, shown):
    found = without_numbers(text)
    assert not any(letter.isdigit() for letter in found)
    if "(" not in text:
        assert found == shown


def test_claimed_numbers_go_and_inputs_stay():
    spec = example.spec()
    claim = next(one for one in spec.claims if one.relative_to is None and one.x)
    y, x = claim.points[-1].y, claim.points[-1].x
    assert without_claimed_numbers(f"it should be {y:.4g} at {x:g}", spec) == f"it should be {RESULT} at {x:g}"
    assert without_claimed_numbers(f"not {2 * y:.4g}", spec) == f"not {2 * y:.4g}"
    assert (
        without_claimed_numbers("use mg1_pk with 2 servers, 0.5 of it", spec) == "use mg1_pk with 2 servers, 0.5 of it"
    )
