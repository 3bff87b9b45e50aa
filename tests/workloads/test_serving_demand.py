"""What a step asks of a deployment, and the least time it can take."""

from dataclasses import replace

import numpy as np
import pytest

from gauntlet.errors import RegistryError, UsageError
from gauntlet.hardware.roofline import decode_ceiling_tokens_per_s
from gauntlet.mechanisms.transformers import moe_expert_coverage
from gauntlet.workloads.serving.demand import stacked, step_bound_s, work_of
from gauntlet.workloads.serving.steps import Steps, attended_pairs
from gauntlet.workloads.transformer_weights import stored_as


@pytest.mark.parametrize("window", [np.inf, 1.0, 4.0, 7.0])
@pytest.mark.parametrize(("new", "past"), [(1, 0), (5, 0), (5, 3), (3, 9), (1, 6)])
def test_pairs_are_those_that_a_loop_counts(new, past, window):
    counted = sum(min(past + query, window) for query in range(1, new + 1))
    assert attended_pairs(np.array(float(new)), np.array(float(past)), window) == counted


def test_full_square_counts_twice_what_a_prompt_needs():
    """The ratio is 2 (s + t) / (2 s + t + 1): 2 for a first chunk, 1 behind a long past."""
    new, past = np.array(512.0), np.array(100.0)
    ratio = new * (past + new) / attended_pairs(new, past, np.inf)
    assert ratio == pytest.approx(2 * (100 + 512) / (2 * 100 + 512 + 1))


@pytest.mark.parametrize("name", Steps._fields)
def test_negative_counts_are_refused_by_name(name):
    with pytest.raises(ValueError, match=f"{name} = -1 is invalid"):
        Steps.of(**{name: -1})


def test_a_decode_step_by_hand(deploy, registry):
    """Llama-2-7B, two sequences of 1000 tokens, from the sizes of its config.json."""
    work = work_of(deploy("Llama-2-7B").demand(registry), Steps.of(decode_requests=2, context_tokens=1000))
    layer = 4 * 4096**2 + 3 * 4096 * 11008
    assert work.weight_bytes == 2 * (32 * layer + 4096 * 32000)
    assert work.cache_bytes == 2 * 524_288 * 1001
    assert work.decode_flop == 2 * 2 * (32 * layer + 4096 * 32000)
    assert work.decode_attention_flop == 2 * 32 * 4 * 4096 * 1001
    assert work.prefill_flop == work.prefill_attention_flop == work.link_bytes == 0


def test_chunks_of_a_prompt_ask_for_what_the_prompt_asks(deploy, registry):
    """All but the weights, logits and the past that later chunks read again."""
    demand = deploy("Llama-2-7B").demand(registry)
    whole = work_of(demand, Steps.of(prefill_requests=1, new_tokens=2048))
    chunks = [work_of(demand, Steps.of(prefill_requests=1, new_tokens=512, past_tokens=512 * i)) for i in range(4)]
    assert sum(c.prefill_attention_flop for c in chunks) == pytest.approx(whole.prefill_attention_flop)
    assert sum(c.prefill_flop for c in chunks) == pytest.approx(whole.prefill_flop + 3 * demand.logits_flop)
    assert sum(c.weight_bytes for c in chunks) == 4 * whole.weight_bytes


def test_a_prompt_of_many_tokens_is_no_single_row(deploy, registry):
    """inference-sim at 847eee1 costed a prompt as one row; 2048 tokens cost 2048 times one."""
    demand = deploy("Llama-2-7B").demand(registry)
    one, many = (work_of(demand, Steps.of(prefill_requests=1, new_tokens=t)) for t in (1, 2048))
    token = demand.token_flop
    assert many.prefill_flop - one.prefill_flop == pytest.approx(2047 * token)


def test_experts_are_read_as_often_as_tokens_choose_them(deploy, registry):
    demand = deploy("Mixtral-8x7B", tensor_parallel=2).demand(registry)
    for tokens in (1, 4, 64):
        read = work_of(demand, Steps.of(decode_requests=tokens)).expert_bytes / demand.expert_bytes
        assert read == pytest.approx(moe_expert_coverage(8, 2, tokens).expected_experts_hit / 8)


