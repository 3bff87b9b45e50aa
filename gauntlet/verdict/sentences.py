"""Arithmetic inside single sentences: numbers printed side by side that should agree, whatever the mechanism.

A check speaks only where the sentence leaves one reading, and is silent as soon as any usual reading of its words
agrees: '37 % lower' may be of the old or the new value, '2x more' may be two or three times.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from gauntlet.paper.quantities import Quantity, find_quantities
from gauntlet.paper.records import Paper
from gauntlet.specs.evidence import Evidence
from gauntlet.verdict.policy import Policy
from gauntlet.verdict.records import Finding
from gauntlet.verdict.rounding import shown

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\d(\[])")
_IN_FLIGHT = re.compile(
    r"\b(?:outstanding|in flight|in-flight|concurren\w+|closed[- ]loop|clients?|users?|threads?)\b", re.IGNORECASE
)
_THINKS = re.compile(r"\bthink\w*\b", re.IGNORECASE)
_NO_THINKING = re.compile(r"\b(?:no|without|zero)\s+think\w*", re.IGNORECASE)
_NOT_A_MEAN = re.compile(r"\b(?:percentile|p9\d|p50|median|tail|worst|maximum)\b|\d(?:th|st|nd|rd)\b", re.IGNORECASE)
_SCALES = re.compile(r"\b(?:scal\w+|speed\w*|throughput|performance|grow\w*|increas\w*|faster)\b", re.IGNORECASE)
_NOUNS = r"(?:[A-Za-z][\w-]*\s+){0,3}"
_STEP = re.compile(
    rf"\b(?:from|between)\s+(?P<low>\d+)\s+{_NOUNS}(?:to|and)\s+(?P<high>\d+)\b(?!\.\d)"
    rf"|\b(?P<high2>\d+)\s+{_NOUNS}(?:instead of|rather than|vs\.?)\s+(?P<low2>\d+)\b(?!\.\d)"
)
_CONDITION = re.compile(r"\b(?:at|for|under|when)\s+(?:[\w-]+\s+){0,5}(?:=\s*)?$")
"""Words before an amount that make it a setting, not a result."""
_EACH = re.compile(r"\b(?:each|every|of|per)\b", re.IGNORECASE)
_LINKS = re.compile(
    r"\b(?:link|interface|NIC|port|network|Ethernet|InfiniBand|bus|PCIe|card|adapter|uplink)\w*\b|[GT]bE"
)
_LONGEST_SENTENCE = 600


def check_sentences(paper: Paper, policy: Policy) -> tuple[Finding, ...]:
    """Findings in the paper's own prose and captions, in reading order."""
    found: list[Finding] = []
    for block in paper.blocks:
        if block.kind not in ("paragraph", "caption", "footnote"):
            continue
        for sentence in _SENTENCE.split(block.text):
            if len(sentence) <= _LONGEST_SENTENCE and any(letter.isdigit() for letter in sentence):
                evidence = Evidence(page=block.anchor.page, quotation=sentence)
                found += [
                    Finding(id=f"{name}:{block.id}", message=message, evidence=(evidence,))
                    for name, message in check_sentence(sentence, policy)
                ]
    return tuple(found)


def check_sentence(sentence: str, policy: Policy) -> list[tuple[str, str]]:
    """(kind of check, what does not agree) for one sentence."""
    quantities = find_quantities(sentence)
    return [
        (name, message)
        for name, check in _CHECKS.items()
        for message in check(sentence, quantities, policy.arithmetic_tolerance)
    ]


def _percent(sentence: str, quantities: Sequence[Quantity], slack: float) -> Iterator[str]:
    """'A is 37 % lower than B' with both values printed."""
    pair = _pair(sentence, quantities)
    changes = [one for one in quantities if one.kind == "percent" and one.direction is not None]
    if pair is None or len(changes) != 1 or changes[0].relation not in ("exactly", "about"):
        return
    low, high = sorted(one.value for one in pair)
    stated = changes[0]
    forms = (100 * (high - low) / high, 100 * (high - low) / low, 100 * low / high, 100 * high / low)
    if not _any_near(stated, forms, slack, pair):
        yield (
            f"{stated.text} is stated; {pair[0].text} and {pair[1].text} differ by {shown(forms[0], 3)} % of the "
            f"larger and {shown(forms[1], 3)} % of the smaller."
        )


def _factor(sentence: str, quantities: Sequence[Quantity], slack: float) -> Iterator[str]:
    """'A is 2.3x faster than B' with both values printed."""
    pair = _pair(sentence, quantities)
    factors = [one for one in quantities if one.kind == "factor"]
    if pair is None or len(factors) != 1 or factors[0].relation not in ("exactly", "about") or _STEP.search(sentence):
        return
    low, high = sorted(one.value for one in pair)
    if not _any_near(factors[0], (high / low, high / low - 1, 1 + (high - low) / high), slack, pair):
        yield f"{factors[0].text} is stated; {pair[0].text} and {pair[1].text} differ {shown(high / low, 3)} times."


