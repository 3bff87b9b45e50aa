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
    before, after = shown["dispatch"].prior_shape, shown["dispatch"].posterior_shape
    assert before[0] < 0.1 and before[-1] > 2.0  # judged: 0.1 to 2 us, and some way beyond
    assert before[0] < after[0] < after[-1] < before[-1]
    page, plain = Tags((tmp_path / "report.html").read_text()).text, (tmp_path / "report.md").read_text()
    assert report.lesson in page
    assert all(one.prior in page and one.posterior in page and one.posterior in plain for one in report.constants)


def test_beliefs_are_a_table_of_needed_beside_known(tmp_path):
    report = written(tmp_path)  # the proposal claims 0.7 of its honest latency
    flagged = next(claim for claim in report.claims if claim.id == "shared_curve")
    assert flagged.label == "MAGIC_GAP"
    network = next(row for row in flagged.beliefs if row.variable == "network" and row.alone)
    assert 0 < network.factor < 1
    assert 0 < network.needed_at < network.known_span[1] < network.known_span[2] < 1
    assert "by the baselines" in network.known
    assert network.far == "beyond all that is allowed"  # seven standard deviations below what the baseline taught
    moved = [row.far for row in flagged.beliefs if not row.alone]
    assert all(re.fullmatch(r"[\d.]+ standard deviations", far) for far in moved)
    assert {row.alone for row in flagged.beliefs} == {True, False}
    assert ("batching", "path_s") in {(one.name, one.part) for one in flagged.mechanisms}
    assert "path_s at 0." in flagged.closing_terms
    page, plain = Tags((tmp_path / "report.html").read_text()).text, (tmp_path / "report.md").read_text()
    assert flagged.closing_terms in page
    for row in flagged.beliefs:
        assert row.needed in page and row.known in page and row.far in page and row.needed in plain
    for one in flagged.mechanisms:
        assert one.arithmetic in page and one.arithmetic.replace("_", "\\_") in plain
    assert page.index("Rule out first") < page.index("What you would have to believe")  # innocent readings first


def test_every_picture_has_words(tmp_path):
    written(tmp_path, samples=1000)
    text = (tmp_path / "report.html").read_text()
    drawn = re.findall(r"<svg [^>]*>|<img [^>]*>", text)
    assert len(drawn) > 10
    assert all(re.search(r'(?:aria-label|alt)="[^"]{10,}"', one) for one in drawn)


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
