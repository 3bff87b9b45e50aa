"""Remembered primitive calls give what the primitives give, and ask them once per column."""

import warnings

import numpy as np
import pytest

from gauntlet.expressions import memory
from gauntlet.expressions.evaluation import listening
from gauntlet.expressions.grammar import parse
from gauntlet.mechanisms.catalogue import catalogue

SAMPLES = 50


@pytest.fixture
def asked(monkeypatch):
    """How many columns the primitives were asked for, call by call."""
    widths = []
    real = memory.ask

    def counting(function, given, output=None):
        widths.append(max((np.shape(part)[-1] for part in memory.parts(given) if np.ndim(part)), default=0))
        return real(function, given, output)

    monkeypatch.setattr(memory, "ask", counting)
    return widths


def loads(count):
    rng = np.random.default_rng(7)
    return rng.uniform(1.0, 9.0, (SAMPLES, count)), rng.uniform(0.01, 0.1, (SAMPLES, 1))


def test_columns_known_from_other_claims_are_not_computed_again(asked):
    mm1 = catalogue()["mm1"]
    rate, service_s = loads(5)
    expected = mm1.function(arrival_rate_per_s=rate, service_time_s=service_s).mean_response_s
    kept = memory.Memory()
    for places in ([0, 1, 2], [2], [4, 2, 0, 4], [1, 3]):
        given = {"arrival_rate_per_s": rate[:, places], "service_time_s": service_s}
        np.testing.assert_array_equal(kept.output(mm1, given, "mean_response_s"), expected[:, places])
    assert asked == [3, 1, 1]  # columns 0 to 2, then 4, then 3


def test_another_output_of_the_same_call_is_there_already(asked):
    mm1 = catalogue()["mm1"]
    rate, service_s = loads(2)
    kept = memory.Memory()
    for output in ("mean_response_s", "mean_wait_s"):
        found = kept.output(mm1, {"arrival_rate_per_s": rate, "service_time_s": service_s}, output)
        np.testing.assert_array_equal(found, getattr(mm1.function(rate, service_s), output))
    assert asked == [2]


@pytest.mark.parametrize("change", ["value", "output", "place"])
def test_a_column_is_known_by_all_that_was_given(change):
    law = {"kind": "hyperexp2", "p": np.full((SAMPLES, 1), 0.1), "mean1_s": np.full((SAMPLES, 1), 0.5), "mean2_s": 0.1}
    given = {"latency": law, "k": 1.0, "n": 2.0, "quantile": 0.9}
    other, output = dict(given), "quantile_s"
    if change == "value":
        other["n"] = 3.0
    elif change == "output":
        output = "mean_s"
    else:
        other["latency"] = law | {"p": law["mean1_s"], "mean1_s": law["p"]}
    kept, primitive = memory.Memory(), catalogue()["order_statistic"]
    kept.output(primitive, given, "quantile_s")
    expected = getattr(primitive.function(**other), output)
    np.testing.assert_array_equal(kept.output(primitive, other, output), expected)


def test_memory_stays_within_its_bytes_and_forgets_the_oldest(asked):
    mm1 = catalogue()["mm1"]
    rate, service_s = loads(40)
    outputs = len(mm1.outputs)
    kept = memory.Memory(most_bytes=10 * outputs * SAMPLES * 8)
    for place in (*range(40), 39, 0):
        given = {"arrival_rate_per_s": rate[:, [place]], "service_time_s": service_s}
        kept.output(mm1, given, "mean_response_s")
        assert kept._bytes == sum(column.nbytes for column in kept._columns.values()) <= kept.most_bytes
    assert len(asked) == 41  # 39 was still known, 0 was not


def test_every_claim_outside_a_formulas_validity_hears_so():
    calls = parse("consensus_message_counts(protocol='pbft', n=replicas).messages", "term t")
    with memory.remembering():
        for replicas, remarks in (([4.0, 7.0], 0), ([3.0, 7.0], 1), ([3.0], 1), ([7.0], 0)):
            with listening() as heard, warnings.catch_warnings():
                warnings.simplefilter("error")
                calls.evaluate({"replicas": np.array([replicas])})
            assert len(heard) == remarks


def test_results_are_no_part_of_the_memory():
    mm1 = catalogue()["mm1"]
    rate, service_s = loads(1)
    kept, given = memory.Memory(), {"arrival_rate_per_s": rate, "service_time_s": service_s}
    first = kept.output(mm1, given, "mean_response_s")
    first[:] = -1
    np.testing.assert_array_equal(kept.output(mm1, given, "mean_response_s"), mm1.function(**given).mean_response_s)


def test_blocks_inside_share_and_nothing_is_kept_afterwards(asked):
    term = parse("mm1(arrival_rate_per_s=rate, service_time_s=0.1).mean_response_s", "term t")
    rate = np.array([[1.0], [2.0]])
    with memory.remembering():
        for _ in range(2):
            with memory.remembering():
                term.evaluate({"rate": rate})
    assert asked == [1]
    term.evaluate({"rate": rate})
    assert asked == [1, 1]
