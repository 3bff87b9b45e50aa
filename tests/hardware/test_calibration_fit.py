"""Planted laws must be recovered, the right shape chosen, and leaking groups seen by leaving groups out."""

import numpy as np
import planted_calibration as planted
import pytest

from gauntlet.hardware.calibration.compare import compare
from gauntlet.hardware.calibration.crossval import group_folds, row_folds
from gauntlet.hardware.calibration.samples import sample_of
from gauntlet.hardware.calibration.shapes import Trial, weights_of


@pytest.mark.parametrize("shape", planted.FORMS)
def test_a_planted_law_is_recovered_and_its_shape_chosen(tmp_path, shape):
    """5 % noise of a row, 5 % level of a group; the law itself is the oracle."""
    form = planted.FORMS[shape]
    curve = planted.fitted(planted.write(tmp_path, planted.planted_rows(form, seed=3))).curves[0]
    assert curve.form.shape == shape
    chosen = [each for each in curve.candidates if each.chosen]
    assert len(chosen) == 1 and {each.shape for each in curve.candidates} == set(planted.FORMS)
    x = np.geomspace(curve.lowest, curve.highest, 50)
    missed = np.abs(np.log(curve.efficiency(x) / form(x)))
    assert np.median(missed) < 0.05
    found = curve.at(x)
    assert np.all((found.value > 0) & (found.value <= 1)) and np.all(np.diff(found.value) >= -1e-12)
    interval = [np.interp(np.log(x), np.log(curve.band.x), each) for each in (curve.band.fit_low, curve.band.fit_high)]
    assert np.mean((form(x) >= 0.97 * found.value * interval[0]) & (form(x) <= 1.03 * found.value * interval[1])) > 0.8


@pytest.mark.parametrize("shape", ["saturating", "sigmoid"])
def test_bands_hold_for_families_that_were_not_measured(tmp_path, shape):
    """Fit on 8 families, ask 40 others of the same law: 90 % are promised."""
    covered = []
    for seed in (0, 1):
        rows = planted.planted_rows(planted.FORMS[shape], seed)
        curve = planted.fitted(planted.write(tmp_path, rows)).curves[0]
        unseen = [line.split(",") for line in planted.planted_rows(planted.FORMS[shape], seed + 100, groups=40)]
        work, time_s = (np.array([float(line[place]) for line in unseen]) for place in (3, 4))
        found = curve.time_s(work)
        covered.append(np.mean((time_s >= found.low) & (time_s <= found.high)))
        assert abs(curve.cross_validated.covered - 0.9) < 0.1
    assert 0.82 <= np.mean(covered) <= 0.99


def test_groups_that_leak_are_seen_by_leaving_them_out_and_not_by_random_rows(tmp_path):
    """Planted: every family has sizes of its own and an efficiency of its own. Siblings give a row away."""
    random = np.random.default_rng(5)
    lines = []
    for family in range(6):
        level = 0.08 if family % 2 else 0.6
        for x in np.exp(np.log(1e6) + 1.5 * family + random.uniform(0, 0.4, 12)).tolist():
            share = level * float(np.exp(random.normal(0, 0.02)))
            lines.append(f"network,bf16,family {family},{x!r},{x / planted.PEAK / share!r}")
    curve = planted.fitted(planted.write(tmp_path, lines), against="work_flop").curves[0]
    flexible = max(curve.candidates, key=lambda each: each.parameters)
    chosen = next(each for each in curve.candidates if each.chosen)
    assert flexible.unseen_rows < 0.55 * flexible.unseen_groups
    assert min(curve.candidates, key=lambda each: each.unseen_rows) is not chosen
    assert chosen.parameters == 2
    assert curve.cross_validated.grade == "poor"
    assert curve.cross_validated.mape > 50


def test_the_variable_that_predicts_unseen_families_is_chosen(tmp_path):
    """Planted: efficiency follows intensity alone, while work and traffic differ from family to family."""
    random = np.random.default_rng(8)
    lines = ["operation,precision,group,work_flop,moved_bytes,resource,time_s"]
    for family in range(6):
        for intensity in np.exp(random.uniform(0, 7, 10)).tolist():
            work = 1e6 * 10.0**family * float(np.exp(random.uniform(0, 3)))
            share = 0.8 * intensity / (intensity + 30) * float(np.exp(random.normal(0, 0.03)))
            seconds = work / planted.PEAK / share
            lines.append(f"gemm,bf16,family {family},{work!r},{work / intensity!r},compute,{seconds!r}")
    file = tmp_path / "measured.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    curve = planted.fitted(file).curves[0]
    assert (curve.variable, curve.form.shape) == ("intensity_flop_per_byte", "saturating")
    assert curve.form.half == pytest.approx(30, rel=0.1)
    assert curve.memory_bandwidth_bytes_per_s is None
    assert {each.variable for each in curve.candidates} == {
        "work_flop",
        "moved_bytes",
        "intensity_flop_per_byte",
        "mixed_s",
    }
    assert planted.fitted(file, against="work_flop").curves[0].variable == "work_flop"


