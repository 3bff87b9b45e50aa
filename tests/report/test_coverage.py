"""The denominator adds up: found is checked and left, and everything left has its reason."""

import pytest

from gauntlet.report.coverage import coverage
from gauntlet.report.markdown import render_markdown
from gauntlet.report.page import render_page
from gauntlet.report.records import CheckReport
from gauntlet.verdict.records import CheckCoverage, NotChecked
from tests.report.cases import written
from tests.report.test_page import Tags

CHECKS = (
    CheckReport(check="percent", found=9, agreeing=5, differing=1, not_checked=("2: no second value", "1: no unit")),
    CheckReport(check="littles law", found=4, agreeing=1, differing=0, not_checked=("3: no second value",)),
    CheckReport(check="energy", found=0, agreeing=0, differing=0, not_checked=()),
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return written(tmp_path_factory.mktemp("coverage")).model_copy(update={"checks": CHECKS})


def test_statements_are_summed_over_the_checks_and_reasons_over_both(report):
    _, statements = coverage(report)
    assert (statements.found, statements.checked, statements.deviating) == (13, 7, 1)
    assert statements.reasons == ("5: no second value", "1: no unit")
    assert statements.found - statements.checked == sum(int(words.split(":")[0]) for words in statements.reasons)


def test_claims_count_those_that_deviate_among_those_judged(report):
    claims = coverage(report)[0]
    assert (claims.found, claims.checked, claims.reasons) == (5, 5, ())
    flagged = [claim for claim in report.claims if claim.label not in ("CONSISTENT", "INCONCLUSIVE")]
    assert claims.deviating == len(flagged) == 3
    left = report.model_copy(update={"claims_judged": 4, "not_judged": ("shared_ratio: It asserts a cause.",)})
    assert coverage(left)[0].reasons == ("shared_ratio: It asserts a cause.",)


def test_page_and_markdown_say_what_was_left_and_why(report):
    left = report.model_copy(update={"claims_judged": 4, "not_judged": ("shared_ratio: It asserts a cause.",)})
    page = Tags(render_page(left, {}, {claim.id: () for claim in left.claims})).text
    plain = render_markdown(left)
    for text in (page, plain.replace("\\", "")):
        assert "5: no second value" in text
        assert "shared_ratio: It asserts a cause." in text
    assert "Statements that can be held against each other: 13 found, 7 checked" in page


def test_without_checks_nothing_is_said_of_statements(report):
    alone = report.model_copy(update={"checks": ()})
    assert len(coverage(alone)) == 1
    assert "held against each other" not in render_page(alone, {}, {claim.id: () for claim in alone.claims})


def test_the_coverage_of_a_verdict_reaches_the_report():
    from gauntlet.report.build import _check

    one = CheckCoverage(
        check="littles_law", found=3, agreeing=1, differing=1, not_checked=(NotChecked(reason="no clients", count=1),)
    )
    assert _check(one).not_checked == ("1: no clients",)
