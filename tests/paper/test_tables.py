"""Tables whose making is known: cells, headings and rows on pages set word by word."""

import pytest

from gauntlet.paper.read import read_paper
from gauntlet.paper.table_heading import unit_in
from gauntlet.settings import ReadLimits
from tests.paper.pdfs import raw_pdf, save, set_page

LEFT, RIGHT = 100, 400
BODY = [
    (72, 500 + 11 * n, "Running text goes from edge to edge of the page and says nothing at all of tables.")
    for n in range(9)
]


def tables_on(tmp_path, words, rules=()):
    page = set_page([*words, *BODY], rules)
    return {table.id: table for table in read_paper(save(tmp_path, raw_pdf([page])), None, ReadLimits()).tables}


def grid(table):
    """Texts by row and column, '' where there is no cell."""
    rows, columns = len(table.rows), len(table.columns)
    return [[(cell.text if (cell := table.cell(r, c)) else "") for c in range(columns)] for r in range(rows)]


def level(*ys, start=LEFT, end=RIGHT):
    return [(start, y, end, y) for y in ys]


def row(y, *cells, xs=(102, 200, 300)):
    return [(x, y, text) for x, text in zip(xs, cells, strict=False) if text]


def test_three_rules_and_a_caption_above(tmp_path):
    words = [(100, 90, "Table 1: Rates."), *row(112, "System", "Rate (op/s)", "Delay (ms)")]
    words += [*row(130, "old", "120", "3.5"), *row(142, "new", "480", "1.5")]
    table = tables_on(tmp_path, words, level(100, 117, 148))["table-1"]
    assert grid(table) == [["System", "Rate (op/s)", "Delay (ms)"], ["old", "120", "3.5"], ["new", "480", "1.5"]]
    assert (table.header_rows, [heading.unit for heading in table.columns]) == (1, [None, "op/s", "ms"])
    assert [heading.text for heading in table.rows] == ["System", "old", "new"]


def test_the_nearer_of_two_tables_is_the_captions_own(tmp_path):
    words = [*row(60, "Size", "10", "20"), *row(78, "Rate", "1.5", "2.5"), (100, 92, "Table 1: Above its caption.")]
    words += [*row(120, "Width", "7", "8"), *row(138, "Loss", "3.5", "4.5"), (100, 152, "Table 2: Above it as well.")]
    found = tables_on(tmp_path, words, level(66, 126))
    assert grid(found["table-1"]) == [["Size", "10", "20"], ["Rate", "1.5", "2.5"]]
    assert grid(found["table-2"]) == [["Width", "7", "8"], ["Loss", "3.5", "4.5"]]


def test_headings_over_several_columns(tmp_path):
    xs = (102, 170, 220, 290, 340)
    words = [(100, 90, "Table 1: Two systems."), (180, 112, "System A"), (300, 112, "System B")]
    words += row(126, "Load", "mean", "tail", "mean", "tail", xs=xs)
    words += row(144, "low", "1.5", "2.5", "3.5", "4.5", xs=xs) + row(156, "high", "5.5", "6.5", "7.5", "8.5", xs=xs)
    rules = [*level(100, 131, 162), (165, 116, 245, 116), (285, 116, 365, 116)]
    table = tables_on(tmp_path, words, rules)["table-1"]
    assert table.header_rows == 2
    assert [heading.text for heading in table.columns] == [
        "Load", "System A mean", "System A tail", "System B mean", "System B tail",
    ]  # fmt: skip
    assert (table.cell(0, 1).columns, table.cell(0, 3).columns) == (2, 2)
    assert grid(table)[2:] == [["low", "1.5", "2.5", "3.5", "4.5"], ["high", "5.5", "6.5", "7.5", "8.5"]]


def test_upright_rules_part_what_stands_close(tmp_path):
    words = [(100, 90, "Table 1: A grid.")]
    words += row(112, "Scheme", "Model size", "Batch", xs=(102, 151, 203)) + row(
        126, "one", "16", "4", xs=(102, 151, 203)
    )
    words += row(140, "two", "32", "8", xs=(102, 151, 203))
    rules = [*level(102, 116, 130, 144, end=240), *((x, 102, x, 144) for x in (100, 149, 201, 240))]
    table = tables_on(tmp_path, words, rules)["table-1"]
    assert grid(table) == [["Scheme", "Model size", "Batch"], ["one", "16", "4"], ["two", "32", "8"]]


