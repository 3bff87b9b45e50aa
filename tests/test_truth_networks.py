"""Sets of the measured benchmark on networks, collectives and agreement: from a made training folder to answers.

The folders are made here with planted laws; what the shipped parameters are fitted to is not part of the project.
"""

import csv

import numpy as np
import pytest

from benchmarks.truth import __main__ as command
from benchmarks.truth import cv_throughput, rows
from gauntlet.errors import UsageError

SETS = ("cv_throughput", "collectives", "consensus", "consensus_throughput", "dnn_edge")


def write(file, table):
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(table[0]))
        writer.writeheader()
        writer.writerows(table)


def vision(folder, draw):
    counts, measured = [], []
    for family in "abcd":
        for number in range(6):
            mac, activations = draw.uniform(0.5, 20), draw.uniform(2, 40)
            name, per_image = f"{family}{number}", mac * 1.2e-5 + activations * 2e-5
            counts.append({"model": name, "img": 224, "params_M": draw.uniform(5, 90), "gmacs": mac,
                           "acts_M": activations, "family": family})  # fmt: skip
            measured += [
                {"config": f"{machine}/amp/nchw/pt240/eager", "model": name, "img": 224, "batch": 256,
                 "samples_per_s": speed / per_image * np.exp(draw.normal(0, 0.05))}
                for machine, speed in (("rtx3090", 1.0), ("rtx4090", 1.5))
            ]  # fmt: skip
    write(folder / "cv_throughput" / "models.csv", counts)
    write(folder / "cv_throughput" / "throughput.csv", measured)
    by_name = {row["model"]: row for row in counts}
    return [row | by_name[row["model"]] for row in measured], "samples_per_s"


def collectives(folder, draw):
    sizes = [2**power for power in range(10, 27, 4)]
    rates = {"a100_sxm": 300e9, "h100_sxm": 450e9, "gb200": 900e9}
    one = [
        {"hw": hw, "impl": "NCCL", "op": "all_reduce", "dtype": "half", "num_gpus": p, "size": size,
         "lat_us": 5 + 2 * p + 1e6 * 1.4 * 2 * (p - 1) / p * 2 * size / rate}
        for hw, rate in rates.items() for p in (2, 8) for size in sizes
    ]  # fmt: skip
    other = [
        {"node": node, "op": "all_reduce", "num_workers": 16, "devices_per_node": 8, "bytes": size,
         "median_ms": 0.05 + size / 5e10 * 1e3}
        for node in ("a100_dgx", "h100_dgx") for size in sizes
    ]  # fmt: skip
    write(folder / "collectives" / "aic_collectives.csv", one)
    write(folder / "collectives" / "vidur_collectives.csv", other)
    return one + [row for row in other if row["node"] == "a100_dgx"], "lat_us"


def agreement(folder, draw):
    runs = [
        {"source": "someone/narwhal:paper-data/tusk", "faults": faults, "nodes": nodes, "workers": "",
         "input_tps": offered, "e2e_tps": min(offered, 15e3 * nodes, 1e5),
         "e2e_latency_ms": 1500 + 20e3 * faults / nodes + 4e3 * max(0, np.log(offered / min(15e3 * nodes, 1e5)))}
        for nodes in (4, 10, 20) for faults in (0, 1) for offered in (1e4, 5e4, 9e4, 1.2e5)
    ]  # fmt: skip
    loop = {"clients": 10, "latency_ms": 20, "latency_stat": "mean", "op": "write", "ops_per_s_max": 495}
    write(folder / "consensus" / "bft_wan.csv", runs)
    write(folder / "consensus" / "quorum_small.csv", [loop])
    return runs, "e2e_latency_ms"


def edge(folder, draw):
    networks = [
        {"hw": hw, "model": f"net{number % 5}", "dtype": "fp16", "batch": 1, "flops": 10 ** draw.uniform(8, 11),
         "bytes": 10 ** draw.uniform(7, 9), "subgraphs": 70, "sum_latency_ms": 0.0}
        for hw in ("jetson_orin_50w", "jetson_orin_agx_maxn", "intel_core_i7_12700k") for number in range(15)
    ]  # fmt: skip
    for row in networks:
        row["sum_latency_ms"] = 20 + row["flops"] * 1e-9 + row["bytes"] * 1e-8
    write(folder / "dnn_edge" / "model_latency.csv", networks)
    return networks, "sum_latency_ms"


MADE = {"cv_throughput": vision, "collectives": collectives, "consensus": agreement, "dnn_edge": edge}


@pytest.fixture
def keeps_parameters_here(monkeypatch, tmp_path):
    monkeypatch.setattr(rows, "parameters_file", lambda name: tmp_path / "estimates" / f"{name}.json")


@pytest.mark.parametrize("name", list(MADE))
def test_a_set_learns_and_answers_rows_without_their_measurements(name, keeps_parameters_here, tmp_path, capsys):
    measured, column = MADE[name](tmp_path, np.random.default_rng(0))
    assert command.main(["fit", "--train", str(tmp_path), "--set", name]) == 0
    asked, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    one_kind = [row for row in measured if set(row) == set(measured[0])]
    hidden = {column, "e2e_tps", "median_ms"}
    write(asked, [{key: value for key, value in row.items() if key not in hidden} for row in one_kind])
    assert command.main(["predict", "--set", name, "--rows", str(asked), "--out", str(out)]) == 0
    unit = {"samples_per_s": 1.0, "lat_us": 1e-6}.get(column, 1e-3)
    with out.open() as stream:
        answers = [float(row["time_s"]) for row in csv.DictReader(stream)]
    truth = [row["batch"] / row[column] if name == "cv_throughput" else row[column] * unit for row in one_kind]
    assert np.median(np.abs(np.array(answers) / truth - 1)) < 0.15
    command.main(["validate", "--train", str(tmp_path), "--set", name])
    assert "median error" in capsys.readouterr().out


def test_throughput_is_answered_by_the_parameters_of_latency(keeps_parameters_here, tmp_path):
    runs, _ = agreement(tmp_path, None)
    assert command.main(["fit", "--train", str(tmp_path), "--set", "consensus"]) == 0
    asked, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    write(asked, [{key: value for key, value in row.items() if not key.startswith("e2e")} for row in runs])
    assert command.main(["predict", "--set", "consensus_throughput", "--rows", str(asked), "--out", str(out)]) == 0
    with out.open() as stream:
        rates = [1 / float(row["time_s"]) for row in csv.DictReader(stream)]
    assert np.median(np.abs(np.array(rates) / [row["e2e_tps"] for row in runs] - 1)) < 0.1


def test_a_row_without_counts_or_with_another_config_is_named():
    row = {"config": "rtx3090/amp/nchw/pt240/eager", "img": "224", "batch": "1", "params_M": "1", "acts_M": "1"}
    parameters = rows.read_parameters("cv_throughput")
    with pytest.raises(UsageError, match="gmacs"):
        cv_throughput.predict([row], parameters)
    with pytest.raises(UsageError, match="machine/precision"):
        cv_throughput.predict([row | {"gmacs": "1", "config": "rtx3090"}], parameters)


def test_a_machine_that_the_registry_lacks_is_not_answered():
    row = {"config": "abacus/amp/nchw/pt240/eager", "img": "224", "batch": "1"}
    row |= {"params_M": "1", "acts_M": "1", "gmacs": "1"}
    assert cv_throughput.predict([row], rows.read_parameters("cv_throughput")) == [None]


@pytest.mark.parametrize("name", SETS)
def test_the_sets_are_found(name):
    assert name in command.sets.names()
