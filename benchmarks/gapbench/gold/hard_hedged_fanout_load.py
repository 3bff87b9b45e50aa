"""Fan-out to loaded leaves: one request each against a duplicate for the late, which loads the leaves as well.

A leaf is M/G/1 with services that are fast or slow, each kind exponential. The transform of its response (Pollaczek and
Khinchine) has two poles, the roots of r^2 - r (a + b - rate) + a b (1 - rate S) = 0 for rates a and b of fast and slow
services with mean S, so that the response is again one of two exponentials. A duplicate after the delay d makes the
tail S(t) S(t - d), and a query of F leaves has ended with the probability that all have. Duplicates are sent by the
share S(d - round trip) of all requests, which sets the rate, which sets that share.
"""

from benchmarks.gapbench.gold.family import Given, stated, term
from benchmarks.gapbench.gold.hard_family import Figure, HardFamily
from gauntlet.costs.records import Term
from gauntlet.specs.workload import Workload

OPEN = Workload(id="open_loop", loop="open", arrivals="poisson", rate="queries_per_s")
DELAY = Workload(id="delay_swept", loop="open", arrivals="poisson")
PARTS = 12
STEPS = 8


def _response(tag: str, rate: str, owner: str | None, steps: str = "") -> tuple[Term, ...]:
    """The two exponentials of a leaf's response at a rate."""
    return (
        term(f"{tag}_asked_per_s", owner, "Requests of one leaf", rate),
        term(
            f"{tag}_rate_per_s",
            owner,
            "The same, where it can carry them",
            f"min({tag}_asked_per_s, almost_all / service_s)",
        ),
        term(f"{tag}_idle", owner, "Idle share", f"1 - {tag}_rate_per_s * service_s"),
        term(f"{tag}_half_per_s", owner, "Mean of both roots", f"0.5 * (1 / fast_s + 1 / slow_s - {tag}_rate_per_s)"),
        term(
            f"{tag}_apart_per_s",
            owner,
            "Half of their distance",
            f"sqrt(max(0, {tag}_half_per_s ** 2 - {tag}_idle / (fast_s * slow_s)))",
        ),
        term(f"{tag}_soon_per_s", owner, "Larger root", f"{tag}_half_per_s + {tag}_apart_per_s"),
        term(f"{tag}_late_per_s", owner, "Smaller root", f"{tag}_idle / (fast_s * slow_s * {tag}_soon_per_s)"),
        term(
            f"{tag}_late_share",
            owner,
            "Weight of the late exponential",
            f"max(0, min(1, {tag}_idle * (1 / (fast_s * slow_s) - {tag}_late_per_s * (fast_share / fast_s + "
            f"(1 - fast_share) / slow_s)) / ({tag}_late_per_s * 2 * {tag}_apart_per_s)))",
            steps,
        ),
    )


def _late(tag: str, time: str) -> str:
    """Share of a leaf's responses beyond a time."""
    return (
        f"({tag}_late_share * exp(0 - {time} * {tag}_late_per_s) + "
        f"(1 - {tag}_late_share) * exp(0 - {time} * {tag}_soon_per_s))"
    )


def _law(tag: str) -> str:
    return f"hyperexp2(p={tag}_late_share, mean1_s=1 / {tag}_late_per_s, mean2_s=1 / {tag}_soon_per_s)"


def _quantile(owner: str, level: str) -> str:
    """The time by which a share of the queries has ended."""
    if owner == "baseline":
        return f"round_trip_s + order_statistic(latency={_law('b')}, k=leaves, n=leaves, quantile={level}).quantile_s"
    return (
        f"round_trip_s + hedged_request(latency={_law('p')}, hedge_delay_s=hedge_delay_s, "
        f"quantile=({level}) ** (1 / leaves)).quantile_s"
    )


def _spiral() -> tuple[Term, ...]:
    """Rates with more and more of the duplicates that the rate before brings."""
    found: list[Term] = []
    for step in range(STEPS):
        before = "1" if step == 0 else f"(1 + {_late(f'h{step - 1}', 'sent_s')})"
        found += _response(f"h{step}", f"leaf_per_s * {before}", "proposed")
    last = f"h{STEPS - 1}"
    return (*found, *_response("p", f"leaf_per_s * (1 + {_late(last, 'sent_s')})", "proposed", "p2 p3 p4"))


def _steady(tag: str, time: str) -> str:
    """A time, without end where the leaves cannot carry the load."""
    return f"where({tag}_asked_per_s * service_s < almost_all, {time}, 1 / (0 * service_s))"


