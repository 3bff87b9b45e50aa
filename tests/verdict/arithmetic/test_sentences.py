"""Arithmetic inside sentences: each check with a planted violation, an honest twin, and what must be left alone.

Expected values are worked by hand beside the sentences.
"""

import pytest

from gauntlet.hardware.registry import Registry
from gauntlet.verdict.arithmetic.check import check_paper
from gauntlet.verdict.policy import load_policy
from tests.verdict.arithmetic.cases import ANCHOR, checked, found, paper

PLANTED = {
    "percent_arithmetic": [
        # 14.2 / 564 = 2.5 %
        (
            "Its mean latency of 14.2 ms is 77% lower than the 564 ms of the old store.",
            "Its mean latency of 14.2 ms is 97% lower than the 564 ms of the old store.",
        ),
        # 148 / 57.6 = 2.57
        (
            "Compared with 57.6 tokens/s for the old one, its 148 tokens/s are a 120% gain.",
            "Compared with 57.6 tokens/s for the old one, its 148 tokens/s are a 157% gain.",
        ),
        (
            "Throughput rises from 62.1 to 81.9 MB/s, an increase of 45%.",
            "Throughput rises from 62.1 to 81.9 MB/s, an increase of 32%.",
        ),
    ],
    "factor_arithmetic": [
        (
            "With fusion, its speed grew by a factor of 1.4 (113 teraFLOP/s per GPU to 135 teraFLOP/s per GPU).",
            "With fusion, its speed grew by a factor of 1.2 (113 teraFLOP/s per GPU to 135 teraFLOP/s per GPU).",
        ),
        (
            "At a delay of 22 ms it needs 2.0 ms where the other needs 6.0 ms, and so is 5x faster.",
            "At a delay of 22 ms it needs 2.0 ms where the other needs 6.0 ms, and so is 3x faster.",
        ),
        (
            "It needs 2.0 ms where the other needs 6.0 ms, and so is 5x faster.",
            "It needs 2.0 ms where the other needs 6.0 ms, and so is 3x faster.",
        ),
        (
            "Latency falls from 6.1 ms to 2.0 ms, a reduction by 4.5x.",
            "Latency falls from 6.1 ms to 2.0 ms, a reduction by 3x.",
        ),
        (
            "It reads 8.1 GB/s, more than 3x faster than the 4.0 GB/s of the other.",
            "It reads 8.1 GB/s, more than 2x faster than the 4.0 GB/s of the other.",
        ),
    ],
    "littles_law": [
        (  # 2,000/s x (10 + 6 ms) = 32
            "With 64 clients and a think time of 10 ms it serves 2,000 requests per second at a mean of 6.0 ms.",
            "With 64 clients and a think time of 10 ms it serves 4,000 requests per second at a mean of 6.0 ms.",
        ),
        # 314,000 x 40 us = 12.6; 9 / 314,000 = 28.7 us
        (
            "With 9 outstanding requests and no think time it serves 314,000 requests per second at a mean of 40.0 µs.",
            "With 9 outstanding requests and no think time it serves 314,000 requests per second at a mean of 28.7 µs.",
        ),
        (
            "The 64 closed-loop clients each start a request every 25.0 ms, 3,600 requests per second in all.",
            "The 64 closed-loop clients each start a request every 25.0 ms, 2,560 requests per second in all.",
        ),
    ],
    "share_above_one": [
        ("Link utilisation reaches 112 %.", "Link utilisation reaches 98 %."),
        ("The hit ratio of the cache is 104%.", "The hit ratio of the cache is 94%."),
    ],
    "superlinear_scaling": [
        (
            "Going from 1 to 8 GPUs, throughput grows by a factor of 9.6.",
            "Going from 1 to 8 GPUs, throughput grows by a factor of 7.6.",
        ),
        (
            "Throughput rises from 62.0 to 420.7 thousand operations per second from 1 cache node to 6.",
            "Throughput rises from 62.0 to 320.7 thousand operations per second from 1 cache node to 6.",
        ),
    ],
    "bandwidth_exceeded": [
        # 200,000 x 8192 B = 1.64 GB/s over 1.25 GB/s
        (
            "One node sends 200 thousand responses per second of 8 KiB each through one 10 GbE interface.",
            "One node sends 80.7 thousand responses per second of 8 KiB each through one 10 GbE interface.",
        ),
        (
            "The disk takes 40,000 writes per second, each of 16 KiB, at 500 MB/s.",
            "The disk takes 30,000 writes per second, each of 16 KiB, at 500 MB/s.",
        ),
    ],
    "faster_than_light": [
        # 2 x 4000 km / 299,792 km/s = 26.7 ms
        (
            "The sites are 4,000 km apart, and the round trip takes 12 ms.",
            "The sites are 4,000 km apart, and the round trip takes 58 ms.",
        ),
        (
            "A message reaches the replica, 1200 miles away, with a latency of 2 ms.",
            "A message reaches the replica, 1200 miles away, with a latency of 14 ms.",
        ),
    ],
    "faster_than_wire": [
        # 40 GB / 12.5 GB/s = 3.2 s
        (
            "Migrating the state of 40 GB over a 100 Gbps link takes 1.1 s.",
            "Migrating the state of 40 GB over a 100 Gbps link takes 4.1 s.",
        ),
    ],
    "energy": [
        (
            "At a mean power of 250 W the run of 120 s consumes 45 kJ.",
            "At a mean power of 250 W the run of 120 s consumes 30 kJ.",
        ),
    ],
    "percentiles_crossed": [
        (
            "It has a median latency of 52 us and a 99th percentile of 41 us.",
            "It has a median latency of 41 us and a 99th percentile of 52 us.",
        ),
        ("Its p99.9 is 3.1 ms and its p50 is 4.2 ms.", "Its p99.9 is 4.2 ms and its p50 is 3.1 ms."),
    ],
    "parts_of_whole": [
        (
            "Of the time, 45% goes to parsing, 35% to planning and the remaining 30% to execution.",
            "Of the time, 45% goes to parsing, 35% to planning and the remaining 20% to execution.",
        ),
        ("The mix has 80% reads and 35% writes.", "The mix has 80% reads and 20% writes."),
    ],
}
PAIRS = [(name, wrong, right) for name, pairs in PLANTED.items() for wrong, right in pairs]

