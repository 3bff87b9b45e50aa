"""Thinking users and three tiers: one database against partitions of it.

A closed network of single servers (exact mean value analysis); each partition sees its share of the visits.
"""

from benchmarks.gapbench.gold.family import Experiment, Family, Given, term
from gauntlet.costs.records import Term
from gauntlet.specs.workload import Workload

USERS = Workload(id="users_swept", loop="closed", population="users", think_time="think_s")
FIXED = Workload(id="users_fixed", loop="closed", population="users_in_partition_sweep", think_time="think_s")
MOST_PARTITIONS = 8
"""More than any paper of the family draws or allows."""

PARTITIONS = ", ".join(f"partition_{place}_s" for place in range(1, MOST_PARTITIONS + 1))


def _network(users: str, stations: str) -> str:
    return f"mva_exact(population={users}, think_time_s=think_s, demands_s=[web_s, application_s, {stations}])"


def _partition(place: int) -> tuple[Term, Term]:
    """Demand of one more partition, where there is one."""
    there = f"beyond_{place - 1}"
    demand = f"where({there} > 0, visit_s / partitions, 0)"
    return (
        term(f"partition_{place}_s", "proposed", f"Demand of partition {place}", demand, "p3"),
        term(f"beyond_{place}", "proposed", f"Partitions beyond {place}", f"{there} - 1"),
    )


FAMILY = Family(
    given=(
        Given("Z", "think_s"),
        Given("Ddb", "database_s"),
        Given("Dapp", "application_s"),
        Given("Dw", "web_s"),
        Given("k", "partitions", "tuning", whole=True, used_by=("proposed",)),
        Given("ov", "routing_overhead", used_by=("proposed",)),
        Given("Nfix", "users_in_partition_sweep", whole=True),
    ),
    experiments=(
        Experiment("throughput_vs_users", "users", "", "throughput", "throughput", USERS, x_whole=True),
        Experiment(
            "response_vs_partitions",
            "partitions",
            "",
            "response_time",
            "latency",
            FIXED,
            settings={"users": "users_in_partition_sweep"},
        ),
    ),
    terms=(
        term(
            "visit_s",
            "proposed",
            "Work of a visit to a partition",
            "database_s * (1 + where(partitions > 1, routing_overhead, 0))",
            "p4",
        ),
        term("partition_1_s", "proposed", "Demand of the first partition", "visit_s / partitions", "p3"),
        term("beyond_1", "proposed", "Partitions beyond the first", "partitions - 1"),
        *(part for place in range(2, MOST_PARTITIONS + 1) for part in _partition(place)),
        term(
            "rate_of_one_per_s",
            "baseline",
            "Throughput with one database",
            f"{_network('users', 'database_s')}.throughput_per_s",
            "b1",
        ),
        term(
            "response_of_one_s",
            "baseline",
            "Response with one database",
            f"{_network('users', 'database_s')}.response_s",
            "b1",
        ),
        term(
            "rate_of_many_per_s",
            "proposed",
            "Throughput with partitions",
            f"{_network('users', PARTITIONS)}.throughput_per_s",
            "p1 p2 p5",
        ),
        term(
            "response_of_many_s",
            "proposed",
            "Response with partitions",
            f"{_network('users', PARTITIONS)}.response_s",
            "p1 p2 p5",
        ),
        term("work_s", None, "Work of an interaction that never waits", "web_s + application_s + database_s"),
    ),
    outputs={
        ("baseline", "throughput"): "rate_of_one_per_s",
        ("proposed", "throughput"): "rate_of_many_per_s",
        ("baseline", "response_time"): "response_of_one_s",
        ("proposed", "response_time"): "response_of_many_s",
    },
    bounds={
        ("proposed", "throughput"): (
            "the slowest tier, and users that think",
            "min(users / (think_s + work_s), 1 / max(application_s, database_s / partitions))",
        ),
        ("proposed", "response_time"): ("the work of an interaction", "work_s"),
    },
)
