"""Times of operations on the machine at hand, as the CSV that `gauntlet calibrate fit` reads.

Matrix products and convolutions are timed warm and repeated: operands that fit stay in caches, and then column
`resource` says that compute alone bounds them. Memory is timed over arrays beyond the caches. Each row is written when
it is measured, and rows that the file has already are not measured again: an interrupted run goes on where it was.
"""

import csv
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from gauntlet.errors import UsageError
from gauntlet.hardware.calibration.bench import Bench, Call, convolution_demands, torch_module
from gauntlet.hardware.calibration.measurements import Resource
from gauntlet.hardware.calibration.plan import MemoryPlan, Plan
from gauntlet.hardware.calibration.timing import Timing
from gauntlet.hardware.records import Precision
from gauntlet.hardware.rows import Rows

_LINE = 64
Kind = Literal["gemm", "memory", "conv2d"]
KINDS: tuple[Kind, ...] = get_args(Kind)
COLUMNS = ("operation", "precision", "group", "work_flop", "moved_bytes", "resource", "time_s", "time_low_s",
           "time_high_s", "repeats", "running", "threads", "machine", "conditions", "note")  # fmt: skip


class Task(NamedTuple):
    """One row to be measured; `ready` makes the call that is timed, and its operands only then."""

    operation: Kind
    precision: Precision
    group: str
    work_flop: int
    moved_bytes: int
    resource: Resource
    note: str
    ready: Callable[[], Call]

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from other rows of a file."""
        return self.operation, self.precision, self.group, self.note


class Progress(NamedTuple):
    """What has just been measured, of how many; `timing` is None for a row that the file had already."""

    number: int
    total: int
    task: Task
    timing: Timing | None


def tasks(plan: Plan, kinds: Sequence[Kind], precisions: Sequence[Precision], bench: Bench) -> list[Task]:
    """Everything that the plan names; without `precisions` those of the plan."""
    kind_tasks = {"gemm": _gemm, "memory": _memory, "conv2d": _convolutions}
    return [
        task
        for kind in kinds
        for precision in precisions or getattr(plan, kind).precisions
        for task in kind_tasks[kind](plan, precision, bench)
    ]


def measure(
    file: Path, plan: Plan, kinds: Sequence[Kind], bench: Bench, *, precisions: Sequence[Precision] = (),
    again: bool = False, progress: Callable[[Progress], None] = lambda _: None,
) -> list[Timing]:  # fmt: skip
    """Measure and write; the timings of the rows that are new. UsageError where the file cannot be written.

    `again` starts the file afresh.
    """
    todo, about = tasks(plan, kinds, precisions, bench), bench.about()
    known = set() if again or not file.exists() else _measured(file, about)
    found = []
    try:
        with file.open("w" if again or not file.exists() else "a", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            if stream.tell() == 0:
                writer.writeheader()
            for number, task in enumerate(todo, 1):
                timing = None if task.key in known else bench.time(task.ready(), plan.timing)
                if timing is not None:
                    writer.writerow(_row(task, timing) | about)
                    stream.flush()
                    found.append(timing)
                progress(Progress(number, len(todo), task, timing))
    except OSError as error:
        raise UsageError(f"{file} cannot be written ({error.strerror}); name another file with -o.") from error
    return found


def _measured(file: Path, about: Mapping[str, object]) -> set[tuple[str, ...]]:
    """Keys of the rows of an earlier run; UsageError where that was another machine, or had other threads."""
    if file.read_text(encoding="utf-8", errors="replace").strip() in ("", ",".join(COLUMNS)):
        return set()
    rows = Rows.read(file, COLUMNS)
    for name, now in about.items():
        if before := set(rows.columns[name]) - {str(now)}:
            was = f"{file} was measured with {name} {', '.join(sorted(before))}, and now it is {now}"
            raise UsageError(f"{was}; start it afresh with --again, or name another file with -o.")
    return set(zip(*(rows.columns[name] for name in ("operation", "precision", "group", "note")), strict=True))


def _row(task: Task, timing: Timing) -> dict[str, object]:
    return {
        "operation": task.operation, "precision": task.precision, "group": task.group,
        "work_flop": task.work_flop or "", "moved_bytes": task.moved_bytes or "", "resource": task.resource,
        "time_s": f"{timing.median_s:.6g}",
        "time_low_s": f"{timing.low_s:.6g}", "time_high_s": f"{timing.high_s:.6g}", "repeats": timing.repeats,
        "running": f"{timing.running:.3f}",
        "note": task.note,
    }  # fmt: skip


def _gemm(plan: Plan, precision: Precision, bench: Bench) -> Iterator[Task]:
    for group, family in plan.gemm.families.items():
        for size in family.members():
            m, n, k = size["m"], size["n"], size["k"]
            ready = partial(bench.gemm, m, n, k, precision)
            moved = bench.element_bytes(precision) * (m * k + k * n + m * n)
            bound_by = _resource(plan, moved, bench)
            yield Task("gemm", precision, group, 2 * m * n * k, moved, bound_by, f"m={m} n={n} k={k}", ready)


def _resource(plan: Plan, moved_bytes: int, bench: Bench) -> Resource:
    """Operands that are several times the last cache come from memory each time; those that fit may stay."""
    cache = bench.last_cache_bytes()
    return "roofline" if cache and moved_bytes > plan.memory.cache_multiples[0] * cache else "compute"


def _memory(plan: Plan, precision: Precision, bench: Bench) -> Iterator[Task]:
    """STREAM kernels; their arrays are several times the last-level cache, as far as free memory allows."""
    element_bytes, cache = bench.element_bytes(precision), bench.last_cache_bytes()
    sizes = array_sizes(plan.memory, cache, bench.free_memory_bytes())
    for kernel, arrays in plan.memory.kernels.items():
        for array_bytes in sizes:
            elements = array_bytes // element_bytes
            times = f", {array_bytes / cache:.2g} x the last-level cache" if cache else ""
            ready = partial(bench.stream, kernel, elements, precision)
            yield Task(
                "memory", precision, kernel, 0, arrays * array_bytes, "memory", f"elements={elements}{times}", ready
            )


def array_sizes(plan: MemoryPlan, cache_bytes: int, free_bytes: int | None) -> list[int]:
    """Bytes of an array: multiples of the cache, halved until all arrays of the largest fit into their share of memory.

    Halved, and not cut to measure, so that a run that goes on later finds its rows again.
    """
    least = max(plan.cache_multiples[0] * cache_bytes, plan.smallest_array_bytes)
    room = plan.share_of_free_memory * free_bytes / max(plan.kernels.values()) if free_bytes else math.inf
    largest = least * plan.cache_multiples[-1] / plan.cache_multiples[0]
    shrink = 0.5 ** max(0, math.ceil(math.log2(largest / room))) if math.isfinite(room) else 1.0
    return [int(shrink * least * each / plan.cache_multiples[0]) // _LINE * _LINE for each in plan.cache_multiples]


def _convolutions(plan: Plan, precision: Precision, bench: Bench) -> Iterator[Task]:
    torch_module("convolutions", "leave conv2d out")
    element_bytes = bench.element_bytes(precision)
    for group, family in plan.conv2d.families.items():
        for size in family.members():
            note = " ".join(f"{name}={value}" for name, value in size.items())
            work, moved = convolution_demands(size, element_bytes)
            ready = partial(bench.convolution, size, precision)
            yield Task("conv2d", precision, group, work, moved, _resource(plan, moved, bench), note, ready)
