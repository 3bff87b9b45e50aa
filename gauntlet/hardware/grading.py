"""How near a rate comes to its ceiling: equations of `hardware_registry/contracts/performance_grading.yaml`."""

import numpy as np
import numpy.typing as npt

from gauntlet.hardware.contracts.library import worded
from gauntlet.hardware.contracts.solver import Real


def grades(attained_per_s: Real, ceiling_per_s: Real, tolerance: Real = 0.0) -> npt.NDArray[np.str_]:
    """'F' to 'A', 'impossible' above the ceiling and its tolerance, '' outside the domain. Arguments broadcast."""
    return worded(
        "performance_grading",
        "grade",
        attained_per_s=attained_per_s,
        ceiling_per_s=ceiling_per_s,
        tolerance=tolerance,
    )