def test_tensor_parallelism_divides_and_never_more_than_evenly(deploy, registry):
    """A quarter of everything on four devices, where key heads suffice; beyond them the cache is copied."""
    steps = Steps.of(decode_requests=8, context_tokens=500)
    one, four = (work_of(deploy("Llama-3-70B", tensor_parallel=t).demand(registry), steps) for t in (1, 4))
    for name in ("weight_bytes", "cache_bytes", "decode_flop", "decode_attention_flop"):
        assert getattr(one, name) == pytest.approx(4 * getattr(four, name))
    sixteen = work_of(deploy("Llama-3-70B", tensor_parallel=16).demand(registry), steps)
    assert sixteen.cache_bytes == pytest.approx(one.cache_bytes / 8)
    latent = [work_of(deploy("DeepSeek-V3", tensor_parallel=t).demand(registry), steps) for t in (1, 8)]
    assert latent[0].cache_bytes == pytest.approx(latent[1].cache_bytes)


def test_two_allreduces_a_layer_move_what_a_ring_moves(deploy, registry):
    """2 (t - 1)/t n bytes each (Patarasu & Yuan, 2009): two of 64 x 8192 16-bit values in each of 80 layers."""
    work = work_of(deploy("Llama-3-70B", tensor_parallel=4).demand(registry), Steps.of(decode_requests=64))
    assert work.link_bytes == pytest.approx(80 * 2 * 2 * 3 / 4 * 64 * 8192 * 2)


def test_attention_data_parallelism_divides_sequences_and_copies_weights(deploy, registry):
    steps = Steps.of(decode_requests=64, context_tokens=1000)
    apart = work_of(
        deploy("DeepSeek-V3", "h200_sxm_141gb", attention_data_parallel=8, expert_parallel=8).demand(registry), steps
    )
    alone = work_of(deploy("DeepSeek-V3", "h200_sxm_141gb").demand(registry), steps)
    assert apart.cache_bytes == pytest.approx(alone.cache_bytes / 8)
    assert apart.weight_bytes == pytest.approx(alone.weight_bytes)
    assert apart.expert_bytes == pytest.approx(alone.expert_bytes / 8)
    assert apart.link_bytes > 0


def test_stages_share_sequences_not_the_time_of_a_pass(deploy, registry):
    """A token still passes all layers one after another; each pass holds half of the sequences."""
    steps = Steps.of(decode_requests=8, context_tokens=100)
    one, two = (work_of(deploy("Llama-2-7B", pipeline_parallel=p).demand(registry), steps) for p in (1, 2))
    assert two.weight_bytes == one.weight_bytes
    assert two.cache_bytes == one.cache_bytes / 2
    more = [deploy("Llama-2-7B", pipeline_parallel=p).kv_token_capacity() for p in (1, 2)]
    assert more[1] > 2 * more[0]


def test_the_bound_is_the_decode_ceiling_of_the_roofline(deploy, registry):
    """`decode_ceiling_tokens_per_s` with the peaks that bound the device, cached weights left out."""
    on = deploy("Llama-2-7B")
    model, batch = on.model, 16
    peak = registry.bound_value("h100_sxm5", "peak_flop_per_s", "bf16").limit
    bandwidth = registry.bound_value("h100_sxm5", "memory_bandwidth_bytes_per_s").limit
    l2 = registry.device("h100_sxm5").fact("l2_bytes").value
    touched = 2 * (model.always_parameters + model.hidden * model.vocabulary) - l2
    ceiling = decode_ceiling_tokens_per_s(
        batch, peak, bandwidth, model.always_parameters + model.hidden * model.vocabulary, touched,
        context_tokens=1001, kv_bytes_per_context_token=524_288, attention_flop_per_token=32 * 4 * 4096 * 1001,
    )  # fmt: skip
    bound = step_bound_s(on.demand(registry), Steps.of(decode_requests=batch, context_tokens=1000))
    assert batch / bound == pytest.approx(ceiling, rel=1e-9)


def test_what_an_honest_engine_may_leave_out_is_not_in_the_bound(deploy, registry):
    """A chunk needs no logits; a switch reduces, so that n bytes leave a device instead of 2 (t - 1)/t n; four-bit
    weights may meet eight-bit activations."""
    chunk = Steps.of(prefill_requests=1, new_tokens=4096)
    demand = deploy("Llama-3-8B").demand(registry)
    needed = 2 * 4096 * demand.token_flop / 2 / demand.limits.matmul_flop_per_s
    attended = 32 * 4 * 4096 * 4096 * 4097 / 2 / demand.limits.attention_flop_per_s
    assert step_bound_s(demand, chunk) == pytest.approx(needed + attended, rel=1e-9)
    slow = deploy("Llama-3-8B", "rtx_4090", tensor_parallel=8).demand(registry)
    sent = 32 * 2 * 4096 * 4096 * 2 / slow.limits.link_bytes_per_s
    assert step_bound_s(slow, chunk) == pytest.approx(sent, rel=1e-9)
    on = deploy("Llama-3-8B")
    four = replace(on, model=stored_as(on.model, "int4")).demand(registry)
    assert four.rates.matmul_flop_per_s == demand.rates.matmul_flop_per_s
    assert four.limits.matmul_flop_per_s > 1.8 * demand.limits.matmul_flop_per_s


