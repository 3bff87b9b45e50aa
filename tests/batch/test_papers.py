"""Which papers there are, and when a paper must be done again."""

import hashlib
from dataclasses import replace

import pytest

from gauntlet.batch.papers import find_papers, fingerprint
from gauntlet.batch.run import journal_key
from gauntlet.batch.workers import Plan
from gauntlet.errors import UsageError
from gauntlet.records import run_name, sha256_of
from gauntlet.settings import Settings


def test_hash_and_name_are_the_sha256_of_the_bytes(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert sha256_of(tmp_path / "a.pdf") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert run_name(hashlib.sha256(b"abc").hexdigest()) == "ba7816bf8f01cfea"


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"gone\.pdf cannot be opened"):
        sha256_of(tmp_path / "gone.pdf")


def test_papers_are_found_once_in_order_and_not_in_hidden_folders(tmp_path):
    for name, content in {"b.pdf": "1", "a/z.PDF": "2", "c.pdf": "1", ".git/x.pdf": "3", "a/n.txt": "4"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    found = find_papers(tmp_path)
    assert [(paper.path.name, [copy.name for copy in paper.copies]) for paper in found] == [
        ("z.PDF", []),
        ("b.pdf", ["c.pdf"]),
    ]


def test_a_fingerprint_shows_names_bytes_and_borders(tmp_path):
    (tmp_path / "a").write_text("1")
    first = fingerprint("x", tmp_path)
    assert fingerprint("x", tmp_path) == first
    assert fingerprint("x", None, tmp_path) != first
    (tmp_path / "a").write_text("2")
    second = fingerprint("x", tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, fingerprint("x", tmp_path)}) == 3
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_the_key_follows_what_may_change_a_verdict_and_no_secret(tmp_path):
    for name in ("prompts", "registry", "recordings"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("1")
    settings = Settings(
        model="m",
        prompts_dir=tmp_path / "prompts",
        registry_dir=tmp_path / "registry",
        recordings_dir=tmp_path / "recordings",
    )
    plan = Plan(settings)

    def key(**changes):
        return journal_key(replace(plan, settings=replace(settings, **changes)))

    first = key()
    assert key(_api_key="secret") == first
    changed = {
        key(model="n"),
        key(samples=7),
        key(seed=7),
        key(base_url="http://x"),
        journal_key(replace(plan, llm="openai")),
    }
    for name in ("prompts", "registry", "recordings"):
        (tmp_path / name / "file").write_text("2")
        changed.add(key())
    assert len(changed) == 8
    assert first not in changed
