"""Words against figures and tables, and figures and tables by themselves: a planted violation and an honest twin each.

Expected values are worked by hand from the points.
"""

import pytest

from tests.verdict.arithmetic.cases import checked, figure, found, table

RATES = figure(
    1, "Clients", "Throughput (kops/s)", Old=((10, 100), (20, 125), (40, 128)), New=((10, 200), (20, 375), (40, 512))
)  # ratios 2, 3, 4
DELAYS = figure(2, "Value size (KB)", "Mean latency (ms)", Old=((1, 3), (4, 6), (16, 9)), New=((1, 2), (4, 3), (16, 9)))
# ratios 1.5, 2, 1
SIZES = table(3, "Throughput, with small values.", "Keys | Old (kops/s) | New (kops/s)", "1 | 50 | 60", "8 | 40 | 100")
# ratios 1.2, 2.5
ALL = {"figures": (RATES, DELAYS), "tables": (SIZES,)}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("New improves throughput by up to 5.1x over Old.", "New improves throughput by up to 4x over Old."),
        ("New improves throughput by up to 5.1x.", "New improves throughput by up to 4x."),
        (
            "New cuts mean latency by up to 2.6x compared with Old.",
            "New cuts mean latency by up to 2x compared with Old.",
        ),
        ("Mean latency is up to 64% lower than with Old.", "Mean latency is up to 50% lower than with Old."),
        (
            "In Table 3, New has up to 3.1x higher throughput than Old.",
            "In Table 3, New has up to 2.5x higher throughput than Old.",
        ),
        (
            "The throughput of Old is up to 90% lower than that of New.",
            "The throughput of Old is up to 75% lower than that of New.",
        ),
    ],
)
def test_a_headline_against_the_series(wrong, right):
    assert found(wrong, **ALL) == ["headline_against_data"]
    assert found(right, **ALL) == []
    rows = {one.check: one for one in checked(right, **ALL).coverage}
    assert rows["headline_against_data"].agreeing == 1


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Ours improves throughput by up to 9x.", "names no system"),
        ("An early prototype was 9% slower.", "neither a system nor a measure"),
        ("New improves memory use by up to 9x over Old.", "named like its metric"),
        ("New improves throughput by 9x.", "names one system"),
        ("New has at most 9x lower throughput than Old.", "states a limit"),
    ],
)
def test_a_headline_that_the_data_cannot_settle_is_counted_and_not_flagged(sentence, reason):
    arithmetic = checked(sentence, **ALL)
    row = next(one for one in arithmetic.coverage if one.check == "headline_against_data")
    assert arithmetic.findings == ()
    assert reason in row.not_checked[0].reason


def test_a_figure_that_was_not_surely_read_may_hold_the_missing_ratio():
    unsure = figure(4, "Skew", "Throughput (kops/s)", confidence=0.6, Old=((1, 1), (2, 1)), New=((1, 5), (2, 5)))
    assert found("New improves throughput by up to 5.1x over Old.", figures=(RATES, unsure)) == []


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (  # 4 / 2 = 2
            "The gain over Old at 40 clients in Figure 1 is 2.5 times as large as that at value size 4 KB (Figure 2).",
            "The gain over Old at 40 clients in Figure 1 is 2.0 times as large as that at value size 4 KB (Figure 2).",
        ),
        (  # 3 / 1.2 = 2.5
            "New's lead over Old at 20 clients (Figure 1) is larger by a factor of 3.2 than with keys = 1 in Table 3.",
            "New's lead over Old at 20 clients (Figure 1) is larger by a factor of 2.5 than with keys = 1 in Table 3.",
        ),
    ],
)
def test_gains_at_two_points(wrong, right):
    assert found(wrong, **ALL) == ["gain_between_figures"]
    assert found(right, **ALL) == []


