"""mechanisms shows every function of the catalogue in words, numbers and curves."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from gauntlet.cli.terminal_plot import plot_text
from gauntlet.mechanisms.catalogue import catalogue, families, find
from gauntlet.mechanisms.curves import curves_of
from gauntlet.mechanisms.queueing import mmc


def names_in(listed):
    return [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]


def test_all_are_listed_under_the_titles_of_their_families(call):
    listed = call("mechanisms", "list").stdout
    assert names_in(listed) == list(catalogue())
    headings = [line for line in listed.splitlines() if not line.startswith("  ")]
    filled = {primitive.family for primitive in catalogue().values()}
    assert headings == [f"{title} ({name})" for name, title in families().items() if name in filled]


def test_one_family_is_listed_alone(call):
    storage = [name for name, primitive in catalogue().items() if primitive.family == "storage"]
    assert names_in(call("mechanisms", "list", "--family", "storage").stdout) == storage
    found = json.loads(call("mechanisms", "list", "--family", "storage", "--json").stdout)
    assert [entry["name"] for entry in found] == storage
    unknown = call("mechanisms", "list", "--family", "storeage")
    assert (unknown.exit_code, "queueing, operational" in unknown.stderr) == (2, True)


def test_a_function_is_shown_with_domains_signs_error_and_example(call):
    shown = " ".join(call("mechanisms", "show", "mmc").stdout.split())
    assert find("mmc").summary in shown
    assert "servers [1] a whole number of at least 1" in shown
    assert "raising servers lowers all outputs" in shown
    assert "error of its form: none (exact" in shown
    wait_s = mmc(3000.0, 0.001, 4, 0.99).mean_wait_s
    assert f"mean_wait_s = {1e6 * wait_s:.1f} µs" in shown
    assert "Erlang" in shown


@pytest.mark.parametrize("name", catalogue())
def test_every_function_is_shown(call, name):
    shown = call("mechanisms", "show", name)
    assert shown.exit_code == 0
    assert all(argument in shown.stdout for argument in catalogue()[name].arguments)


def test_json_says_what_the_catalogue_says(call):
    said = json.loads(call("mechanisms", "show", "mva_exact", "--json").stdout)
    primitive = find("mva_exact")
    assert said["summary"] == primitive.summary
    assert said["arguments"]["demands_s"]["domain"] == primitive.arguments["demands_s"].domain
    result = primitive.function(**primitive.example)
    assert said["result"]["throughput_per_s"] == result.throughput_per_s
    assert said["result"]["queue_lengths"] == result.queue_lengths.tolist()


def test_the_plot_climbs_where_the_curve_does(call):
    drawn = call("mechanisms", "show", "usl", "--plot").stdout.split("example:")[1]
    assert "throughput [k/s] against processors" in drawn
    curves = curves_of(find("usl"))
    lines = plot_text(curves, 100, colored=False).splitlines()
    signs = ("+", "x", "o", "*")
    inside = [line[1:].partition("│")[0][1:] for line in lines if line.startswith("│")]
    for sign, line in zip(signs, curves.lines, strict=True):
        top_row = next(row for row in inside if sign in row)
        peak = np.nanargmax(line.y) / line.y.size
        assert top_row.index(sign) / len(top_row) <= peak + 0.05
        assert top_row.rindex(sign) / len(top_row) >= peak - 0.15


def test_a_terminal_gets_colours_and_a_file_does_not():
    curves = curves_of(find("mmc"))
    assert "\x1b[" in plot_text(curves, 100, colored=True)
    assert "\x1b[" not in plot_text(curves, 100, colored=False)
    assert max(map(len, plot_text(curves, 60, colored=False).splitlines())) <= 60


@pytest.mark.parametrize("name", ["picture.svg", "picture.png"])
def test_the_picture_is_written(call, tmp_path, name):
    done = call("mechanisms", "show", "mm1", "-o", tmp_path / name)
    assert (done.exit_code, name in done.stderr) == (0, True)
    if name.endswith("svg"):
        assert ElementTree.parse(tmp_path / name).getroot().tag.endswith("svg")
    else:
        assert Image.open(tmp_path / name).size == (810, 480)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["mmcc"], "nearest"),
        (["mm1", "-o", "picture.gif"], ".svg or .png"),
        (["mm1", "-o", "no/such/folder/picture.svg"], "No such file"),
        (["mm1", "--plot", "--json"], "--plot"),
        (["thomasian_thrash_point", "--plot"], "no argument"),
    ],
)
def test_what_cannot_be_done_is_said(call, words, named):
    refused = call("mechanisms", "show", *words)
    assert (refused.exit_code, named in refused.stderr) == (2, True)
