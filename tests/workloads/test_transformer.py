"""Counts of transformers against published totals, and against arithmetic of the papers that define the layers."""

import numpy as np
import pytest

from gauntlet.workloads.known_models import known_models, model_named
from gauntlet.workloads.transformer import Transformer
from gauntlet.workloads.transformer_layers import Experts, FeedForward, GroupedQuery, LayerGroup, Linear
from gauntlet.workloads.transformer_weights import FORMATS, stored_as

EXACT = {  # safetensors totals on the model cards of the Hugging Face hub
    "Llama-2-7B": 6_738_415_616,
    "Llama-2-70B": 68_976_648_192,
    "Llama-3-8B": 8_030_261_248,
    "Llama-3-70B": 70_553_706_496,
    "Llama-3.1-405B": 405_853_388_800,
    "Llama-3.2-1B": 1_235_814_400,  # tied embeddings
    "Mistral-7B": 7_241_732_096,
    "Mixtral-8x7B": 46_702_792_704,
    "Qwen2-7B": 7_615_616_512,  # biased Q, K, V
    "Qwen2.5-32B": 32_763_876_352,
    "Qwen3-8B": 8_190_735_360,  # normed Q, K
    "Qwen3-30B-A3B": 30_532_122_624,
    "DeepSeek-V2": 235_741_434_880,  # latent attention, shared experts, a dense first layer
    "DeepSeek-V2-Lite": 15_706_484_224,
    "gemma-7b": 8_537_680_896,  # tied, head size beside d/H
    "gemma-2-9b": 9_241_705_984,  # four norms a layer
    "Phi-3-mini": 3_821_079_552,
}
ROUNDED = {  # reports: Llama 4 and Qwen model cards; arXiv:2412.19437; arXiv:2507.20534; arXiv:2508.10925, table 1
    "DeepSeek-V3": (671e9, 37e9),
    "Kimi-K2": (1.026e12, 32e9),
    "Mixtral-8x22B": (141e9, 39e9),
    "Qwen3-235B-A22B": (235e9, 22e9),
    "Qwen3.5-397B-A17B": (397e9, 17e9),
    "GLM-5": (744e9, 40e9),
    "gpt-oss-20b": (20.91e9, 3.61e9 + 201088 * 2880),  # its active count leaves out the input table
    "gpt-oss-120b": (116.83e9, 5.13e9 + 201088 * 2880),
    "gpt2": (124.44e6, 124.44e6),
    "OPT-66B": (66e9, 66e9),
}


@pytest.mark.parametrize(("name", "published"), EXACT.items())
def test_parameters_are_those_of_the_checkpoint(name, published):
    assert model_named(name).parameters == published


@pytest.mark.parametrize(("name", "published"), ROUNDED.items())
def test_parameters_are_those_of_the_report(name, published):
    model = model_named(name)
    assert (model.parameters, model.active_parameters) == pytest.approx(published, rel=0.05)
    assert model.parameters == pytest.approx(published[0], rel=0.01)


def test_every_shipped_model_agrees_with_what_its_card_states():
    """Half a per cent and a rounding of the card; a width or a count that is wrong moves the total by more."""
    for name, entry in known_models().items():
        if "published_parameters" in entry:
            assert model_named(name).parameters == pytest.approx(entry["published_parameters"], rel=0.012), name


def test_layers_alone_have_three_gated_matrices():
    """Counting two, as inference-sim did at f90a1e3, gives 49.7e9 and 5.1e9."""
    assert model_named("Llama-2-70B").always_parameters == pytest.approx(68.5e9, rel=2e-3)
    assert model_named("Llama-3.1-8B").always_parameters == pytest.approx(7.0e9, rel=5e-3)


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("OPT-13B", 800 * 1024),  # Kwon et al., SOSP 2023, section 3: 800 KB
        ("DeepSeek-V3", 70_272),  # DeepSeek-AI, ISCA 2025, table 1
        ("Llama-3.1-405B", 516_096),  # the same table
        ("Qwen2-72B", 327_680),  # 80 layers of 8 heads; table 1 of the same gives it for Qwen-2.5 72B
    ],
)
def test_cache_of_one_token_is_published(name, published):
    assert model_named(name).kv_bytes_per_token(2.0) == published