def test_cells_of_several_lines_make_one_row(tmp_path):
    words = [(100, 90, "Table 1: Parts."), *row(112, "Part", "What it does", "Count")]
    words += [
        *row(130, "log", "Keeps all entries", "12"),
        (200, 140, "in their order."),
        *row(150, "disk", "Holds the log.", "3"),
    ]
    table = tables_on(tmp_path, words, level(100, 117, 158))["table-1"]
    assert grid(table)[1:] == [["log", "Keeps all entries in their order.", "12"], ["disk", "Holds the log.", "3"]]


def test_a_cell_midway_beside_rows_is_no_row(tmp_path):
    words = [(100, 90, "Table 1: Groups."), *row(112, "Group", "Size", "Ratio"), (102, 136, "GPT")]
    words += [*row(130, "", "1B", "1.5"), *row(142, "", "3B", "1.7"), *row(154, "T5", "7B", "1.2")]
    table = tables_on(tmp_path, words, level(100, 117, 160))["table-1"]
    assert grid(table)[1:] == [["GPT", "1B", "1.5"], ["", "3B", "1.7"], ["T5", "7B", "1.2"]]


def test_a_phrase_that_reaches_over_a_blank_stays_whole(tmp_path):
    words = [(100, 70, "Table 1: Notation."), *row(92, "Sign", "Meaning", "Value")]
    words += [part for n in range(9) for part in row(110 + 12 * n, f"k{n}", "a number", f"{n}.5")]
    words += row(110 + 12 * 9, "n, p", "lengths of the two parts, respectively")
    table = tables_on(tmp_path, words, level(80, 97, 224))["table-1"]
    assert len(table.columns) == 3
    assert grid(table)[-1] == ["n, p", "lengths of the two parts, respectively", ""]


def test_text_beside_a_table_is_not_in_it(tmp_path):
    words = [(100, 90, "Table 1: Narrow."), *row(112, "Query", "ms", xs=(102, 150))]
    words += [*row(130, "one", "12", xs=(102, 150)), *row(142, "two", "15", xs=(102, 150))]
    words += [(190, 100 + 11 * n, "Words of a paragraph that is set around the narrow table") for n in range(6)]
    table = tables_on(tmp_path, words, level(100, 117, 148, end=175))["table-1"]
    assert grid(table) == [["Query", "ms"], ["one", "12"], ["two", "15"]]


def test_parts_with_names_of_their_own_are_tables_of_their_own(tmp_path):
    words = [*row(80, "Model", "mean", "tail"), *row(98, "one", "1.5", "2.5"), *row(110, "two", "3.5", "4.5")]
    words += [(180, 128, "(a) On four machines"), *row(150, "Model", "mean", "tail"), *row(168, "one", "5.5", "6.5")]
    words += [*row(180, "two", "7.5", "8.5"), (180, 198, "(b) On eight machines"), (100, 214, "Table 1: Two parts.")]
    words += [(72, 250, "Table 1 shows both of them, and this line goes on and on until it reaches the edge.")]
    found = tables_on(tmp_path, words, level(70, 85, 116, 140, 155, 186))
    assert list(found) == ["table-1a", "table-1b"]
    assert grid(found["table-1a"]) == [["Model", "mean", "tail"], ["one", "1.5", "2.5"], ["two", "3.5", "4.5"]]
    assert grid(found["table-1b"])[1:] == [["one", "5.5", "6.5"], ["two", "7.5", "8.5"]]
    assert found["table-1b"].label == "Table 1(b)"
    assert found["table-1b"].caption == "Table 1: Two parts. (b) On eight machines"
    assert len(found["table-1a"].mentions) == len(found["table-1b"].mentions) == 2


def test_running_text_is_no_table(tmp_path):
    assert tables_on(tmp_path, [(72, 486, "Table 1: Nothing stands near this caption but text.")]) == {}


@pytest.mark.parametrize(
    ("words", "unit"),
    [
        ("Latency (ms)", "ms"),
        ("Bandwidth [GB/s]", "GB/s"),
        ("% loss (%)", "%"),
        ("Time, s", "s"),
        ("Rate (see text)", None),
        ("Rate (Mreq/s)", "Mreq/s"),
        ("GPT-3 (cc)", None),
    ],
)
def test_units_of_headings(words, unit):
    assert unit_in(words) == unit
