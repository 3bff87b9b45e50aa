"""A small paper, complete with cost model: one queue shared by all cores against one queue per core.

Requests arrive as a Poisson stream, service is exponential. `partitioned` (baseline) deals them to one M/M/1 queue per
core; `shared` (proposed) is M/M/c and pays a hand-off. Claimed points are computed here from the textbook formulas
(Kleinrock, Queueing Systems I, 1975, 3.2 and 3.5, factorials and all) at the true constants below, so they owe nothing
to the code under test. `proposal_factor` scales what the paper claims for the proposal: 1 is honest, 0.3 is too good.
"""

import math
from collections.abc import Sequence

from gauntlet.costs.records import Bound, CostModel, Output, Term, Waiver
from gauntlet.specs.claims import Claim, Metric, Point, SeriesSource, TextSource
from gauntlet.specs.evidence import Approval, Evidence, Origin
from gauntlet.specs.mechanism import Mechanism, Step, Waits
from gauntlet.specs.paper_spec import Configuration, PaperSpec, Setting
from gauntlet.specs.quantities import Distribution, Exact, Interval, Scope, Sweep, Variable, Withheld
from gauntlet.specs.workload import Law, Workload

CORES = 4
SERVICE_S, DISPATCH_S, HANDOFF_S, NETWORK_S = 10e-6, 0.5e-6, 0.2e-6, 15e-6
LOADS_KRPS = (40.0, 120.0, 200.0, 280.0, 340.0)
RATIO_LOAD_KRPS = 320.0
HUMAN = Origin(kind="human")
APPROVED = Approval(status="approved", verifications=2)


def erlang_c(offered: float, servers: int) -> float:
    """Probability of waiting in M/M/c with the factorials of the textbook; good for few servers."""
    tail = offered**servers / math.factorial(servers) * servers / (servers - offered)
    return tail / (sum(offered**k / math.factorial(k) for k in range(servers)) + tail)


def partitioned_latency_s(rate_per_s: float, cores: int = CORES) -> float:
    """Network and the response time of M/M/1 at 1/cores of the load."""
    busy = SERVICE_S + DISPATCH_S
    return NETWORK_S + busy / (1 - rate_per_s / cores * busy)


def shared_latency_s(rate_per_s: float, cores: int = CORES) -> float:
    """Network and the response time of M/M/c, whose service is longer by the hand-off."""
    busy = SERVICE_S + DISPATCH_S + HANDOFF_S
    return NETWORK_S + busy + erlang_c(rate_per_s * busy, cores) / (cores / busy - rate_per_s)


def words(page: int, quotation: str) -> Evidence:
    """Evidence for an invented page."""
    return Evidence(page=page, quotation=quotation)


def _curve(series: str, latencies_s: Sequence[float]) -> tuple[Point, ...]:
    return tuple(
        Point(x=load, y=1e6 * latency, reading_error=0.01, source=SeriesSource(series=series, index=index))
        for index, (load, latency) in enumerate(zip(LOADS_KRPS, latencies_s, strict=True))
    )


def _printed(y: float, page: int, quotation: str, x: float | None = None) -> Point:
    return Point(x=x, y=y, reading_error=0.02, source=TextSource(evidence=words(page, quotation)))


VARIABLES = (
    Variable(
        id="rate", symbol="lambda", meaning="Offered load", unit="krps", value=Sweep(values=LOADS_KRPS),
        role="workload", source="paper", evidence=(words(4, "we vary the offered load from 40 to 340 krps"),),
    ),
    Variable(
        id="cores", symbol="c", meaning="Worker cores", unit="core", value=Exact(value=CORES), role="hardware",
        source="paper", whole=True, evidence=(words(4, "four worker cores"),),
    ),
    Variable(
        id="service", symbol="S", meaning="Mean service time, exponential", unit="us",
        value=Exact(value=10.0, tolerance=0.01), role="workload", source="paper",
        evidence=(words(4, "exponential service times with a mean of 10 us"),),
    ),
    Variable(
        id="dispatch", meaning="CPU time to receive and send one request", unit="us",
        value=Withheld(low=0.1, high=2.0), role="hardware", source="assumed",
        scope=Scope(kind="device"), shared_by=("partitioned", "shared"),
    ),
    Variable(
        id="handoff", meaning="Lock and cache transfer to take a request from the shared queue", unit="ns",
        value=Interval(low=100.0, high=400.0, scale="log"), role="hardware", source="prior",
        scope=Scope(kind="device"), shared_by=("shared",),
    ),
    Variable(
        id="network", meaning="Client round trip without load", unit="us",
        value=Distribution(family="lognormal", low=10.0, typical=15.0, high=22.5), role="hardware", source="prior",
        scope=Scope(kind="device"), shared_by=("partitioned", "shared"),
    ),
)  # fmt: skip

