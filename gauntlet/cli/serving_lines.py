"""What `gauntlet serving` says on a terminal, and the lines of its pictures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gauntlet.mechanisms.words import quantity

if TYPE_CHECKING:
    from gauntlet.hardware.registry import Registry
    from gauntlet.report.serving_figure import LoadLine
    from gauntlet.workloads.serving.compare import Compared
    from gauntlet.workloads.serving.deployment import Deployment
    from gauntlet.workloads.serving.sweep import Grid, Swept

_POINTS = 60
_UP_TO = 0.98
"""A curve over load is drawn from light load up to this part of saturation, unless loads were listed."""


def estimate_lines(swept: "Swept", on: "Deployment", record: Mapping[str, Any]) -> Iterator[str]:
    """One deployment under one load."""
    weights, capacity = on.weight_bytes_per_device() / 1e9, on.kv_token_capacity()
    yield (
        f"{on.model.name} ({on.model.parameters / 1e9:.1f} B parameters) on {record['devices']:.0f} x {on.device.name}"
    )
    yield f"  weights {weights:.1f} GB a device, cache for {capacity:,.0f} tokens an instance"
    yield f"  {record['state']}: {record['utilisation']:.0%} of {record['saturation_requests_per_s']:.4g} requests/s"
    yield f"  {'':<22}{'mean':>10}{'p50':>10}{'p90':>10}{'p99':>10}"
    for words, name in (("time to first token", "ttft"), ("inter-token latency", "itl"), ("whole response", "e2e")):
        cells = "".join(_time(record[f"{name}_{kind}_s"]) for kind in ("mean", "p50", "p90", "p99"))
        yield f"  {words:<22}{cells}"
    most, running = record["most_sequences"], record["running_sequences"]
    yield f"  bound of a step {_time(record['bound_itl_s']).strip()}; {running:.3g} sequences run of at most {most:.0f}"
    yield (
        f"  {record['requests_per_s']:.4g} requests/s, {record['output_tokens_per_s']:.5g} output tokens/s, "
        f"{record['tokens_per_s_per_device']:.5g} tokens/s a device"
    )
    choice = swept.choices[0]
    if choice is not None:
        band = f", 90 % band x{choice.low:.2f} to x{choice.high:.2f}" if np.isfinite(choice.low) else ""
        yield f"  step model {choice.model.name} ({choice.model.basis}{band}): {choice.reason}"
    if on.model.left_out:
        yield f"  not counted: {', '.join(on.model.left_out)}"


def sweep_lines(records: Sequence[Mapping[str, Any]], most: int) -> Iterator[str]:
    """A table of what differs, and the outcomes; the first `most` rows, with the number of the others."""
    names = ("model", "hardware", "tensor_parallel", "pipeline_parallel", "expert_parallel", "attention_data_parallel",
             "instances", "input_tokens", "output_tokens", "cached_tokens", "rate_per_s", "clients")  # fmt: skip
    shown = [name for name in names if name in records[0] and len({record[name] for record in records}) > 1]
    shown = shown or [name for name in ("rate_per_s", "clients") if name in records[0]]
    widths = {name: max(len(name), *(len(_cell(record[name])) for record in records)) for name in shown}
    header = "  ".join(f"{name:>{widths[name]}}" for name in shown)
    yield f"{header}  {'ttft':>10}{'ttft p99':>10}{'itl':>10}{'e2e':>10}{'tokens/s':>10}{'use':>6}  state"
    for record in records[:most]:
        cells = "  ".join(f"{_cell(record[name]):>{widths[name]}}" for name in shown)
        if record["refused"]:
            yield f"{cells}  {record['refused']}"
            continue
        times = "".join(_time(record[f"{name}_s"]) for name in ("ttft_mean", "ttft_p99", "itl_mean", "e2e_mean"))
        yield f"{cells}  {times}{record['output_tokens_per_s']:>10.4g}{record['utilisation']:>6.0%}  {record['state']}"
    if len(records) > most:
        yield f"... and {len(records) - most} more; --csv or --json gives all."


def comparison_lines(compared: "Compared") -> Iterator[str]:
    """One line a metric, then what failed."""
    yield f"{'metric':<12}{'points':>8}{'failed':>8}{'MAPE':>9}{'MPE':>9}{'Pearson':>9}{'by experiment':>15}  grade"
    for score in compared.scores:
        yield (
            f"{score.metric:<12}{score.points:>8}{score.failed:>8}{score.mape:>9.1%}{score.mpe:>+9.1%}"
            f"{score.pearson:>9.3f}{score.experiment_mape:>15.1%}  {score.grade}"
        )
    yield from compared.failures[:10]
    if len(compared.failures) > 10:
        yield f"... and {len(compared.failures) - 10} more rows without an estimate."


def load_lines(grid: "Grid", registry: "Registry") -> "list[LoadLine]":
    """Each deployment along its load: the loads listed, or up to saturation where there is one."""
    from gauntlet.report.serving_figure import LoadLine
    from gauntlet.workloads.serving.sweep import outcome_columns, sweep

    lines = []
    for on in grid.deployments:
        one = replace(
            grid, deployments=[on], input_tokens=grid.input_tokens[:1], output_tokens=grid.output_tokens[:1],
            instances=grid.instances[:1], cached_tokens=grid.cached_tokens[:1], max_sequences=grid.max_sequences[:1],
            step_token_budget=grid.step_token_budget[:1],
        )  # fmt: skip
        first = sweep(_with_loads(one, (grid.clients or grid.rates_per_s)[:1]), registry)
        if first.refused[0]:
            continue
        saturation = float(outcome_columns(first, [on])["saturation_requests_per_s"][0])
        swept = sweep(_with_loads(one, _loads(grid, saturation)), registry)
        columns = outcome_columns(swept, [on])
        lines.append(
            LoadLine(
                f"{on.model.name.rpartition('/')[2]} on {on.devices} x {on.device.name}",
                swept.settings["clients" if grid.clients else "rate_per_s"],
                columns["ttft_mean_s"], columns["ttft_p99_s"], columns["itl_mean_s"], columns["bound_itl_s"],
                float("nan") if grid.clients else saturation,
            )
        )  # fmt: skip
    return lines


def _with_loads(grid: "Grid", loads: Sequence[float]) -> "Grid":
    return replace(grid, clients=loads) if grid.clients else replace(grid, rates_per_s=loads)


def _loads(grid: "Grid", saturation: float) -> list[float]:
    listed = list(grid.clients or grid.rates_per_s)
    if len(listed) > 1:
        return sorted(set(listed))
    if grid.clients:
        return [float(n) for n in sorted({round(n) for n in np.geomspace(1, max(2 * listed[0], 8), _POINTS)})]
    return [_UP_TO * saturation * (place + 1) / _POINTS for place in range(_POINTS)]


def _time(value_s: float | None) -> str:
    return f"{'-' if value_s is None else quantity(float(f'{value_s:.3g}'), 's'):>10}"


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
