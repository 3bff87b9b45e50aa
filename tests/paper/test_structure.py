"""Blocks of pages set line by line: what is a title, a reference, an algorithm."""

from gauntlet.paper.read import read_paper
from gauntlet.settings import ReadLimits
from tests.paper.pdfs import raw_pdf, save, set_page

PROSE = [
    (72, 80 + 11 * n, "Running text fills the page from edge to edge, as it does in every paper.") for n in range(8)
]


def blocks_on(tmp_path, words):
    return read_paper(save(tmp_path, raw_pdf([set_page([*PROSE, *words])])), None, ReadLimits()).blocks


def test_a_reference_is_one_block_with_all_its_lines(tmp_path):
    words = [(72, 200, "References"), (72, 220, "[1] A. Author. A short title. 2011.")]
    words += [
        (72, 231, "[2] B. Writer and C. Scribe. A long title that goes on and on until the line"),
        (86, 242, "ends. In Proceedings. 2012."),
    ]
    words += [
        (72, 253, "[3] D. Poet. Another one that is too long for its line and is"),
        (86, 264, "carried over. 2013."),
    ]
    found = [block.text for block in blocks_on(tmp_path, words) if block.kind == "reference"]
    assert [text[:3] for text in found] == ["[1]", "[2]", "[3]"]
    assert [text[-5:-1] for text in found] == ["2011", "2012", "2013"]


def test_an_algorithm_is_no_paragraph_that_the_text_goes_on_in(tmp_path):
    words = [(72, 200, "Algorithm 1 Write a stripe"), (72, 220, "1: fetch the data if there is any of it")]
    words += [
        (72, 231, "2: write the data to the drive that is named"),
        (72, 242, "3: signal the next one of the drives"),
    ]
    kinds = {block.text[:9]: block.kind for block in blocks_on(tmp_path, words)}
    assert (kinds["Algorithm"], kinds["1: fetch "]) == ("other", "other")


def test_what_follows_a_list_is_no_item_of_it(tmp_path):
    words = [(90, 200, "\xb7 the first of two items that is set in from the edge"), (98, 211, "and has two lines.")]
    words += [(72, 222, "The text that follows starts at the edge again and is a paragraph.")]
    found = [block.text for block in blocks_on(tmp_path, words)]
    assert "The text that follows starts at the edge again and is a paragraph." in found


def test_small_lines_of_a_list_that_start_with_a_number_are_no_footnotes(tmp_path):
    page = set_page([*PROSE, (72, 600, "References")])
    small = [(612, "[1] A. Author. A title that is long. Proc. VLDB Endow.,"), (621, "5(11), 2012."), (630, "7 pages.")]
    page += b"\n" + b"\n".join(
        b"BT /F 7 Tf 1 0 0 1 72 %d Tm (%s) Tj ET" % (792 - y, text.encode("latin-1")) for y, text in small
    )
    kinds = {block.kind for block in read_paper(save(tmp_path, raw_pdf([page])), None, ReadLimits()).blocks}
    assert "footnote" not in kinds and "reference" in kinds


def test_a_line_that_runs_into_the_gutter_is_not_joined_to_the_other_column(tmp_path):
    left = [(72, 80 + 12 * n, "Words of the left column that end before the gap in it") for n in range(20)]
    right = [(322, 80 + 12 * n, "Words of the right column that start behind the gap in") for n in range(20)]
    left[10] = (72, 200, "A line that is too long for the column it has to be set in")
    page = raw_pdf([set_page([*left, *right])])
    (first, *_) = read_paper(save(tmp_path, page), None, ReadLimits()).blocks
    assert "has to be set in Words of the left" in first.text and "right" not in first.text
