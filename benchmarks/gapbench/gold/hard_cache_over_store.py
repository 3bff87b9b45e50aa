"""Caches of one node each in front of a store against one cache spread over all nodes.

The store serves misses and writes as M/M/c. A request waits for its node, and for the hop to the owner of its object
where that is another one; hits end there. The distribution is that of the mixture: hits at a node, hits after a hop,
and the store's visits behind either, whose tail is that of `mmc_response`.
"""

from benchmarks.gapbench.gold.family import Given, stated, term
from benchmarks.gapbench.gold.hard_family import Figure, HardFamily
from gauntlet.costs.records import Term
from gauntlet.specs.workload import Workload

OPEN = Workload(id="open_loop", loop="open", arrivals="poisson", rate="load_per_s", keys="zipf", key_skew="skew")
FIXED = Workload(id="fixed_load", loop="open", arrivals="poisson", keys="zipf", key_skew="skew")
CLOSED = Workload(id="closed_loop", loop="closed", population="clients", keys="zipf", key_skew="skew")
SYSTEMS = {"b": "baseline", "p": "proposed"}


def _beyond(time: str) -> str:
    """Tail of the store's response, 1 before its start."""
    after = f"max(0, {time})"
    fast, slow = f"exp(0 - {after} / store_s)", f"exp(0 - {after} * p_spare_per_s)"
    return (
        f"((1 - p_busy) * {fast} + p_busy * (p_spare_per_s * {fast} - {slow} / store_s) / "
        "(p_spare_per_s - 1 / store_s))"
    )


def _within(time: str) -> str:
    """Share of the requests that end within a time, with owners on other nodes."""
    soon, later = (f"(1 - {_beyond(f'{time} - {path}')})" for path in ("local_s", "local_s - hop_s"))
    near = f"p_hits * own_share + (writes + p_misses * own_share) * {soon}"
    far = f"(1 - own_share) * (p_hits + p_misses * {later})"
    return f"where({time} < local_s, 0, {near}) + where({time} < local_s + hop_s, 0, {far})"


def _shared(tag: str, capacity: str, path: str) -> tuple[Term, ...]:
    owner = SYSTEMS[tag]
    hits = f"che_lru_zipf(items=objects, theta=skew, capacity={capacity}).hit_ratio"
    return (
        term(f"{tag}_read_hits", owner, "Hit ratio of reads", hits, "b1" if tag == "b" else "p1 p3"),
        term(f"{tag}_hits", owner, "Requests that hit", f"(1 - writes) * {tag}_read_hits"),
        term(f"{tag}_misses", owner, "Reads that miss", f"(1 - writes) * (1 - {tag}_read_hits)"),
        term(
            f"{tag}_visits",
            owner,
            "Requests that visit the store",
            f"writes + {tag}_misses",
            "b2 b4" if tag == "b" else "p4",
        ),
        term(f"{tag}_store_per_s", owner, "Load of the store", f"load_per_s * {tag}_visits"),
        term(
            f"{tag}_mean_s",
            owner,
            "Mean latency",
            f"{path} + {tag}_visits * mmc(arrival_rate_per_s={tag}_store_per_s, service_time_s=store_s, "
            "servers=parallel).mean_response_s",
            "b3" if tag == "b" else "p4",
        ),
        term(
            f"{tag}_closed_per_s",
            owner,
            "Throughput of clients that wait",
            f"finite_source_mmc(population=clients, think_time_s={path}, service_time_s={tag}_visits * store_s, "
            "servers=parallel).throughput_per_s",
            "b3" if tag == "b" else "p4",
        ),
    )


def _alone(level: str) -> str:
    """Quantile where each node answers its own hits."""
    behind = (
        f"mmc_response(arrival_rate_per_s=b_store_per_s, service_time_s=store_s, servers=parallel, "
        f"quantile=max(0, 1 - (1 - {level}) / b_visits)).response_quantile_s"
    )
    return f"local_s + where(1 - {level} < b_visits, {behind}, 0)"


def _owned(level: str) -> str:
    """Quantile where most objects have their owner elsewhere."""
    return (
        f"where(p_store_per_s * store_s < parallel, max_load_at(lambda time: {_within('time')}, longest_s, {level}), "
        "1 / (0 * store_s))"
    )


def _idle(level: str) -> str:
    """No wait at the store, and the most popular objects in the caches."""
    return f"local_s + where(1 - {level} < least_visits, 0 - store_s * log(min(1, (1 - {level}) / least_visits)), 0)"


