"""Outcomes of `gauntlet serving` as flat records, for JSON and CSV: SI units, null for what does not exist."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gauntlet.workloads.serving.sweep import Grid, Swept


def records_of(swept: "Swept", grid: "Grid") -> list[dict[str, Any]]:
    """One flat record a configuration: settings, step model, outcome; what does not exist is null."""
    from gauntlet.workloads.serving.sweep import outcome_columns, state_of

    columns = outcome_columns(swept, grid.deployments)
    records = []
    for at, place in enumerate(swept.places):
        on, choice = grid.deployments[place], swept.choices[place]
        numbers = finite({name: float(column[at]) for name, column in columns.items()})
        use = float(columns["utilisation"][at])
        records.append({
            "model": on.model.name, "hardware": on.device.key, "tensor_parallel": on.tensor_parallel,
            "pipeline_parallel": on.pipeline_parallel, "expert_parallel": on.expert_parallel,
            "attention_data_parallel": on.attention_data_parallel, "precision": on.model.weights.precision,
            "kv_precision": on.kv_precision,
            **{name: float(column[at]) for name, column in swept.settings.items()},
            "step_model": choice.model.name if choice else None, "basis": choice.model.basis if choice else None,
            "why": choice.reason if choice else None, "state": state_of(use, closed=bool(grid.clients)),
            "refused": swept.refused[at] or None, **numbers,
        })  # fmt: skip
    return records


def finite(record: dict[str, Any]) -> dict[str, Any]:
    """Numbers that do not exist as None, which JSON can say."""
    return {
        name: None if isinstance(value, float) and not abs(value) < float("inf") else value
        for name, value in record.items()
    }


def as_csv(records: Sequence[Mapping[str, Any]]) -> str:
    """A header and one line a record."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return stream.getvalue()
