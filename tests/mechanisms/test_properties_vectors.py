"""An array gives what its elements give alone, whatever stands beside them."""

import numpy as np
import pytest

from gauntlet.mechanisms._blocks import ELEMENTS
from gauntlet.mechanisms.catalogue import catalogue
from tests.mechanisms.sampling import SLOW, at, draw, evaluate, select

pytestmark = pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")
NAMES = [name for name in catalogue() if catalogue()[name].arguments]
POINTS = 1000
SUMMED = 1e-9
"""A sum over ranks or iterations may stop one step later for the sake of a neighbour."""


def assert_same(name, found, expected):
    for output, values in expected.items():
        np.testing.assert_allclose(found[output], values, rtol=SUMMED, err_msg=f"{name}.{output}")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_points_give_what_each_gives_alone_and_among_others(name, seed):
    random = np.random.default_rng(seed)
    count = 10 * SLOW[name] if name in SLOW else POINTS
    points = draw(name, random, count)
    together = evaluate(name, points)
    some = random.permutation(count)[:40]
    assert_same(name, evaluate(name, select(points, some)), {key: value[..., some] for key, value in together.items()})
    for index in some[:10]:
        assert_same(
            name, evaluate(name, at(points, index)), {key: value[..., index] for key, value in together.items()}
        )


@pytest.mark.parametrize("name", ["mm1", "mmc_response", "mva_exact", "open_jackson", "amat", "wan_commit_latency"])
@pytest.mark.parametrize("count", [2 * ELEMENTS, 2 * ELEMENTS + 1])
def test_arrays_evaluated_in_blocks_give_what_small_ones_give(name, count):
    points = draw(name, np.random.default_rng(4), 50)
    tiled = np.resize(np.arange(50), count)
    small = evaluate(name, points)
    assert_same(name, evaluate(name, select(points, tiled)), {key: values[..., tiled] for key, values in small.items()})
