"""Axis titles: the words beside an axis beyond its tick labels, and the unit in them."""

import re
from collections.abc import Sequence

from gauntlet.paper.plots.frames import Frame
from gauntlet.paper.plots.labels import Label

_PANEL = re.compile(r"^\([a-z0-9]\)")
_UNIT = re.compile(
    r"^(?P<label>.*?)\s*(?:\((?P<round>[^()]+)\)|\[(?P<square>[^\[\]]+)\]|,\s*(?P<comma>[^\s,]{1,12})|\s/\s(?P<slash>[^\s/]{1,12}))$"
)


def split_unit(title: str) -> tuple[str, str | None]:
    """'Latency (ms)' to ('Latency', 'ms'); also square brackets, a comma or a slash with blanks around it."""
    found = _UNIT.match(title.strip())
    if not found:
        return title.strip(), None
    unit = found["round"] or found["square"] or found["comma"] or found["slash"]
    return found["label"].strip(), unit.strip()


def axis_title(frame: Frame, labels: Sequence[Label], axis: str) -> str:
    """Axis title: the text centred on the axis beyond its labels, with a second line where there is one."""
    x0, y0, x1, y1 = frame.box
    used = {id(label) for label in frame.used}
    own = {"x": frame.x_labels, "y": frame.y_labels, "y2": frame.y2_labels}[axis]
    free = [label for label in labels if id(label) not in used and any(char.isalpha() for char in label.text)]
    if axis == "x":
        edge = max((label.box[3] for label in own), default=y1)
        near = [label for label in free if label.quarter == 0 and edge - 2 <= label.anchor[1] < edge + 26]
        near = [label for label in near if abs(label.anchor[0] - (x0 + x1) / 2) < 0.2 * (x1 - x0)]
        near.sort(key=lambda label: label.anchor[1])
    else:
        edge = (
            min((label.box[0] for label in own), default=x0)
            if axis == "y"
            else max((label.box[2] for label in own), default=x1)
        )
        sign = -1 if axis == "y" else 1
        near = [
            label
            for label in free
            if label.quarter in (1, 3)
            and -3 <= sign * (label.anchor[0] - edge) < 34
            and y0 - 15 < label.anchor[1] < y1 + 15
        ]
        upwards = bool(near) and near[0].quarter == 1
        near.sort(key=lambda label: label.anchor[0] if upwards else -label.anchor[0])
    if not near:
        return ""
    nearest = near[0] if axis == "x" else min(near, key=lambda label: abs(label.anchor[0] - edge))
    near = [label for label in near if label is nearest or _second_line(nearest, label, 1 if axis == "x" else 0)]
    return " ".join(label.text.replace("^", "") for label in near)


def _second_line(first: Label, label: Label, across: int) -> bool:
    """True for a line of the same title: of one size, close by, and no panel letter such as '(a) Reads'."""
    close = abs(label.anchor[across] - first.anchor[across]) < 1.45 * first.size
    along = 1 - across
    centered = abs(label.anchor[along] - first.anchor[along]) < 0.6 * first.size
    return close and centered and abs(label.size - first.size) < 0.1 and not _PANEL.match(label.text)
