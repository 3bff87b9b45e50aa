"""What types cannot say of the equations: names, units, axes and sources agree. The tests are checked in `promises`."""

import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

from gauntlet.errors import GauntletError
from gauntlet.expressions.dimensions import disagreement
from gauntlet.expressions.evaluation import nearest
from gauntlet.expressions.grammar import Expression, parse
from gauntlet.hardware.contracts.reading import Place, parse_contract, read_text, refuse
from gauntlet.hardware.contracts.records import Contract
from gauntlet.units import check_unit

Found = Iterator[tuple[Place, str]]


def load_contract(file: Path) -> Contract:
    """The contract of a file, fit to be executed; ContractError names every place that is not."""
    text = read_text(file)
    contract = parse_contract(text)
    if isinstance(contract, list):
        raise refuse(contract)
    if found := [text.problem(*each) for each in executable(contract)]:
        raise refuse(found)
    return contract


def executable(contract: Contract) -> Found:
    """What keeps the equations from being executed, or leaves one of their values without a source."""
    yield from _symbols(contract)
    sound = set(contract.symbols)
    for name, equation in contract.equations.items():
        if name in contract.symbols:
            yield ("equations", name), "is the name of a symbol too; give it another"
        if equation.source not in contract.sources:
            yield ("equations", name, "source"), unknown(equation.source, contract.sources, "source")
        wrong = list(_expression(contract, name, sound))
        yield from ((("equations", name, "expression"), message) for message in wrong)
        if not wrong and sound.issuperset(expression_of(contract, name).names):
            sound.add(name)


def unknown(name: str, known: Iterable[str], what: str) -> str:
    """Words for a name that points nowhere."""
    return f"{name!r} is no {what} of this contract; {nearest(name, known)}"


@functools.lru_cache(maxsize=4096)
def parsed(contract_id: str, name: str, text: str) -> Expression:
    """An equation's text as an expression; many forms of a contract share most of theirs."""
    return parse(text, f"{contract_id}.{name}")


def expression_of(contract: Contract, name: str) -> Expression:
    """An equation of a contract, parsed."""
    return parsed(contract.id, name, contract.equations[name].expression)


def formula(contract: Contract, name: str) -> str:
    """An equation's right side on one line, with what is reduced: 'min over every resource of ...'."""
    equation = contract.equations[name]
    text = " ".join(equation.expression.split())
    axes = " and ".join(operand_axes(contract, name))
    return f"{equation.reduce} over every {axes} of {text}" if equation.reduce else text


def axes_of(contract: Contract, name: str) -> frozenset[str]:
    """What the last axis of a symbol or equation runs over; nothing for one number."""
    if name in contract.symbols:
        axis = contract.symbols[name].per
        return frozenset() if axis is None else frozenset({axis})
    return frozenset() if contract.equations[name].reduce else operand_axes(contract, name)


def operand_axes(contract: Contract, name: str) -> frozenset[str]:
    """What the last axes of the names in an equation run over, before it reduces them."""
    return frozenset().union(*(axes_of(contract, each) for each in expression_of(contract, name).names))


def _symbols(contract: Contract) -> Found:
    for name, symbol in contract.symbols.items():
        place: Place = ("symbols", name)
        try:
            check_unit(symbol.unit, name)
        except GauntletError as error:
            yield (*place, "unit"), str(error)
        if symbol.source is not None and symbol.source not in contract.sources:
            yield (*place, "source"), unknown(symbol.source, contract.sources, "source")
        if symbol.default is None:
            continue
        if not symbol.domain.holds(symbol.default):
            yield (*place, "default"), f"{symbol.default:g} is outside the domain {symbol.domain}"
        if symbol.source is None and symbol.default not in (0.0, float("inf")):
            yield (*place, "default"), "a number with a meaning has a source; add its key under 'source'"


def _expression(contract: Contract, name: str, sound: set[str]) -> Iterator[str]:
    equation, names = contract.equations[name], list(contract.equations)
    above = [*contract.symbols, *names[: names.index(name)]]
    try:
        expression = expression_of(contract, name)
    except GauntletError as error:
        yield str(error)
        return
    if missing := [used for used in expression.names if used not in above]:
        yield from (_not_above(used, contract) for used in missing)
        return
    if problem := disagreement(expression, contract.units, equation.unit, f"the unit of {name}"):
        yield problem
    if not sound.issuperset(expression.names):
        return  # what is wrong there is said there
    axes = operand_axes(contract, name)
    if len(axes) > 1:
        yield f"mixes values per {' and per '.join(sorted(axes))}; reduce one of them in an equation of its own"
    if equation.reduce and not axes:
        yield f"has 'reduce: {equation.reduce}', but no symbol in it runs over anything ('per'); take 'reduce' out"


def _not_above(name: str, contract: Contract) -> str:
    if name in contract.equations:
        return f"equation {name!r} does not stand above; an equation uses symbols and the equations above it"
    return unknown(name, contract.names, "symbol or equation")
