"""The published JSON Schema of `report.json`: `python -m gauntlet.report.schema` writes it anew."""

import json
from pathlib import Path

from gauntlet.records import write_atomically
from gauntlet.report.records import Report

SCHEMA = Path(__file__).with_name("report.schema.json")


def render_schema() -> str:
    """The schema of what `Report.to_json` writes."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Report.model_json_schema(mode="serialization"),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write_atomically(SCHEMA, render_schema())
