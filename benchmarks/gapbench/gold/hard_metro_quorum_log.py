"""A replicated log between five sites: flush, then replicate to all, against both at once, to the nearest.

The leader's thread serves requests and the messages of every batch (M/G/1); the log writer flushes what has come
(group commit): a request that finds a flush running waits for what is left of it, any part of a flush alike.
Acknowledgements are lognormal: of n needed, the slowest of the n nearest counts, of one the faster of two. Percentiles
at the leader take all but the wait for the log as lognormal with its mean and variance; those of all sites take the sum
from one site as lognormal, and mix the sites.
"""

import re
from dataclasses import replace

from benchmarks.gapbench.gold.family import Family, Given, stated, term
from benchmarks.gapbench.gold.hard_family import Figure, HardFamily
from benchmarks.gapbench.gold.truth import Known
from gauntlet.costs.records import Term
from gauntlet.errors import RecordError
from gauntlet.paper.read import read_paper
from gauntlet.settings import ReadLimits
from gauntlet.specs.workload import Workload

OPEN = Workload(id="open_loop", loop="open", arrivals="poisson", rate="load_per_s")
FIXED = Workload(id="fixed_load", loop="open", arrivals="poisson")
CLOSED = Workload(id="closed_loop", loop="closed", population="clients")
SITES = 5
SYSTEMS = {"b": "baseline", "p": "proposed"}


def _with_sites(family: Family, known: Known) -> Family:
    """Round trips from the leader's site, the nearest first, out of the paper's table."""
    led = re.search(r"to the leader at ([\w-]+)", " ".join(known.steps["baseline"]))
    for table in read_paper(known.pdf, None, ReadLimits()).tables:
        rows = [
            ["".join((cell.text if (cell := table.cell(row, column)) else "").split()) for column in range(SITES + 1)]
            for row in range(SITES + 1)
        ]
        own = next((row[1:] for row in rows[1:] if led and row[0] == led[1]), None)
        if own is not None:
            trips = sorted(float(text) / 1e3 for text in own if text[:1].isdigit())
            nearest = (
                stated(f"near_{n}_s", trip, f"Round trip to follower {n}", "hardware")
                for n, trip in enumerate(trips, 1)
            )
            return replace(family, variables=(*family.variables, *nearest))
    raise RecordError(f"{known.paper}: no table of round trips has a row for the leader's site.")


def _thread(tag: str, rate: str) -> str:
    """Wait for the leader's thread at a rate."""
    flushes = f"group_commit(arrival_rate_per_s={rate}, fsync_s=flush_s).flush_rate_per_s"
    return (
        f"shared_resource(rates_per_s=[{rate}, {flushes}], service_times_s=[request_s, {tag}_batch_s], servers=1, "
        "service_scvs=[0, 0]).mean_wait_s"
    )


def _later(median: str, sigma: str, time: str) -> str:
    """P(a lognormal time > time)."""
    return f"hedged_request(latency=lognormal(median_s={median}, sigma={sigma}), hedge_delay_s={time}).extra_load"


def _capped(tag: str, time: str) -> str:
    """Mean of the smaller of a time and what a request at the leader's site takes without the running flush."""
    median, sigma, after = f"{tag}_rest_s", f"{tag}_shape", f"max({time}, 0)"
    below = f"(1 - {_later(f'{median} * exp({sigma} ** 2)', sigma, after)})"
    mean = f"{median} * exp(0.5 * {sigma} ** 2)"
    return f"(min({time}, 0) + {mean} * {below} + {after} * {_later(median, sigma, after)})"


def _local(tag: str, level: str) -> str:
    """At the leader's site: some find the log idle, others any part of a flush before them."""
    late = f"({_capped(tag, 'time')} - {_capped(tag, '(time - flush_s)')}) / flush_s"
    tail = f"(1 - flushing) * {_later(f'{tag}_rest_s', f'{tag}_shape', 'time')} + flushing * {late}"
    return f"max_load_at(lambda time: 1 - ({tail}), {tag}_longest_s, {level})"


def _quantile(tag: str, level: str) -> str:
    """All sites alike: the time by which a share of all has committed."""
    tails = (
        f"hedged_request(latency=lognormal(median_s={tag}_median_{n}_s, sigma={tag}_sigma_{n}), hedge_delay_s=time)"
        ".extra_load"
        for n in range(SITES)
    )
    return f"max_load_at(lambda time: 1 - ({' + '.join(tails)}) / sites, {tag}_longest_s, {level})"


