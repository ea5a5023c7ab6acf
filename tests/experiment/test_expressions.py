"""Formulas and conditions: text -> tree -> value."""

import random

import pytest

from concexp.experiment.expressions import NESTING, TOKENS, ExpressionError, evaluate, names, parse


def value(text, labels=False, **known):
    return evaluate(parse(text), known, labels)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("2*cpus", 8),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 - 2 - 1", 4),
        ("8 / 2 / 2", 2.0),
        ("-cpus", -4),
        ("--cpus", 4),
        ("2 * -3", -6),
        ("1e3", 1000),
        ("20_000", 20000),
        (".5", 0.5),
        ("min(cpus, 3)", 3),
        ("max(1, 2, cpus)", 4),
        ("max([1, 5])", 5),
        ("ceil(cpus / 3)", 2),
        ("floor(cpus / 3)", 1),
        ("abs(-2)", 2),
        ("sqrt(16)", 4.0),
        ("log(8, 2)", 3.0),
        ("echo.size + 1", 65),
        ("1e300*1e300 > 1e308", True),
    ],
)
def test_arithmetic(text, result):
    """Precedence, signs and functions are those of mathematics."""
    assert value(text, cpus=4, **{"echo.size": 64}) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("workers > 4*cpus", True),
        ("workers > 4*cpus and model == serial", False),
        ("workers > 4*cpus or model == serial", True),
        ("not workers > 4*cpus", False),
        ("not not workers", True),
        ("1 < workers <= 9", True),
        ("1 < workers < 9", False),
        ("model == threads", True),
        ("model != 'threads'", False),
        ('model in [serial, "threads"]', True),
        ("model in [serial]", False),
        ("not model in [serial]", True),
        ("false_label == model", False),
        ("workers == 9 and not (model == serial or cpus > 5)", True),
        ("model == mine.py:work", False),
        ("a and b or c", True),
        ("größe == 2 and 函数.n < 3", True),
        ("model == 函数", False),
        ("model == mine.py:计算", False),
    ],
)
def test_conditions(text, result):
    """Comparisons chain, `and` binds closer than `or`, and a name that is no axis is a label."""
    known = {"workers": 9, "cpus": 2, "model": "threads", "größe": 2, "函数.n": 1}
    assert bool(value(text, labels=True, **known)) is result


@pytest.mark.parametrize(
    "text",
    [
        "workers > 1",
        "workers <= 1",
        "2*workers > 0",
        "min(workers, 3) >= 0",
        "-workers < 1",
        "workers/0 > 1",
        "1 < workers",
    ],
)
def test_what_does_not_apply_is_neither_more_nor_less(text):
    """An axis that does not apply to a cell (None) meets no comparison of size, however it is computed with."""
    assert value(text, workers=None) is False


def test_what_does_not_apply_is_equal_to_nothing():
    """… and it is unequal to every value."""
    assert value("workers == 1", workers=None) is False
    assert value("workers != 1", workers=None) is True
    assert value("workers in [1, 2]", workers=None) is False


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "it ends too early"),
        ("  ", 2, "it ends too early"),
        ("2 *", 3, "it ends too early"),
        ("workers >", 9, "it ends too early"),
        ("1 2", 2, "'2' is not expected here"),
        ("2**3", 2, "'*' is not expected here"),
        ("(1", 2, "')' is missing at the end"),
        ("[1, 2", 5, "']' is missing at the end"),
        ("min(1; 2)", 5, "';' is not understood here"),
        ("(1]", 2, "')' is missing before ']'"),
        ("[]", 1, "']' is not expected here"),
        ("a = 1", 2, "equality is `==`"),
        ("2cpus", 0, "'2cpus' is not a number"),
        ("hold == 10us", 8, "a value with a unit quotes"),
        ("1__0", 0, "'1__0' is not a number"),
        ("round(2)", 0, "there is no function 'round'; there are min, max, ceil, floor, abs, sqrt, log"),
        ("__import__('os')", 0, "there is no function '__import__'"),
        ("a.b.c(1)", 0, "there is no function 'a.b.c'"),
        ("and", 0, "'and' is not expected here"),
        ("a and", 5, "it ends too early"),
        ("'open", 0, "is not understood here"),
        ("€", 0, "'€' is not understood here"),
        ("lambda: 1", 6, "':' is not understood here"),
        ("(" * (NESTING + 10), NESTING, f"nested more than {NESTING} levels deep"),
        ("1" + "+1" * TOKENS, TOKENS, f"it has more than {TOKENS} words and signs"),
    ],
)
def test_what_is_no_expression_is_told_with_its_position(text, position, says):
    """The position is the character, from 0, at which it goes wrong."""
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert says in str(caught.value)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("cpu", "'cpu' has no value here"),
        ("1/0", "division by zero"),
        ("log(0)", "math domain error"),
        ("sqrt(-1)", "math domain error"),
        ("floor(1e308*10)", "cannot convert float infinity"),
        ("'x' * 1000000000", "'x' is not a number"),
        ("[1] * 1000000000", "[1] is not a number"),
        ("(1 < 2) + 1", "True is not a number"),
        ("max('a', 1)", "'a' is not a number"),
        ("abs(1, 2)", "argument"),
        ("'a' > 1", "'a' > 1 cannot be compared"),
        ("[1] < [2]", "cannot be compared"),
        ("'a' in 'abc'", "`in` needs a list"),
        ("1 in 5", "`in` needs a list"),
    ],
)
def test_what_cannot_be_computed_is_an_error_of_its_own(text, says):
    """Evaluation ends with a value or an ExpressionError, and never fills the memory."""
    with pytest.raises(ExpressionError) as caught:
        value(text)
    assert says in str(caught.value)


def test_numbers_cannot_grow_without_end():
    """A long product of large integers becomes infinite instead of a number of a million digits."""
    assert value("*".join(["9000000000000000"] * 190)) == float("inf")


def test_longest_chain_and_deepest_nesting_are_computed():
    """What the limits allow is computed without a RecursionError."""
    assert value("1" + "+1" * (TOKENS // 2 - 1)) == TOKENS // 2
    assert value("(" * (NESTING - 1) + "1" + ")" * (NESTING - 1)) == 1
    assert value("not " * (TOKENS - 1) + "a", labels=True) in (True, False)


def test_names_and_their_places():
    """Every name once, where it stands first; functions, texts and words of the language are no names."""
    tree = parse("min(workers, 2*cpus) > workers and echo.size in ['x', small]")
    assert names(tree) == {"workers": 4, "cpus": 15, "echo.size": 35, "small": 54}


def test_random_texts_are_expressions_or_errors():
    """Whatever is put together from the language's own signs: a value or an ExpressionError."""
    generator = random.Random(7)
    signs = [
        *"1+-*/()[],<=%.éa",
        "2.5",
        "1e9",
        "workers",
        "cpus",
        "'x'",
        "==",
        "in",
        "and",
        "or",
        "not",
        "min(",
        "log(",
    ]
    values = errors = 0
    for _ in range(3000):
        text = " ".join(generator.choices(signs, k=generator.randint(1, 9)))
        try:
            evaluate(parse(text), {"workers": None, "cpus": 2}, generator.random() < 0.5)
            values += 1
        except ExpressionError as error:
            errors += 0 <= error.position <= len(text)
    assert values + errors == 3000
    assert values > 50
