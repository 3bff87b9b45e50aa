"""kill -9 of the whole batch at random moments: run again, it ends with the table of an undisturbed run."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BATCH = """
import sys
from pathlib import Path
from gauntlet.batch.papers import find_papers
from gauntlet.batch.run import run_batch
from gauntlet.batch.workers import Plan
from gauntlet.settings import Settings
plan = Plan(Settings(), llm="handoff", jobs=2, evaluator="tests.batch.fake:evaluate")
for row in run_batch(find_papers(Path(sys.argv[1])), Path(sys.argv[2]), plan, lambda tick: None).rows:
    print(row.path, row.run_dir, row.state, row.label, row.message)
"""


def start(folder, out):
    return subprocess.Popen(
        [sys.executable, "-c", BATCH, str(folder), str(out)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def live_workers(out):
    """Process ids of workers whose log is below `out`: a worker that outlives its parent would be one of them."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "fd" / "2").readlink().is_relative_to(out):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for workers in /proc")
def test_a_killed_batch_ends_like_an_undisturbed_one(write, folder, tmp_path):
    write(a="sleep 0.5", b="MAGIC_GAP", c="sleep 0.6", d="unreadable", e="sleep 0.7", f="IMPOSSIBLE")
    clean, _ = start(folder, tmp_path / "clean").communicate(timeout=60)
    assert len(clean.splitlines()) == 6
    moments = random.Random(7)
    out, kills, seen = tmp_path / "killed", 0, 0
    for _ in range(5):
        batch = start(folder, out)
        time.sleep(moments.uniform(0.2, 1.2))
        kills += batch.poll() is None
        seen += bool(live_workers(out))
        batch.send_signal(signal.SIGKILL)
        batch.communicate()
    assert kills >= 3  # the moments do fall inside the batch
    assert seen  # the search does find workers
    deadline = time.monotonic() + 5
    while live_workers(out) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert live_workers(out) == []  # each left with its parent
    again, _ = start(folder, out).communicate(timeout=60)
    assert again == clean
