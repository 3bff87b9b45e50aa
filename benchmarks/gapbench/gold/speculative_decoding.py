"""One token per pass of the model against several drafted tokens checked in one pass."""

from benchmarks.gapbench.gold.family import Experiment, Family, Given, term
from gauntlet.specs.workload import Workload

ONE = Workload(id="one_sequence", loop="batch", arrivals="none")
PROPOSED = ("proposed",)

FAMILY = Family(
    given=(
        Given("W", "weight_bytes"),
        Given("bw", "memory_bytes_per_s", "hardware"),
        Given("eff", "memory_share", "hardware"),
        Given("oh", "fixed_s", "hardware"),
        Given("td", "draft_s", "hardware", used_by=PROPOSED),
        Given("ver", "check_surcharge", used_by=PROPOSED),
        Given("alpha", "acceptance", used_by=PROPOSED),
        Given("g", "drafted_in_task_sweep", "tuning", whole=True, used_by=PROPOSED),
    ),
    experiments=(
        Experiment(
            "rate_vs_draft_length", "drafted", "", "decoding_speed", "throughput", ONE, x_role="tuning", x_whole=True
        ),
        Experiment(
            "rate_vs_acceptance",
            "acceptance",
            "%",
            "decoding_speed",
            "throughput",
            ONE,
            settings={"drafted": "drafted_in_task_sweep"},
        ),
    ),
    terms=(
        term(
            "pass_s",
            None,
            "A pass that streams the weights once",
            "weight_bytes / (memory_bytes_per_s * memory_share) + fixed_s",
            "b1",
        ),
        term(
            "kept",
            "proposed",
            "Tokens of a round: the accepted ones and one of the model's own",
            "speculative_decoding(acceptance=acceptance, draft_tokens=drafted, "
            "draft_cost_ratio=draft_s / pass_s).expected_tokens",
            "p3 p4",
        ),
        term(
            "round_s",
            "proposed",
            "Drafts one after the other, then the check",
            "drafted * draft_s + pass_s * (1 + check_surcharge)",
            "p1 p2 p5",
        ),
    ),
    outputs={("baseline", "decoding_speed"): "1 / pass_s", ("proposed", "decoding_speed"): "kept / round_s"},
    bounds={
        ("proposed", "decoding_speed"): (
            "memory bandwidth of the data sheet, every draft accepted",
            "(drafted + 1) * memory_bytes_per_s / weight_bytes",
        )
    },
)
