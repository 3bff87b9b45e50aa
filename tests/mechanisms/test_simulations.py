"""Formulas against discrete-event simulation: each lies in a narrow 99.9 % interval that one off by 12 % misses."""

import ciw
import numpy as np
import pytest

from gauntlet.mechanisms.balancing import jsq_two_servers
from gauntlet.mechanisms.catalogue import find
from gauntlet.mechanisms.closed import mva_exact, open_jackson
from gauntlet.mechanisms.disciplines import mg1_priority_nonpreemptive, mg1_priority_preemptive_resume
from gauntlet.mechanisms.queueing import (
    finite_source_mmc,
    ggc_allen_cunneen,
    mg1_pk,
    mg1_ps,
    mm1,
    mm1k,
    mmc,
    mmcc_erlang_b,
    mxm1_batch_arrivals,
)
from gauntlet.mechanisms.scheduling import size_based_scheduling_mm1
from gauntlet.mechanisms.tails import mmc_response
from tests.mechanisms.simulating import (
    RUNS,
    exponential,
    hyperexponential,
    interval,
    one_station,
    replicate,
    responses,
    waits,
)

WIDEST = 0.06
"""Half width of an interval, relative to its mean."""

PLANTED = 0.13
"""Relative error that every interval must be able to tell."""


def agrees(expected, mean, half, form_error):
    """Whether a formula lies in the interval, stretched by the error that its record admits."""
    return abs(expected - mean) <= half + form_error * expected


def check(found, *expected, load=None, form_error=0.0):
    """Each formula agrees with its column, and one off by the planted error does not; `load` has known mean work."""
    control = None if load is None else found[:, -1] - load
    assert found.shape[1] == len(expected) + 1
    for column, value in zip(found.T, expected, strict=False):
        mean, half = interval(column, control)
        assert half < WIDEST * mean, "too wide to tell; simulate longer"
        assert agrees(value, mean, half, form_error)
        for wrong in (1 + PLANTED + form_error, 1 - PLANTED - form_error):
            assert not agrees(value * wrong, mean, half, form_error)


def test_a_wrong_formula_and_too_few_jobs_are_caught():
    scatter = np.random.default_rng(1).normal(0.0, 1.0, (RUNS, 2))
    found = 2.0 + 0.05 * scatter
    check(found, 2.0)
    for wrong in (2.0 * (1 + PLANTED), 2.0 * (1 - PLANTED)):
        with pytest.raises(AssertionError):
            check(found, wrong)
    with pytest.raises(AssertionError, match="simulate longer"):
        check(2.0 + 0.5 * scatter, 2.0)


def test_one_server():
    def measure(records):
        wait, response = waits(records), responses(records)
        return [wait.mean(), np.quantile(wait, 0.9), np.quantile(response, 0.9)]

    found = replicate(one_station(exponential(2.0), exponential(1.0)), measure, 9_000)
    formula, wait_s = mm1(0.5, 1.0, 0.9), mmc(0.5, 1.0, 1, 0.9).wait_quantile_s
    check(found, formula.mean_wait_s, wait_s, formula.response_quantile_s, load=0.5)


def test_three_servers():
    def measure(records):
        response = responses(records)
        return [(waits(records) > 0).mean(), response.mean(), *np.quantile(response, [0.5, 0.95])]

    found = replicate(one_station(exponential(0.5), exponential(1.0), 3), measure, 3_000)
    formula = mmc(2.0, 1.0, 3)
    tails = [mmc_response(2.0, 1.0, 3, quantile).response_quantile_s for quantile in (0.5, 0.95)]
    check(found, formula.prob_wait, formula.mean_response_s, *tails, load=2.0)


def test_bounded_buffer():
    def measure(records):
        lost = np.mean([record.record_type == "rejection" for record in records])
        return [lost, responses(records).mean()]

    station = one_station(exponential(1 / 1.3), exponential(1.0), queue_capacities=[4])
    formula = mm1k(1.3, 1.0, 5)  # capacity counts the job in service, the simulator's does not
    check(replicate(station, measure, 1_600), formula.blocking_prob, formula.mean_response_s)