def _little(sentence: str, quantities: Sequence[Quantity], slack: float) -> Iterator[str]:
    """Clients of a closed loop, its throughput and its mean response time: N = X (R + Z) with Z = 0 (Little, 1961)."""
    if not _IN_FLIGHT.search(sentence) or _NOT_A_MEAN.search(sentence):
        return
    if _THINKS.search(sentence) and not _NO_THINKING.search(sentence):
        return
    rates, times = ([one for one in quantities if one.unit == unit] for unit in ("1/s", "s"))
    counts = [one for one in quantities if one.kind == "count" and _IN_FLIGHT.search(sentence[one.end : one.end + 40])]
    if len(rates) != 1 or len(times) != 1 or len(counts) != 1 or counts[0].value <= 0:
        return
    inside = rates[0].value * times[0].value
    allowed = 1 + slack + rates[0].rounding + times[0].rounding
    if not counts[0].value / allowed <= inside <= counts[0].value * allowed:
        yield (
            f"Little's law: {rates[0].text} times {times[0].text} is {shown(inside, 3)} in flight, "
            f"and {shown(counts[0].value)} are stated."
        )


def _superlinear(sentence: str, quantities: Sequence[Quantity], slack: float) -> Iterator[str]:
    """'From 2 to 8 machines, throughput grows 5.1 times': more than the machines did."""
    if not _SCALES.search(sentence):
        return
    growth = [(one.value, one) for one in quantities if one.kind == "factor" and one.relation != "up_to"]
    growth += [(one.high / one.low, one) for one in quantities if one.unit == "1/s" and 0 < one.low < one.high]
    results = [range(one.start, one.end) for _, one in growth]
    steps = [s for s in _STEP.finditer(sentence) if not any(s.start(s.lastgroup or 0) in part for part in results)]
    if len(growth) != 1 or len(steps) != 1:
        return
    low, high = sorted(int(steps[0][name] or steps[0][f"{name}2"]) for name in ("low", "high"))
    factor, one = growth[0]
    if low and factor > high / low * (1 + slack + one.rounding):
        yield (
            f"{one.text} ({shown(factor, 3)} times) is stated for {shown(high / low, 3)} times the resources "
            f"({low} to {high}): more than linear, which needs a cause such as a cache that fits only now."
        )


def _bandwidth(sentence: str, quantities: Sequence[Quantity], slack: float) -> Iterator[str]:
    """Things per second, their size, and the link they cross."""
    if not _LINKS.search(sentence) or not _EACH.search(sentence):
        return
    rates, sizes, links = ([one for one in quantities if one.unit == unit] for unit in ("1/s", "B", "B/s"))
    if len(rates) != 1 or len(sizes) != 1 or len(links) != 1:
        return
    load = rates[0].value * sizes[0].value
    if load > links[0].value * (1 + slack + rates[0].rounding + sizes[0].rounding):
        yield (
            f"{rates[0].text} of {sizes[0].text} are {shown(load / 1e9, 3)} GB/s, "
            f"{shown(load / links[0].value, 3)} times what {links[0].text} carries."
        )


_Check = Callable[[str, Sequence[Quantity], float], Iterator[str]]
_CHECKS: dict[str, _Check] = {
    "percent_arithmetic": _percent,
    "factor_arithmetic": _factor,
    "littles_law": _little,
    "superlinear_scaling": _superlinear,
    "bandwidth_exceeded": _bandwidth,
}


def _pair(sentence: str, quantities: Sequence[Quantity]) -> tuple[Quantity, Quantity] | None:
    """The only two amounts of one unit in a sentence, if there are exactly two."""
    by_unit: dict[str, list[Quantity]] = {}
    settings: set[str] = set()
    for one in quantities:
        before = sentence[max(0, one.start - 60) : one.start]
        if re.search(r"\d\s$", before):  # '15 822 MB/s': one number or two?
            return None
        if one.kind == "amount" and one.low == one.high and one.value > 0:
            by_unit.setdefault(one.unit, []).append(one)
            settings |= {one.unit} if _CONDITION.search(before) else set()
    pairs = [group for unit, group in by_unit.items() if len(group) == 2 and unit not in settings]
    if len(pairs) != 1 or any(len(group) > 2 for group in by_unit.values()) or pairs[0][0].value == pairs[0][1].value:
        return None
    return pairs[0][0], pairs[0][1]


def _any_near(stated: Quantity, forms: Sequence[float], slack: float, pair: Sequence[Quantity]) -> bool:
    """True where one of the forms lies within rounding and slack of what is stated."""
    allowed = slack + stated.rounding + sum(one.rounding for one in pair)
    if stated.relation == "about":
        allowed += slack
    return any(abs(form - stated.value) <= allowed * max(abs(stated.value), abs(form)) for form in forms)
