"""A registry, deployments and demands that the tests of this room share."""

import pytest

from gauntlet.hardware.registry import Registry
from gauntlet.workloads.known_models import model_named
from gauntlet.workloads.serving.deployment import Deployment


@pytest.fixture(scope="session")
def registry():
    return Registry.load()


@pytest.fixture(scope="session")
def deploy(registry):
    """deploy(model, device, tensor_parallel=2, ...)"""
    return lambda model, device="h100_sxm5", **degrees: Deployment(
        model_named(model), registry.device(device), **degrees
    )
