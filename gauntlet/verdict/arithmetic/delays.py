"""Times that are too short: for light over a stated distance, or for the bits of a message on a stated link."""

import re
from collections.abc import Iterator

from gauntlet.paper.quantities import Quantity
from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.spans import printed, setting
from gauntlet.verdict.rounding import shown

LIGHT, WIRE = "faster_than_light", "faster_than_wire"
LIGHT_M_PER_S = 299_792_458.0
"""In vacuum, exact (SI, 2019). Light in fibre takes about 1.47 times as long; a bound takes the vacuum."""
_DISTANCE = re.compile(
    r"(?P<number>\d[\d,]*(?:\.\d+)?)[\s-]?(?P<unit>km|kilomet(?:er|re)s?|miles?)\b(?!\s?(?:/|per)\s?h)"
)
_METRES = {"k": 1000.0, "m": 1609.344}
_ROUND = re.compile(r"\bround[- ]trips?\b|\bRTTs?\b|\bping", re.IGNORECASE)
_ONE_WAY = re.compile(r"\b(?:latency|delay|propagat\w*|one-way|reach\w*|arriv\w*|apart|away|between)\b", re.IGNORECASE)
_MOVES = re.compile(
    r"\b(?:transfer\w*|send\w*|sent|ship\w*|transmit\w*|cop(?:y|ies|ied)|mov(?:e[sd]?|ing)|fetch\w*|migrat\w*|serializ\w*|load\w*)\b",
    re.IGNORECASE,
)
_LESS_THAN_ALL = re.compile(
    r"\b(?:each|every|per|nodes|[\w]+-node|machines|servers|GPUs|links|ports|NICs|disks|compress\w*|delta|incremental\w*|overlap\w*|parallel|stripe[sd]?|cached?|lazily|prefetch\w*)\b",
    re.IGNORECASE,
)
_LIGHT_READINGS = (
    "the time does not cover the whole distance",
    "the distance is by road, or between other sites than those timed",
)
_WIRE_READINGS = (
    "only a part of the data crosses this link within that time",
    "the link is one of several, or the time ends before the last byte arrives",
)


def light(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """A delay over a stated distance: at least that of light in vacuum, and twice that for a round trip."""
    distances = list(_DISTANCE.finditer(sentence.text))
    times = [one for one in sentence.quantities if one.unit == "s" and one.value > 0]
    if not distances or not times or not (_ROUND.search(sentence.text) or _ONE_WAY.search(sentence.text)):
        return
    if len(distances) != 1 or len(times) != 1:
        yield unchecked(LIGHT, "it states several distances or times")
        return
    metres = float(distances[0]["number"].replace(",", "")) * _METRES[distances[0]["unit"][0]]
    trips = 2 if _ROUND.search(sentence.text) else 1
    least_s = trips * metres / LIGHT_M_PER_S
    stated = printed(times[0], context.policy, times[0].high)
    if times[0].relation in ("more_than", "at_least") or stated.high >= least_s:
        yield agrees(LIGHT)
        return
    yield differs(
        LIGHT,
        sentence.block,
        f"{times[0].text} is stated for {distances[0].group()}{' and back' if trips == 2 else ''}; light in vacuum "
        f"takes {shown(least_s * 1e3, 3)} ms.",
        sentence.evidence,
        factor=least_s / stated.value,
        tolerance=stated.slack,
        values=((times[0].text, stated.value, "s"), ("distance", metres, "m"), ("light in vacuum", least_s, "s")),
        readings=_LIGHT_READINGS,
    )


def wire(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """A stated time to move a stated size over a stated rate: at least size over rate."""
    sizes, times, links = (sentence.amounts(unit) for unit in ("B", "s", "B/s"))
    if not sizes or not times or not links or not _MOVES.search(sentence.text):
        return
    if len(sizes) != 1 or len(times) != 1 or len(links) != 1:
        yield unchecked(WIRE, "it states several sizes, times or rates")
    elif _LESS_THAN_ALL.search(sentence.text):
        yield unchecked(WIRE, "less than all of it may cross the link")
    else:
        yield _wire(sizes[0], times[0], links[0], sentence, context)


def _wire(size: Quantity, time: Quantity, link: Quantity, sentence: Sentence, context: Context) -> Outcome:
    least = setting(size, context.policy) / setting(link, context.policy)
    stated = printed(time, context.policy)
    if time.relation in ("more_than", "at_least") or stated.high * (1 + context.policy.bound_tolerance) >= least.low:
        return agrees(WIRE)
    return differs(
        WIRE,
        sentence.block,
        f"{time.text} is stated to move {size.text} at {link.text}, which takes {shown(least.value, 3)} s.",
        sentence.evidence,
        factor=least.value / stated.value,
        tolerance=least.slack + stated.slack + context.policy.bound_tolerance,
        values=(
            (size.text, size.value, "B"),
            (link.text, link.value, "B/s"),
            (time.text, time.value, "s"),
            ("size over rate", least.value, "s"),
        ),
        readings=_WIRE_READINGS,
    )
