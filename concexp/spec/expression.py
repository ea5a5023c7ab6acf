"""Formulas (`2*cpus`) and conditions (`workers > 4*cpus and model == threads`): text -> tree -> value. Never `eval`.

    or_       := and_ ("or" and_)*
    and_      := not_ ("and" not_)*
    not_      := "not" not_ | comparison
    comparison:= sum (("<" | "<=" | "==" | "!=" | ">=" | ">" | "in") sum)*      chained as in mathematics
    sum       := product (("+" | "-") product)*
    product   := unary (("*" | "/") unary)*
    unary     := "-" unary | atom
    atom      := number | "text" | name | function "(" or_ ("," or_)* ")" | "(" or_ ")" | "[" or_ ("," or_)* "]"

A name may hold dots (`counter.hold`). In a condition a name that is no axis is a label: `model == threads`.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w])"
    r"|(?P<text>\"[^\"]*\"|'[^']*')|(?P<name>[A-Za-z_][\w.]*(?::[\w*]+)?)|(?P<sign><=|>=|==|!=|[-+*/()\[\],<>]))"
)
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
WORDS = {"and", "or", "not", "in"}
NESTING = 50
TOKENS = 400  # a chain of signs is a tree as deep as it is long


class ExpressionError(ValueError):
    """What is wrong with an expression, and at which character (from 0)."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True)
class Tree:
    """One operation: `kind` is number, text, name, list, call, not, and, or, compare, or a sign of arithmetic."""

    kind: str
    value: Any
    parts: tuple[Tree, ...]
    position: int


@lru_cache
def parse(text: str) -> Tree:
    """The tree of an expression; ExpressionError if it is none."""
    return _Parser(text).whole()


def names(tree: Tree) -> dict[str, int]:
    """Every name in the tree and where it stands first."""
    found = {tree.value: tree.position} if tree.kind == "name" else {}
    for part in tree.parts:
        for name, position in names(part).items():
            found.setdefault(name, position)
    return found


def evaluate(tree: Tree, known: Mapping[str, Any], labels: bool = False) -> Any:
    """The value of a tree. `labels` lets an unknown name stand for its own text; else it is an ExpressionError."""
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
    """TypeError for a text that reads as the number beside it: `python == 3.9` would quietly select nothing."""
    if isinstance(left, str) == isinstance(right, str):
        return
    text, other = (left, right) if isinstance(left, str) else (right, left)
    if re.fullmatch(r"\d+\.\d+", text) and float(text) == other:
        raise TypeError(f'{text} is a text here: put it in quotes, "{text}"')


def _compare(sign: str, left: Any, right: Any) -> bool:
    if sign == "in" and not isinstance(right, list):
        raise TypeError(f"`in` needs a list such as [1, 2], not {right!r}")
    if sign in ("==", "!=", "in"):
        for other in right if isinstance(right, list) else [right]:
            _check_alike(left, other)
        return bool(COMPARISONS[sign](left, right))
    if left is None or right is None:
        return False  # an axis that does not apply is neither more nor less than anything
    if isinstance(left, str) != isinstance(right, str) or isinstance(left, list) or isinstance(right, list):
        raise TypeError(f"{left!r} {sign} {right!r} cannot be compared")
    return bool(COMPARISONS[sign](left, right))


def _computed(tree: Tree, values: list[Any]) -> Any:
    """The number that arithmetic or a function gives; None, as an axis that does not apply, if one of them is None."""
    listed = tree.kind == "call" and len(values) == 1 and isinstance(values[0], list)
    numbers = values[0] if listed else values
    if None in numbers:
        return None
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int | float):  # 'x' * 1e9 would fill the memory
            raise TypeError(f"{number!r} is no number")
    if tree.kind == "call":
        return FUNCTIONS[tree.value](*numbers)
    if tree.kind == "minus":
        return -numbers[0]
    return ARITHMETIC[tree.kind](*map(_bounded, numbers))


def _bounded(number: int | float) -> int | float:
    """Large integers as floats: they cannot grow without end."""
    return number if abs(number) < 2**53 else float(number)


def _misread(rest: str) -> str:
    """What to say of a text that begins with no token."""
    if rest[0].isdigit():
        word = rest.split()[0]
        return f"'{word}' is no number: a product needs its `*`, a value with a unit quotes"
    return f"'{rest[0]}' is not understood here" + (": equality is `==`" if rest[0] == "=" else "")


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, int]] = []
        position = 0
        while text[position:].strip():
            match = TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                at = position + len(text[position:]) - len(text[position:].lstrip())
                raise ExpressionError(_misread(text[at:]), at)
            if len(self.tokens) == TOKENS:
                raise ExpressionError(f"it has more than {TOKENS} words and signs", match.start(match.lastgroup))
            kind = "sign" if match[match.lastgroup] in WORDS else match.lastgroup
            self.tokens.append((kind, match[match.lastgroup], match.start(match.lastgroup)))
            position = match.end()
        self.tokens.append(("end", "", len(text)))
        self.at = 0
        self.depth = 0

    def whole(self) -> Tree:
        tree = self.either()
        if self.tokens[self.at][0] != "end":
            raise ExpressionError(f"'{self.tokens[self.at][1]}' is not expected here", self.tokens[self.at][2])
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
        return Tree("compare", tuple(signs), tuple(parts), position) if signs else parts[0]

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
            number = float(text)
            return Tree("number", int(number) if number.is_integer() else number, (), position)
        if kind == "text":
            return Tree("text", text[1:-1], (), position)
        if kind == "name":
            if not self.take("("):
                return Tree("name", text, (), position)
            if text not in FUNCTIONS:
                raise ExpressionError(f"there is no function '{text}'; there are {', '.join(FUNCTIONS)}", position)
            return Tree("call", text, self.listed(")"), position)
        if kind == "sign" and text == "(":
            tree = self.either()
            self.expect(")")
            return tree
        if kind == "sign" and text == "[":
            return Tree("list", None, self.listed("]"), position)
        raise ExpressionError(f"'{text}' is not expected here" if text else "it ends too early", position)
