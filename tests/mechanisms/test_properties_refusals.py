"""What is outside a domain is refused with a ValueError that names argument, value and domain, and nothing else."""

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gauntlet.mechanisms._inputs import LARGEST
from gauntlet.mechanisms.catalogue import catalogue
from tests.mechanisms.sampling import domains, draw, few, select, valid

pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore::gauntlet.mechanisms._inputs.ValidityWarning"),
]
ARGUMENTS = [(name, key) for name in catalogue() for key in domains(name)]
NO_NUMBERS = st.one_of(
    st.sampled_from([None, "fast", "2", "", b"2", 1j, {}, {1.0}, object(), 10**400, np.datetime64("2020-01-01")]),
    st.sampled_from([[1.0, "x"], [None], ["1", "2"], [[1.0], [1.0, 2.0]]]),
    st.sampled_from([np.array(["1", "2"]), np.array([1.0, None], dtype=object), np.array([1 + 1j])]),
)
NO_LISTS = st.sampled_from(
    [[], (), {}, None, 1.0, np.float64(1.0), "1,2", b"12", np.array([]), iter([1.0]), {1.0: 2.0}]
)
NO_LAWS = st.sampled_from([None, 1e-3, "exponential", [], {}, {"kind": "normal"}, {"kind": ["pareto"]}, {"kind": None}])


def numbers_outside(domain):
    """Numbers and arrays of numbers with one that is outside the domain."""
    wrong = [st.just(np.nan)]
    if domain.kind in ("integer", "flag"):
        wrong.append(st.integers(-(10**6), int(domain.low) - 1))
        wrong.append(st.builds(lambda whole, part: whole + part, st.integers(0, 1000), st.floats(0.001, 0.999)))
        wrong.append(st.just(np.inf))
    elif domain.low > -np.inf:
        wrong.append(st.floats(max_value=domain.low, exclude_max=not domain.above))
    if domain.high < LARGEST:
        wrong.append(st.floats(min_value=domain.high * (1 + 1e-8), exclude_min=True))
    inside = 0.5 * (domain.low + min(domain.high, domain.low + 2))
    first = st.one_of(wrong)
    return st.one_of(first, first.map(lambda number: np.array([inside, number, inside])), NO_NUMBERS)


def outside(domain):
    """Values of any form that the domain does not hold."""
    if domain.kind == "choice":
        return st.one_of(st.text(max_size=5), NO_NUMBERS, st.just(list(domain.allowed)))
    if domain.kind == "latency":
        return st.one_of(NO_LAWS, laws_outside())
    if domain.kind in ("list", "matrix"):
        wrong = numbers_outside(domain.element)
        shapes = st.just([np.full(2, 0.5), np.full(3, 0.5)])
        rows = (
            wrong.map(lambda item: [item])
            if domain.kind == "list"
            else wrong.map(lambda item: [[0.0, item], [0.0, 0.0]])
        )
        return st.one_of(NO_LISTS, rows, shapes)
    return numbers_outside(domain)


def laws_outside():
    """Known laws with a parameter too many, too few, or outside its domain."""
    good = {"kind": "lognormal", "median_s": 1e-3, "sigma": 0.5}
    keys = st.sampled_from(["median_s", "sigma"])
    wrong = st.one_of(NO_NUMBERS, st.sampled_from([np.nan, np.inf, 0.0, -1.0]))
    return st.one_of(
        st.builds(lambda key, value: {**good, key: value}, keys, wrong),
        keys.map(lambda key: {part: value for part, value in good.items() if part != key}),
        st.just({**good, "alpha": 2.0}),
        st.just({**good, "median_s": np.ones(2), "sigma": np.ones(3)}),
    )


@pytest.mark.parametrize(("name", "key"), ARGUMENTS)
def test_values_outside_the_domain_are_refused_by_name_value_and_domain(name, key):
    @few
    @given(outside(domains(name)[key]))
    def refused(value):
        with pytest.raises(ValueError, match=rf"(?s){name}: {key}\b.*(= |broadcast|lengths).*expected"):
            catalogue()[name].function(**{**catalogue()[name].example, key: value})

    refused()


