"""Formulas (`2*cpus`), conditions (`workers > 4*cpus and model == threads`), claims: text -> tree -> value. Never `eval`.

    or_       := and_ ("or" and_)*
    and_      := not_ ("and" not_)*
    not_      := "not" not_ | comparison
    comparison:= sum (("<" | "<=" | "==" | "!=" | ">=" | ">" | "in") sum)*      chained as in mathematics
    sum       := product (("+" | "-") product)*
    product   := unary (("*" | "/") unary)*
    unary     := "-" unary | atom
    atom      := number | "text" | name | function "(" or_ ("," or_)* ")" | "(" or_ ")" | "[" or_ ("," or_)* "]"

A name may have dots (`counter.hold`). In a condition, a name that is not an axis is a label: `model == threads`.

Claims have more, and are evaluated elsewhere, since they are about many cells and many draws:

    comparison:= … ["within" (number "%" | number "x")]                         how close `==` has to be
    atom      := … | number unit | name "[" place ("," place)* "]"              the metric of another cell
               | curve "(" or_ "over" name ")" | "first" "(" name "where" or_ ")"
    place     := [name "="] sum
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from concexp.experiment.units import BYTES, FLAGS, SECONDS

NUMBER = r"(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
WORD = r"(?P<text>\"[^\"]*\"|'[^']*')|(?P<name>[^\W\d][\w.]*(?::[\w*]+)?)"
TOKEN = re.compile(rf"\s*(?:(?P<number>{NUMBER}(?!\w))|{WORD}|(?P<sign><=|>=|==|!=|[-+*/()\[\],<>]))")
UNITS = {"%": 0.01, "x": 1.0, **SECONDS, **BYTES, **{f"/{name}": 1 / seconds for name, seconds in SECONDS.items()}}
RATE = "|".join(sorted(SECONDS, key=len, reverse=True))
QUANTITY = rf"{NUMBER}(?:%|/(?:{RATE})(?!\w)|[^\W\d_]+)?(?!\w)"
CLAIM_TOKEN = re.compile(rf"\s*(?:(?P<number>{QUANTITY})|{WORD}|(?P<sign><=|>=|==|!=|[-+*/()\[\],<>=]))")
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">=": operator.ge, ">": operator.gt,
    "in": lambda left, right: left in right,  # right is a list
}  # fmt: skip
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min, "max": max, "ceil": math.ceil, "floor": math.floor, "abs": abs, "sqrt": math.sqrt, "log": math.log,
}  # fmt: skip
ARGUMENTS = {"ceil": (1,), "floor": (1,), "abs": (1,), "sqrt": (1,), "log": (1, 2)}
CURVES = ("max", "min", "mean", "slope", "r2", "spread")  # over an axis
WORDS = {"and", "or", "not", "in"}
CLAIM_WORDS = WORDS | {"within", "over", "where"}
NESTING = 50
TOKENS = 400  # a chain of signs makes a tree as deep as the chain is long


class ExpressionError(ValueError):
    """A mistake in an expression, and its character, counted from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True)
class Tolerance:
    """How close two numbers have to be to count as equal: a share of the right one, or a factor in either direction."""

    amount: float
    factor: bool


@dataclass(frozen=True)
class Tree:
    """One operation: `kind` is number, text, name, list, call, not, and, or, compare, or a sign of arithmetic.

    In claims also: at (`value` is a metric, each part a place), place (`value` is an axis or "", its part the value), curve
    (`value` is the function; the parts are the expression and the axis) and first (the parts are the axis and the condition).
    """

    kind: str
    value: Any
    parts: tuple[Tree, ...]
    position: int
    written: str = ""  # of a number
    tolerance: Tolerance | None = None  # of a comparison


@lru_cache
def parse(text: str, claim: bool = False) -> Tree:
    """The tree of an expression, with `claim` in the language of claims; ExpressionError if it cannot be parsed."""
    return _Parser(text, claim).whole()