def _mean() -> tuple[Term, ...]:
    nodes = range(1, PARTS + 1)
    weighed = " + ".join(f"2 * (1 - place_{n}) * time_{n}_s" for n in nodes)
    return (
        *(
            term(f"time_{n}_s", "proposed", f"Quantile {n}", _quantile("proposed", f"1 - (1 - place_{n}) ** 2"))
            for n in nodes
        ),
        term("p_mean_s", "proposed", "Mean over queries", _steady("p", f"({weighed}) / parts"), "p1"),
    )


LEVELS = {"p95": "0.95", "p99": "0.99", "median": "0.5", "latency": "percentile"}

FAMILY = HardFamily(
    given=(
        Given("nl", "servers", "hardware", whole=True),
        Given("mf", "fast_s", "hardware"),
        Given("ms", "slow_s", "hardware"),
        Given("ps", "slow_share", "hardware"),
        Given("F", "default_leaves", whole=True),
        Given("d", "default_delay_s", "tuning", used_by=("proposed",)),
        Given("nt", "round_trip_s", "hardware"),
        Given("lam", "default_queries_per_s"),
    ),
    variables=(
        stated("parts", PARTS, "Quantiles that a mean is taken over"),
        stated("almost_all", 0.999, "Utilisation from which a leaf counts as saturated"),
    ),
    defaults={"leaves": "default_leaves", "hedge_delay_s": "default_delay_s", "queries_per_s": "default_queries_per_s"},
    experiments=(
        Figure("p95_vs_load", "queries_per_s", "queries/s", "p95", "latency", OPEN, "quantile", 0.95),
        Figure(
            "mean_vs_load",
            "queries_per_s",
            "queries/s",
            "mean",
            "latency",
            OPEN,
            settings={"leaves": "floor(default_leaves / 2)"},
        ),
        Figure(
            "p95_vs_fanout",
            "leaves",
            "",
            "p95",
            "latency",
            DELAY,
            "quantile",
            0.95,
            x_whole=True,
            settings={"queries_per_s": "default_queries_per_s * default_leaves / leaves"},
        ),
        Figure("median_vs_delay", "hedge_delay_s", "ms", "median", "latency", DELAY, "quantile", 0.5),
        Figure("latency_cdf", "percentile", "%", "latency", "latency", DELAY, "quantile"),
        Figure(
            "p99_vs_delay",
            "hedge_delay_s",
            "ms",
            "p99",
            "latency",
            DELAY,
            "quantile",
            0.99,
            settings={"queries_per_s": "0.4 * default_queries_per_s"},
        ),
    ),
    terms=(
        term("fast_share", None, "Share of fast requests", "1 - slow_share"),
        term("service_s", None, "Mean service", "fast_share * fast_s + slow_share * slow_s"),
        term("leaf_per_s", None, "First requests of one leaf", "queries_per_s * leaves / servers"),
        *_response("b", "leaf_per_s", "baseline", "b2"),
        term("sent_s", "proposed", "A leaf's time when its duplicate leaves", "max(0, hedge_delay_s - round_trip_s)"),
        *_spiral(),
        term("place_1", None, "The first place", "0.5 / parts"),
        *(term(f"place_{n}", None, "The next place", f"place_{n - 1} + 1 / parts") for n in range(2, PARTS + 1)),
        *(
            term(f"b_{name}_s", "baseline", "The last leaf", _steady("b", _quantile("baseline", at)), "b1")
            for name, at in LEVELS.items()
        ),
        *(
            term(f"p_{name}_s", "proposed", "The last leaf", _steady("p", _quantile("proposed", at)), "p1")
            for name, at in LEVELS.items()
        ),
        term(
            "b_mean_s",
            "baseline",
            "Mean over queries",
            _steady("b", f"round_trip_s + order_statistic(latency={_law('b')}, k=leaves, n=leaves).mean_s"),
            "b1",
        ),
        *_mean(),
        *(
            term(
                f"swift_{name}_s",
                None,
                "Fast services alone, hedged",
                "round_trip_s + hedged_request(latency=exponential(mean_s=fast_s), hedge_delay_s=hedge_delay_s, "
                f"quantile=({at}) ** (1 / leaves)).quantile_s",
            )
            for name, at in LEVELS.items()
        ),
    ),
    outputs={
        **{("baseline", name): f"b_{name}_s" for name in (*LEVELS, "mean")},
        **{("proposed", name): f"p_{name}_s" for name in (*LEVELS, "mean")},
    },
    bounds={
        **{("proposed", name): ("fast services, hedged, at idle leaves", f"swift_{name}_s") for name in LEVELS},
        ("proposed", "mean"): ("one fast service and a round trip", "round_trip_s + 0.5 * fast_s"),
    },
)
