"""Hand-off: the questions as files, answered by any chat tool, coding agent or person, read by the same code path."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from gauntlet.agents.chat import MAX_ANSWER_CHARACTERS, Answer, Image, Request
from gauntlet.errors import AnswerPending, AnswerUnusable
from gauntlet.records import write_atomically
from gauntlet.specs.evidence import Origin

ENDINGS = (".answer.json", ".answer.md", ".answer.txt")

_POLL_S = 0.5


class HandoffModel:
    """Writes each question into `folder` and reads the answer beside it.

    A question keeps its file name, so that a rerun goes on where it stopped. `wait_s` > 0 waits that long for an
    answer. `again` is the command to run once it is there; `answered_by` names who answers, for the record.
    """

    sees_images = True
    resume_key: str | None = None

    def __init__(
        self,
        folder: Path,
        wait_s: float = 0.0,
        *,
        again: str = "the same command",
        answered_by: str | None = None,
        pause: Callable[[float], None] = time.sleep,
    ):
        self.folder = folder
        self.wait_s = wait_s
        self._again = again
        self._answered_by = answered_by
        self._pause = pause

    def ask(self, request: Request) -> Answer:
        """The answer, when it is there and its question has not changed since; else AnswerPending."""
        if not self._is_asked(request):
            self._set_aside(request)
            self._write(request)
        path = self._wait(request)
        if path is None:
            expected = self.folder / f"{request.name}{ENDINGS[0]}"
            raise AnswerPending(
                f"Waiting for an answer: read {self.folder / request.name}.request.md, save the answer as {expected}, "
                f"then run {self._again} again."
            )
        origin = Origin(kind="handoff", model=self._answered_by, prompt_sha256=request.sha256)
        return Answer(text=_read(path), origin=origin)

    def _is_asked(self, request: Request) -> bool:
        try:
            written = json.loads((self.folder / f"{request.name}.request.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return False
        return isinstance(written, dict) and written.get("prompt_sha256") == request.sha256

    def _set_aside(self, request: Request) -> None:
        """Rename answers to an earlier form of this question: '.answer.json.stale', '.stale2', ..."""
        for ending in ENDINGS:
            path = self.folder / f"{request.name}{ending}"
            if path.is_file():
                number, target = 1, path.with_name(f"{path.name}.stale")
                while target.exists():
                    number += 1
                    target = path.with_name(f"{path.name}.stale{number}")
                path.rename(target)

    def _write(self, request: Request) -> None:
        pictures = [_picture_name(request, number, image) for number, image in enumerate(request.images, start=1)]
        for name, image in zip(pictures, request.images, strict=True):
            write_atomically(self.folder / name, image.png)
        write_atomically(self.folder / f"{request.name}.request.md", self._readable(request, pictures))
        asked = {
            "prompt_sha256": request.sha256,
            "paper_sha256": request.paper_sha256,
            "step": request.step,
            "round": request.round,
            "answer_file": f"{request.name}{ENDINGS[0]}",
            "images": pictures,
            "messages": [
                {"role": "system", "content": request.system},
                {"role": "user", "content": request.user},
            ],
            "schema_name": request.schema_name,
            "schema": request.schema,
        }
        # last, because it is what makes the question count as asked
        text = json.dumps(asked, indent=1, ensure_ascii=False) + "\n"
        write_atomically(self.folder / f"{request.name}.request.json", text)

    def _readable(self, request: Request, pictures: list[str]) -> str:
        shown = "".join(f"- {name}\n" for name in pictures)
        images = f"## Images\n\nLook at these files in this folder:\n\n{shown}\n" if shown else ""
        schema = json.dumps(request.schema, indent=1, ensure_ascii=False)
        return (
            f"# Question {request.name}\n\n"
            f"Answer with one JSON object that fits the JSON Schema at the end. Save it in this folder as\n\n"
            f"    {request.name}{ENDINGS[0]}\n\n"
            f"(.answer.md or .answer.txt, with the object anywhere in it, are read as well), then run {self._again} "
            "again.\n\n"
            f"## Instructions\n\n{request.system}\n\n## Task\n\n{request.user}\n\n{images}"
            f"## JSON Schema of the answer ({request.schema_name})\n\n```json\n{schema}\n```\n"
        )

    def _wait(self, request: Request) -> Path | None:
        """The answer's file once it is whole: not empty, and while polling not growing any more."""
        waited_s, size_before = 0.0, -1
        while True:
            path = self._answer_path(request)
            size = path.stat().st_size if path else 0
            if path and size and (size == size_before or self.wait_s <= 0 or waited_s == 0.0):
                return path
            if waited_s >= self.wait_s:
                return None
            size_before = size
            self._pause(_POLL_S)
            waited_s += _POLL_S

    def _answer_path(self, request: Request) -> Path | None:
        paths = (self.folder / f"{request.name}{ending}" for ending in ENDINGS)
        return next((path for path in paths if path.is_file()), None)


def _read(path: Path) -> str:
    if path.stat().st_size > 4 * MAX_ANSWER_CHARACTERS:  # UTF-8: at most 4 bytes a character
        raise AnswerUnusable(f"{path} is larger than an answer may be ({4 * MAX_ANSWER_CHARACTERS} bytes).")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise AnswerUnusable(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from None


def _picture_name(request: Request, number: int, image: Image) -> str:
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", image.name).strip("-")[:40]
    return f"{request.name}.image-{number}-{stem}.png"
