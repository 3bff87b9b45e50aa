"""Optimistic transactions that run again until they commit: keys exposed throughout against keys read late.

An execution of exponential length T commits unless another commit updates one of its keys while they are exposed, which
others do at a rate x (1 - 1/W) q: x is the throughput of all W workers and q the probability that two transactions
share a key. The exposed part w T survives with probability 1 / (1 + w T x (1 - 1/W) q), every time anew with the same
keys, so that a commit takes A = 1 + w T x (1 - 1/W) q executions and A - 1 pauses, and x (A T + (A - 1) pause) = W is a
quadratic.
"""

from benchmarks.gapbench.gold.family import Given, term
from benchmarks.gapbench.gold.hard_family import Figure, HardFamily
from gauntlet.costs.records import Term
from gauntlet.specs.workload import Workload

WORKERS = Workload(id="workers", loop="closed", population="workers", keys="zipf", key_skew="skew")


def _terms(owner: str, attempt: str, exposed: str, steps: str) -> tuple[Term, ...]:
    tag = owner[0]
    return (
        term(f"{tag}_attempt_s", owner, "One execution", attempt),
        term(
            f"{tag}_conflict_s",
            owner,
            "Executions lost per commit of all workers, times a second",
            f"{exposed} * {tag}_attempt_s * (1 - 1 / workers) * shared_keys",
        ),
        term(
            f"{tag}_root_s",
            owner,
            "Root of the quadratic",
            f"sqrt({tag}_attempt_s ** 2 + 2 * (2 * {tag}_conflict_s * ({tag}_attempt_s + pause_s) * workers))",
        ),
        term(f"{tag}_commits_per_s", owner, "Commits", f"2 * workers / ({tag}_attempt_s + {tag}_root_s)", steps),
        term(f"{tag}_attempts", owner, "Executions per commit", f"1 + {tag}_conflict_s * {tag}_commits_per_s", steps),
    )


FAMILY = HardFamily(
    given=(
        Given("t0", "execution_s"),
        Given("bk", "pause_s", "tuning"),
        Given("m", "default_keys", whole=True),
        Given("nk", "default_rows", whole=True),
        Given("th", "default_skew"),
        Given("ph", "exposed_share", "protocol", used_by=("proposed",)),
        Given("ov", "overhead", "protocol", used_by=("proposed",)),
        Given("nt", "default_workers", whole=True),
    ),
    defaults={"workers": "default_workers", "keys": "default_keys", "rows": "default_rows", "skew": "default_skew"},
    experiments=(
        Figure("throughput_vs_threads", "workers", "", "throughput", "throughput", WORKERS, x_whole=True),
        Figure("throughput_vs_skew", "skew", "", "throughput", "throughput", WORKERS),
        Figure(
            "attempts_vs_threads",
            "workers",
            "",
            "attempts",
            "other",
            WORKERS,
            x_whole=True,
            settings={"keys": "default_keys + 1"},
        ),
        Figure("throughput_vs_keys", "keys", "", "throughput", "throughput", WORKERS, x_whole=True),
        Figure(
            "latency_vs_threads",
            "workers",
            "",
            "latency",
            "latency",
            WORKERS,
            x_whole=True,
            settings={"skew": "0.75"},
        ),
        Figure(
            "speedup_vs_tablesize",
            "thousand_rows",
            "",
            "throughput",
            "throughput",
            WORKERS,
            relative=True,
            settings={"rows": "1000 * thousand_rows"},
        ),
    ),
    terms=(
        term(
            "shared_keys",
            None,
            "Two transactions share a key",
            "conflict_probability_zipf(items=rows, theta=skew, accesses_a=keys, accesses_b=keys).pair_conflict_prob",
        ),
        *_terms("baseline", "execution_s", "1", "b1 b2 b3 b4"),
        *_terms("proposed", "execution_s * (1 + overhead)", "exposed_share", "p1 p2 p3"),
    ),
    outputs={
        ("baseline", "throughput"): "b_commits_per_s",
        ("proposed", "throughput"): "p_commits_per_s",
        ("baseline", "attempts"): "b_attempts",
        ("proposed", "attempts"): "p_attempts",
        ("baseline", "latency"): "workers / b_commits_per_s",
        ("proposed", "latency"): "workers / p_commits_per_s",
    },
    bounds={
        ("proposed", "throughput"): ("workers that never abort", "workers / execution_s"),
        ("proposed", "latency"): ("one execution", "execution_s"),
    },
)
