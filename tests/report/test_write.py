"""The same records give the same bytes, and every form of the report gives the same numbers."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from gauntlet.report.records import Report
from gauntlet.report.schema import SCHEMA, render_schema
from gauntlet.report.table import COLUMNS
from gauntlet.report.words import number, quantity, times
from tests.costs import example
from tests.report.cases import written
from tests.report.test_page import Tags

_AGAIN = """
import sys
from pathlib import Path
from tests.report.cases import written
written(Path(sys.argv[1]))
print(" ".join(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder and its report."""
    folder = tmp_path_factory.mktemp("run")
    return folder, written(folder)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_the_same_bytes_in_another_process_without_any_model_client(run, tmp_path):
    there = subprocess.run(
        [sys.executable, "-c", _AGAIN, str(tmp_path / "there")], capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": "5", "PYTHONPATH": ":".join(sys.path), "TZ": "Asia/Tokyo", "HOME": str(tmp_path)},
    )  # fmt: skip
    here = _bytes(run[0])
    assert len(here) == 3 + 5 * 3 + 1  # and the list of what is drawn
    assert here == _bytes(tmp_path / "there")
    loaded = set(there.stdout.split())
    assert not {name for name in loaded if name == "openai" or name.startswith("gauntlet.agents")}
    assert "matplotlib.pyplot" not in loaded


def test_json_page_markdown_and_csv_give_the_same_numbers(run):
    folder, report = run
    text = Tags((folder / "report.html").read_text()).text
    markdown = (folder / "report.md").read_text()
    for claim in report.claims:
        assert times(claim.gap) in text
        assert times(claim.gap) in markdown
        rows = list(csv.DictReader((folder / f"{claim.plot}.csv").open()))
        assert len(rows) == len(claim.rows)
        for cells, row in zip(rows, claim.rows, strict=True):
            for name in (
                "claimed",
                "predicted_low",
                "predicted_median",
                "predicted_high",
                "bound",
                "baseline_predicted",
            ):
                value = getattr(row, name)
                assert cells[name] == ("" if value is None else str(value))
                assert number(value) in text
                assert number(value) in markdown
            assert cells["label"] == row.label


def test_rows_repeat_the_verdict_and_the_paper(run):
    spec, report = example.spec(0.7), run[1]
    curve = next(claim for claim in report.claims if claim.id == "shared_curve")
    points = spec.claim("shared_curve").points
    assert [row.claimed for row in curve.rows] == [point.y for point in points]
    assert curve.rows[curve.decisive].gap == curve.gap
    assert curve.baseline == "Partitioned"
    for row in curve.rows:
        truth = 1e6 * example.partitioned_latency_s(1e3 * row.x)
        assert row.baseline_predicted == pytest.approx(truth, rel=0.15)  # the median of judged constants lies near


def test_proposals_come_first_and_the_most_severe_before(run):
    claims = run[1].claims
    assert [claim.mechanism_kind for claim in claims] == ["proposed"] * 3 + ["baseline"] * 2
    assert claims[0].label == "IMPOSSIBLE"


def test_report_json_fits_the_published_schema(run):
    folder, report = run
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((folder / "report.json").read_text()), schema)
    endless = report.claims[0].rows[0].model_copy(update={"predicted_high": float("inf")})
    claim = report.claims[0].model_copy(update={"rows": (endless,)})
    changed = report.model_copy(update={"claims": (claim,)})
    jsonschema.validate(json.loads(changed.to_json()), schema)
    assert Report.model_validate_json(changed.to_json()) == changed
    broken = json.loads(report.to_json()) | {"label": "PROBABLY"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


def test_the_published_schema_is_the_one_of_the_code():
    assert SCHEMA.read_text() == render_schema(), "run 'python -m gauntlet.report.schema'"


def test_a_spreadsheet_runs_no_formula_from_a_paper(tmp_path):
    spec = example.spec()
    names = tuple(item.model_copy(update={"meaning": "=HYPERLINK(1)"}) for item in spec.configurations)
    written(tmp_path, spec.model_copy(update={"configurations": names}))
    rows = list(csv.DictReader((tmp_path / "plots/shared_peaks.csv").open()))
    assert {row["category"] for row in rows} == {"'=HYPERLINK(1)"}
    assert set(rows[0]) == {*COLUMNS, "x_unit", "unit"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (1234.5678, "1235"),
        (1e-9, "1e-09"),
        (15000.0, "15000"),
        (123456.0, "123500"),
        (float("inf"), "∞"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_numbers_in_words(value, words):
    assert number(value) == words


def test_factors_and_quantities_in_words():
    assert (times(1.4242), times(None), times(float("inf"))) == ("1.42×", "–", "> 10⁶×")
    assert (quantity(2.0, "us"), quantity(2.0, "×"), quantity(2.0, "")) == ("2 us", "2×", "2")