@pytest.mark.parametrize("bad", [np.nan, -1.0, -np.inf])
@pytest.mark.parametrize("name", [name for name in catalogue() if catalogue()[name].arguments])
def test_the_value_that_is_refused_is_shown(name, bad):
    keys = [key for key, domain in domains(name).items() if domain.kind not in ("choice", "list", "matrix", "latency")]
    for key in keys:
        with pytest.raises(ValueError, match=rf"{name}: {key} = {re.escape(f'{bad:.12g}')} is invalid; expected"):
            catalogue()[name].function(**{**catalogue()[name].example, key: bad})


RELATED = ("order_statistic", "quorum_commit_latency", "attention_core_cost", "moe_expert_coverage", "brent_bound")


@pytest.mark.parametrize("name", [*RELATED, "latent_attention_cost", "server_power", "btree_io", "raid_iops"])
def test_a_relation_that_fails_is_shown_where_it_fails(name):
    """One point that breaks the relation between two arguments is named, not the extremes of the arrays."""
    random, breaking = np.random.default_rng(1), None
    while breaking is None:
        drawn = draw(name, random, 20)
        if "level" in drawn:
            drawn["level"] = random.integers(0, 11, 20).astype(float)
        for key in [key for key in domains(name) if domains(name)[key].kind in ("scalar", "integer")]:
            mixed = {**drawn, key: random.permutation(drawn[key])}
            (broken,) = np.nonzero(~valid(name, mixed, 20))
            if broken.size:
                breaking = select(mixed, np.r_[np.flatnonzero(valid(name, mixed, 20)), broken[:1]])
    with pytest.raises(ValueError, match="expected") as refusal:
        catalogue()[name].function(**breaking)
    shown = re.findall(r"(\w+) = ([-+.e\d]+)", str(refusal.value))
    assert shown
    for key, number in shown:
        assert float(number) == pytest.approx(breaking[key][-1], rel=1e-11)


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for name, key in ARGUMENTS if domains(name)[key].kind != "choice"]
)
@pytest.mark.parametrize("shape", [(0,), (2, 0)])
def test_nothing_gives_nothing(name, key, shape):
    example, domain, nothing = catalogue()[name].example.get(key), domains(name)[key], np.empty(shape)
    value = nothing
    if domain.kind == "list":
        value = [nothing for _ in example]
    elif domain.kind == "matrix":
        value = [[nothing for _ in row] for row in example]
    elif domain.kind == "latency":
        value = {part: item if part == "kind" else nothing for part, item in example.items()}
    for output in catalogue()[name].function(**{**catalogue()[name].example, key: value}):
        assert output.shape[output.ndim - len(shape) :] == shape


def test_numbers_of_any_type_are_numbers():
    mm1 = catalogue()["mm1"].function
    for half in (Fraction(1, 2), np.float32(0.5), np.array([0.5], dtype=object)):
        assert mm1(half, 1, quantile=False).utilisation == 0.5
    assert mm1(True, 10**-1).utilisation == pytest.approx(0.1)


@pytest.mark.parametrize("name", [name for name in catalogue() if len(domains(name)) > 1])
def test_shapes_that_do_not_broadcast_are_refused(name):
    kinds = ("scalar", "integer", "probability", "flag")
    keys = [key for key, domain in domains(name).items() if domain.kind in kinds][:2]
    if len(keys) == 2:
        example = {key: catalogue()[name].example.get(key, 0.5) for key in keys}
        shaped = {key: np.full(2 + index, example[key], dtype=float) for index, key in enumerate(keys)}
        with pytest.raises(ValueError, match=rf"{name}: shapes .*{keys[1]}.* do not broadcast; expected"):
            catalogue()[name].function(**{**catalogue()[name].example, **shaped})
