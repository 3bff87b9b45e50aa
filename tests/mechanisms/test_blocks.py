"""Arrays evaluated in blocks give what they give in one piece, refuse what they refuse, and need little memory."""

import tracemalloc

import numpy as np
import pytest

from gauntlet.mechanisms import _blocks
from gauntlet.mechanisms._inputs import NonNegative, ValidityWarning, ask, later, primitive
from gauntlet.mechanisms.caches import bloom_filter
from gauntlet.mechanisms.catalogue import catalogue
from gauntlet.mechanisms.closed import ClosedNetwork, mva_exact
from gauntlet.mechanisms.queueing import mm1
from gauntlet.mechanisms.quorum import MeanAndQuantile, order_statistic
from gauntlet.mechanisms.storage import lsm_tree
from tests.mechanisms.sampling import draw, each, evaluate, select

pytestmark = pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")
SLOW = ("mg1_response", "mgc_response")
"""Seconds a block; vectors of them are tested with their transforms."""
NAMES = [name for name in catalogue() if catalogue()[name].arguments and name not in SLOW]
ROWS, COLUMNS, BLOCK = 10, 4, 7
SUMMED = 1e-9
"""A sum over ranks or iterations may stop one step later for the sake of a neighbour."""


@pytest.fixture
def pieces(monkeypatch):
    """Evaluate as `evaluate` does, in one piece and in blocks of a few elements."""

    def both(name, arguments, output=None):
        found = []
        for elements in (10**9, BLOCK):
            monkeypatch.setattr(_blocks, "ELEMENTS", elements)
            found.append(evaluate(name, arguments, output))
        return found

    return both


def assert_same(whole, parts):
    assert whole.keys() == parts.keys()
    for output, expected in whole.items():
        assert parts[output].shape == expected.shape
        np.testing.assert_allclose(parts[output], expected, rtol=SUMMED, err_msg=output)


@pytest.mark.parametrize(
    ("shape", "rows"),
    [
        ((20,), [slice(0, 7), slice(7, 14), slice(14, 20)]),
        ((5, 4), [slice(0, 1), slice(1, 2), slice(2, 3), slice(3, 4), slice(4, 5)]),
        ((10, 2), [slice(0, 3), slice(3, 6), slice(6, 9), slice(9, 10)]),
        ((1, 20), [slice(0, 1)]),
        ((14,), [slice(None)]),
        ((), [slice(None)]),
        ((0, 5), [slice(None)]),
    ],
)
def test_blocks_are_rows_of_the_first_axis_and_cover_it(monkeypatch, shape, rows):
    monkeypatch.setattr(_blocks, "ELEMENTS", BLOCK)
    assert [block for block, _ in _blocks.blocks(shape)] == rows
    for block, own in _blocks.blocks(shape):
        assert np.empty(shape)[block].shape == own if shape else own == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_primitive_gives_in_blocks_what_it_gives_in_one_piece(pieces, name):
    points = draw(name, np.random.default_rng(5), 3 * BLOCK)
    assert_same(*pieces(name, points))


@pytest.mark.parametrize("name", ["mm1", "mva_exact", "open_jackson", "amat", "two_phase_commit_latency"])
@pytest.mark.parametrize("across", [False, True])
def test_arguments_may_vary_along_one_axis_alone(pieces, name, across):
    points = draw(name, np.random.default_rng(6), ROWS * COLUMNS)
    table = each(lambda array: array.reshape(ROWS, COLUMNS), points)
    one, rest = next(iter(table)), slice(None)
    table[one] = each(lambda array: array[(rest, slice(0, 1))[::-1] if across else (rest, slice(0, 1))], table[one])
    assert_same(*pieces(name, table))


def test_the_elements_of_a_matrix_vary_each_by_itself(pieces):
    random = np.random.default_rng(7)
    rows, columns = random.uniform(0.01, 0.1, (ROWS, 1)), random.uniform(0.01, 0.1, COLUMNS)
    rtt_s = [[0.0, rows, 0.02], [rows, 0.0, columns], [0.02, columns, 0.0]]
    site = random.integers(0, 3, (ROWS, COLUMNS)).astype(float)
    for protocol in ("multipaxos", "epaxos_slow", "chain"):
        arguments = {"protocol": protocol, "rtt_s": rtt_s, "client_site": site, "leader_site": 1.0}
        assert_same(*pieces("wan_commit_latency", arguments))


LAWS = [
    {"kind": "exponential", "mean_s": np.linspace(1e-3, 1e-2, ROWS)},
    {"kind": "hyperexp2", "p": np.linspace(0.1, 0.9, ROWS), "mean1_s": 1e-3, "mean2_s": np.linspace(2e-3, 1e-2, ROWS)},
    {"kind": "lognormal", "median_s": 1e-3, "sigma": np.linspace(0.1, 1.5, ROWS)},
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law["kind"])
@pytest.mark.parametrize("output", ["mean_s", "quantile_s"])
def test_laws_vary_and_only_the_wanted_output_is_computed(pieces, law, output):
    law = {key: np.reshape(part, (-1, 1)) if np.ndim(part) else part for key, part in law.items()}
    arguments = {"latency": law, "k": np.arange(1.0, COLUMNS + 1), "n": 5.0, "quantile": 0.99}
    whole, parts = pieces("order_statistic", arguments, output)
    assert_same(whole, parts)
    assert list(parts) == [output]
    assert parts[output].shape == (ROWS, COLUMNS)


