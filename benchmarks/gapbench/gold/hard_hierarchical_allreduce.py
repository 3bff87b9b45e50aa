"""Data-parallel training: one ring over all GPUs against exchange inside and between nodes, compressed.

Buckets become ready at equal distances, the last when the slowest node has computed. They pass each stage one by one,
so that the iteration ends when the last bucket has passed all stages, or when the slowest stage has passed all buckets
since the first came, whichever is later.
"""

from benchmarks.gapbench.gold.family import Given, stated, term
from benchmarks.gapbench.gold.hard_family import Figure, HardFamily
from gauntlet.specs.workload import Workload

TRAINING = Workload(id="training", loop="batch")


def _slowest(work: str) -> str:
    return (
        f"slowest_worker(work_s={work}, cv=compute_cv, workers=nodes, stall_probability=stall_share, stall_s=stall_s)"
        ".mean_s"
    )


FAMILY = HardFamily(
    given=(
        Given("bw", "default_line_bytes_per_s", "hardware"),
        Given("peak", "peak_flops_per_s", "hardware"),
        Given("eff", "line_share", "hardware"),
        Given("ke", "kernel_efficiency", "hardware"),
        Given("g", "gpus", "hardware", whole=True),
        Given("nv", "inside_bytes_per_s", "hardware"),
        Given("bs", "default_batch", whole=True),
        Given("fl", "forward_flop"),
        Given("G", "default_gradient_bytes"),
        Given("nb", "default_buckets", "tuning", whole=True),
        Given("al", "step_s", "hardware"),
        Given("cr", "compressed_share", used_by=("proposed",)),
        Given("cs", "compression_bytes_per_s", "hardware", used_by=("proposed",)),
        Given("cv", "compute_cv", "hardware"),
        Given("ph", "stall_share", "hardware"),
        Given("dh", "default_stall_s", "hardware"),
        Given("n", "default_nodes", whole=True),
    ),
    variables=(stated("passes", 3.0, "A forward pass, and a backward one of twice its operations", "workload"),),
    defaults={
        "line_bytes_per_s": "default_line_bytes_per_s",
        "batch": "default_batch",
        "buckets": "default_buckets",
        "gradient_bytes": "default_gradient_bytes",
        "stall_s": "default_stall_s",
        "nodes": "default_nodes",
    },
    experiments=(
        Figure("throughput_vs_nodes", "nodes", "", "throughput", "throughput", TRAINING, x_whole=True),
        Figure("time_vs_link", "line_bytes_per_s", "Gb/s", "iteration", "latency", TRAINING, x_role="hardware"),
        Figure("throughput_vs_buckets", "buckets", "", "throughput", "throughput", TRAINING, x_whole=True),
        Figure("time_vs_batch", "batch", "", "iteration", "latency", TRAINING, x_whole=True),
        Figure(
            "exposed_vs_nodes",
            "nodes",
            "",
            "iteration",
            "latency",
            TRAINING,
            x_whole=True,
            settings={"gradient_bytes": "2 * default_gradient_bytes"},
        ),
        Figure(
            "speedup_vs_stall",
            "stall_s",
            "ms",
            "throughput",
            "throughput",
            TRAINING,
            relative=True,
            settings={"nodes": "32"},
        ),
    ),
    terms=(
        term("forward_s", None, "Forward pass", "forward_flop * batch / (peak_flops_per_s * kernel_efficiency)"),
        term("bucket_bytes", None, "One bucket", "gradient_bytes / buckets"),
        term("wire_bytes_per_s", None, "What a node reaches of its line", "line_bytes_per_s * line_share"),
        term(
            "last_ready_s", None, "The last bucket, at the slowest node", _slowest("passes * forward_s"), "b1 b3 b4 p1"
        ),
        term(
            "first_ready_s",
            None,
            "The first bucket, at the slowest node",
            _slowest("forward_s * (1 + 2 / buckets)"),
            "b1 p1",
        ),
        term("ring", "baseline", "GPUs in the ring", "nodes * gpus", "b2"),
        term(
            "ring_s",
            "baseline",
            "One bucket over the ring",
            "2 * (ring - 1) * where(nodes > 1, bucket_bytes / ring / wire_bytes_per_s + step_s, "
            "bucket_bytes / ring / inside_bytes_per_s)",
            "b2",
        ),
        term(
            "ring_iteration_s",
            "baseline",
            "Iteration",
            "max(last_ready_s + ring_s, first_ready_s + buckets * ring_s)",
            "b3 b4",
        ),
        term(
            "inside_s",
            "proposed",
            "A bucket inside the node",
            "(1 - 1 / gpus) * bucket_bytes / inside_bytes_per_s",
            "p4",
        ),
        term(
            "scatter_s",
            "proposed",
            "Stage one, with compression",
            "inside_s + where(nodes > 1, bucket_bytes / gpus / compression_bytes_per_s, 0)",
            "p2",
        ),
        term(
            "between_s",
            None,
            "Stage two",
            "2 * (nodes - 1) * (compressed_share * bucket_bytes / nodes / wire_bytes_per_s + step_s)",
            "p3",
        ),
        term(
            "tiered_iteration_s",
            "proposed",
            "Iteration",
            "scatter_s + between_s + inside_s + max(last_ready_s, "
            "first_ready_s + (buckets - 1) * max(max(scatter_s, between_s), inside_s))",
            "p5",
        ),
        term(
            "least_s",
            None,
            "Computing, or the bytes on a line without loss",
            "max(passes * forward_s, 2 * (nodes - 1) * "
            "(compressed_share * gradient_bytes / nodes / line_bytes_per_s + "
            "buckets * step_s))",
        ),
    ),
    outputs={
        ("baseline", "throughput"): "nodes * gpus * batch / ring_iteration_s",
        ("proposed", "throughput"): "nodes * gpus * batch / tiered_iteration_s",
        ("baseline", "iteration"): "ring_iteration_s",
        ("proposed", "iteration"): "tiered_iteration_s",
    },
    bounds={
        ("proposed", "throughput"): ("computing, and the line of a node", "nodes * gpus * batch / least_s"),
        ("proposed", "iteration"): ("computing, and the line of a node", "least_s"),
    },
)
