"""Requests dealt to one queue per core against one queue for all cores, whose workers pay to take a request."""

from dataclasses import replace

from benchmarks.gapbench.gold.family import Experiment, Family, Given, stated, term
from benchmarks.gapbench.gold.truth import Known
from gauntlet.errors import RecordError
from gauntlet.specs.workload import Workload

OPEN = Workload(id="open_loop", loop="open", arrivals="poisson", rate="load_per_s")
EVEN = Workload(id="load_per_core_fixed", loop="open", arrivals="poisson")

LAWS = {  # words of the paper -> law, share and size of the long requests, size and scv of each kind, over the mean
    "exponentially distributed": ("gamma", 0.0, 1.0, 1.0, 1.0),
    "lognormal service times with a coefficient of variation of 1.5": ("lognormal", 0.0, 1.0, 1.0, 1.5**2),
    "90% of the requests need half the mean and the remaining 10% need 5.5 times": ("gamma", 0.1, 5.5, 0.5, 0.0),
}


SERVICES = (
    "shares=[1 - long_share, long_share], means_s=[short_size * service_s, long_size * service_s], "
    "scvs=[service_scv, service_scv], quantile=0.99, law='LAW', path_s=network_s"
)
"""The law of service, whichever it is; the text of a paper chooses."""


def _own_queue(rate: str) -> str:
    return f"mg1_response(arrival_rate_per_s={rate}, {SERVICES})"


def _shared_queue() -> str:
    return f"mgc_response(arrival_rate_per_s=load_per_s, servers=cores, {SERVICES}, overhead_s=dequeue_s)"


def _with_law(family: Family, known: Known) -> Family:
    """The law of service that the paper names."""
    said = next((laws for words, laws in LAWS.items() if words in known.conditions[0]), None)
    if said is None:
        raise RecordError(f"{known.paper}: no law of service in {known.conditions[0]!r}.")
    law, *numbers = said
    names = ("long_share", "long_size", "short_size", "service_scv")
    meanings = ("Share of long requests", "Long service over the mean", "Short service over the mean", "Scv of each")
    law_variables = (stated(*one, "workload") for one in zip(names, numbers, meanings, strict=True))
    terms = tuple(one.model_copy(update={"expression": one.expression.replace("LAW", law)}) for one in family.terms)
    return replace(family, variables=(*family.variables, *law_variables), terms=terms)


FAMILY = Family(
    given=(
        Given("c", "cores", "hardware", whole=True),
        Given("svc", "service_s"),
        Given("disp", "dequeue_s", "hardware", used_by=("proposed",)),
        Given("net", "network_s", "hardware"),
        Given("rho", "core_work"),
    ),
    experiments=(
        Experiment(
            "p99_vs_load", "load_per_s", "MRPS", "p99_latency", "latency", OPEN, statistic="quantile", quantile=0.99
        ),
        Experiment(
            "mean_vs_cores",
            "cores",
            "",
            "mean_latency",
            "latency",
            EVEN,
            settings={"load_per_s": "core_work * cores / service_s"},
        ),
    ),
    terms=(
        term("own_queue_per_s", "baseline", "Load of one core, dealt at random", "load_per_s / cores", "b1"),
        term(
            "dealt_p99_s",
            "baseline",
            "Behind one core",
            f"{_own_queue('own_queue_per_s')}.response_quantile_s",
            "b2",
        ),
        term(
            "dealt_mean_s",
            "baseline",
            "Behind one core",
            f"{_own_queue('own_queue_per_s')}.mean_response_s",
            "b2",
        ),
        term(
            "shared_p99_s",
            "proposed",
            "Behind all cores",
            f"{_shared_queue()}.response_quantile_s",
            "p1 p2 p3 p4",
        ),
        term(
            "shared_mean_s",
            "proposed",
            "Behind all cores",
            f"{_shared_queue()}.mean_response_s",
            "p1 p2 p3 p4",
        ),
        term(
            "alone_p99_s",
            None,
            "Long requests that never wait",
            f"{_own_queue('0 * load_per_s')}.response_quantile_s",
        ),
    ),
    outputs={
        ("baseline", "p99_latency"): "dealt_p99_s",
        ("proposed", "p99_latency"): "shared_p99_s",
        ("baseline", "mean_latency"): "dealt_mean_s",
        ("proposed", "mean_latency"): "shared_mean_s",
    },
    bounds={
        ("proposed", "p99_latency"): ("network and service of the slowest requests", "alone_p99_s"),
        ("proposed", "mean_latency"): ("network and service", "network_s + service_s"),
    },
    adapt=_with_law,
)
