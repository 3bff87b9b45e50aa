"""Arithmetic inside sentences: each check with one that agrees, one that does not, and one that must be left alone."""

import pytest

from gauntlet.paper.records import TextBlock
from gauntlet.verdict.policy import load_policy
from gauntlet.verdict.sentences import check_sentence, check_sentences
from tests.report.cases import paper

POLICY = load_policy()

RIGHT = [
    "Its mean latency of 14.2 ms is 97% lower than the 564 ms of the old store.",
    "Compared with 57.6 tokens/s for the old one, its 148 tokens/s are a 157% gain.",  # of the smaller
    "The queue drains in 10 ms instead of 20 ms, a 50% improvement.",
    "It needs 2 ms where the other needs 6 ms, and so is 3x faster.",
    "It needs 2 ms where the other needs 6 ms, 2x less.",  # 'x less' as a difference in units of the smaller
    "With 9 outstanding requests and no think time it sustains 314,000 requests per second at a mean of 28.7 µs.",
    "Going from 1 to 8 GPUs, throughput grows by a factor of 7.6.",
    "One node sends 80.7 thousand responses per second of 8 KiB each through one 10 GbE interface.",
]
WRONG = {
    "Its mean latency of 14.2 ms is 77% lower than the 564 ms of the old store.": "percent_arithmetic",
    "Compared with 57.6 tokens/s for the old one, its 148 tokens/s are a 120% gain.": "percent_arithmetic",
    "It needs 2.0 ms where the other needs 6.0 ms, and so is 5x faster.": "factor_arithmetic",
    "With 9 outstanding requests and no think time it sustains 314,000 requests per second at a mean of 40 µs.": (
        "littles_law"
    ),
    "Going from 1 to 8 GPUs, throughput grows by a factor of 9.6.": "superlinear_scaling",
    "Throughput rises from 62.0 to 420.7 thousand operations per second from 1 cache node to 6.": "superlinear_scaling",
    "One node sends 200 thousand responses per second of 8 KiB each through one 10 GbE interface.": (
        "bandwidth_exceeded"
    ),
}
SILENT = [
    "Latency is 77% lower at 14 ms, 20 ms and 564 ms.",  # three values: which two?
    "It is up to 5x faster than 6 ms against 2 ms elsewhere.",  # the best case need not be this one
    "The gain at a delay of 6.9 ms is 3.4 times as large as the one at a delay of 28 ms.",  # settings, not results
    "With 64 clients it sustains 100,000 requests per second at a p99 of 28 µs.",  # no mean
    "With 64 clients and a think time of 1 ms it sustains 60,000 requests per second at a mean of 28 µs.",
    "Rates of 8692 MB/s and 15 822 MB/s give a 3x improvement.",  # one number or two?
    "The 40 Gbps link carries 200 thousand responses per second.",  # of what size?
]


@pytest.mark.parametrize("sentence", [*RIGHT, *SILENT])
def test_nothing_is_said_of_what_agrees_or_is_open(sentence):
    assert check_sentence(sentence, POLICY) == []


@pytest.mark.parametrize(("sentence", "name"), WRONG.items())
def test_what_does_not_agree_is_found_with_its_numbers(sentence, name):
    ((found, message),) = check_sentence(sentence, POLICY)
    assert found == name
    assert any(character.isdigit() for character in message)


def test_findings_carry_page_and_sentence_and_skip_the_references():
    wrong = next(iter(WRONG))
    anchor = paper().figures[0].anchor
    blocks = tuple(
        TextBlock(id=f"b{index}", kind=kind, text=f"All is well. {wrong} And more.", anchor=anchor)
        for index, kind in enumerate(("paragraph", "reference"))
    )
    (found,) = check_sentences(paper().model_copy(update={"blocks": blocks}), POLICY)
    assert found.id == "percent_arithmetic:b0"
    assert found.evidence[0].quotation == wrong
    assert found.evidence[0].page == anchor.page