def test_what_a_primitive_calls_gives_all_its_outputs_whatever_is_wanted():
    @primitive
    def inner(x: NonNegative) -> MeanAndQuantile:
        return MeanAndQuantile(later(lambda: x + 1), later(lambda: x + 2))

    @primitive
    def outer(x: NonNegative) -> MeanAndQuantile:
        return MeanAndQuantile(later(lambda: inner(x).quantile_s), later(lambda: inner(x).mean_s))

    assert ask(outer, {"x": 1.0}, "mean_s") == (3.0, None)
    assert ask(outer, {"x": 1.0}, "quantile_s") == (None, 2.0)
    assert outer(1.0) == (3.0, 2.0)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("mm1", {"arrival_rate_per_s": "last", "service_time_s": 1e-3}, r"mm1: arrival_rate_per_s = nan .*at least 0"),
        ("mm1k", {"arrival_rate_per_s": "fine", "service_time_s": 1e-3, "capacity": "last"}, r"capacity = nan .*whole"),
        ("amat", {"hit_times_s": [1e-9, "last"], "miss_rates": [0.1, 0.1], "memory_s": 1.0}, r"hit_times_s\[1\] = nan"),
        (
            "hedged_request",
            {"latency": {"kind": "exponential", "mean_s": "last"}, "hedge_delay_s": 1.0},
            r"hedged_request: latency\.mean_s = nan",
        ),
    ],
)
@pytest.mark.parametrize("shape", [(40,), (10, 4)])
def test_an_invalid_value_in_the_last_block_is_named(monkeypatch, name, arguments, message, shape):
    monkeypatch.setattr(_blocks, "ELEMENTS", BLOCK)
    fine = np.ones(shape)
    last = fine.copy()
    last.flat[-1] = np.nan

    def filled(value):
        if isinstance(value, list):
            return [filled(item) for item in value]
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        return {"last": last, "fine": fine}.get(value, value) if isinstance(value, str) else value

    with pytest.raises(ValueError, match=message):
        catalogue()[name].function(**filled(arguments))


@pytest.mark.parametrize("count", [1, 3 * BLOCK])
def test_a_value_outside_validity_is_reported_where_the_primitive_was_called(monkeypatch, count):
    monkeypatch.setattr(_blocks, "ELEMENTS", BLOCK)
    with pytest.warns(ValidityWarning, match="fewer than 1000 bits") as heard:
        bloom_filter(np.full(count, 100.0), 10, 3)
    assert {warning.filename for warning in heard} == {__file__}


@pytest.mark.parametrize("count", [5, 3 * BLOCK])
def test_outputs_are_read_only_and_arguments_stay_as_they_were(monkeypatch, count):
    monkeypatch.setattr(_blocks, "ELEMENTS", BLOCK)
    levels = np.full(count, 3.0)
    network: ClosedNetwork = mva_exact(levels, 0.1, [0.01, 0.02])
    tree = lsm_tree("levelled", 4, levels, 0.01)
    for output in (*network, *tree):
        assert output.shape[-1] == count
        with pytest.raises(ValueError, match="read-only"):
            output[...] = 0.0
    levels[:] = 4.0  # still the caller's own


@pytest.mark.parametrize("shape", [(0,), (0, 5), (5, 0)])
def test_no_points_give_no_values(shape):
    none = np.ones(shape)
    assert all(output.shape == shape for output in mm1(none, 1e-3))
    assert mva_exact(none, 0.1, [0.01, 0.02]).queue_lengths.shape == (2, *shape)
    assert order_statistic({"kind": "exponential", "mean_s": none}, 1, 2, none).quantile_s.shape == shape


def test_a_single_row_is_one_block(pieces):
    points = draw("mmc", np.random.default_rng(8), 40)
    flat = pieces("mmc", points)[0]
    for found in pieces("mmc", each(lambda array: array.reshape(1, -1), points)):
        assert_same({key: values.reshape(1, -1) for key, values in flat.items()}, found)


@pytest.mark.parametrize("name", ["mm1", "mm1k", "decode_step_time", "closed_network_bounds"])
def test_a_million_points_take_little_more_than_their_outputs(name):
    points = select(draw(name, np.random.default_rng(9), 100), np.resize(np.arange(100), 1_000_000))
    tracemalloc.start()
    try:
        outputs = catalogue()[name].function(**points)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    kept_bytes = sum(output.nbytes for output in outputs)
    # At most some forty arrays of a block at a time; whole arrays, of 8 MB each, would be a dozen and more.
    assert peak_bytes - kept_bytes < 40 * 8 * _blocks.ELEMENTS
    assert isinstance(outputs[0], np.ndarray)
    assert outputs[0].shape == (1_000_000,)
