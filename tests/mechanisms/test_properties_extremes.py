"""Very large, very small and infinite arguments: an answer, a refusal, never NaN, a warning or a long wait."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms.catalogue import catalogue
from tests.mechanisms.sampling import LAWS, domains, evaluate, few

pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning"),
]
NAMES = [name for name in catalogue() if catalogue()[name].arguments]
EXTREMES = (0.0, 1e-300, 1e-30, 1e30, 1e300, math.inf)
UNDEFINED = {("thomasian_2pl", "blocked_fraction"), ("thomasian_2pl", "active_fraction")}
"""No equilibrium exists beyond the thrash point, and its docstring says NaN."""

NEGATIVE = {("interactive_response_time", "response_s"), ("hierarchical_roofline", "binding_level")}
"""A contradiction between claims, and the level of arithmetic."""

MOST_S = 1.0


def with_number(name, key, number):
    """Variants of the example in which a number stands in one argument: everywhere in it, or in one place."""
    example, domain = catalogue()[name].example, domains(name)[key]
    if domain.kind == "list":
        values = [[number for _ in example[key]], [number, *example[key][1:]]]
    elif domain.kind == "matrix":
        rows = [list(row) for row in example[key]]
        rows[0][-1] = number
        values = [rows]
    elif domain.kind == "latency":
        values = [{"kind": kind, **law, part: number} for kind, law in LAWS.items() for part in law]
    else:
        values = [number]
    return [{**example, key: value} for value in values]


def answer(name, arguments):
    """Outputs without NaN within a second of processor time, or None if the arguments are refused."""
    start = time.process_time()
    try:
        outputs = evaluate(name, arguments)
    except ValueError as refusal:
        assert str(refusal).startswith(f"{name}: ") and "expected" in str(refusal), refusal
        return None
    assert time.process_time() - start < MOST_S
    for output, value in outputs.items():
        assert (name, output) in UNDEFINED or not np.isnan(value).any(), (output, arguments)
        assert (name, output) in NEGATIVE or not (value < 0).any(), (output, value, arguments)
    return outputs


@pytest.mark.parametrize("name", NAMES)
def test_extreme_numbers_give_numbers_or_are_refused(name):
    keys = [key for key, domain in domains(name).items() if domain.kind != "choice"]
    words = [(key, word) for key, domain in domains(name).items() if domain.kind == "choice" for word in domain.allowed]
    for key in keys:
        for number in EXTREMES:
            for arguments in with_number(name, key, number):
                for chosen in words or [(key, arguments[key])]:
                    answer(name, dict([*arguments.items(), chosen]))


@pytest.mark.parametrize("name", NAMES)
def test_any_number_gives_a_number_or_is_refused(name):
    keys = [key for key, domain in domains(name).items() if domain.kind != "choice"]

    @few
    @given(st.sampled_from(keys), st.floats(1e-300, 1e300), st.integers(0, 7))
    def answered(key, number, place):
        variants = with_number(name, key, number)
        answer(name, variants[place % len(variants)])

    answered()