def test_a_gain_at_a_point_that_was_not_read_is_counted_as_such():
    words = (
        "The gain over Old at 40 clients in Figure {} is 2.5 times as large as the one at value size 4 KB (Figure 2)."
    )
    for sentence in (words.format(9), words.format(1).replace("40", "70")):  # no such figure, no such point
        rows = {one.check: one for one in checked(sentence, **ALL).coverage}
        assert "was not read" in rows["gain_between_figures"].not_checked[0].reason
        assert rows["headline_against_data"].found == 0
    other = "The gain over Old in Figure 1 is 2.5 times the price, as Figure 2 shows."
    assert {one.check: one for one in checked(other, **ALL).coverage}["gain_between_figures"].found == 0


def test_a_column_with_a_value_left_out_is_compared_where_it_has_one():
    """40 / 20 = 2 at 8 keys; at 64 keys the old one did not finish."""
    rows = "Keys | Old (ms) | New (ms)", "1 | 20 | 20", "8 | 40 | 20"
    for dash in ("–", "OOM", "n/a"):
        tables = (table(3, "Mean latency, with small values.", *rows, f"64 | {dash} | 90"),)
        assert found("New cuts mean latency by up to 3.1x over Old.", tables=tables) == ["headline_against_data"]
        assert found("New cuts mean latency by up to 2x over Old.", tables=tables) == []
    unsure = (table(3, "Mean latency, with small values.", *rows, "64 | 12 300 | 90"),)
    assert found("New cuts mean latency by up to 3.1x over Old.", tables=unsure) == []


def test_the_measure_of_a_table_is_what_its_caption_says_before_the_conditions():
    """40 / 20 = 2; a column headed by a unit alone was misread, and names nobody."""
    rows = "Keys | Old (ms) | New (ms)", "1 | 20 | 20", "8 | 40 | 20"
    at = (table(3, "Mean latency at low load, over all keys.", *rows),)
    assert found("New cuts mean latency by up to 3.1x over Old.", tables=at) == ["headline_against_data"]
    assert found("New cuts mean latency by up to 2x over Old.", tables=at) == []
    misread = (table(3, "Mean latency at low load.", "Keys | (ms) | New (ms)", *rows[1:]),)
    sentence = "New cuts mean latency by up to 3.1x over (ms)."
    assert (
        "no series"
        in {one.check: one for one in checked(sentence, tables=misread).coverage}["headline_against_data"]
        .not_checked[0]
        .reason
    )


def test_a_value_at_a_named_point():
    assert found("At 40 clients in Figure 1, New reaches 640 kops/s.", **ALL) == ["value_against_figure"]
    assert found("At 40 clients in Figure 1, New reaches 510 kops/s.", **ALL) == []
    assert found("At 40 clients in Figure 1, New reaches 640 MB.", **ALL) == []  # another quantity
    assert found("At 50 clients in Figure 1, New reaches 640 kops/s.", **ALL) == []  # no such point


def test_littles_law_with_a_rate_from_a_figure():
    """512,000/s x 125 us = 64."""
    words = (
        "With 40 clients (Figure 1), the {} concurrent requests of New start every 125 µs each, think time included."
    )
    assert found(words.format(40), **ALL) == ["littles_law"]
    assert found(words.format(64), **ALL) == []


def test_the_highest_point_of_a_figure_against_a_link():
    """512,000/s x 4 KiB = 2.1 GB/s: above 10 Gbit/s, below 25."""
    words = "At the highest point of Figure 1, each of these operations ships 4 KiB over one {} GbE port."
    assert found(words.format(10), **ALL) == ["bandwidth_exceeded"]
    assert found(words.format(25), **ALL) == []


def test_a_curve_that_scales_beyond_its_machines():
    def scaling(*ys):
        return figure(1, "Nodes", "Throughput (kops/s)", New=tuple(zip((1, 2, 4), ys, strict=True)))

    assert found(figures=(scaling(10, 26, 61),)) == ["superlinear_scaling"]
    assert found(figures=(scaling(10, 19, 36),)) == []
    assert found(figures=(scaling(10, 26, 36),)) == []  # one point may be noise
    assert found("In Figure 1 it scales faster than the nodes.", figures=(scaling(10, 26, 61),)) == []
    sized = figure(1, "Batch size", "Throughput (kops/s)", New=((1, 10), (2, 26), (4, 61)))
    assert found(figures=(sized,)) == []


