"""Two doors to one bound: primitives, of which cost models make theirs, and contracts, which the registry executes.

Primitives need numpy alone and contracts are files, so that neither can be the other. Each pair is compared on random
inputs through a parsed expression, as in a cost model; a change planted in either side is found.
"""

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from gauntlet.expressions.grammar import parse
from gauntlet.hardware.bounds import Limits, attention_bound, gemm_bound, latent_attention_bound
from gauntlet.hardware.contracts.library import using
from gauntlet.hardware.energy import operator_energy, traffic_bound_s
from gauntlet.hardware.kv_cache import latent_bytes_per_token
from gauntlet.hardware.roofline import (
    attainable_flop_per_s,
    concurrent_bound_s,
    decode_ceiling_tokens_per_s,
    kv_bytes_per_token,
    matmul_traffic_bytes,
    operator_bound_s,
    pipeline_bound_per_s,
    ridge_flop_per_byte,
)
from tests.hardware.contract_cases import library_with

COUNT, DECADES, SAME = 300, 6, 1e-9
COUNTED = {"batch", "heads", "layers", "size", "latent", "rope", "m", "n", "k", "processors", "new", "past"}
"""Names that stand for whole numbers."""
LIMITS = Limits(peak_flop_per_s=3e14, memory_bytes_per_s=2e12, cache_bytes=0.0)


class Pair(NamedTuple):
    """What a cost model may write, and what the registry's contracts make of the same names."""

    expression: str
    contract: Callable[[SimpleNamespace], np.ndarray]


def bound_of(work: str, moved: str) -> str:
    return f"roofline(flop={work}, bytes_={moved}, peak_flop_per_s=3e14, bandwidth_bytes_per_s=2e12).time_s"


ROOFLINE = "roofline(flop=work, bytes_=moved, peak_flop_per_s=peak, bandwidth_bytes_per_s=rate)"
PRODUCT = "gemm_cost(m=m, n=n, k=k, element_bytes=2, tile_m=1, tile_n=1)"
ATTENTION = (
    "attention_core_cost(phase='prefill', batch=batch, query_tokens=new, context_tokens=new + past, heads=2 * heads, "
    "kv_heads=heads, head_dim=64, element_bytes=2, causal=1)"
)
LATENT = (
    "latent_attention_cost(form='absorbed', batch=batch, query_tokens=new, context_tokens=new + past, heads=heads, "
    "latent_dim=512, rope_dim=64, nope_dim=128, value_dim=128, element_bytes=2, causal=1)"
)
PAIRS = {
    "time of a roofline": Pair(
        f"{ROOFLINE}.time_s", lambda at: operator_bound_s(at.work, at.moved, at.peak, at.rate)
    ),
    "rate of a roofline": Pair(
        f"{ROOFLINE}.attainable_flop_per_s", lambda at: attainable_flop_per_s(at.work / at.moved, at.peak, at.rate)
    ),
    "ridge of a roofline": Pair(f"{ROOFLINE}.ridge_flop_per_byte", lambda at: ridge_flop_per_byte(at.peak, at.rate)),
    "roofline of two levels": Pair(
        "hierarchical_roofline(flop=work, bytes_per_level=[near, far], bandwidths_bytes_per_s=[fast, slow], "
        "peak_flop_per_s=peak).time_s",
        lambda at: operator_bound_s(
            at.work, at.near, at.peak, at.fast, link_bytes=at.far, link_bandwidth_bytes_per_s=at.slow
        ),
    ),
    "decoding": Pair(
        "decode_step_time(active_weight_bytes=weights, kv_bytes_per_token=kv, batch=batch, context_tokens=context, "
        "flop_per_token=flop, peak_flop_per_s=peak, bandwidth_bytes_per_s=rate, fixed_s=0).tokens_per_s",
        lambda at: decode_ceiling_tokens_per_s(
            at.batch, at.peak, at.rate, at.flop / 2, at.weights, context_tokens=at.context,
            kv_bytes_per_context_token=at.kv,
        ),
    ),
    "cache of grouped queries": Pair(
        "kv_cache_bytes(attention='gqa', layers=layers, kv_heads=heads, head_dim=size, latent_dim=0, rope_dim=0, "
        "element_bytes=element).bytes_per_token",
        lambda at: kv_bytes_per_token(at.layers, at.heads, at.size, at.element),
    ),
    "cache of latents": Pair(
        "kv_cache_bytes(attention='mla', layers=layers, kv_heads=0, head_dim=0, latent_dim=latent, rope_dim=rope, "
        "element_bytes=element).bytes_per_token",
        lambda at: latent_bytes_per_token(at.layers, at.latent, at.rope, at.element),
    ),
    "traffic of a product": Pair(
        f"{PRODUCT}.min_bytes", lambda at: matmul_traffic_bytes(at.m, at.n, at.k, 2.0, 1e300)
    ),
    "stations of a pipeline": Pair(
        "bottleneck(demands_s=[first, second, third], servers=[2, 1, 5]).peak_rate_per_s",
        lambda at: pipeline_bound_per_s([2.0, 1.0, 5.0], np.stack([at.first, at.second, at.third], axis=-1)),
    ),
    "tasks of a graph": Pair(
        "brent_bound(work_s=span + more, span_s=span, processors=processors).lower_s",
        lambda at: concurrent_bound_s(at.span, at.span + at.more, at.processors),
    ),
    "energy of an operator": Pair(
        "energy_roofline(intensity_flop_per_byte=work / moved, energy_per_flop_j=each, energy_per_byte_j=far, "
        "static_power_w=idle, peak_flop_per_s=peak, bandwidth_bytes_per_s=rate).flop_per_joule",
        lambda at: at.work / operator_energy(
            at.work, at.moved[:, None], traffic_bound_s(at.work, at.moved[:, None], at.peak, at.rate[:, None]),
            energy_per_flop_j=at.each, energy_per_byte_j=at.far[:, None], idle_w=at.idle,
        ).energy_j,
    ),
    "a product on a device": Pair(
        bound_of(f"{PRODUCT}.flop", f"{PRODUCT}.min_bytes"),
        lambda at: gemm_bound(LIMITS, at.m, at.n, at.k, 2.0, 2.0).bound_s,
    ),
    "attention on a device": Pair(
        bound_of(f"{ATTENTION}.flop", f"{ATTENTION}.bytes"),
        lambda at: attention_bound(
            LIMITS, at.batch, at.new, at.new + at.past, 2 * at.heads, at.heads, 64, 2.0
        ).bound_s,
    ),
    "latent attention on a device": Pair(
        bound_of(f"{LATENT}.flop", f"{LATENT}.bytes"),
        lambda at: latent_attention_bound(
            LIMITS, at.batch, at.new, at.new + at.past, at.heads, 576, 512, 576, 2.0
        ).bound_s,
    ),
}  # fmt: skip