def quantity(written: str) -> float | int | None:
    """10%, 5ms, 1KiB, 100/s or 2x -> the number in SI units; None for any other text."""
    match = re.fullmatch(rf"({NUMBER})\s*([^\s\d_]+)", written)
    if match is None or match[2] not in UNITS:
        return None
    return _whole(float(f"{float(match[1]) * UNITS[match[2]]:.12g}"))


def _whole(number: float) -> float | int:
    return int(number) if number.is_integer() else number


def walk(tree: Tree) -> Iterator[Tree]:
    """The tree and all its parts, at any depth, from left to right."""
    yield tree
    for part in tree.parts:
        yield from walk(part)


def names(tree: Tree) -> dict[str, int]:
    """The names in a tree, each with the position of its first use."""
    positions: dict[str, int] = {}
    for part in walk(tree):
        if part.kind == "name":
            positions.setdefault(part.value, part.position)
    return positions


def evaluate(tree: Tree, known: Mapping[str, Any], labels: bool = False) -> Any:
    """The value of a tree. With `labels`, an unknown name stands for its own text; without, it is an ExpressionError."""
    if tree.kind in ("number", "text"):
        return tree.value
    if tree.kind == "name":
        if tree.value in known:
            return known[tree.value]
        if labels:
            return tree.value
        raise ExpressionError(f"'{tree.value}' has no value here", tree.position)
    if tree.kind == "and":
        return all(evaluate(part, known, labels) for part in tree.parts)
    if tree.kind == "or":
        return any(evaluate(part, known, labels) for part in tree.parts)
    values = [evaluate(part, known, labels) for part in tree.parts]
    if tree.kind == "list":
        return values
    if tree.kind == "not":
        return not values[0]
    try:
        if tree.kind == "compare":
            pairs = zip(tree.value, values, values[1:], strict=False)
            return all(_compare(sign, left, right) for sign, left, right in pairs)
        return _computed(tree, values)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ExpressionError(str(error), tree.position) from error


def _check_alike(left: Any, right: Any) -> None:
    """TypeError for a text that looks like the number it is compared with: `python == 3.9` would silently select nothing."""
    if isinstance(left, str) == isinstance(right, str):
        return
    text, other = (left, right) if isinstance(left, str) else (right, left)
    if re.fullmatch(r"\d+\.\d+", text) and float(text) == other:
        raise TypeError(f'{text} is a text here: put it in quotes, "{text}"')


def _equal(left: Any, right: Any) -> bool:
    """Whether two values are the same; a flag is also what its word says, as in `w.fast == true`."""
    flag, word = (right, left) if isinstance(right, bool) else (left, right)
    if isinstance(flag, bool) and isinstance(word, str):
        return FLAGS.get(word.lower()) is flag
    return bool(left == right)


def _compare(sign: str, left: Any, right: Any) -> bool:
    if sign == "in" and not isinstance(right, list):
        raise TypeError(f"`in` needs a list such as [1, 2], not {right!r}")
    if sign in ("==", "!=", "in"):
        for other in right if isinstance(right, list) else [right]:
            _check_alike(left, other)
        if sign == "in":
            return any(_equal(left, other) for other in right)
        return _equal(left, right) != (sign == "!=")
    if left is None or right is None:
        return False  # an axis that does not apply is neither more nor less than any value
    if isinstance(left, str) != isinstance(right, str) or isinstance(left, list) or isinstance(right, list):
        raise TypeError(f"{left!r} {sign} {right!r} cannot be compared")
    return bool(COMPARISONS[sign](left, right))


def _computed(tree: Tree, values: list[Any]) -> Any:
    """The result of arithmetic or of a function; None if a value is None, as that of an axis that does not apply."""
    one_list = tree.kind == "call" and len(values) == 1 and isinstance(values[0], list)
    numbers = values[0] if one_list else values
    if None in numbers:
        return None
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int | float):  # 'x' * 1e9 would fill the memory
            raise TypeError(f"{number!r} is not a number")
    if tree.kind == "call":
        return FUNCTIONS[tree.value](*numbers)
    if tree.kind == "minus":
        return -numbers[0]
    return ARITHMETIC[tree.kind](*map(_bounded, numbers))


