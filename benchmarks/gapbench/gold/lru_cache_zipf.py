"""A look-aside cache under skewed popularity: objects as they are against objects compressed."""

from benchmarks.gapbench.gold.family import Experiment, Family, Given, term
from gauntlet.specs.workload import Workload

READS = Workload(id="reads", loop="open", arrivals="none", keys="zipf", key_skew="skew")


def _hits(capacity: str) -> str:
    return f"che_lru_zipf(items=objects, theta=skew, capacity={capacity}).hit_ratio"


FAMILY = Family(
    given=(
        Given("N", "objects", whole=True),
        Given("alpha", "skew"),
        Given("rho", "compression", used_by=("proposed",)),
        Given("hit", "hit_s", "hardware"),
        Given("dec", "decompression_s", "hardware", used_by=("proposed",)),
        Given("miss", "miss_s", "hardware"),
        Given("C0", "memory_in_skew_sweep"),
    ),
    experiments=(
        Experiment("latency_vs_capacity", "memory_share", "%", "read_latency", "latency", READS, x_role="tuning"),
        Experiment(
            "latency_vs_skew",
            "skew",
            "",
            "read_latency",
            "latency",
            READS,
            settings={"memory_share": "memory_in_skew_sweep"},
        ),
    ),
    terms=(
        term(
            "plain_hits",
            "baseline",
            "Hit ratio, objects as they are",
            _hits("max(1, floor(objects * memory_share))"),
            "b2",
        ),
        term(
            "dense_hits",
            "proposed",
            "Hit ratio, more objects in the same memory",
            _hits("max(1, floor(objects * memory_share * compression))"),
            "p1 p2",
        ),
        term("plain_s", "baseline", "Hits and misses", "plain_hits * hit_s + (1 - plain_hits) * miss_s", "b1"),
        term(
            "dense_s",
            "proposed",
            "Hits with decompression, and misses",
            "dense_hits * (hit_s + decompression_s) + (1 - dense_hits) * miss_s",
            "p3 p4",
        ),
    ),
    outputs={("baseline", "read_latency"): "plain_s", ("proposed", "read_latency"): "dense_s"},
    bounds={("proposed", "read_latency"): ("a look-up that hits", "hit_s")},
)
