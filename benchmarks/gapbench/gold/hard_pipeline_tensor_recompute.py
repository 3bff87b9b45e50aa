"""Pipeline- and tensor-parallel training: all activations stored against recomputation for larger micro-batches."""

from benchmarks.gapbench.gold.family import Given, stated, term
from benchmarks.gapbench.gold.hard_family import Figure, HardFamily
from gauntlet.costs.records import Term
from gauntlet.specs.workload import Workload

TRAINING = Workload(id="training", loop="batch")


def _system(tag: str, owner: str, batch: str, shown: str, again: str, steps: tuple[str, str, str]) -> tuple[Term, ...]:
    return (
        term(f"{tag}_items", owner, "Micro-batches", f"max(1, floor(sequences / {batch}))", steps[2]),
        term(
            f"{tag}_compute_s",
            owner,
            "Forward arithmetic of a stage",
            f"layers / stages * forward_flop * {batch} / tensor / "
            f"(peak_flops_per_s * efficiency * {batch} / ({batch} + half_batch))",
            steps[0],
        ),
        term(
            f"{tag}_reduce_s",
            owner,
            "All-reduces of a stage and pass",
            f"layers / stages * 2 * (2 * (tensor - 1) / tensor) * "
            f"activation_bytes * {batch} / bus_bytes_per_s * {shown}",
            steps[1],
        ),
        term(f"{tag}_forward_s", owner, "Forward pass of a stage", f"{tag}_compute_s + {tag}_reduce_s"),
        term(
            f"{tag}_backward_s", owner, "Backward pass of a stage", f"(2 + {again}) * {tag}_compute_s + {tag}_reduce_s"
        ),
        term(
            f"{tag}_iteration_s",
            owner,
            "Iteration",
            f"pipeline_1f1b(stages=stages, microbatches={tag}_items, forward_s={tag}_forward_s, "
            f"backward_s={tag}_backward_s, cv=pass_cv).time_s + end_s",
            steps[2],
        ),
    )


FAMILY = HardFamily(
    given=(
        Given("peak", "peak_flops_per_s", "hardware"),
        Given("em", "efficiency", "hardware"),
        Given("b0", "half_batch", "hardware"),
        Given("L", "layers", whole=True),
        Given("t", "default_tensor", "tuning", whole=True),
        Given("pp", "default_stages", "tuning", whole=True),
        Given("fl", "forward_flop"),
        Given("ab", "activation_bytes"),
        Given("nv", "default_bus_bytes_per_s", "hardware"),
        Given("B", "default_sequences", whole=True),
        Given("bb", "default_stored_batch", "tuning", whole=True, used_by=("baseline",)),
        Given("bp", "default_recomputed_batch", "tuning", whole=True, used_by=("proposed",)),
        Given("oh", "hidden_share", used_by=("proposed",)),
        Given("rc", "recomputed_share", "tuning", used_by=("proposed",)),
        Given("cv", "default_pass_cv", "hardware"),
        Given("ts", "end_s", "hardware"),
    ),
    variables=(stated("passes", 3.0, "A forward pass, and a backward one of twice its operations", "workload"),),
    defaults={
        "tensor": "default_tensor",
        "stages": "default_stages",
        "bus_bytes_per_s": "default_bus_bytes_per_s",
        "sequences": "default_sequences",
        "stored_batch": "default_stored_batch",
        "recomputed_batch": "default_recomputed_batch",
        "pass_cv": "default_pass_cv",
    },
    experiments=(
        Figure("throughput_vs_batch", "sequences", "", "throughput", "throughput", TRAINING, x_whole=True),
        Figure("time_vs_stages", "stages", "", "iteration", "latency", TRAINING, x_whole=True),
        Figure("throughput_vs_tp", "tensor", "", "throughput", "throughput", TRAINING, x_whole=True),
        Figure(
            "time_vs_microbatch",
            "items_at_once",
            "",
            "iteration",
            "latency",
            TRAINING,
            x_whole=True,
            settings={"sequences": "128", "stored_batch": "items_at_once", "recomputed_batch": "items_at_once"},
        ),
        Figure("throughput_vs_bandwidth", "bus_bytes_per_s", "GB/s", "throughput", "throughput", TRAINING),
        Figure("time_vs_jitter", "pass_cv", "%", "iteration", "latency", TRAINING),
        Figure(
            "speedup_vs_batch",
            "sequences",
            "",
            "throughput",
            "throughput",
            TRAINING,
            relative=True,
            x_whole=True,
            settings={"stages": "16"},
        ),
    ),
    terms=(
        *_system("b", "baseline", "stored_batch", "1", "0", ("b1 b2", "b3", "b4 b5")),
        *_system("p", "proposed", "recomputed_batch", "(1 - hidden_share)", "recomputed_share", ("p1 p2", "p3", "p4")),
        term(
            "least_s",
            None,
            "All arithmetic at the asymptotic efficiency, no bubble",
            "sequences * passes * layers / stages * forward_flop / tensor / (peak_flops_per_s * efficiency) + end_s",
        ),
    ),
    outputs={
        ("baseline", "throughput"): "sequences / b_iteration_s",
        ("proposed", "throughput"): "sequences / p_iteration_s",
        ("baseline", "iteration"): "b_iteration_s",
        ("proposed", "iteration"): "p_iteration_s",
    },
    bounds={
        ("proposed", "throughput"): ("arithmetic", "sequences / least_s"),
        ("proposed", "iteration"): ("arithmetic", "least_s"),
    },
)
