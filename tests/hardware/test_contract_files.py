"""The shipped contracts: well formed, true at their vectors, covered, used, and not to be changed unnoticed."""

import functools
import inspect

import pytest

from gauntlet.hardware import kv_cache, roofline
from gauntlet.hardware.contracts.audit import audited, uses
from gauntlet.hardware.contracts.coverage import coverage, gaps
from gauntlet.hardware.contracts.promises import problems
from gauntlet.hardware.contracts.testing import outcomes
from tests.hardware.contract_cases import IDS, SHIPPED


@functools.cache
def audit_of(contract):
    return audited(SHIPPED.contract(contract), uses())


def test_the_four_contracts_of_the_field_and_more_are_there():
    assert set(IDS) >= {"roofline", "kv_cache_sizing", "kernel_launch_budget", "performance_grading"}


@pytest.mark.parametrize("contract", IDS)
def test_a_shipped_contract_is_well_formed_and_holds(contract):
    assert problems(SHIPPED.file(contract)) == []
    assert [outcome for outcome in outcomes(SHIPPED.contract(contract), points=5000) if not outcome.passed] == []


@pytest.mark.parametrize("contract", IDS)
def test_nothing_of_a_shipped_contract_is_left_alone(contract):
    loaded = SHIPPED.contract(contract)
    assert list(gaps(loaded, coverage(loaded))) == []


@pytest.mark.parametrize("contract", IDS)
def test_every_planted_mistake_is_found_by_falsification_tests_and_every_equation_is_used(contract):
    """Mutants as DeMillo, Lipton & Sayward (1978): operators flipped, terms dropped, limits moved, domains widened."""
    report = audit_of(contract)
    told_apart = [fate for fate in report.fates if fate.differs]
    print(f"{contract}: {len(told_apart) - len(report.survivors)} of {len(told_apart)} mistakes found")
    assert report.survivors == []
    assert {fate.place for fate in told_apart} >= set(report.contract.equations)
    assert len(told_apart) >= 0.95 * len(report.fates)
    assert (report.stale, report.unused) == ([], [])


def test_what_is_not_told_apart_cannot_be():
    """The three that remain exchange the sides of a difference inside abs, or decide a tie that is decided before."""
    fates = [fate for contract in IDS for fate in audit_of(contract).fates if not fate.differs]
    assert [fate.place for fate in fates] == ["limited_by"] * 3


@pytest.mark.parametrize("module", [roofline, kv_cache])
def test_defaults_in_code_are_those_of_the_contract(module):
    """A default is stated twice, for the signature and for the file; both must be one."""
    seen = 0
    for use in uses():
        function = getattr(module, use.function, None)
        if function is None or inspect.getmodule(function) is not module:
            continue
        symbols = SHIPPED.contract(use.contract).symbols
        for name, parameter in inspect.signature(function).parameters.items():
            if name in symbols and symbols[name].default is not None and parameter.default is not None:
                assert parameter.default == symbols[name].default, f"{use.function}({name})"
                seen += 1
    assert seen
