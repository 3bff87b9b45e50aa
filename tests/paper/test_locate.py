"""`find_quotation` on a page whose making is known (see conftest)."""

import pytest

from gauntlet.paper.locate import find_quotation
from tests.paper.conftest import HIDDEN


@pytest.mark.parametrize(
    "words",
    [
        "We measure how the new protocol uses the network.",
        "we MEASURE  how the new\nprotocol",
        "the system commits",
        "the sys-tem commits",
        "write-ahead log",
        "write‑ahead log",
        "10^6 operations per second",
        "10⁶ operations",
        "106 operations",
        "10 6 operations",
        "12 µs",
        "12 μs",
        "12µs",
        "2.05x over the old design",
        "2.05 × over",
        '"latency" falls by 21 %',
        "falls by 21% when",
        "grows - a surprise",
        "grows — a surprise",
        "Readable on a dark box",
    ],
)
def test_words_on_the_page_are_found(made_paper, words):
    found = find_quotation(made_paper, words, 1)
    assert found and all(anchor.page == 1 for anchor in found)


@pytest.mark.parametrize(
    "words",
    [
        "21 further runs",
        "10 further runs",
        "2.0",
        "05",
        ".05",
        "0",
        "batc",
        "atch",
        "we measured",
        "surprises",
        "",
        "   ",
        "2 1",
        *list(HIDDEN.values()),
    ],
)
def test_words_not_on_the_page_are_not_found(made_paper, words):
    assert find_quotation(made_paper, words) == ()


def test_a_number_is_not_found_inside_a_longer_one(made_paper):
    (anchor,) = find_quotation(made_paper, "21")
    (whole,) = find_quotation(made_paper, "falls by 21 %")
    assert whole.box[0] <= anchor.box[0] and anchor.box[2] <= whole.box[2]


def test_one_anchor_per_text_line(made_paper):
    anchors = find_quotation(made_paper, "uses the network. Under")
    assert len(anchors) == 2
    assert anchors[0].box[1] < anchors[1].box[1]


def test_across_a_page_break(made_paper):
    words = "ends on the following page without a break"
    anchors = find_quotation(made_paper, words)
    assert [anchor.page for anchor in anchors] == [1, 2]
    assert find_quotation(made_paper, words, 1) == anchors
    assert find_quotation(made_paper, words, 2) == anchors


def test_the_wrong_page_is_no_place(made_paper):
    assert find_quotation(made_paper, "We measure how", 2) == ()


def test_a_page_that_does_not_exist(made_paper):
    assert find_quotation(made_paper, "We measure how", 9) == ()