MECHANISMS = (
    Mechanism(
        id="partitioned",
        name="Partitioned",
        kind="baseline",
        steps=(
            Step(id="p_receive", actor="NIC", action="deals the request to a core by hash", delays="network"),
            Step(
                id="p_wait", actor="request", action="waits in its core's queue", occupies="core",
                waits=Waits(what="its own core", k="1", of="1"),
            ),
            Step(id="p_run", actor="core", action="runs the request", occupies="core"),
            Step(id="p_reply", actor="core", action="sends the reply", delays="network"),
        ),
        evidence=(words(2, "the NIC hashes each request to the queue of one core"),),
    ),
    Mechanism(
        id="shared",
        name="Shared",
        kind="proposed",
        steps=(
            Step(id="s_receive", actor="NIC", action="puts the request into one queue", delays="network"),
            Step(
                id="s_wait", actor="request", action="waits for the first idle core", occupies="core",
                waits=Waits(what="any core", k="1", of="cores"),
            ),
            Step(id="s_take", actor="core", action="takes the request under a lock", occupies="core"),
            Step(id="s_run", actor="core", action="runs the request", occupies="core"),
            Step(id="s_log", actor="core", action="counts the request", on_path="background"),
            Step(id="s_reply", actor="core", action="sends the reply", delays="network"),
        ),
        evidence=(words(3, "any idle core takes the request at the head of the shared queue"),),
    ),
)  # fmt: skip

METRICS = (
    Metric(
        id="mean_latency", name="Mean latency at the client", quantity="latency", unit="us", better="lower",
        statistic="mean", includes="client network, queueing and service",
    ),
    Metric(
        id="peak_throughput", name="Saturation throughput", quantity="throughput", unit="krps", better="higher",
        statistic="peak", per="node",
    ),
)  # fmt: skip

CONFIGURATIONS = (
    Configuration(
        id="testbed",
        meaning="Four cores, load swept",
        settings=(Setting(variable="cores", expression="4"), Setting(variable="rate", kind="sweep")),
    ),
    Configuration(id="two_cores", meaning="Two cores", settings=(Setting(variable="cores", expression="2"),)),
    Configuration(
        id="eight_cores",
        meaning="Twice the cores of the testbed",
        settings=(Setting(variable="cores", expression="2 * 4"),),
    ),
    Configuration(
        id="heavy_load",
        meaning="Four cores at 320 krps",
        settings=(Setting(variable="cores", expression="4"), Setting(variable="rate", expression="320")),
    ),
)


