"""Every prompt and answer of a run as files, and their second use: a crashed run repeats no call.

One file per attempt in `<run>/exchanges/`. A saved answer is used again only where the prompt's hash, the model and
its address are equal; it keeps the origin it had.
"""

from pathlib import Path

from pydantic import Field

from gauntlet.agents.chat import Answer, Finish, Request
from gauntlet.errors import RecordError
from gauntlet.records import Record
from gauntlet.specs.evidence import Origin


class Exchange(Record):
    """One attempt: what was asked, what came back, and what was wrong with it (empty: it was used)."""

    step: str
    round: int = Field(ge=1)
    attempt: int = Field(ge=1)
    paper_sha256: str
    prompt_sha256: str
    words_sha256: str = Field(description="The same without the images.")
    resume_key: str | None
    origin: Origin
    finish: Finish
    input_tokens: int | None
    output_tokens: int | None
    stale_prompt: bool
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    schema_name: str
    images: tuple[str, ...]
    system: str
    user: str
    answer: str

    @property
    def used(self) -> bool:
        """Whether the answer was of the asked form."""
        return self.finish == "stop" and not self.problems

    def as_answer(self) -> Answer:
        """The answer as it came."""
        return Answer(
            text=self.answer,
            origin=self.origin,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            finish=self.finish,
            stale_prompt=self.stale_prompt,
            notes=self.notes,
        )


class Exchanges:
    """The exchanges of one run folder."""

    def __init__(self, run_dir: Path):
        self.folder = run_dir / "exchanges"

    def find(self, request: Request, resume_key: str | None) -> Answer | None:
        """The saved answer to the same request from the same model, when it led to a usable one."""
        if resume_key is None:
            return None
        try:
            saved = Exchange.load(self._path(request.name))
        except RecordError:  # missing, or half of a file from elsewhere: then it is asked again
            return None
        if (saved.prompt_sha256, saved.resume_key) != (request.sha256, resume_key):
            return None
        later = (exchange for exchange in self._attempts(request) if exchange.attempt >= saved.attempt)
        return saved.as_answer() if any(exchange.used for exchange in later) else None

    def save(self, request: Request, answer: Answer, resume_key: str | None, problems: tuple[str, ...]) -> None:
        """Write one attempt; a first attempt removes later ones, which belong to an older prompt."""
        if request.attempt == 1:
            for path in self.folder.glob(f"{request.first_name}-attempt*.json"):
                path.unlink()
        Exchange(
            step=request.step,
            round=request.round,
            attempt=request.attempt,
            paper_sha256=request.paper_sha256,
            prompt_sha256=request.sha256,
            words_sha256=request.words_sha256,
            resume_key=resume_key,
            origin=answer.origin,
            finish=answer.finish,
            input_tokens=answer.input_tokens,
            output_tokens=answer.output_tokens,
            stale_prompt=answer.stale_prompt,
            notes=answer.notes,
            problems=problems,
            schema_name=request.schema_name,
            images=tuple(image.name for image in request.images),
            system=request.system,
            user=request.user,
            answer=answer.text,
        ).save(self._path(request.name))

    def all(self) -> tuple[Exchange, ...]:
        """All attempts, by file name."""
        return tuple(Exchange.load(path) for path in sorted(self.folder.glob("*.json")))

    def _attempts(self, request: Request) -> list[Exchange]:
        paths = [self._path(request.first_name), *sorted(self.folder.glob(f"{request.first_name}-attempt*.json"))]
        found = []
        for path in paths:
            try:
                found.append(Exchange.load(path))
            except RecordError:
                continue
        return found

    def _path(self, stem: str) -> Path:
        return self.folder / f"{stem}.json"