SILENT = [
    "With 8 clients it serves 1,000,000 requests per second at a mean of 100 µs.",  # clients may keep several in flight
    "Scaling from 4 to 8 nodes, it is 3x faster than the old system.",  # systems, not sizes
    "Going from 1 to 8 clients, throughput on 2 nodes grows by a factor of 9.6.",  # no resource
    "It improves link utilisation by up to 150%.",  # a change
    "The p50 rises to 5 ms but the p99 rises to 20 ms, 3x higher than before.",
    "At 20% utilisation it falls from 2.11 ms to 1.61 ms.",
    "It commits 262 thousand, 16.4× the 16.0 thousand of the old one, and lowers latency from 15.9 ms to 0.99 ms.",
    "It improves hit ratios by 20%, and lowers latency from 15.9 ms to 0.99 ms.",
    "The queue drains in 10 ms instead of 20 ms, a 50% improvement.",
    "The queue drains in 10 ms instead of 20 ms, a 100% improvement.",
    "It needs 2 ms where the other needs 6 ms, 2x less.",  # 'x less' as a difference in units of the smaller
    "The hit ratio rises from 60% to 75%, an improvement of 15%.",  # percentage points
    "The hit ratio rises from 60% to 75%, an improvement of 25%.",  # per cent
    "It takes 19.3 ms where the other takes 1.0 ms, about 20 times longer.",
    "Latency is 77% lower at 14 ms, 20 ms and 564 ms.",  # three values: which two?
    "It is up to 5x faster than 6 ms against 2 ms elsewhere.",  # the best case need not be this one
    "The gain at a delay of 6.9 ms is 3.4 times as large as the one at a delay of 28 ms.",  # settings, not results
    "With a time to solution of 0.02 s against 50 s it is 2, 500× shorter.",  # broken digits
    "At the limit of 10 × S, the service takes 6 ms where the other takes 2 ms.",  # a product
    "With 64 clients it sustains 100,000 requests per second at a p99 of 28 µs.",  # no mean
    "With 64 clients that think it sustains 60,000 requests per second at a mean of 28 µs.",
    "Rates of 8692 MB/s and 15 822 MB/s give a 3x improvement.",  # one number or two?
    "The 40 Gbps link carries 200 thousand responses per second.",  # of what size?
    "Each node has 2.0 GHz cores, 384 GB of memory and one 10 GbE port.",  # a clock is no rate of things
    "Over two 10 GbE links in total, 200 thousand responses per second of 8 KiB each leave.",
    "CPU utilisation reaches 240%.",  # two cores and more
    "From 1 to 8 GPUs, throughput grows by a factor of 9.6, since the working set fits into their memory.",
    "The 100 nodes transfer 50 PB in 5 hours, each over 56 Gbps.",
    "With a TDP of 700 W the run of 120 s consumes 45 kJ.",  # a limit
    "About 50% used the 100% setting, close to 30% used the 75% setting, and the rest used the 50% setting.",
    "The workload has 50% reads and 95% updates fail.",
]


@pytest.mark.parametrize(("name", "wrong", "right"), PAIRS)
def test_a_planted_violation_is_found_and_its_honest_twin_is_not(name, wrong, right):
    assert found(wrong) == [name]
    assert found(right) == []
    row = next(one for one in checked(right).coverage if one.check == name)
    assert (row.found, row.agreeing) == (1, 1)  # silent because it was checked, not because it was passed over


