"""Multipliers beside axes: every '1e6' or 'x10^6' belongs to one axis."""

import math
import re
from collections.abc import Sequence

from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.labels import Label, joined

_MULTIPLIER = re.compile(r"^[(\[]?\s*(?:[×x*·]\s*10\s*\^?\s*([-−]?\d+)|1e([+-−]?\d+)|[×x]\s*1e([+-−]?\d+))\s*[)\]]?$")

TOUCH_EM = 0.15


def without_multipliers(labels: Sequence[Label]) -> list[Label]:
    """The labels with a multiplier that touches a title as a label of its own: 'Threads' and 'x10^3'."""
    result: list[Label] = []
    for label in labels:
        last = label.words[-1] if label.words else None
        if last is None or not _MULTIPLIER.match(last.text.replace("−", "-")):
            result.append(label)
            continue
        before = joined(label.words[:-1])
        touches = last.box[0] - before.box[2] < TOUCH_EM * label.size
        result += [before, last] if touches else [label]
    return result


def apply_multipliers(frames: Sequence[Frame], labels: Sequence[Label]) -> list[Label]:
    """Give every '1e6' or 'x10^6' to the one axis end that it stands next to; those that no axis could take."""
    strays: list[Label] = []
    in_axes = {id(label) for frame in frames for label in frame.used}
    for label in labels:
        found = _MULTIPLIER.match(label.text.replace("−", "-"))
        if not found or label.quarter or id(label) in in_axes:
            continue
        exponent = int(next(part for part in found.groups() if part))
        _x, y = label.anchor
        best: tuple[float, Frame, str] | None = None
        for frame in frames:
            x0, y0, x1, y1 = frame.box
            above = -2 < y0 - label.box[3] + 4 < 18
            ends = []
            if above and label.box[0] < x0 + 30:
                ends.append(("y", math.hypot(label.box[0] - x0, label.box[3] - y0)))
            if above and frame.y2 is not None:
                ends.append(("y2", math.hypot(label.box[2] - x1, label.box[3] - y0)))
            if -2 < y - y1 < 40 and abs(label.box[2] - x1) < 40:
                ends.append(("x", math.hypot(label.box[2] - x1, 0.4 * (y - y1))))
            for axis, distance in ends:
                if best is None or distance < best[0]:
                    best = (distance, frame, axis)
        scale = getattr(best[1], best[2]) if best is not None and best[0] < 45 else None
        if best is None or scale is None or scale.kind != "linear":
            strays.append(label)
            continue
        setattr(best[1], best[2], scale.times(10.0**exponent))
        best[1].used.append(label)
    return strays
