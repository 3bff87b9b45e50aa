"""Serving a language model: slots of the longest length and whole prefills against blocks and chunked prefills.

Reading weights and key-value state, or the arithmetic, sets the time of an iteration. With chunks, an iteration
carries a full chunk of prompt tokens, the rest of a prompt or none; the prompts in progress wait for the budget like
jobs at one server, and take the place of requests that decode.
"""

from benchmarks.gapbench.gold.family import Given, stated, term
from benchmarks.gapbench.gold.hard_family import Figure, HardFamily
from gauntlet.specs.workload import Workload

CLIENTS = Workload(id="clients", loop="closed", population="clients")


def _prompts(decoding: str) -> str:
    """Prompts in progress beside so many requests that decode, all in units of requests."""
    rate = f"{decoding} / (output_tokens - 1)"
    busy = f"min({rate} * prompt_tokens / chunk_tokens, almost_all)"
    return f"{busy} + {busy} ** 2 * length_spread / (2 * (1 - {busy})) * (1 - 1 / max(resident, 1)) + 0.5 * {rate}"


def _iteration(prompt_tokens: str) -> str:
    return f"p_overhead_s + max(p_memory_s, operations * (decoding + {prompt_tokens}) / arithmetic_per_s)"


FAMILY = HardFamily(
    given=(
        Given("peak", "peak_flops_per_s", "hardware"),
        Given("bw", "sheet_bytes_per_s", "hardware"),
        Given("np_", "parameters"),
        Given("kvb", "token_bytes"),
        Given("mbu", "memory_share", "hardware"),
        Given("mfu", "arithmetic_share", "hardware"),
        Given("mem", "default_kv_bytes", "hardware"),
        Given("Lp", "default_prompt_tokens"),
        Given("Lo", "default_output_tokens"),
        Given("cl", "length_cv"),
        Given("to", "b_overhead_s", "hardware", used_by=("baseline",)),
        Given("to2", "p_overhead_s", "hardware", used_by=("proposed",)),
        Given("Lx", "reserved_tokens", "tuning", whole=True, used_by=("baseline",)),
        Given("ck", "chunk_tokens", "tuning", whole=True, used_by=("proposed",)),
        Given("Nf", "default_clients", whole=True),
    ),
    variables=(
        stated("parameter_bytes", 2.0, "A weight in half precision", "hardware"),
        stated("almost_all", 0.999, "Most of the chunk budget that counts as carried"),
    ),
    defaults={
        "clients": "default_clients",
        "prompt_tokens": "default_prompt_tokens",
        "output_tokens": "default_output_tokens",
        "kv_bytes": "default_kv_bytes",
    },
    experiments=(
        Figure("throughput_vs_clients", "clients", "", "throughput", "throughput", CLIENTS, x_whole=True),
        Figure(
            "tbt_vs_clients",
            "clients",
            "",
            "between_tokens",
            "latency",
            CLIENTS,
            x_whole=True,
            settings={"prompt_tokens": "2 * default_prompt_tokens"},
        ),
        Figure("throughput_vs_prompt", "prompt_tokens", "", "throughput", "throughput", CLIENTS),
        Figure("latency_vs_output", "output_tokens", "", "latency", "latency", CLIENTS, settings={"clients": "8"}),
        Figure(
            "throughput_vs_memory",
            "kv_bytes",
            "GB",
            "throughput",
            "throughput",
            CLIENTS,
            x_role="hardware",
            settings={"clients": "48"},
        ),
        Figure(
            "speedup_vs_clients",
            "clients",
            "",
            "throughput",
            "throughput",
            CLIENTS,
            relative=True,
            x_whole=True,
            settings={"output_tokens": "floor(default_output_tokens / 2)"},
        ),
    ),
    terms=(
        term("weight_bytes", None, "Weights", "parameter_bytes * parameters"),
        term("operations", None, "Operations per token, two for each parameter", "2 * parameters"),
        term("memory_bytes_per_s", None, "Memory reads", "sheet_bytes_per_s * memory_share"),
        term("arithmetic_per_s", None, "Arithmetic", "peak_flops_per_s * arithmetic_share"),
        term("length_spread", None, "Mean square over squared mean of lengths", "1 + length_cv ** 2"),
        term(
            "context_tokens",
            None,
            "Mean state of a request while it decodes",
            "prompt_tokens + 0.5 * output_tokens * length_spread",
        ),
        term(
            "slots",
            "baseline",
            "Requests at once",
            "min(clients, max(1, floor(kv_bytes / reserved_tokens / token_bytes)))",
            "b3",
        ),
        term(
            "prefill_s",
            "baseline",
            "Prefill of a prompt",
            "b_overhead_s + max(weight_bytes / memory_bytes_per_s, operations * prompt_tokens / arithmetic_per_s)",
            "b1 b4",
        ),
        term(
            "decode_s",
            "baseline",
            "A decode step",
            "b_overhead_s + max((weight_bytes + token_bytes * context_tokens * slots) / memory_bytes_per_s, "
            "operations * slots / arithmetic_per_s)",
            "b2",
        ),
        term("b_requests_per_s", "baseline", "Requests", "1 / (prefill_s + (output_tokens - 1) * decode_s / slots)"),
        term(
            "b_between_s",
            "baseline",
            "Between tokens, with the prefills of others",
            "decode_s + prefill_s * (slots - 1) / (output_tokens - 1)",
        ),
        term("room", "proposed", "Tokens in memory", "kv_bytes / token_bytes"),
        term("final_tokens", "proposed", "A request's final length", "prompt_tokens + output_tokens"),
        term(
            "unfilled_tokens",
            "proposed",
            "Half of the request that does not fit any more",
            "0.5 * (final_tokens + length_cv ** 2 * (prompt_tokens ** 2 + output_tokens ** 2) / final_tokens)",
            "p1",
        ),
        term(
            "resident",
            "proposed",
            "Requests at once",
            "min(clients, max(1, (room - unfilled_tokens) / (prompt_tokens + output_tokens * length_spread)))",
            "p1",
        ),
        term(
            "decoding",
            "proposed",
            "Those that decode",
            f"max_load_at(lambda some: some + {_prompts('some')}, resident, resident)",
            "p2",
        ),
        term(
            "p_memory_s",
            "proposed",
            "Reading weights and state",
            "(weight_bytes + token_bytes * context_tokens * decoding) / memory_bytes_per_s",
            "p3",
        ),
        term("ended", "proposed", "Requests that end per iteration", "decoding / (output_tokens - 1)"),
        term(
            "chunks",
            "proposed",
            "Chunk budgets that prompts fill per iteration",
            "min(1, ended * prompt_tokens / chunk_tokens)",
        ),
        term("full", "proposed", "Iterations with a full chunk", "max(0, chunks - 0.5 * ended)"),
        term("partly", "proposed", "Iterations with the rest of a prompt", "min(2 * (chunks - full), 1 - full)"),
        term(
            "p_iteration_s",
            "proposed",
            "Mean iteration",
            f"full * ({_iteration('chunk_tokens')}) + "
            f"partly * ({_iteration('chunk_tokens * (chunks - full) / max(partly, 1 - almost_all)')}) + "
            f"(1 - full - partly) * ({_iteration('0')})",
            "p2 p3 p4",
        ),
        term("p_requests_per_s", "proposed", "Requests", "ended / p_iteration_s"),
        term(
            "most_resident",
            None,
            "Requests that memory could hold",
            "max(1, min(clients, kv_bytes / token_bytes / (prompt_tokens + output_tokens)))",
        ),
        term(
            "least_read_s",
            None,
            "Memory at the data sheet's rate",
            "(weight_bytes + token_bytes * most_resident * (prompt_tokens + 0.5 * output_tokens)) / sheet_bytes_per_s",
        ),
        term(
            "most_requests_per_s",
            None,
            "Memory and arithmetic at the data sheet's rates",
            "min(most_resident / output_tokens / least_read_s, "
            "peak_flops_per_s / (operations * (prompt_tokens + output_tokens)))",
        ),
    ),
    outputs={
        ("baseline", "throughput"): "b_requests_per_s * output_tokens",
        ("proposed", "throughput"): "p_requests_per_s * output_tokens",
        ("baseline", "latency"): "clients / b_requests_per_s",
        ("proposed", "latency"): "clients / p_requests_per_s",
        ("baseline", "between_tokens"): "b_between_s",
        ("proposed", "between_tokens"): "p_iteration_s",
    },
    bounds={
        ("proposed", "throughput"): ("memory and arithmetic by the data sheet", "most_requests_per_s * output_tokens"),
        ("proposed", "latency"): (
            "memory and arithmetic by the data sheet",
            "max(clients / most_requests_per_s, output_tokens * weight_bytes / sheet_bytes_per_s)",
        ),
        ("proposed", "between_tokens"): (
            "weights and one state by the data sheet",
            "(weight_bytes + token_bytes * (prompt_tokens + 0.5 * output_tokens)) / sheet_bytes_per_s",
        ),
    },
)
