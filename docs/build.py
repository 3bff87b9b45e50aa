"""Write docs/mechanisms and docs/contracts.md: `make docs`; with --check say what drifted instead.

Every word about a primitive comes from its docstring, its signature or its record in `families/`; the templates say
only what holds for all of them. Pages are compared to the letter, pictures up to half a pixel, so that the last digit
of another machine's arithmetic is no drift.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from docs.contracts import PAGE, contracts_page
from docs.typeset import equations, typeset
from gauntlet.mechanisms.catalogue import Primitive, catalogue, families
from gauntlet.mechanisms.curves import Curves, curves_of
from gauntlet.mechanisms.words import (
    arguments_text,
    call_text,
    error_in_words,
    example_of,
    result_text,
    signs_in_words,
    spelled,
)
from gauntlet.report.primitive_figure import draw_primitive

ROOT = Path(__file__).parent / "mechanisms"
COMMAND = "make docs"
_HALF_A_PIXEL = 0.5
_LINE = 120
_NUMBER = re.compile(r"(?<![#\w.])-?\d+(?:\.\d+)?(?![\w.])")


def main(arguments: list[str] | None = None) -> int:
    """Write everything, or with --check compare with what is there; 1 if something drifted."""
    parser = argparse.ArgumentParser(
        prog="python -m docs.build", description="Documentation of mechanisms and contracts."
    )
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    if not parser.parse_args(arguments).check:
        write(ROOT)
        PAGE.write_text(contracts_page(_environment()), encoding="utf-8")
        return 0
    found = [*drift(ROOT), *drift_of_contracts(PAGE)]
    print("\n".join([*found, f"Run '{COMMAND}' and commit what it writes."] if found else ["docs is current."]))
    return 1 if found else 0


def write(folder: Path) -> None:
    """All pages and pictures; files that nothing writes any more go."""
    made = {**pages(), **{name: draw() for name, draw in pictures().items()}}
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in _files(folder) - set(made):
        (folder / name).unlink()


def drift(folder: Path, with_pictures: bool = True) -> Iterator[str]:
    """One line for each file that is missing, left over or different."""
    written, drawn = pages(), pictures()
    there = _files(folder)
    for name in sorted((set(written) | set(drawn)) - there):
        yield f"docs/mechanisms/{name} is missing"
    for name in sorted(there - set(written) - set(drawn)):
        yield f"docs/mechanisms/{name} belongs to nothing in the catalogue"
    for name in sorted(there & set(written)):
        if (line := _first_difference((folder / name).read_text(encoding="utf-8"), written[name])) is not None:
            yield f"docs/mechanisms/{name}:{line} is not what the catalogue says"
    for name in sorted(there & set(drawn) if with_pictures else ()):
        if not same_picture((folder / name).read_text(encoding="utf-8"), drawn[name]()):
            yield f"docs/mechanisms/{name} shows another curve"


def drift_of_contracts(page: Path) -> Iterator[str]:
    """One line where the page of contracts is missing or different."""
    if not page.is_file():
        yield f"docs/{page.name} is missing"
    elif (line := _first_difference(page.read_text(encoding="utf-8"), contracts_page(_environment()))) is not None:
        yield f"docs/{page.name}:{line} is not what hardware_registry/contracts says"


def same_picture(old: str, new: str) -> bool:
    """Equal texts and tags, and numbers inside tags within half a pixel."""
    parts = [re.split(r"(<[^>]*>)", text) for text in (old, new)]
    if len(parts[0]) != len(parts[1]):
        return False
    return all(
        one == other or (one.startswith("<") and _NUMBER.sub("", one) == _NUMBER.sub("", other) and _near(one, other))
        for one, other in zip(*parts, strict=True)
    )


def _near(one: str, other: str) -> bool:
    numbers = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= _HALF_A_PIXEL for a, b in numbers)


def _first_difference(old: str, new: str) -> int | None:
    if old == new:
        return None
    before, after = old.split("\n"), new.split("\n")
    same = (index for index, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1])
    return 1 + next(same, min(len(before), len(after)))


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def pictures() -> Mapping[str, Callable[[], str]]:
    """Name of each picture, and how to draw it."""
    return {f"plots/{name}.svg": partial(_picture, name) for name, each in catalogue().items() if each.arguments}


def _picture(name: str) -> str:
    curves = _curves(name)
    assert curves is not None
    return draw_primitive(curves)[0].decode()


@cache
def _curves(name: str) -> Curves | None:
    return curves_of(catalogue()[name])


@cache
def pages() -> Mapping[str, str]:
    """Name and text of each page: the index, and one for every family that has primitives."""
    environment = _environment()
    entries: dict[str, list[dict[str, Any]]] = {}
    for primitive in catalogue().values():
        entries.setdefault(primitive.family, []).append(_entry(primitive))
    shown = {family: (title, entries[family]) for family, title in families().items() if family in entries}
    index = environment.get_template("index.md.jinja").render(families=shown, count=len(catalogue()))
    page = environment.get_template("family.md.jinja")
    made = {f"{family}.md": page.render(title=title, entries=here) for family, (title, here) in shown.items()}
    return {"README.md": index, **made}


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip


def _entry(primitive: Primitive) -> dict[str, Any]:
    """Everything that a template needs of one primitive, typeset."""
    head, colon, equation = primitive.summary.partition(": ")
    example = example_of(primitive)
    names, signs = _names(primitive.family), signs_in_words(primitive, mark="`")
    return {
        "module": primitive.function.__module__,
        "name": primitive.name,
        "address": f"{primitive.family}.md#{primitive.name}",
        "title": typeset(head.removesuffix("."), names),
        "equations": [typeset(statement, names) for statement in equations(equation)] if colon else [],
        "description": typeset(primitive.description, names),
        "arguments": [
            {
                "name": name,
                "unit": spelled(argument.unit) or "–",
                "kind": argument.kind + ("" if argument.required else ", optional"),
                "domain": argument.domain,
                "moves": signs.get(name, ""),
            }
            for name, argument in primitive.arguments.items()
        ],
        "outputs": [
            {"name": name, "unit": spelled(unit) or "–", "example": result_text(example.outputs[name], unit)}
            for name, unit in primitive.outputs.items()
        ],
        "call": _call(primitive),
        "notes": example.notes,
        "validity": typeset(primitive.validity, names),
        "error": typeset(error_in_words(primitive), names),
        "responds_to": primitive.responds_to,
        "source": typeset(primitive.source, names),
        "plot": _caption(primitive.name),
    }


def _call(primitive: Primitive) -> str:
    """The example, folded as the project's formatter folds Python."""
    given = arguments_text(primitive)
    together = call_text(primitive)
    if len(together) <= _LINE:
        return together
    inside = [", ".join(given)] if len(", ".join(given)) + 4 <= _LINE else [f"{each}," for each in given]
    return "\n".join([f"{primitive.name}(", *(f"    {each}" for each in inside), ")"])


def _caption(name: str) -> str | None:
    curves = _curves(name)
    return None if curves is None else f"{name}: {curves.y.words} against {curves.x.words}"


def _names(family: str) -> dict[str, str]:
    """Every name of the catalogue, as seen from the page of one family: primitives with their address there."""
    plain = {name: "" for each in catalogue().values() for name in (*each.arguments, *each.outputs)}
    addresses = {
        name: f"#{name}" if each.family == family else f"{each.family}.md#{name}" for name, each in catalogue().items()
    }
    return {**plain, **addresses}


if __name__ == "__main__":
    sys.exit(main())
