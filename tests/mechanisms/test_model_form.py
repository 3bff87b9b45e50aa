"""Recorded errors of approximate forms cover what part of their grids shows; those who say the truth are checked."""

import itertools
import json
import math
import warnings

import numpy as np
import pytest

from benchmarks.model_form import __main__ as command
from benchmarks.model_form import locks, memory, networks, phases, reno, storage
from benchmarks.model_form.study import measure
from benchmarks.model_form.two_phase import LockTable
from gauntlet.mechanisms.catalogue import find
from gauntlet.mechanisms.queueing import mg1_pk, mmc
from gauntlet.mechanisms.tcp import padhye_tcp

pytestmark = pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")

EVERY = {  # which points of the grid are measured again: all where truth is a closed form, few where it is simulated
    "gg1_kingman": 1,
    "ggc_allen_cunneen": 1,
    "mva_schweitzer": 1,
    "hot_key_serialisation": 1,
    "checkpoint_interval": 1,
    "bloom_filter": 1,
    "conflict_probability_zipf": 5,
    "occ_goodput": 7,
    "occ_goodput_zipf_fresh": 13,
    "che_lru_zipf": 9,
    "cache_warm_up": 13,
    "shared_resource": 1,
    "ssd_write_amplification": 6,
    "mathis_tcp": 1,
    "padhye_tcp": 7,
    "incast_threshold": 6,
    "continuous_batching": 9,
}
STUDIES = {
    study.primitive: study for study in command.all_studies() if study.counted != () and study.primitive in EVERY
}


@pytest.mark.parametrize("primitive", EVERY)
def test_the_recorded_error_covers_what_is_measured(primitive):
    rows = measure(STUDIES[primitive], EVERY[primitive])
    assert any(row.counted for row in rows)
    assert [row for row in rows if not row.covered] == []


@pytest.mark.parametrize(("primitive", "too_small"), [("gg1_kingman", 0.03), ("ggc_allen_cunneen", 0.07)])
def test_an_error_from_too_few_points_is_caught(primitive, too_small):
    (row,) = measure(STUDIES[primitive], recorded=too_small)
    assert not row.covered


@pytest.mark.parametrize(
    "primitive",
    ["gg1_kingman", "ggc_allen_cunneen", "shared_resource", "padhye_tcp", "che_lru_zipf", "incast_threshold"],
)
def test_a_formula_warns_exactly_where_its_error_is_not_counted(primitive):
    formula = find(primitive).function
    for study in command.all_studies():
        for point in study.points() if study.primitive == primitive else ():
            with warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                formula(**point.arguments)
            assert bool(heard) == (study.counted == ()), str(point)


