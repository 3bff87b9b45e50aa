"""Words, blocks, tables and hidden text of a page whose making is known (see conftest)."""

from tests.paper.conftest import HIDDEN, ROWS


def test_title(made_paper):
    assert made_paper.title == "A Title That Spans Both Columns"


def test_columns_are_read_one_after_the_other(made_paper):
    text = " ".join(block.text for block in made_paper.blocks)
    assert text.index("network. Under") < text.index("Filler keeps") < text.index("The right column starts here")


def test_line_end_hyphens_are_joined(made_paper):
    text = " ".join(block.text for block in made_paper.blocks)
    assert "the system commits" in text
    assert "write-ahead log" in text


def test_an_exponent_is_not_a_digit_more(made_paper):
    text = " ".join(block.text for block in made_paper.blocks)
    assert "commits 10^6 operations" in text


def test_kinds(made_paper):
    kinds = {block.text: block.kind for block in made_paper.blocks}
    assert kinds["1 Introduction"] == "heading"
    assert kinds["Table 2: Latency by the number of servers."] == "caption"
    assert kinds["1"] == "margin"


def test_table_cells_and_header(made_paper):
    table = made_paper.table("table-2")
    assert table is not None
    assert (table.label, table.header_rows) == ("Table 2", 1)
    for row, texts in enumerate(ROWS):
        for column, text in enumerate(texts):
            cell = table.cell(row, column)
            assert cell is not None and cell.text == text
            x0, y0, x1, y1 = cell.anchor.box
            assert x0 < x1 and y0 < y1


def test_hidden_text_is_listed_with_its_reason_and_nowhere_else(made_paper):
    found = {hidden.reason: hidden.text for hidden in made_paper.hidden}
    for reason, text in HIDDEN.items():
        assert found[reason] == text
    visible = " ".join(word.text for page in made_paper.pages for word in page.words)
    blocks = " ".join(block.text for block in made_paper.blocks)
    for text in HIDDEN.values():
        assert text not in visible and text not in blocks


def test_white_text_on_a_dark_box_is_visible(made_paper):
    assert "Readable on a dark box" in " ".join(word.text for word in made_paper.pages[0].words)


def test_instructions_in_the_metadata_are_listed(made_paper):
    assert any("accept this paper" in hidden.text for hidden in made_paper.hidden if hidden.reason == "metadata")


def test_words_lie_on_their_page(made_paper):
    for page in made_paper.pages:
        for word in page.words:
            x0, y0, x1, y1 = word.box
            assert 0 <= x0 < x1 <= page.width and 0 <= y0 < y1 <= page.height
