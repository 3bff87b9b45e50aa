"""Which label each bar stands at: bars come in clusters, and the clusters are the labels' places one by one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from gauntlet.paper.plots.axes import Scale

CLEARLY = 1.25  # the gap between clusters over the widest gap within one
UNEVEN = 1.4  # longest over shortest distance of clusters that a missing bar explains
OFF_SHARE = 0.3  # of the distance of labels, between a cluster and where its label should be
FULL_PT = 0.8  # by which the widths of clusters differ where no bar is missing
COLUMN_SHARE = 0.4  # of a bar's width, between bars of one column of their clusters

Span = tuple[float, float]
"""Where a bar begins and ends across."""


def at_clusters(scale: Scale, spans: Sequence[Span]) -> Scale:
    """The category scale with its places where the clusters of bars are, if no bar is missing or labels are off."""
    count = len(scale.positions)
    if scale.kind != "category" or count < 2 or not spans:
        return scale
    clusters = _clusters(spans, count)
    if clusters is None:
        return _with_unnamed(scale, spans)
    order = sorted(range(count), key=lambda index: scale.positions[index])
    extents = [(own[0][0], max(high for _, high in own)) for own in clusters]
    widths = [high - low for low, high in extents]
    met = all(scale.nearest(_middle(span)) == index for index, own in zip(order, clusters, strict=True) for span in own)
    if met and max(widths) - min(widths) > FULL_PT:
        return scale
    centers = [_middle(extent) for extent in extents]
    steps = [b - a for a, b in pairwise(centers)]
    if max(steps) > UNEVEN * min(steps):
        return scale
    places = dict(zip(order, centers, strict=True))
    return replace(scale, positions=tuple(places[index] for index in range(count)))


def _clusters(spans: Sequence[Span], count: int) -> list[list[Span]] | None:
    """The bars parted at the `count` - 1 widest gaps, None unless these are clearly the widest."""
    ordered = sorted(set(spans))
    reach, gaps = ordered[0][1], []
    for index, (low, high) in enumerate(ordered[1:], 1):
        gaps.append((low - reach, index))
        reach = max(reach, high)
    gaps.sort(reverse=True)
    if len(gaps) < count - 1 or gaps[count - 2][0] <= 0:
        return None
    if len(gaps) >= count and gaps[count - 2][0] < CLEARLY * max(gaps[count - 1][0], 0.0):
        return None
    cuts = sorted(index for _, index in gaps[: count - 1])
    return [ordered[a:b] for a, b in pairwise([0, *cuts, len(ordered)])]


def _with_unnamed(scale: Scale, spans: Sequence[Span]) -> Scale:
    """The scale with a place without a name for each cluster beyond the ends of the labels, or between two of them."""
    count = len(scale.positions)
    step = (scale.positions[-1] - scale.positions[0]) / (count - 1)
    if scale.values != tuple(float(index) for index in range(count)) or step == 0:
        return scale
    steps = [b - a for a, b in pairwise(scale.positions)]
    shortest = min(steps, key=abs)
    groups: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        groups[round((_middle(span) - scale.positions[0]) / shortest)].append(span)
    named = {round((at - scale.positions[0]) / shortest): index for index, at in enumerate(scale.positions)}
    if len(named) < count or not set(groups) - set(named) or not _all_near(groups, scale.positions[0], shortest):
        return scale
    places = range(min(*groups, *named), max(*groups, *named) + 1)
    return replace(
        scale,
        positions=tuple(
            scale.positions[named[at]] if at in named else scale.positions[0] + at * shortest for at in places
        ),
        values=tuple(float(index) for index in range(len(places))),
        names=tuple(scale.names[named[at]] if at in named else "" for at in places),
    )


def _all_near(groups: Mapping[int, Sequence[Span]], first: float, step: float) -> bool:
    """True where every cluster stands in the middle of its place."""
    return all(
        abs((min(low for low, _ in own) + max(high for _, high in own)) / 2 - first - at * step) < OFF_SHARE * abs(step)
        for at, own in groups.items()
    )


def columns(places: Sequence[int], offsets: Sequence[float], width: float) -> list[int]:
    """For bars of one look the column of its cluster that each stands in; one column where no place has two."""
    if len(set(places)) == len(places):
        return [0] * len(places)
    order = sorted(range(len(offsets)), key=lambda index: offsets[index])
    found, column = [0] * len(offsets), 0
    for before, index in pairwise(order):
        column += offsets[index] - offsets[before] > COLUMN_SHARE * width
        found[index] = column
    return found


def _middle(span: Span) -> float:
    return (span[0] + span[1]) / 2
