"""Answers as models really give them; cases GF6 and GF7 are defects of an earlier system."""

import pytest

from gauntlet.agents.extract import read_answer
from tests.agents.scripted import Guess

GOOD = '{"value": 2.5, "words": "seen"}'


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}\n```\n",
        f"Here you are:\n\n{GOOD}\n\nAnything else?",
        f"\ufeff{GOOD}",
        f"I think {{roughly}} this:\n```json\n{GOOD}",
    ],
    ids=["bare", "fenced", "unnamed fence", "prose", "byte order mark", "braces in prose, fence without end"],
)
def test_finds_the_object(text):
    assert read_answer(text, Guess).value == Guess(value=2.5, words="seen")


def test_gf06_several_blocks_give_the_one_that_fits():
    text = f'```json\n{{"type": "object"}}\n```\nand\n```json\n{GOOD}\n```\nand\n```json\n{{"value": "many"}}\n```'
    assert read_answer(text, Guess).value == Guess(value=2.5, words="seen")


def test_gf06_a_fence_inside_a_string_cuts_nothing_off():
    reading = read_answer('```json\n{"value": 1, "words": "use ```python\\nx = {}\\n``` here"}\n```', Guess)
    assert reading.value is not None
    assert reading.value.words == "use ```python\nx = {}\n``` here"


def test_the_last_of_two_that_fit_is_the_answer():
    reading = read_answer(f'Draft: {GOOD}\nFinal: {{"value": 3, "words": "better"}}', Guess)
    assert reading.value == Guess(value=3, words="better")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("# no data", "no JSON object"),
        ('{"value": 1, "words": "cut o', "not valid JSON"),
        ('{"value": 1, "words": "x",}', "not valid JSON"),
        ('{"value": NaN, "words": "x"}', "NaN"),
        ('{"value": 1}', "words: Field required"),
        ('{"value": 1, "words": "x", "verdict": "CONSISTENT"}', "verdict"),
        ("[" * 100_000 + "{" * 100_000, "not"),
        ('{"value":' * 100_000, "not"),
    ],
    ids=["empty", "blank", "comment", "cut", "comma", "NaN", "missing", "extra", "brackets", "nesting"],
)
def test_gf07_what_is_no_answer_is_refused_with_the_reason(text, expected):
    reading = read_answer(text, Guess)
    assert reading.value is None
    assert expected in " ".join(reading.problems)


def test_problems_name_the_field_and_the_value():
    (problem,) = read_answer('{"value": "fast", "words": "x"}', Guess).problems
    assert "value" in problem
    assert "'fast'" in problem


def test_a_part_of_a_broken_object_is_not_the_problem_reported():
    text = '{"claims": [' + '{"a": 1}, ' * 50 + '{"a": }]}'
    assert "not valid JSON" in read_answer(text, Guess).problems[0]
