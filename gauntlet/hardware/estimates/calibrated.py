"""An operation by the efficiency curve that `gauntlet calibrate` fitted for its device: bound over efficiency."""

from typing import cast

import numpy as np

from gauntlet.errors import RegistryError
from gauntlet.hardware.bounds import Limits, Real
from gauntlet.hardware.curves import calibration_file, find_calibration
from gauntlet.hardware.estimates.model import check_sizes
from gauntlet.hardware.estimates.records import Estimate
from gauntlet.hardware.records import Precision
from gauntlet.hardware.registry import Registry


def calibrated(
    registry: Registry, device: str, work_flop: Real, moved_bytes: Real, operation: str, precision: str
) -> Estimate:
    """Times of an operation of that work and traffic; sizes broadcast to one axis.

    `basis`: interpolated, extrapolated (beyond the sizes measured), nearest (another precision), default (an operation
    that was not measured). RegistryError for a device without a calibration or the precision.
    """
    record = registry.resolve(device)
    calibration = find_calibration(registry.folder, record)
    if calibration is None:
        raise RegistryError(
            f"{record.key} has no calibration {calibration_file(registry.folder, record)}; 'gauntlet calibrate fit' "
            "makes one from measured times."
        )
    sizes = (np.atleast_1d(np.asarray(size, np.float64)) for size in (work_flop, moved_bytes))
    work, moved = np.broadcast_arrays(*sizes)
    check_sizes({"work_flop": work, "moved_bytes": moved})
    kind = cast(Precision, precision)
    limits = Limits.of(registry, record.key, kind)
    resources = {"compute": work / limits.peak_flop_per_s, "memory": moved / limits.memory_bytes_per_s}
    bound = np.maximum(*resources.values())
    found = calibration.time_s(operation, kind, bound, work_flop=work, moved_bytes=moved)
    curve, _ = calibration.find(operation, kind)
    source = f"{calibration.source}: {curve.key if curve else 'all operations together'} on {record.key}"
    return Estimate(found.value, bound, found.low, found.high, found.basis, source, resources, work)