def apart(pair: Pair) -> float:
    """Largest relative difference of both sides over random inputs of six decades; infinite where one has none."""
    expression, random = parse(pair.expression, "a bound"), np.random.default_rng(11)
    drawn = {name: 10 ** random.uniform(0, DECADES, COUNT) for name in sorted(expression.names)}
    drawn |= {name: np.ceil(values) for name, values in drawn.items() if name in COUNTED}
    ours, theirs = expression.evaluate(drawn), pair.contract(SimpleNamespace(**drawn))
    difference = np.abs(ours / theirs - 1)
    return float(difference.max()) if np.isfinite(difference).all() else np.inf


@pytest.mark.parametrize("name", PAIRS)
def test_a_bound_of_a_cost_model_is_the_contract_of_the_registry(name):
    assert apart(PAIRS[name]) < SAME


@pytest.mark.parametrize(
    ("name", "contract", "equation"),
    [
        ("time of a roofline", "roofline", "work_flop / peak"),
        ("rate of a roofline", "roofline", "min(peak_flop"),
        ("ridge of a roofline", "roofline", "peak_flop_per_s / memory"),
        ("roofline of two levels", "roofline", "link_bytes / link"),
        ("decoding", "decode_ceiling", "min(memory"),
        ("cache of grouped queries", "kv_cache_sizing", "2 * layers * kv_heads * head"),
        ("cache of latents", "kv_cache_sizing", "layers * (latent"),
        ("traffic of a product", "least_traffic", "rows * depth"),
        ("stations of a pipeline", "roofline", "capacity_per_s /"),
        ("tasks of a graph", "roofline", "max(critical"),
        ("energy of an operator", "energy", "idle_w * time"),
        ("a product on a device", "roofline", "moved_bytes / memory"),
    ],
)
def test_a_change_of_the_contract_alone_is_found(tmp_path, name, contract, equation):
    change = f"expression: {equation}", f"expression: 1.00001 * {equation}"
    with using(library_with(tmp_path, contract, change)):
        assert apart(PAIRS[name]) > SAME


def test_a_change_of_the_primitive_alone_is_found():
    for pair in PAIRS.values():
        assert apart(pair._replace(expression=f"1.000001 * ({pair.expression})")) > SAME


def test_every_bound_of_the_roofline_module_is_in_a_pair():
    """Whoever adds a bound there adds its pair, or says here why there is none."""
    from gauntlet.hardware import roofline

    without = {
        "repeated_traffic_bytes": "no primitive grants a cache: the plain roofline is its case without one",
        "decode_memory_ceiling_tokens_per_s": "a part of decode_ceiling_tokens_per_s",
        "decode_compute_ceiling_tokens_per_s": "a part of decode_ceiling_tokens_per_s",
        "decode_limits": "a word",
        "model_bytes": "an input of others",
    }
    own = {
        name for name, each in inspect.getmembers(roofline, inspect.isfunction) if each.__module__ == roofline.__name__
    }
    compared = {name for name in own if any(name in pair.contract.__code__.co_names for pair in PAIRS.values())}
    assert own - compared == set(without)