def test_a_mixed_step_is_bound_by_more_than_either_phase(deploy, registry):
    """Weighted averages, as roofline-v1 takes, can be less than one phase alone needs."""
    demand = deploy("Llama-3-8B").demand(registry)
    decode, prefill = {"decode_requests": 64, "context_tokens": 2000}, {"prefill_requests": 1, "new_tokens": 2048}
    bound = step_bound_s(demand, Steps.of(**decode, **prefill))
    assert bound >= max(step_bound_s(demand, Steps.of(**decode)), step_bound_s(demand, Steps.of(**prefill)))


def test_many_deployments_as_one_give_what_each_gives(deploy, registry):
    on = [
        deploy("Llama-3-8B"), deploy("gpt-oss-120b", tensor_parallel=2), deploy("Mixtral-8x7B", tensor_parallel=4),
        deploy("Qwen3.5-397B-A17B", "h200_sxm_141gb", tensor_parallel=8), deploy("Mistral-7B"),
    ]  # fmt: skip
    demands = [each.demand(registry) for each in on]
    index = np.array([4, 0, 1, 2, 3, 0])
    steps = Steps.of(
        decode_requests=[3, 1, 9, 64, 30, 0], context_tokens=[100, 9000, 500, 10, 70, 0], prefill_requests=1,
        new_tokens=[0, 7, 700, 5000, 50, 8192], past_tokens=[0, 0, 100, 0, 9, 4000],
    )  # fmt: skip
    together = work_of(stacked(demands, index), steps)
    for at, place in enumerate(index):
        one = work_of(demands[place], Steps(*(np.broadcast_to(v, index.shape)[at] for v in steps)))
        for name, value in one._asdict().items():
            assert getattr(together, name)[at] == pytest.approx(float(value), rel=1e-12), (at, name)


def test_cache_capacity_is_what_is_left_beside_the_weights(deploy):
    """tokens = (u M - weights) / bytes per token: 0.9 x 80 GiB, 6.7384e9 weights of 2 B, 0.5 MiB a token."""
    assert deploy("Llama-2-7B").kv_token_capacity() == pytest.approx((0.9 * 80 * 2**30 - 2 * 6_738_415_616) / 524_288)
    assert deploy("Llama-3-70B").kv_token_capacity() == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"tensor_parallel": 0}, "tensor_parallel = 0; expected a whole number"),
        ({"tensor_parallel": 3}, "tensor_parallel = 3 does not divide the 32 heads of meta-llama/Llama-2-7b-hf"),
        ({"pipeline_parallel": -1}, "pipeline_parallel = -1"),
        ({"pipeline_parallel": 33}, "pipeline_parallel = 33; expected at most the 32 layers"),
        ({"expert_parallel": 2}, "expert_parallel = 2, but meta-llama/Llama-2-7b-hf has no experts"),
        ({"memory_fraction": 1.5}, "memory_fraction = 1.5"),
        ({"kv_precision": "fp7"}, "kv_precision = 'fp7'; expected one of bf16"),
    ],
)
def test_a_deployment_that_cannot_be_is_refused_by_field(deploy, change, told):
    with pytest.raises(UsageError, match=told):
        deploy("Llama-2-7B", **change)


def test_expert_parallelism_divides_its_group(deploy):
    with pytest.raises(UsageError, match="expert_parallel = 3 does not divide the 4 devices"):
        deploy("Mixtral-8x7B", tensor_parallel=4, expert_parallel=3)


def test_a_precision_that_the_device_lacks_is_refused(deploy, registry):
    on = deploy("Llama-3-8B", "a100_sxm_80gb")
    with pytest.raises(RegistryError, match=r"no rate for precision 'fp8'; it has .*bf16"):
        replace(on, model=stored_as(on.model, "fp8")).demand(registry)
