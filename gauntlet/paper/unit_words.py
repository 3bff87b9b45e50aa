"""What stands behind a number: a unit, a per cent sign, 'times', or the word for what is counted."""

import re
from dataclasses import dataclass
from typing import Literal

from gauntlet import units
from gauntlet.errors import UnknownUnit
from gauntlet.paper.numbers import COUNTED

Kind = Literal["amount", "count", "factor", "percent"]
_PREFIX = r"(?:[kKMGTPE]i?|[munpµμ])?"
_ATOM = (
    rf"(?:{_PREFIX}(?:bps|Bps|bit|bits|byte|bytes|b|B|Hz|W|Wh|J|FLOPS|FLOPs|FLOP|flops|OPS|Ops|ops|op|rps|RPS|qps|QPS"
    r"|tps|TPS|IOPS|iops|pps|PPS)|[munpµμ]s(?:ecs?)?|s|secs?|min|(?:kilo|mega|giga|tera|peta|exa)?(?:bytes?|bits?|watts?|joules?|hertz|FLOPs?|FLOPS|flops)"
    r"|(?:milli|micro|nano)?seconds?|minutes?|hours?|days?|(?:kibi|mebi|gibi)bytes?)"
)
_PER = r"(?:\s*/\s*|\s+per\s+|\s+(?:each|every|a)\s+|\s*·\s*)"
_EACH = r"(?:s|sec|second|ms|millisecond|min|minute|hour|us|µs|microsecond)"
_ETHERNET = r"(?:GbE|GigE|Gigabit Ethernet|-?gigabit)"
_UNIT = re.compile(
    rf"[\s\u2009\u202f-]?(?P<ethernet>{_ETHERNET})\b|[\s\u2009\u202f-]?(?P<unit>{_ATOM}(?:{_PER}{_EACH})?)(?![\w^])"
)
_BARE_RATE = re.compile(rf"\s?/\s?(?P<per>{_EACH})\b")
_SCALED_RATE = re.compile(rf"(?P<of>{COUNTED})(?:{_PER}(?P<per>{_EACH})\b)?")
_THING = (
    r"(?!(?:and|or|but|to|of|in|on|at|by|as|for|from|with|than|that|which|because|since|while|when|where|if|is|are|was"
    r"|were|be|has|have|had|can|may|will|we|it|its|they|their|the|this|these|so|out|per|each|every|a|an)\b)[a-zA-Z][\w-]*"
)
_COUNTED_RATE = re.compile(rf"\s(?P<of>{_THING}(?:\s{_THING}){{0,3}}?){_PER}(?P<per>{_EACH})\b")
_COUNTED = re.compile(rf"\s(?P<of>{_THING}(?:\s(?=[a-z]){_THING})?)")
_PERCENT = re.compile(r"\s?(?:%|percent\b|per\s?cent\b)")
_TIMES = re.compile(r"\s?[×x](?![\w])|[\s-]?(?:times|fold)\b")


@dataclass(frozen=True)
class Unit:
    """Kind of the quantity, where the unit ends in the text, factor to SI, SI unit, and what is counted."""

    kind: Kind
    end: int
    factor: float = 1.0
    si: str = ""
    of: str = ""


def unit_behind(text: str, at: int) -> Unit:
    """The unit of a number that ends at text[at], its scale included; a bare count ends there."""
    if found := _PERCENT.match(text, at):
        return Unit("percent", found.end())
    if found := _TIMES.match(text, at):
        return Unit("factor", found.end())
    return _measured(text, at) or _counted(text, at)


def _measured(text: str, at: int) -> Unit | None:
    found = _UNIT.match(text, at)
    if found is None:
        return None
    spelt = "Gbit/s" if found["ethernet"] else re.sub(r"\s+(?:each|every|a)\s+", "/", found["unit"])
    try:
        factor, si = units.to_si(1.0, spelt), units.si_unit(spelt)
    except UnknownUnit:
        return None
    return Unit("amount", found.end(), factor, si) if si else Unit("count", found.end(), factor, of=found["unit"])


def _counted(text: str, at: int) -> Unit:
    """Things, or things per time; those behind a scale letter touch it ('k' of 'kreq/s' ends at `at`)."""
    if found := _BARE_RATE.match(text, at):
        return _rate(found, "")
    if text[at - 1 : at].isalpha() and (found := _SCALED_RATE.match(text, at)):
        return _rate(found, found["of"]) if found["per"] else Unit("count", found.end(), of=found["of"])
    if found := _COUNTED_RATE.match(text, at):
        return _rate(found, found["of"])
    found = _COUNTED.match(text, at)
    return Unit("count", at, of=found["of"] if found else "")


def _rate(found: re.Match[str], of: str) -> Unit:
    return Unit("amount", found.end(), units.to_si(1.0, f"1/{found['per']}"), "1/s", of)
