"""Every estimate that a specification may name: kernels of one device, and steps of a language model server.

A cost model makes a server of steps: `continuous_batching` needs one with few sequences, one with many, and a prompt.
"""

from collections.abc import Mapping

import numpy as np

from gauntlet.errors import UsageError
from gauntlet.hardware.bounds import Real
from gauntlet.hardware.estimates.kernels import KERNELS, Kernel
from gauntlet.hardware.estimates.model import check_sizes
from gauntlet.hardware.estimates.records import Estimate, Floats
from gauntlet.hardware.registry import Registry
from gauntlet.workloads.serving.choice import choose
from gauntlet.workloads.serving.deployment import Deployment
from gauntlet.workloads.serving.description import Description, deployment_of
from gauntlet.workloads.serving.steps import Steps


def decode_step(
    registry: Registry,
    device: str,
    batch: Real,
    context: Real,
    model: str,
    *,
    tp: Real = 1.0,
    precision: str | None = None,
) -> Estimate:
    """Times of one step in which `batch` sequences of `context` tokens get a token each, on `tp` devices.

    `model` is a known name or a config.json. UsageError where weights and cache do not fit into the memory.
    """
    on = _deployment(registry, device, model, tp, precision)
    sizes = _arrays(batch=batch, context=context)
    _check_fit(on, sizes["batch"] * sizes["context"])
    return _estimate(registry, on, Steps.of(decode_requests=sizes["batch"], context_tokens=sizes["context"]))


def prefill_step(
    registry: Registry, device: str, tokens: Real, model: str, *, tp: Real = 1.0, precision: str | None = None
) -> Estimate:
    """Times of one step that reads a prompt of `tokens` and nothing else; arguments and errors as of `decode_step`."""
    on = _deployment(registry, device, model, tp, precision)
    sizes = _arrays(tokens=tokens)
    _check_fit(on, sizes["tokens"])
    return _estimate(registry, on, Steps.of(prefill_requests=1.0, new_tokens=sizes["tokens"]))


ESTIMATES: Mapping[str, Kernel] = {
    **KERNELS,
    "decode_step": Kernel(decode_step, ("batch", "context"), ("tp",), {"model": (), "precision": ()}, ("model",)),
    "prefill_step": Kernel(prefill_step, ("tokens",), ("tp",), {"model": (), "precision": ()}, ("model",)),
}


def _deployment(registry: Registry, device: str, model: str, tp: Real, precision: str | None) -> Deployment:
    degrees = np.unique(np.asarray(tp, dtype=np.float64))
    if degrees.size != 1 or degrees[0] < 1 or degrees[0] != int(degrees[0]):
        raise UsageError(
            f"tp = {', '.join(f'{each:g}' for each in degrees)} is no number of devices; give one, 1 or more."
        )
    return deployment_of(Description(model, device, int(degrees[0]), precision=precision), registry)


def _arrays(**sizes: Real) -> dict[str, Floats]:
    arrays = np.broadcast_arrays(*(np.atleast_1d(np.asarray(size, np.float64)) for size in sizes.values()))
    named = dict(zip(sizes, arrays, strict=True))
    check_sizes(named)
    return named


def _check_fit(on: Deployment, tokens: Floats) -> None:
    capacity = on.kv_token_capacity()
    if (tokens > capacity).any():
        raise UsageError(
            f"{on.model.name} on {on.tensor_parallel} x {on.device.key} has room for {capacity:,.0f} tokens, and "
            f"{tokens.max():,.0f} are asked; take fewer, more devices (tp) or smaller weights (precision)."
        )


def _estimate(registry: Registry, on: Deployment, steps: Steps) -> Estimate:
    choice = choose(on, on.demand(registry), registry)
    value, bound = choice.model.step_s(steps), choice.model.bound_s(steps)
    return Estimate(
        value=value,
        bound=bound,
        low=np.maximum(value * choice.low, bound),
        high=value * choice.high,
        basis=np.full(value.shape, choice.model.basis),
        source=f"step model {choice.model.name}: {choice.reason}",
    )
