"""Atomic commitment over shards: two phases and a decision record against one phase.

A phase ends with the slowest of its participants, each of which answers after a round trip, its place in the queue of
its log device (M/G/1) and a write. Every participant of a transaction writes twice, in both systems.
"""

from benchmarks.gapbench.gold.family import Experiment, Family, Given, assumed, stated, term
from gauntlet.specs.workload import Workload

OPEN = Workload(id="open_loop", loop="open", arrivals="poisson", rate="load_per_s")
LIGHT = Workload(id="light_load", loop="open", arrivals="poisson")

FAMILY = Family(
    given=(
        Given("shards", "shards", whole=True),
        Given("rtt", "round_trip_s", "hardware"),
        Given("f", "write_s", "hardware"),
        Given("m", "participants", whole=True),
        Given("rho_low", "light_utilisation"),
    ),
    variables=(
        stated("takacs_divisor", 3, "Divisor of the third moment in the second moment of an M/G/1 wait (Takacs 1962)"),
        assumed("write_cv", 0.05, 0.4, "Coefficient of variation of a durable write"),
        assumed("trip_cv", 0.05, 0.4, "Coefficient of variation of a round trip"),
    ),
    experiments=(
        Experiment("latency_vs_load", "load_per_s", "ktxn/s", "commit_latency", "latency", OPEN),
        Experiment(
            "latency_vs_shards",
            "participants",
            "",
            "commit_latency",
            "latency",
            LIGHT,
            settings={"load_per_s": "light_utilisation * shards / (2 * participants * write_s)"},
        ),
    ),
    terms=(
        term(
            "device_load_per_s",
            None,
            "Records per log device: prepare and commit of each participant",
            "2 * load_per_s * participants / shards",
            "p4",
        ),
        term("utilisation", None, "Share of time that a log device writes", "device_load_per_s * write_s"),
        term(
            "wait_s",
            None,
            "Wait for the log device",
            "mg1_pk(arrival_rate_per_s=device_load_per_s, mean_service_s=write_s, "
            "service_scv=write_cv ** 2).mean_wait_s",
            "p2",
        ),
        term(
            "cubed_write_s",
            None,
            "Third moment of a lognormal write over its second",
            "write_s * (1 + write_cv ** 2) ** 2",
        ),
        term(
            "wait_variance_s2",
            None,
            "Variance of the wait",
            "wait_s ** 2 + wait_s * 2 * cubed_write_s / takacs_divisor",
        ),
        term("answer_s", None, "A participant's answer: round trip, wait and write", "round_trip_s + wait_s + write_s"),
        term(
            "answer_scv",
            None,
            "Its variance over its squared mean",
            "(wait_variance_s2 + (write_cv * write_s) ** 2 + (trip_cv * round_trip_s) ** 2) / answer_s ** 2",
        ),
        term(
            "phase_s",
            None,
            "The last participant's answer",
            "parallel_steps(law='lognormal', times_s=[answer_s], copies=[participants], scvs=[answer_scv]).mean_s",
            "b1 p1 p3",
        ),
        term("commit_phase_s", "baseline", "The second phase, as long as the first", "phase_s", "b3"),
        term("decision_s", "baseline", "The coordinator's record, on a log of its own", "write_s", "b2"),
    ),
    outputs={
        ("baseline", "commit_latency"): "phase_s + decision_s + commit_phase_s",
        ("proposed", "commit_latency"): "phase_s",
    },
    bounds={("proposed", "commit_latency"): ("one round trip and one durable write", "round_trip_s + write_s")},
    assumptions=("A participant's answer is lognormal.",),
)
