"""Variables from a model's answer: the value must be printed where it is quoted, or come from the registry."""

import math
import re
from collections.abc import Callable, Iterable

from gauntlet import units
from gauntlet.errors import RecordError
from gauntlet.hardware.estimates.reference import is_kernel_reference, kernel_reference
from gauntlet.hardware.references import parse_reference
from gauntlet.hardware.registry import Registry
from gauntlet.paper.records import Paper
from gauntlet.specs.evidence import Evidence
from gauntlet.specs.points import printed_error
from gauntlet.specs.quantities import (
    STRUCTURAL,
    Choices,
    Derived,
    Distribution,
    Exact,
    Interval,
    Scope,
    Sweep,
    Value,
    Variable,
    Withheld,
)
from gauntlet.specs.wire import WireEvidence, WireValue, WireVariable
from gauntlet.workloads.estimates import ESTIMATES

_LITERAL = re.compile(r"(?<![\w.])\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s?(?:%|per ?cent)")
"""A share of 0.9 may be printed as 90 %."""

WIDE = 3.0
"""A positive range wider than this factor is taken as log-uniform."""

_UNPRINTED = (
    "What the words say without a number ('all of it' is 1) stands as a plain number in the configurations, the "
    "variable being of kind 'sweep'; a value of your own has source 'assumed'."
)

Ground = Callable[[Iterable[WireEvidence], str], tuple[Evidence, ...]]


def build_variable(
    v: WireVariable, ground: Ground, paper: Paper, registry: Registry, set_aside: Callable[[str, str], None]
) -> Variable:
    """The variable that `v` describes.

    A stated number that is not printed in any of its quotations, or whose quotations are not in the paper, is kept as
    'assumed' and reported through `set_aside`: it is no longer a value of the paper.
    """
    where = f"variable {v.id}"
    units.check_unit(v.unit, where)
    evidence = ground(v.evidence, where)
    source = v.source
    looked_up = source in ("registry", "prior")
    value, unit, basis = _looked_up(v, registry, where) if looked_up else (_value(v.value, where), v.unit, "")
    if source == "paper" and (reason := _not_printed(value, unit, evidence, where)):
        set_aside(where, f"{reason} It is kept as 'assumed'.")
        source = "assumed"
    return Variable(
        id=v.id,
        symbol=v.symbol,
        meaning=v.meaning,
        unit=unit,
        value=value,
        role=v.role,
        source=source,
        registry=v.registry if looked_up else None,
        basis=basis,
        scope=Scope(kind=v.scope, of=v.scope_of),
        shared_by=tuple(v.shared_by),
        may_condition=not v.measured_on_proposal,
        whole=v.whole,
        evidence=evidence,
    )


def _not_printed(value: Value, unit: str, evidence: tuple[Evidence, ...], where: str) -> str | None:
    """Why a value 'from the paper' is not printed where it is quoted; None when it is."""
    if value.kind in ("sweep", "withheld") or (value.kind == "derived" and not _stated_numbers(value)):
        return None
    if not evidence:
        return "source is 'paper' but no quotation of it was found on its page; quote the words that state the value."
    words = " … ".join(item.quotation for item in evidence)
    percent = [] if unit else [float(number) for number in _PERCENT.findall(words)]
    try:
        for number in _stated_numbers(value):
            if not any(math.isclose(100 * number, printed) for printed in percent):
                printed_error(number, words, where)
    except RecordError as error:
        return f"{str(error).removeprefix(f'{where}: ')} {_UNPRINTED}"
    return None


def _stated_numbers(value: Value) -> tuple[float, ...]:
    if isinstance(value, Exact):
        return (value.value,)
    if isinstance(value, Choices):
        return value.values
    if isinstance(value, Interval):
        return (value.low, value.high)
    if isinstance(value, Derived):
        return tuple(float(text) for text in _LITERAL.findall(value.expression) if float(text) not in STRUCTURAL)
    return ()


def _looked_up(v: WireVariable, registry: Registry, where: str) -> tuple[Value, str, str]:
    """Value, SI unit and source of a registry fact (with its band), of an estimate (with its range), or of a prior."""
    if not v.registry:
        raise RecordError(
            f"{where}: source is {v.source!r} but registry is null; name the reference, or change source."
        )
    if v.source == "prior":
        prior = registry.prior(v.registry)
        if prior.low == prior.high:
            return Exact(value=prior.typical), prior.unit, prior.source
        value = Distribution(family=prior.shape, low=prior.low, typical=prior.typical, high=prior.high)
        return value, prior.unit, prior.source
    if is_kernel_reference(v.registry, ESTIMATES):
        found = kernel_reference(registry, v.registry, ESTIMATES)
        low, typical, high = (float(each[0]) for each in (found.low, found.value, found.high))
        value = Distribution(family="lognormal", low=low, typical=typical, high=high)
        return value, "s", f"{found.basis[0]}: {found.source}"
    fact = registry.reference(v.registry)
    device = registry.device(parse_reference(v.registry).device)
    stated = Exact(value=fact.value, tolerance=registry.band(device, fact))
    return stated, registry.quantities[fact.quantity].unit, f"{fact.kind}: {fact.source}"


def _value(value: WireValue, where: str) -> Value:
    def need(name: str) -> float:
        number = getattr(value, name)
        if number is None:
            raise RecordError(f"{where}: a value of kind {value.kind!r} needs {name!r}; give it or change the kind.")
        return float(number)

    def interval() -> Value:
        low, high = need("low"), need("high")
        return Interval(low=low, high=high, scale="log" if low > 0 and high / low > WIDE else "linear")

    def distribution() -> Value:
        low, typical, high = need("low"), need("typical"), need("high")
        return Distribution(family="lognormal" if low > 0 else "triangular", low=low, typical=typical, high=high)

    def derived() -> Value:
        if not value.expression:
            raise RecordError(f"{where}: a derived value needs an expression.")
        if not re.search(r"[A-Za-z_]", value.expression):
            raise RecordError(f"{where}: {value.expression!r} uses no variable; a number alone is of kind 'exact'.")
        return Derived(expression=value.expression)

    make: dict[str, Callable[[], Value]] = {
        "exact": lambda: Exact(value=need("value")),
        "range": interval,
        "distribution": distribution,
        "choices": lambda: Choices(values=tuple(value.values)),
        "sweep": lambda: Sweep(values=tuple(value.values)),
        "derived": derived,
        "withheld": lambda: Withheld(low=need("low"), high=need("high")),
    }
    return make[value.kind]()