def _system(tag: str, needed: str, message: str, followers: str, steps: tuple[str, str, str]) -> tuple[Term, ...]:
    owner = SYSTEMS[tag]
    trips = [
        f"where({needed} < 2, sooner_s, trip_1_s)", f"where({needed} < 2, 0, trip_2_s)",
        f"where({needed} > 2, trip_3_s, 0)", f"where({needed} >= followers, trip_4_s, 0)",
    ]  # fmt: skip
    flush = ["flush_s"] if tag == "p" else []
    spreads = ", ".join(["0"] * len(flush) + ["trip_cv ** 2"] * len(trips))
    last = f"parallel_steps(law='lognormal', times_s=[{', '.join(flush + trips)}], scvs=[{spreads}]"
    other = "0" if tag == "p" else "flush_s"

    def response(rate: str) -> str:
        waits = f"group_commit(arrival_rate_per_s={rate}, fsync_s=flush_s).mean_latency_s - flush_s"
        return f"mean_path_s + {_thread(tag, rate)} + request_s + {waits} + {tag}_commit_s"

    def steady(time: str) -> str:
        return f"where({tag}_busy < 1, {time}, 1 / (0 * flush_s))"

    def site(n: int) -> tuple[Term, ...]:
        trip = f"trip_{n}_s" if n else "0 * flush_s"
        mean, variance = (
            f"{tag}_total_s + {trip}",
            f"({tag}_variance_s2 + log_variance_s2 + 0.5 * (trip_cv * {trip}) ** 2)",
        )
        return (
            term(f"{tag}_sigma_{n}", owner, f"Shape from site {n}", f"sqrt(log(1 + {variance} / ({mean}) ** 2))"),
            term(
                f"{tag}_median_{n}_s", owner, f"Median from site {n}", f"({mean}) * exp(0 - 0.5 * {tag}_sigma_{n} ** 2)"
            ),
        )

    return (
        term(f"{tag}_batch_s", owner, "Messages of a batch", f"2 * {followers} * {message}", steps[1]),
        term(f"{tag}_commit_s", owner, "Flush and acknowledgements", f"{other} + {last}).mean_s", steps[2]),
        term(
            f"{tag}_spread_s",
            owner,
            "Standard deviation of acknowledgements",
            f"0.5 * ({last}, quantile=high_mark).quantile_s - {last}, quantile=low_mark).quantile_s)",
        ),
        term(f"{tag}_wait_s", owner, "For the leader's thread", f"min({_thread(tag, 'load_per_s')}, most_s)", steps[0]),
        term(
            f"{tag}_total_s",
            owner,
            "From the leader's own site",
            f"{tag}_wait_s + request_s + log_s + {tag}_commit_s",
        ),
        term(
            f"{tag}_busy",
            owner,
            "The leader's thread",
            f"min(1, load_per_s * request_s + {tag}_batch_s * "
            "group_commit(arrival_rate_per_s=load_per_s, fsync_s=flush_s).flush_rate_per_s)",
        ),
        term(
            f"{tag}_variance_s2",
            owner,
            "Variance of thread and acknowledgements",
            f"{tag}_wait_s ** 2 * (2 / max({tag}_busy, few) - 1) + {tag}_spread_s ** 2",
        ),
        term(
            f"{tag}_shape",
            owner,
            "Shape of all but the wait for the log",
            f"max(few, sqrt(log(1 + {tag}_variance_s2 / ({tag}_total_s - log_s) ** 2)))",
        ),
        term(f"{tag}_rest_s", owner, "Its median", f"({tag}_total_s - log_s) * exp(0 - 0.5 * {tag}_shape ** 2)"),
        *(part for n in range(SITES) for part in site(n)),
        term(f"{tag}_longest_s", owner, "Later than nearly all", f"2 * (2 * (2 * ({tag}_total_s + trip_4_s)))"),
        term(f"{tag}_mean_s", owner, "Mean over sites", steady(f"mean_path_s + {tag}_total_s")),
        term(f"{tag}_p99_s", owner, "99th percentile", steady(_quantile(tag, "0.99"))),
        term(f"{tag}_p50_s", owner, "Median", steady(_quantile(tag, "0.5"))),
        term(f"{tag}_latency_s", owner, "Any percentile", steady(_quantile(tag, "percentile"))),
        term(
            f"{tag}_local_s",
            owner,
            "99th percentile at the leader's site",
            steady(_local(tag, "0.99")),
        ),
        term(
            f"{tag}_closed_per_s",
            owner,
            "Clients that wait",
            f"max_load_at(lambda rate: rate * ({response('rate')}), 1 / request_s, clients)",
        ),
    )


