"""Decoding with a batch that waits for its longest sequence against slots that are refilled at once."""

from benchmarks.gapbench.gold.family import Experiment, Family, Given, stated, term
from gauntlet.specs.workload import Workload

BACKLOG = Workload(id="backlog", loop="batch", arrivals="saturating")
EQUAL = Workload(id="equal_contexts", loop="batch", arrivals="saturating")


def _step(kv_bytes: str, context: str, bandwidth: str, fixed: str) -> str:
    return (
        f"decode_step_time(active_weight_bytes=weight_bytes, kv_bytes_per_token={kv_bytes}, batch=slots, "
        f"context_tokens={context}, flop_per_token=token_flop, peak_flop_per_s=peak_flop_per_s, "
        f"bandwidth_bytes_per_s={bandwidth}, fixed_s={fixed})"
    )


FAMILY = Family(
    given=(
        Given("W", "weight_bytes"),
        Given("kv", "kv_bytes"),
        Given("bw", "memory_bytes_per_s", "hardware"),
        Given("fl", "peak_flop_per_s", "hardware"),
        Given("eff", "memory_share", "hardware"),
        Given("oh", "fixed_s", "hardware"),
        Given("ilen", "prompt_tokens", whole=True),
        Given("olen", "output_tokens", whole=True),
        Given("bfix", "slots_in_context_sweep", whole=True),
    ),
    variables=(stated("element_bytes", 2, "Bytes of a 16-bit weight"),),
    experiments=(
        Experiment(
            "throughput_vs_batch",
            "slots",
            "",
            "decode_throughput",
            "throughput",
            BACKLOG,
            x_role="tuning",
            x_whole=True,
        ),
        Experiment(
            "tpot_vs_context",
            "context",
            "",
            "token_time",
            "latency",
            EQUAL,
            x_whole=True,
            settings={"slots": "slots_in_context_sweep"},
        ),
    ),
    terms=(
        term("stream_bytes_per_s", None, "Achieved bandwidth", "memory_bytes_per_s * memory_share", "p3"),
        term("token_flop", None, "Two operations for each weight of two bytes", "2 * weight_bytes / element_bytes"),
        term(
            "mean_context",
            None,
            "Prompt and generated tokens read for a token: geometric lengths have no memory",
            "prompt_tokens + output_tokens",
            "p1",
        ),
        term(
            "refilled_per_s",
            "proposed",
            "Tokens of full slots",
            f"{_step('kv_bytes', 'mean_context', 'stream_bytes_per_s', 'fixed_s')}.tokens_per_s",
            "p2",
        ),
        term(
            "iteration_s", "baseline", "An iteration without its cache", "weight_bytes / stream_bytes_per_s + fixed_s"
        ),
        term(
            "longest_s",
            "baseline",
            "Iterations until the longest sequence of the batch has ended",
            "order_statistic(latency=exponential(mean_s=output_tokens * iteration_s), k=slots, n=slots).mean_s",
            "b2",
        ),
        term(
            "batch_s",
            "baseline",
            "All iterations of a batch, and the reads of its running sequences",
            "longest_s + slots * output_tokens * mean_context * kv_bytes / stream_bytes_per_s",
            "b1",
        ),
        term(
            "wide_token_s",
            "baseline",
            "Iteration with entries of 16 bits",
            f"{_step('kv_bytes', 'context', 'stream_bytes_per_s', 'fixed_s')}.step_s",
        ),
        term(
            "narrow_token_s",
            "proposed",
            "Iteration with entries of 8 bits",
            f"{_step('kv_bytes / 2', 'context', 'stream_bytes_per_s', 'fixed_s')}.step_s",
            "p4",
        ),
        term(
            "peak_per_s",
            None,
            "Tokens at the data sheet's rates, prompts alone in the cache",
            f"{_step('kv_bytes', 'prompt_tokens', 'memory_bytes_per_s', '0')}.tokens_per_s",
        ),
        term(
            "least_token_s",
            None,
            "Iteration at the data sheet's rates",
            f"{_step('kv_bytes / 2', 'context', 'memory_bytes_per_s', '0')}.step_s",
        ),
    ),
    outputs={
        ("baseline", "decode_throughput"): "slots * output_tokens / batch_s",
        ("proposed", "decode_throughput"): "refilled_per_s",
        ("baseline", "token_time"): "wide_token_s",
        ("proposed", "token_time"): "narrow_token_s",
    },
    bounds={
        ("proposed", "decode_throughput"): ("memory bandwidth or arithmetic of the data sheet", "peak_per_s"),
        ("proposed", "token_time"): ("memory bandwidth of the data sheet", "least_token_s"),
    },
)
