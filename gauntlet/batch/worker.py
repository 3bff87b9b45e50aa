"""One paper in a process of its own: `python -m gauntlet.batch.worker`, a job on stdin, an outcome on stdout.

Stdin stays open while the parent lives; its end means that the parent is gone, and the worker leaves at once, so that
a restarted batch never meets an old worker in the same run folder.
"""

import json
import os
import signal
import sys
import threading
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

from gauntlet.errors import AnswerPending, GauntletError, ModelUnavailable
from gauntlet.settings import Settings, load_settings

EVALUATOR = "gauntlet.evaluate:evaluate"


def main() -> None:
    """Read one job, evaluate, write one line of JSON."""
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    outcome = perform(job)
    sys.stdout.write("\n" + json.dumps(outcome) + "\n")
    sys.stdout.flush()


def perform(job: dict[str, Any]) -> dict[str, str | None]:
    """Outcome of a job: kind ('done', 'failed', 'pending' or 'unavailable'), label and message."""
    settings = load_settings(**{name: _typed(name, value) for name, value in job["settings"].items()})
    try:
        module, function = job["evaluator"].split(":")
        verdict = getattr(import_module(module), function)(
            Path(job["pdf"]), Path(job["run_dir"]), settings, job["llm"], job["wait_s"], _note
        )
    except ModelUnavailable as error:
        return {"kind": _without_model(job["llm"], settings), "label": None, "message": str(error)}
    except AnswerPending as error:
        return {"kind": "pending", "label": None, "message": str(error)}
    except GauntletError as error:
        return {"kind": "failed", "label": None, "message": f"{type(error).__name__}: {error}"}
    except Exception as error:
        traceback.print_exc()
        return {"kind": "failed", "label": None, "message": f"a fault of Gauntlet: {type(error).__name__}: {error}"}
    return {"kind": "done", "label": verdict.label, "message": verdict.summary}


def _without_model(llm: str | None, settings: Settings) -> str:
    """'unavailable' when the other papers need the same endpoint; a missing recording fails its own paper alone."""
    return "unavailable" if llm == "openai" or (llm is None and settings.endpoint_configured) else "failed"


def _typed(name: str, value: Any) -> Any:
    return Path(value) if name.endswith("_dir") and value is not None else value


def _note(text: str) -> None:
    sys.stderr.write(text + "\n")


def _leave_with_parent() -> None:
    sys.stdin.read()
    if os.getpgrp() == os.getpid():  # started by a batch: take along what this worker started
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