def test_the_command_prints_rows_and_fails_where_a_record_is_too_small(monkeypatch, capsys):
    asked = ["hot_key_serialisation", "dynamic_batching"]
    assert command.main([*asked, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["output"] for row in rows] == ["meanfield_batch", "throughput_bound_per_s"]
    assert [row["counted"] for row in rows] == [False, True]
    monkeypatch.setattr(command, "measure", lambda study, every: measure(study, every, recorded=0.01))
    assert command.main(asked) == 1
    assert "TOO SMALL" in capsys.readouterr().out


@pytest.mark.parametrize("scv", [0.1, 0.5, 1.0, 4.0])
@pytest.mark.parametrize("shape", ["balanced", "gamma"])
def test_phase_type_queues_contain_pollaczek_and_erlang(scv, shape):
    poisson, service = phases.law(1 / 0.7, 1.0), phases.law(1.0, scv, shape)
    assert phases.mean_wait(poisson, service, 1) == pytest.approx(mg1_pk(0.7, 1.0, scv).mean_wait_s, rel=1e-9)
    exponential = phases.law(1.0, 1.0)
    four = phases.mean_wait(phases.law(1 / 2.8, 1.0), exponential, 4)
    assert four == pytest.approx(mmc(2.8, 1.0, 4).mean_wait_s, rel=1e-9)


def test_phase_type_queues_contain_the_root_of_even_arrivals():
    # E2/M/1: W = s / (1 - s), where s is the gaps' transform at 1 - s: Kleinrock, Queueing Systems I, section 6.4.
    rate, root = 1.4, 0.5
    for _ in range(200):
        root = (rate / (rate + 1 - root)) ** 2
    assert phases.mean_wait(phases.law(2 / rate, 0.5), phases.law(1.0, 1.0), 1) == pytest.approx(root / (1 - root))


def test_exact_lru_is_the_law_of_orders():
    chances = np.array([0.4, 0.3, 0.2, 0.1])
    hits = 0.0
    for first, second in itertools.permutations(range(4), 2):  # King 1971: the cache holds these two, the first newer
        hits += chances[first] * chances[second] / (1 - chances[first]) * (chances[first] + chances[second])
    assert memory.exact_lru(chances, 2) == pytest.approx(hits, rel=1e-6)
    assert memory.simulated_lru(chances, 2, 30_000) == pytest.approx(hits, rel=0.01)  # about four standard errors


def test_sets_of_draws_meet_as_counted():
    items, weights = 3, np.array([1.0, 1 / 2, 1 / 3])
    chances = weights / weights.sum()
    draws = list(itertools.product(range(items), repeat=2))
    met = sum(chances[list(a)].prod() * chances[list(b)].prod() for a in draws for b in draws if set(a) & set(b))
    assert locks._zipf(items, 1.0, 2, 2)["pair_conflict_prob"] == pytest.approx(met)


def test_set_bits_follow_their_law():
    (bits, items, hashes), total = (5, 2, 2), 0.0
    for throws in itertools.product(range(bits), repeat=items * hashes):
        total += (len(set(throws)) / bits) ** hashes / bits ** len(throws)
    assert memory._bloom(bits, items, hashes)["false_positive"] == pytest.approx(total)


def test_simulated_forks_match_two_queues_exactly_known():
    found = networks.fork_join_response(2, 0.5, jobs=20_000)
    assert found == pytest.approx((12 - 0.5) / 8 / 0.5, rel=0.01)  # Flatto and Hahn 1984; about three standard errors


def test_one_random_choice_is_a_queue_alone():
    assert networks.random_choices_response(0.5, 1, 50, runs=40, span=100.0) == pytest.approx(2.0, rel=0.04)


def test_periodic_losses_draw_the_saw_tooth():
    assert reno.unlimited_rate(1e-3, 1, periodic=True, flows=50) == pytest.approx(math.sqrt(1.5 / 1e-3), rel=0.04)


def test_timeouts_lie_where_the_long_form_puts_them_and_the_short_form_does_not():
    # Padhye et al. 1998, long form, without round trips: (1 - p)/p + W + 1/(1 - p) packets in T0 f(p)/(1 - p).
    p, longest_window = 0.3, 1 + math.sqrt(8 * 0.7 / 0.9 + 1)
    timeouts_s = (1 + sum(2 ** (k - 1) * p**k for k in range(1, 7))) / (1 - p)
    least = ((1 - p) / p + 1 / (1 - p)) / timeouts_s
    found = reno.rate_with_timeouts(p, 1e-6, 1.0, 1, 64)
    assert least < found < least + longest_window / timeouts_s
    short = padhye_tcp(1.0, 1e-6, 1.0, p, 1, 64).throughput_bytes_per_s
    assert short < least


def test_cleaning_a_sequential_log_is_free_and_the_oldest_block_keeps_its_share():
    flash = storage.Flash(2.0, 64, "fifo", blocks=100)
    found = flash.write_amplification(overwrites=6)
    alive = 1 - 1 / found  # in a cleaned block: exp(-2 / A) have not been overwritten since
    assert alive == pytest.approx(math.exp(-2.0 / found), rel=0.03)


def test_transactions_that_share_nothing_never_wait_and_those_that_share_all_take_turns():
    apart = LockTable(10**9, 4, 1.0).run_closed(5, 2_000)
    assert apart.blocks == 0
    assert apart.span_s == pytest.approx(2_000 * 4 / 5, rel=0.01)
    together = LockTable(4, 4, 1.0, seed=2).run_closed(2, 500)
    assert together.span_s >= 500 * 4
    assert together.circles > 0
