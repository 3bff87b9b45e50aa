"""Numbers printed at the ends of bars say what was drawn, and so whether the scale is right."""

import math
from collections.abc import Sequence

from gauntlet.paper.plots.labels import Label
from gauntlet.paper.plots.traces import Trace
from gauntlet.paper.records import Box, Doubt

BEYOND_EM, BEFORE_EM = 1.6, 1.2  # between a bar's end and the middle of the number at it
ASIDE_EM = 0.3
FEWEST = 2
AGREES = 0.03  # numbers at bars are rounded to two or three digits


def bar_label_doubt(trace: Trace, lengths: Sequence[float], labels: Sequence[Label]) -> Doubt | None:
    """The doubt that several numbers at a series' bars are its lengths times one power of ten.

    Numbers that say something else (an absolute value over a normalised bar) say nothing of the scale.
    """
    said: list[tuple[float, float, int | None]] = []
    for index, (bar, length) in enumerate(zip(trace.bars, lengths, strict=True)):
        near = None if index in trace.clipped else _at_end(bar, trace.horizontal, labels)
        if near is not None and near.value is not None and near.value > 0 and length > 0:
            said.append((near.value, length, _power(near.value / length)))
    powers = {power for *_, power in said}
    if len(said) < FEWEST or len(powers) != 1 or powers <= {0, None}:
        return None
    words = f"numbers at {len(said)} bars say otherwise: {said[0][0]:g} at a bar read as {said[0][1]:.3g}"
    return Doubt(kind="bar_labels", amount=1.0, words=words)


def _power(ratio: float) -> int | None:
    """Exponent of the power of ten that a ratio is, None for others."""
    power = round(math.log10(ratio))
    return power if abs(ratio / 10.0**power - 1) < AGREES else None


def _at_end(bar: Box, horizontal: bool, labels: Sequence[Label]) -> Label | None:
    """The number that stands at the end of a bar, in the middle of its width."""
    best: tuple[float, Label] | None = None
    for label in labels:
        x, y = label.anchor
        aside = abs(y - (bar[1] + bar[3]) / 2) if horizontal else abs(x - (bar[0] + bar[2]) / 2)
        half = (bar[3] - bar[1] if horizontal else bar[2] - bar[0]) / 2
        start = label.box[0] - bar[2] if horizontal else bar[1] - label.box[3]
        if aside > max(ASIDE_EM * label.size, 0.5 * half) or not -BEFORE_EM < start / label.size < BEYOND_EM:
            continue
        if best is None or abs(start) < best[0]:
            best = (abs(start), label)
    return best[1] if best else None
