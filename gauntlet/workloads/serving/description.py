"""A deployment in the words of a user: names of model, hardware and formats, degrees of parallelism."""

from dataclasses import dataclass

from gauntlet.hardware.records import Device
from gauntlet.hardware.registry import Registry
from gauntlet.workloads.known_models import model_named
from gauntlet.workloads.serving.deployment import Deployment
from gauntlet.workloads.transformer_weights import stored_as


@dataclass(frozen=True)
class Description:
    """`model` is a known name or the path of a config.json, `hardware` an id or name of the registry; formats that are
    left out follow the config: its own for the weights, 16 bits for the cache."""

    model: str
    hardware: str
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    expert_parallel: int = 1
    attention_data_parallel: int = 1
    precision: str | None = None
    kv_precision: str | None = None
    memory_fraction: float = 0.9


def deployment_of(asked: Description, registry: Registry) -> Deployment:
    """The deployment; RegistryError and UsageError list the nearest names of what is not known."""
    device: Device = registry.resolve(asked.hardware)
    model = model_named(asked.model, registry.folder)
    if asked.precision:
        model = stored_as(model, asked.precision)
    return Deployment(
        model,
        device,
        asked.tensor_parallel,
        asked.pipeline_parallel,
        asked.expert_parallel,
        asked.attention_data_parallel,
        kv_precision=asked.kv_precision or "bf16",
        memory_fraction=asked.memory_fraction,
    )