FAMILY = HardFamily(
    given=(
        Given("al", "default_skew"),
        Given("Mo", "objects", whole=True),
        Given("C", "default_capacity", whole=True),
        Given("n", "default_nodes", "hardware", whole=True),
        Given("S", "store_s", "hardware"),
        Given("th", "local_s", "hardware"),
        Given("hop", "hop_s", "hardware", used_by=("proposed",)),
        Given("cs", "parallel", "hardware", whole=True),
        Given("w", "default_writes"),
        Given("lam", "default_load_per_s"),
        Given("Nc", "clients_per_node", whole=True),
    ),
    variables=(
        stated("p99_level", 0.99, "Share below the 99th percentile"),
        stated("many", 16.0, "Mean times after which nearly all have ended"),
    ),
    defaults={
        "skew": "default_skew",
        "capacity": "default_capacity",
        "nodes": "default_nodes",
        "writes": "default_writes",
        "load_per_s": "default_load_per_s",
        "clients": "clients_per_node * nodes",
    },
    experiments=(
        Figure("p99_vs_load", "load_per_s", "kreq/s", "p99", "latency", OPEN, "quantile", 0.99),
        Figure(
            "mean_vs_load",
            "load_per_s",
            "kreq/s",
            "mean",
            "latency",
            OPEN,
            settings={"capacity": "floor(default_capacity / 2)"},
        ),
        Figure("throughput_vs_nodes", "nodes", "", "throughput", "throughput", CLOSED, x_whole=True),
        Figure("hit_vs_capacity", "capacity", "", "hit_ratio", "hit_ratio", FIXED, x_whole=True),
        Figure("throughput_vs_skew", "skew", "", "throughput", "throughput", CLOSED),
        Figure("latency_cdf", "percentile", "%", "latency", "latency", FIXED, "quantile"),
        Figure("speedup_vs_writes", "writes", "%", "throughput", "throughput", CLOSED, relative=True),
    ),
    terms=(
        term("own_share", None, "Requests that arrive at the owner", "1 / nodes", "p1"),
        term(
            "hop_path_s", None, "Before the store, on average", "local_s + (1 - writes) * (1 - own_share) * hop_s", "p2"
        ),
        *_shared("b", "capacity", "local_s"),
        *_shared("p", "capacity * nodes", "hop_path_s"),
        term(
            "p_busy",
            "proposed",
            "Store visits that wait",
            "mmc(arrival_rate_per_s=p_store_per_s, service_time_s=store_s, servers=parallel).prob_wait",
        ),
        term("p_spare_per_s", "proposed", "Rate at which waits end", "parallel / store_s - p_store_per_s"),
        term(
            "longest_s",
            "proposed",
            "Later than nearly all",
            "local_s + hop_s + many * (store_s + 1 / max(p_spare_per_s, 0))",
        ),
        term(
            "most_hits",
            None,
            "Hits if the most popular objects stayed",
            "zipf_top_mass(items=objects, theta=skew, top=min(capacity * nodes, objects)).mass",
        ),
        term("least_visits", None, "Requests that no cache can spare the store", "1 - (1 - writes) * most_hits"),
        term("b_p99_s", "baseline", "99th percentile", _alone("p99_level")),
        term("b_latency_s", "baseline", "Any percentile", _alone("percentile")),
        term("p_p99_s", "proposed", "99th percentile", _owned("p99_level")),
        term("p_latency_s", "proposed", "Any percentile", _owned("percentile")),
    ),
    outputs={
        (owner, metric): f"{tag}_{name}"
        for tag, owner in SYSTEMS.items()
        for metric, name in (
            ("p99", "p99_s"),
            ("mean", "mean_s"),
            ("throughput", "closed_per_s"),
            ("hit_ratio", "read_hits"),
            ("latency", "latency_s"),
        )
    },
    bounds={
        ("proposed", "p99"): ("the store's service for what no cache holds", _idle("p99_level")),
        ("proposed", "latency"): ("the store's service for what no cache holds", _idle("percentile")),
        ("proposed", "mean"): ("the store's service for what no cache holds", "local_s + least_visits * store_s"),
        ("proposed", "throughput"): (
            "the store for what no cache holds, and clients that wait",
            "min(parallel / store_s / least_visits, clients / (local_s + least_visits * store_s))",
        ),
        ("proposed", "hit_ratio"): ("the most popular objects", "most_hits"),
    },
)
