"""YAML text -> a tree of nodes that know their file, line and column; typical traps of YAML become errors with a cure.

Scalars get their types here, by the core schema of YAML 1.2: PyYAML knows 1.1, which reads `on`, `off`, `yes` and `no` as
booleans, and `1e5` as text.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from concexp.errors import InputError, Problem
from concexp.experiment import yaml_mistakes

SIZE_LIMIT = 128 * 1024  # bytes: a hundred times the longest experiment so far
NODE_LIMIT = 50_000  # with aliases unfolded
DEPTH_LIMIT = 40

# The core schema of YAML 1.2. Beyond it, digits may be grouped by `_`.
WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{f"{sign}.{inf}": float(f"{sign}inf") for sign in ("", "+", "-") for inf in ("inf", "Inf", "INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
# Texts in YAML 1.2 that mean something else in YAML 1.1 or in Python -> what was probably meant.
MISTAKABLE = {
    "None": "null",
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON"), "true"),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF"), "false"),
}
DIGITS = r"\d+(?:_\d+)*"
RADIX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
INTEGER = re.compile(rf"[-+]?{DIGITS}")
FLOAT = re.compile(rf"[-+]?({DIGITS}\.?\d*|\.\d+)([eE][-+]?\d+)?")
INTEGER_LIMIT = 100  # characters: a longer one is read as text
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # NUL, which ends strings in C, and halves of surrogate pairs
KNOWN_TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ["str", "int", "float", "bool", "null", "map", "seq", "merge", "timestamp", "value"]
}


WORD = re.compile(r"[\w.*%/:+-]+")
_Absent = tuple[Any, str, str, "tuple[str, Any] | None"]  # mark, path, the key, and the key with a value before it
Place = tuple[str, int, int]  # file, line, column: one map may have keys from several files


@dataclass
class Node:
    """A value of the file. `value` is None, bool, int, float, str, list[Node] or dict[str, Node]."""

    value: Any
    file: str
    line: int  # from 1
    column: int  # from 1
    text: str = ""  # of a scalar, as written
    quoted: bool = False
    keys: dict[str, Place] = field(default_factory=dict)  # of a map: the place of each key

    def plain(self) -> Any:
        """The value as plain data, without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def problem(self, path: str, message: str, hint: str = "", key: str | None = None) -> Problem:
        """A problem at this node, or at one of its keys."""
        here = (self.file, self.line, self.column)
        return Problem(*(here if key is None else self.keys.get(key, here)), path, message, hint)


def read_limited(path: Path) -> str:
    """The text of a file, which may never end: a little more than the limit, so that `parse` can refuse it as too large.

    OSError, or UnicodeDecodeError where it is not UTF-8.
    """
    with path.open("rb") as file:
        data = file.read(SIZE_LIMIT + 4)
        cut = bool(file.read(1))  # perhaps inside a character
    return data.decode("utf-8-sig", "replace" if cut else "strict")


def parse(text: str, file: str) -> Node:
    """The root map of a file; InputError with all problems of YAML itself."""
    return _Builder(file).root(text)


class Dumper(yaml.SafeDumper):
    """Writes YAML that `parse` reads as the same data. PyYAML writes YAML 1.1, where `1e5` would need no quotes."""