@pytest.mark.parametrize("sentence", SILENT)
def test_nothing_is_said_of_what_agrees_or_is_open(sentence):
    assert found(sentence) == []


def test_a_finding_carries_quotation_values_tolerance_and_innocent_readings():
    wrong = PAIRS[0][1]
    (finding,) = checked(f"All is well. {wrong} And more.").findings
    assert finding.id == "percent_arithmetic:b0"
    assert (finding.evidence[0].quotation, finding.evidence[0].page) == (wrong, ANCHOR.page)
    assert [one.value for one in finding.values[:3]] == pytest.approx([77, 0.0142, 0.564])
    assert 0 < finding.tolerance < 0.2
    assert finding.readings


def test_references_and_the_work_of_others_are_left_alone():
    wrong = PAIRS[0][1]
    assert found(wrong, kind="reference") == []
    assert found(wrong, part="related_work") == []


def test_a_sentence_that_a_column_breaks_is_whole():
    start, end = "Its mean latency of 14.2 ms is 77% lower", "than the 564 ms of the old store."
    broken = paper(start, "Figure 1: a caption between.", end)
    kinds = ("paragraph", "caption", "paragraph")
    blocks = tuple(
        block.model_copy(update={"continues": block.text == end, "kind": kind})
        for block, kind in zip(broken.blocks, kinds, strict=True)
    )
    (finding,) = check_paper(broken.model_copy(update={"blocks": blocks}), load_policy()).findings
    assert finding.evidence[0].quotation == f"{start} {end}"


def test_bits_for_bytes_are_a_suggested_reading():
    """10 GB/s are 80 Gbit/s: eight times a 10 Gbit/s link."""
    (finding,) = checked("Sending 10 GB of state over a 10 Gbps link takes 1.0 s.").findings
    assert any("bits and bytes" in reading for reading in finding.readings)
    (finding,) = checked("It moves 2,000 objects per second of 1.5 MB each over a 10 Gbps link.").findings
    assert not any("bits and bytes" in reading for reading in finding.readings)


@pytest.fixture(scope="module")
def registry():
    return Registry.load()


def test_a_rate_of_bytes_beyond_the_device_named(registry):
    """Samsung states 7,000 MB/s of sequential reads for the 980 PRO."""
    assert found("Reading from the Samsung 980 PRO it sustains 9.4 GB/s.", registry=registry) == ["device_bandwidth"]
    assert found("Reading from the Samsung 980 PRO it sustains 6.4 GB/s.", registry=registry) == []
    assert found("Over four Samsung 980 PRO drives it sustains 26 GB/s.", registry=registry) == []
    assert found("On a 5 Gbps link others sustain 3-5 GB/s less.", registry=registry) == []


def test_coverage_names_every_check_and_every_reason():
    arithmetic = checked(
        PAIRS[0][2], "It is up to 5x faster than the 6 ms of the one against 2 ms elsewhere.", "It is 3x faster."
    )
    rows = {one.check: one for one in arithmetic.coverage}
    assert len(rows) == len(arithmetic.coverage) > 15
    assert all(
        one.found == one.agreeing + one.differing + sum(reason.count for reason in one.not_checked)
        for one in arithmetic.coverage
    )
    assert rows["percent_arithmetic"].agreeing == 1
    assert "best or worst case" in rows["factor_arithmetic"].not_checked[0].reason
    assert "neither a system nor a measure" in rows["headline_against_data"].not_checked[0].reason


@pytest.mark.parametrize(
    "sentence",
    [
        "GPUs get faster by about 29% a year in arithmetic.",
        "Working sets double every 26 months.",
        "Prices fall by 12% per decade.",
        "Table 2 has the time of 8 nodes, with gradients twice as large as the default.",
        "Doubling the budget to 20 W helps only a part of the work.",
        "We reach this by doubling the nodes to 16.",
        "Going from 4 to 16 GPUs, throughput grows by a factor of 3.3.",  # counted as growth
    ],
)
def test_the_way_of_the_world_and_what_was_done_are_no_claims_of_a_gain(sentence):
    rows = {one.check: one for one in checked(sentence).coverage}
    assert rows["headline_against_data"].found == 0


@pytest.mark.parametrize(
    "sentence",
    ["It batches 8 requests, thereby doubling the rate.", "It serves 3x more requests per day and 2x more per node."],
)
def test_a_result_is_a_claim_of_a_gain(sentence):
    rows = {one.check: one for one in checked(sentence).coverage}
    assert rows["headline_against_data"].found == (sentence.count("x ") or 1)


def test_the_last_per_cents_are_printed_with_few_digits():
    """10.58 / 721.8 leaves 1.47 %: 98.5 % less, printed as 99; 60 / 721.8 leaves 8.3 %."""
    words = "Its mean latency of {} ms is 99% lower than the 721.8 ms of the old store."
    assert found(words.format(10.58)) == []
    assert found(words.format(60)) == ["percent_arithmetic"]
