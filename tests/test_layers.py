"""Imports point down: the map is drawn from the source, and any arrow that points up is named.

Each rule is shown to bite on a small package with a planted violation.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gauntlet"

LEVELS = (
    {"errors", "settings", "units", "intervals", "records", "data"},
    {"mechanisms"},
    {"expressions"},
    {"hardware"},
    {"workloads"},
    {"paper"},
    {"specs"},
    {"costs"},
    {"agents"},
    {"costs.author"},
    {"verdict"},
    {"report"},
    {"evaluate"},
    {"review", "batch"},
    {"mcp"},
    {"cli"},
    {"__main__"},
)
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
"""costs.author alone of costs stands above the agents: it asks them for a cost model."""

CONNECTING = {
    "openai", "httpx", "httpx2", "requests", "aiohttp", "urllib3", "socket", "ssl", "ftplib", "smtplib", "asyncio",
    "urllib.request", "http.client", "xmlrpc.client", "socketserver",
}  # fmt: skip
MECHANISMS_MAY_IMPORT = {"numpy", "gauntlet", "__future__"}
MODULES_OF = {
    "pyyaml": {"yaml"},
    "jinja2": {"jinja2", "markupsafe"},
    "pillow": {"PIL"},
}  # jinja2 is built on markupsafe
AUTHOR = "costs.author"
PURE_ROOMS = ("verdict", "report")


class Source:
    """The parsed modules of one package: dotted name below the package -> tree."""

    def __init__(self, package: Path):
        self.modules: dict[str, ast.Module] = {}
        for path in sorted(package.rglob("*.py")):
            parts = path.relative_to(package).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            self.modules[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))

    def imports(self, module: str, *, typing_too: bool = True) -> Iterator[str]:
        """Dotted names that a module imports, wherever in the file the import stands."""
        skipped = set() if typing_too else set(_typing_only(self.modules[module]))
        for node in ast.walk(self.modules[module]):
            if node in skipped:
                continue
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{module}:{node.lineno}: relative import; write the whole name"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def inside(self, module: str) -> set[str]:
        """Modules of this package that a module imports, at run time or for typing."""
        targets = (name.removeprefix("gauntlet.") for name in self.imports(module) if name.startswith("gauntlet."))
        return {found for found in map(self._module_of, targets) if found}

    def reached(self, module: str, without: str) -> set[str]:
        """Everything that `module` imports, directly or not, never passing through `without`."""
        seen, todo = set(), [module]
        while todo:
            name = todo.pop()
            if name not in seen and name != without:
                seen.add(name)
                todo += self.inside(name)
        return seen

    def _module_of(self, dotted: str) -> str | None:
        while dotted and dotted not in self.modules:
            dotted = dotted.rpartition(".")[0]
        return dotted or None


def room(module: str) -> str:
    return module.partition(".")[0]


def level_of(module: str) -> int:
    return LEVEL_OF.get(module, LEVEL_OF[room(module)])


def is_within(name: str, modules: set[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _typing_only(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for child in node.body:
                yield from ast.walk(child)


def arrows_up(source: Source) -> Iterator[str]:
    for module in source.modules:
        for target in source.inside(module):
            if module and level_of(target) > level_of(module):
                yield f"{module} -> {target}"


def unknown_rooms(source: Source) -> Iterator[str]:
    yield from {room(module) for module in source.modules if module} - set(LEVEL_OF)


def side_doors_to_agents(source: Source) -> Iterator[str]:
    """costs meets the agents in its author alone; verdict and report never do, on no path."""
    for module in source.modules:
        if room(module) == "costs" and module != AUTHOR:
            yield from (f"{module} -> {target}" for target in source.inside(module) if room(target) == "agents")
        if room(module) in PURE_ROOMS:
            reached = source.reached(module, without="")
            yield from (f"{module} => {name}" for name in reached if room(name) == "agents" or name == AUTHOR)
            for name in reached:
                yield from (f"{module} => openai" for library in source.imports(name) if is_within(library, {"openai"}))


def libraries_of_mechanisms(source: Source) -> Iterator[str]:
    """mechanisms needs numpy and the standard library, and of this package only itself."""
    for module in (name for name in source.modules if room(name) == "mechanisms"):
        for name in source.imports(module):
            top = name.partition(".")[0]
            foreign = top not in MECHANISMS_MAY_IMPORT and top not in sys.stdlib_module_names
            if foreign or (top == "gauntlet" and not is_within(name, {"gauntlet.mechanisms"})):
                yield f"{module} -> {name}"


def connections(source: Source) -> Iterator[str]:
    for module in source.modules:
        if room(module) != "agents":
            named = source.imports(module, typing_too=False)
            yield from (f"{module} -> {name}" for name in named if is_within(name, CONNECTING))


def calls_of_print(source: Source) -> Iterator[str]:
    """Results are printed by cli alone. A module that runs as a child process speaks through its own pipe."""
    for module, tree in source.modules.items():
        if room(module) == "cli":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                yield f"{module}:{node.lineno}"


def readers_of_the_environment(source: Source) -> Iterator[str]:
    for module, tree in source.modules.items():
        if module == "settings":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb", "putenv"):
                yield f"{module}:{node.lineno}"
        yield from (f"{module}: {name}" for name in source.imports(module) if name in ("os.environ", "os.getenv"))


def undeclared_libraries(source: Source) -> Iterator[str]:
    """Every library comes with the standard library or stands in the project's dependencies."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(line for extra in optional if extra != "dev" for line in optional[extra])]
    names = {re.split(r"[^A-Za-z0-9_-]", line)[0].lower() for line in wanted}
    known = set().union(sys.stdlib_module_names, {"gauntlet"}, *(MODULES_OF.get(name, {name}) for name in names))
    for module in source.modules:
        for name in source.imports(module, typing_too=False):
            if name.partition(".")[0] not in known:
                yield f"{module} -> {name}"


