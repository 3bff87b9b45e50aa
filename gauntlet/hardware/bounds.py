"""The least time of one kernel on one device: peaks alone, and only the traffic that no cache can save.

T >= max(W/F, max(0, Q - S)/B): arithmetic at the highest clock, and the bytes of the operands that do not fit in the
caches, from which a loop over the same operands may read the rest. All of F, B and S come from the registry at their
most lenient (`Registry.bound_value` with its headroom), the equations from the contracts roofline and least_traffic.
Arguments broadcast; demands are not negative.
"""

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from gauntlet.errors import RegistryError
from gauntlet.hardware.contracts.library import solved_together
from gauntlet.hardware.records import Device, Precision
from gauntlet.hardware.registry import Registry
from gauntlet.hardware.roofline import repeated_traffic_bytes

Real = float | npt.ArrayLike
Floats = npt.NDArray[np.float64]

_CACHES = ("l2_bytes", "l3_bytes", "sram_bytes")


class Limits(NamedTuple):
    """What nothing on this device exceeds: F in FLOP/s, B in B/s, S in bytes."""

    peak_flop_per_s: float
    memory_bytes_per_s: float
    cache_bytes: float

    @classmethod
    def of(cls, registry: Registry, device: str, precision: Precision) -> Self:
        """Limits of a device at a precision; RegistryError where it states no such peak or no memory."""
        peak = registry.bound_value(device, "peak_flop_per_s", precision).limit
        memory = registry.bound_value(device, "memory_bandwidth_bytes_per_s").limit
        return cls(peak, memory, cache_bytes(registry, registry.device(device)))


class Times(NamedTuple):
    """Least time of each resource of a device, and of all together: the bound; in seconds."""

    compute_s: Floats
    memory_s: Floats
    bound_s: Floats

    @property
    def binding(self) -> npt.NDArray[np.str_]:
        """Which resource binds, by name."""
        return np.where(self.compute_s >= self.memory_s, "compute", "memory")


def cache_bytes(registry: Registry, device: Device) -> float:
    """All caches of a device together; where its record states none, the largest that its class may have."""
    stated = [fact.value for fact in device.facts if fact.quantity in _CACHES]
    if stated:
        return float(sum(stated))
    if device.device_class not in registry.unstated_cache_bytes:
        raise RegistryError(f"{device.key} states no cache; bound_tolerances.yaml has none for its class either.")
    return registry.unstated_cache_bytes[device.device_class]


def kernel_bound(limits: Limits, work_flop: Real, operand_bytes: Real) -> Times:
    """Least times of a kernel that does `work_flop` on operands of `operand_bytes`, read and written once."""
    found = solved_together(
        "roofline",
        ("operator_bound_s",),
        work_flop=work_flop,
        moved_bytes=repeated_traffic_bytes(operand_bytes, limits.cache_bytes),
        peak_flop_per_s=limits.peak_flop_per_s,
        memory_bandwidth_bytes_per_s=limits.memory_bytes_per_s,
        link_bytes=0.0,
        link_bandwidth_bytes_per_s=np.inf,
    )
    return Times(*(np.asarray(found[name]) for name in ("compute_s", "memory_s", "operator_bound_s")))


def gemm_bound(
    limits: Limits, m: Real, n: Real, k: Real, element_bytes: float, output_bytes: float, *, groups: Real = 1.0
) -> Times:
    """Least times of C[m,n] = A[m,k] B[k,n]: 2 m n k FLOP; A, B and C once. Ordinary products, not Strassen's.

    `groups` products of this shape in one call, each with operands of its own.
    """
    rows, columns, depth, calls = (np.asarray(size, dtype=np.float64) for size in (m, n, k, groups))
    operands = (rows + columns) * depth * element_bytes + rows * columns * output_bytes
    return kernel_bound(limits, calls * 2 * rows * columns * depth, calls * operands)


def attention_bound(
    limits: Limits,
    batch: Real,
    queries: Real,
    context: Real,
    heads: Real,
    kv_heads: Real,
    head_size: Real,
    kv_bytes: float,
    *,
    element_bytes: float = 2.0,
) -> Times:
    """Least times of causal attention of `queries` new tokens over `context` tokens, the new ones among them.

    4 FLOP for each query, head, element and token it sees; queries and answers once, keys and values once a kv head.
    """
    b, q, c, h, g, d = (
        np.asarray(size, dtype=np.float64) for size in (batch, queries, context, heads, kv_heads, head_size)
    )
    seen = q * c - q * (q - 1) / 2
    state = 2 * b * g * c * d * kv_bytes
    return kernel_bound(limits, 4 * b * h * d * seen, state + 2 * b * q * h * d * element_bytes)


def latent_attention_bound(
    limits: Limits,
    batch: Real,
    queries: Real,
    context: Real,
    heads: Real,
    key_size: Real,
    value_size: Real,
    state_elements: Real,
    cache_bytes_each: float,
    *,
    element_bytes: float = 2.0,
) -> Times:
    """Least times of causal latent attention: keys and values of `key_size` and `value_size` elements in each head.

    2 FLOP for each element of both, query and token it sees; queries and answers once, and once the `state_elements`
    that a token keeps for all heads together, of `cache_bytes_each`.
    """
    b, q, c, h, k, v, kept = (
        np.asarray(size, dtype=np.float64)
        for size in (batch, queries, context, heads, key_size, value_size, state_elements)
    )
    seen = q * c - q * (q - 1) / 2
    rows = b * q * h * (k + v)
    return kernel_bound(limits, 2 * b * h * (k + v) * seen, b * c * kept * cache_bytes_each + rows * element_bytes)
