"""Steps of a language model server as values of a specification: what `gauntlet serving` says of the same step."""

import numpy as np
import pytest

from gauntlet.errors import GauntletError
from gauntlet.hardware.estimates.kernels import KERNELS
from gauntlet.hardware.estimates.reference import is_kernel_reference, kernel_reference
from gauntlet.hardware.registry import Registry
from gauntlet.workloads.estimates import ESTIMATES, decode_step, prefill_step

DECODE = "gpu/h100_sxm5:decode_step_s[model=Llama-3.1-8B,batch=32,context=2000]"


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


def test_a_reference_asks_the_step(registry):
    assert is_kernel_reference(DECODE, ESTIMATES) and not is_kernel_reference(DECODE)
    found, asked = (
        kernel_reference(registry, DECODE, ESTIMATES),
        decode_step(registry, "h100_sxm5", 32, 2000, "Llama-3.1-8B"),
    )
    assert found.value == asked.value and found.basis[0] == "interpolated"
    assert set(KERNELS) < set(ESTIMATES)


def test_decoding_reads_the_weights_and_the_caches_once(registry):
    """Llama-3.1-8B by its model card: 8.03 B weights of 2 B less the input embedding, 131,072 B of cache a token."""
    found = decode_step(registry, "gpu/h100_sxm5", [1.0, 64.0], 4000, "Llama-3.1-8B")
    moved = 2 * (8.03e9 - 128256 * 4096) + np.array([1, 64]) * 4000 * 131072
    assert found.bound == pytest.approx(moved / 3.35e12, rel=0.02)
    assert (found.bound <= found.low).all() and (found.low < found.value).all() and (found.value < found.high).all()


def test_a_prompt_is_bound_by_two_operations_a_weight(registry):
    found = prefill_step(registry, "gpu/h100_sxm5", 8192, "Llama-3.1-8B")
    work = 2 * (8.03e9 - 2 * 128256 * 4096) * 8192 + 32 * 4 * 32 * 128 * 8192**2 / 2
    assert found.bound[0] == pytest.approx(work / 989.4e12, rel=0.1)  # the bound's peak is that of the boost clock
    assert found.value > found.bound


def test_devices_share_the_work_and_pay_for_it(registry):
    one, two = (decode_step(registry, "gpu/h100_sxm5", 8, 1000, "Llama-3.1-8B", tp=tp) for tp in (1, 2))
    assert 0.5 < two.value / one.value < 0.8
    assert (
        prefill_step(registry, "gpu/h100_sxm5", 8192, "Llama-3.1-8B", precision="fp8").value
        < prefill_step(registry, "gpu/h100_sxm5", 8192, "Llama-3.1-8B").value
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gpu/h100_sxm5:decode_step_s[batch=1,context=10]", "decode_step needs model; give it"),
        ("gpu/h100_sxm5:decode_step_s[model=Lama,batch=1,context=10]", "no known name; nearest: "),
        ("gpu/h100_sxm5:decode_step_s[model=Llama-3.1-8B,batch=0,context=10]", "batch = 0 is no size"),
        ("gpu/h100_sxm5:decode_step_s[model=Llama-3.1-8B,batch=1000,context=10000]", "room for 4"),
        ("gpu/h100_sxm5:decode_step_s[model=Llama-3.1-405B,batch=1,context=10]", "room for 0 tokens"),
        ("gpu/h100_sxm5:prefill_step_s[model=Llama-3.1-8B,tokens=10,tp=1.5]", "tp = 1.5 is no number of devices"),
        (
            "gpu/h100_sxm5:prefill_step_s[model=Llama-3.1-8B,token=10]",
            "prefill_step has no 'token'; nearest is 'tokens'",
        ),
    ],
)
def test_what_is_wrong_is_named(registry, text, words):
    with pytest.raises(GauntletError) as refusal:
        kernel_reference(registry, text, ESTIMATES)
    assert words in str(refusal.value)
