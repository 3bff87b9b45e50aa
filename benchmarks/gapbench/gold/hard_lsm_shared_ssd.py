"""LSM-trees on one SSD: levelled throughout against several runs in all levels but the last, and skewed filters.

Levels grow by the fan-out from the memtable on, all full but the last. Compaction runs at a share of the device while
it has work, so that reads are slower by the rest in a part of time; a get reads once, and once more per false positive.
"""

from benchmarks.gapbench.gold.family import Given, stated, term
from benchmarks.gapbench.gold.hard_family import Figure, HardFamily
from gauntlet.costs.records import Term
from gauntlet.specs.workload import Workload

PUTS = Workload(id="puts", loop="unstated", arrivals="saturating")
GETS = Workload(id="gets", loop="open", arrivals="poisson", rate="gets_per_s")
MIXED = Workload(id="gets_beside_puts", loop="open", arrivals="poisson")
SYSTEMS = {"b": "baseline", "p": "proposed"}


def _beyond(tag: str, phase: str) -> str:
    """Tail of a get in one phase: its first read behind the queue, or two or more reads of the phase's mean."""
    mean, part = f"{tag}_{phase}_s", f"exp(0 - time / {tag}_{phase}_s)"
    read, spare, busy = f"{tag}_{phase}_read_s", f"{tag}_{phase}_spare_per_s", f"{tag}_{phase}_busy"
    first = (
        f"((1 - {busy}) * exp(0 - time / {read}) + {busy} * ({spare} * exp(0 - time / {read}) - "
        f"exp(0 - time * {spare}) / {read}) / ({spare} - 1 / {read}))"
    )
    two = f"{part} * (1 + time / {mean})"
    return (
        f"exp(0 - {tag}_extra) * ({first} + {tag}_extra * {two}) + (1 - exp(0 - {tag}_extra) * (1 + {tag}_extra)) * "
        f"({two} + 0.5 * {part} * (time / {mean}) ** 2)"
    )


def _quantile(tag: str, level: str) -> str:
    within = f"1 - (1 - {tag}_duty) * ({_beyond(tag, 'calm')}) - {tag}_duty * ({_beyond(tag, 'merging')})"
    return _steady(tag, f"max_load_at(lambda time: {within}, {tag}_longest_s, {level})")


def _steady(tag: str, time: str) -> str:
    """A time, infinite where reads pile up while compaction runs."""
    return f"where({tag}_reads_per_s * {tag}_merging_read_s < channels, {time}, 1 / (0 * random_read_s))"


def _system(tag: str, written: str, extra: str, share: str, steps: tuple[str, str, str]) -> tuple[Term, ...]:
    owner = SYSTEMS[tag]

    def phase(name: str, slower: str) -> tuple[Term, ...]:
        queue = f"mmc(arrival_rate_per_s={tag}_reads_per_s, service_time_s={tag}_{name}_read_s, servers=channels)"
        return (
            term(f"{tag}_{name}_read_s", owner, "One device read", f"random_read_s / {slower}"),
            term(f"{tag}_{name}_s", owner, "The same with its queue", f"{queue}.mean_response_s"),
            term(f"{tag}_{name}_busy", owner, "Reads that wait", f"{queue}.prob_wait"),
            term(
                f"{tag}_{name}_spare_per_s",
                owner,
                "Rate at which waits end",
                f"channels / {tag}_{name}_read_s - {tag}_reads_per_s",
            ),
        )

    return (
        term(f"{tag}_written", owner, "Writes per byte put", written, steps[0]),
        term(
            f"{tag}_puts_per_s",
            owner,
            "Puts that the device can take",
            f"write_bytes_per_s / (entry_bytes * {tag}_written)",
        ),
        term(
            f"{tag}_duty",
            owner,
            "Part of time with compaction",
            f"min(1, puts_per_s / ({tag}_puts_per_s * {share}))",
            steps[1],
        ),
        term(f"{tag}_extra", owner, "False positives per get", extra, steps[2]),
        term(f"{tag}_reads_per_s", owner, "Device reads", f"gets_per_s * (1 + {tag}_extra)"),
        *phase("calm", "1"),
        *phase("merging", f"(1 - {share})"),
        term(
            f"{tag}_mean_s",
            owner,
            "Mean get",
            _steady(tag, f"(1 + {tag}_extra) * ((1 - {tag}_duty) * {tag}_calm_s + {tag}_duty * {tag}_merging_s)"),
            "b6" if tag == "b" else "p5",
        ),
        term(f"{tag}_longest_s", owner, "Later than nearly all", f"many * {tag}_merging_s"),
        term(f"{tag}_p99_s", owner, "99th percentile", _quantile(tag, "p99_level")),
        term(f"{tag}_latency_s", owner, "Any percentile", _quantile(tag, "percentile")),
    )


