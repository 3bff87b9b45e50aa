"""Signature, docstring and catalogue say the same."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

from gauntlet import mechanisms
from gauntlet.mechanisms.catalogue import catalogue, find, unit_of

UNITS = {
    "",
    "s",
    "1/s",
    "B",
    "B/s",
    "FLOP",
    "FLOP/s",
    "FLOP/B",
    "FLOP/J",
    "J",
    "J/FLOP",
    "J/B",
    "W",
    "s/B",
    "1/min",
    "s**2",
}


def decorated():
    for module in pkgutil.iter_modules(mechanisms.__path__):
        family = importlib.import_module(f"gauntlet.mechanisms.{module.name}")
        for name, function in inspect.getmembers(family, inspect.isfunction):
            if hasattr(function, "__wrapped__") and function.__module__ == family.__name__ and not name.startswith("_"):
                yield name, function


def test_every_primitive_is_in_the_catalogue_and_nothing_else():
    assert dict(decorated()) == {name: entry.function for name, entry in catalogue().items()}


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_entry_docstring_and_signature_agree(name):
    entry = find(name)
    text = inspect.getdoc(entry.function)
    assert list(entry.arguments) == list(inspect.signature(entry.function).parameters)
    assert set(entry.example) <= set(entry.arguments)
    assert {name for name, argument in entry.arguments.items() if argument.required} <= set(entry.example)
    assert set(entry.responds_to) <= set(entry.arguments)
    assert set(entry.signs) <= set(entry.arguments)
    assert {output for moved in entry.signs.values() for output in moved} <= set(entry.outputs)
    assert bool(entry.responds_to) == bool(entry.arguments)
    assert entry.summary == text.splitlines()[0]
    for words in ("ounts ", "eaves out", "Domain:", "Source:"):
        assert words in " ".join(text.split()), words
    assert entry.validity.endswith(".")
    assert entry.source.endswith(".")
    assert "Source:" not in entry.validity
    assert 0 <= entry.model_form_error < 1
    assert set(entry.outputs.values()) | {argument.unit for argument in entry.arguments.values()} <= UNITS
    assert ("ValidityWarning" in text) == ("outside_validity" in inspect.getsource(entry.function))


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("arrival_rate_per_s", "1/s"),
        ("per_batch_s", "s"),
        ("bandwidth_bytes_per_s", "B/s"),
        ("peak_flop_per_s", "FLOP/s"),
        ("bytes_", "B"),
        ("kv_bytes_per_token", "B"),
        ("energy_per_flop_j", "J/FLOP"),
        ("servers", ""),
        ("sms", ""),
        ("static_power_w", "W"),
        ("intensity_flop_per_byte", "FLOP/B"),
    ],
)
def test_units_are_read_from_names(name, unit):
    assert unit_of(name) == unit


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"'mm1q' is unknown; nearest: .*mm1"):
        find("mm1q")
    with pytest.raises(ValueError, match="in the catalogue"):
        find("zzzzzzzzzzzz")


def test_mechanisms_need_numpy_alone():
    code = (
        "import sys, gauntlet.mechanisms.catalogue as c; c.catalogue();"
        "heavy = {'pydantic', 'scipy', 'pint', 'matplotlib', 'yaml', 'openai'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