def test_one_disturbed_row_does_not_move_the_curve(tmp_path):
    rows = planted.planted_rows(planted.FORMS["saturating"], seed=1, groups=4)
    cells = rows[7].split(",")
    disturbed = [*rows[:7], ",".join((*cells[:4], repr(20 * float(cells[4])))), *rows[8:]]
    x = np.geomspace(1e6, 1e10, 20)
    clean, dirty = (planted.fitted(planted.write(tmp_path, each)).curves[0].efficiency(x) for each in (rows, disturbed))
    np.testing.assert_allclose(dirty, clean, rtol=0.08)


def test_folds_keep_groups_whole_and_rows_do_not(tmp_path):
    rows = planted.planted_rows(planted.FORMS["saturating"], seed=0, groups=25, each=4)
    measured = planted.read(planted.write(tmp_path, rows))
    sample = sample_of(measured, ("gemm", "bf16"), planted.policy(), planted.peaks())
    folds = group_folds(sample, 10)
    for name in set(sample.group):
        assert len({fold for fold, group in zip(folds, sample.group, strict=True) if group == name}) == 1
    assert np.bincount(folds).min() >= 8 and folds.max() == 9
    scattered = row_folds(100, 10)
    assert np.bincount(scattered).tolist() == [10] * 10
    assert sum(len(set(scattered[start : start + 4])) > 1 for start in range(0, 100, 4)) > 20


def test_large_groups_do_not_outweigh_small_ones():
    weight = weights_of(["a"] * 9 + ["b"])
    assert weight[:9].sum() == pytest.approx(weight[9]) == pytest.approx(0.5)


@pytest.mark.parametrize("trial", [Trial("sigmoid", 4), Trial("piecewise", 6), Trial("log_linear", 2)])
def test_a_falling_law_is_followed_only_where_it_may_fall(trial):
    x = np.geomspace(1e6, 1e9, 40)
    efficiency = 0.8 - 0.2 * np.log10(x / 1e6)
    weight = np.full(40, 1 / 40)
    free, rising = (trial.fit(x, efficiency, weight, each) for each in (False, True))
    assert np.median(np.abs(np.log(free(x) / efficiency))) < 0.1
    assert np.all(np.diff(rising(x)) >= -1e-12)


def test_the_same_file_gives_the_same_bytes(tmp_path):
    file = planted.write(tmp_path, planted.planted_rows(planted.FORMS["sigmoid"], seed=2, groups=4))
    assert planted.fitted(file).to_json() == planted.fitted(file).to_json()


def test_what_no_operation_was_measured_for_has_the_spread_of_all(tmp_path):
    calibration = planted.fitted(planted.write(tmp_path, planted.planted_rows(planted.FORMS["sigmoid"], seed=2)))
    found = calibration.at("softmax", "fp16", np.array([1e-3]))
    assert found.weakest == "default"
    assert found.low < found.value < found.high
    points = calibration.curves[0].points
    assert min(point.low for point in points) <= found.low and found.high <= max(point.high for point in points)


@pytest.mark.parametrize("seed", range(8))
def test_no_data_however_odd_makes_a_curve_that_leaves_its_range(tmp_path, seed):
    """Random numbers of groups, ranges from one size to 26 decades, constant, perfect and hopeless efficiencies."""
    random = np.random.default_rng(seed)
    groups, spread, level = (int(random.choice(few)) for few in ((2, 3, 12), (0, 1, 60), (0, -3, -12)))
    sizes = np.exp(random.uniform(0, spread, 20)) * np.repeat([1.0, 1.5, 2.0, 3.0], 5)
    shares = np.clip(np.exp(random.normal(level, random.choice([0, 1e-6, 2]), 20)), 1e-12, 1)
    rows = zip(random.integers(0, groups, 20), sizes.tolist(), shares.tolist(), strict=True)
    lines = [f"network,bf16,g{group},{x!r},{x / planted.PEAK / e!r}" for group, x, e in rows]
    curve = planted.fitted(planted.write(tmp_path, lines)).curves[0]
    with np.errstate(all="raise"):
        found = curve.at(np.geomspace(1e-20, 1e20, 200))
    assert np.all((found.value > 0) & (found.value <= 1) & (found.high <= 1))
    assert np.all((found.low > 0) & (found.low <= found.value) & (found.value <= found.high))