FAMILY = HardFamily(
    given=(
        Given("s", "request_s", "hardware"),
        Given("f", "flush_s", "hardware"),
        Given("m", "message_s", "hardware", used_by=("baseline",)),
        Given("ms", "signed_message_s", "hardware", used_by=("proposed",)),
        Given("jc", "trip_cv", "hardware"),
        Given("q", "default_acks", "protocol", whole=True, used_by=("proposed",)),
        Given("lam", "default_load_per_s"),
    ),
    variables=(
        stated("sites", SITES, "Sites"),
        stated("followers", SITES - 1, "Followers"),
        stated("low_mark", 0.1587, "Share of a normal law below its mean minus its standard deviation"),
        stated("high_mark", 0.8413, "The same plus it"),
        stated("three", 3.0, "Mean square of a uniform time, in its longest's, inverted"),
        stated("few", 1e-6, "Least utilisation, and least spread"),
        stated("most_s", 1e3, "Longest time"),
    ),
    defaults={
        "load_per_s": "default_load_per_s",
        "base_acks": "2",
        "near_acks": "default_acks",
        "trip_scale": "1",
    },
    experiments=(
        Figure("mean_vs_load", "load_per_s", "kreq/s", "mean", "latency", OPEN),
        Figure("p99_vs_load", "load_per_s", "kreq/s", "p99_at_leader", "latency", OPEN, "quantile", 0.99),
        Figure("throughput_vs_clients", "clients", "", "throughput", "throughput", CLOSED, x_whole=True),
        Figure(
            "p50_vs_acks",
            "acks",
            "",
            "p50",
            "latency",
            FIXED,
            "quantile",
            0.5,
            x_whole=True,
            settings={"base_acks": "acks", "near_acks": "acks"},
        ),
        Figure("latency_cdf", "percentile", "%", "latency", "latency", FIXED, "quantile"),
        Figure("p99_vs_rtt", "trip_scale", "", "p99", "latency", FIXED, "quantile", 0.99),
    ),
    terms=(
        *(
            term(f"trip_{n}_s", None, f"Round trip to follower {n}", f"trip_scale * near_{n}_s")
            for n in range(1, SITES)
        ),
        term(
            "mean_path_s", None, "Clients' round trips", "(trip_1_s + trip_2_s + trip_3_s + trip_4_s) / sites", "b1 p5"
        ),
        term(
            "sooner_s",
            None,
            "The faster of the two nearest",
            "trip_1_s + trip_2_s - parallel_steps(law='lognormal', times_s=[trip_1_s, trip_2_s], "
            "scvs=[trip_cv ** 2, trip_cv ** 2]).mean_s",
        ),
        term(
            "flushing",
            None,
            "Requests that find a flush running",
            "flush_s * group_commit(arrival_rate_per_s=load_per_s, fsync_s=flush_s).flush_rate_per_s",
            "b2 p1",
        ),
        term("log_s", None, "For the running flush", "0.5 * flushing * flush_s"),
        term("log_variance_s2", None, "Its variance", "flushing * flush_s ** 2 / three - log_s ** 2"),
        *_system("b", "base_acks", "message_s", "followers", ("b2 b3", "b5", "b4")),
        *_system("p", "near_acks", "signed_message_s", "max(2, near_acks)", ("p1", "p3", "p2 p4")),
        term(
            "least_s",
            None,
            "Request, and the longer of flush and the nearest acknowledgement",
            "request_s + max(flush_s, (1 - trip_cv) * sooner_s)",
        ),
    ),
    outputs={
        (owner, metric): f"{tag}_{name}"
        for tag, owner in SYSTEMS.items()
        for metric, name in (
            ("mean", "mean_s"),
            ("p99_at_leader", "local_s"),
            ("throughput", "closed_per_s"),
            ("p50", "p50_s"),
            ("latency", "latency_s"),
            ("p99", "p99_s"),
        )
    },
    bounds={
        ("proposed", "mean"): ("flush, nearest follower and the way to the leader", "least_s + mean_path_s"),
        **{
            ("proposed", metric): ("flush or the nearest follower", "least_s")
            for metric in ("p99_at_leader", "p50", "latency", "p99")
        },
        ("proposed", "throughput"): (
            "the leader's thread, and clients that wait",
            "min(1 / request_s, clients / (least_s + mean_path_s))",
        ),
    },
    adapt=_with_sites,
)
