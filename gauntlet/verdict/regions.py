"""Where along x a claim deviates: runs of neighbouring points and their words."""

from collections.abc import Sequence

from gauntlet.specs.claims import Claim
from gauntlet.specs.paper_spec import PaperSpec


def longest_reach(deviating: Sequence[bool], size: Sequence[float], needed: int) -> list[int] | None:
    """Positions of the run of at least `needed` neighbouring True whose largest `size` is the largest; else None."""
    runs: list[list[int]] = []
    for index, flag in enumerate(deviating):
        if flag and index and deviating[index - 1]:
            runs[-1].append(index)
        elif flag:
            runs.append([index])
    long_enough = [run for run in runs if len(run) >= needed]
    return max(long_enough, key=lambda run: max(size[index] for index in run), default=None)


def ordered(claim: Claim, used: Sequence[bool]) -> list[int]:
    """Indices of the usable points along x; in the claim's own order where x is missing."""
    indices = [index for index, use in enumerate(used) if use]
    if all(claim.points[index].x is not None for index in indices):
        indices.sort(key=lambda index: claim.points[index].x or 0.0)
    return indices


def words(spec: PaperSpec, claim: Claim, run: Sequence[int], order: Sequence[int]) -> str | None:
    """'at rate >= 200 krps' for the points `run` among the usable ones `order`; None for a single number."""
    if len(order) < 2:
        return None
    if len(run) == len(order):
        return "at every point"
    first, last = claim.points[run[0]].x, claim.points[run[-1]].x
    if claim.x is None or first is None or last is None:
        return "at points " + ", ".join(str(index + 1) for index in run)
    unit = next((f" {variable.unit}" for variable in spec.variables if variable.id == claim.x and variable.unit), "")
    if run[-1] == order[-1]:
        extent = f">= {first:.3g}"
    elif run[0] == order[0]:
        extent = f"<= {last:.3g}"
    else:
        extent = f"= {first:.3g}" if first == last else f"from {first:.3g} to {last:.3g}"
    return f"at {claim.x} {extent}{unit}"
