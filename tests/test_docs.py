"""docs/mechanisms says what the catalogue says; whoever changes a primitive runs `make docs`."""

import re
import shutil

import pytest

from docs.build import ROOT, drift, drift_of_contracts, pages, pictures, same_picture
from docs.contracts import PAGE
from docs.typeset import equations, typeset
from gauntlet.mechanisms.catalogue import catalogue


@pytest.fixture(scope="module")
def written():
    return pages()


def test_the_pages_are_current():
    assert list(drift(ROOT, with_pictures=False)) == [], "run 'make docs'"


def test_the_page_of_contracts_is_current(tmp_path):
    assert list(drift_of_contracts(PAGE)) == [], "run 'make docs'"
    copy = tmp_path / "contracts.md"
    assert list(drift_of_contracts(copy)) == ["docs/contracts.md is missing"]
    copy.write_text(PAGE.read_text().replace("max(compute_s, memory_s", "min(compute_s, memory_s"))
    (told,) = drift_of_contracts(copy)
    assert re.fullmatch(r"docs/contracts\.md:\d+ is not what hardware_registry/contracts says", told)


@pytest.mark.parametrize("share", range(4))
def test_the_pictures_are_current(share):
    drawn = list(pictures().items())[share::4]
    assert [name for name, draw in drawn if not same_picture((ROOT / name).read_text(), draw())] == [], (
        "run 'make docs'"
    )


def test_every_primitive_has_a_section_on_the_page_of_its_family(written):
    for name, primitive in catalogue().items():
        assert f"\n## {name}\n" in written[f"{primitive.family}.md"]
        assert f"({primitive.family}.md#{name})" in written["README.md"]


def test_every_link_of_a_page_leads_somewhere(written):
    drawn = pictures()
    sections = {f"{page}#{name}" for page, text in written.items() for name in re.findall(r"(?m)^## (\w+)$", text)}
    for page, text in written.items():
        for address in re.findall(r"\]\(([^)]+)\)", text):
            if address.startswith("https://doi.org/"):
                continue
            target = f"{page}{address}" if address.startswith("#") else address
            assert target in sections | set(written) | set(drawn), f"{page}: {address}"


@pytest.fixture
def copy(tmp_path, written):
    """Documentation of this moment, to plant drift in."""
    for name, text in written.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "plots", tmp_path / "plots")
    return tmp_path


def test_planted_drift_of_texts_is_named(copy):
    page = copy / "queueing.md"
    line = 1 + next(at for at, text in enumerate(page.read_text().split("\n")) if "Poisson arrivals" in text)
    page.write_text(page.read_text().replace("Poisson arrivals", "arrivals", 1))
    (copy / "storage.md").unlink()
    (copy / "alchemy.md").write_text("gold")
    assert list(drift(copy, with_pictures=False)) == [
        "docs/mechanisms/storage.md is missing",
        "docs/mechanisms/alchemy.md belongs to nothing in the catalogue",
        f"docs/mechanisms/queueing.md:{line} is not what the catalogue says",
    ]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (r"(M \d+) ", r"\1.4 ", True),  # less than half a pixel: another machine's last digit
        (r'x="(\d+)\.?\d*"', r'x="1\1"', False),  # a point elsewhere
        (r">500<", ">501<", False),  # another number at the axis
        ("#0a62a6", "#0a62a7", False),  # another colour
        (r"<path [^>]*/>\n", "", False),  # a line less
        ("stroke-width: 1.7", "stroke-with: 1.7", False),
    ],
)
def test_pictures_are_compared_up_to_half_a_pixel(old, new, same):
    picture = (ROOT / "plots" / "mm1.svg").read_text()
    planted = re.sub(old, new, picture, count=1)
    assert planted != picture
    assert same_picture(picture, planted) is same


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rho = lambda S / c < 1", "ρ = λ S / c &lt; 1"),
        ("R_q = -R ln(1 - q)", "R<sub>q</sub> = −R ln(1 − q)"),
        ("sum_(i<=k) lambda_i E[S_i^2]", r"Σ<sub>i≤k</sub> λ<sub>i</sub> E\[S<sub>i</sub><sup>2</sup>\]"),
        ("the sum of both", "the sum of both"),
        ("W_0 / (1 - s_(k-1))", "W<sub>0</sub> / (1 − s<sub>k−1</sub>)"),
        ("e^(-d t)/S and rho^((d^i - d)/2)", "e<sup>−d t</sup>/S and ρ<sup>(d<sup>i</sup> − d)/2</sup>"),
        ("(1 - S_k(t))^(n_k)", "(1 − S<sub>k</sub>(t))<sup>n<sub>k</sub></sup>"),
        ("RTT_l^(floor(n/2))", "RTT<sub>l</sub><sup>(floor(n/2))</sup>"),
        ("`mmc` at `servers`, n_followers", "[`mmc`](#mmc) at `servers`, `n_followers`"),
        ("doi:10.1016/j.jpdc.2008.09.002.", "[doi:10.1016/j.jpdc.2008.09.002](https://doi.org/10.1016/j.jpdc.2008.09.002)."),
        ("M/M/c//N, k-th of 3", "M/M/c//N, k-th of 3"),
    ],
)  # fmt: skip
def test_docstrings_are_typeset_without_another_word(text, expected):
    assert typeset(text, {"mmc": "#mmc", "servers": "", "n_followers": ""}) == expected


def test_equations_are_cut_where_a_relation_begins():
    assert equations("B_0 = 1, B_k = C(n, k) / 2, blocking B_c.") == ["B_0 = 1", "B_k = C(n, k) / 2, blocking B_c"]
    assert equations("2 (n - 1), ...") == ["2 (n - 1), ..."]
