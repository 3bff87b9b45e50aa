"""Expressions: what the grammar lets in, what it keeps out, and the arithmetic against Python's own."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gauntlet.errors import ExpressionError
from gauntlet.expressions import nodes
from gauntlet.expressions.grammar import LONGEST, parse, parse_condition

COLUMN = np.array([[1.0], [2.0], [4.0]])
ROW = np.array([[10.0, 20.0]])


def value(text: str, **environment: object) -> float:
    arrays = {name: np.asarray(item, dtype=np.float64) for name, item in environment.items()}
    return float(parse(text, "test").evaluate(arrays))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - 4 / 8", 6.5),
        ("-2 ** 2", -4.0),
        ("2 ** -1", 0.5),
        ("2 ** 3 ** 0", 2.0),
        ("min(3, 1, 2) + max(3, 7)", 8.0),
        ("sqrt(9) + exp(0) + log(1) + log2(8) + log10(100)", 9.0),
        ("ceil(1.2) + floor(1.8) + abs(-3)", 6.0),
        ("where(1 < 2 and (3 >= 3 or 1 == 2), 5, 6)", 5.0),
        ("where(1 != 1 or 2 > 3, 5, 6)", 6.0),
        ("a / (b - c)", 4.0),
    ],
)
def test_arithmetic_by_hand(text: str, expected: float) -> None:
    assert value(text, a=8, b=5, c=3) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "expected"), [("a < 2", [1.0, 0.0]), ("a == 1 or a > 2", [1.0, 1.0]), ("a >= 1 and a <= 2", [1.0, 0.0])]
)
def test_a_condition_has_a_value_where_it_holds(text: str, expected: list[float]) -> None:
    assert parse_condition(text, "t").evaluate({"a": np.array([1.0, 3.0])}).tolist() == expected


@pytest.mark.parametrize("text", ["a", "a + 1", "not a", "a < b < c", "where(a < b, 1, 0)"])
def test_what_is_no_condition_is_refused_as_one(text: str) -> None:
    with pytest.raises(ExpressionError, match="is no condition; write 'a < b'"):
        parse_condition(text, "t")


def test_a_variable_may_be_called_like_a_function() -> None:
    expression = parse("max(max, 2) + mm1 * mm1(arrival_rate_per_s=mm1, service_time_s=0.5).mean_wait_s", "t")
    assert expression.names == ("max", "mm1")
    assert expression.primitives == ("mm1",)
    load, wait_s = 1.5, 0.5 * 0.75 / 0.25  # W = S rho / (1 - rho): Kleinrock, Queueing Systems I, 1975, 3.2
    assert expression.evaluate({"max": np.float64(3.0), "mm1": np.float64(load)}) == pytest.approx(3 + load * wait_s)


def test_a_load_is_not_called_like_a_function() -> None:
    with pytest.raises(ExpressionError, match="write min_load"):
        parse("max_load_at(lambda min: min * a, 10, 5)", "t")


def test_arrays_broadcast_samples_by_points() -> None:
    result = parse("a * x + 1", "test").evaluate({"a": COLUMN, "x": ROW})
    np.testing.assert_array_equal(result, [[11, 21], [21, 41], [41, 81]])


def test_division_by_zero_is_infinite_without_warning() -> None:
    assert value("1 / a", a=0) == math.inf


def test_primitive_output_matches_the_closed_form_for_two_servers() -> None:
    # C = 2 rho^2 / (1 + rho), W = C S / (2 (1 - rho)): Gross & Harris, section 2.3; rho = 0.5 gives W = S / 3
    wait = parse("mmc(arrival_rate_per_s=rate, service_time_s=s, servers=2).mean_wait_s", "test")
    np.testing.assert_allclose(wait.evaluate({"rate": 1 / COLUMN, "s": COLUMN}), COLUMN / 3, rtol=1e-12)


def test_latency_law_and_list_arguments() -> None:
    # The smaller of two exponentials of mean m has mean m / 2.
    assert value("order_statistic(latency=exponential(mean_s=m), k=1, n=2).mean_s", m=3) == pytest.approx(1.5, rel=1e-6)
    # Two stations in series, one customer: X = 1 / (D1 + D2).
    text = "mva_exact(population=1, think_time_s=0, demands_s=[a, 2 * a]).throughput_per_s"
    assert value(text, a=0.1) == pytest.approx(1 / 0.3, rel=1e-12)


MAX_LOAD = "max_load_at(lambda load: 3 * mm1(arrival_rate_per_s=load, service_time_s=s).mean_response_s, 2 / s, limit)"


def test_largest_load_within_a_limit_by_hand() -> None:
    # 3 S / (1 - load S) = limit at load = 1/S - 3/limit, by solving for the load.
    result = parse(MAX_LOAD, "test").evaluate({"s": COLUMN, "limit": ROW})
    np.testing.assert_allclose(result, np.maximum(0, 1 / COLUMN - 3 / ROW), rtol=1e-12)
    assert value(MAX_LOAD, s=1, limit=2.9) == 0.0  # even an idle server is too slow
    assert value("max_load_at(lambda load: load * a, b, c)", a=1, b=5, c=7) == 5.0  # nothing limits it


def test_the_load_of_a_search_is_its_own() -> None:
    expression = parse(f"{MAX_LOAD} * b", "test")
    assert expression.names == ("s", "limit", "b")
    assert expression.loads == ("load",)
    assert parse(str(expression), "test").root == expression.root


def test_what_an_expression_says_about_itself() -> None:
    expression = parse("b + a * 2.5 + mm1(arrival_rate_per_s=a, service_time_s=c).mean_wait_s - b", "test")
    assert expression.names == ("b", "a", "c")
    assert expression.literals == (2.5,)
    assert expression.primitives == ("mm1",)


REFUSED = {
    "attribute": "a.real",
    "dunder attribute": "a.__class__",
    "dunder name": "__builtins__",
    "call of an unknown": "open('/etc/passwd')",
    "import": "__import__('os')",
    "method": "a.mean()",
    "class of a literal": "(1).__class__",
    "output of an output": "mm1(arrival_rate_per_s=1, service_time_s=1).mean_wait_s.real",
    "dunder output": "mm1(arrival_rate_per_s=1, service_time_s=1).__class__",
    "no output chosen": "mm1(arrival_rate_per_s=1, service_time_s=1)",
    "private output": "mm1(arrival_rate_per_s=1, service_time_s=1)._fields",
    "positional primitive": "mm1(1, 1).mean_wait_s",
    "unpacked": "mm1(**a).mean_wait_s",
    "starred": "min(*a)",
    "missing argument": "mm1(arrival_rate_per_s=1).mean_wait_s",
    "argument twice": "mm1(arrival_rate_per_s=1, arrival_rate_per_s=1, service_time_s=1).mean_wait_s",
    "list outside": "[1, 2]",
    "word outside": "'a'",
    "word for a number": "mm1(arrival_rate_per_s='a', service_time_s=1).mean_wait_s",
    "unknown choice": "lsm_tree(policy='best').write_amplification",
    "law outside": "exponential(mean_s=1)",
    "lambda": "lambda: 1",
    "search without its load": "max_load_at(lambda load: a, b, c)",
    "search of two loads": "max_load_at(lambda x, y: x + y, b, c)",
    "search with a default": "max_load_at(lambda x=1: x, b, c)",
    "search with a star": "max_load_at(lambda *x: x, b, c)",
    "search within a search": "max_load_at(lambda x: max_load_at(lambda y: x * y, a, b), b, c)",
    "search by name": "max_load_at(load, b, c)",
    "search keyword": "max_load_at(lambda x: x, b, limit=c)",
    "search for a function": "max_load_at(lambda mm1: a, b, c)",
    "walrus": "(a := 1)",
    "f-string": "f'{a}'",
    "comprehension": "[x for x in a]",
    "generator": "min(x for x in a)",
    "subscript": "a[0]",
    "ternary": "a if b else c",
    "condition outside": "a < b",
    "chained condition": "where(a < b < c, 1, 2)",
    "junction outside": "a and b",
    "number as condition": "where(a, 1, 2)",
    "not": "where(not a < b, 1, 2)",
    "membership": "where(a in b, 1, 2)",
    "unary plus": "+a",
    "floor division": "a // b",
    "modulo": "a % b",
    "matrix product": "a @ b",
    "bits": "a | b",
    "await": "await a",
    "yield": "(yield a)",
    "tuple": "a, b",
    "dictionary": "{1: 2}",
    "true": "True",
    "none": "None",
    "ellipsis": "...",
    "imaginary": "1j",
    "bytes": "b'a'",
    "huge power": "9 ** 9",
    "huge negative power": "a ** -9",
    "infinite": "1e999",
    "long number": "9" * 1_900,
    "capital": "Rate",
    "long name": "a" * 65,
    "statement": "import os",
    "assignment": "a = 1",
    "two lines": "a\nimport os",
    "comment": "a # b",
    "null": "a\x00b",
    "not ASCII": "a × b",
    "fullwidth name": "ａ",
    "empty": "  ",
    "unbalanced": "(a",
    "wrong arity": "sqrt(a, b)",
    "one operand": "max(a)",
    "keyword to a function": "sqrt(a, out=b)",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_refuses(text: str) -> None:
    with pytest.raises(ExpressionError, match="term t"):
        parse(text, "term t")


TOO_LARGE = {
    "many terms": "a" + "+a" * 999,
    "many brackets": "(" * 999 + "a" + ")" * 999,
    "many signs": "-" * 1_990 + "a",
    "long sum": "a + " * 60 + "a",
    "too long": "a" * (LONGEST + 1),
    "deep calls": "min(" * 45 + "a, b" + ", b)" * 44 + ")",
    "many arguments": "max(" + "a * b, " * 120 + "a)",
    "tower of powers": "a**" * 60 + "a",
    "open lists": "[" * 900,
}


@pytest.mark.parametrize("text", TOO_LARGE.values(), ids=TOO_LARGE)
def test_size_limits_hold_quickly(text: str) -> None:
    before = time.perf_counter()
    with pytest.raises(ExpressionError):
        parse(text, "term t")
    assert time.perf_counter() - before < 1.0


@pytest.mark.parametrize(
    ("text", "fragment", "position", "help_"),
    [
        ("a + mcc(servers=2).mean_wait_s", "mcc", 5, "mmc"),
        ("mmc(arrival_rate_per_s=1, service_time_s=1, servers=1).mean_wait", "mean_wait", 1, "mean_wait_s"),
        ("mm1(arrival_rate=1, service_time_s=1).mean_wait_s", "arrival_rate", 1, "arrival_rate_per_s"),
        ("a * (b // c)", "b // c", 6, "+ - * /"),
        ("sqr(a)", "sqr", 1, "sqrt"),
    ],
)
def test_error_names_fragment_position_and_nearest(text: str, fragment: str, position: int, help_: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, "term t")
    message = str(caught.value)
    assert f"{fragment!r} at character {position}" in message
    assert help_ in message


def test_error_of_a_primitive_names_term_and_argument() -> None:
    with pytest.raises(ExpressionError, match=r"term wait: mmc: servers = 0"):
        parse("mmc(arrival_rate_per_s=1, service_time_s=1, servers=n).mean_wait_s", "term wait").evaluate(
            {"n": np.zeros((2, 1))}
        )


def test_missing_value_names_the_variable() -> None:
    with pytest.raises(ExpressionError, match="'rate' has no value"):
        parse("rate * 2", "term t").evaluate({"other": COLUMN})


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_politely(text: str) -> None:
    try:
        parse(text, "fuzz")
    except ExpressionError as error:
        assert str(error).startswith("fuzz: ")


FRAGMENTS = [
    "a",
    "b",
    "1",
    "2.5",
    "+",
    "-",
    "*",
    "/",
    "**",
    "(",
    ")",
    ",",
    "min",
    "where",
    "<",
    " and ",
    ".",
    "mm1",
    "=",
]
FRAGMENTS += ["__", "lambda", ":", "[", "]", "'", "arrival_rate_per_s", "service_time_s", "mean_wait_s", "if", " for "]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join))
def test_what_is_read_uses_only_known_nodes_and_clean_names(text: str) -> None:
    try:
        expression = parse(text, "fuzz")
    except ExpressionError:
        return
    assert all(isinstance(node, nodes.Node) for node in nodes.walk(expression.root))
    assert all("__" not in name[:2] and name.isidentifier() for name in expression.names)


LEAVES = st.one_of(
    st.sampled_from(["a", "b", "rate_s"]).map(nodes.Name),
    st.floats(min_value=0, max_value=1e6, allow_nan=False).map(nodes.Number),
)


def _grown(smaller: st.SearchStrategy[nodes.Node]) -> st.SearchStrategy[nodes.Node]:
    comparison = st.builds(nodes.Comparison, st.sampled_from(["<", ">=", "=="]), smaller, smaller)
    condition = st.one_of(
        comparison,
        st.builds(nodes.Junction, st.sampled_from(["and", "or"]), st.tuples(comparison, comparison)),
    )
    return st.one_of(
        smaller.map(nodes.Negative),
        st.builds(nodes.Arithmetic, st.sampled_from("+-*/"), smaller, smaller),
        st.builds(nodes.Arithmetic, st.just("**"), smaller, st.just(nodes.Number(2.0))),
        st.builds(nodes.Function, st.just("max"), st.tuples(smaller, smaller)),
        st.builds(nodes.Function, st.just("where"), st.tuples(condition, smaller, smaller)),
    )


@settings(max_examples=200, deadline=None)
@given(st.recursive(LEAVES, _grown, max_leaves=12))
def test_printer_and_parser_agree(tree: nodes.Node) -> None:
    assert parse(nodes.unparse(tree), "test").root == tree