def test_a_distribution_that_falls():
    rising = figure(1, "Latency (ms)", "Cumulative fraction", New=((1, 0.2), (2, 0.5), (4, 1.0)))
    falling = figure(1, "Latency (ms)", "Cumulative fraction", New=((1, 0.2), (3, 0.4), (2, 0.7), (4, 1.0)))
    complement = figure(1, "Latency (ms)", "CCDF", New=((1, 1.0), (3, 0.4), (4, 0.1)))
    assert found(figures=(falling,)) == ["falling_distribution"]
    assert found(figures=(rising,)) == []
    assert found(figures=(complement,)) == []


def test_a_share_drawn_above_one():
    def hits(top):
        return figure(1, "Cache size (MB)", "Hit ratio (%)", New=((1, 60), (2, top)))

    assert found(figures=(hits(107),)) == ["share_above_one"]
    assert found(figures=(hits(99.9),)) == []


def test_percentiles_that_cross_in_a_plot_and_in_a_table():
    crossed = figure(1, "Load (krps)", "Latency (us)", p50=((1, 10), (2, 60)), p99=((1, 40), (2, 50)))
    apart = figure(1, "Load (krps)", "Latency (us)", p50=((1, 10), (2, 20)), p99=((1, 40), (2, 50)))
    assert found(figures=(crossed,)) == ["percentiles_crossed"]
    assert found(figures=(apart,)) == []
    rows = "System | Median (us) | 99th percentile (us)", "Old | 20 | 90"
    assert found(tables=(table(1, "Latency.", *rows, "New | 80 | 30"),)) == ["percentiles_crossed"]
    assert found(tables=(table(1, "Latency.", *rows, "New | 30 | 80"),)) == []


def test_totals_against_their_rows():
    """10 + 20 + 30 = 60; 1 + 2 + 3 = 6."""
    rows = "Part | Time (ms) | Calls", "A | 10 | 1", "B | 20 | 2", "C | 30 | 3"
    assert found(tables=(table(1, "Costs.", *rows, "Total | 66 | 6"),)) == ["totals"]
    assert found(tables=(table(1, "Costs.", *rows, "Total | 60 | 6"),)) == []
    assert found(tables=(table(1, "Costs.", *rows, "Total | 100 | 6"),)) == []  # rows that nest or are left out


def test_energy_in_the_rows_of_a_table():
    """250 W x 120 s = 30 kJ."""
    rows = "System | Power (W) | Time (s) | Energy (kJ)", "Old | 300 | 200 | 60"
    assert found(tables=(table(1, "Energy.", *rows, "New | 250 | 120 | 36"),)) == ["energy"]
    assert found(tables=(table(1, "Energy.", *rows, "New | 250 | 120 | 30"),)) == []


def test_the_compared_one_may_stand_first():
    assert found("Compared with Old, New improves throughput by up to 5.1x.", **ALL) == ["headline_against_data"]
    assert found("Compared with Old, New improves throughput by up to 4x.", **ALL) == []


def test_the_only_rival_in_front_is_that_of_every_change():
    """4x in throughput, 2x in latency; the sentence names both, and either may show each."""
    words = "Compared with Old, New improves throughput by up to {}x and cuts mean latency by up to {}x."
    assert found(words.format(4, 2), **ALL) == []
    assert found(words.format(5.1, 2), **ALL) == ["headline_against_data"]
    assert found(words.format(4, 5.1), **ALL) == ["headline_against_data"]
    rows = {one.check: one for one in checked(words.format(4, 2), **ALL).coverage}
    assert rows["headline_against_data"].agreeing == 2
    unknown = "Compared with Old, New improves throughput by up to 4x, and is 5.1x faster than LevelDB."
    assert found(unknown, **ALL) == []  # a rival whose series nobody read
    two = "Compared with Old, New improves throughput by up to 4x, and by up to 9x over Older."
    older = figure(
        1, "Clients", "Throughput (kops/s)", Old=((1, 1), (2, 1)), Older=((1, 1), (2, 1)), New=((1, 4), (2, 4))
    )
    rows = {one.check: one for one in checked(two, figures=(older,)).coverage}
    assert "several changes" in rows["headline_against_data"].not_checked[0].reason