RULES = (
    undeclared_libraries,
    unknown_rooms,
    arrows_up,
    side_doors_to_agents,
    libraries_of_mechanisms,
    connections,
    calls_of_print,
    readers_of_the_environment,
)


@pytest.mark.parametrize("rule", RULES)
def test_the_house_obeys(rule):
    assert sorted(rule(Source(PACKAGE))) == []


def planted(folder: Path, files: dict[str, str]) -> Source:
    """A small lawful package with some files planted in it."""
    lawful = {
        "__init__.py": "",
        "errors.py": "",
        "settings.py": "import os\nKEY = os.environ.get('KEY')\n",
        "agents/chat.py": "import openai\n",
        "agents/__init__.py": "",
        "costs/records.py": "from gauntlet.errors import X\n",
        "costs/author.py": "from gauntlet.agents import chat\n",
        "mechanisms/queue.py": "import math\nimport numpy as np\n",
        "verdict/judge.py": "from gauntlet.costs.records import X\n",
        "cli/app.py": "print('result')\n",
    }
    for name, text in (lawful | files).items():
        path = folder / "gauntlet" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Source(folder / "gauntlet")


def test_a_lawful_package_passes(tmp_path):
    source = planted(tmp_path, {})
    assert {rule.__name__: list(rule(source)) for rule in RULES} == {rule.__name__: [] for rule in RULES}


@pytest.mark.parametrize(
    ("rule", "file", "text", "named"),
    [
        (unknown_rooms, "attic/x.py", "", "attic"),
        (undeclared_libraries, "report/x.py", "def f():\n    import pandas\n", "report.x -> pandas"),
        (undeclared_libraries, "report/x.py", "from fixtures.studies import study\n", "report.x -> fixtures"),
        (arrows_up, "specs/x.py", "from gauntlet.verdict import judge\n", "specs.x -> verdict.judge"),
        (arrows_up, "specs/x.py", "def f():\n    import gauntlet.agents.chat\n", "specs.x -> agents.chat"),
        (
            arrows_up,
            "records.py",
            "from gauntlet import mechanisms\nimport gauntlet.mechanisms.queue\n",
            "records -> m",
        ),
        (arrows_up, "agents/x.py", "from gauntlet.costs import author\n", "agents.x -> costs.author"),
        (side_doors_to_agents, "costs/laws.py", "from gauntlet.agents.chat import X\n", "costs.laws -> agents.chat"),
        (side_doors_to_agents, "report/x.py", "def f():\n    from gauntlet.agents import chat\n", "report.x => agents"),
        (side_doors_to_agents, "verdict/x.py", "from gauntlet.costs.author import X\n", "verdict.x => costs.author"),
        (side_doors_to_agents, "costs/records.py", "import openai\n", "verdict.judge => openai"),
        (libraries_of_mechanisms, "mechanisms/x.py", "import pydantic\n", "mechanisms.x -> pydantic"),
        (libraries_of_mechanisms, "mechanisms/x.py", "from gauntlet.errors import X\n", "mechanisms.x -> gauntlet.err"),
        (connections, "paper/x.py", "def f():\n    from urllib.request import urlopen\n", "paper.x -> urllib.request"),
        (connections, "batch/x.py", "import httpx2\n", "batch.x -> httpx2"),
        (calls_of_print, "report/x.py", "def f():\n    print('here')\n", "report.x:2"),
        (readers_of_the_environment, "paper/x.py", "import os\nX = os.environ['X']\n", "paper.x:2"),
        (readers_of_the_environment, "paper/x.py", "from os import getenv\n", "paper.x: os.getenv"),
    ],
)
def test_a_planted_violation_is_named(tmp_path, rule, file, text, named):
    found = sorted(rule(planted(tmp_path, {file: text})))
    assert any(line.startswith(named) for line in found), found


def test_imports_for_typing_open_no_connection(tmp_path):
    source = planted(
        tmp_path, {"paper/x.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import httpx2\n"}
    )
    assert list(connections(source)) == []
