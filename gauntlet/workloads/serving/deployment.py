"""A model on devices: parallelism, precision and memory, and from them the `Demand` of a step.

Tensor parallelism t divides matrices and heads; attention data parallelism a copies the attention and divides the
sequences; both together hold the experts, of which expert parallelism e gives each device whole ones. Pipeline stages p
divide the layers. An instance has t a p devices; replicas are further instances.
Sources: Shoeybi et al., arXiv:1909.08053 (t); Huang et al., NeurIPS 2019 (p); Lepikhin et al., arXiv:2006.16668 (e);
vLLM and SGLang documentation (attention data parallelism).
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from gauntlet.errors import RegistryError, UsageError
from gauntlet.hardware.records import Device, Precision
from gauntlet.hardware.registry import Registry
from gauntlet.workloads.serving.demand import Demand, Floats, Piece, Rates
from gauntlet.workloads.transformer import Transformer
from gauntlet.workloads.transformer_layers import Attention, Experts, Linear

_ACTIVATION_BYTES = 2.0
_STATE_BYTES = 4.0
"""Activations between devices have 16 bits, states of linear attention 32, as engines keep them."""
_CACHE_BYTES = {"bf16": 2.0, "fp16": 2.0, "fp8": 1.0, "int8": 1.0, "fp4": 0.5, "fp32": 4.0}


@dataclass(frozen=True)
class Deployment:
    """One instance. `memory_fraction` is the part of the memory an engine may use (0.9 is vLLM's default) and
    `reserve_bytes` what activations and graphs take of it; `arithmetic` overrides the precision that the format of the
    weights asks for."""

    model: Transformer
    device: Device
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    expert_parallel: int = 1
    attention_data_parallel: int = 1
    kv_precision: str = "bf16"
    arithmetic: Precision | None = None
    memory_fraction: float = 0.9
    reserve_bytes: float = 0.0

    def __post_init__(self) -> None:
        for name in ("tensor_parallel", "pipeline_parallel", "expert_parallel", "attention_data_parallel"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise UsageError(f"{name} = {value!r}; expected a whole number of at least 1.")
        if not 0 < self.memory_fraction <= 1:
            raise UsageError(f"memory_fraction = {self.memory_fraction!r}; expected a number above 0 and at most 1.")
        if self.kv_precision not in _CACHE_BYTES:
            raise UsageError(f"kv_precision = {self.kv_precision!r}; expected one of {', '.join(_CACHE_BYTES)}.")
        if self.pipeline_parallel > self.model.layers:
            raise UsageError(
                f"pipeline_parallel = {self.pipeline_parallel}; expected at most the {self.model.layers} layers of "
                f"{self.model.name}."
            )
        heads = divided_heads(self.model)
        if any(count % self.tensor_parallel for count in heads):
            raise UsageError(
                f"tensor_parallel = {self.tensor_parallel} does not divide the {min(heads)} heads of "
                f"{self.model.name}; attention_data_parallel needs no divisor."
            )
        experts = _experts(self.model)
        if self.expert_parallel > 1 and not experts:
            raise UsageError(f"expert_parallel = {self.expert_parallel}, but {self.model.name} has no experts.")
        if self.group % self.expert_parallel:
            raise UsageError(
                f"expert_parallel = {self.expert_parallel} does not divide the {self.group} devices of a stage "
                "(tensor_parallel x attention_data_parallel)."
            )

    @property
    def group(self) -> int:
        """Devices that work on one layer."""
        return self.tensor_parallel * self.attention_data_parallel

    @property
    def devices(self) -> int:
        """Devices of the instance."""
        return self.group * self.pipeline_parallel

    def weight_bytes_per_device(self) -> float:
        """Stored weights on one device; attention and dense parts are copied over attention data parallelism."""
        model, stored = self.model, self.model.weights
        experts = model.expert_parameters * stored.expert_bits / 8 / self.group
        rest = (model.weight_bytes - model.expert_parameters * stored.expert_bits / 8) / self.tensor_parallel
        return (experts + rest) / self.pipeline_parallel

    def kv_token_capacity(self) -> float:
        """Tokens of context that the instance holds beside its weights; 0 where the weights do not fit.

        tokens = (u M - weights - A) / bytes per token and device, times the attention groups that share the sequences.
        Windows are not counted as a saving: most engines allocate them like full layers.
        """
        capacity = _fact(self.device, "memory_capacity_bytes")
        free = self.memory_fraction * capacity - self.weight_bytes_per_device() - self.reserve_bytes
        cached = sum(
            group.layers * group.attention.cached_elements() * self.cache_share(group.attention)
            for group in self.model.groups
        )
        each = cached * _CACHE_BYTES[self.kv_precision] / self.pipeline_parallel
        if free <= 0:
            return 0.0
        return math.inf if each == 0 else free / each * self.attention_data_parallel

    def cache_share(self, attention: Attention) -> float:
        """The part of a layer's cache that each device of a tensor-parallel group holds."""
        return 1.0 / float(attention.shards(_number(self.tensor_parallel)))

    def demand(self, registry: Registry) -> Demand:
        """Demands of a step; RegistryError where the device states no rate for the precision."""
        return _demand(self, registry)


def divided_heads(model: Transformer) -> set[int]:
    """Numbers of heads that tensor parallelism divides."""
    kinds = (group.attention for group in model.groups)
    return {kind.value_heads if isinstance(kind, Linear) else kind.heads for kind in kinds}


def arithmetic_of(deployment: Deployment) -> Precision:
    """The precision of products with weights."""
    stated: Precision = deployment.model.weights.precision  # type: ignore[assignment]
    return deployment.arithmetic or stated


def _demand(on: Deployment, registry: Registry) -> Demand:
    model, hidden = on.model, on.model.hidden
    tp, adp = float(on.tensor_parallel), float(on.attention_data_parallel)
    group = float(on.group)
    bits, expert_bits = model.weights.bits / 8, model.weights.expert_bits / 8
    ring = (tp - 1) / tp  # of a ring all-reduce, each way
    layers = float(model.layers)
    expert_layers = sum(g.layers for g in model.groups if isinstance(g.mixer, Experts))
    top_k, experts = _experts(model) or (1, 1)
    spread = min(top_k, on.expert_parallel) * (1 - 1 / on.expert_parallel) if on.attention_data_parallel > 1 else 0.0
    return Demand(
        sequence_share=_number(1 / adp),
        weight_bytes=_number(model.always_parameters * bits / tp),
        head_bytes=_number(model.head_bytes / tp),
        expert_bytes=_number(model.expert_parameters * expert_bits / group),
        expert_top_k_bytes=_number(model.active_expert_parameters * expert_bits / group),
        expert_missed=_number(1 - top_k / experts),
        token_flop=_number(2 * model.always_parameters / tp),
        any_token_flop=_number(2 * model.active_expert_parameters / group),
        logits_flop=_number(model.head_flop / tp),
        state_bytes=_number(2 * model.state_bytes(_STATE_BYTES) / tp),
        token_link_bytes=_number(2 * layers * 2 * ring * hidden * _ACTIVATION_BYTES),
        token_link_least_bytes=_number(2 * layers * (tp > 1) * hidden * _ACTIVATION_BYTES),
        any_token_link_bytes=_number(2 * expert_layers * spread * hidden * _ACTIVATION_BYTES / group),
        layers=_number(layers),
        expert_layers=_number(expert_layers),
        hops=_number(layers * math.log2(on.group)),
        pieces=tuple(_pieces(on)),
        stages=_number(on.pipeline_parallel),
        rates=_rates(on, registry, limit=False),
        limits=_rates(on, registry, limit=True),
        kv_token_capacity=_number(on.kv_token_capacity()),
    )


def _pieces(on: Deployment) -> Iterable[Piece]:
    windows = sorted({g.attention.window for g in on.model.groups if not isinstance(g.attention, Linear)}, reverse=True)
    element, tp = _CACHE_BYTES[on.kv_precision], float(on.tensor_parallel)
    for window in windows:
        groups = [g for g in on.model.groups if g.attention.window == window and not isinstance(g.attention, Linear)]
        cached = sum(g.layers * g.attention.cached_elements() * on.cache_share(g.attention) for g in groups)
        flops = [sum(g.layers * g.attention.pair_flop(decoding) for g in groups) / tp for decoding in (True, False)]
        yield Piece(window, _number(cached * element), *(_number(flop) for flop in flops))


def _rates(on: Deployment, registry: Registry, *, limit: bool) -> Rates:
    """Published dense rates; with `limit`, what no honest claim beats, in any arithmetic that the formats allow."""
    device, matmul = on.device, arithmetic_of(on)
    known = {fact.precision for fact in device.facts if fact.quantity == "peak_flop_per_s"}
    wide: Precision = "fp16" if on.model.weights.precision == "fp16" else "bf16"
    attention = wide if wide in known else "fp32"

    def best(quantity: str, *precisions: Precision | None) -> float:
        if limit:
            return max(registry.bound_value(device.id, quantity, each).limit for each in precisions)
        return _fact(device, quantity, precisions[0])

    alone = on.group == 1 and on.pipeline_parallel == 1
    own_link = any(fact.quantity == "link_bandwidth_bytes_per_s" for fact in device.facts)
    link = "link_bandwidth_bytes_per_s" if own_link else "host_link_bandwidth_bytes_per_s"  # through the host
    l2 = device.fact("l2_bytes")
    _fact(device, "peak_flop_per_s", matmul)  # refuses a precision that the device lacks
    narrow = min(on.model.weights.bits, on.model.weights.expert_bits)
    return Rates(
        _number(best("peak_flop_per_s", matmul, *_narrower(narrow, known))),
        _number(best("peak_flop_per_s", attention, *_narrower(8 * _CACHE_BYTES[on.kv_precision], known))),
        _number(best("memory_bandwidth_bytes_per_s", None)),
        _number(math.inf if alone else best(link, None)),
        _number(l2.value if l2 else 0.0),
    )


def _narrower(bits: float, known: Collection[Precision | None]) -> list[Precision]:
    """Arithmetic that operands of so many bits allow, of what the device has: four bits may meet eight, or four."""
    eight: tuple[Precision, ...] = ("fp8", "int8") if bits < 9 else ()
    four: tuple[Precision, ...] = ("fp4", "int4") if bits < 5 else ()
    return [each for each in (*eight, *four) if each in known]


def _fact(device: Device, quantity: str, precision: Precision | None = None) -> float:
    """The published dense value; RegistryError lists the precisions that the device has."""
    facts = [
        f for f in device.facts if f.quantity == quantity and precision in (None, f.precision) and f.mode != "sparse"
    ]
    dense = [f for f in facts if f.mode in ("dense", None)] or facts
    if dense:
        return max(dense, key=lambda fact: fact.value).value
    if precision is None:
        raise RegistryError(f"{device.key} states no {quantity}, which serving needs; add it to its record.")
    known = sorted({str(f.precision) for f in device.facts if f.quantity == quantity and f.precision})
    raise RegistryError(
        f"{device.key} has no rate for precision {precision!r}; it has {', '.join(known) or 'none'}. "
        "Name another precision, or a device that has it."
    )


def _experts(model: Transformer) -> tuple[int, int] | None:
    """(top_k, experts) of the mixture, None for a dense model."""
    mixers = [group.mixer for group in model.groups if isinstance(group.mixer, Experts)]
    return (mixers[0].top_k, mixers[0].experts) if mixers else None


def _number(value: float) -> Floats:
    return np.asarray(float(value))
