"""Measuring: the clock's arithmetic on a made-up clock, kernels that compute what they say, files that go on."""

import csv
import sys
from types import SimpleNamespace

import numpy as np
import planted_calibration as planted
import pytest

from gauntlet.errors import RegistryError, UsageError
from gauntlet.hardware.calibration import machine
from gauntlet.hardware.calibration.bench import convolution_demands
from gauntlet.hardware.calibration.cuda import Cuda
from gauntlet.hardware.calibration.host import Host
from gauntlet.hardware.calibration.measure import COLUMNS, array_sizes, measure, tasks
from gauntlet.hardware.calibration.plan import Plan, TimingPlan
from gauntlet.hardware.calibration.timing import time_of


def plan_of(**changes) -> TimingPlan:
    return TimingPlan(**{"warm_up_calls": 2, "fewest_repeats": 5, "most_repeats": 50, "shortest_repeat_s": 0.0,
                         "least_s": 0.0, "restless": 0.25, "least_running": 0.9} | changes)  # fmt: skip


class Clock:
    """Goes on by what each call lasts."""

    def __init__(self, lasts):
        self.now, self.lasts, self.calls = 0.0, iter(lasts), 0

    def __call__(self):
        return self.now

    def call(self):
        self.calls += 1
        self.now += next(self.lasts)


def test_the_median_and_quartiles_leave_the_warm_up_out():
    clock = Clock([100, 50, 1, 2, 3, 4, 5])
    timing = time_of(clock.call, plan_of(), clock=clock, processor_clock=clock)
    assert timing == (3, 2, 4, 5, 1)
    assert timing.spread == pytest.approx(2 / 3)
    assert timing.disturbed(plan_of()) and not timing.disturbed(plan_of(restless=0.7))


def test_a_process_that_waited_for_a_processor_was_disturbed():
    """Planted: of every second that passes another program has a fifth."""
    clock = Clock([1.0] * 10)
    timing = time_of(clock.call, plan_of(), clock=clock, processor_clock=lambda: 0.8 * clock.now)
    assert timing.running == pytest.approx(0.8) and timing.spread == 0
    assert timing.disturbed(plan_of()) and not timing.disturbed(plan_of(least_running=0.7))


def test_short_calls_are_timed_several_at_once():
    clock = Clock([0.01] * 1000)
    timing = time_of(clock.call, plan_of(shortest_repeat_s=0.095), clock=clock)
    assert timing.median_s == pytest.approx(0.01)
    assert clock.calls == 2 + 5 * 10


def test_repeats_go_on_until_enough_time_has_passed_or_there_are_very_many():
    for lasts, repeats in ((0.1, 20), (0.001, 50)):
        clock = Clock([lasts] * 100)
        assert time_of(clock.call, plan_of(least_s=1.95), clock=clock).repeats == repeats


def test_what_was_only_started_is_waited_for_within_the_time():
    clock = Clock([1.0] * 100)
    started = []

    def wait():
        clock.now += 3.0 * len(started)
        started.clear()

    assert time_of(lambda: started.append(1), plan_of(), wait, clock).median_s == 3.0


def test_products_and_streams_compute_what_their_names_say(monkeypatch):
    made = []
    full = np.full
    monkeypatch.setattr(np, "full", lambda *words, **named: made.append(full(*words, **named)) or made[-1])
    with Host.of(3) as host:
        assert host.gemm(3, 4, 5, "fp32")().shape == (3, 4)
        for name, expected in (("copy", 1.5), ("scale", 4.5), ("add", 4.0), ("triad", 1.5 + 3 * 2.5)):
            made.clear()
            host.stream(name, 100_003, "fp64")()
            np.testing.assert_array_equal(made[0], expected)


def test_demands_of_convolutions_are_those_of_published_layers():
    """ResNet stem: 118 M multiply-adds; its 3x3 layers of 64 channels at 56: 115.6 M (He et al., arXiv:1512.03385)."""
    layer = dict(zip(("batch", "channels", "outputs", "kernel", "stride", "image"), (1, 3, 64, 7, 2, 224), strict=True))
    stem, moved = convolution_demands(layer, element_bytes=4)
    assert stem / 2 == 64 * 112 * 112 * 3 * 49 == 118_013_952
    assert moved == 4 * (3 * 224**2 + 3 * 64 * 49 + 64 * 112**2)
    early = layer | {"channels": 64, "kernel": 3, "stride": 1, "image": 56}
    assert convolution_demands(early, element_bytes=4)[0] / 2 == 115_605_504
    assert convolution_demands(early | {"batch": 8}, element_bytes=4)[0] / 2 == 8 * 115_605_504


