"""Category axes: labels at equal distances, cut where neighbours touch, with second lines."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from gauntlet.paper.plots.axes import Scale
from gauntlet.paper.plots.labels import Label, joined
from gauntlet.paper.plots.traces import Trace

MOST_CUT, MOST_WORDS, MOST_CHOICES = 16, 10, 4096
EVEN = 1.05
"""Longest over shortest distance between labels whose middles are known to a few tenths of a point."""
MARGIN_PT, LABELS_OFF_PT = 0.1, 3.0
AT_MARK = 0.45  # of the distance between marks: labels are centred by fonts that may not be those of the page
MOST_WORDS_IN_NAME = 6
GAP, FEWEST_IN_GROUPS = (1.75, 2.25), 4
_CAPTION = re.compile(r"\(\w{1,3}\)|(?:fig\.|figure|table)\s*\d*", re.IGNORECASE)
_MARK_ALONE = re.compile(r"\(\w{1,3}\)$")


def category_scale(positions: Sequence[float], labels: Sequence[Label], upwards: bool = False) -> Scale | None:
    """Labels as categories, left to right or upwards: valued by their numbers if all are, else counted from 0."""
    pairs = sorted(zip(positions, labels, strict=True), key=lambda pair: -pair[0] if upwards else pair[0])
    if len(pairs) < 2:
        return None
    names = tuple(label.text if label.numeric else label.text.replace("^", "") for _, label in pairs)
    numbers = [label.value for _, label in pairs if label.numeric and label.value is not None]
    values = tuple(numbers) if len(numbers) == len(pairs) else tuple(float(index) for index in range(len(pairs)))
    return Scale("category", 0.0, 1.0, 0.0, tuple(at for at, _ in pairs), values, names)


def as_categories(scale: Scale, labels: Sequence[Label], upwards: bool = False) -> Scale:
    """A scale of numbers as categories that are valued by them."""
    if upwards and scale.b < 0:
        order = sorted(range(len(scale.positions)), key=lambda index: -scale.positions[index])
        positions, values = (tuple(part[index] for index in order) for part in (scale.positions, scale.values))
        scale = replace(scale, positions=positions, values=values)
    values = tuple(float(f"{value:.12g}") for value in scale.values)
    named = {float(f"{label.value:.12g}"): label.text for label in labels if label.numeric and label.value is not None}
    names = tuple(named.get(value, f"{value:g}") for value in values)
    return replace(scale, kind="category", a=0.0, b=1.0, values=values, names=names)


def has_category_margins(scale: Scale, ends: tuple[float, float], traces: Sequence[Trace]) -> bool:
    """True for 1, 2, 4, 8 at equal distances between margins of a round share of their distance, the same twice.

    Limits of a category axis are chosen in steps (-0.3 to 6.3), those of a log axis in values. All data must stand at
    the labels.
    """
    places = sorted(scale.positions)
    if scale.kind != "log" or len(places) < 3 or is_uneven(places, EVEN):
        return False
    step = (places[-1] - places[0]) / (len(places) - 1)
    margins = (places[0] - ends[0]) / step, (ends[1] - places[-1]) / step
    margin = sum(margins) / 2  # whatever all labels are off by
    if abs(margins[0] - margins[1]) * step > LABELS_OFF_PT or not 0.04 < margin < 0.96:
        return False
    is_round = any(abs(margin - part * round(margin / part)) < 0.004 + MARGIN_PT / step for part in (0.1, 0.25))
    xs = [x for trace in traces for x, _ in trace.points]
    first = ends[0] + margin * step
    return is_round and all(abs(first + step * round((x - first) / step) - x) < 0.05 * step for x in xs)


def with_second_lines(found: list[Label], labels: list[Label], horizontal: bool) -> list[Label]:
    """Category labels with their second text line, where at least two of them have one."""
    if not horizontal:
        return found
    second: dict[int, Label] = {}
    for index, label in enumerate(found):
        for other in labels:
            below = -0.5 * label.size < other.box[1] - label.box[3] < 0.35 * label.size
            if other is not label and other.quarter == 0 and below and abs(other.anchor[0] - label.anchor[0]) < 3:
                second[index] = other
    if len(second) < 2:
        return found
    return [
        replace(label, text=f"{label.text} {second[index].text}", value=None) if index in second else label
        for index, label in enumerate(found)
    ]


def evenly_cut(found: list[Label], marks: Sequence[float] = ()) -> list[Label]:
    """Category labels cut between words such that most of them stand at equal distances, or each at one tick mark.

    Neighbours that almost touch read as one label; the words of a real label of several words stand unevenly.
    """
    if not any(label.words for label in found) or len(found) > MOST_CUT:
        return found
    best, highest = found, (len(found), False, 0.0)
    for choice in itertools.islice(itertools.product(*map(_cuts, found)), MOST_CHOICES):
        labels = [label for part in choice for label in part]
        if len(labels) < max(highest[0], len(found) + 1):
            continue
        places = sorted(label.anchor[0] for label in labels)
        even = len(labels) > 2 and not is_uneven(places, EVEN)
        off = sum(min(abs(place - mark) for mark in marks) for place in places) if marks else 0.0
        rank = (len(labels), even, -off)
        if (even or _one_each(places, marks)) and rank > highest:
            best, highest = labels, rank
    return best


def _one_each(places: Sequence[float], marks: Sequence[float]) -> bool:
    """True where there are as many marks as labels, each next to its own."""
    marks = sorted({round(mark) for mark in marks})
    if len(marks) != len(places) or len(marks) < 2:
        return False
    spacing = min(b - a for a, b in itertools.pairwise(marks))
    return all(abs(place - mark) < AT_MARK * spacing for place, mark in zip(places, marks, strict=True))


def is_caption(found: Sequence[Label]) -> bool:
    """True for a row of captions, of the figure or of its panels: 'Figure 3: ...', '(a) Reads'."""
    first = min(found, key=lambda label: label.anchor[0], default=None)
    if first is None or all(_MARK_ALONE.match(label.text) for label in found):
        return False
    return bool(_CAPTION.match(first.text))


def is_running_text(found: Sequence[Label]) -> bool:
    """True where a label has more words than names have."""
    return any(len(label.words) > MOST_WORDS_IN_NAME for label in found)


def _cuts(label: Label) -> list[list[Label]]:
    """The label whole, and cut in every way between its words."""
    words = label.words[:MOST_WORDS]
    if len(label.words) != len(words) or not words:
        return [[label]]
    ways = [[label]]
    for cuts in itertools.product((False, True), repeat=len(words) - 1):
        if any(cuts):
            edges = [0, *(index + 1 for index, cut in enumerate(cuts) if cut), len(words)]
            ways.append([joined(words[start:end]) for start, end in itertools.pairwise(edges)])
    return ways


def is_uneven(positions: Sequence[float], most: float = 1.25) -> bool:
    """Categories stand at equal distances (up to missing ones between groups); anything else is loose text."""
    steps = [b - a for a, b in itertools.pairwise(positions)]
    if not steps or min(steps) < 3:
        return True
    if len(steps) == 1 or max(steps) <= most * min(steps):
        return False
    return not _has_gaps(steps)


def _has_gaps(steps: Sequence[float]) -> bool:
    """True for one distance all along, but twice that between a few groups."""
    usual = median(steps)
    wide = [step for step in steps if step > GAP[0] * usual]
    narrow = [step for step in steps if step <= GAP[0] * usual]
    groups = len(steps) >= FEWEST_IN_GROUPS and len(wide) <= len(steps) / FEWEST_IN_GROUPS + 1
    even = max(narrow) <= 1.25 * min(narrow)
    return groups and even and all(GAP[0] * usual < step < GAP[1] * usual for step in wide)
