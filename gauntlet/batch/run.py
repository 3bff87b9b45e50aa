"""A batch: every paper in its own process, journalled, resumable, and stopped only when no model can be reached."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from gauntlet import __version__
from gauntlet.batch.papers import Found, fingerprint, run_name
from gauntlet.batch.store import Row, State, Store, open_store
from gauntlet.batch.worker import EVALUATOR
from gauntlet.data import find_data, find_recordings
from gauntlet.errors import UsageError
from gauntlet.settings import Settings

_STATE_OF: dict[str, State] = {"done": "done", "failed": "failed", "pending": "queued", "unavailable": "queued"}


@dataclass(frozen=True)
class Plan:
    """What each paper of a batch is evaluated with. Times in seconds; `paper_wall_s` ends a paper that hangs."""

    settings: Settings
    llm: str | None = None
    wait_s: float = 0.0
    jobs: int = 1
    retry_failed: bool = False
    paper_wall_s: float = 3600.0
    evaluator: str = EVALUATOR


@dataclass(frozen=True)
class Outcome:
    """How one paper ended: 'done', 'failed', 'pending' (an answer is awaited) or 'unavailable' (no model)."""

    kind: str
    label: str | None
    message: str | None


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
    """Changes with whatever may change a verdict: tool, prompts, registry, recordings, model, draws."""
    settings = plan.settings
    recordings = find_recordings(settings.recordings_dir) if plan.llm in (None, "recorded") else None
    return fingerprint(
        __version__, plan.llm, settings.model, settings.base_url, str(settings.samples), str(settings.seed),
        find_data("prompts", settings.prompts_dir), find_data("hardware_registry", settings.registry_dir), recordings,
    )  # fmt: skip


def _work(
    todo: list[Found], out: Path, plan: Plan, store: Store, tell: Callable[[Tick], None]
) -> str | None:  # fmt: skip
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


class Workers:
    """Starts one process per paper, and can end them all."""

    def __init__(self, plan: Plan, out: Path) -> None:
        self._plan, self._out = plan, out
        self._alive: set[subprocess.Popen[str]] = set()
        self._guard = threading.Lock()
        self._closed = False

    def perform(self, paper: Found) -> Outcome:
        """Run one worker to its end. A worker that dies or hangs makes a failed paper, nothing more."""
        run_dir = self._out / run_name(paper.sha256)
        run_dir.mkdir(parents=True, exist_ok=True)
        log = run_dir / "worker.log"
        with log.open("w", encoding="utf-8") as stderr:
            process = self._start(stderr)
            if process is None:
                return Outcome("pending", None, "interrupted before it began")
            try:
                return self._converse(process, self._job(paper, run_dir), log)
            finally:
                process.kill()
                process.wait()
                with self._guard:
                    self._alive.discard(process)

    def kill_all(self) -> None:
        """End every worker now, and start no more."""
        with self._guard:
            self._closed = True
            for process in self._alive:
                process.kill()

    def _start(self, stderr: Any) -> subprocess.Popen[str] | None:
        with self._guard:
            if self._closed:
                return None
            process = subprocess.Popen(
                [sys.executable, "-m", "gauntlet.batch.worker"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True, encoding="utf-8",
            )  # fmt: skip
            self._alive.add(process)
            return process

    def _converse(self, process: subprocess.Popen[str], job: str, log: Path) -> Outcome:
        timer = threading.Timer(self._plan.paper_wall_s, process.kill)
        timer.start()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(job + "\n")
            process.stdin.flush()  # and kept open: its end tells the worker that this process is gone
            said = process.stdout.read()
            code = process.wait()
        except BrokenPipeError:
            said, code = "", process.wait()
        finally:
            late = not timer.is_alive()
            timer.cancel()
        if late:
            return Outcome("failed", None, f"took longer than {self._plan.paper_wall_s:g} s; see {log}")
        return read_outcome(said, code, log)

    def _job(self, paper: Found, run_dir: Path) -> str:
        settings = self._plan.settings
        named = ("base_url", "model", "prompts_dir", "registry_dir", "recordings_dir", "samples", "seed")
        values = {name: getattr(settings, name) for name in named}
        return json.dumps(
            {
                "pdf": str(paper.path), "run_dir": str(run_dir), "llm": self._plan.llm, "wait_s": self._plan.wait_s,
                "evaluator": self._plan.evaluator,
                "settings": {name: str(value) if isinstance(value, Path) else value for name, value in values.items()},
            }
        )  # fmt: skip


def read_outcome(said: str, code: int, log: Path) -> Outcome:
    """The last line of a worker as an outcome; a worker that said nothing readable died."""
    try:
        return Outcome(**json.loads(said.strip().splitlines()[-1]))
    except (IndexError, ValueError, TypeError):
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return Outcome("failed", None, f"the worker died ({how}); its last words are in {log}")