def _bounded(number: int | float) -> int | float:
    """Large integers as floats, so that they cannot grow without end."""
    return number if abs(number) < 2**53 else float(number)


def _misread(rest: str, claim: bool) -> str:
    """The message for a text that does not start with a token."""
    if rest[0].isdigit():
        word = rest.split()[0]
        unit = "units are %, x, ns, us, ms, s, B, KiB, MiB, /s" if claim else "a value with a unit quotes"
        return f"'{word}' is not a number: a product needs its `*`, {unit}"
    return f"'{rest[0]}' is not understood here" + (": equality is `==`" if rest[0] == "=" else "")


class _Parser:
    """A recursive descent parser; its methods are the rules of the grammar above."""

    def __init__(self, text: str, claim: bool) -> None:
        self.claim = claim
        self.tokens: list[tuple[str, str, int]] = []
        position = 0
        while text[position:].strip():
            match = (CLAIM_TOKEN if claim else TOKEN).match(text, position)
            if match is None or match.lastgroup is None:
                at = position + len(text[position:]) - len(text[position:].lstrip())
                raise ExpressionError(_misread(text[at:], claim), at)
            if len(self.tokens) == TOKENS:
                raise ExpressionError(f"it has more than {TOKENS} words and signs", match.start(match.lastgroup))
            kind = "sign" if match[match.lastgroup] in (CLAIM_WORDS if claim else WORDS) else match.lastgroup
            self.tokens.append((kind, match[match.lastgroup], match.start(match.lastgroup)))
            position = match.end()
        self.tokens.append(("end", "", len(text)))
        self.at = 0
        self.depth = 0

    def whole(self) -> Tree:
        tree = self.either()
        kind, text, position = self.tokens[self.at]
        if kind != "end":
            cure = {"=": ": equality is `==`", "within": ": write `x == y within 10%`"}.get(text, "")
            raise ExpressionError(f"'{text}' is not expected here{cure}", position)
        return tree

    def take(self, *signs: str) -> str | None:
        kind, text, _ = self.tokens[self.at]
        if kind == "sign" and text in signs:
            self.at += 1
            return text
        return None

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            _, text, position = self.tokens[self.at]
            raise ExpressionError(f"'{sign}' is missing" + (f" before '{text}'" if text else " at the end"), position)

    def joined(self, word: str, below: Callable[[], Tree]) -> Tree:
        position = self.tokens[self.at][2]
        parts = [below()]
        while self.take(word):
            parts.append(below())
        return parts[0] if len(parts) == 1 else Tree(word, None, tuple(parts), position)

    def either(self) -> Tree:
        self.depth += 1
        if self.depth > NESTING:
            raise ExpressionError(f"nested more than {NESTING} levels deep", self.tokens[self.at][2])
        tree = self.joined("or", lambda: self.joined("and", self.negation))
        self.depth -= 1
        return tree

    def negation(self) -> Tree:
        position = self.tokens[self.at][2]
        count = 0
        while self.take("not"):
            count += 1
        tree = self.comparison()
        return Tree("not", None, (tree,), position) if count % 2 else tree

    def comparison(self) -> Tree:
        position = self.tokens[self.at][2]
        parts, signs = [self.chain(("+", "-"), self.product)], []
        while sign := self.take(*COMPARISONS):
            signs.append(sign)
            parts.append(self.chain(("+", "-"), self.product))
        tolerance = self.tolerance() if "==" in signs and self.take("within") else None
        return Tree("compare", tuple(signs), tuple(parts), position, "", tolerance) if signs else parts[0]

    def tolerance(self) -> Tolerance:
        kind, text, position = self.tokens[self.at]
        amount = quantity(text) if kind == "number" else None
        if amount is None or text[-1] not in "%x" or amount < (text[-1] == "x"):
            raise ExpressionError("`within` needs a share such as 10%, or a factor such as 2x", position)
        self.at += 1
        if self.tokens[self.at][1] == "of":
            raise ExpressionError("`x within 10% of y` is written `x == y within 10%`", self.tokens[self.at][2])
        return Tolerance(amount, text[-1] == "x")

    def product(self) -> Tree:
        return self.chain(("*", "/"), self.unary)

    def chain(self, signs: tuple[str, ...], below: Callable[[], Tree]) -> Tree:
        tree = below()
        while sign := self.take(*signs):
            tree = Tree(sign, None, (tree, below()), tree.position)
        return tree

    def unary(self) -> Tree:
        position = self.tokens[self.at][2]
        count = 0
        while self.take("-"):
            count += 1
        tree = self.atom()
        return Tree("minus", None, (tree,), position) if count % 2 else tree

    def listed(self, end: str) -> tuple[Tree, ...]:
        parts = [self.either()]
        while self.take(","):
            parts.append(self.either())
        self.expect(end)
        return tuple(parts)

    def atom(self) -> Tree:
        kind, text, position = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return Tree("number", self.number(text, position), (), position, text)
        if kind == "text":
            return Tree("text", text[1:-1], (), position)
        if kind == "name":
            if self.claim and self.take("["):
                return Tree("at", text, self.places(), position)
            if not self.take("("):
                return Tree("name", text, (), position)
            return self.call(text, position)
        if kind == "sign" and text == "(":
            tree = self.either()
            self.expect(")")
            return tree
        if kind == "sign" and text == "[":
            return Tree("list", None, self.listed("]"), position)
        raise ExpressionError(f"'{text}' is not expected here" if text else "it ends too early", position)

    def number(self, text: str, position: int) -> float | int:
        try:
            return _whole(float(text))
        except ValueError:
            number = quantity(text)
            if number is None:
                raise ExpressionError(_misread(text, self.claim), position) from None
            return number

    def call(self, name: str, position: int) -> Tree:
        """The rest of a call, after `name(`."""
        curves = (*CURVES, "first") if self.claim else ()
        if name not in (*FUNCTIONS, *curves):
            known = ", ".join(dict.fromkeys([*FUNCTIONS, *curves]))
            raise ExpressionError(f"there is no function '{name}'; there are {known}", position)
        if name == "first":
            axis = self.axis()
            if not self.take("where"):
                raise ExpressionError("`first` is written `first(axis where condition)`", self.tokens[self.at][2])
            condition = self.either()
            self.expect(")")
            return Tree("first", None, (axis, condition), position)
        first = self.either()
        if name in curves and self.take("over"):
            axis = self.axis()
            self.expect(")")
            return Tree("curve", name, (first, axis), position)
        if name not in FUNCTIONS:
            raise ExpressionError(f"`{name}` is written `{name}(metric over axis)`", self.tokens[self.at][2])
        parts = (first, *(self.listed(")") if self.take(",") else self.ended(")")))
        if len(parts) not in ARGUMENTS.get(name, (len(parts),)):
            takes = " or ".join(map(str, ARGUMENTS[name]))
            raise ExpressionError(f"`{name}` takes {takes} argument{'s' * (takes != '1')}, not {len(parts)}", position)
        return Tree("call", name, parts, position)

    def ended(self, end: str) -> tuple[Tree, ...]:
        self.expect(end)
        return ()

    def axis(self) -> Tree:
        kind, text, position = self.tokens[self.at]
        if kind != "name":
            raise ExpressionError("an axis is missing here, such as workers", position)
        self.at += 1
        return Tree("name", text, (), position)

    def places(self) -> tuple[Tree, ...]:
        """The places of `metric[…]`, after the bracket."""
        places: list[Tree] = []
        while not places or self.take(","):
            kind, text, position = self.tokens[self.at]
            named = kind == "name" and self.tokens[self.at + 1][1] == "="
            self.at += 2 * named
            places.append(Tree("place", text if named else "", (self.chain(("+", "-"), self.product),), position))
        self.expect("]")
        return tuple(places)