def test_arrays_are_beyond_the_cache_unless_memory_is_short():
    memory = Plan.of_registry(planted.registry().folder).memory
    cache = 32 << 20
    sizes = array_sizes(memory, cache, 1 << 40)
    assert sizes == [multiple * cache for multiple in (4, 5, 6, 8)]
    assert array_sizes(memory, cache, None) == sizes
    free = 1 << 30
    short = array_sizes(memory, cache, free)
    assert max(short) * max(memory.kernels.values()) <= memory.share_of_free_memory * free
    assert [large / small for large, small in zip(sizes, short, strict=True)] == [sizes[0] / short[0]] * 4
    assert array_sizes(memory, 0, None)[0] == memory.smallest_array_bytes


@pytest.fixture
def host():
    with Host.of(1) as one:
        yield one


@pytest.fixture
def small_plan() -> Plan:
    plan = Plan.of_registry(planted.registry().folder).model_dump()
    plan["gemm"]["families"] = {
        "square": {"m": "s", "n": "s", "k": "s", "s": (8, 16, 32, 48)},
        "flat": {"m": 2, "n": "s", "k": "s", "s": (8, 16, 32, 48)},
    }
    plan["timing"] |= {"least_s": 0.0, "shortest_repeat_s": 0.0, "fewest_repeats": 3}
    plan["memory"] |= {"smallest_array_bytes": 4096, "share_of_free_memory": 1e-7}
    return Plan.model_validate(plan)


def test_a_file_is_measured_that_fit_reads_and_goes_on_where_it_was(tmp_path, small_plan, host):
    file = tmp_path / "here.csv"
    seen = []
    new = measure(file, small_plan, ("gemm", "memory"), host, progress=seen.append)
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert len(new) == len(rows) == len(seen) == seen[-1].total == 2 * 8 + 16
    assert tuple(rows[0]) == COLUMNS
    for row in rows:
        assert float(row["time_low_s"]) <= float(row["time_s"]) <= float(row["time_high_s"])
        assert row["threads"] == "1" and int(row["repeats"]) >= 3 and "numpy" in row["conditions"]
    assert {row["resource"] for row in rows if row["operation"] == "memory"} == {"memory"}
    measured = planted.read(file)
    assert measured.keys == (("gemm", "fp32"), ("gemm", "fp64"), ("memory", "fp64"))
    curve = planted.fitted(file, bandwidth_bytes_per_s=1e13, peak_flop_per_s=1e14).curves[0]
    assert set(curve.group_names) == {"square", "flat"}

    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(lines[:-5]) + "\n", encoding="utf-8")
    assert len(measure(file, small_plan, ("gemm", "memory"), host)) == 5
    assert len(file.read_text(encoding="utf-8").splitlines()) == len(lines)
    assert len(measure(file, small_plan, ("gemm",), host, precisions=("fp32",), again=True)) == 8
    assert len(file.read_text(encoding="utf-8").splitlines()) == 9


def test_rows_of_another_machine_are_not_mixed_in(tmp_path, small_plan, host):
    file = tmp_path / "here.csv"
    file.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    assert len(measure(file, small_plan, ("gemm",), host)) == 16
    with (
        Host.of(2) as two,
        pytest.raises(UsageError, match="was measured with threads 1, and now it is 2; start it afresh with --again"),
    ):
        measure(file, small_plan, ("gemm",), two)


def test_without_torch_a_convolution_is_refused_with_the_way_to_get_it(tmp_path, small_plan, host, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UsageError, match=r"convolutions need torch: pip install 'gauntlet-eval\[torch\]'"):
        measure(tmp_path / "x.csv", small_plan, ("conv2d",), host)
    assert not (tmp_path / "x.csv").exists()


def test_with_torch_each_layer_of_the_plan_is_called(tmp_path, small_plan, host, monkeypatch):
    """A stand-in for torch records what it is asked for; the real one is not needed here."""
    layers, threads = [], []

    class Mode:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    def layer(*shape, **options):
        layers.append((*shape, options["stride"], options["padding"]))
        return lambda picture: picture

    torch = SimpleNamespace(
        set_num_threads=threads.append, manual_seed=lambda _: None, float32="f", float64="d", inference_mode=Mode,
        nn=SimpleNamespace(Conv2d=layer), randn=lambda *shape, dtype: shape,
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "torch", torch)
    new = measure(tmp_path / "conv.csv", small_plan, ("conv2d",), host)
    planned = [member for family in small_plan.conv2d.families.values() for member in family.members()]
    assert len(new) == len(planned) == len(layers)
    assert layers[0] == (3, 64, 7, 2, 3)
    assert set(threads) == {1}
    assert set(planted.read(tmp_path / "conv.csv").resource) == {"compute"}


