"""`gauntlet serving`: estimates, sweeps, fits and scores, with errors that name the option or field."""

import csv
import io
import json

import pytest

from gauntlet.workloads.transformer_config import read_config

LLAMA = ("-m", "Llama-3.1-8B", "-d", "h100_sxm5")


def test_an_estimate_shows_latency_saturation_and_the_step_model(call):
    result = call("serving", "estimate", *LLAMA, "--rate", "8")
    assert result.exit_code == 0
    for words in ("meta-llama/Llama-3.1-8B (8.0 B parameters) on 1 x NVIDIA H100", "time to first token", "p99",
                  "stable: ", "requests/s", "step model roofline (interpolated, 90 % band"):  # fmt: skip
        assert words in result.stdout
    assert "Step model roofline: no coefficients and no tables were given." in result.stderr


def test_json_has_si_units_and_the_step_model(call):
    found = json.loads(call("serving", "estimate", *LLAMA, "--concurrency", "16", "--json").stdout)
    assert found["model"] == "meta-llama/Llama-3.1-8B" and found["hardware"] == "gpu/h100_sxm5"
    assert found["step_model"] == "roofline" and found["why"]
    assert found["requests_per_s"] * found["e2e_mean_s"] == pytest.approx(16)  # Little's law
    assert found["bound_itl_s"] < found["itl_mean_s"] < found["itl_p99_s"]


def test_an_unstable_server_has_no_latency_in_json(call):
    found = json.loads(call("serving", "estimate", *LLAMA, "--rate", "1000", "--json").stdout)
    assert found["state"] == "unstable"
    assert found["ttft_mean_s"] is None and found["output_tokens_per_s"] > 0


def test_a_config_of_ones_own_is_read(call, tmp_path):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({
        "model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 4, "num_attention_heads": 16,
        "intermediate_size": 5632, "vocab_size": 32000,
    }))  # fmt: skip
    result = call("serving", "estimate", "-m", file, "-d", "h100_sxm5", "--rate", "1")
    assert f"({read_config(file).parameters / 1e9:.1f} B parameters)" in result.stdout


def test_a_sweep_is_a_table_csv_or_json_of_all_combinations(call):
    options = ("serving", "sweep", *LLAMA, "--tp", "1,2", "--rate", "1:16:3", "-i", "128,512")
    rows = list(csv.DictReader(io.StringIO(call(*options, "--csv").stdout)))
    records = json.loads(call(*options, "--json").stdout)
    assert len(rows) == len(records) == 2 * 3 * 2
    assert [float(row["rate_per_s"]) for row in rows[:3]] == pytest.approx([1, 4, 16])
    assert [float(row["ttft_mean_s"] or "nan") for row in rows] == pytest.approx(
        [record["ttft_mean_s"] or float("nan") for record in records], nan_ok=True
    )
    table = call(*options).stdout.splitlines()
    assert len(table) == 13 and "tensor_parallel" in table[0] and "input_tokens" in table[0]


def test_a_long_table_is_cut_and_says_so(call):
    assert "and 20 more; --csv or --json gives all" in call("serving", "sweep", *LLAMA, "--rate", "1:16:60").stdout


def test_what_does_not_fit_is_said_in_its_row_and_fails_an_estimate(call):
    table = call("serving", "sweep", "-m", "Llama-3-70B", "-d", "h100_sxm5", "--tp", "1,4", "--rate", "1").stdout
    assert "needs 141.1 GB of weights" in table and "stable" in table
    refused = call("serving", "estimate", "-m", "Llama-3-70B", "-d", "h100_sxm5", "--rate", "1")
    assert refused.exit_code == 2 and "raise tensor_parallel" in refused.stderr


def test_pictures_are_written(call, tmp_path):
    for name in ("load.svg", "load.png"):
        assert call("serving", "sweep", *LLAMA, "--tp", "1,2", "--rate", "2", "-o", tmp_path / name).exit_code == 0
    assert "Llama-3.1-8B on 2 x NVIDIA H100" in (tmp_path / "load.svg").read_text()
    assert (tmp_path / "load.png").read_bytes().startswith(b"\x89PNG")


