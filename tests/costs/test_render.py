"""The rendered program gives the compiled model's numbers, alone in a folder, and no hostile text becomes code."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gauntlet.costs.compiled import compile_model
from gauntlet.costs.records import CostModel
from gauntlet.costs.render import one_line, render_python
from gauntlet.costs.sampling import central_values
from gauntlet.specs.evidence import Evidence
from gauntlet.specs.paper_spec import PaperSpec
from tests.costs import example

ROOT = Path(__file__).parents[2]
PLANTED = "import pathlib; pathlib.Path('planted').touch()"


def run(text: str, folder: Path) -> str:
    (folder / "cost_model.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "cost_model.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for path in folder.iterdir()] == ["cost_model.py"]
    return done.stdout


def numbers(output: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for line in output.splitlines():
        if line.startswith("  "):
            found[list(found)[-1]].append(float(line.rpartition(": ")[2].split()[0]))
        else:
            found[line.partition(":")[0]] = []
    return found


def test_prints_what_the_compiled_model_predicts(tmp_path: Path) -> None:
    spec, model = example.spec(), example.model()
    printed = numbers(run(render_python(spec, model), tmp_path))
    compiled, central = compile_model(spec, model), central_values(spec)
    assert set(printed) == {claim.id for claim in spec.claims}
    for claim in spec.claims:
        scale = 1 if claim.relative_to else {"mean_latency": 1e-6, "peak_throughput": 1e3}[claim.metric]
        predicted = compiled.predict_claim(claim, central)[0] / scale
        np.testing.assert_allclose(printed[claim.id], predicted, rtol=1e-9)


@pytest.mark.parametrize("name", ["mm1", "max", "where"])
def test_a_variable_called_like_a_function_hides_none(name: str, tmp_path: Path) -> None:
    """The same numbers as under its own name, in the verdict's arithmetic and in the program."""
    spec, model = example.spec(), example.model()
    renamed = [re.sub(r"\bdispatch\b", name, record.model_dump_json()) for record in (spec, model)]
    called, alike = PaperSpec.model_validate_json(renamed[0]), CostModel.model_validate_json(renamed[1])
    assert called.variable(name).value == spec.variable("dispatch").value
    own = numbers(run(render_python(spec, model), tmp_path))
    assert numbers(run(render_python(called, alike), tmp_path)) == own


def test_every_construct_of_the_grammar_survives(tmp_path: Path) -> None:
    spec, model = example.spec(), example.model()
    text = (
        "where(cores > 2 and (rate * taken_s < cores or cores == 1), min(network, service, 2 * network), 0)"
        " + max(0, -service + network) * exp(-1) ** 2 + ceil(cores / 2) * abs(network)"
        " + order_statistic(latency=lognormal(median_s=network, sigma=0.5), k=2, n=cores).mean_s"
        " + 1 / mva_exact(population=2, think_time_s=network, demands_s=[service, service - dispatch]).throughput_per_s"
        " + 1 / max_load_at(lambda load: mm1(arrival_rate_per_s=load, service_time_s=service).mean_response_s,"
        " 1 / service, 3 * network)"
        " + amat(hit_times_s=[service, 2 * service], miss_rates=[0.5, 0.5], memory_s=network).amat_s"
    )
    outputs = [out for out in model.outputs if (out.mechanism, out.metric) != ("shared", "mean_latency")]
    outputs.append(model.outputs[2].model_copy(update={"expression": text}))
    model = model.model_copy(update={"outputs": tuple(outputs)})
    printed = numbers(run(render_python(spec, model), tmp_path))["shared_curve"]
    expected = compile_model(spec, model).predict_claim(spec.claim("shared_curve"), central_values(spec))[0] / 1e-6
    np.testing.assert_allclose(printed, expected, rtol=1e-9)


HOSTILE = (
    f"\n{PLANTED}\n",
    f"\r{PLANTED}\r",
    f"'''\n{PLANTED}\n'''",
    f'"""\n{PLANTED}\n"""',
    f"'); {PLANTED} #",
    f"\\'\n{PLANTED}",
    f"\x0c{PLANTED}\u2028{PLANTED}\u0085{PLANTED}",
    "coding: utf-7\n+AAo-",
    "{{ 1 / 0 }} {% raise %}",
    "\ud800 lone surrogate",
    "\x00 null",
    "\u202e reversed",
)


def poisoned(words: str) -> tuple[PaperSpec, CostModel]:
    """The example with hostile words wherever a record holds free text."""
    spec, model = example.spec(), example.model()
    evidence = (Evidence(page=1, quotation=words),)
    variables = [
        v.model_copy(update={"meaning": words, "evidence": evidence, "registry": words}) for v in spec.variables
    ]
    claims = [claim.model_copy(update={"statement": words}) for claim in spec.claims]
    mechanisms = [
        mechanism.model_copy(
            update={
                "name": words,
                "steps": tuple(
                    step.model_copy(update={"action": words, "actor": words, "evidence": evidence})
                    for step in mechanism.steps
                ),
            }
        )
        for mechanism in spec.mechanisms
    ]
    metrics = [metric.model_copy(update={"name": words}) for metric in spec.metrics]
    fields = {"title": words, "variables": variables, "claims": claims, "mechanisms": mechanisms, "metrics": metrics}
    terms = tuple(term.model_copy(update={"meaning": words}) for term in model.terms)
    spec = spec.model_copy(update={k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})
    return spec, model.model_copy(update={"terms": terms, "assumptions": (words,)})


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(words: str) -> None:
    clean = ast.parse(render_python(example.spec(), example.model()))
    text = render_python(*poisoned(words))
    assert shape(ast.parse(text.encode("utf-8"))) == shape(clean)
    assert not re.search(r"coding[:=]", "\n".join(text.splitlines()[:2]))


def shape(tree: ast.Module) -> str:
    """The program without the contents of its strings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def test_hostile_program_runs_and_plants_nothing(tmp_path: Path) -> None:
    printed = run(render_python(*poisoned("".join(HOSTILE[:7]))), tmp_path)
    assert len(numbers(printed)) == len(example.spec().claims)


def test_one_line_keeps_what_can_be_read() -> None:
    assert one_line(" a\tb\n\ncé\x00\u202e ") == "a b cé"


def test_equal_records_give_equal_text() -> None:
    assert render_python(example.spec(), example.model()) == render_python(example.spec(), example.model())


def test_quotes_of_the_steps_stand_beside_their_terms() -> None:
    spec = example.spec()
    step = spec.mechanisms[1].steps[1]
    quoted = step.model_copy(update={"evidence": (Evidence(page=3, quotation="any idle core takes the request"),)})
    mechanism = spec.mechanisms[1].model_copy(
        update={"steps": (spec.mechanisms[1].steps[0], quoted, *spec.mechanisms[1].steps[2:])}
    )
    text = render_python(spec.model_copy(update={"mechanisms": (spec.mechanisms[0], mechanism)}), example.model())
    term = text[: text.index("any_wait_s = ")]
    assert '"any idle core takes the request" (p. 3)' in term[-250:]
