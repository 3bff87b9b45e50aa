"""Files that are no papers, or mean harm: one clear line each, and what is sound of them."""

import os
import signal
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from gauntlet.errors import PaperUnreadable
from gauntlet.paper import read as reader
from gauntlet.paper.read import read_paper
from gauntlet.settings import ReadLimits
from tests.paper import pdfs
from tests.paper.hostile_book import TEXT, among
from tests.paper.hostile_files import FILES, HostileFile, Read, Refused
from tests.paper.hostile_pages import lines

LIMITS = ReadLimits(page_cpu_s=1.0)  # a sound page here takes a twentieth of it; what never ends reaches any limit
BY_NAME = {file.name: file for file in FILES}
CHOSEN = [
    "a good file of the same make",
    "empty file",
    "HTML that names the magic bytes",
    "random bytes",
    "bytes flipped",
    "a page that is not there",
    "broken content stream",
    "encrypted with a password",
    "encrypted with an empty password",
    "no pages",
    "page tree that holds itself",
    "labels of 1e9 letters",
    "one stream 100,000 times",
    "1e9 pt wide page",
    "coordinates of 1e38",
    "form that draws itself",
    "form drawn 1e10 times",
    "page turned by 90",
    "scan",
    "scan with an invisible layer",
    "JavaScript",
    "words in an error",
    "hidden text",
]


def outcome(folder, data, limits=LIMITS):
    try:
        return read_paper(pdfs.save(folder, data), None, limits)
    except PaperUnreadable as error:
        return str(error)


@pytest.mark.parametrize("name", CHOSEN)
def test_a_hostile_file_comes_to_its_end(tmp_path, name):
    found = outcome(tmp_path, BY_NAME[name].make())
    assert BY_NAME[name].misses(found) == []
    assert not isinstance(found, str) or ("\n" not in found and "Traceback" not in found)


def test_the_table_tells_a_wrong_end(made_paper):
    file = HostileFile("sound", bytes, Read(("B", "page"), ("skipped",)))
    misses = " ".join(file.misses(made_paper))
    assert "pages start with" in misses and "no note says" in misses and "hidden text" in misses
    assert file.misses("it is refused") == ["it was refused: it is refused"]
    assert Refused("broken").misses("it is empty") and Refused("broken").misses(made_paper)
    assert Read(hidden={text.reason for text in made_paper.hidden}, pages=2).misses(made_paper) == []


def test_no_two_files_have_one_name():
    assert len(BY_NAME) == len(FILES)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(PaperUnreadable, match=r"nowhere\.pdf"):
        read_paper(tmp_path / "nowhere.pdf", None, LIMITS)


def test_more_pages_than_the_limit(tmp_path):
    message = outcome(tmp_path, TEXT, replace(LIMITS, pages=2))
    assert "3 pages" in message and "limit of 2" in message


def test_larger_than_the_limit(tmp_path):
    assert "limit of 100" in outcome(tmp_path, TEXT, replace(LIMITS, file_bytes=100))


def test_a_page_with_too_many_paths_keeps_its_words(tmp_path):
    paper = outcome(tmp_path, lines(3000), replace(LIMITS, paths_per_page=1000))
    assert [page.words[0].text for page in paper.pages] == ["First", "Middle", "Last"]
    assert paper.notes == ("page 2: more than 1000 paths; its drawings were not read",)


def test_a_page_with_too_many_characters_is_skipped(tmp_path):
    flood = among(b"BT /F 5 Tf 10 600 Td (" + b"abcdefg " * 2000 + b") Tj ET")
    paper = outcome(tmp_path, flood, replace(LIMITS, characters_per_page=5000))
    assert [page.number for page in paper.pages] == [1, 3]
    assert paper.notes == ("page 2 was skipped: it has 16012 characters, more than the limit of 5000",)


def test_too_little_memory_is_a_refusal_and_no_crash(tmp_path):
    assert "paper.pdf" in outcome(tmp_path, TEXT, replace(LIMITS, memory_bytes=60_000_000))


def test_a_page_that_hangs_is_told_by_the_clock():
    reading, writing = os.pipe()
    os.write(writing, b"page 7\n")
    with os.fdopen(reading, "rb") as stdout:
        ended = reader._watch(SimpleNamespace(stdout=stdout), replace(LIMITS, page_wall_s=0.3), time.monotonic() + 60)
    os.close(writing)
    assert ended.page == 7 and "longer than 0.3 s" in ended.cause


def test_each_further_monster_has_less_time_and_others_are_told_apart(tmp_path, monkeypatch):
    given, pages = [], iter((4, 4, 5, 6, 6, 7, 8))

    def fails(pdf, run_dir, answer, limits, bare, skipped, deadline):
        given.append((limits.page_cpu_s, sorted(bare), sorted(skipped)))
        return reader._Outcome(-signal.SIGPROF, next(pages), "it took too long")

    monkeypatch.setattr(reader, "_run_child", fails)
    message = outcome(tmp_path, TEXT, replace(LIMITS, page_cpu_s=4.0))
    assert [seconds for seconds, *_ in given] == [4.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert given[-1][1:] == ([4, 5, 6, 7], [4, 6]) and "stopped at page 8" in message


def test_the_time_of_all_pages_blames_none(tmp_path):
    message = outcome(tmp_path, BY_NAME["form drawn 1e10 times"].make(), replace(LIMITS, page_cpu_s=30.0, cpu_s=1))
    assert "more than 1 s" in message and "at page" not in message