def test_operands_beyond_the_cache_are_bound_by_memory_too(small_plan):
    """A product of 2 x 4096 x 4096 in bf16 moves 34 MB: within four times a cache of 8.4 MB, and beyond one of 8.3."""
    for cache_bytes, bound_by in ((8_400_000, "compute"), (8_300_000, "roofline"), (0, "compute")):
        bench = SimpleNamespace(
            element_bytes=lambda _: 2, last_cache_bytes=lambda size=cache_bytes: size, gemm=lambda *_: None
        )
        family = {"m": 2, "n": "s", "k": "s", "s": (4096,)}
        plan = Plan.model_validate(small_plan.model_dump() | {
            "gemm": {"precisions": ("bf16",), "families": {"flat": family}}})  # fmt: skip
        assert [task.resource for task in tasks(plan, ("gemm",), (), bench)] == [bound_by]


def test_a_gpu_is_refused_where_torch_or_the_gpu_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(
        UsageError, match=r"times of a GPU need torch: pip install 'gauntlet-eval\[torch\]', or measure --on cpu"
    ):
        Cuda()
    none = SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: False))
    monkeypatch.setitem(sys.modules, "torch", none)
    with pytest.raises(UsageError, match=r"torch finds no CUDA GPU; check nvidia-smi .* or --on cpu"):
        Cuda()


def test_a_gpu_computes_what_it_is_asked_for_and_no_faster_than_it_can(tmp_path):
    torch = pytest.importorskip("torch", reason="needs torch with a CUDA GPU")
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA GPU")
    plan = Plan.of_registry(planted.registry().folder, "cuda").model_dump()
    plan["gemm"] = {
        "precisions": ("bf16", "tf32"),
        "families": {"square": {"m": "s", "n": "s", "k": "s", "s": (64, 4096)}},
    }
    plan["conv2d"]["families"] = {"early_3x3": plan["conv2d"]["families"]["early_3x3"]}
    file = tmp_path / "gpu.csv"
    new = measure(file, Plan.model_validate(plan), ("gemm", "memory", "conv2d"), Cuda())
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert len(new) == len(rows) == 2 * 2 + 16 + 4
    rates = {(row["operation"], row["precision"], row["note"]): float(row["work_flop"] or 0) / float(row["time_s"])
             for row in rows}  # fmt: skip
    large = {precision: rate for (kind, precision, note), rate in rates.items() if "m=4096" in note}
    assert large["tf32"] < large["bf16"]  # twice the bytes and half the peak on every GPU that has both
    moved = [float(row["moved_bytes"]) / float(row["time_s"]) for row in rows if row["operation"] == "memory"]
    assert max(moved) < 1e13 and min(moved) > 0.3 * max(moved)


def test_what_cannot_be_measured_or_written_is_said(tmp_path, small_plan, host):
    with pytest.raises(UsageError, match="'fp8' is not measured here; one of fp64, fp32"):
        tasks(small_plan, ("gemm",), ("fp8",), host)
    with pytest.raises(UsageError, match="cannot be written"):
        measure(tmp_path / "missing" / "x.csv", small_plan, ("gemm",), host)


@pytest.mark.skipif(not hasattr(machine.os, "sched_setaffinity"), reason="binding to CPUs needs Linux")
def test_a_process_is_bound_and_let_go():
    before = machine.cpus()
    with machine.limited_to(1) as count:
        assert count == machine.cpus() == 1
    assert machine.cpus() == before
    with pytest.raises(UsageError, match="--threads 99999"), machine.limited_to(99999):
        pass
    with machine.limited_to(None) as count:
        assert count == before


def test_a_plan_with_a_mistake_names_its_field(tmp_path):
    folder = tmp_path / "curves"
    folder.mkdir()
    text = (planted.registry().folder / "curves" / "measure.yaml").read_text(encoding="utf-8")
    (folder / "measure.yaml").write_text(text.replace("m: 16,", "m: few,"), encoding="utf-8")
    with pytest.raises(RegistryError, match=r"measure.yaml: gemm.families.few_rows.m"):
        Plan.of_registry(tmp_path)
