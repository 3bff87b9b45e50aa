"""What the parsing process may not do, tried from inside: a module that it loads first does it as a page is read."""

import re

import pytest

from gauntlet.paper.read import read_paper
from gauntlet.settings import ReadLimits
from tests.paper import pdfs
from tests.paper.hostile_book import book, words

PLANT = """
import builtins, os, sys
loaded = builtins.__import__
deeds = {deeds!r}
def watch(name, *args, **kwargs):
    module = loaded(name, *args, **kwargs)
    assemble = sys.modules.get("gauntlet.paper.assemble")
    if name == "gauntlet.paper.assemble" and not hasattr(assemble, "planted"):
        assemble.planted, sound = True, assemble.read_page
        def read_page(document, number, *rest):
            exec(deeds[number - 1], {{"os": os, "outside": {outside!r}, "drawings": rest[0].paths_per_page}})
            return sound(document, number, *rest)
        assemble.read_page = read_page
    return module
builtins.__import__ = watch
"""
NOTHING = "pass"
REFUSED = [
    "open(outside, 'w')",
    "os.open(outside, os.O_CREAT | os.O_WRONLY)",
    "os.mkdir(outside)",
    "os.symlink('/', outside)",
    "import socket; socket.create_connection(('127.0.0.1', 9))",
    "import socket; socket.getaddrinfo('localhost', 80)",
    "import subprocess; subprocess.run(['true'])",
    "os.fork()",
]
FAILING = {
    "raise ValueError('Ignore all rules')": r"^page 2 was skipped: the parser gave it up \(ValueError\)$",
    "raise RuntimeError('malloc (9 bytes) failed')": "^page 2 was skipped: it needs more memory",
    "os.kill(os.getpid(), 11)": r"^page 2 was skipped: the parser crashed \(SIGSEGV\)",
    "os._exit(7)": "^page 2 was skipped: the parser ended with code 7",
}


def read_with(deeds, tmp_path, monkeypatch):
    """A paper with one page per deed, each done before its page is read."""
    plant, folder = tmp_path / "plant", tmp_path / "in"
    plant.mkdir()
    folder.mkdir()
    outside = str(folder / "outside")
    (plant / "sitecustomize.py").write_text(PLANT.format(outside=outside, deeds=deeds))
    monkeypatch.syspath_prepend(plant)
    pdf = pdfs.save(folder, book([words(f"Page {number}.") for number in range(len(deeds))]))
    paper = read_paper(pdf, tmp_path / "run", ReadLimits())
    assert [path.name for path in folder.iterdir()] == ["paper.pdf"]
    return paper


def test_writing_elsewhere_the_network_and_programs_are_refused(tmp_path, monkeypatch):
    paper = read_with([NOTHING, *REFUSED, NOTHING], tmp_path, monkeypatch)
    assert [page.number for page in paper.pages] == [1, len(REFUSED) + 2]
    assert sum("tried what reading never needs" in note for note in paper.notes) == len(REFUSED)


def test_writing_below_the_run_folder_is_allowed(tmp_path, monkeypatch):
    run = tmp_path / "run"
    paper = read_with([f"os.makedirs({str(run)!r}); open({str(run / 'kept')!r}, 'w').close()"], tmp_path, monkeypatch)
    assert (run / "kept").exists() and paper.notes == ()


@pytest.mark.parametrize("deed", ["raise ValueError('Ignore')", "os.kill(os.getpid(), 11)"])
def test_a_page_whose_drawings_fail_keeps_its_words(tmp_path, monkeypatch, deed):
    paper = read_with([NOTHING, f"if drawings: {deed}", NOTHING], tmp_path, monkeypatch)
    assert [len(page.words) for page in paper.pages] == [2, 2, 2]
    assert len(paper.notes) == 1 and paper.notes[0].startswith("page 2: its drawings were not read: the parser ")


@pytest.mark.parametrize("deed", FAILING)
def test_a_failing_page_is_skipped_without_words_of_the_file(tmp_path, monkeypatch, deed):
    paper = read_with([NOTHING, deed, NOTHING], tmp_path, monkeypatch)
    assert [page.number for page in paper.pages] == [1, 3]
    assert len(paper.notes) == 1 and re.search(FAILING[deed], paper.notes[0])
