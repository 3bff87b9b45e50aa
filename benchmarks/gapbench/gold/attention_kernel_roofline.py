"""Attention in three kernels that write their scores to memory against one kernel that keeps them on the chip.

The fused kernel runs tiles of query rows in waves over the multiprocessors; the others are bound by memory traffic.
"""

from benchmarks.gapbench.gold.family import Experiment, Family, Given, stated, term
from gauntlet.specs.workload import Workload

KERNEL = Workload(id="kernel", loop="batch", arrivals="none")

ATTENTION = (
    "attention_core_cost(phase='prefill', batch=batch, query_tokens=tokens, context_tokens=tokens, heads=heads, "
    "kv_heads=heads, head_dim=head_dim, element_bytes=element_bytes, causal=0)"
)

FAMILY = Family(
    given=(
        Given("fl", "peak_flop_per_s", "hardware"),
        Given("bw", "memory_bytes_per_s", "hardware"),
        Given("sm", "multiprocessors", "hardware", whole=True),
        Given("mfu", "tile_share", "hardware"),
        Given("eff", "memory_share", "hardware", used_by=("baseline",)),
        Given("h", "heads", whole=True),
        Given("dh", "head_dim", whole=True),
        Given("tile", "tile_rows", "tuning", whole=True, used_by=("proposed",)),
        Given("launch", "launch_s", "hardware"),
        Given("sfix", "tokens_in_batch_sweep", whole=True),
    ),
    variables=(
        stated("element_bytes", 2, "Bytes of a 16-bit element"),
        stated("score_transfers", 4, "Times that the scores cross the memory interface"),
        stated("kernels", 3, "Kernels of the unfused chain"),
        stated("tile_flop", 4, "Operations per query, key and dimension: two products"),
    ),
    experiments=(
        Experiment(
            "tflops_vs_seq", "tokens", "", "compute_rate", "work_rate", KERNEL, x_whole=True, settings={"batch": "1"}
        ),
        Experiment(
            "latency_vs_batch",
            "batch",
            "",
            "forward_latency",
            "latency",
            KERNEL,
            x_whole=True,
            settings={"tokens": "tokens_in_batch_sweep"},
        ),
    ),
    terms=(
        term(
            "work_flop",
            None,
            "Operations of both products, no mask",
            f"{ATTENTION}.flop",
        ),
        term(
            "least_bytes",
            None,
            "Queries, keys, values and output, once each",
            f"{ATTENTION}.bytes",
        ),
        term(
            "tiles",
            "proposed",
            "Tiles of query rows, over heads and batch",
            "ceil(tokens / tile_rows) * heads * batch",
            "p1",
        ),
        term(
            "tile_s",
            "proposed",
            "A tile over all keys, on one multiprocessor",
            "tile_flop * tile_rows * tokens * head_dim / (peak_flop_per_s / multiprocessors * tile_share)",
            "p2 p4",
        ),
        term(
            "waves",
            "proposed",
            "Waves of tiles",
            "gpu_wave_quantisation(tiles=tiles, sms=multiprocessors, blocks_per_sm=1).waves",
            "p3",
        ),
        term("fused_s", "proposed", "Waves and one launch", "waves * tile_s + launch_s"),
        term(
            "scores_s",
            "baseline",
            "Transfers of the scores",
            "score_transfers * element_bytes * heads * batch * tokens ** 2 / (memory_bytes_per_s * memory_share)",
            "b2",
        ),
        term(
            "chain_s",
            "baseline",
            "Transfers beside arithmetic, and the launches",
            "max(scores_s, work_flop / (peak_flop_per_s * tile_share)) + kernels * launch_s",
            "b1",
        ),
        term(
            "least_s",
            None,
            "Roofline of the data sheet",
            "max(work_flop / peak_flop_per_s, least_bytes / memory_bytes_per_s)",
        ),
    ),
    outputs={
        ("baseline", "compute_rate"): "work_flop / chain_s",
        ("proposed", "compute_rate"): "work_flop / fused_s",
        ("baseline", "forward_latency"): "chain_s",
        ("proposed", "forward_latency"): "fused_s",
    },
    bounds={
        ("proposed", "compute_rate"): ("roofline of the data sheet", "work_flop / least_s"),
        ("proposed", "forward_latency"): ("roofline of the data sheet", "least_s"),
    },
)