def test_a_token_costs_two_flop_per_weight_it_meets():
    """Kaplan et al., arXiv:2001.08361, table 1: 2 N with N the non-embedding parameters."""
    model = model_named("Llama-3-8B")
    assert model.matmul_flop_per_token == pytest.approx(2 * (model.parameters - model.embedding_parameters), rel=1e-4)
    mixture = model_named("Mixtral-8x7B")
    assert mixture.matmul_flop_per_token == pytest.approx(2 * 12.6e9, rel=0.01)  # 12.9 B active less embeddings


def test_latent_attention_decodes_on_latents():
    """576 + 512 multiply-adds a head and token instead of 192 + 128: DeepSeek-AI, arXiv:2405.04434, section 2.1."""
    attention = model_named("DeepSeek-V3").groups[0].attention
    assert attention.pair_flop(decoding=True) == 2 * 128 * (512 + 64 + 512)
    assert attention.pair_flop(decoding=False) == 2 * 128 * (128 + 64 + 128)


def test_linear_attention_keeps_a_state_instead_of_a_cache():
    model = model_named("Qwen3-Next-80B-A3B")
    linear = [group for group in model.groups if isinstance(group.attention, Linear)]
    assert sum(group.layers for group in linear) == 36
    assert model.kv_bytes_per_token(2.0) == 12 * 2 * 2 * 256 * 2
    assert model.state_bytes(4.0) == 36 * 32 * 128 * 128 * 4


def test_sliding_windows_are_read_per_layer():
    windows = {group.attention.window: group.layers for group in model_named("gpt-oss-120b").groups}
    assert windows == {128.0: 18, np.inf: 18}
    assert {group.attention.window for group in model_named("Mistral-7B").groups} == {4096.0}


def test_stored_bytes_follow_the_format():
    model = model_named("Llama-3-8B")
    assert model.weight_bytes == pytest.approx(2 * model.parameters)
    quarter = stored_as(model, "nvfp4")
    rest = model.parameters - model.embedding_parameters
    assert quarter.weight_bytes == pytest.approx(rest * 4.5 / 8 + 2 * model.embedding_parameters, rel=1e-9)
    assert FORMATS["mxfp4"].bits == 4 + 8 / 32  # one byte of scale for 32: OCP Microscaling Formats v1.0


def test_gpt_oss_fits_one_gpu_as_its_card_says():
    """12.8 and 60.8 GiB checkpoints: arXiv:2508.10925, table 1."""
    assert model_named("gpt-oss-120b").weight_bytes / 2**30 == pytest.approx(60.8, rel=0.02)
    assert model_named("gpt-oss-20b").weight_bytes / 2**30 == pytest.approx(12.8, rel=0.03)


def test_counts_of_a_layer_by_hand():
    """d = 8, two heads of 3 over one key head, 4 experts of width 5, of which 2 are taken."""
    attention, mixer = GroupedQuery(2, 1, 3), Experts(4, 2, FeedForward(5, gated=True))
    model = Transformer("toy", 8, 10, (LayerGroup(3, attention, mixer),), tied=True, weights=FORMATS["bf16"])
    projections, router, expert = 8 * 6 + 2 * 8 * 3 + 6 * 8, 8 * 4, 3 * 8 * 5
    assert model.always_parameters == 3 * (projections + router)
    assert model.expert_parameters == 3 * 4 * expert
    assert model.parameters == 3 * (projections + router + 4 * expert + 2 * 8) + 10 * 8 + 8
    assert model.matmul_flop_per_token == 2 * 3 * (projections + router + 2 * expert)
