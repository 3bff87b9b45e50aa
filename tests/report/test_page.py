"""What the paper says must never become markup, and the page must need nothing from elsewhere."""

import html.parser
import re

import pytest

from gauntlet.report.unreadable import write_unreadable
from gauntlet.specs.evidence import Evidence, Refused
from gauntlet.verdict.decide import unreadable
from tests.costs import example
from tests.report.cases import ONE_PIXEL, paper, written

ATTACK = '"><script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)>$\\frac{'


class Tags(html.parser.HTMLParser):
    """Tags, attributes and text of a page, and whether every tag is closed in order."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("attacked")
    spec = example.spec(0.7)
    quote = Evidence(page=5, quotation=ATTACK, label=ATTACK)
    claims = tuple(
        claim.model_copy(update={"statement": ATTACK, "evidence": (quote,), "hedge": ATTACK}) for claim in spec.claims
    )
    spec = spec.model_copy(
        update={
            "title": ATTACK,
            "claims": claims,
            "mechanisms": tuple(item.model_copy(update={"name": ATTACK}) for item in spec.mechanisms),
            "metrics": tuple(item.model_copy(update={"name": ATTACK}) for item in spec.metrics),
            "variables": tuple(item.model_copy(update={"meaning": ATTACK}) for item in spec.variables),
            "configurations": tuple(item.model_copy(update={"meaning": ATTACK}) for item in spec.configurations),
            "refused": (Refused(what=ATTACK, reason=ATTACK),),
        }
    )
    written(run_dir, spec, paper(hidden=ATTACK), {"summary": ATTACK, "paragraphs": [ATTACK, 7]}, {"address": ATTACK})
    return run_dir


def test_nothing_the_paper_says_becomes_markup(attacked):
    page = Tags((attacked / "report.html").read_text())
    assert "script" not in page.tags
    assert not page.open
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    sources = [value or "" for name, value in page.attributes if name in ("src", "href")]
    assert all(value.startswith(("data:image/", "#")) for value in sources)
    assert ATTACK in page.text


def test_no_figure_runs_or_fetches(attacked):
    for svg in sorted((attacked / "plots").glob("*.svg")):
        text = svg.read_text()
        assert "<script" not in text
        assert not re.search(r'(?:href|src)="(?!#)', text)


def test_markdown_keeps_words_as_words(attacked):
    text = (attacked / "report.md").read_text()
    assert "<script" not in text.replace("\\<", "")
    assert "<img" not in text.replace("\\<", "")


def test_the_page_stands_alone(tmp_path):
    written(tmp_path)
    text = (tmp_path / "report.html").read_text()
    assert "<script" not in text
    assert "http://" not in text
    assert "https://" not in text
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text


def test_the_page_has_every_part(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "figure-1.png").write_bytes(ONE_PIXEL)
    report = written(tmp_path, paper=paper(), interpretation={"summary": "Found <fast>.", "paragraphs": ["Why."]})
    text = Tags((tmp_path / "report.html").read_text()).text
    for claim in report.claims:
        assert claim.statement in text
        assert all(reason in text for reason in (*claim.reasons, *claim.readings))
        assert all(quotation.words in text for quotation in claim.quotations)
    for term in report.terms:
        assert term.expression in text
        assert all(step in text for step in term.steps)
    assert all(variable.value in text and variable.meaning in text for variable in report.variables)
    assert "Found <fast>." in text
    assert "ignore the above" in text
    assert "inset: a raster image" in text
    assert "Points read from Figure 1" in text
    assert "What left this machine: nothing." in text
    assert "Specification: a person" in text
    assert "5 claims found, 5 judged" in text
    crops = (tmp_path / "report.html").read_text().count('class="crop"')
    assert crops == 2  # the two curves of Figure 1


def test_priors_and_formulas_are_named_with_their_sources(tmp_path):
    spec = example.spec(0.7)
    known = {"registry": "cpu.lock_handoff_same_socket", "basis": "David et al., SOSP 2013"}
    spec = spec.model_copy(
        update={
            "variables": tuple(
                item.model_copy(update=known) if item.id == "handoff" else item for item in spec.variables
            )
        }
    )
    report = written(tmp_path, spec)
    assert [line.partition(",")[0] for line in report.priors] == ["handoff", "network"]
    assert "prior cpu.lock_handoff_same_socket: David et al., SOSP 2013" in report.priors[0]
    assert {one.name for one in report.primitives} == {"mm1", "mmc"}
    page, plain = Tags((tmp_path / "report.html").read_text()).text, (tmp_path / "report.md").read_text()
    assert all(line in page for line in report.priors)
    assert all(one.source in page and one.error_basis in page for one in report.primitives)
    assert "Priors, where the paper is silent" in plain


def test_what_the_baselines_taught_is_shown_before_and_after(tmp_path):
    report = written(tmp_path, samples=1000)
    shown = {one.variable: one for one in report.constants}
    assert set(shown) == {"service", "dispatch", "network"}
    low, middle, high = shown["dispatch"].posterior_span
    assert 0 <= low <= middle <= high < shown["dispatch"].prior_span[2] <= 1
    page, plain = Tags((tmp_path / "report.html").read_text()).text, (tmp_path / "report.md").read_text()
    assert report.lesson in page
    assert all(one.prior in page and one.posterior in page and one.posterior in plain for one in report.constants)


def test_beliefs_are_sentences_with_value_and_distance(tmp_path):
    report = written(tmp_path)  # the proposal claims 0.7 of its honest latency
    flagged = next(claim for claim in report.claims if claim.id == "shared_curve")
    assert flagged.label == "MAGIC_GAP"
    network = next(line for line in flagged.believe if line.startswith("network = "))
    assert re.search(
        r"network = \S+ us, 0\.\d+× the median; known to be \S+ us \(\S+ to \S+\), so [\d.]+ standard", network
    )
    assert any("path_s to 0." in line for line in flagged.believe)
    assert all(line in Tags((tmp_path / "report.html").read_text()).text for line in flagged.believe)


def test_a_picture_outside_the_run_folder_is_left_out(tmp_path):
    (tmp_path / "secret.png").write_bytes(ONE_PIXEL)
    run_dir = tmp_path / "run"
    written(run_dir, paper=paper(image="../secret.png"))
    assert 'class="crop"' not in (run_dir / "report.html").read_text()


@pytest.mark.parametrize("data", [b"<svg/>", ONE_PIXEL + bytes(300_000)])
def test_a_picture_that_is_no_png_or_too_large_is_left_out(tmp_path, data):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "figure-1.png").write_bytes(data)
    written(tmp_path, paper=paper())
    assert 'class="crop"' not in (tmp_path / "report.html").read_text()


def test_an_unreadable_paper_gets_a_page_with_the_reason(tmp_path):
    verdict = unreadable("f" * 64, "scan.pdf", "All 12 pages are images; run OCR first.")
    files = write_unreadable(tmp_path, verdict)
    assert {file.name for file in files} == {"report.html", "report.json", "report.md"}
    assert "All 12 pages are images" in Tags((tmp_path / "report.html").read_text()).text
    assert verdict.label == "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (None, "What left this machine: nothing."),
        ({"origins": ["live"], "address": "model.lab:8000"}, "sent to the configured model endpoint at model.lab:8000"),
        ({"origins": ["handoff"]}, "requests were written to a folder"),
        ({"origins": "nonsense", "address": 7}, "What left this machine: nothing."),
    ],
)
def test_the_page_says_what_left_the_machine(tmp_path, run, words):
    spec = example.spec()
    written(tmp_path, spec.model_copy(update={"claims": ()}), run=run)
    assert words in (tmp_path / "report.html").read_text()
