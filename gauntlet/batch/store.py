"""The journal of a batch: one SQLite file, one writer (the parent), readable after a kill at any moment."""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gauntlet.batch.papers import Found
from gauntlet.errors import RecordError
from gauntlet.records import run_name

State = Literal["queued", "running", "done", "failed"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS papers (
    sha256 TEXT PRIMARY KEY, path TEXT NOT NULL, run_dir TEXT NOT NULL, key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    label TEXT, message TEXT, attempts INTEGER NOT NULL DEFAULT 0, started_s REAL, finished_s REAL
) STRICT
"""
_COLUMNS = "sha256, path, run_dir, key, state, label, message, attempts, started_s, finished_s"


@dataclass(frozen=True)
class Row:
    """One paper of the journal; times are seconds since 1970, `run_dir` is relative to the journal's folder."""

    sha256: str
    path: str
    run_dir: str
    key: str
    state: State
    label: str | None
    message: str | None
    attempts: int
    started_s: float | None
    finished_s: float | None


class Store:
    """Table `papers`. A state changes in one transaction, so a killed parent leaves 'running', never half a row."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder

    def enter(self, papers: Iterable[Found], key: str, retry_failed: bool) -> None:
        """Queue what is new, was left running, lost its verdict, has another `key`, or failed and is to be retried."""
        with self._connection:
            for paper in papers:
                self._connection.execute(
                    "INSERT INTO papers (sha256, path, run_dir, key, state) VALUES (?, ?, ?, ?, 'queued') "
                    "ON CONFLICT (sha256) DO UPDATE SET path = excluded.path",
                    (paper.sha256, str(paper.path), run_name(paper.sha256), key),
                )
        again = {"queued", "running"} | ({"failed"} if retry_failed else set())
        stale = [
            row.sha256
            for row in self.rows({paper.sha256 for paper in papers})
            if row.state in again or row.key != key or (row.state == "done" and not self._has_verdict(row))
        ]
        with self._connection:
            self._connection.executemany(
                "UPDATE papers SET state = 'queued', key = ?, label = NULL, message = NULL WHERE sha256 = ?",
                [(key, sha256) for sha256 in stale],
            )

    def start(self, sha256: str) -> None:
        """A worker begins."""
        self._change(
            "state = 'running', attempts = attempts + 1, started_s = ?, finished_s = NULL", sha256, time.time()
        )

    def finish(self, sha256: str, state: State, label: str | None, message: str | None) -> None:
        """A worker ended; 'queued' puts the paper back for the next run."""
        self._change("state = ?, label = ?, message = ?, finished_s = ?", sha256, state, label, message, time.time())

    def rows(self, only: set[str]) -> list[Row]:
        """Rows of these papers in order of path."""
        cursor = self._connection.execute(f"SELECT {_COLUMNS} FROM papers ORDER BY path, sha256")
        return [Row(*values) for values in cursor if values[0] in only]

    def _change(self, assignments: str, sha256: str, *values: object) -> None:
        with self._connection:
            self._connection.execute(f"UPDATE papers SET {assignments} WHERE sha256 = ?", (*values, sha256))

    def _has_verdict(self, row: Row) -> bool:
        return (self._folder / row.run_dir / "verdict.json").is_file()


@contextmanager
def open_store(folder: Path) -> Iterator[Store]:
    """The journal `folder`/batch.sqlite, made when missing. RecordError when the file is something else."""
    path = folder / "batch.sqlite"
    try:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(_SCHEMA)
        connection.execute(f"SELECT {_COLUMNS} FROM papers LIMIT 1")
    except sqlite3.Error as error:
        raise RecordError(
            f"{path} is no batch journal of this version ({error}); move it away and run again."
        ) from None
    try:
        yield Store(connection, folder)
    finally:
        connection.close()
