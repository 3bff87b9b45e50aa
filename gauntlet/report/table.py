"""`plots/<claim>.csv`: the points of one claim, with the numbers the figure draws."""

import csv
import io

from gauntlet.report.records import ClaimReport

COLUMNS = (
    "x", "category", "claimed", "reading_error", "predicted_low", "predicted_median", "predicted_high", "bound",
    "baseline_predicted", "gap", "by_load", "label", "used",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render_csv(claim: ClaimReport) -> str:
    """One line per point; units stand in the last two columns. Empty where there is no value."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow((*COLUMNS, "x_unit", "unit"))
    for row in claim.rows:
        writer.writerow([*(_cell(getattr(row, name)) for name in COLUMNS), _cell(claim.x_unit), _cell(claim.unit)])
    return stream.getvalue()


def _cell(value: object) -> object:
    """Words that a spreadsheet would run as a formula get a quote in front."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
