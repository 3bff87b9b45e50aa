"""A batch: every paper in its own process, journalled, resumable, and stopped only when no model can be reached."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

import gauntlet
from gauntlet.batch.papers import Found, fingerprint
from gauntlet.batch.store import Row, State, Store, open_store
from gauntlet.batch.workers import Outcome, Plan, Workers, told_settings
from gauntlet.data import find_data, find_recordings
from gauntlet.errors import UsageError

_STATE_OF: dict[str, State] = {"done": "done", "failed": "failed", "pending": "queued", "unavailable": "queued"}


@dataclass(frozen=True)
class Tick:
    """One paper ended: how, how many of this run's papers have, and the time that the rest will take."""

    path: Path
    outcome: Outcome
    finished: int
    total: int
    left_s: float


@dataclass(frozen=True)
class BatchResult:
    """Rows of all papers asked for; `stopped` is the reason when no model could be reached."""

    rows: tuple[Row, ...]
    stopped: str | None


def run_batch(papers: tuple[Found, ...], out: Path, plan: Plan, tell: Callable[[Tick], None]) -> BatchResult:
    """Evaluate what the journal in `out` lacks. UsageError when another batch holds that folder."""
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / "batch.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(f"Another batch is writing to {out}; wait for it, or name another folder with -o.") from None
    with lock, open_store(out) as store:
        store.enter(papers, journal_key(plan), plan.retry_failed)
        wanted = {paper.sha256: paper for paper in papers}
        todo = [wanted[row.sha256] for row in store.rows(set(wanted)) if row.state == "queued"]
        stopped = _work(todo, out, plan, store, tell)
        return BatchResult(tuple(store.rows(set(wanted))), stopped)


def journal_key(plan: Plan) -> str:
    """Changes with whatever may change a verdict: code, prompts, registry, recordings, settings."""
    settings = plan.settings
    told = {name: value for name, value in told_settings(settings).items() if not name.endswith("_dir")}
    code = Path(gauntlet.__file__).parent
    prompts, registry = (
        find_data("prompts", settings.prompts_dir),
        find_data("hardware_registry", settings.registry_dir),
    )
    recordings = find_recordings(settings.recordings_dir) if plan.llm in (None, "recorded") else None
    return fingerprint(str(plan.llm), str(sorted(told.items())), code, prompts, registry, recordings)


def _work(todo: list[Found], out: Path, plan: Plan, store: Store, tell: Callable[[Tick], None]) -> str | None:
    """Keep `plan.jobs` papers going; only this thread touches the journal. The reason when it had to stop."""
    workers, waiting, began = Workers(plan, out), list(reversed(todo)), time.monotonic()
    running: dict[Future[Outcome], Found] = {}
    finished, stopped = 0, None
    with ThreadPoolExecutor(plan.jobs) as pool:
        try:
            while running or (waiting and not stopped):
                while waiting and not stopped and len(running) < plan.jobs:
                    paper = waiting.pop()
                    store.start(paper.sha256)
                    running[pool.submit(workers.perform, paper)] = paper
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    paper, outcome = running.pop(future), future.result()
                    store.finish(paper.sha256, _STATE_OF[outcome.kind], outcome.label, outcome.message)
                    finished += 1
                    stopped = stopped or (outcome.message if outcome.kind == "unavailable" else None)
                    left_s = (time.monotonic() - began) / finished * (len(todo) - finished)
                    tell(Tick(paper.path, outcome, finished, len(todo), left_s))
        finally:
            workers.kill_all()  # none is left unless this thread was interrupted
    return stopped
