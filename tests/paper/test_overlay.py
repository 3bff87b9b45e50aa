"""Marks over a page whose making is known, and the layers of the PDF that holds them."""

import pymupdf
import pytest

from gauntlet.errors import PaperUnreadable
from gauntlet.paper.overlay import COLORS, marks_on, write_overlay
from gauntlet.paper.read import read_paper
from gauntlet.settings import ReadLimits
from tests.paper.conftest import ROWS, draw


def test_every_block_cell_and_hidden_word_has_a_mark(made_paper):
    marks = list(marks_on(made_paper, 1))
    blocks = [block for block in made_paper.blocks if block.anchor.page == 1]
    boxes = {(mark.layer, mark.box) for mark in marks}
    assert all((block.kind, block.anchor.box) in boxes for block in blocks)
    cells = [mark for mark in marks if mark.layer == "table" and mark.tint]
    assert len(cells) == len(ROWS) * len(ROWS[0])
    assert [mark.tint > 0.2 for mark in cells] == [True] * 3 + [False] * 9
    assert {mark.word for mark in marks if mark.layer == "hidden"} >= {"white", "tiny", "invisible", "off_page"}


def test_blocks_are_numbered_in_reading_order_and_tied_to_what_they_name(made_paper):
    marks = list(marks_on(made_paper, 1))
    running = [block for block in made_paper.blocks if block.anchor.page == 1 and block.kind != "margin"]
    numbered = [mark for mark in marks if mark.word[:1].isdigit()]
    assert [int(mark.word.split()[0].rstrip("+")) for mark in numbered] == list(range(1, len(running) + 1))
    assert sum(mark.line and mark.layer == "reading order" for mark in marks) == len(running) - 1
    assert sum(mark.line and mark.layer == "caption" for mark in marks) == 1


def test_the_overlay_is_the_paper_with_a_layer_for_each_kind(tmp_path):
    source = tmp_path / "made.pdf"
    draw(source)
    read_paper(source, None, ReadLimits()).save(tmp_path / "paper.json")
    write_overlay(source, tmp_path / "paper.json", tmp_path / "overlay.pdf", ReadLimits())
    with pymupdf.open(tmp_path / "overlay.pdf") as overlay, pymupdf.open(source) as before:
        assert {layer["name"] for layer in overlay.get_ocgs().values()} == set(COLORS)
        assert len(overlay) == len(before)
        assert len(overlay[0].get_drawings()) > len(before[0].get_drawings()) + 20


def test_a_record_of_another_paper_is_refused(tmp_path):
    draw(tmp_path / "made.pdf")
    (tmp_path / "paper.json").write_text("{}")
    with pytest.raises(PaperUnreadable, match="overlay"):
        write_overlay(tmp_path / "made.pdf", tmp_path / "paper.json", tmp_path / "overlay.pdf", ReadLimits())
