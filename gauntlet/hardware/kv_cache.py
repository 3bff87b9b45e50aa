"""How much attention state fits: equations of `hardware_registry/contracts/kv_cache_sizing.yaml`. Arguments broadcast.

With all of the memory usable and nothing reserved the results bound what any server holds.
"""

from gauntlet.hardware.contracts.library import solved
from gauntlet.hardware.contracts.solver import Floats, Real


def latent_bytes_per_token(layers: Real, latent_size: Real, rotary_size: Real, element_bytes: Real) -> Floats:
    """State of one token under latent attention: layers (latent + rotary) element_bytes, whole on each device."""
    return solved(
        "kv_cache_sizing",
        "latent_bytes_per_token",
        layers=layers,
        latent_size=latent_size,
        rotary_size=rotary_size,
        element_bytes=element_bytes,
    )


def kv_bytes_per_token_of_device(
    layers: Real, kv_heads: Real, head_size: Real, element_bytes: Real, tensor_parallel: Real
) -> Floats:
    """State of one token on one device: 2 layers ceil(kv_heads / devices) head_size element_bytes."""
    return solved(
        "kv_cache_sizing",
        "kv_bytes_per_token_of_device",
        layers=layers,
        kv_heads=kv_heads,
        head_size=head_size,
        element_bytes=element_bytes,
        tensor_parallel=tensor_parallel,
    )


def kv_capacity_tokens(
    memory_capacity_bytes: Real,
    weight_bytes: Real,
    kv_bytes_per_device_token: Real,
    *,
    tensor_parallel: Real = 1.0,
    usable_fraction: Real = 1.0,
    reserved_bytes: Real = 0.0,
) -> Floats:
    """Tokens whose state fits beside a device's share of the weights; 0 where the weights do not fit."""
    return solved(
        "kv_cache_sizing",
        "kv_capacity_tokens",
        memory_capacity_bytes=memory_capacity_bytes,
        weight_bytes=weight_bytes,
        kv_bytes_per_device_token=kv_bytes_per_device_token,
        tensor_parallel=tensor_parallel,
        usable_fraction=usable_fraction,
        reserved_bytes=reserved_bytes,
    )


def kv_capacity_blocks(
    memory_capacity_bytes: Real,
    weight_bytes: Real,
    kv_bytes_per_device_token: Real,
    block_tokens: Real,
    *,
    tensor_parallel: Real = 1.0,
    usable_fraction: Real = 1.0,
    reserved_bytes: Real = 0.0,
) -> Floats:
    """Whole blocks of tokens that fit, as `kv_capacity_tokens`."""
    return solved(
        "kv_cache_sizing",
        "kv_capacity_blocks",
        memory_capacity_bytes=memory_capacity_bytes,
        weight_bytes=weight_bytes,
        kv_bytes_per_device_token=kv_bytes_per_device_token,
        block_tokens=block_tokens,
        tensor_parallel=tensor_parallel,
        usable_fraction=usable_fraction,
        reserved_bytes=reserved_bytes,
    )


def largest_batch(
    context_tokens: Real,
    memory_capacity_bytes: Real,
    weight_bytes: Real,
    kv_bytes_per_device_token: Real,
    *,
    tensor_parallel: Real = 1.0,
    usable_fraction: Real = 1.0,
    reserved_bytes: Real = 0.0,
) -> Floats:
    """Sequences of `context_tokens` each that memory holds together."""
    return solved(
        "kv_cache_sizing",
        "largest_batch",
        context_tokens=context_tokens,
        memory_capacity_bytes=memory_capacity_bytes,
        weight_bytes=weight_bytes,
        kv_bytes_per_device_token=kv_bytes_per_device_token,
        tensor_parallel=tensor_parallel,
        usable_fraction=usable_fraction,
        reserved_bytes=reserved_bytes,
    )
