"""Words about a verdict hold no number that the verdict does not have."""

import json

import pytest

from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.interpret import interpret
from gauntlet.agents.numbers import unsupported_numbers
from gauntlet.agents.words import render
from gauntlet.errors import AnswerRefused, ModelUnavailable
from tests.agents.scripted import ScriptedModel
from tests.costs import example

RESULTS = {
    "label": "MAGIC_GAP",
    "claims": [{"gap": 2.0512, "gap_low": 1.81, "gap_high": 2.37, "region": "at and above clients = 64"}],
    "share": 0.348,
    "reasons": ["claims 33,412 commands/s, the mechanism gives 16.3k"],
    "samples": 10000,
    "none": None,
    "ok": True,
}


@pytest.mark.parametrize(
    "text",
    [
        "The gap is 2.1x, between 1.8x and 2.4x.",
        "A factor of 2.05, or 2.",
        "It claims 33,412 or 33.4k or 33 thousand commands/s; 16.3k, that is 16,300, are explained.",
        "35 % of it, or 34.8%.",
        "That is 105 % more.",
        "Two of 3 claims, the 1st and the 99th percentile, on an H100 at p99, from 64 clients on (10,000 samples).",
        "Nothing.",
    ],
)
def test_numbers_of_the_results_are_supported(text):
    assert unsupported_numbers(text, RESULTS) == []


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("The gap is 2.2x.", ["2.2x"]),
        ("A factor of 2.06.", ["2.06"]),
        ("It reaches 17.0k.", ["17.0k"]),
        ("3x better", ["3x"]),
        ("It takes 3 ms.", ["3 ms"]),
        ("36 % of it.", ["36 %"]),
        ("With 128 clients and 128 cores.", ["128"]),
        ("1e9 operations, 4.5e-3 s", ["1e9", "4.5e-3 s"]),
        ("0.9", ["0.9"]),
    ],
)
def test_invented_numbers_are_named(text, strange):
    assert unsupported_numbers(text, RESULTS) == strange


def test_the_examples_of_the_prompt_hold():
    words = render("interpretation", title="", mechanisms="", results="", sha256="ab" * 32).system
    rule = " ".join(words.split()).split("2.0512 may be")[1].split("A factor such as")[0]
    assert "2.051, 2.05, 2.1 or 2, but not 2.0 or 2.06" in rule
    assert "33,412 may be 33.4k or 33k, but not 33,000" in rule
    known = [2.0512, 33412, 1.05]
    assert unsupported_numbers("2.051x, 2.05x, 2.1x or 2x; 33.4k, 33k; 5 % more", known) == []
    assert unsupported_numbers("2.0x or 2.06x; 33,000", known) == ["2.0x", "2.06x", "33,000"]


@pytest.mark.parametrize(
    "text",
    ["e95", "99ddbe95e4bec64c85f091a08526aca28c6f9d14", "core8, 10⁻⁻, 2 × 10⁻", ".e9", "1e99999999", "7" * 5000,
     "3e" + "9" * 5000, "1.5.e3−e2"],
)  # fmt: skip
def test_no_text_breaks_the_check(text):
    assert unsupported_numbers("The gap is 2.1x.", [text, "a gap of 2.1"]) == []
    assert unsupported_numbers(f"The gap is 2.1x. {text}", RESULTS) is not None


def test_a_word_that_is_no_number_hides_no_other_of_its_text():
    assert unsupported_numbers("It takes 41 ms.", ["node e95 takes 41 ms"]) == []


def test_numbers_without_a_value_break_nothing():
    assert unsupported_numbers("41 ms", [10**400, float("inf"), float("nan"), -41]) == []


def test_a_share_is_a_percentage_only_with_its_sign():
    assert unsupported_numbers("35 of them", {"share": 0.35}) == ["35"]


HONEST = json.dumps({"summary": "The gap is 2.1x.", "paragraphs": ["It begins at 64 clients."]})
INVENTED = json.dumps({"summary": "The gap is 4.7x.", "paragraphs": []})


def words(answers, folder):
    model = ScriptedModel(answers)
    return interpret(RESULTS, example.spec(), model, Exchanges(folder)), model


def test_gf03_the_results_are_in_the_question_and_honest_words_are_kept(tmp_path):
    kept, model = words([HONEST], tmp_path)
    assert "2.0512" in model.asked[0].user
    assert kept.summary == "The gap is 2.1x."
    assert kept.origin.kind == "live"


def test_hash_version_and_boxes_are_neither_shown_nor_checked(tmp_path):
    quoted = [
        {"page": 1, "quotation": words, "boxes": [[350.2, 1, 2, 3]]} for words in ("19.2", "19.2 ms, alone", "19")
    ]
    verdict = RESULTS | {
        "paper_sha256": "99ddbe95e4bec64c", "tool_version": "0.35.7", "claims": [{"gap": 2.0512, "evidence": quoted}],
    }  # fmt: skip
    model = ScriptedModel([json.dumps({"summary": "At 350.2 or 0.35.", "paragraphs": []}), HONEST])
    interpret(verdict, example.spec(), model, Exchanges(tmp_path))
    shown = model.asked[0].user.split("# Paper, systems and results")[1]
    assert not [part for part in ("99ddbe95", "0.35.7", "350.2", "boxes") if part in shown]
    assert '"evidence":[{"page":1,"quotation":"19.2 ms, alone"},{"page":1,"quotation":"19"}]' in shown
    assert "350.2 is not in the results" in model.asked[1].user


def test_an_invented_number_is_asked_again_once(tmp_path):
    kept, model = words([INVENTED, HONEST], tmp_path)
    assert "the number 4.7x is not in the results" in model.asked[1].user
    assert kept.summary == "The gap is 2.1x."


def test_words_that_keep_inventing_are_dropped_and_the_exchange_says_why(tmp_path):
    kept, model = words([INVENTED, INVENTED], tmp_path)
    assert kept is None
    assert len(model.asked) == 2
    assert all("4.7x" in exchange.problems[0] for exchange in Exchanges(tmp_path).all())


def test_a_refusal_drops_the_words_and_a_spent_quota_stops(tmp_path):
    assert words([AnswerRefused("no")], tmp_path)[0] is None
    with pytest.raises(ModelUnavailable):
        words([ModelUnavailable("quota")], tmp_path)


def test_a_prefix_may_belong_to_the_unit_of_the_results():
    known = {"points": [{"claimed": 0.5468}, {"claimed": 293.08}]}
    assert unsupported_numbers("0.547 Mtxn/s and 293.1 ktxn/s", known) == []
    assert unsupported_numbers("0.548 Mtxn/s and 12 Mops/s", known) == ["0.548 M", "12 M"]
