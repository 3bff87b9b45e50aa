"""`gauntlet contract`: the equations that ceilings execute, and whether they withstand their own tests."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gauntlet.cli.door import FLAGGED, say
from gauntlet.cli.options import AsJson, examples
from gauntlet.errors import ContractError

if TYPE_CHECKING:
    from gauntlet.hardware.contracts.records import Contract

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[CONTRACT]...", help="Ids or files. Default: all that are in use.")
]
_FILES = (".yaml", ".yml")


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    contract = typer.Typer(
        help="Equations that ceilings execute, from files, with tests that try to refute them.",
        epilog=examples("gauntlet contract show roofline", "gauntlet contract test"),
        no_args_is_help=True,
    )
    for name, command, lines in (
        ("show", show, ("show", "show roofline", "show decode_ceiling --json")),
        ("validate", validate, ("validate", "validate my_roofline.yaml")),
        ("test", test, ("test", "test roofline energy", "test my_roofline.yaml --points 5000")),
        ("audit", audit, ("audit", "audit roofline --json")),
        ("diff", diff, ("diff my/roofline.yaml", "diff old/roofline.yaml new/roofline.yaml")),
        ("coverage", coverage, ("coverage", "coverage kv_cache_sizing --json")),
    ):
        contract.command(name, epilog=examples(*(f"gauntlet contract {line}" for line in lines)))(command)
    app.add_typer(contract, name="contract")


def show(
    name: Annotated[str | None, typer.Argument(metavar="[CONTRACT]", help="Id or file. Default: list them.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a contract: symbols, equations with units and sources, what is promised. Without a name, list all."""
    from gauntlet.cli.contract_lines import contract_data, contract_lines, list_lines
    from gauntlet.hardware.contracts.library import library

    if name is not None:
        contract = _contract(name)
        _answer(contract_data(contract), contract_lines(contract), as_json)
        return
    known = [library().contract(each) for each in library().files]
    data = {"folder": str(library().folder), "contracts": [{"id": each.id, "title": each.title} for each in known]}
    _answer(data, list_lines(library().folder, known), as_json)


def validate(names: Names = None, as_json: AsJson = False) -> None:
    """Check files: keys, units, names, sources, and that every promise has a test. Exit code 1 if anything is wrong."""
    from gauntlet.hardware.contracts.promises import problems

    found = {str(file): problems(file) for file in _files(names)}
    data = {file: [each._asdict() | {"file": file} for each in wrong] for file, wrong in found.items()}
    lines = [line for file, wrong in found.items() for line in map(str, wrong)] or [
        f"{file}: no problem found." for file in found
    ]
    _answer(data, lines, as_json)
    _flag(any(found.values()))


def test(
    names: Names = None,
    points: Annotated[int, typer.Option(min=1, max=100_000, help="Points at which each condition is tried.")] = 400,
    as_json: AsJson = False,
) -> None:
    """Run vectors, invariants and falsification tests. Exit code 1 if one fails."""
    from gauntlet.cli.contract_lines import outcome_lines
    from gauntlet.hardware.contracts.testing import outcomes

    found = {contract.id: outcomes(contract, points) for contract in map(_testable, _files(names))}
    data = {name: [outcome._asdict() for outcome in ended] for name, ended in found.items()}
    _answer(data, [line for name, ended in found.items() for line in outcome_lines(name, ended)], as_json)
    _flag(any(not outcome.passed for ended in found.values() for outcome in ended))


def audit(names: Names = None, as_json: AsJson = False) -> None:
    """Mutate every equation and domain: which mistakes no test notices? And which code uses each equation?

    Exit code 1 if a mistake survives, an equation is used nowhere, or code uses one that is not there.
    """
    from gauntlet.cli.contract_lines import audit_data, audit_lines
    from gauntlet.hardware.contracts.audit import audited, uses

    in_code, reports = uses(), []
    for contract in map(_testable, _files(names)):
        say(f"Auditing {contract.id} ...")
        reports.append(audited(contract, in_code))
    lines = [line for report in reports for line in audit_lines(report)]
    _answer([audit_data(report) for report in reports], lines, as_json)
    _flag(any(report.survivors or report.stale or report.unused for report in reports))


def diff(
    old: Annotated[Path, typer.Argument(metavar="FILE", help="A contract file; the old one of two.")],
    new: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The new one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare two files, or the shipped contract of that id with a file: texts, and numbers at all vectors.

    Exit code 1 if an equation, a symbol or a value differs.
    """
    from gauntlet.cli.contract_lines import difference_data, difference_lines
    from gauntlet.hardware.contracts.check import load_contract
    from gauntlet.hardware.contracts.diff import difference
    from gauntlet.hardware.contracts.library import shipped

    last = load_contract(new or old)
    first = load_contract(old) if new is not None else shipped().contract(last.id)
    if first.id != last.id:
        raise ContractError(f"{old} is {first.id}, {new} is {last.id}; compare two forms of one contract.")
    found = difference(first, last)
    _answer(difference_data(first, last, found), difference_lines(first, last, found), as_json)
    _flag(found.step in ("major", "minor") or any(each.part in ("symbols", "equations") for each in found.texts))


def coverage(names: Names = None, as_json: AsJson = False) -> None:
    """Which equations, symbols and obligations have vectors and tests. Exit code 1 if one is left alone."""
    from gauntlet.cli.contract_lines import coverage_lines
    from gauntlet.hardware.contracts.coverage import coverage as covered
    from gauntlet.hardware.contracts.coverage import gaps

    data: dict[str, Any] = {}
    lines: list[str] = []
    for contract in map(_testable, _files(names)):
        rows = covered(contract)
        missing = list(gaps(contract, rows))
        data[contract.id] = {"parts": [row._asdict() for row in rows], "gaps": missing}
        lines += coverage_lines(contract, rows, missing)
    _answer(data, lines, as_json)
    _flag(any(each["gaps"] for each in data.values()))


def _files(names: list[str] | None) -> list[Path]:
    from gauntlet.hardware.contracts.library import library

    return [Path(name) if name.endswith(_FILES) else library().file(name) for name in names or library().files]


def _contract(name: str) -> "Contract":
    from gauntlet.hardware.contracts.check import load_contract

    return load_contract(_files([name])[0])


def _testable(file: Path) -> "Contract":
    """A contract whose tests can be run; ContractError lists what is wrong with the file."""
    from gauntlet.hardware.contracts.check import load_contract
    from gauntlet.hardware.contracts.promises import problems
    from gauntlet.hardware.contracts.reading import refuse

    if wrong := problems(file):
        raise refuse(wrong)
    return load_contract(file)


def _answer(data: Any, lines: Any, as_json: bool) -> None:
    typer.echo(json.dumps(_plain(data), indent=1, ensure_ascii=False) if as_json else "\n".join(lines))


def _plain(data: Any) -> Any:
    """JSON has no infinities; they are spelt as records spell them."""
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(data, "NaN")
    return data


def _flag(wrong: bool) -> None:
    if wrong:
        raise typer.Exit(FLAGGED)
