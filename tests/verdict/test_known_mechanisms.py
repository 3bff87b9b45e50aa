"""What batching, overlap and the others must achieve, where the answer is arithmetic of a sum."""

import pytest

from gauntlet.costs.compiled import compile_model
from gauntlet.costs.records import Output, Term
from gauntlet.hardware.registry import Registry
from gauntlet.specs.quantities import Exact, Variable
from gauntlet.verdict.known_mechanisms import _data, known_mechanisms
from gauntlet.verdict.prediction import NOTHING_LEARNT
from tests.costs import example
from tests.verdict.cases import judged, scaled, tight, with_claims

EXTRA = {
    "round_trip_s": ("us", 50.0, "Round trip between leader and follower"),
    "fsync_s": ("us", 1000.0, "Mean time of an fsync"),
    "link": ("GB/s", 1.0, "Rate of the link"),
    "message": ("kB", 100.0, "Bytes of a message"),
}


def found(claimed: float, output: str, metric: str = "mean_latency", **terms: str):
    """Mechanisms by (name, part) for one printed value of the proposal, with the extra variables known exactly."""
    base = tight(example.spec())
    variables = tuple(
        Variable(
            id=name, unit=unit, meaning=meaning, value=Exact(value=value), role="hardware", source="paper"
        )
        for name, (unit, value, meaning) in EXTRA.items()
    )  # fmt: skip
    known = example.spec().claim("shared_curve")
    point = known.points[0].model_copy(update={"y": claimed})
    claim = known.model_copy(update={"metric": metric, "points": (point,)})
    spec = with_claims(base.model_copy(update={"variables": (*base.variables, *variables)}), claim)
    lines = tuple(
        Term(id=name, mechanism="shared", meaning=name, expression=text, unit="s") for name, text in terms.items()
    )
    unit = "s" if metric == "mean_latency" else "1/s"
    model = example.model().model_copy(
        update={
            "terms": lines,
            "outputs": (Output(mechanism="shared", metric=metric, expression=output, unit=unit),),
            "bounds": (),
        }
    )
    mechanisms = known_mechanisms(compile_model(spec, model), claim, 0, NOTHING_LEARNT)
    return {(one.name, one.part): one for one in mechanisms}


def test_a_part_that_must_shrink_four_times_is_closed_by_batching_four():
    """10 us once and 2 us once; 4.5 us claimed leaves 2.5 us of the first, a quarter: 2.5 + 2 = 4.5."""
    mechanisms = found(4.5, "big_s + small_s", big_s="service", small_s="0.2 * service")
    batching = mechanisms["batching", "big_s"]
    assert batching.closes
    assert batching.arithmetic == "4 times as many operations on one: 2.5 µs instead of 10 µs each"
    assert ("batching", "small_s") not in mechanisms  # 10 us stay, whatever becomes of it


def test_overlap_needs_something_as_long_to_hide_behind():
    """Of 10 + 10 us, 12 us claimed: 8 us hide behind 10 us. Of 18 + 2 us, 10 us claimed: 10 us do not behind 2."""
    fits = found(12.0, "one_s + two_s", one_s="service", two_s="1 * service")["overlap", "one_s"]
    assert fits.closes
    assert fits.arithmetic == "8 µs of 10 µs behind the other 10 µs"
    short = found(10.0, "one_s + two_s", one_s="1.8 * service", two_s="0.2 * service")["overlap", "one_s"]
    assert not short.closes
    assert "too short" in short.arithmetic


@pytest.mark.parametrize(("claimed", "left"), [(110.0, 2), (60.0, 1), (45.0, 0)])
def test_round_trips_are_counted(claimed, left):
    """Three round trips of 50 us and 10 us of work: 110 us leave two, 60 us leave one, 45 us none."""
    mechanisms = found(claimed, "trips_s + work_s", trips_s="3 * round_trip_s", work_s="service")
    fewer = mechanisms["fewer round trips", "trips_s"]
    assert fewer.closes == (left > 0)
    assert ("3 times round_trip_s" in fewer.arithmetic and f"{left} would do" in fewer.arithmetic) or left == 0


def test_one_round_trip_and_a_path_with_other_work_are_not_counted():
    assert ("fewer round trips", "trips_s") not in found(
        30.0, "trips_s + work_s", trips_s="round_trip_s", work_s="service"
    )
    mixed = found(60.0, "trips_s", trips_s="round_trip_s + 5 * service")
    assert ("fewer round trips", "trips_s") not in mixed


def test_a_flush_is_held_against_devices_that_flush_faster():
    """1 ms of flush and 10 us of work; 110 us claimed leave 100 us of the flush: a protected drive takes 25 us."""
    faster = found(110.0, "flush_s + work_s", flush_s="fsync_s", work_s="service")["faster flush", "flush_s"]
    assert faster.closes
    assert "at most 100 µs a flush instead of 1 ms" in faster.arithmetic


def test_devices_that_flush_faster_are_those_of_the_registry():
    for device in _data()["flush"]["faster"]:
        prior = Registry.load().prior(device["prior"])
        assert (device["low_s"], device["typical_s"], device["high_s"]) == (prior.low, prior.typical, prior.high)
        assert device["source"] in prior.source


def test_bytes_are_no_matter_of_batching():
    """100 us of bytes and 10 us of work; 60 us claimed leave half of the bytes."""
    mechanisms = found(60.0, "transfer_s + work_s", transfer_s="message / link", work_s="service")
    assert mechanisms["less work", "transfer_s"].arithmetic.startswith("50 %")
    assert ("batching", "transfer_s") not in mechanisms


def test_a_wait_is_no_matter_of_any():
    wait = "mm1(arrival_rate_per_s=rate / cores, service_time_s=9 * service).mean_wait_s"
    mechanisms = found(12.0, "wait_s + work_s", wait_s=wait, work_s="service")
    assert not [part for _, part in mechanisms if part == "wait_s"]


def test_a_throughput_is_closed_by_time_per_operation():
    """1 / (10 + 2 us) is 83 krps; 1 / 4.5 us = 222 krps needs a quarter of the 10 us."""
    mechanisms = found(1e3 / 4.5, "1 / (big_s + small_s)", "peak_throughput", big_s="service", small_s="0.2 * service")
    assert "4 times as many" in mechanisms["batching", "big_s"].arithmetic


def test_what_a_ratio_is_relative_to_stays_as_it_is():
    """One path for both: only the proposal's may shrink, so that the ratio falls at all."""
    spec = tight(example.spec())
    claim = scaled(spec.claim("shared_ratio"), [0.7])
    verdict = judged(with_claims(spec, claim), "shared_ratio")
    assert verdict.label == "MAGIC_GAP"
    assert "path_s" not in {one.part for one in verdict.known_mechanisms}  # which both have, and which moves no ratio
    factors = {one.term: one.factor for one in verdict.term_beliefs}
    assert 0 < factors["path_s"] < 1


def test_only_a_gap_asks_for_mechanisms():
    spec = example.spec()
    assert judged(spec, "shared_curve").known_mechanisms == ()
    slow = with_claims(spec, scaled(spec.claim("shared_curve"), [2.0] * 5))
    assert judged(slow, "shared_curve").known_mechanisms == ()