def _quoted_where_needed(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    node = dumper.represent_str(text)
    if scalar(text) != text or text in MISTAKABLE:
        node.style = "'"
    return node


Dumper.add_representer(str, _quoted_where_needed)
# The name of a user's function: PyYAML quotes it for its colon, which means nothing where no blank follows.
FUNCTION = re.compile(r"'([\w./-]+:[\w.]+)'")


def inline(data: Any) -> str:
    """Plain data as YAML in one line."""
    text = yaml.dump(data, Dumper=Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
    return FUNCTION.sub(r"\1", text.strip().removesuffix("...").strip())


def scalar(text: str) -> Any:
    """An unquoted scalar -> null, true, false, an integer or a float, else the text."""
    if text in WORDS:
        return WORDS[text]
    if RADIX.fullmatch(text) and len(text) <= INTEGER_LIMIT:
        return int(text, 0)
    if INTEGER.fullmatch(text):
        return int(text) if len(text) <= INTEGER_LIMIT else text
    if FLOAT.fullmatch(text):
        number = float(text)
        return int(number) if number.is_integer() and abs(number) < 2**53 and "." not in text else number
    return text


class _Builder:
    """Builds the nodes of one file. It goes on after a problem where it can, and stops where it cannot."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.count = 0

    def root(self, text: str) -> Node:
        if len(text.encode("utf-8", "replace")) > SIZE_LIMIT:
            self.stop(
                1, 1, f"the file is larger than {SIZE_LIMIT // 1024} KiB", "an experiment is a question, not data"
            )
        try:
            tree = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mistake = yaml_mistakes.likely(error, text)
            self.stop(mistake.line, mistake.column, mistake.message, mistake.hint)
        except RecursionError:
            self.stop(1, 1, f"it is nested more than {DEPTH_LIMIT} levels deep", "write it flatter")
        if tree is None:
            self.stop(1, 1, "the file is empty", "an experiment needs at least `workload:` and `model:`")
        if not isinstance(tree, yaml.MappingNode):
            self.not_a_map(tree)
        node = self.build(tree, "", ())
        if self.problems:
            raise InputError(self.problems)
        return node

    def not_a_map(self, tree: Any) -> None:
        found = yaml_mistakes.missing_colon(tree.value.partition(" ")[0]) if isinstance(tree, yaml.ScalarNode) else None
        if found is not None:
            self.stop(tree.start_mark.line + 1, tree.start_mark.column + 1 + found[0], *found[1:])
        if isinstance(tree, yaml.SequenceNode) and all(isinstance(item, yaml.MappingNode) for item in tree.value):
            self.stop(1, 1, "an experiment is a map of keys, not a list", "leave out the `- ` in front of its keys")
        self.stop(1, 1, "an experiment is a map of keys", "begin with `workload: …` and `model: …`")

    def stop(self, line: int, column: int, message: str, hint: str) -> None:
        raise InputError([*self.problems, Problem(self.file, line, column, "", message, hint)])

    def add(self, mark: Any, path: str, message: str, hint: str) -> None:
        self.problems.append(Problem(self.file, mark.line + 1, mark.column + 1, path, message, hint))

    def check(self, raw: Any, path: str) -> None:
        """A problem for characters that no file name, path or label can hold."""
        if "\xa0" in raw.value.strip(" ")[:1]:
            cure = "type a blank instead: such characters come with text that is copied from web pages"
            self.add(raw.start_mark, path, "a no-break space is not a blank in YAML", cure)
        if match := NO_TEXT.search(raw.value):
            self.add(raw.start_mark, path, f"a text cannot hold the character {ord(match[0]):X}", "remove it")

    def build(self, raw: Any, path: str, above: tuple[int, ...]) -> Node:
        self.count += 1
        mark = raw.start_mark
        if self.count > NODE_LIMIT or len(above) > DEPTH_LIMIT:
            what = f"more than {NODE_LIMIT} values" if self.count > NODE_LIMIT else f"more than {DEPTH_LIMIT} levels"
            self.stop(
                mark.line + 1, mark.column + 1, f"it unfolds to {what}", "an alias that repeats aliases grows fast"
            )
        if id(raw) in above:
            self.stop(mark.line + 1, mark.column + 1, "an anchor contains itself", "remove the alias")
        if raw.tag not in KNOWN_TAGS:
            self.add(mark, path, f"the tag {raw.tag.replace('tag:yaml.org,2002:', '!!')} is not allowed", "remove it")
        node = Node(None, self.file, mark.line + 1, mark.column + 1)
        above = (*above, id(raw))
        if isinstance(raw, yaml.MappingNode):
            node.value = {}
            self.fill(node, raw, path, above)
        elif isinstance(raw, yaml.SequenceNode):
            node.value = [self.build(item, f"{path}[{i}]", above) for i, item in enumerate(raw.value)]
        else:
            self.check(raw, path)
            node.text, node.quoted = raw.value, raw.style is not None
            node.value = raw.value if node.quoted else scalar(raw.value)
        return node

    def fill(self, node: Node, raw: Any, path: str, above: tuple[int, ...]) -> None:
        """The keys and values of a map, those merged by `<<` last: they do not replace its own."""
        merged: list[Node] = []
        absent: list[_Absent] = []
        previous: tuple[str, Any] | None = None
        for raw_key, raw_value in raw.value:
            mark = raw_key.start_mark
            if not isinstance(raw_key, yaml.ScalarNode):
                self.add(mark, path, "a key must be a word", "quote it if it is meant as text")
                continue
            self.check(raw_key, path)
            key = raw_key.value
            here = f"{path}.{key}" if path else key
            if raw_key.tag == "tag:yaml.org,2002:merge":
                value = self.build(raw_value, here, above)
                merged += value.value if isinstance(value.value, list) else [value]
                continue
            if key in node.value:
                first = node.keys[key][1]
                self.add(
                    mark, here, f"the key '{key}' is there twice", f"the first is in line {first}: keep one of them"
                )
                continue
            if raw.flow_style and _is_absent(raw_key, raw_value):
                absent.append((mark, here, key, previous))
                continue
            previous = (key, raw_value)
            node.keys[key] = (self.file, mark.line + 1, mark.column + 1)
            node.value[key] = self.build(raw_value, here, above)
        self.report_absent(absent, bool(node.value))
        for other in merged:
            if not isinstance(other.value, dict):
                self.problems.append(other.problem(path, "`<<` merges maps only", "point it at a map's anchor"))
                continue
            for key, value in other.value.items():
                if key not in node.value:
                    node.value[key], node.keys[key] = value, other.keys[key]

    def report_absent(self, absent: list[_Absent], beside_others: bool) -> None:
        """Problems for keys without a value inside of {…}: a list that stands in braces, or a comma in a value."""
        words = [key for _, _, key, _ in absent]
        if absent and not beside_others and all(WORD.fullmatch(word) and ":" not in word for word in words):
            mark, here, _, _ = absent[0]
            cure = f"a list stands in square brackets: [{', '.join(words)}]"
            self.add(mark, here.rpartition(".")[0], "braces hold keys, each with its value", cure)
            return
        for _, group in itertools.groupby(absent, key=lambda one: one[3] and one[3][0]):  # those of one comma list
            (mark, here, key, previous), *more = group
            self.add(mark, here, f"'{key}' has no value", _absent_cure(previous, [key, *(one[2] for one in more)]))


def _is_absent(raw_key: Any, raw_value: Any) -> bool:
    """Whether a key inside of {…} has no value, not even an empty one behind a colon."""
    empty = isinstance(raw_value, yaml.ScalarNode) and raw_value.value == "" and raw_value.style is None
    return empty and raw_value.start_mark.index <= raw_key.end_mark.index


def _absent_cure(previous: tuple[str, Any] | None, words: list[str]) -> str:
    """What to write instead of words without a value that follow a key and its value."""
    colon = yaml_mistakes.missing_colon(words[0])
    if colon is not None:
        return colon[2]
    cure = "inside {…} a comma ends a value: put text with a comma in quotes"
    if previous is not None and isinstance(previous[1], yaml.ScalarNode):
        values = [previous[1].value, *words]
        if all(map(WORD.fullmatch, values)):
            return f"inside {{…}} a comma ends a value: a list is written {previous[0]}: [{', '.join(values)}]"
    return cure
