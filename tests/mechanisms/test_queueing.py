"""Queues against closed forms of special cases and stationary chains solved here."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms._inputs import ValidityWarning
from gauntlet.mechanisms.disciplines import dynamic_batching
from gauntlet.mechanisms.queueing import (
    finite_source_mmc,
    gg1_kingman,
    ggc_allen_cunneen,
    mg1_pk,
    mg1_ps,
    mm1,
    mm1k,
    mmc,
    mmcc_erlang_b,
    mxm1_batch_arrivals,
)

UTILISATIONS = st.floats(0.01, 0.97)
SERVICES = st.floats(1e-7, 10.0)


def stationary(birth, death):
    """Stationary law of a birth-death chain given its rates, by products."""
    weights = np.cumprod([1.0, *(up / down for up, down in zip(birth, death, strict=True))])
    return weights / weights.sum()


@given(UTILISATIONS, SERVICES)
def test_one_server_is_the_c_server_queue_with_c_1(rho, service_s):
    one, many = mm1(rho / service_s, service_s, 0.9), mmc(rho / service_s, service_s, 1, 0.9)
    assert many.mean_response_s == pytest.approx(one.mean_response_s, rel=1e-9)
    assert many.prob_wait == pytest.approx(rho, rel=1e-9)
    assert one.mean_in_system == pytest.approx(rho / service_s * one.mean_response_s, rel=1e-9)  # Little's law
    assert one.mean_wait_s == pytest.approx(one.mean_response_s - service_s, rel=1e-6)


@given(UTILISATIONS, SERVICES)
def test_pollaczek_khinchine_and_kingman_and_bursts_contain_mm1(rho, service_s):
    rate = rho / service_s
    expected = rho * service_s / (1 - rho)  # Kleinrock, Queueing Systems I, eq. 3.27 less the service
    assert mg1_pk(rate, service_s, 1.0).mean_wait_s == pytest.approx(expected, rel=1e-9)
    assert gg1_kingman(rate, service_s, 1.0, 1.0).mean_wait_s == pytest.approx(expected, rel=1e-9)
    assert mxm1_batch_arrivals(rate, 1.0, 1.0, service_s).mean_response_s == pytest.approx(
        expected + service_s, rel=1e-9
    )


@given(st.floats(0.1, 0.95), st.integers(1, 40))
def test_littles_law_ties_wait_to_queue_length(rho, servers):
    rate = rho * servers
    law = stationary([rate] * 4000, [min(n, servers) for n in range(1, 4001)])
    queue = (np.maximum(np.arange(4001) - servers, 0) * law).sum()
    assert mmc(rate, 1.0, servers).mean_wait_s * rate == pytest.approx(queue, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.999999, 1.0, 1.0001, 3.0, 1e6])
@pytest.mark.parametrize("capacity", [1, 5, 40])
def test_finite_buffer_matches_the_stationary_chain(rho, capacity):
    law = stationary([rho] * capacity, [1.0] * capacity)
    found = mm1k(rho, 1.0, capacity)
    assert found.blocking_prob == pytest.approx(law[-1], rel=1e-9, abs=1e-300)
    assert found.throughput_per_s == pytest.approx(1 - law[0], rel=1e-9, abs=1e-15)
    if rho:
        assert found.mean_response_s == pytest.approx((np.arange(capacity + 1) * law).sum() / (1 - law[0]), rel=1e-7)


def test_a_large_buffer_is_no_buffer():
    assert mm1k(0.8, 1.0, 400).mean_response_s == pytest.approx(mm1(0.8, 1.0).mean_response_s, rel=1e-9)


@pytest.mark.parametrize(("load", "servers", "blocking"), [(4.461, 10, 0.01), (12.031, 20, 0.01), (84.064, 100, 0.01)])
def test_erlang_b_reproduces_the_traffic_table(load, servers, blocking):
    assert mmcc_erlang_b(load, servers).blocking_prob == pytest.approx(blocking, rel=6e-3)  # loads are printed rounded


def test_an_endless_load_blocks_everything():
    assert mmcc_erlang_b(np.array([0.0, np.inf]), 5).blocking_prob.tolist() == [0.0, 1.0]


def test_many_servers_do_not_overflow():
    assert np.isfinite(mmc(950.0, 1.0, 1000).mean_wait_s)


@pytest.mark.parametrize("population", [1, 2, 30])
@pytest.mark.parametrize("servers", [1, 3])
@pytest.mark.parametrize("think_s", [0.0, 0.7, 50.0])
def test_machine_repairman_matches_the_stationary_chain(population, servers, think_s):
    found = finite_source_mmc(population, think_s, 0.2, servers)
    if think_s == 0:
        assert found.throughput_per_s == pytest.approx(min(population, servers) / 0.2)
        return
    births = [(population - n) / think_s for n in range(population)]
    law = stationary(births, [min(n, servers) / 0.2 for n in range(1, population + 1)])
    busy = (np.minimum(np.arange(population + 1), servers) * law).sum()
    assert found.throughput_per_s == pytest.approx(busy / 0.2, rel=1e-9)
    assert found.mean_response_s == pytest.approx(population / found.throughput_per_s - think_s, rel=1e-7)


def test_a_large_population_neither_overflows_nor_loses_its_clients():
    found = finite_source_mmc(20_000, 1.0, 1e-3, 1)
    assert found.throughput_per_s == pytest.approx(1000.0)
    assert found.mean_response_s == pytest.approx(19.0, rel=1e-9)


@pytest.mark.parametrize(
    ("rate", "fixed_s", "item_s"), [(1.0, 2.0, 0.5), (0.3, 1.0, 0.0), (5.0, 1.0, 0.15), (0.1, 0.0, 3.0)]
)
def test_dynamic_batching_matches_the_embedded_chain(rate, fixed_s, item_s):
    size = 160
    batch = np.arange(1, size + 1)
    mean = rate * (fixed_s + item_s * batch)
    arrivals = np.arange(size + 1)
    factorials = np.concatenate([[0.0], np.cumsum(np.log(arrivals[1:]))])
    pmf = np.exp(arrivals * np.log(mean[:, None]) - mean[:, None] - factorials)
    step = np.column_stack([pmf[:, 0] + pmf[:, 1], pmf[:, 2:]])
    law = np.full(size, 1 / size)
    for _ in range(3000):
        law = law @ step
    law /= law.sum()
    found = dynamic_batching(rate, fixed_s, item_s)
    assert found.mean_batch == pytest.approx((law * batch).sum(), rel=1e-6)
    served = (law * (mean + np.exp(-mean))).sum()
    hold = mean / rate
    waiting = mean * hold / 2 + fixed_s * mean + item_s * (mean + mean**2) + np.exp(-mean) * (fixed_s + item_s)
    assert found.mean_response_s == pytest.approx((law * waiting).sum() / served, rel=1e-6)


def test_kingman_is_exact_for_poisson_arrivals_and_too_high_for_even_ones():
    assert gg1_kingman(700.0, 1e-3, 1.0, 0.25).mean_wait_s == pytest.approx(mg1_pk(700.0, 1e-3, 0.25).mean_wait_s)
    with pytest.warns(ValidityWarning, match="arrival_scv"):
        gg1_kingman(300.0, 1e-3, 0.2, 1.0)


def test_allen_cunneen_contains_its_exact_cases():
    assert ggc_allen_cunneen(3.0, 1.0, 4, 1.0, 1.0).mean_wait_s == pytest.approx(mmc(3.0, 1.0, 4).mean_wait_s)
    assert ggc_allen_cunneen(0.7, 1.0, 1, 1.0, 3.0).mean_wait_s == pytest.approx(mg1_pk(0.7, 1.0, 3.0).mean_wait_s)
    with pytest.warns(ValidityWarning, match="service_scv"):
        ggc_allen_cunneen(3.0, 1.0, 4, 1.0, 9.0)


@pytest.mark.parametrize("rho", [1.0, 1.0000001, 40.0])
def test_saturation_gives_infinite_delay_and_no_exception(rho):
    delays = [
        *mm1(rho, 1.0, 0.9)[1:],
        mmc(3 * rho, 1.0, 3, 0.9).mean_wait_s,
        mmc(3 * rho, 1.0, 3, 0.9).wait_quantile_s,
        mg1_pk(rho, 1.0, 0.5).mean_wait_s,
        *mg1_ps(rho, 1.0, 0.1),
        ggc_allen_cunneen(3 * rho, 1.0, 3, 1.0, 0.0).mean_wait_s,
        dynamic_batching(rho, 0.1, 1.0).mean_response_s,
        mxm1_batch_arrivals(rho, 1.0, 1.0, 1.0).mean_response_s,
    ]
    assert delays == [np.inf] * len(delays)
    assert mmc(3 * rho, 1.0, 3).prob_wait == 1.0
    assert mm1k(rho, 1.0, 9).throughput_per_s <= 1.0


@given(st.floats(0.05, 0.9), st.floats(0.05, 0.9), st.integers(1, 12))
def test_more_load_never_waits_less(one, other, servers):
    low, high = sorted((one, other))
    assert mmc(low * servers, 1.0, servers).mean_wait_s <= mmc(high * servers, 1.0, servers).mean_wait_s
    assert mm1k(low, 1.0, servers).blocking_prob <= mm1k(high, 1.0, servers).blocking_prob


def test_an_idle_queue_costs_its_service_alone():
    assert mm1(0.0, 2.0, 0.5).mean_response_s == 2.0
    assert mmc(0.0, 2.0, 3, 0.99).mean_wait_s == 0.0
    assert mmc(0.0, 2.0, 3, 0.99).wait_quantile_s == 0.0
    assert mg1_pk(0.0, 2.0, 5.0).mean_response_s == 2.0
