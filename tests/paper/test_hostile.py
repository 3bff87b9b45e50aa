"""Files that are no papers, or mean harm: one clear line each, in bounded time."""

import random
import time
from dataclasses import replace

import pymupdf
import pytest

from gauntlet.errors import PaperUnreadable
from gauntlet.paper.read import read_paper
from gauntlet.settings import ReadLimits
from tests.paper import pdfs

LIMITS = ReadLimits()


def refusal(folder, data, limits=LIMITS):
    with pytest.raises(PaperUnreadable) as caught:
        read_paper(pdfs.save(folder, data), None, limits)
    message = str(caught.value)
    assert "\n" not in message
    assert "Traceback" not in message
    return message


def test_a_good_file_of_the_same_make_is_read(tmp_path):
    paper = read_paper(pdfs.save(tmp_path, pdfs.raw_pdf([pdfs.words_page()])), None, LIMITS)
    assert [word.text for word in paper.pages[0].words] == ["A", "visible", "sentence", "stands", "on", "this", "page."]


def test_missing_file_is_named(tmp_path):
    with pytest.raises(PaperUnreadable, match=r"nowhere\.pdf"):
        read_paper(tmp_path / "nowhere.pdf", None, LIMITS)


def test_gf12_empty_file(tmp_path):
    assert "empty" in refusal(tmp_path, b"")


def test_html_named_pdf(tmp_path):
    assert "HTML" in refusal(tmp_path, b"<!DOCTYPE html><html><body>hello</body></html>")


def test_html_that_mentions_the_magic_bytes(tmp_path):
    refusal(tmp_path, b"<!DOCTYPE html><html><body>%PDF-1.4</body></html>")


def test_random_bytes(tmp_path):
    assert "not a PDF" in refusal(tmp_path, random.Random(1).randbytes(5000))


def test_random_bytes_behind_a_header(tmp_path):
    refusal(tmp_path, b"%PDF-1.7\n" + random.Random(2).randbytes(5000))


def test_truncated_file_keeps_what_is_whole_or_is_refused(tmp_path):
    whole = pdfs.raw_pdf([pdfs.words_page("First page here.")] + [pdfs.words_page("Later page.")] * 20)
    half = pdfs.save(tmp_path, whole[: len(whole) // 2])
    try:
        paper = read_paper(half, None, LIMITS)
    except PaperUnreadable as error:
        assert "\n" not in str(error)
    else:
        assert paper.pages[0].words[0].text == "First"


def test_flipped_bytes(tmp_path):
    noisy = bytearray(pdfs.raw_pdf([pdfs.words_page()] * 5))
    source = random.Random(3)
    for _ in range(400):
        noisy[source.randrange(20, len(noisy))] = source.randrange(256)
    refusal(tmp_path, bytes(noisy))


def test_encrypted_file(tmp_path):
    document = pymupdf.open(stream=pdfs.raw_pdf([pdfs.words_page()]))
    locked = document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="owner")
    assert "encrypted" in refusal(tmp_path, locked)


def test_no_pages(tmp_path):
    nothing = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"]
    assert "no pages" in refusal(tmp_path, pdfs.assemble(nothing))


def test_page_tree_loop(tmp_path):
    refusal(tmp_path, pdfs.page_loop())


def test_gf12_no_text_layer(tmp_path):
    assert "text layer" in refusal(tmp_path, pdfs.raw_pdf([b"0 0 300 300 re f"]))


def test_more_pages_than_the_limit(tmp_path):
    message = refusal(tmp_path, pdfs.raw_pdf([pdfs.words_page()] * 4), replace(LIMITS, pages=3))
    assert "4 pages" in message and "3" in message


def test_larger_than_the_limit(tmp_path):
    assert "limit of 100" in refusal(tmp_path, pdfs.raw_pdf([pdfs.words_page()]), replace(LIMITS, file_bytes=100))


def test_compressed_blanks(tmp_path):
    started = time.monotonic()
    refusal(tmp_path, pdfs.flate_bomb(200))
    assert time.monotonic() - started < 20


def test_a_page_with_too_many_paths_keeps_its_words_and_the_other_pages(tmp_path):
    lines = b"".join(b"%d 10 m 300 %d l S\n" % (n % 600, n % 700) for n in range(3000))
    data = pdfs.raw_pdf(
        [pdfs.words_page("Before."), pdfs.words_page("Dense.") + b"\n" + lines, pdfs.words_page("After.")]
    )
    paper = read_paper(pdfs.save(tmp_path, data), None, replace(LIMITS, paths_per_page=1000))
    assert [page.words[0].text for page in paper.pages] == ["Before.", "Dense.", "After."]
    assert any("page 2" in note and "1000 paths" in note for note in paper.notes)


def test_a_page_with_too_many_characters_is_skipped_with_a_note(tmp_path):
    flood = b"BT /F 5 Tf 10 700 Td (" + b"abcdefg " * 2000 + b") Tj ET"
    data = pdfs.raw_pdf([pdfs.words_page("Before."), flood, pdfs.words_page("After.")])
    paper = read_paper(pdfs.save(tmp_path, data), None, replace(LIMITS, characters_per_page=5000))
    assert [page.number for page in paper.pages] == [1, 3]
    assert any("page 2 was skipped" in note for note in paper.notes)


def test_a_page_that_takes_too_long_is_skipped_with_a_note(tmp_path):
    lines = b"".join(b"%d %d m %d %d l S\n" % (n % 600, n % 700, n % 613, n % 719) for n in range(250_000))
    data = pdfs.raw_pdf([pdfs.words_page("Before."), lines, pdfs.words_page("After.")])
    limits = replace(LIMITS, page_cpu_s=0.9, paths_per_page=10**9)
    paper = read_paper(pdfs.save(tmp_path, data), None, limits)
    assert [page.number for page in paper.pages] == [1, 3]
    assert any("page 2 was skipped" in note for note in paper.notes)


def test_an_impossible_page_size_is_skipped(tmp_path):
    message = refusal(tmp_path, pdfs.raw_pdf([pdfs.words_page()], media=b"0 0 99999999 99999999"))
    assert "14400" in message


def test_too_little_memory_is_a_refusal_and_no_crash(tmp_path):
    refusal(tmp_path, pdfs.raw_pdf([pdfs.words_page()]), replace(LIMITS, memory_bytes=60_000_000))


def test_nothing_is_written_outside_the_run_folder(tmp_path):
    inside = tmp_path / "in"
    inside.mkdir()
    pdf = pdfs.save(inside, pdfs.raw_pdf([pdfs.words_page()]))
    before = set(inside.iterdir())
    read_paper(pdf, tmp_path / "run", LIMITS)
    assert set(inside.iterdir()) == before