@pytest.mark.parametrize(
    ("service", "scv", "until"),
    [
        (ciw.dists.Deterministic(1.0), 0.0, 4_500),
        (hyperexponential(1.0, 3.0), 3.0, 12_000),
        (ciw.dists.Lognormal(-np.log(3.0) / 2, np.sqrt(np.log(3.0))), 2.0, 6_000),
    ],
)
def test_any_service_law(service, scv, until):
    found = replicate(one_station(exponential(2.5), service), lambda records: [responses(records).mean()], until)
    check(found, mg1_pk(0.4, 1.0, scv).mean_response_s, load=0.4)


def test_two_servers_of_constant_service():
    found = replicate(
        one_station(exponential(1 / 1.4), ciw.dists.Deterministic(1.0), 2),
        lambda records: [waits(records).mean()],
        3_500,
    )
    formula = ggc_allen_cunneen(1.4, 1.0, 2, 1.0, 0.0)
    check(found, formula.mean_wait_s, load=1.4, form_error=find("ggc_allen_cunneen").model_form_error)


def by_class(of, names):
    return lambda records: [of([r for r in records if r.customer_class == name]).mean() for name in names]


def two_classes(priorities):
    return lambda: ciw.create_network(
        arrival_distributions={"fast": [exponential(4.0)], "slow": [exponential(4.0)]},
        service_distributions={"fast": [ciw.dists.Deterministic(1.0)], "slow": [exponential(1.2)]},
        priority_classes=priorities,
        number_of_servers=[1],
    )


def test_priorities_that_do_not_interrupt():
    order = {"fast": 0, "slow": 1}
    found = replicate(two_classes(order), by_class(waits, order), 10_000)
    check(found, *mg1_priority_nonpreemptive([0.25, 0.25], [1.0, 1.2], [0.0, 1.0]).mean_wait_s, load=0.55)


def test_priorities_that_interrupt():
    order = {"fast": 0, "slow": 1}
    found = replicate(two_classes((order, ["resume"])), by_class(responses, order), 4_500)
    check(found, *mg1_priority_preemptive_resume([0.25, 0.25], [1.0, 1.2], [0.0, 1.0]).mean_response_s)


def test_a_shared_processor():
    sizes = {}

    class Remembered(ciw.dists.HyperExponential):
        def sample(self, t=None, ind=None):
            sizes[ind.id_number] = super().sample(t, ind)
            return sizes[ind.id_number]

    def asked(records):
        return np.array([sizes[record.id_number] for record in records])

    def measure(records):
        return [responses(records).mean(), (responses(records) / asked(records)).mean()]

    # Two kinds of jobs, of mean 2/3 and 4/3: neither the mean nor the slowdown asks for the law.
    service = Remembered([1.5, 0.75], [0.5, 0.5])
    station = one_station(exponential(2.5), service, float("inf"), ps_thresholds=[1])
    formula = mg1_ps(0.4, 1.0, 1.0)
    found = replicate(station, measure, 1_500, work=asked, node_class=ciw.PSNode)
    check(found, formula.mean_response_s, formula.mean_slowdown, load=0.4)


def test_arrivals_in_bursts():
    bursts = {"batching_distributions": [ciw.dists.Pmf([1, 2, 4], [0.5, 0.3, 0.2])]}
    station = one_station(exponential(4.0), exponential(1.0), **bursts)
    found = replicate(station, lambda records: [responses(records).mean()], 8_000)
    check(found, mxm1_batch_arrivals(0.25, 1.9, 4.9, 1.0).mean_response_s, load=0.475)


def test_calls_turned_away_do_not_ask_for_the_service_law():
    def measure(records):
        return [np.mean([record.record_type == "rejection" for record in records])]

    station = one_station(exponential(1 / 3), ciw.dists.Deterministic(1.0), 4, queue_capacities=[0])
    check(replicate(station, measure, 500), mmcc_erlang_b(3.0, 4).blocking_prob)


