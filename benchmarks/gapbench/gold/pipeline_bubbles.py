"""Pipeline-parallel training: one stage per device against several chunks per device.

Fill and drain take a chunk's time per device; chunks taken up again wait for a turn of the whole pipeline.
"""

from benchmarks.gapbench.gold.family import Experiment, Family, Given, term
from gauntlet.specs.workload import Workload

STEPS = Workload(id="training", loop="batch", arrivals="none")


def _passes(chunks: str) -> str:
    bubble = f"pipeline_bubble(stages=stages, microbatches=micro_batches, interleave={chunks})"
    return f"micro_batches * (forward_s + backward_s) * {bubble}.relative_time"


FAMILY = Family(
    given=(
        Given("pp", "stages", "hardware", whole=True),
        Given("tf", "forward_s"),
        Given("tb", "backward_s"),
        Given("v", "chunks", "tuning", whole=True, used_by=("proposed",)),
        Given("comm", "transfer_s", "hardware"),
        Given("mb", "sequences", whole=True),
        Given("m2", "micro_batches_in_depth_sweep", whole=True),
    ),
    experiments=(
        Experiment(
            "throughput_vs_microbatches",
            "micro_batches",
            "",
            "throughput",
            "throughput",
            STEPS,
            x_role="tuning",
            x_whole=True,
        ),
        Experiment(
            "throughput_vs_depth",
            "stages",
            "",
            "throughput",
            "throughput",
            STEPS,
            settings={"micro_batches": "micro_batches_in_depth_sweep"},
        ),
    ),
    terms=(
        term("ends_s", None, "Transfers of fill and drain", "2 * (stages - 1) * transfer_s", "p4"),
        term("plain_s", "baseline", "All micro-batches, fill and drain of whole stages", _passes("1"), "b1 b2"),
        term("woven_s", "proposed", "All micro-batches, fill and drain of chunks", _passes("chunks"), "p1 p3 p5"),
        term(
            "turns_s",
            "proposed",
            "A group's next chunk waits until its first micro-batch has passed all devices",
            "2 * (chunks - 1) * ceil(micro_batches / stages) * stages * transfer_s",
            "p2",
        ),
    ),
    outputs={
        ("baseline", "throughput"): "micro_batches * sequences / (plain_s + ends_s)",
        ("proposed", "throughput"): "micro_batches * sequences / (woven_s + ends_s + turns_s)",
    },
    bounds={
        ("proposed", "throughput"): ("a device that never idles", "sequences / (forward_s + backward_s)"),
    },
)
