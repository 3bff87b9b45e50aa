"""Verify and repair: a proposal is approved by programs and reviewers within a fixed budget, or kept as unapproved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import Field

from gauntlet.agents.recorded import StepNotRecorded
from gauntlet.errors import AnswerRefused, AnswerUnusable
from gauntlet.specs.evidence import Approval
from gauntlet.specs.wire import Wire

MOST_VERIFICATIONS = 3
MOST_REPAIRS = 2

Draft = TypeVar("Draft")


class WireObjection(Wire):
    """One thing that must change."""

    where: str = Field(description="Id of the step, variable, claim, term, output or bound")
    problem: str = Field(description="What is wrong, with the words that show it")
    fix: str = Field(description="The exact change")


class WireReview(Wire):
    """A reviewer's answer. Approval is a field, and it counts only without objections."""

    approved: bool = Field(description="True exactly when problems is empty")
    problems: list[WireObjection]


def objections(review: WireReview) -> tuple[str, ...]:
    """What a reviewer objects to; empty only for an approval without objections."""
    if review.problems:
        return tuple(f"{item.where}: {item.problem} Fix: {item.fix}" for item in review.problems)
    return () if review.approved else ("The reviewer rejected it without naming a problem; check it once more.",)


@dataclass(frozen=True)
class Outcome(Generic[Draft]):
    """The last draft and what became of it."""

    draft: Draft
    approval: Approval


def approve(
    draft: Draft,
    verify: Callable[[Draft, int], tuple[str, ...]],
    repair: Callable[[Draft, tuple[str, ...], int], Draft],
) -> Outcome[Draft]:
    """At most 3 verifications and 2 repairs. `verify(draft, round)` gives objections, `repair` the next draft.

    An answer that cannot be had (declined, unusable, not recorded) ends the loop with the draft unapproved; no
    endpoint at all, and a hand-off that waits, are for the caller.
    """
    verifications = 0
    remarks: tuple[str, ...] = ("No verification took place.",)
    try:
        while verifications < MOST_VERIFICATIONS:
            remarks = verify(draft, verifications + 1)
            verifications += 1
            if not remarks:
                return Outcome(draft, Approval(status="approved", verifications=verifications))
            if verifications <= MOST_REPAIRS:
                draft = repair(draft, remarks, verifications)
    except (AnswerRefused, AnswerUnusable, StepNotRecorded) as error:
        remarks = (*remarks, f"Ended early: {error}")
    return Outcome(draft, Approval(status="unapproved", verifications=verifications, remarks=remarks))
