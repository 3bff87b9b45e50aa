"""The speed benchmark: its kernels and loops are second, independent ways to the outputs of primitives."""

import numpy as np
import pytest

from benchmarks.oracles import relative_difference
from benchmarks.speed.__main__ import main
from benchmarks.speed.others import others
from benchmarks.speed.race import TOLERANCE
from benchmarks.speed.races import RACES, race
from benchmarks.speed.tables import Table

pytestmark = pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")


@pytest.mark.parametrize("entry", RACES, ids=lambda entry: entry.primitive)
def test_primitives_give_what_hand_written_numpy_gives(entry):
    difference, pair = race(entry, 2000, 1, 1)
    assert difference <= TOLERANCE
    assert pair.first_s > 0
    assert pair.second_s > 0


def test_open_queues_are_raced_beyond_saturation_too():
    waits = {entry.primitive: entry for entry in RACES}["mg1_pk"]
    with np.errstate(all="ignore"):
        (wait_s, _) = waits.kernel(**waits.arguments(2000))
    assert 0 < np.isinf(wait_s).mean() < 0.1


def test_primitives_give_what_loops_in_python_give():
    table = others(200, 1)
    assert table.agreed
    assert {row[0] for row in table.rows} >= {"mm1", "mmc", "mva_schweitzer"}


@pytest.mark.parametrize("found", [1.0, np.nan, np.inf, np.zeros(2)])
def test_another_value_is_a_difference(found):
    assert relative_difference(found, np.float64(2.0)) > TOLERANCE


def test_a_table_replaces_its_own_part_of_a_file_alone(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(
        "before\n<!-- x -->\nold\n<!-- end of x -->\nafter\n<!-- y -->\n<!-- end of y -->\n", encoding="utf-8"
    )
    for value in ("1", "2"):
        Table("x", ("name", "s"), (("a", value),), "So.").write(path, "Then.")
    assert path.read_text(encoding="utf-8") == (
        "before\n<!-- x -->\n| name | s |\n|---|---:|\n| a | 2 |\n\nSo. Then.\n<!-- end of x -->\nafter\n"
        "<!-- y -->\n<!-- end of y -->\n"
    )
    with pytest.raises(ValueError, match="no place for the table"):
        Table("z", ("name",), (), "").write(path, "")


def test_an_unknown_table_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["rases"])
    assert "unknown table rases; expected races, others, simulation, iterations" in capsys.readouterr().err