def test_it_stands_for_the_only_system_of_the_sentence_before():
    said = "New keeps its log in memory. It improves throughput by up to {}x."
    assert found(said.format(5.1), **ALL) == ["headline_against_data"]
    assert found(said.format(4), **ALL) == []
    assert found("New and Old keep a log. It improves throughput by up to 5.1x.", **ALL) == []
    assert found("Unlike Old, our log is in memory. It improves throughput by up to 4x.", **ALL) == []
    assert found("New keeps its log in memory.", "It improves throughput by up to 5.1x.", **ALL) == []  # a paragraph on
    assert found("New keeps its log in memory. It improves throughput by 5.1x.", **ALL) == []  # of whom?


def test_an_up_to_below_what_a_figure_shows_is_let_be():
    """Honest papers say 'up to' of one experiment, and show more in another."""
    assert found("New improves throughput by up to 3x over Old.", **ALL) == []


def test_a_ratio_at_a_point_that_only_the_axis_names():
    """375 / 125 = 3 at 20 clients."""
    assert found("New outperforms Old by 3.6x with 20 clients.", **ALL) == ["ratio_at_point"]
    assert found("New outperforms Old by 3.0x with 20 clients.", **ALL) == []
    assert found("New outperforms Old by 3.6x with roughly 20 clients.", **ALL) == []
    assert found("New outperforms Old by up to 3.6x with 20 clients.", **ALL) == []
    again = figure(4, "Clients", "Goodput (kops/s)", Old=((20, 10), (30, 10)), New=((20, 36), (30, 40)))
    assert found("New outperforms Old by 3.6x with 20 clients.", figures=(RATES, again)) == []  # which figure?


def test_a_value_at_a_point_that_only_the_axis_names():
    assert found("With 20 clients, the throughput of New is 480 kops/s.", **ALL) == ["value_against_figure"]
    assert found("With 20 clients, the throughput of New is 375 kops/s.", **ALL) == []


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("With 20 clients, New reaches 375 kops/s.", ""),
        ("With 20 clients, New reaches 480 kops/s.", None),
        ("With 20 clients, New reaches 480 kops/s of its peers.", "does not say what it measures"),
        ("With 20 clients, New needs 480 kops/s.", "does not say what it measures"),
        ("In a separate run with 20 clients, New reaches 480 kops/s.", "another run"),
    ],
)
def test_a_value_of_the_only_measure_in_its_unit_needs_no_name(sentence, reason):
    arithmetic = checked(sentence, **ALL)
    row = next(one for one in arithmetic.coverage if one.check == "value_against_figure")
    assert (row.found, row.differing) == (1, int(reason is None))
    if reason:
        assert reason in row.not_checked[0].reason
    else:
        assert row.not_checked == ()


def test_a_value_at_a_point_of_several_figures_agrees_with_any_and_differs_from_none():
    again = figure(4, "Clients", "Goodput (kops/s)", Old=((20, 10), (30, 10)), New=((20, 360), (30, 400)))
    both = {"figures": (RATES, again)}
    for value in (375, 360, 480):
        assert found(f"With 20 clients, New reaches {value} kops/s.", **both) == []
    rows = {one.check: one for one in checked("With 20 clients, New reaches 480 kops/s.", **both).coverage}
    assert "several figures" in rows["value_against_figure"].not_checked[0].reason
    unsure = figure(4, "Skew", "Rate (kops/s)", confidence=0.6, New=((1, 5), (2, 5)))
    assert found("With 20 clients, New reaches 480 kops/s.", figures=(RATES, unsure)) == []


SPEEDUPS = "System | Load (KTPS) | Speedup", "Old | 211 | 1.00", "Mid | 267 | 1.27", "New | 344 | 1.63"


