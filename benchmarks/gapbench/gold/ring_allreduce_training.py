"""Data-parallel training: gradients reduced after the backward pass against buckets reduced beside it."""

from benchmarks.gapbench.gold.family import Experiment, Family, Given, term
from gauntlet.costs.records import Waiver
from gauntlet.specs.workload import Workload

STEPS = Workload(id="training", loop="batch", arrivals="none")


def _slowest(mean: str) -> str:
    law = f"lognormal(median_s=({mean}) / sqrt(1 + compute_cv ** 2), sigma=sqrt(log(1 + compute_cv ** 2)))"
    return f"order_statistic(latency={law}, k=workers, n=workers).mean_s"


def _ring(message_bytes: str) -> str:
    return (
        f"collective_time(algorithm='allreduce_ring', ranks=workers, message_bytes={message_bytes}, "
        "alpha_s=ring_step_s, bandwidth_bytes_per_s=link_bytes_per_s * link_share).time_s"
    )


FAMILY = Family(
    given=(
        Given("bw", "link_bytes_per_s", "hardware"),
        Given("eff", "link_share", "hardware"),
        Given("tf", "forward_s"),
        Given("tb", "backward_s"),
        Given("G", "gradient_bytes"),
        Given("nb", "buckets", "tuning", whole=True, used_by=("proposed",)),
        Given("lat", "ring_step_s", "hardware"),
        Given("cv", "compute_cv", "hardware"),
        Given("bs", "worker_batch", whole=True),
        Given("nfix", "workers_in_link_sweep", whole=True),
    ),
    experiments=(
        Experiment(
            "throughput_vs_workers", "workers", "", "throughput", "throughput", STEPS, x_role="hardware", x_whole=True
        ),
        Experiment(
            "throughput_vs_link",
            "link_bytes_per_s",
            "Gb/s",
            "throughput",
            "throughput",
            STEPS,
            settings={"workers": "workers_in_link_sweep"},
        ),
    ),
    terms=(
        term("slowest_forward_s", None, "Forward pass of the slowest worker", _slowest("forward_s")),
        term("slowest_pass_s", None, "Both passes of the slowest worker", _slowest("forward_s + backward_s"), "b1"),
        term("whole_ring_s", "baseline", "All gradients at once", _ring("gradient_bytes"), "b2"),
        term("bucket_ring_s", "proposed", "One bucket", _ring("gradient_bytes / buckets"), "p2"),
        term(
            "first_ready_s",
            "proposed",
            "When the first bucket is ready everywhere",
            "slowest_forward_s + (slowest_pass_s - slowest_forward_s) / buckets",
            "p1",
        ),
        term(
            "reduced_s",
            "proposed",
            "All buckets one by one from the first on, or the last one after the last pass",
            "max(first_ready_s + buckets * bucket_ring_s, slowest_pass_s + bucket_ring_s)",
            "p3 p4",
        ),
        term(
            "wire_s",
            None,
            "The gradients over the link at its full rate",
            "2 * (workers - 1) / workers * gradient_bytes / link_bytes_per_s",
        ),
    ),
    waivers=(Waiver(step="b3", reason="The paper says that it is negligible."),),
    outputs={
        ("baseline", "throughput"): "workers * worker_batch / (slowest_pass_s + whole_ring_s)",
        ("proposed", "throughput"): "workers * worker_batch / reduced_s",
    },
    bounds={
        ("proposed", "throughput"): (
            "compute of a mean worker, or the wire",
            "workers * worker_batch / max(forward_s + backward_s, wire_s)",
        )
    },
)