def spec(proposal_factor: float = 1.0) -> PaperSpec:
    """The paper; claims of the proposal are `proposal_factor` times as high in latency and 1/factor in throughput."""
    rate = RATIO_LOAD_KRPS * 1e3
    partitioned_peak = CORES / (SERVICE_S + DISPATCH_S)
    shared_peak_per_core = 1 / (SERVICE_S + DISPATCH_S + HANDOFF_S) / proposal_factor
    claims = (
        Claim(
            id="partitioned_curve", kind="series", statement="Latency of partitioned queues over load",
            mechanism="partitioned", metric="mean_latency", x="rate", configuration="testbed",
            points=_curve("figure-1-plot-1-series-1", [partitioned_latency_s(1e3 * load) for load in LOADS_KRPS]),
            evidence=(words(5, "Figure 1: Mean latency"),),
        ),
        Claim(
            id="partitioned_peak", kind="scalar", statement="Partitioned queues saturate at 381 krps",
            mechanism="partitioned", metric="peak_throughput", configuration="testbed",
            points=(_printed(partitioned_peak / 1e3, 5, "partitioned queues saturate at 381 krps"),),
            evidence=(words(5, "partitioned queues saturate at 381 krps"),),
        ),
        Claim(
            id="shared_curve", kind="series", statement="Latency of the shared queue over load",
            mechanism="shared", metric="mean_latency", x="rate", configuration="testbed",
            points=_curve(
                "figure-1-plot-1-series-2", [proposal_factor * shared_latency_s(1e3 * load) for load in LOADS_KRPS]
            ),
            evidence=(words(5, "Figure 1: Mean latency"),),
        ),
        Claim(
            id="shared_ratio", kind="ratio", statement="At 320 krps the shared queue has a fraction of the latency",
            mechanism="shared", metric="mean_latency", configuration="heavy_load", relative_to="partitioned",
            points=(
                _printed(
                    proposal_factor * shared_latency_s(rate) / partitioned_latency_s(rate), 6,
                    "at 320 krps the shared queue needs less than half of the time",
                ),
            ),
            evidence=(words(6, "at 320 krps the shared queue needs less than half of the time"),),
        ),
        Claim(
            id="shared_peaks", kind="series", statement="Throughput of the shared queue with 2, 4 and 8 cores",
            mechanism="shared", metric="peak_throughput",
            point_configurations=("two_cores", "testbed", "eight_cores"), chain=True,
            points=tuple(
                _printed(cores * shared_peak_per_core / 1e3, 6, f"with {cores} cores") for cores in (2, 4, 8)
            ),
            evidence=(words(6, "the shared queue scales to eight cores"),),
        ),
    )  # fmt: skip
    return PaperSpec(
        paper_sha256="0" * 64,
        title="One Queue Is Enough",
        mechanisms=MECHANISMS,
        variables=VARIABLES,
        workloads=(
            Workload(
                loop="open",
                arrivals="poisson",
                rate="rate",
                laws=(Law(of="service", family="exponential", unit="us"),),
            ),
        ),
        configurations=CONFIGURATIONS,
        metrics=METRICS,
        claims=claims,
        origin=HUMAN,
        approval=APPROVED,
    )


def model() -> CostModel:
    """The cost model of both queues."""
    return CostModel(
        terms=(
            Term(
                id="path_s", mechanism=None, meaning="Client network and stack", expression="network", unit="s",
                steps=("p_receive", "p_reply", "s_receive", "s_reply"),
            ),
            Term(
                id="work_s", mechanism=None, meaning="Core time without the queue", expression="service + dispatch",
                unit="s", steps=("p_run", "s_run"),
            ),
            Term(
                id="own_wait_s", mechanism="partitioned", meaning="Wait for one's own core", unit="s",
                expression="mm1(arrival_rate_per_s=rate / cores, service_time_s=work_s, quantile=0.5).mean_wait_s",
                steps=("p_wait",),
            ),
            Term(
                id="taken_s", mechanism="shared", meaning="Core time with the hand-off",
                expression="work_s + handoff", unit="s", steps=("s_take",),
            ),
            Term(
                id="any_wait_s", mechanism="shared", meaning="Wait for the first idle core", unit="s",
                expression="mmc(arrival_rate_per_s=rate, service_time_s=taken_s, servers=cores, quantile=0.5)"
                ".mean_wait_s",
                steps=("s_wait",),
            ),
        ),
        outputs=(
            Output(
                mechanism="partitioned", metric="mean_latency", expression="path_s + own_wait_s + work_s", unit="s"
            ),
            Output(mechanism="partitioned", metric="peak_throughput", expression="cores / work_s", unit="1/s"),
            Output(mechanism="shared", metric="mean_latency", expression="path_s + any_wait_s + taken_s", unit="s"),
            Output(mechanism="shared", metric="peak_throughput", expression="cores / taken_s", unit="1/s"),
        ),
        bounds=tuple(
            bound
            for mechanism in ("partitioned", "shared")
            for bound in (
                Bound(
                    id=f"{mechanism}_service", mechanism=mechanism, metric="mean_latency", resource="core",
                    expression="service", unit="s",
                ),
                Bound(
                    id=f"{mechanism}_cores", mechanism=mechanism, metric="peak_throughput", resource="cores",
                    expression="cores / service", unit="1/s",
                ),
            )
        ),
        waivers=(Waiver(step="s_log", reason="Background counter, a few nanoseconds, no request waits for it."),),
        assumptions=("The hash deals requests evenly to the cores.",),
        origin=HUMAN,
        approval=APPROVED,
    )  # fmt: skip
