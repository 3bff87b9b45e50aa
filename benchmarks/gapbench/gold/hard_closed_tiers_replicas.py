"""Thinking users and three tiers: one primary for all statements against read replicas and cached results.

A closed network of stations with several servers. Replicas apply updates besides: work that nobody waits for takes the
share u of a replica, so that reads there last 1 / (1 - u) times as long. u follows from the throughput, which follows
from u: by a secant between an upper and a lower bound of it.
"""

from benchmarks.gapbench.gold.family import Given, term
from benchmarks.gapbench.gold.hard_family import Figure, HardFamily
from gauntlet.specs.workload import Workload

USERS = Workload(id="users", loop="closed", population="users", think_time="think_s")
SWEPT = Workload(id="users_swept", loop="closed", population="users", think_time="default_think_s")
STRESS = Workload(id="stress", loop="closed", population="users", think_time="think_s")


def _with_replicas(rate: str) -> str:
    """Interactions where each replica applies the updates of so many."""
    share = f"min({rate} * apply_s, busy_with_updates)"
    return (
        "closed_multiserver(population=users, think_time_s=think_s, demands_s=[web_s, application_s, update_s, "
        f"read_s / replicas / (1 - {share})], servers=[web_workers, application_threads, primary_executors, 1], "
        "copies=[1, 1, 1, replicas]).throughput_per_s"
    )


FAMILY = HardFamily(
    given=(
        Given("Z", "default_think_s"),
        Given("Dr", "statement_s", "hardware"),
        Given("Da", "application_s", "hardware"),
        Given("wr", "update_over_read"),
        Given("Dw", "web_s", "hardware"),
        Given("cw", "web_workers", "hardware", whole=True),
        Given("ca", "default_threads", "hardware", whole=True),
        Given("cp", "primary_executors", "hardware", whole=True),
        Given("f", "default_updates"),
        Given("k", "default_replicas", "tuning", whole=True, used_by=("proposed",)),
        Given("hc", "cached_share", used_by=("proposed",)),
        Given("ap", "apply_over_update", used_by=("proposed",)),
        Given("Nf", "default_users", whole=True),
    ),
    defaults={
        "users": "default_users",
        "think_s": "default_think_s",
        "updates": "default_updates",
        "application_threads": "default_threads",
        "replicas": "default_replicas",
    },
    experiments=(
        Figure("throughput_vs_users", "users", "", "throughput", "throughput", SWEPT, x_whole=True),
        Figure(
            "response_vs_users", "users", "", "response", "latency", STRESS, x_whole=True, settings={"think_s": "0.02"}
        ),
        Figure("throughput_vs_updates", "updates", "%", "throughput", "throughput", USERS),
        Figure(
            "response_vs_threads",
            "application_threads",
            "",
            "response",
            "latency",
            STRESS,
            x_whole=True,
            settings={"users": "40", "think_s": "0.02"},
        ),
        Figure(
            "response_vs_replicas",
            "replicas",
            "",
            "response",
            "latency",
            STRESS,
            x_whole=True,
            settings={"users": "30", "think_s": "0.02"},
        ),
        Figure("throughput_vs_think", "think_s", "s", "throughput", "throughput", USERS),
    ),
    terms=(
        term(
            "mixed_s",
            "baseline",
            "A statement at the primary",
            "statement_s * (1 - updates + updates * update_over_read)",
            "b2",
        ),
        term(
            "rate_per_s",
            "baseline",
            "Interactions",
            "closed_multiserver(population=users, think_time_s=think_s, demands_s=[web_s, application_s, mixed_s], "
            "servers=[web_workers, application_threads, primary_executors]).throughput_per_s",
            "b1",
        ),
        term("update_s", None, "Updates at the primary, per interaction", "updates * statement_s * update_over_read"),
        term("read_s", None, "Reads that miss, per interaction", "(1 - updates) * (1 - cached_share) * statement_s"),
        term("apply_s", None, "Updates applied at each replica, per interaction", "update_s * apply_over_update"),
        term("full_per_s", None, "Replicas that never pause", "1 / (read_s / replicas + apply_s)"),
        term("busy_with_updates", "proposed", "Most of a replica that updates take", "apply_s * full_per_s", "p2"),
        term("alone_per_s", "proposed", "If applying cost nothing", _with_replicas("0"), "p1 p3 p4 p5"),
        term("start_per_s", "proposed", "At most", "min(alone_per_s, full_per_s)"),
        term("pass_1_per_s", "proposed", "At least", _with_replicas("start_per_s")),
        term("pass_2_per_s", "proposed", "The next pass", _with_replicas("pass_1_per_s")),
        term(
            "slope",
            "proposed",
            "How much of a change one pass gives back",
            "where(start_per_s > pass_1_per_s, "
            "min((pass_1_per_s - pass_2_per_s) / (start_per_s - pass_1_per_s), 0), 0)",
        ),
        term(
            "secant_per_s",
            "proposed",
            "Where both agree on a straight line",
            "min(pass_1_per_s + (pass_2_per_s - pass_1_per_s) / (1 - slope), start_per_s)",
        ),
        term("pass_3_per_s", "proposed", "The pass from there", _with_replicas("secant_per_s")),
        term(
            "replicated_per_s",
            "proposed",
            "Interactions",
            "min(secant_per_s + (pass_3_per_s - secant_per_s) / (1 - slope), start_per_s)",
        ),
        term("work_s", None, "An interaction that never waits", "web_s + application_s + read_s + update_s"),
        term(
            "slowest_s",
            None,
            "The busiest station, per interaction",
            "max(max(web_s / web_workers, application_s / application_threads), "
            "max(update_s / primary_executors, 1 / full_per_s))",
        ),
    ),
    outputs={
        ("baseline", "throughput"): "rate_per_s",
        ("proposed", "throughput"): "replicated_per_s",
        ("baseline", "response"): "users / rate_per_s - think_s",
        ("proposed", "response"): "users / replicated_per_s - think_s",
    },
    bounds={
        ("proposed", "throughput"): (
            "the busiest station, and users that think",
            "min(users / (think_s + work_s), 1 / slowest_s)",
        ),
        ("proposed", "response"): ("the work, and the busiest station", "max(work_s, users * slowest_s - think_s)"),
    },
)
