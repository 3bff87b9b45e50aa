"""`benchmarks.calibration` compares what it should, and a worse curve is called so."""

import numpy as np

from benchmarks.calibration import Compared, compared
from gauntlet.hardware.curves import find_calibration
from gauntlet.hardware.registry import Registry


def test_a_curve_that_is_worse_with_mixes_misses_its_bar():
    registry = Registry.load()
    (curve,) = find_calibration(registry.folder, registry.device("core_i7_12700k")).curves
    worse = curve.model_copy(
        update={
            "candidates": tuple(c.model_copy(update={"unseen_groups": 1.1 * c.unseen_groups}) for c in curve.candidates)
        }
    )
    assert Compared("here", 1, curve, curve).held and Compared("here", 1, worse, curve).held
    assert not Compared("here", 1, curve, worse).held


def test_rows_that_cost_arithmetic_and_traffic_gain_by_the_mix(tmp_path):
    """Planted: a start, and the root of the squares of both; five layers of a made-up run on one real device."""
    random, lines = np.random.default_rng(2), ["hw,src,dtype,m,n,k,lat_us,power_w"]
    for n, k in random.choice([64, 128, 256, 512, 1024, 2048, 4096, 8192], (5, 2)).tolist():
        for m in (1, 64, 512, 4096):
            work, moved = 2.0 * m * n * k, 2.0 * (m * k + n * k + m * n)
            time_us = 5 + 1e6 * np.hypot(work / 250e12, moved / 1.8e12) * np.exp(random.normal(0, 0.05))
            lines.append(f"a100_sxm,test,bfloat16,{m},{n},{k},{time_us:.4f},")
    (tmp_path / "gemm").mkdir()
    (tmp_path / "gemm" / "gemm.csv").write_text("\n".join(lines) + "\n")
    (found,) = compared(tmp_path)
    assert found.machine == "gpu/a100_sxm_80gb, bfloat16" and found.rows == 20
    assert found.one.variable != "mixed_s" and found.chosen.variable == "mixed_s" and found.held
