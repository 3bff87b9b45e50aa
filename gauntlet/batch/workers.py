"""One process per paper: started, given its job, ended when it hangs, and heard out."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from gauntlet.batch.papers import Found
from gauntlet.batch.worker import EVALUATOR
from gauntlet.records import run_name
from gauntlet.settings import Settings


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
            with process:  # closes its pipes and waits for its end
                try:
                    return self._converse(process, self._job(paper, run_dir), log)
                finally:
                    _end(process)
                    with self._guard:
                        self._alive.discard(process)

    def kill_all(self) -> None:
        """End every worker now, and start no more."""
        with self._guard:
            self._closed = True
            for process in self._alive:
                _end(process)

    def _start(self, stderr: Any) -> subprocess.Popen[str] | None:
        with self._guard:
            if self._closed:
                return None
            process = subprocess.Popen(
                [sys.executable, "-m", "gauntlet.batch.worker"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True, encoding="utf-8",
                start_new_session=True,  # Ctrl-C reaches the parent alone, and a worker ends with all it started
            )  # fmt: skip
            self._alive.add(process)
            return process

    def _converse(self, process: subprocess.Popen[str], job: str, log: Path) -> Outcome:
        timer = threading.Timer(self._plan.paper_wall_s, _end, [process])
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
        plan = self._plan
        settings = {name: str(v) if isinstance(v, Path) else v for name, v in told_settings(plan.settings).items()}
        return json.dumps(
            {
                "pdf": str(paper.path),
                "run_dir": str(run_dir),
                "llm": plan.llm,
                "wait_s": plan.wait_s,
                "evaluator": plan.evaluator,
                "settings": settings,
            }
        )


def told_settings(settings: Settings) -> dict[str, Any]:
    """What a worker is told. The key is not: it stays in the environment, which a worker shares."""
    kept = (field.name for field in fields(settings) if not field.name.startswith("_") and field.name != "limits")
    return {name: getattr(settings, name) for name in kept}


def _end(process: subprocess.Popen[str]) -> None:
    """Kill a worker that still runs, and what it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def read_outcome(said: str, code: int, log: Path) -> Outcome:
    """The last line of a worker as an outcome; a worker that said nothing readable died."""
    try:
        return Outcome(**json.loads(said.strip().splitlines()[-1]))
    except (IndexError, ValueError, TypeError):
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return Outcome("failed", None, f"the worker died ({how}); its last words are in {log}")
