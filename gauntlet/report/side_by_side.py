"""All figures of a report, drawn by two processes where the system forks: drawing is most of the time of a report."""

import multiprocessing
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from gauntlet.report.figure import Curve, Rival, render_claim
from gauntlet.report.records import ClaimReport

Drawing = tuple[ClaimReport, Curve | None, Rival]
Pictures = tuple[bytes, bytes]

_WORTH_A_FORK = 4


def render_claims(drawings: Sequence[Drawing]) -> list[Pictures]:
    """(SVG, PNG) of each drawing, in order; the same bytes whoever draws them."""
    if len(drawings) < _WORTH_A_FORK or not sys.platform.startswith("linux"):
        return _render_all(drawings)
    import gauntlet.report.canvas  # noqa: F401 - loads matplotlib before the fork, once for both

    half = len(drawings) // 2
    with warnings.catch_warnings():
        # Python warns of forking beside numpy's idle threads; the child draws with none of their locks.
        warnings.simplefilter("ignore", DeprecationWarning)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as helper:
            others = helper.submit(_render_all, drawings[half:])
            own = _render_all(drawings[:half])
            return own + others.result()


def _render_all(drawings: Sequence[Drawing]) -> list[Pictures]:
    return [render_claim(*drawing) for drawing in drawings]
