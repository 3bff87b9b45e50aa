"""Latent attention as a kernel: counts by hand from DeepSeek-V3's sizes, published rates, and what it rests on."""

import numpy as np
import pytest

from gauntlet.errors import UsageError
from gauntlet.hardware.bounds import Limits, latent_attention_bound
from gauntlet.hardware.estimates.attention import attention
from gauntlet.hardware.estimates.latent_attention import latent_attention
from gauntlet.hardware.estimates.records import Parameters
from gauntlet.hardware.registry import Registry
from gauntlet.mechanisms.latent_attention import latent_attention_cost

SIZES = (512, 64, 128, 128)
"""kv_lora_rank, qk_rope_head_dim, qk_nope_head_dim, v_head_dim of DeepSeek-V2 and V3 (arXiv:2412.19437, 4.2)."""
NO_CACHE = Limits(peak_flop_per_s=1e12, memory_bytes_per_s=1e9, cache_bytes=0)
H800 = "gpu/h800_sxm5_80gb"


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


def test_the_bound_of_absorbed_decoding_by_hand():
    """8 sequences of 1000 tokens, 128 heads: scores of 576 elements, sums of 512; 1152 bytes a token."""
    times = latent_attention_bound(NO_CACHE, 8, 1, 1000, 128, 576, 512, 576, 2.0)
    assert times.compute_s == pytest.approx(8 * 1000 * 128 * 2 * (576 + 512) / 1e12)
    assert times.memory_s == pytest.approx(8 * (1000 * 1152 + 128 * (576 + 512) * 2) / 1e9)


@pytest.mark.parametrize(("form", "key", "value"), [("absorbed", 576, 512), ("expanded", 192, 128)])
def test_the_bound_is_the_roofline_of_what_cost_models_count(form, key, value):
    batch, queries, past, heads = (np.random.default_rng(3).integers(1, 500, (4, 50))).astype(float)
    kept = key if form == "absorbed" else heads * (128 + 128) + 64
    times = latent_attention_bound(NO_CACHE, batch, queries, past + queries, heads, key, value, kept, 2.0)
    counted = latent_attention_cost(form, batch, queries, past + queries, heads, *SIZES, 2.0, True)
    np.testing.assert_allclose(times.compute_s, counted.flop / 1e12, rtol=1e-12)
    np.testing.assert_allclose(times.memory_s, counted.bytes / 1e9, rtol=1e-12)


@pytest.mark.parametrize("phase", ["prefill", "decode"])
@pytest.mark.parametrize("form", ["absorbed", "expanded"])
@pytest.mark.parametrize("device", [H800, "gpu/h100_sxm5", "gpu/a100_sxm_80gb", "gpu/b200_sxm_180gb", "gpu/rtx_4090"])
def test_no_estimate_is_faster_than_its_bound(registry, phase, form, device):
    batch, heads, context, *rest = np.random.default_rng(5).integers(1, 600, (7, 200)).astype(float)
    for cache in ("bf16", "fp8") if device != "gpu/a100_sxm_80gb" else ("bf16",):
        found = latent_attention(registry, device, phase, batch, context * 16, heads, *rest, form=form, cache=cache)
        assert np.isfinite(found.value).all() and (found.value > 0).all()
        assert (found.bound <= found.low).all()
        assert (found.low <= found.value).all() and (found.value <= found.high).all()
        assert not set(found.basis) & {"exact", "interpolated", "extrapolated"}


def test_flashmla_reaches_what_its_authors_publish(registry):
    """deepseek-ai/FlashMLA, README and deep dive of 2025-04-22: up to 3000 GB/s, and 580 then 660 TFLOP/s."""
    heads = np.array([16.0, 128.0])
    found = latent_attention(registry, H800, "decode", 128, 8192, heads, *SIZES)
    moved = 2 * 128 * (8192 * 576 + heads * (576 + 512))
    work = 2 * 128 * heads * 8192 * (576 + 512)
    assert (moved / found.value)[0] == pytest.approx(3000e9, rel=0.1)
    assert (work / found.value)[1] == pytest.approx(660e12, rel=0.15)
    for published in (580e12, 660e12):
        assert found.low[1] < work[1] / published < found.high[1]


def test_two_new_tokens_are_twice_the_heads(registry):
    """Multi-token prediction: rows of a tile are heads times new tokens, whichever of both they come from."""
    two = latent_attention(registry, H800, "decode", 64, 4096, 64, *SIZES, queries=2)
    one = latent_attention(registry, H800, "decode", 64, 4096, 128, *SIZES)
    assert two.value == pytest.approx(one.value, rel=1e-3)


def test_expanding_costs_less_in_prefill_and_more_in_decode(registry):
    """Why DeepSeek absorbs when it decodes only: fewer bytes there, more arithmetic here."""
    absorbed, expanded = (
        {phase: latent_attention(registry, H800, phase, 8, 8192, 128, *SIZES, form=form).value for phase in phases}
        for form, phases in (("absorbed", ("prefill", "decode")), ("expanded", ("prefill", "decode")))
    )
    assert expanded["prefill"] < absorbed["prefill"] / 2
    assert absorbed["decode"] < expanded["decode"] / 10


def test_keys_and_values_of_one_size_are_those_of_plain_attention(registry):
    plain = Parameters.read("attention")
    bare = plain.model_copy(
        update={"fitted": tuple(each.model_copy(update={"correction": ()}) for each in plain.fitted)}
    )
    found = latent_attention(registry, H800, "prefill", 2, 4096, 16, 512, 64, 64, 128, parameters=bare)
    asked = attention(registry, H800, "prefill", 2, 4096, 16, 16, 128, parameters=bare)
    assert found.value == pytest.approx(asked.value, rel=1e-12)


def test_measurements_of_its_own_would_be_believed(registry):
    plain = Parameters.read("attention")
    entry = plain.choose(["decode/bf16/flash3"], H800, "9.0")
    wide = dict.fromkeys(entry.ranges, (1.0, 1e6))
    own = entry.model_copy(update={"kernel": "absorbed/decode/bf16/flash3", "ranges": wide})
    measured = plain.model_copy(update={"fitted": (*plain.fitted, own)})
    found = latent_attention(registry, H800, "decode", 128, 4096, 128, *SIZES, parameters=measured)
    assert set(found.basis) == {"interpolated"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"latent_size": 0}, "latent_size = 0 is no size"),
        ({"heads": -1}, "heads = -1 is no size"),
        ({"form": "compressed"}, "form 'compressed' is not known; absorbed, expanded are"),
        ({"phase": "training"}, "'training' is not known; prefill, decode are"),
        ({"queries": 5000}, "queries are among the context"),
    ],
)
def test_bad_input_is_named(registry, changes, words):
    names = ("latent_size", "rope_size", "nope_size", "value_size")
    given = dict(zip(names, SIZES, strict=True)) | {"phase": "decode", "batch": 1, "context": 4096, "heads": 128}
    with pytest.raises(UsageError, match=words):
        latent_attention(registry, H800, **given | changes)
