"""Quorum commit, one batch in flight: batches of any size against batches with a limit.

A round is the leader's flush beside its followers' round trips and flushes, until a majority has reported. All that
waits when a round ends makes the next batch, whose requests the leader first processes one by one.
"""

from benchmarks.gapbench.gold.family import Experiment, Family, Given, assumed, term
from gauntlet.specs.workload import Workload

OPEN = Workload(id="open_loop", loop="open", arrivals="poisson", rate="load_per_s")
CLOSED = Workload(id="closed_loop", loop="closed", population="clients")

FAMILY = Family(
    given=(
        Given("n", "replicas", whole=True),
        Given("rtt", "round_trip_s", "hardware"),
        Given("fsync", "flush_s", "hardware"),
        Given("s", "serial_s"),
        Given("rc", "client_trip_s", "hardware"),
        Given("bmax", "batch_limit", "tuning", whole=True, used_by=("baseline",)),
    ),
    variables=(
        assumed("flush_cv", 0.05, 0.4, "Coefficient of variation of a flush"),
        assumed("trip_cv", 0.05, 0.4, "Coefficient of variation of a round trip between replicas"),
    ),
    experiments=(
        Experiment("latency_vs_load", "load_per_s", "kreq/s", "commit_latency", "latency", OPEN),
        Experiment("throughput_vs_clients", "clients", "", "committed_throughput", "throughput", CLOSED, x_whole=True),
    ),
    terms=(
        term(
            "follower_cv",
            None,
            "Coefficient of variation of a follower's round trip and flush together",
            "sqrt((flush_cv * flush_s) ** 2 + (trip_cv * round_trip_s) ** 2) / (flush_s + round_trip_s)",
        ),
        term("flush_sigma", None, "Lognormal shape of a flush", "sqrt(log(1 + flush_cv ** 2))"),
        term("follower_sigma", None, "Lognormal shape of a follower's answer", "sqrt(log(1 + follower_cv ** 2))"),
        term(
            "round_s",
            None,
            "Until a majority, leader included, has flushed",
            "quorum_commit_latency("
            "leader_s=lognormal(median_s=flush_s / sqrt(1 + flush_cv ** 2), sigma=flush_sigma), "
            "followers=lognormal("
            "median_s=(flush_s + round_trip_s) / sqrt(1 + follower_cv ** 2), sigma=follower_sigma), "
            "quorum_acks=(replicas - 1) / 2, n_followers=replicas - 1).mean_s",
            "b2 p3 p4",
        ),
        term(
            "batched_s",
            None,
            "In the queue and in one's batch, batches of any size",
            "dynamic_batching(arrival_rate_per_s=load_per_s, fixed_s=round_s, per_item_s=serial_s).mean_response_s",
            "p1 p2",
        ),
        term(
            "full_round_s",
            "baseline",
            "A round with as many requests as fit",
            "round_s + batch_limit * serial_s",
            "b1 b3",
        ),
        term(
            "cycle_s",
            None,
            "Two rounds: clients of one batch come back while the other batch commits",
            "2 * round_s + clients * serial_s",
            "p1 p2",
        ),
        term("alone_s", None, "A lone client's request", "client_trip_s + round_s + serial_s", "p5"),
    ),
    outputs={
        ("baseline", "commit_latency"): "client_trip_s + batched_s",
        ("proposed", "commit_latency"): "client_trip_s + batched_s",
        ("baseline", "committed_throughput"): (
            "where(clients < 2, 1 / alone_s, min(clients / cycle_s, batch_limit / full_round_s))"
        ),
        ("proposed", "committed_throughput"): "where(clients < 2, 1 / alone_s, clients / cycle_s)",
    },
    bounds={
        ("proposed", "commit_latency"): ("one round trip and one flush at a majority", "alone_s"),
        ("proposed", "committed_throughput"): (
            "the leader's thread, and clients that wait for their commit",
            "min(1 / serial_s, clients / alone_s)",
        ),
    },
    assumptions=(
        "At loads below three quarters of its capacity, the baseline's batch limit hardly ever cuts a batch.",
        "Flushes and round trips are lognormal.",
        "Clients come back before the batch after theirs ends.",
    ),
)
