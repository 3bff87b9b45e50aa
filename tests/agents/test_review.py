"""The budget of verifications, repairs and mends, played with scripted programs and reviewers."""

import pytest

from gauntlet.agents.review import approve
from gauntlet.errors import AnswerUnusable


class Play:
    """Drafts are numbered from 0; `programs` and `reviewers` give each next objection, '' for none."""

    def __init__(self, programs, reviewers):
        self.programs, self.reviewers = iter(programs), iter(reviewers)
        self.log = []
        self.outcome = approve(0, self.inspect, self.review, self.repair)
        self.status = (self.outcome.approval.status, self.outcome.approval.verifications)

    def inspect(self, draft, last):
        if last:
            self.log.append("last")
        return self._objections(next(self.programs))

    def review(self, draft, verification):
        self.log.append(f"review {verification}")
        return self._objections(next(self.reviewers))

    def repair(self, draft, remarks, round_number):
        self.log.append(f"repair {round_number}: {remarks[0]}")
        return draft + 1

    @staticmethod
    def _objections(words):
        if isinstance(words, Exception):
            raise words
        return (words,) if words else ()


def test_reject_reject_approve_is_three_verifications_and_two_repairs():
    play = Play([""] * 3, ["a", "b", ""])
    assert play.log == ["review 1", "repair 1: a", "review 2", "repair 2: b", "review 3"]
    assert play.status == ("approved", 3)


def test_mends_cost_no_verification_wherever_programs_object():
    play = Play(["p", "", "q", "", ""], ["a", "b", ""])
    assert play.log == [
        "repair 1: p", "review 1", "repair 2: a", "repair 3: q", "review 2", "repair 4: b", "last", "review 3",
    ]  # fmt: skip
    assert play.status == ("approved", 3)


def test_programs_that_still_object_after_the_mends_use_up_verifications():
    play = Play(["p", "q", "r", "s", "t"], [])
    assert play.log == ["repair 1: p", "repair 2: q", "repair 3: r", "repair 4: s", "last"]
    assert play.status == ("unapproved", 3)
    assert play.outcome.draft == 4
    assert play.outcome.approval.remarks == ("t",)


def test_after_the_mends_a_sound_draft_is_still_reviewed():
    play = Play(["p", "q", "r", ""], [""])
    assert play.log == ["repair 1: p", "repair 2: q", "repair 3: r", "review 2"]
    assert play.status == ("approved", 2)


@pytest.mark.parametrize(
    ("reviewers", "remarks"),
    [(["a", "b", "c"], ("c",)), (["a", AnswerUnusable("no")], ("Ended early: no",))],
    ids=["rejected", "no answer"],
)
def test_the_remarks_are_those_on_the_last_draft(reviewers, remarks):
    assert Play([""] * 3, reviewers).outcome.approval.remarks == remarks