def test_three_stations_with_a_way_back():
    def measure(records):
        return [responses(records).sum() / sum(record.destination == -1 for record in records)]

    def network():
        return ciw.create_network(
            arrival_distributions=[exponential(2.0), None, None],
            service_distributions=[exponential(0.6), exponential(0.5), exponential(1.5)],
            number_of_servers=[1, 1, 2],
            routing=[[0.0, 0.5, 0.5], [0.0, 0.0, 0.0], [0.4, 0.0, 0.0]],
        )

    visits = [1.25, 0.625, 0.625]  # v1 = 1 + 0.4 v3, v2 = v3 = v1 / 2
    formula = open_jackson(0.5, visits, [0.6, 0.5, 1.5], [1, 1, 2])
    check(replicate(network, measure, 1_500), formula.response_s)


def clients(population, *stations):
    """Clients that think first and then pass the stations in turn; (mean time, servers) of each."""

    def network():
        size = len(stations)
        nothing = [None] * (size - 1)
        return ciw.create_network(
            arrival_distributions=[ciw.dists.Sequential([0.0, float("inf")]), *nothing],
            batching_distributions=[ciw.dists.Deterministic(population)] * size,
            service_distributions=[exponential(mean) for mean, _ in stations],
            number_of_servers=[servers for _, servers in stations],
            routing=np.roll(np.eye(size), 1, axis=1).tolist(),
        )

    return network


def test_clients_of_two_stations():
    def measure(records):
        return [
            sum(record.node == 1 for record in records) / (0.9 * 700.0),
            sum(np.mean([r.exit_date - r.arrival_date for r in records if r.node == node]) for node in (2, 3)),
        ]

    found = replicate(clients(6, (5.0, float("inf")), (1.0, 1), (0.5, 1)), measure, 700)
    formula = mva_exact(6, 5.0, [1.0, 0.5])
    check(found, formula.throughput_per_s, formula.response_s)


def test_clients_of_two_servers():
    def measure(records):
        at_servers = [record for record in records if record.node == 2]
        return [len(at_servers) / (0.9 * 500.0), responses(at_servers).mean()]

    found = replicate(clients(6, (2.0, float("inf")), (1.0, 2)), measure, 500)
    formula = finite_source_mmc(6, 2.0, 1.0, 2)
    check(found, formula.throughput_per_s, formula.mean_response_s)


class ShorterQueue(ciw.routing.JoinShortestQueue):
    """The router counts those who wait; the formula's queue holds the job in service too."""

    def get_queue_size(self, node_index):
        return self.simulation.nodes[node_index].number_of_individuals


def test_the_shorter_of_two_queues():
    def network():
        door = [ShorterQueue([2, 3]), ciw.routing.Leave(), ciw.routing.Leave()]
        return ciw.create_network(
            arrival_distributions=[exponential(1 / 1.2), None, None],
            service_distributions=[ciw.dists.Deterministic(0.0), exponential(1.0), exponential(1.0)],
            number_of_servers=[float("inf"), 1, 1],
            routing=ciw.routing.NetworkRouting(door),
        )

    def measure(records):
        return [responses([record for record in records if record.node > 1]).mean()]

    check(replicate(network, measure, 1_500), jsq_two_servers(0.6, 1.0).mean_response_s, load=1.2)


def test_the_shortest_job_first():
    sizes = {}

    def size_of(individual):
        return sizes.setdefault(individual.id_number, np.random.exponential())

    class Drawn(ciw.dists.Distribution):
        def sample(self, t=None, ind=None):
            return size_of(ind)

    def shortest(individuals, t):
        return min(individuals, key=size_of)

    def network():
        sizes.clear()
        return one_station(exponential(2.0), Drawn(), service_disciplines=[shortest])()

    found = replicate(network, lambda records: [responses(records).mean()], 3_500)
    check(found, size_based_scheduling_mm1("sjf", 0.5, 1.0).mean_response_s, load=0.5)