def test_a_fit_is_written_and_used(call, tmp_path):
    steps, fitted = tmp_path / "steps.csv", tmp_path / "mine.json"
    rows = [(5e-3 + 4e-5 * p + 2e-5 * d, p, d, 500) for p in (0, 100, 900) for d in (1, 10, 60, 200)]
    lines = [",".join(map(str, row)) for row in rows]
    steps.write_text("step_s,prefill_tokens,decode_requests,context_tokens\n" + "\n".join(lines) + "\n")
    result = call("serving", "fit", steps, *LLAMA, "-o", fitted)
    assert result.exit_code == 0 and "12 rows, MAPE" in result.stdout
    used = call("serving", "estimate", *LLAMA, "--rate", "2", "--coefficients", fitted)
    assert "step model regression" in used.stdout
    other = call("serving", "estimate", "-m", "Llama-2-7B", "-d", "h100_sxm5", "--rate", "2", "--coefficients", fitted)
    assert other.exit_code == 2 and "its model is meta-llama/Llama-3.1-8B" in other.stderr


def test_measurements_are_scored_and_drawn(call, tmp_path):
    file = tmp_path / "measured.csv"
    file.write_text(
        "model,hardware,input_tokens,output_tokens,rate_per_s,itl_mean_ms\n"
        "Llama-3.1-8B,h100_sxm5,512,128,1,8\nLlama-3.1-8B,h100_sxm5,512,128,8,11\nLlama-3.1-8B,h9000,512,128,8,11\n"
    )
    result = call("serving", "compare", file, "-o", tmp_path / "scatter.svg")
    assert result.exit_code == 0
    assert "itl_mean" in result.stdout and "h9000" in result.stdout
    assert "itl mean  (2 points)" in (tmp_path / "scatter.svg").read_text()
    scores = json.loads(call("serving", "compare", file, "--json").stdout)
    assert scores["scores"][0]["failed"] == 1 and len(scores["failures"]) == 1


def test_known_models_are_listed_with_their_sources(call):
    assert "Qwen/Qwen3-8B" in call("serving", "models", "--match", "qwen3").stdout
    found = json.loads(call("serving", "models", "--json").stdout)
    assert all(row["source"] and row["date"] and row["parameters"] > 0 for row in found)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("estimate", *LLAMA), "name --rate (open loop) or --concurrency (closed loop), and not both"),
        (("estimate", *LLAMA, "--rate", "1", "--concurrency", "1"), "and not both"),
        (("estimate", *LLAMA, "--rate", "1,2"), "takes one value of each option"),
        (("estimate", *LLAMA, "--rate", "fast"), "--rate 'fast': 'fast' is no number"),
        (("estimate", *LLAMA, "--rate", "-1"), "--rate '-1': -1 is invalid; expected a number above 0"),
        (("estimate", *LLAMA, "--rate", "nan"), "--rate 'nan': nan is invalid"),
        (("estimate", *LLAMA, "--rate", "1", "-i", "0"), "--input '0': 0 is invalid; expected a whole number of at le"),
        (("estimate", *LLAMA, "--rate", "1", "--tp", "1.5"), "--tp '1.5': 1.5 is invalid"),
        (("sweep", *LLAMA, "--rate", "9:1:4"), "'9:1:4' is no number and no LOW:HIGH:COUNT"),
        (("estimate", "-m", "Llama-3.1-8B", "-d", "h1000", "--rate", "1"), "nearest: "),
        (("estimate", "-m", "Lama-3.1-8B", "-d", "h100_sxm5", "--rate", "1"), "nearest: Llama-3.1-8B"),
        (("estimate", "-m", "no/config.json", "-d", "h100_sxm5", "--rate", "1"), "cannot be read"),
        (("estimate", *LLAMA, "--rate", "1", "--precision", "fp9"), "precision 'fp9' is unknown; expected one of bf16"),
        (("estimate", "-m", "Llama-3.1-8B", "-d", "a100_sxm_80gb", "--rate", "1", "--precision", "fp8"),
         "has no rate for precision 'fp8'; it has"),
        (("estimate", *LLAMA, "--rate", "1", "--ep", "2"), "has no experts"),
        (("estimate", *LLAMA, "--rate", "1", "-i", "600000"), "one request needs 600256"),
        (("estimate", *LLAMA, "--rate", "1", "--step-model", "mfu"), "no --mfu-tables were given"),
        (("estimate", *LLAMA, "--rate", "1", "-o", "x.pdf"), "must end in .svg or .png"),
        (("estimate", *LLAMA, "--rate", "1", "--prefix", "2000"), "cached_tokens reach input_tokens"),
        (("fit", "none.csv", *LLAMA, "-o", "x.json"), "cannot be read"),
        (("compare", "none.csv"), "cannot be read"),
        (("models", "--match", "parrot"), "no model has 'parrot' in its name"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_one_line(call, words, told):
    result = call("serving", *words)
    assert result.exit_code == 2
    assert told in result.stderr and "Traceback" not in result.stderr
