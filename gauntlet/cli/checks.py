"""What `gauntlet doctor` looks at. Each check says what it found and, when something is missing, the exact fix."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from gauntlet import __version__
from gauntlet.data import find_data, find_recordings
from gauntlet.errors import GauntletError
from gauntlet.settings import Settings

DISTRIBUTION = "gauntlet-eval"
REINSTALL = "pip install -r requirements.lock && pip install --no-deps -e ."


@dataclass(frozen=True)
class Check:
    """One line of the doctor: 'missing' stops Gauntlet from working, 'note' only limits what it can do."""

    status: Literal["ok", "missing", "note"]
    what: str
    found: str
    fix: str = ""


def run_checks(settings: Settings) -> Iterator[Check]:
    """All checks that need no network, in the order in which they would stop an evaluation."""
    yield Check("ok", "gauntlet", __version__)
    yield check_python(sys.version_info[:3])
    yield from check_libraries()
    for name, folder in (("prompts", settings.prompts_dir), ("hardware_registry", settings.registry_dir)):
        yield check_data(name, folder)
    yield from check_model(settings)
    yield check_recordings(settings)
    yield check_writable(Path.cwd())


def check_python(found: tuple[int, ...]) -> Check:
    """Python 3.11 or newer."""
    text = ".".join(map(str, found))
    if found >= (3, 11):
        return Check("ok", "Python", text)
    return Check("missing", "Python", text, "install Python 3.11 or newer and make a new environment with it")


def check_libraries(find: Callable[[str], str] = version) -> Iterator[Check]:
    """Every library that the distribution asks for, and the versions that PyMuPDF may have."""
    try:
        wanted = [line.split(";")[0] for line in requires(DISTRIBUTION) or [] if "extra ==" not in line]
    except PackageNotFoundError:
        yield Check("missing", "distribution", f"{DISTRIBUTION} is not installed", REINSTALL)
        return
    for name in sorted({_project_name(line) for line in wanted}):
        try:
            found = find(name)
        except PackageNotFoundError:
            yield Check("missing", name, "not installed", REINSTALL)
            continue
        wrong = name == "pymupdf" and found.split(".")[0] not in ("1", "2")
        yield Check("missing" if wrong else "ok", name, found, "pip install 'pymupdf>=1.28.2,<3'" if wrong else "")


def check_data(name: str, folder: Path | None) -> Check:
    """A folder of data that travels with the package."""
    variable = {"prompts": "GAUNTLET_PROMPTS", "hardware_registry": "GAUNTLET_REGISTRY"}[name]
    try:
        return Check("ok", name, str(find_data(name, folder)))
    except GauntletError as error:
        return Check("missing", name, str(error), f"unset {variable}, or reinstall")


def check_model(settings: Settings) -> Iterator[Check]:
    """Model name, endpoint, and whether a key is set; never the key."""
    if settings.model:
        yield Check("ok", "model", settings.model)
    else:
        yield Check("note", "model", "none", "export GAUNTLET_MODEL=<name>, or use --llm handoff")
    yield Check("ok", "endpoint", settings.base_url or "OpenAI's own (OPENAI_BASE_URL is not set)")
    if settings.api_key:
        yield Check("ok", "OPENAI_API_KEY", "set")
    else:
        own = bool(settings.base_url)
        yield Check("ok" if own else "note", "OPENAI_API_KEY", "not set", "" if own else "export OPENAI_API_KEY=<key>")


def check_recordings(settings: Settings) -> Check:
    """Recorded answers, which let an evaluation run without a model."""
    try:
        folder = find_recordings(settings.recordings_dir)
    except GauntletError as error:
        return Check("missing", "recordings", str(error), "unset GAUNTLET_RECORDINGS, or name an existing folder")
    if folder is None:
        return Check("note", "recordings", "none", "they come with a checkout; GAUNTLET_RECORDINGS names others")
    papers = sum(1 for entry in folder.iterdir() if entry.is_dir())
    return Check("ok", "recordings", f"of {papers} papers in {folder}")


def check_writable(folder: Path) -> Check:
    """The working folder takes run folders."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Check("ok", "working folder", f"{folder} is writable")
    except OSError as error:
        return Check(
            "missing", "working folder", f"{folder}: {error.strerror}", "change to a folder that you may write"
        )


def probe(settings: Settings) -> Check:
    """Ask the endpoint one tiny question."""
    from gauntlet.agents.chat import Request
    from gauntlet.agents.openai_endpoint import endpoint_from

    schema = {
        "type": "object",
        "properties": {"word": {"type": "string"}},
        "required": ["word"],
        "additionalProperties": False,
    }
    question = Request("probe", 1, "You check a connection.", "Answer with the word ready.", "probe", schema, "")
    try:
        answer = endpoint_from(settings).ask(question)
    except GauntletError as error:
        return Check("missing", "probe", str(error), "set what the message names, then run the probe again")
    return Check("ok", "probe", f"{answer.origin.model or settings.model} answered {answer.text.strip()[:60]!r}")


def _project_name(requirement: str) -> str:
    name = requirement.strip()
    for mark in "<>=!~ [(":
        name = name.split(mark)[0]
    return name.lower()
