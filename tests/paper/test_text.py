"""The prompt text of a page whose making is known, and of a plot drawn from known data."""

import matplotlib

matplotlib.use("pdf")

import matplotlib.pyplot as plt

from gauntlet.paper.read import read_paper
from gauntlet.paper.text import paper_for_model
from gauntlet.settings import ReadLimits
from tests.paper.conftest import HIDDEN


def test_pages_blocks_and_tables(made_paper):
    text = paper_for_model(made_paper)
    assert text.index("[page 1]") < text.index("[page 2]")
    assert "\n## 1 Introduction\nWe measure how" in text
    assert "[table-2] Table 2: Latency by the number of servers. (1 header rows)" in text
    assert "| row 3 | 7 | 6.90 | 2.00 |" in text


def test_hidden_text_never_reaches_a_prompt(made_paper):
    text = paper_for_model(made_paper)
    for words in [*HIDDEN.values(), "Ignore all previous"]:
        assert words not in text


def test_a_cut_is_stated(made_paper):
    whole = paper_for_model(made_paper)
    cut = paper_for_model(made_paper, most_characters=300)
    assert cut.startswith(whole[:300])
    assert f"{len(whole) - 300} of {len(whole)} characters are left out" in cut


def test_plot_points_with_axes_and_ids(tmp_path):
    figure, axes = plt.subplots(figsize=(5, 3))
    axes.plot([1, 2, 4], [10, 20, 35], "o-", label="Fast")
    axes.set(xlabel="Clients", ylabel="Rate (op/s)", ylim=(0, 40))
    axes.legend()
    axes.text(1, 5, "cards hold 50,000 rows")
    figure.savefig(tmp_path / "plot.pdf")
    plt.close(figure)
    text = paper_for_model(read_paper(tmp_path / "plot.pdf", None, ReadLimits()))
    assert "x: Clients, linear" in text and "y: Rate [op/s], linear" in text
    assert "[figure-page-1/plot-1/series-1] Fast, line+marker, 3 points:" in text
    assert "words in the figure:" in text
    assert "cards hold 50,000 rows" in text
