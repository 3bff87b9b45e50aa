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
MOST_MENDS = 2
"""Repairs of what programs object to; they cost no verification."""

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
    inspect: Callable[[Draft, bool], tuple[str, ...]],
    review: Callable[[Draft, int], tuple[str, ...]],
    repair: Callable[[Draft, tuple[str, ...], int], Draft],
) -> Outcome[Draft]:
    """At most 3 verifications, 2 repairs after them, and 2 mends before them of what programs object to.

    `inspect(draft, last)` gives the programs' objections; `last` when nothing can be repaired any more. Without any,
    `review(draft, verification)` gives the reviewers'. `repair(draft, objections, round)` is the next draft; mends and
    repairs are numbered together. Objections of programs count as a verification only once the mends are used up.

    An answer that cannot be had (declined, unusable, not recorded) ends the loop with the draft unapproved; no
    endpoint at all, and a hand-off that waits, are for the caller.
    """
    verifications = mends = repairs = 0
    remarks: tuple[str, ...] = ()
    try:
        while verifications < MOST_VERIFICATIONS:
            remarks = inspect(draft, mends == MOST_MENDS and repairs == MOST_REPAIRS)
            if remarks and mends < MOST_MENDS:
                mends += 1
            else:
                remarks = remarks or review(draft, verifications + 1)
                verifications += 1
                if not remarks:
                    return Outcome(draft, Approval(status="approved", verifications=verifications))
                if repairs == MOST_REPAIRS:
                    break
                repairs += 1
            draft = repair(draft, remarks, mends + repairs)
    except (AnswerRefused, AnswerUnusable, StepNotRecorded) as error:
        remarks = (*remarks, f"Ended early: {error}")
    return Outcome(draft, Approval(status="unapproved", verifications=verifications, remarks=remarks))
