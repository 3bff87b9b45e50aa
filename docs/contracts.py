"""docs/contracts.md from hardware_registry/contracts."""

from pathlib import Path

from jinja2 import Environment

from gauntlet.hardware.contracts.check import formula
from gauntlet.hardware.contracts.library import shipped
from gauntlet.hardware.contracts.records import Contract, Obligation
from gauntlet.mechanisms.words import spelled
from gauntlet.units import si_unit

PAGE = Path(__file__).parent / "contracts.md"


def contracts_page(environment: Environment) -> str:
    """The text of the page."""
    library = shipped()
    known = [library.contract(name) for name in library.files]
    template = environment.get_template("contracts.md.jinja")
    text = template.render(contracts=known, unit=_unit, formula=formula, tests_of=_tests_of)
    return text.rstrip() + "\n"


def _unit(unit: str) -> str:
    return spelled(si_unit(unit)) or "–"


def _tests_of(contract: Contract, obligation: Obligation) -> str:
    return "; ".join(
        f"{test.id} {test.prediction}" for test in contract.falsification_tests if test.obligation == obligation.id
    )
