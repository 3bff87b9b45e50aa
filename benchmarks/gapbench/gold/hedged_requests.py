"""Fan-out to leaves with occasional hiccups: one request each against a duplicate for the late.

A leaf is later than t with probability S(t) = B(t) + p (1 - B(t)) exp(-(t - m) / x): B is the tail of the fast mode, m
its mean (before it the exponential is 1), p the share of hiccups, x their mean. With a duplicate after d it is S(t)
S(t - d), and a query of F leaves has ended by t with probability (1 - S)^F. Means are sums over quantiles at
1 - (1 - v)^2 with v at equal distances.
"""

from benchmarks.gapbench.gold.family import Experiment, Family, Given, stated, term
from gauntlet.costs.records import Term
from gauntlet.specs.workload import Workload

QUERIES = Workload(id="queries", loop="open", arrivals="none")
PARTS = 12
FAST = "lognormal(median_s=fast_s / sqrt(1 + fast_cv ** 2), sigma=sqrt(log(1 + fast_cv ** 2)))"


TIMES = {"b": "baseline", "p": "proposed", "s": "proposed"}
"""Tags of terms: without duplicates, with them, and with them where no hiccup ever comes, which bounds the second."""


def _fast(time: str) -> str:
    """B at a time that is not negative: how often a copy that is sent after that time is sent."""
    return f"hedged_request(latency={FAST}, hedge_delay_s={time}).extra_load"


def _tail(time: str) -> str:
    return f"({_fast(time)} + hiccup_share * (1 - {_fast(time)}) * exp(min(0, (fast_s - {time}) / hiccup_s)))"


def _quantile(tag: str, level: str) -> str:
    """The time by which that part of the queries has ended."""
    late = _fast if tag == "s" else _tail
    second = "" if tag == "b" else f" * {late('max(time - hedge_delay_s, 0)')}"
    return f"max_load_at(lambda time: (1 - {late('time')}{second}) ** leaves, longest_s, {level})"


def _times(tag: str, steps: str = "") -> tuple[Term, ...]:
    """99th percentile and mean over queries."""
    owner, nodes = TIMES[tag], range(1, PARTS + 1)
    weighed = " + ".join(f"2 * (1 - place_{n}) * {tag}_time_{n}_s" for n in nodes)
    return (
        term(f"{tag}_p99_s", owner, "The last leaf of slow queries", _quantile(tag, "0.99"), steps),
        *(
            term(f"{tag}_time_{n}_s", owner, f"Quantile {n}", _quantile(tag, f"1 - (1 - place_{n}) ** 2"))
            for n in nodes
        ),
        term(f"{tag}_mean_s", owner, "Mean over queries", f"({weighed}) / parts", steps),
    )


FAMILY = Family(
    given=(
        Given("med", "fast_s", "hardware"),
        Given("cv", "fast_cv", "hardware"),
        Given("pslow", "hiccup_share", "hardware"),
        Given("slow", "hiccup_s", "hardware"),
        Given("delay", "hedge_delay_s", "tuning", used_by=("proposed",)),
        Given("fan", "leaves_in_delay_sweep", whole=True),
    ),
    variables=(stated("parts", PARTS, "Quantiles that a mean is taken over"),),
    experiments=(
        Experiment(
            "p99_vs_fanout",
            "leaves",
            "",
            "p99_latency",
            "latency",
            QUERIES,
            statistic="quantile",
            quantile=0.99,
            x_whole=True,
        ),
        Experiment(
            "mean_vs_delay",
            "hedge_delay_s",
            "ms",
            "mean_latency",
            "latency",
            QUERIES,
            settings={"leaves": "leaves_in_delay_sweep"},
        ),
    ),
    terms=(
        term("longest_s", None, "Later than any query that counts", "fast_s + 2 * (2 * (2 * (2 * hiccup_s)))"),
        term("place_1", None, "The first place", "0.5 / parts"),
        *(term(f"place_{n}", None, "The next place", f"place_{n - 1} + 1 / parts") for n in range(2, PARTS + 1)),
        *_times("b", "b1"),
        *_times("p", "p1 p2 p3 p4"),
        *_times("s"),
    ),
    outputs={
        ("baseline", "p99_latency"): "b_p99_s",
        ("proposed", "p99_latency"): "p_p99_s",
        ("baseline", "mean_latency"): "b_mean_s",
        ("proposed", "mean_latency"): "p_mean_s",
    },
    bounds={
        ("proposed", "p99_latency"): (
            "leaves without hiccups, or a duplicate that may leave only after the delay",
            "min(s_p99_s, hedge_delay_s + fast_s)",
        ),
        ("proposed", "mean_latency"): ("leaves without hiccups", "s_mean_s"),
    },
)