def _two_demands(folder, share):
    """Rows that take a start and the root of two squares: arithmetic, and traffic at `share` of memory's time."""
    random = np.random.default_rng(4)
    lines = ["operation,precision,group,work_flop,moved_bytes,resource,time_s"]
    for family in range(10):
        work, moved = np.exp(random.uniform(np.log(1e6), np.log(1e10), (2, 8)))
        moved = moved / 500
        busy_s = np.hypot(work / planted.PEAK, share * moved / 1e9)
        for w, q, t in zip(work, moved, (2e-4 + busy_s / 0.7) * np.exp(random.normal(0, 0.03, 8)), strict=True):
            lines.append(f"gemm,bf16,family {family},{float(w)!r},{float(q)!r},compute,{float(t)!r}")
    file = folder / "two.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return planted.read(file), file


@pytest.fixture(scope="module")
def cached(tmp_path_factory):
    """Operands in a cache: traffic costs a quarter of what memory would take."""
    measured, file = _two_demands(tmp_path_factory.mktemp("two"), share=0.25)
    return measured, planted.fitted(file, bandwidth_bytes_per_s=1e9)


def test_rows_that_need_both_demands_are_predicted_from_both(cached):
    """No single size tells their time."""
    measured, curve = cached[0], cached[1].curves[0]
    assert (curve.variable, curve.form.shape) == ("mixed_s", "saturating")
    assert curve.mix.flop_per_s == planted.PEAK and curve.mix.bytes_per_s == pytest.approx(4e9)
    alone = min(each.unseen_groups for each in curve.candidates if each.mix is None)
    chosen = next(each for each in curve.candidates if each.chosen)
    assert chosen.unseen_groups < 0.06 < 4 * chosen.unseen_groups < alone
    assert chosen.parameters == 3
    found = curve.time_s(measured.work_flop, measured.moved_bytes)
    assert np.median(np.abs(found.value / measured.time_s - 1)) < 0.05
    assert (found.low <= found.value).all() and (found.value <= found.high).all()
    assert (found.value >= measured.work_flop / planted.PEAK).all()  # bound by arithmetic alone, as the rows say


def test_a_mix_that_a_measured_row_beats_is_not_tried(tmp_path):
    """Traffic that costs a tenth refutes every mix in which it weighs more than the row took."""
    _, file = _two_demands(tmp_path, share=0.1)
    curve = planted.fitted(file, bandwidth_bytes_per_s=1e9).curves[0]
    weights = {planted.PEAK / each.mix.flop_per_s * 1e9 / each.mix.bytes_per_s for each in curve.candidates if each.mix}
    assert weights and max(weights) < 0.5


def test_one_demand_is_not_mixed(tmp_path):
    """A law of the work alone keeps its curve, though traffic is stated."""
    random, lines = np.random.default_rng(6), []
    for family in range(8):
        for work in np.exp(random.uniform(np.log(1e6), np.log(1e10), 8)).tolist():
            moved = work / 10 ** float(random.uniform(2, 5))
            took = float((3e-5 + work / planted.PEAK / 0.8) * np.exp(random.normal(0, 0.03)))
            lines.append(f"gemm,bf16,family {family},{work!r},{moved!r},compute,{took!r}")
    file = tmp_path / "one.csv"
    header = "operation,precision,group,work_flop,moved_bytes,resource,time_s"
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    assert planted.fitted(file, bandwidth_bytes_per_s=1e12).curves[0].variable == "work_flop"


def test_curves_over_unlike_mixes_are_not_compared_as_one_size(cached):
    old = cached[1]
    curve = old.curves[0]
    mix = curve.mix.model_copy(update={"bytes_per_s": 1.1 * curve.mix.bytes_per_s})
    new = old.model_copy(update={"curves": (curve.model_copy(update={"mix": mix}),)})
    for other, findings in ((new, {"other variable"}), (old, set())):
        (change,) = compare(old, other, planted.policy(), None).changes
        assert set(change.findings) == findings
