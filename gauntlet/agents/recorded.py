"""Recorded answers: a run without a model, from answers given once, verbatim.

One file per question: `<recordings>/<first 16 digits of the paper's sha256>/<NN>-<step>-<round>.json`.
"""

from pathlib import Path

from pydantic import Field

from gauntlet.agents.chat import Answer, Request
from gauntlet.agents.exchanges import Exchange, Exchanges
from gauntlet.errors import AnswerUnusable, ModelUnavailable, UsageError
from gauntlet.records import Record
from gauntlet.specs.evidence import Origin


class Recording(Record):
    """One recorded answer. `made_how` says how it came about; `words_sha256` which words it answered."""

    paper_sha256: str
    step: str
    round: int = Field(ge=1)
    prompt_sha256: str
    words_sha256: str
    model: str | None
    made_how: str
    answer: str


class StepNotRecorded(ModelUnavailable):
    """The recordings of this paper end before this step."""


class RecordedModel:
    """Replays answers by (paper, step, round). An answer to other words is still replayed, but marked and counted."""

    sees_images = False
    resume_key: str | None = None

    def __init__(self, folder: Path):
        self.folder = folder
        self._stale: set[str] = set()

    @property
    def stale(self) -> int:
        """How many questions were answered by a recording made for other words."""
        return len(self._stale)

    def ask(self, request: Request) -> Answer:
        """The recorded answer; StepNotRecorded names the step and how to record it."""
        path = _folder_of(self.folder, request.paper_sha256) / f"{request.first_name}.json"
        if request.attempt > 1:
            raise AnswerUnusable(f"{path} no longer fits the form that is asked for. {_HOW_TO_RECORD}")
        if not path.is_file():
            raise StepNotRecorded(
                f"No recorded answer for step {request.step!r}, round {request.round} ({path}). {_HOW_TO_RECORD}"
            )
        recording = Recording.load(path)
        if recording.paper_sha256 != request.paper_sha256:
            raise StepNotRecorded(f"{path} belongs to another paper ({recording.paper_sha256}). {_HOW_TO_RECORD}")
        stale = recording.words_sha256 != request.words_sha256
        if stale:
            self._stale.add(path.name)
        origin = Origin(kind="recorded", model=recording.model, prompt_sha256=recording.prompt_sha256)
        return Answer(text=recording.answer, origin=origin, stale_prompt=stale, notes=(recording.made_how,))


_HOW_TO_RECORD = "Record it: evaluate the paper with a model or a hand-off, then save that run's answers as recordings."


def has_recording(folder: Path, paper_sha256: str) -> bool:
    """Whether any answer about this paper is recorded in `folder`."""
    return any(_folder_of(folder, paper_sha256).glob("*.json"))


def save_recordings(run_dir: Path, recordings_dir: Path, made_how: str) -> tuple[Path, ...]:
    """Turn the used answers of a live or hand-off run into recordings, verbatim; returns the files written."""
    used = [exchange for exchange in Exchanges(run_dir).all() if exchange.used]
    made = [exchange for exchange in used if exchange.origin.kind in ("live", "handoff")]
    if not made:
        raise UsageError(f"{run_dir} holds no answers of a model or a hand-off; evaluate the paper with one first.")
    return tuple(_save(exchange, recordings_dir, made_how) for exchange in made)


def _save(exchange: Exchange, recordings_dir: Path, made_how: str) -> Path:
    first = Request(exchange.step, exchange.round, "", "", exchange.schema_name, {}, exchange.paper_sha256)
    path = _folder_of(recordings_dir, exchange.paper_sha256) / f"{first.name}.json"
    Recording(
        paper_sha256=exchange.paper_sha256,
        step=exchange.step,
        round=exchange.round,
        prompt_sha256=exchange.prompt_sha256,
        words_sha256=exchange.words_sha256,
        model=exchange.origin.model,
        made_how=made_how,
        answer=exchange.answer,
    ).save(path)
    return path


def _folder_of(folder: Path, paper_sha256: str) -> Path:
    return folder / paper_sha256[:16]
