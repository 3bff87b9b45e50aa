"""Which step-time model is used, and why: never silently.

Without a wish: a regression on this very deployment before anything else, then tables of measured kernels for this GPU,
then the calibrated roofline. What was asked for is taken, or refused with the reason. The published v1 and v2 are never
chosen by themselves.
"""

from pathlib import Path
from typing import Literal, NamedTuple

from gauntlet.errors import UsageError
from gauntlet.hardware.mfu_files import load_mfu
from gauntlet.hardware.registry import Registry
from gauntlet.workloads.serving.calibration import calibration_of
from gauntlet.workloads.serving.demand import Demand
from gauntlet.workloads.serving.deployment import Deployment
from gauntlet.workloads.serving.mfu_model import MfuModel
from gauntlet.workloads.serving.mfu_v2 import MfuV2
from gauntlet.workloads.serving.regression import Regression, RegressionModel
from gauntlet.workloads.serving.roofline_v1 import RooflineV1, published_constants
from gauntlet.workloads.serving.step_time import CalibratedRoofline, StepTimeModel

Wish = Literal["auto", "roofline", "roofline-v1", "mfu", "mfu-v2", "regression"]


class Choice(NamedTuple):
    """The model, in a sentence why, and the factors of its 90 % band (NaN where nobody measured it)."""

    model: StepTimeModel
    reason: str
    low: float = float("nan")
    high: float = float("nan")


class Sources(NamedTuple):
    """What a user offers: coefficients of a regression, a folder of MFU tables."""

    coefficients: Path | None = None
    mfu_tables: Path | None = None


def choose(
    on: Deployment, demand: Demand, registry: Registry, wish: Wish = "auto", sources: Sources | None = None
) -> Choice:
    """The step-time model of a deployment; UsageError where a wish cannot be met."""
    offered = sources or Sources()
    if wish == "roofline-v1":
        return Choice(
            RooflineV1(on, demand, published_constants(registry.folder, "roofline_v1")), "roofline-v1 was asked for"
        )
    if wish in ("auto", "regression"):
        fitted = Regression.load(offered.coefficients) if offered.coefficients else None
        why_not = _mismatch(fitted, on) if fitted else "no --coefficients were given"
        if fitted and not why_not:
            return Choice(
                RegressionModel(fitted, demand), f"coefficients of {offered.coefficients} fit this deployment"
            )
        if wish == "regression":
            raise UsageError(f"step model regression: {why_not}; 'gauntlet serving fit' makes a file of coefficients.")
        if fitted:
            raise UsageError(f"--coefficients {offered.coefficients}: {why_not}; leave them out.")
    if wish in ("auto", "mfu", "mfu-v2"):
        if offered.mfu_tables:
            return _tables(on, demand, registry, offered.mfu_tables, published=wish == "mfu-v2")
        if wish != "auto":
            raise UsageError(f"step model {wish}: no --mfu-tables were given; name a folder of measured kernels.")
    return _roofline(on, demand, registry, wish)


def _tables(on: Deployment, demand: Demand, registry: Registry, folder: Path, *, published: bool) -> Choice:
    known = sorted(file.parent.name for file in folder.glob("gemm/*/data.csv"))
    wanted = [name for name in known if on.device.key in {device.key for device in registry.find(name)}]
    if not wanted:
        raise UsageError(
            f"--mfu-tables {folder} has no table for {on.device.key}; it has {', '.join(known) or 'none'}. "
            "Leave it out to use the calibrated roofline."
        )
    tables = load_mfu(folder, wanted[0], on.device)
    if published:
        constants = published_constants(registry.folder, "mfu_v2")
        return Choice(MfuV2(on, demand, tables, constants), "mfu-v2 was asked for")
    model = MfuModel(on, demand, tables, calibration_of(registry.folder).efficiencies)
    return Choice(model, f"{folder} has measured kernels of {wanted[0]}")


def _roofline(on: Deployment, demand: Demand, registry: Registry, wish: Wish) -> Choice:
    calibration = calibration_of(registry.folder)
    measured = on.device.id.partition("@")[0] in calibration.devices
    reason = "roofline was asked for" if wish == "roofline" else "no coefficients and no tables were given"
    if not measured:
        reason += f"; {on.device.key} was not among the devices measured, its efficiencies are those of others"
    model = CalibratedRoofline(demand, calibration.efficiencies, "interpolated" if measured else "extrapolated")
    return Choice(model, reason, calibration.low, calibration.high)


def _mismatch(fitted: Regression, on: Deployment) -> str:
    """How a regression differs from a deployment; empty where it fits."""
    pairs = (
        ("model", fitted.model, on.model.name),
        ("device", fitted.device, on.device.key),
        ("tensor_parallel", fitted.tensor_parallel, on.tensor_parallel),
    )
    return "; ".join(f"its {name} is {theirs}, asked is {ours}" for name, theirs, ours in pairs if theirs != ours)
