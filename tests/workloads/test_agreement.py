"""Agreement across a wide area: laws of every estimate, recovery of planted protocols, what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gauntlet.errors import UsageError
from gauntlet.workloads.agreement import (
    Load,
    agreement_choices,
    agreement_parameters,
    estimate_agreement,
    smooth_minimum,
)
from gauntlet.workloads.agreement_fit import MeasuredRuns, fit_agreement, held_out

PROTOCOLS = [one.name for one in agreement_parameters().protocols]


def load(nodes=10, faults=0, workers=1, offered_per_s=1e4):
    columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(one, float)) for one in (nodes, faults, workers)))
    return Load(*np.broadcast_arrays(*columns, np.asarray(offered_per_s, float)))


def estimate(protocol="narwhal:tusk", **given_load):
    return estimate_agreement(protocol, load(**given_load), agreement_parameters())


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(PROTOCOLS), st.integers(4, 200), st.floats(0, 0.33), st.integers(1, 20), st.floats(0, 7))
def test_laws_of_every_estimate(protocol, nodes, crashed, workers, exponent):
    found = estimate(protocol, nodes=nodes, faults=int(crashed * nodes), workers=workers, offered_per_s=10.0**exponent)
    rate, latency = found.throughput_per_s, found.latency_s
    assert 0 < rate.low[0] <= rate.value[0] <= rate.high[0] <= rate.bound[0]
    assert rate.bound[0] <= 10.0**exponent * (1 + 1e-12)  # nothing is delivered that was not offered
    assert 0 < latency.bound[0] <= latency.low[0] <= latency.value[0] <= latency.high[0] < np.inf


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_more_load_is_delivered_later_and_crashes_cost(protocol):
    found = estimate(protocol, offered_per_s=np.geomspace(100, 1e6, 40))
    assert (np.diff(found.latency_s.value) >= 0).all()
    assert (np.diff(found.throughput_per_s.value) >= 0).all()
    calm, crashed = (estimate(protocol, faults=faults, offered_per_s=100.0) for faults in (0, 3))
    assert crashed.latency_s.value[0] > calm.latency_s.value[0]


def test_a_smooth_minimum_is_near_the_smaller_and_below_both():
    assert smooth_minimum(np.log(2.0), np.log(200.0), 12) == pytest.approx(np.log(2), abs=1e-6)
    assert smooth_minimum(np.log(2.0), np.log(2.0), 12) < np.log(2)


def made(scales=(4, 10, 50), lane=1e5, ingress=15e3, wait_s=1.2, noise=0.0, seed=0):
    """Runs of a made protocol: min(offered, n ingress, lane); wait_s until overload, then e more for each tenth."""
    draw = np.random.default_rng(seed)
    nodes = np.repeat(np.array(scales, float), 12)
    offered = np.tile(np.geomspace(1e4, 2e5, 12), len(scales))
    capacity = np.minimum(nodes * ingress, lane)
    latency_s = wait_s * np.exp(10 * np.maximum(0, np.log(offered / capacity)))
    scatter = np.exp(draw.normal(0, noise, (2, len(nodes)))) if noise else np.ones((2, len(nodes)))
    rates = np.minimum(offered, capacity)
    return MeasuredRuns("made", load(nodes, offered_per_s=offered), rates * scatter[0], latency_s * scatter[1])


def fitted(runs):
    return fit_agreement([runs], agreement_choices(), "made for a test")


def test_a_planted_protocol_is_recovered_at_a_scale_that_was_not_measured():
    parameters, fresh = fitted(made()), made(scales=(20,))
    found = estimate_agreement("made", fresh.load, parameters)
    assert np.median(np.abs(found.throughput_per_s.value / fresh.throughput_per_s - 1)) < 0.05
    assert np.median(np.abs(found.latency_s.value / fresh.latency_s - 1)) < 0.1
    assert set(found.basis) == {"interpolated"}
    assert estimate_agreement("made", load(nodes=100), parameters).basis == ["extrapolated"]


def test_bad_runs_do_not_carry_the_fit():
    bad = made()
    bad.latency_s[::6] *= 20
    calm = load(nodes=20)
    wait = [estimate_agreement("made", calm, fitted(runs)).latency_s.value[0] for runs in (made(), bad)]
    assert wait[1] == pytest.approx(wait[0], rel=0.3)


def test_the_band_is_what_is_missed_at_scales_held_out():
    quiet, noisy = fitted(made()), fitted(made(noise=0.3))
    assert noisy.latency_band.high > quiet.latency_band.high
    assert len(list(held_out([made()], agreement_choices()))) == 3
    assert not list(held_out([made(scales=(10,))], agreement_choices()))


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"faults": 10}, "faults 10"), ({"workers": 0}, "workers 0"), ({"offered_per_s": 0.0}, "offered_per_s 0")],
)
def test_an_impossible_load_is_named(changed, said):
    with pytest.raises(UsageError, match=said):
        estimate(**changed)


def test_an_unknown_protocol_and_no_runs_are_refused():
    with pytest.raises(UsageError, match="these were: hotstuff:2-chain"):
        estimate("raft")
    for runs in ([], [made(scales=(10,))]):
        with pytest.raises(UsageError, match="two numbers of nodes"):
            fit_agreement(runs, agreement_choices(), "made for a test")


def test_the_shipped_parameters_are_small_and_say_where_they_come_from():
    assert "benchmarks.truth fit" in agreement_parameters().provenance
    assert len(agreement_parameters().to_json()) < 5_000