def test_an_exact_ratio_below_the_only_one_of_its_measure():
    """1.63 / 1.27 = 1.28."""
    speedups = {"tables": (table(1, "Load.", *SPEEDUPS),)}
    assert found("New has a speedup of 1.21× over Mid.", **speedups) == ["headline_against_data"]
    assert found("New has a speedup of 1.28× over Mid.", **speedups) == []
    assert found("New has a speedup of 1.63x over Old and a 1.21x speedup over Mid.", **speedups) == [
        "headline_against_data"
    ]
    assert found("New has a speedup of 1.63x over Old and a 1.28x speedup over Mid.", **speedups) == []


def test_a_range_that_leaves_out_what_the_figure_shows():
    assert found("New improves throughput by 2-3.1x over Old.", figures=(RATES,)) == ["headline_against_data"]
    assert found("New improves throughput by 2-4x over Old.", figures=(RATES,)) == []
    assert found("New improves throughput by 2-6.5x over Old.", figures=(RATES,)) == ["headline_against_data"]


def test_a_shorter_name_may_stand_for_a_longer_one():
    rates = figure(
        1,
        "Clients",
        "Throughput (kops/s)",
        **{"Old": ((1, 4), (2, 4)), "Old Tuned": ((1, 1), (2, 1)), "New": ((1, 8), (2, 8))},
    )
    assert found("New improves throughput by 4.0x over Old, well tuned.", figures=(rates,)) == []
    assert found("New improves throughput by 4.0x over Old.", figures=(rates,)) == ["headline_against_data"]


def test_a_column_of_speed_ups_against_its_values():
    """344 / 211 = 1.63, 267 / 211 = 1.27."""
    wrong = *SPEEDUPS[:2], "Mid | 267 | 1.45", "New | 344 | 1.63", "Best | 422 | 2.00"
    right = *SPEEDUPS, "Best | 422 | 2.00"
    assert found(tables=(table(1, "Load.", *wrong),)) == ["ratio_columns"]
    assert found(tables=(table(1, "Load.", *right),)) == []
    unrelated = "System | Size (MB) | Speedup", "Old | 7 | 1.00", "Mid | 3 | 1.27", "New | 9 | 1.63"
    assert found(tables=(table(1, "Load.", *unrelated),)) == []


def test_another_statistic_is_another_metric():
    tails = figure(5, "Load (krps)", "99th-percentile latency (ms)", Old=((1, 90), (2, 90)), New=((1, 10), (2, 10)))
    means = figure(6, "Load (krps)", "Mean latency (ms)", Old=((1, 20), (2, 20)), New=((1, 10), (2, 10)))
    both = {"figures": (tails, means)}
    assert found("New cuts mean latency by up to 4x.", **both) == ["headline_against_data"]  # 2
    assert found("New cuts 99th-percentile latency by up to 4x.", **both) == []  # 9
    assert found("New cuts latency by up to 4x.", **both) == []  # either


def test_a_caption_says_what_a_title_in_two_lines_lost():
    lost = figure(7, "Load (krps)", "latency (ms)", Old=((1, 90), (2, 90)), New=((1, 10), (2, 10)))
    lost = lost.model_copy(update={"caption": "Figure 7: 99th-percentile latency, in open loop."})
    means = figure(6, "Load (krps)", "Mean latency (ms)", Old=((1, 20), (2, 20)), New=((1, 10), (2, 10)))
    assert found("New cuts mean latency by up to 4x.", figures=(lost, means)) == ["headline_against_data"]


def test_a_breakdown_that_is_no_whole():
    """45 + 30 + 25 = 100."""
    rows = "Step | Share (%)", "A | 45", "B | 30"
    assert found(tables=(table(1, "Breakdown of time.", *rows, "C | 34"),)) == ["columns_of_shares"]
    assert found(tables=(table(1, "Breakdown of time.", *rows, "C | 25"),)) == []
    assert found(tables=(table(1, "Breakdown of time.", *rows, "C | 60"),)) == []  # not of one whole
    assert found(tables=(table(1, "CPU use.", "Step | CPU (%)", *rows[1:], "C | 34"),)) == []
