"""One paper harms no other, nothing is done twice, and only a missing model stops a batch."""

import pytest
from filelock import FileLock

from gauntlet.batch.workers import Outcome, read_outcome
from gauntlet.errors import RecordError, UsageError
from gauntlet.records import run_name


def states(result):
    return {row.path.rpartition("/")[2].removesuffix(".pdf"): (row.state, row.label) for row in result.rows}


def calls(tmp_path, result):
    """How often each paper was evaluated, counted by the evaluator itself."""
    found = {}
    for row in result.rows:
        path = tmp_path / "out" / row.run_dir / "calls"
        found[row.path.rpartition("/")[2].removesuffix(".pdf")] = len(path.read_text()) if path.exists() else 0
    return found


def test_one_bad_paper_harms_no_other(write, run):
    write(a="CONSISTENT", b="killed", c="MAGIC_GAP", d="unreadable", e="bug", f="exit", g="noisy", h="odd")
    ticks = []
    result = run(ticks)
    assert result.stopped is None
    assert states(result) == {
        "a": ("done", "CONSISTENT"), "b": ("failed", None), "c": ("done", "MAGIC_GAP"), "d": ("failed", None),
        "e": ("failed", None), "f": ("failed", None), "g": ("done", "CONSISTENT"), "h": ("failed", None),
    }  # fmt: skip
    messages = {row.path[-5]: row.message for row in result.rows}
    assert "signal 9" in messages["b"]
    assert messages["d"] == "PaperUnreadable: planted: unreadable"
    assert "ZeroDivisionError: planted" in messages["e"]
    assert "exit code 7" in messages["f"]
    assert [tick.finished for tick in ticks] == list(range(1, 9))
    assert ticks[-1].left_s == 0


def test_only_what_is_missing_is_done_again(write, run, tmp_path):
    write(a="CONSISTENT", b="odd")
    run()
    write(c="IMPOSSIBLE")
    assert calls(tmp_path, run()) == {"a": 1, "b": 1, "c": 1}
    assert calls(tmp_path, run(retry_failed=True)) == {"a": 1, "b": 2, "c": 1}


def test_a_lost_verdict_and_a_changed_plan_are_done_again(write, run, tmp_path):
    write(a="CONSISTENT", b="CONSISTENT")
    first = run()
    (tmp_path / "out" / first.rows[0].run_dir / "verdict.json").unlink()
    assert calls(tmp_path, run()) == {"a": 2, "b": 1}
    assert calls(tmp_path, run(llm="handoff")) == {"a": 3, "b": 2}


def test_equal_files_are_evaluated_once(write, folder, run):
    write(a="CONSISTENT")
    (folder / "deep").mkdir()
    (folder / "deep" / "copy.PDF").write_bytes((folder / "a.pdf").read_bytes())
    (folder / "notes.txt").write_text("no paper")
    result = run()
    assert [row.run_dir for row in result.rows] == [run_name(result.rows[0].sha256)]


def test_no_model_stops_and_the_next_run_goes_on(write, run, tmp_path):
    ready = tmp_path / "ready"
    write(a="CONSISTENT", b=f"until {ready}", c="CONSISTENT", d="CONSISTENT")
    stopped = run(jobs=1)
    assert stopped.stopped == "planted: unavailable"
    assert states(stopped) == {"a": ("done", "CONSISTENT"), **dict.fromkeys("bcd", ("queued", None))}
    ready.touch()
    finished = run(jobs=1)
    assert finished.stopped is None
    assert states(finished) == dict.fromkeys("abcd", ("done", "CONSISTENT"))
    assert calls(tmp_path, finished) == {"a": 1, "b": 2, "c": 1, "d": 1}


def test_a_missing_recording_fails_its_own_paper_alone(write, run):
    write(a="unavailable", b="CONSISTENT")
    assert states(run(llm="recorded")) == {"a": ("failed", None), "b": ("done", "CONSISTENT")}


def test_a_pending_answer_waits_for_the_next_run(write, run):
    write(a="pending", b="CONSISTENT")
    assert states(run(llm="handoff")) == {"a": ("queued", None), "b": ("done", "CONSISTENT")}


def test_a_paper_that_hangs_is_given_up(write, run):
    write(a="sleep 60", b="CONSISTENT")
    result = run(paper_wall_s=1.5)
    assert states(result) == {"a": ("failed", None), "b": ("done", "CONSISTENT")}
    assert "took longer than 1.5 s" in result.rows[0].message


def test_two_batches_do_not_share_a_folder(write, run, tmp_path):
    write(a="CONSISTENT")
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / "batch.lock"), pytest.raises(UsageError, match="Another batch is writing"):
        run()


def test_a_foreign_journal_is_refused(write, run, tmp_path):
    write(a="CONSISTENT")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "batch.sqlite").write_text("this is no database, and long enough to be read as one" * 40)
    with pytest.raises(RecordError, match="no batch journal"):
        run()


def test_an_empty_folder_is_refused(run):
    with pytest.raises(UsageError, match="holds no"):
        run()


@pytest.mark.parametrize(
    "said", ["", "Traceback ...", "[]", '{"kind": "done"}', '{"kind": "done", "label": 1, "x": 2}']
)
def test_a_worker_without_a_readable_last_line_died(said, tmp_path):
    assert read_outcome(said, 1, tmp_path / "log") == Outcome(
        "failed", None, f"the worker died (exit code 1); its last words are in {tmp_path / 'log'}"
    )
