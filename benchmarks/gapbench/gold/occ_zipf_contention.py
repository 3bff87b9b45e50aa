"""Optimistic transactions on skewed keys: all keys validated against hot keys kept as commutative increments.

W workers, each of whose attempts takes T and n operations. Two commits on one key are at least T apart, so that a key
which an attempt uses with chance a is free at the end of the attempt with probability s = 1 / (1 + u a), where u is
(W - 1) g^(n - 1) and g, the sum of p s over all keys, is the chance that one operation does not stop the attempt. It
commits with g^n; at least one attempt commits in each T. Failed attempts are replaced by fresh ones, so that g is over
keys as they are drawn. Keys are taken together in groups of ranks, each three times as far as the one before.
"""

from benchmarks.gapbench.gold.family import Experiment, Family, Given, stated, term
from gauntlet.costs.records import Term
from gauntlet.specs.workload import Workload

SWEPT = Workload(id="threads_swept", loop="closed", population="workers", keys="zipf", key_skew="skew")
GROUPS = 10
PROPOSED = ("proposed",)


def _top(skew: str, rank: str) -> str:
    return f"zipf_top_mass(items=records, theta={skew}, top={rank}).mass"


def _group(owner: str, place: int) -> tuple[Term, ...]:
    """Up to which rank a group of keys goes, its share of the operations, and the use of the key that one is on."""
    tag = owner[0]
    last, before = f"{tag}_rank_{place}", f"{tag}_rank_{place - 1}"
    rank = "records" if place == GROUPS else f"min(records, {tag}_rank_0 + reach_{place})"
    alike = f"collisions * ({_top('2 * skew', last)} - {_top('2 * skew', before)})"
    share = f"{tag}_share_{place}"
    return (
        term(last, owner, f"Last rank of group {place}", rank),
        term(share, owner, f"Operations on group {place}", f"{_top('skew', last)} - {_top('skew', before)}"),
        term(
            f"{tag}_use_{place}", owner, "Chance that an attempt uses the key of such an operation",
            f"1 - (1 - where({share} > 0, {alike} / {share}, 0)) ** operations",
        ),
    )  # fmt: skip


def _transactions(owner: str, first_rank: str, steps: str) -> tuple[Term, ...]:
    """How many attempts compete for a key, and commits per attempt time."""
    tag = owner[0]
    free = " + ".join(f"{tag}_share_{n} / (1 + {{0}} * {tag}_use_{n})" for n in range(1, GROUPS + 1))
    goes_on = f"({tag}_safe + {free})"
    return (
        term(f"{tag}_rank_0", owner, "Keys that are not validated", first_rank),
        term(f"{tag}_safe", owner, "Operations on such keys", _top("skew", f"{tag}_rank_0")),
        *(one for place in range(1, GROUPS + 1) for one in _group(owner, place)),
        term(
            f"{tag}_rivals", owner, "Attempts that no other key stops: u",
            f"max_load_at(lambda rival: rival / {goes_on.format('rival')} ** (operations - 1), workers, workers - 1)",
            steps,
        ),
        term(
            f"{tag}_commits", owner, "Commits in the time of an attempt",
            f"max(1, workers * {goes_on.format(f'{tag}_rivals')} ** operations)",
        ),
    )  # fmt: skip


FAMILY = Family(
    given=(
        Given("D", "records", whole=True),
        Given("k", "operations", whole=True),
        Given("op", "operation_s", "hardware"),
        Given("theta", "skew"),
        Given("H", "hot_keys", "tuning", whole=True, used_by=PROPOSED),
        Given("dc", "delta_surcharge", used_by=PROPOSED),
    ),
    variables=(stated("workers_in_skew_sweep", 32, "Worker threads of the skew sweep", "workload"),),
    experiments=(
        Experiment("throughput_vs_threads", "workers", "", "committed_throughput", "throughput", SWEPT, x_whole=True),
        Experiment(
            "throughput_vs_skew",
            "skew",
            "",
            "committed_throughput",
            "throughput",
            SWEPT,
            settings={"workers": "workers_in_skew_sweep"},
        ),
    ),
    terms=(
        term(
            "collisions", None, "Chance that two operations meet", "zipf_skew(items=records, theta=skew).collision_prob"
        ),
        term("reach_1", None, "The hottest validated key", "min(1, records)"),
        *(term(f"reach_{n}", None, "Thrice as far", f"2 * reach_{n - 1} + reach_{n - 1}") for n in range(2, GROUPS)),
        *_transactions("baseline", "0 * records", "b2"),
        term("plain_s", "baseline", "An attempt", "operations * operation_s", "b1"),
        *_transactions("proposed", "min(records, hot_keys)", "p1 p3"),
        term("delta_s", "proposed", "An attempt", "operations * operation_s * (1 + delta_surcharge * p_safe)", "p2 p4"),
    ),
    outputs={
        ("baseline", "committed_throughput"): "b_commits / plain_s",
        ("proposed", "committed_throughput"): "p_commits / delta_s",
    },
    bounds={
        ("proposed", "committed_throughput"): (
            "all threads at work without a conflict",
            "workers / (operations * operation_s)",
        )
    },
    assumptions=("Attempts take equally long.", "Keys are taken independently of one another."),
)
