"""Crossed legends: some lines of a legend explain colours, others markers or dashes; each series has one of both."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from gauntlet.paper.plots.likeness import same_color, same_dashes
from gauntlet.paper.plots.primitives import Color
from gauntlet.paper.plots.samples import Entry
from gauntlet.paper.plots.traces import Style, Trace

FEWEST = 2  # lines of each part


def crossed(entries: Sequence[Entry], traces: Sequence[Trace]) -> list[Entry]:
    """The legend as one line for each series, named by both parts ('Skylake Typer'); unchanged where it is not crossed.

    It is where every series has the colour of one line of the first part and the form of one line of the second, no two
    series have both in common, and the lines of the second part all have one colour.
    """
    own = [trace for trace in traces if trace.kind != "bar"]
    for hues, forms in _parts(entries, [_own_color(trace) for trace in own]):
        pairs = [_pair(trace, hues, forms) for trace in own]
        found = [pair for pair in pairs if pair is not None]
        complete = len(found) == len(own) and len(set(map(_names, found))) == len(own)
        if complete and len({form.name for _, form in found}) >= FEWEST and len(own) > len({h.name for h, _ in found}):
            others = [entry for entry in entries if entry not in hues and entry not in forms]
            return [*others, *(_joined(hue, form) for hue, form in found)]
    return list(entries)


def _parts(entries: Sequence[Entry], colors: Sequence[Color | None]) -> list[tuple[list[Entry], list[Entry]]]:
    """Ways to take some lines of one colour and different forms as the second part, those of `colors` as the first."""
    by_color: dict[Color | None, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.line is not None or entry.marker is not None:
            by_color[_color(entry)].append(entry)
    ways = []
    for color, forms in by_color.items():
        hues = [group[0] for other, group in by_color.items() if other != color and len(group) == 1]
        hues = [entry for entry in hues if any(same_color(_color(entry), shown) for shown in colors)]
        distinct = len({_form(entry) for entry in forms}) == len(forms) >= FEWEST
        if distinct and len(hues) >= FEWEST and len({_form(entry) for entry in hues}) == 1:
            ways.append((hues, forms))
    return ways


def _color(entry: Entry) -> Color | None:
    if entry.line is not None:
        return entry.line.stroke
    return (entry.marker.fill or entry.marker.stroke) if entry.marker is not None else None


def _own_color(trace: Trace) -> Color | None:
    return trace.style.stroke if trace.kind.startswith("line") else trace.style.fill or trace.style.stroke


def _form(entry: Entry) -> tuple[object, str]:
    marker = entry.marker.marker if entry.marker is not None else None
    return marker, entry.line.dashes if entry.line is not None else ""


def _pair(trace: Trace, hues: Sequence[Entry], forms: Sequence[Entry]) -> tuple[Entry, Entry] | None:
    """The line of each part that the series agrees with, None unless it is one of each."""
    hue = [entry for entry in hues if same_color(_own_color(trace), _color(entry))]
    form = [entry for entry in forms if _has_form(trace, entry, forms)]
    return (hue[0], form[0]) if len(hue) == len(form) == 1 else None


def _has_form(trace: Trace, entry: Entry, forms: Sequence[Entry]) -> bool:
    """By markers where the lines of this part differ in them, else by dashes."""
    if len({other.marker.marker if other.marker else None for other in forms}) == len(forms):
        return trace.style.marker == (entry.marker.marker if entry.marker else None)
    return entry.line is not None and same_dashes(trace.style.dashes, entry.line.dashes)


def _names(pair: tuple[Entry, Entry]) -> tuple[str, str]:
    return pair[0].name, pair[1].name


def _joined(hue: Entry, form: Entry) -> Entry:
    """One line of both."""
    color, shape = _color(hue), form.marker.marker if form.marker is not None else None
    marker = Style(stroke=color, fill=color, marker=shape) if shape is not None else hue.marker
    line = hue.line
    if line is not None and form.line is not None and form.marker is None:
        line = replace(line, dashes=form.line.dashes)
    return replace(hue, name=f"{hue.name} {form.name}", line=line, marker=marker, paths=(*hue.paths, *form.paths))
