"""Quotations cited on the wrong page, cut inside a word, or of words that state a value without a number."""

import json
from pathlib import Path

import pytest

from gauntlet.agents.generate import _is_fatal
from gauntlet.errors import RecordError
from gauntlet.hardware.registry import Registry
from gauntlet.paper.records import Anchor, Page, Paper, TextBlock, Word
from gauntlet.specs.build import build_spec
from gauntlet.specs.evidence import Origin
from gauntlet.specs.grounding import ground
from gauntlet.specs.wire import WireSpec

PAGES = (
    "Hearth is 2.2x as fast. We use eight cores. It may compact the whole device.",
    "Each request takes 20 µs of processor time. The table is kept in",
    "memory. We use eight cores. The hand-off costs 400 ns. "
    "Hearth reaches 1.9 × the throughput of the baseline at 350 kRPS.",
)


def paper() -> Paper:
    pages, blocks = [], []
    for number, text in enumerate(PAGES, 1):
        words = tuple(
            Word(
                text=word,
                box=(50.0 + 40 * (i % 10), 50.0 + 14 * (i // 10), 85.0 + 40 * (i % 10), 60.0 + 14 * (i // 10)),
            )
            for i, word in enumerate(text.split())
        )
        pages.append(Page(number=number, label=None, width=612, height=792, words=words))
        place = Anchor(page=number, box=(50.0, 50.0, 500.0, 100.0))
        blocks.append(TextBlock(id=f"b{number}", kind="paragraph", text=text, anchor=place, words=(0, len(words))))
    return Paper(
        sha256="a" * 64, title="Hearth", page_count=len(pages), pages=tuple(pages), blocks=tuple(blocks), tables=(),
        figures=(), hidden=(), notes=(),
    )  # fmt: skip


def nobody(where: str, message: str) -> None:
    pytest.fail(f"{where}: {message}")


@pytest.mark.parametrize(
    ("quotation", "cited", "stands"),
    [("takes 20 µs", 1, 2), ("takes 20 µs", 3, 2), ("takes 20 µs", 9, 2), ("kept in memory", 1, 2)],
)
def test_words_on_one_other_page_are_taken_from_there(quotation, cited, stands):
    told = []
    evidence = ground(paper(), cited, quotation, "variable service", lambda *remark: told.append(remark))
    assert evidence.page == stands
    assert evidence == ground(paper(), stands, quotation, "variable service", nobody)
    assert evidence.boxes
    ((where, message),) = told
    assert where == "variable service"
    assert f"cited on page {cited} and stands on page {stands}" in message


@pytest.mark.parametrize(
    ("quotation", "cited", "words"),
    [
        ("We use eight cores", 2, "on pages 1, 3: name the one that is meant"),
        ("takes 25 µs", 2, "copy the words exactly"),
        ("Hearth is 2.2", 1, "inside a word of page 1, '2.2x': quote whole words"),
        ("Hearth is 2.2", 3, "inside a word of page 1, '2.2x'"),
        ("00 ns", 3, "inside a word of page 3, '400'"),
        ("", 1, "copy the words exactly"),
    ],
)
def test_other_words_are_set_aside_with_what_to_do(quotation, cited, words):
    with pytest.raises(RecordError, match=f"is not on page {cited} of the paper; .*") as refused:
        ground(paper(), cited, quotation, "variable service", nobody)
    assert words in str(refused.value)


@pytest.fixture
def answer() -> dict:
    found = json.loads((Path(__file__).parent / "answer.json").read_text(encoding="utf-8"))
    found["claims"] = found["claims"][2:]
    return found


def build(answer):
    return build_spec(WireSpec.model_validate(answer), paper(), Registry.load(), Origin(kind="human"))


def test_a_variable_keeps_its_ground_and_the_remark_is_no_objection(answer):
    answer["variables"][0]["evidence"][0].update(page=3, quotation="takes 20 µs of processor time")
    spec, problems = build(answer)
    service = spec.variable("service")
    assert (service.source, service.evidence[0].page) == ("paper", 2)
    (remark,) = [one for one in problems if one.where == "variable service: evidence"]
    assert remark.remark
    assert not _is_fatal(remark, last=False)
    assert any("stands on page 2" in one.reason for one in spec.refused)


def test_points_in_a_sentence_are_found_on_their_page_too(answer):
    answer["claims"][0]["points"]["text_points"][0].update(page=1)
    spec, problems = build(answer)
    (point,) = spec.claim("speedup").points
    assert (point.y, point.source.evidence.page) == (pytest.approx(1.9), 3)
    assert [one.remark for one in problems if "text_points[0]" in one.where] == [True]


def test_a_value_in_words_goes_where_the_message_says(answer):
    """'The whole device' is 1: refused as printed, taken as a setting of a configuration and as one's own."""
    variable = answer["variables"][1]
    variable.update(id="share", unit="", whole=False, value=variable["value"] | {"value": 1.0})
    variable["evidence"] = [{"page": 1, "quotation": "It may compact the whole device"}]
    answer["configurations"][0]["settings"] = []
    (problem,) = [one for one in build(answer)[1] if one.where == "variable share"]
    assert all(words in problem.message for words in ("configurations", "'sweep'", "source 'assumed'"))

    variable["source"] = "assumed"
    assert not [one for one in build(answer)[1] if one.where == "variable share"]

    variable.update(source="paper", value=variable["value"] | {"kind": "sweep", "value": None})
    setting = {"variable": "share", "kind": "value", "expression": "1"}
    answer["configurations"][0]["settings"] = [setting]
    spec, problems = build(answer)
    assert not [one for one in problems if "share" in str(one)]
    assert spec.variable("share").source == "paper"
