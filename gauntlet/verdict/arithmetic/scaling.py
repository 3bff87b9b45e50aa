"""Growth beyond the resources added, where no cause is stated."""

import re
from collections.abc import Iterator

from gauntlet.paper.quantities import Quantity
from gauntlet.verdict.arithmetic.context import Context
from gauntlet.verdict.arithmetic.curves import Curve
from gauntlet.verdict.arithmetic.outcomes import Outcome, agrees, differs, unchecked
from gauntlet.verdict.arithmetic.prose import Sentence
from gauntlet.verdict.arithmetic.spans import Span, exact, printed
from gauntlet.verdict.rounding import shown

CHECK = "superlinear_scaling"
_SCALES = re.compile(r"\b(?:scal\w+|speed\w*|throughput|performance|grow\w*|increas\w*|ris\w+|faster)\b", re.IGNORECASE)
_NOUNS = r"(?:[A-Za-z][\w-]*\s+){0,3}"
_STEP = re.compile(
    rf"\b(?:from|between)\s+(?P<low>\d+)\s+{_NOUNS}(?:to|and)\s+(?P<high>\d+)\b(?![.,]\d)(?!\s?%)"
    rf"|\b(?P<high2>\d+)\s+{_NOUNS}(?:instead of|rather than|vs\.?)\s+(?P<low2>\d+)\b(?![.,]\d)"
)
_RESOURCES = re.compile(
    r"\b(?:nodes?|machines?|servers?|replicas?|cores?|threads?|workers?|GPUs?|CPUs?|hosts?|shards?|partitions?|instances?"
    r"|devices?|processors?|accelerators?|disks?|SSDs?|drives?|stages?|sockets?|racks?)\b",
    re.IGNORECASE,
)
_CAUSE = re.compile(
    r"\bsuper-?\s?linear|\bfits?\b|\bworking sets?\b|\bhit r|\baggregate (?:cache|memory)|\bbatch|\bmemory pressure"
    r"|\bfaster than (?:the|linear)|\bmore than (?:linear|proportional)",
    re.IGNORECASE,
)
_RESOURCE_AXIS = re.compile(rf"^(?:number of |# ?(?:of )?)?(?:[\w-]+ ){{0,2}}(?:{_RESOURCES.pattern})$", re.IGNORECASE)
READINGS = (
    "caches, memory or batches fit only with more resources, which would be a cause",
    "the smaller configuration was slowed by something else, or other settings changed as well",
)
_THAN = re.compile(r"\s(?:[\w-]+\s){0,3}?(?:than|over|that of|compared|relative to|vs)\b", re.IGNORECASE)
"""Behind a factor: it compares systems, not sizes."""
_SETTING = re.compile(
    r"\b(?:clients?|users?|requests?|connections?|batch\w*|sizes?|lengths?|tokens?|keys?|bytes?|bits?|[kKMGT]i?B|ms|us|µs|seconds?"
    r"|minutes?|hours?|years?|percent)\b|%",
    re.IGNORECASE,
)
"""What is no resource: a step of the load."""
_NOUN_BEHIND = 12
"""Characters behind a step in which its noun stands: 'from 1 to 8 clients'."""
_FEWEST = 2
"""Points of a curve that must lie beyond linear growth; one alone may be noise."""


def sentence_scaling(sentence: Sentence, context: Context) -> Iterator[Outcome]:
    """'From 2 to 8 machines, throughput grows 5.1 times': more than the machines did."""
    if not _SCALES.search(sentence.text):
        return
    own = [one for one in sentence.quantities if not _THAN.match(sentence.text, one.end)]
    growth = [(one, span) for one in own if (span := _growth(one, context)) is not None]
    results = [range(one.start, one.end) for one, _ in growth]
    steps = [step for step in _STEP.finditer(sentence.text) if not any(_begins(step) in part for part in results)]
    steps = [step for step in steps if not _SETTING.search(sentence.text[step.start() : step.end() + _NOUN_BEHIND])]
    if not growth or not steps or not _RESOURCES.search(sentence.text):
        return
    if len(growth) != 1 or len(steps) != 1:
        yield unchecked(CHECK, "it states several growths or several steps")
        return
    low, high = sorted(int(steps[0][name] or steps[0][f"{name}2"]) for name in ("low", "high"))
    one, span = growth[0]
    if low and not span.exceeds(exact(high / low).widened(context.policy.arithmetic_tolerance)):
        yield agrees(CHECK)
    elif low and _CAUSE.search(sentence.text):
        yield unchecked(CHECK, "it is more than linear, and a cause is stated beside it")
    elif low:
        yield differs(
            CHECK,
            sentence.block,
            f"{one.text} ({shown(span.value, 3)} times) is stated for {shown(high / low, 3)} times the resources "
            f"({low} to {high}): more than linear.",
            sentence.evidence,
            factor=span.value * low / high,
            tolerance=span.slack + context.policy.arithmetic_tolerance,
            values=(("growth", span.value, "x"), ("resources", high / low, "x")),
            readings=READINGS,
        )


def _begins(step: re.Match[str]) -> int:
    """Where the first number of a step stands: 'low', or 'high2' of the other form."""
    return step.start("low") if step["low"] else step.start("high2")


def _growth(one: Quantity, context: Context) -> Span | None:
    if one.kind == "factor" and one.relation not in ("up_to", "less_than") and one.low == one.high:
        return printed(one, context.policy) if one.value > 1 and one.direction != "down" else None
    if one.unit == "1/s" and 0 < one.low < one.high:
        return printed(one, context.policy, one.high) / printed(one, context.policy, one.low)
    return None


def curve_scaling(context: Context) -> Iterator[Outcome]:
    """A throughput that grows faster than the resources on the x axis, from its first point to several others."""
    for curve in context.curves:
        if (
            _RESOURCE_AXIS.match(curve.x.label.strip())
            and curve.y.si[1] in ("1/s", "B/s", "FLOP/s")
            and not curve.categories
        ):
            yield _curve_outcome(curve, context)


def _curve_outcome(curve: Curve, context: Context) -> Outcome:
    steps = list(_steps(curve))
    beyond = [step for step in steps if step[0].exceeds(exact(1.0).widened(2 * context.policy.arithmetic_tolerance))]
    if len(beyond) < min(_FEWEST, len(steps)) or not steps:
        return agrees(CHECK)
    growth, low, high = max(beyond, key=lambda step: step[0].low)
    if context.any_sentence_of(curve.source, _CAUSE):
        return unchecked(CHECK, "it is more than linear, and a cause is stated beside it")
    return differs(
        CHECK,
        f"{curve.source}:{curve.system}",
        f"{curve.label}: {curve.y.label} of {curve.system} grows {shown(growth.value * high / low, 3)} times from "
        f"{shown(low, 3)} to {shown(high, 3)} {curve.x.label.lower()}: more than linear.",
        curve.evidence,
        factor=growth.value,
        tolerance=growth.slack + 2 * context.policy.arithmetic_tolerance,
        values=(("growth", growth.value * high / low, "x"), ("resources", high / low, "x")),
        readings=READINGS,
    )


def _steps(curve: Curve) -> Iterator[tuple[Span, float, float]]:
    """Growth over growth of resources from the first point to each later one, with their x."""
    points = sorted((x, y) for x, y in curve.points if x > 0 and y > 0)
    low, below = points[0] if points else (0.0, 0.0)
    for high, top in points[1:]:
        yield (curve.span(top) / curve.span(below)).scaled(low / high), low, high
