"""The directions in the catalogue, over random points of the whole domain.

A list is raised in all of its elements or in one, a law by scaling its times, a flag from false to true; a choice has
no direction.
"""

import functools
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms.catalogue import catalogue
from tests.mechanisms.sampling import SLOW, at, domains, draw, each, evaluate, few, raised, valid

pytestmark = pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")
POINTS = 30
MORE_DRAWS = 300
DIRECTIONS = {"+": {1}, "-": {-1}, "~": {1, -1}}
ROUNDING = 1e-9
"""Change up to which an output rests, relative: quadratures and sums over ranks are that good. Absolute for a bare
number: shares may be differences from 1."""

LOOSER = {
    "che_lru_zipf": 1e-4,
    "cache_warm_up": 1e-4,
    "parallel_steps": 1e-7,
    "closed_response": 1e-5,
    "mg1_response": 1e-2,
    "mgc_response": 1e-2,
}
"""The sum of a steep Zipf law is integrated across its bend, the slowest step across laws of very different width, a
closed loop's law along a row of times; tails of 1e-5, out of a transform, are that good."""

WITHIN_ITS_ERROR = {"mgc_response"}
"""An approximation whose signs hold only within the error of its form: a per cent against them was seen."""

UNDEFINED = {("thomasian_2pl", "blocked_fraction"), ("thomasian_2pl", "active_fraction")}
"""No equilibrium exists beyond the thrash point, and the docstring says NaN."""


@pytest.mark.parametrize(
    "name", [name for name, one in catalogue().items() if one.arguments and name not in WITHIN_ITS_ERROR]
)
def test_outputs_move_as_the_signs_say_and_each_sign_is_seen(name):
    declared = {
        (argument, output): DIRECTIONS[sign]
        for argument, moved in catalogue()[name].signs.items()
        for output, sign in moved.items()
    }
    seen = defaultdict(dict)  # (argument, output) -> direction -> the point where it was seen, and the raised value

    @few
    @given(st.integers(0, 2**32 - 1))
    def walk(seed):
        look(name, np.random.default_rng(seed), seen)

    walk()
    for seed in range(MORE_DRAWS):
        if all(directions <= set(seen[pair]) for pair, directions in declared.items()):
            break
        look(name, np.random.default_rng(seed), seen)
    for pair, witnesses in seen.items():
        wrong = set(witnesses) - declared.get(pair, set())
        assert not wrong, (pair, "must not", {direction: witnesses[direction] for direction in wrong})
    for pair, directions in declared.items():
        assert directions <= set(seen[pair]), (pair, "never seen to go", directions - set(seen[pair]))


def look(name, random, seen):
    """Raise every argument at random points, all in one call, and note which outputs move which way."""
    points = SLOW.get(name, POINTS)
    base = draw(name, random, points)
    keys = [key for key, domain in domains(name).items() if domain.kind != "choice"]
    higher = {key: raised(domains(name)[key], base[key], random) for key in keys}
    allowed = {key: valid(name, {**base, key: higher[key]}, points) for key in keys}
    blocks = [base]
    for key in keys:
        kept = functools.partial(np.where, allowed[key])
        blocks.append({**base, key: each(kept, higher[key], base[key])})
    together = evaluate(name, each(lambda *parts: np.concatenate(parts), *blocks))
    for output, values in together.items():
        assert (name, output) in UNDEFINED or not np.isnan(values).any(), output
        before, *after = np.split(values, len(blocks), axis=-1)
        for key, moved in zip(keys, after, strict=True):
            least = 0.0 if catalogue()[name].outputs[output] else 1e-3 * ROUNDING
            directions = direction(before, moved, LOOSER.get(name, ROUNDING), least)
            for way in {1, -1} - set(seen[key, output]):
                for index in np.argwhere(directions == way)[:1]:
                    point = at({**base, "raised": higher[key]}, index[-1])
                    seen[key, output][way] = (point, before[tuple(index)], moved[tuple(index)])


def direction(before, after, tolerance, least):
    """1 up, -1 down, 0 at rest; what is not defined rests."""
    with np.errstate(invalid="ignore"):
        rests = np.abs(after - before) <= np.maximum(least, tolerance * np.maximum(np.abs(before), np.abs(after)))
    return np.where(rests | (before == after), 0, (after > before) * 1 - (after < before) * 1)
