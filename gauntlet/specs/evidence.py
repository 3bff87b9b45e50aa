"""Where a value comes from: words on a page, and who read them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gauntlet.paper.records import Box
from gauntlet.records import Record

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9_]{0,63}$")]
"""A name that may stand in an expression and in a file name."""


class Evidence(Record):
    """Verbatim words and their place. `boxes` come from the program that found the words, never from a model."""

    page: int = Field(ge=1, description="PDF page, from 1.")
    label: str | None = Field(default=None, description="Page number as printed, when it differs.")
    quotation: str
    boxes: tuple[Box, ...] = ()


class Origin(Record):
    """Who proposed a record: a live model, a recorded answer, a hand-off, rules or a person."""

    kind: Literal["live", "recorded", "handoff", "rules", "human"]
    model: str | None = None
    prompt_sha256: str | None = None


class Approval(Record):
    """Whether the verifiers accepted a record; a typed field, never a word at the start of a text."""

    status: Literal["approved", "unapproved"]
    verifications: int = Field(ge=0)
    remarks: tuple[str, ...] = ()


class Refused(Record):
    """Something a model proposed that the program set aside, and why."""

    what: str
    reason: str
