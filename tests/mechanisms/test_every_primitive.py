"""What holds for every primitive: broadcasting, refusal of invalid arguments, and answers to load."""

import numpy as np
import pytest

from gauntlet.mechanisms.catalogue import catalogue
from gauntlet.mechanisms.queueing import mm1k

pytestmark = pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning")
NAMES = sorted(catalogue())
EXAMPLES = {name: dict(primitive.example) for name, primitive in catalogue().items()}
EXPONENTIAL = {"kind": "exponential", "mean_s": 1e-3}
ONE_PER_ELEMENT = {
    ("mva_exact", "queue_lengths"),
    ("mg1_priority_nonpreemptive", "mean_wait_s"),
    ("mg1_priority_preemptive_resume", "mean_response_s"),
    ("shared_resource", "responses_s"),
    ("bottleneck", "utilisations"),
}


def call(name, **changes):
    return catalogue()[name].function(**{**EXAMPLES[name], **changes})


def arguments_of(*kinds):
    return [
        (name, key) for name in NAMES for key, argument in catalogue()[name].arguments.items() if argument.kind in kinds
    ]


def moved(name, key):
    """A second valid value of the argument, away from the example's."""
    value, kind = EXAMPLES[name][key], catalogue()[name].arguments[key].kind
    if kind == "flag":
        return not value
    if kind == "integer":
        return {"client_site": 2, "level": 6}.get(key, value + 1)
    if kind == "list":
        return [item * 0.9 if isinstance(item, float) else item + 1 for item in value]
    if kind == "matrix":
        return [[item * 0.9 for item in row] for row in value]
    if kind == "latency":
        return EXPONENTIAL if value != EXPONENTIAL else {"kind": "exponential", "mean_s": 2e-3}
    return value * 0.9


@pytest.mark.parametrize(("name", "key"), arguments_of("scalar", "integer", "probability", "flag"))
def test_an_array_gives_what_its_elements_give(name, key):
    values = [EXAMPLES[name][key], moved(name, key), EXAMPLES[name][key]]
    together = call(name, **{key: np.array(values, dtype=float)})
    for index, value in enumerate(values):
        alone = call(name, **{key: value})
        for field in alone._fields:
            expected = getattr(alone, field)
            found = getattr(together, field)[..., index]
            np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=f"{name}.{field}")


@pytest.mark.parametrize(("name", "key"), arguments_of("list"))
def test_list_elements_broadcast(name, key):
    first, second = EXAMPLES[name][key], moved(name, key)
    together = call(name, **{key: [np.array(pair, dtype=float) for pair in zip(first, second, strict=True)]})
    for index, value in enumerate([first, second]):
        alone = call(name, **{key: value})
        for field in alone._fields:
            np.testing.assert_allclose(getattr(together, field)[..., index], getattr(alone, field), rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_two_axes_broadcast_and_scalars_give_floats(name):
    keys = [key for owner, key in arguments_of("scalar", "integer", "probability") if owner == name][:2]
    values = {key: np.array([EXAMPLES[name][key], moved(name, key)], dtype=float) for key in keys}
    if len(keys) == 2:
        values[keys[0]] = values[keys[0]][:, None]
        for field, output in call(name, **values)._asdict().items():
            assert output.shape[-2:] == (2, 2), field
    for field, output in call(name)._asdict().items():
        if (name, field) in ONE_PER_ELEMENT:
            assert output.ndim == 1, field
        else:
            assert isinstance(output, float | np.bool_), field


@pytest.mark.parametrize("bad", [np.nan, -1.0, np.array([1.0, np.nan]), "fast"])
@pytest.mark.parametrize(("name", "key"), arguments_of("scalar", "integer", "probability", "flag"))
def test_invalid_values_are_refused_by_name(name, key, bad):
    with pytest.raises(ValueError, match=rf"{name}: {key} = .*expected"):
        call(name, **{key: bad})


@pytest.mark.parametrize(("name", "key"), arguments_of("probability"))
def test_probabilities_above_one_are_refused(name, key):
    with pytest.raises(ValueError, match=rf"{key} = 1\.01 .*at most 1"):
        call(name, **{key: 1.01})


@pytest.mark.parametrize(("name", "key"), arguments_of("integer"))
def test_broken_counts_are_refused(name, key):
    with pytest.raises(ValueError, match=rf"{key} = 2\.5 .*whole number"):
        call(name, **{key: 2.5})


@pytest.mark.parametrize(("name", "key"), arguments_of("choice"))
def test_unknown_choices_are_refused_with_the_known(name, key):
    allowed = catalogue()[name].arguments[key].allowed
    with pytest.raises(ValueError, match=f"{key} = 'magic' is unknown; expected one of {allowed[0]}"):
        call(name, **{key: "magic"})
    for choice in allowed:
        assert all(np.all(np.isfinite(output)) for output in call(name, **{key: choice}))


@pytest.mark.parametrize(("name", "key"), arguments_of("list"))
@pytest.mark.parametrize("bad", [[], [-1.0], 3.0, "1,2", np.float64(2.0)])
def test_broken_lists_are_refused_by_name(name, key, bad):
    with pytest.raises(ValueError, match=rf"{name}: {key}"):
        call(name, **{key: bad})


def scaled(value, by):
    """The value of an argument, times `by`; whole numbers move by at least one."""
    if isinstance(value, list):
        return [scaled(item, by) for item in value]
    if isinstance(value, dict):
        return {key: item if key == "kind" else item * by for key, item in value.items()}
    return max(value + 1, round(value * by)) if isinstance(value, int) else value * by


@pytest.mark.parametrize(("name", "key"), [(name, key) for name in NAMES for key in catalogue()[name].responds_to])
def test_outputs_answer_to_load_contention_and_scale(name, key):
    before, after = call(name), call(name, **{key: scaled(EXAMPLES[name][key], 1.2)})
    change = max(
        np.max(np.abs(np.asarray(new, dtype=float) / np.asarray(old, dtype=float) - 1), initial=0)
        for old, new in zip(before, after, strict=True)
        if np.all(np.asarray(old))
    )
    assert change >= 1e-3


def test_shapes_that_do_not_broadcast_are_refused():
    with pytest.raises(ValueError, match="do not broadcast"):
        call("mm1", arrival_rate_per_s=np.ones(3), service_time_s=np.ones(2) * 1e-3)


def test_outputs_cannot_be_written():
    output = call("mm1", arrival_rate_per_s=np.array([1.0, 2.0])).utilisation
    with pytest.raises(ValueError, match="read-only"):
        output[0] = 0.0


def test_a_count_that_arithmetic_left_a_hair_off_is_a_count():
    assert mm1k(10.0, 0.05, 0.1 * 30).blocking_prob == mm1k(10.0, 0.05, 3).blocking_prob
    with pytest.raises(ValueError, match="whole number"):
        mm1k(10.0, 0.05, 3.001)
