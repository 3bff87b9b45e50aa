"""Real papers, where a folder of them is named by GAUNTLET_TEST_PAPERS; none travel with the project."""

import os
import time
from pathlib import Path

import pytest

from gauntlet.errors import PaperUnreadable
from gauntlet.paper.read import read_paper
from gauntlet.settings import ReadLimits

FOLDER = Path(os.environ.get("GAUNTLET_TEST_PAPERS", "/nonexistent"))
PAPERS = sorted(FOLDER.glob("*.pdf"))

pytestmark = pytest.mark.skipif(not PAPERS, reason="GAUNTLET_TEST_PAPERS names no folder with PDFs")


@pytest.mark.parametrize("pdf", [pdf for pdf in PAPERS if not pdf.name.startswith("hard-")], ids=lambda pdf: pdf.stem)
def test_a_paper_gives_title_figures_and_words_in_time(pdf):
    started = time.monotonic()
    paper = read_paper(pdf, None, ReadLimits())
    assert time.monotonic() - started < 12  # 5 s on an idle core
    assert len(paper.title.split()) >= 3
    assert len(paper.figures) > 2
    assert paper.page_count == len(paper.pages)
    assert len({figure.id for figure in paper.figures}) == len(paper.figures)


@pytest.mark.parametrize("pdf", [pdf for pdf in PAPERS if "scan" in pdf.name], ids=lambda pdf: pdf.stem)
def test_a_scan_is_refused(pdf):
    with pytest.raises(PaperUnreadable, match="text layer"):
        read_paper(pdf, None, ReadLimits())