FAMILY = HardFamily(
    given=(
        Given("bw", "nominal_bytes_per_s", "hardware"),
        Given("eff", "sustained_share", "hardware"),
        Given("tio", "random_read_s", "hardware"),
        Given("ch", "channels", "hardware", whole=True),
        Given("ent", "default_entry_bytes"),
        Given("T", "default_fanout", "tuning", whole=True),
        Given("buf", "memtable_bytes", "tuning"),
        Given("D", "default_data_bytes"),
        Given("bits", "default_bits", "tuning"),
        Given("ph", "merging_share", "tuning", used_by=("baseline",)),
        Given("phs", "limited_share", "tuning", used_by=("proposed",)),
        Given("wl", "default_puts_per_s"),
        Given("rl", "default_gets_per_s"),
    ),
    variables=(
        stated("p99_level", 0.99, "Share below the 99th percentile"),
        stated("many", 16.0, "Mean times after which nearly all have ended"),
        stated("one_bit_share", 0.6185, "False positives of a filter of one bit per key"),
    ),
    defaults={
        "entry_bytes": "default_entry_bytes",
        "fanout": "default_fanout",
        "data_bytes": "default_data_bytes",
        "bits": "default_bits",
        "puts_per_s": "default_puts_per_s",
        "gets_per_s": "default_gets_per_s",
    },
    experiments=(
        Figure("puts_vs_entry", "entry_bytes", "B", "put_rate", "throughput", PUTS),
        Figure("puts_vs_data", "data_bytes", "GB", "put_rate", "throughput", PUTS),
        Figure(
            "mean_vs_gets",
            "gets_per_s",
            "kops/s",
            "mean",
            "latency",
            GETS,
            settings={"puts_per_s": "0.8 * default_puts_per_s"},
        ),
        Figure("p99_vs_puts", "puts_per_s", "kops/s", "p99", "latency", MIXED, "quantile", 0.99),
        Figure(
            "mean_vs_bits", "bits", "", "mean", "latency", MIXED, settings={"puts_per_s": "0.25 * default_puts_per_s"}
        ),
        Figure("latency_cdf", "percentile", "%", "latency", "latency", MIXED, "quantile"),
        Figure("speedup_vs_fanout", "fanout", "", "put_rate", "throughput", PUTS, relative=True, x_whole=True),
    ),
    terms=(
        term("write_bytes_per_s", None, "Sustained writes", "nominal_bytes_per_s * sustained_share"),
        term(
            "full_levels",
            None,
            "Levels above the last",
            "ceil(log(data_bytes * (fanout - 1) / (memtable_bytes * fanout) + 1) / log(fanout)) - 1",
        ),
        term("above_bytes", None, "The last of them", "memtable_bytes * fanout ** full_levels"),
        term(
            "last_bytes",
            None,
            "The last level",
            "max(0, data_bytes - memtable_bytes * fanout * (fanout ** full_levels - 1) / (fanout - 1))",
        ),
        term("last_merge", None, "Rewritten in the last level", "0.5 * last_bytes / above_bytes"),
        term("false_positives", None, "Of one filter of the baseline", "one_bit_share ** bits"),
        *_system(
            "b",
            "2 + full_levels * (1 + 0.5 * fanout) + last_merge",
            "full_levels * false_positives",
            "merging_share",
            ("b1 b2", "b3 b4", "b5"),
        ),
        *_system(
            "p",
            "2 + full_levels + last_merge",
            "0.5 * fanout * false_positives * (1 - fanout ** (0 - full_levels)) / (1 - 1 / fanout)",
            "limited_share",
            ("p1 p2", "p4", "p3"),
        ),
    ),
    outputs={
        (owner, metric): f"{tag}_{name}"
        for tag, owner in SYSTEMS.items()
        for metric, name in (("put_rate", "puts_per_s"), ("mean", "mean_s"), ("p99", "p99_s"), ("latency", "latency_s"))
    },
    bounds={
        ("proposed", "put_rate"): (
            "the device's writes, each level once and the log",
            "nominal_bytes_per_s * sustained_share / (entry_bytes * (full_levels + 2))",
        ),
        ("proposed", "mean"): ("one device read", "random_read_s"),
        ("proposed", "p99"): ("one device read", "0 - random_read_s * log(1 - p99_level)"),
        ("proposed", "latency"): ("one device read", "0 - random_read_s * log(1 - percentile)"),
    },
)
