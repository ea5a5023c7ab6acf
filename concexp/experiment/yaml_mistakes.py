"""An error of the YAML parser and the text -> the likely mistake: where it is, what is wrong, and what to write instead.

The parser notices many a mistake lines later, or calls it by a rule of its grammar. So the text is looked at again: brackets and
quotes that are not closed, colons that are missing, lines that are indented differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from concexp.experiment.keys import ROOT, everywhere

LINE_ENDS = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
CLOSING = {"[": "]", "{": "}"}
KEY_LINE = re.compile(r"\s*(- +)*[\w.*]+\s*:(\s|$)")
KEYS = (*dict.fromkeys(path.rpartition(".")[2] for path, _ in everywhere()),)
LOOK = "look at the line, and at the one before it"


@dataclass(frozen=True)
class Mistake:
    """A place, counted from 1, with a message and a cure."""

    line: int
    column: int
    message: str
    hint: str


@dataclass(frozen=True)
class _Seen:
    """What the parser says, and the lines of the text; `line` and `column` count from 1, `begun` is where the construct began."""

    lines: list[str]
    line: int
    column: int
    problem: str
    begun: int

    @property
    def written(self) -> str:
        """The line of the error."""
        return self.lines[self.line - 1] if self.line <= len(self.lines) else ""

    def above(self, line: int) -> int:
        """The number of the last line with content above a line; 0 if there is none."""
        return next((number for number in range(line - 1, 0, -1) if _content(self.lines[number - 1])), 0)


def likely(error: yaml.YAMLError, text: str) -> Mistake:
    """The mistake that an error of the parser most likely comes from."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return Mistake(line, column, f"the character U+{ord(text[error.position]):04X} is not allowed", "remove it")
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    begun: Any = getattr(error, "context_mark", None) or mark
    problem = str(getattr(error, "problem", None) or error)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    seen = _Seen(LINE_ENDS.split(text), line, column, problem, begun.line + 1 if begun else line)
    for look in LOOKS:
        if (mistake := look(seen)) is not None:
            return mistake
    return Mistake(line, column, f"not valid YAML: {problem}", LOOK)


def missing_colon(written: str, known: tuple[str, ...] = KEYS) -> tuple[int, str, str] | None:
    """(position, message, cure) for `key value`, `key=value` and `key:value`; None for anything else.

    Without a sign only a known key counts: other words may be text.
    """
    indent, dash, rest = re.match(r"(\s*)((?:- +)*)(.*)", _content(written), re.DOTALL).groups()  # type: ignore[union-attr]
    match = re.fullmatch(r"([\w.]+)(\s*=\s*|:|\s+)(\S.*)", rest, re.DOTALL)
    if match is None:
        return None
    key, sign, value = match.groups()
    at = len(indent) + len(dash) + len(key)
    if sign == ":":
        return at, "a space is missing after the colon", f"write `{key}: {value}`"
    if "=" in sign and not value.startswith("="):
        return at, "a key is followed by a colon, not by `=`", f"write `{key}: {value}`"
    return (at, f"a colon is missing after `{key}`", f"write `{key}: {value}`") if key in known else None


# What is looked for, in this order.


def _tab(seen: _Seen) -> Mistake | None:
    begins = seen.written[: seen.column + 1].strip(" ").startswith("\t") and "token" in seen.problem
    if "'\\t'" in seen.problem or begins:
        return Mistake(seen.line, seen.column, "a tab cannot indent YAML", "use spaces")
    return None


def _brackets(seen: _Seen) -> Mistake | None:
    """A bracket or a quote that is not closed, or one too many: found by reading the text from its beginning."""
    if "chomping" in seen.problem or "alias" in seen.problem or "document" in seen.problem:
        return None
    return _Brackets(seen.lines).mistake()


def _block_scalar(seen: _Seen) -> Mistake | None:
    if "chomping or indentation" in seen.problem or (
        re.search(r":\s*>=?\s*\S", seen.written) and "expected" in seen.problem
    ):
        cure = "put the comparison in quotes, or begin with a name"
        sign = (re.search(r"[>|]", seen.written[: seen.column][::-1]) or [">"])[0]
        return Mistake(seen.line, seen.column, f"`{sign}` begins a block of text in YAML", cure)
    return None


def _colon(seen: _Seen) -> Mistake | None:
    """A colon that is missing: the parser notices it where the next one comes."""
    if "expected ':'" in seen.problem:
        candidates = [seen.begun]
    elif "mapping values" in seen.problem and seen.written[: seen.column].count(":") == 1:
        candidates = [number for number in (seen.above(seen.line),) if number and not _is_deeper(seen, number)]
    else:
        return None
    for number in candidates:
        if (found := missing_colon(seen.lines[number - 1])) is not None:
            return Mistake(number, found[0] + 1, *found[1:])
        word = re.match(r"\s*(?:- +)*(\S+)\s*", _content(seen.lines[number - 1]))
        if word and "expected ':'" in seen.problem:
            cure = f"write `{word[1]}: …`, or put text of several lines in quotes"
            return Mistake(number, word.end(1) + 1, f"a colon is missing after `{word[1]}`", cure)
    return None


def _is_deeper(seen: _Seen, above: int) -> bool:
    return _indent(seen.written) > _indent(seen.lines[above - 1])


def _indentation(seen: _Seen) -> Mistake | None:
    """A line that is indented otherwise than those that it belongs to."""
    above = seen.above(seen.line)
    if not above:
        return None
    deeper = (
        "mapping values" in seen.problem and _is_deeper(seen, above) and seen.written[: seen.column].count(":") == 1
    )
    if deeper and KEY_LINE.match(seen.lines[above - 1]):
        what = f"it is indented more than line {above}, which has a value of its own"
        cure = f"begin it in column {_indent(seen.lines[above - 1]) + 1}, as line {above}"
        return Mistake(seen.line, _indent(seen.written) + 1, what, cure)
    if "<document start>" in seen.problem:
        return Mistake(1, 1, "the first key is indented", "begin all keys of the root in column 1")
    if not re.search(r"found '(<block \w+ start>|-|\?)'", seen.problem):
        return None
    listed = [seen.lines[number - 1].lstrip().startswith("- ") for number in (seen.line, seen.begun)]
    if "'?'" in seen.problem or "'-'" in seen.problem:
        what = "a list and keys stand at the same level"
        cure = "begin each item of the list with `- `" if listed[1] else "indent the list further, or write [a, b]"
        return Mistake(seen.line, seen.column, what, cure)
    return Mistake(seen.line, seen.column, *_misaligned(seen, above))


def _misaligned(seen: _Seen, above: int) -> tuple[str, str]:
    """(message, cure) for a line whose indent no line above has: the nearest that one has is suggested."""
    indent = _indent(seen.written)
    starts: dict[int, int] = {}
    for number in range(above, 0, -1):
        line = seen.lines[number - 1]
        item = seen.written.lstrip().startswith("- ")
        if _content(line) and (not item or line.lstrip().startswith("- ")):
            for column in list(_starts(line))[: 1 if item else None]:
                starts.setdefault(column, number)
    starts = starts or {0: 1}
    nearest = min(starts, key=lambda column: (abs(column - indent), -column))
    return "its indentation fits no line above", f"begin it in column {nearest + 1}, as line {starts[nearest]}"


def _second_colon(seen: _Seen) -> Mistake | None:
    if "mapping values" not in seen.problem:
        return None
    match = re.match(r"\s*(?:- +)*([\w.]+)\s*:\s+(\S.*)", _content(seen.written))
    if match is None:
        return Mistake(seen.line, seen.column, "a second `: ` in one line", "put text that holds a colon in quotes")
    key, value = match.groups()
    inner = re.match(r"[\w.]+: +\S", value)
    text = ROOT[key].values == "text" if key in ROOT else key == "says"
    cure = (
        f"write `{key}: {{{value}}}`"
        if inner and not text
        else f"put text that holds a colon in quotes: {key}: {quoted(value)}"
    )
    return Mistake(seen.line, seen.column, "a second `: ` in one line", cure)


def _after_quote(seen: _Seen) -> Mistake | None:
    if "'<scalar>'" not in seen.problem:
        return None
    match = re.match(r"""\s*(?:- +)*[\w.]+\s*:\s+(['"].*)""", _content(seen.written))
    whole = quoted(match[1][1:-1] if match and match[1][-1:] == match[1][0] else match[1]) if match else '"…"'
    return Mistake(
        seen.line, seen.column, "text goes on after a closing quote", f"put the whole text in quotes: {whole}"
    )


def _first_character(seen: _Seen) -> Mistake | None:
    """A text whose first character means something else in YAML."""
    value = seen.written[seen.column - 1 :].strip()
    if "sequence entries" in seen.problem:
        item = re.sub(r"^-\s*", "", value)
        cure = f"write [{item}], or begin the list in a new line; put text in quotes"
        return Mistake(seen.line, seen.column, "a list cannot begin behind a key", cure)
    if "cannot start any token" in seen.problem and seen.written[: seen.column - 1].rstrip().endswith((":", "-")):
        what = f"a text cannot begin with `{value[:1]}`"
        return Mistake(seen.line, seen.column, what, f"put it in quotes: {quoted(value)}")
    if "undefined alias" in seen.problem:
        cure = "define it with & above; a root key that begins with a dot may hold it. Put text that begins with * in quotes"
        return Mistake(seen.line, seen.column, seen.problem, cure)
    if "another document" in seen.problem:
        return Mistake(
            seen.line, seen.column, "the file holds several documents", "one file is one experiment: remove `---`"
        )
    return None


def _expression(seen: _Seen) -> Mistake | None:
    """An expression with brackets or signs inside of a list or a map."""
    if re.search(r"but got '[\[{?]'", seen.problem) or re.search(r"[\[{].*\]\s*[<>=!*/+-]", seen.written):
        key = re.match(r"\s*([\w.]+)\s*:\s+(\S.*)", _content(seen.written))
        cure = "inside […] and {…} put an expression with brackets in quotes"
        inner = re.search(r"(\w+): +(\w[\w.]*\[[^\]]*\][^,{}]*)", seen.written)
        if inner and inner.end() >= seen.column:
            what = "brackets inside of a text that stands in […] or {…}"
            return Mistake(
                seen.line, inner.start(2) + 1, what, f"put it in quotes: {inner[1]}: {quoted(_balanced(inner[2]))}"
            )
        if key and key[1] in ROOT and ROOT[key[1]].values == "text":
            cure = f"put a text with brackets in quotes: {key[1]}: {quoted(key[2])}"
        return Mistake(seen.line, seen.column, f"not valid YAML: {seen.problem}", cure)
    return None


LOOKS: tuple[Callable[[_Seen], Mistake | None], ...] = (
    _tab, _block_scalar, _brackets, _colon, _indentation, _second_colon, _after_quote, _first_character, _expression,
)  # fmt: skip


def quoted(text: str) -> str:
    """A text in the quotes that need no change of it, if there are any."""
    return f'"{text}"' if '"' not in text and "\\" not in text else "'" + text.replace("'", "''") + "'"


def _balanced(text: str) -> str:
    """A text without the brackets at its end that close what was opened in front of it."""
    text = text.rstrip()
    while text.endswith("]") and text.count("]") > text.count("["):
        text = text[:-1].rstrip()
    return text


def _content(line: str) -> str:
    """A line without its comment and the blanks at its end."""
    return re.sub(r"(^|\s)#.*", "", line).rstrip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _starts(line: str) -> Iterator[int]:
    """The columns, from 0, at which something begins in a line: the item of a list, and what is in it."""
    position = _indent(line)
    yield position
    while line[position : position + 2] == "- ":
        position += 2
        yield position


class _Brackets:
    """Reads a text for brackets and quotes alone, as YAML does: inside of words, and in comments, they mean nothing."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.open: list[tuple[str, int, int]] = []  # the brackets that are open, each with its line and column from 1
        self.quote: tuple[str, int, int] | None = None

    def mistake(self) -> Mistake | None:
        last = 1
        for number, line in enumerate(self.lines, 1):
            content = _content(line) if self.quote is None else line
            if self.open and self.quote is None and KEY_LINE.match(content) and not self._goes_on(line):
                return self._unclosed(last)
            if (found := self._line(number, content)) is not None:
                return found
            last = number if content else last
        if self.quote is not None:
            sign, line_number, column = self.quote
            cure = f"write {sign} where the text ends" + ("; inside of '…' an apostrophe is written ''" * (sign == "'"))
            return Mistake(line_number, column, f"the quote {sign} is never closed", cure)
        return self._unclosed(last) if self.open else None

    def _goes_on(self, line: str) -> bool:
        """Whether a line lies inside of the brackets: further right than the line in which the first was opened."""
        return _indent(line) > _indent(self.lines[self.open[0][1] - 1])

    def _unclosed(self, last: int) -> Mistake:
        """The bracket that is open, at the end of the last line that it can reach to."""
        sign, line, column = self.open[-1]
        missing = "".join(CLOSING[sign] for sign, _, _ in reversed(self.open))
        end = len(_content(self.lines[last - 1])) + 1
        what = f"the `{sign}`{self._of(last, line, column)} is not closed"
        return Mistake(last, end, what, f"write `{missing}` here")

    def _of(self, number: int, line: int, column: int) -> str:
        """Where a bracket was opened, unless it is the only one and of the same line."""
        return "" if line == number and len(self.open) == 1 else f" of line {line}, column {column}"

    def _line(self, number: int, line: str) -> Mistake | None:
        before = ""  # the last character that is not a blank
        position = 0
        while position < len(line):
            sign = line[position]
            if self.quote is not None:
                position = self._in_quote(line, position)
                before = "'"
                continue
            starts = before in ("", ",", "[", "{") or (
                before in ":-" and line[position - 1 : position] in (" ", before)
            )
            if sign in "'\"" and starts:
                self.quote = (sign, number, position + 1)
            elif sign in "[{" and (starts or self.open):
                self.open.append((sign, number, position + 1))
            elif sign in "]}" and self.open:
                if CLOSING[self.open[-1][0]] != sign:
                    return self._mismatch(number, position, sign)
                self.open.pop()
            elif sign in "]}" and before in ("]", "}"):
                return Mistake(number, position + 1, f"there is a `{sign}` too many", "remove it")
            before = sign if sign != " " else before
            position += 1
        return None

    def _in_quote(self, line: str, position: int) -> int:
        """The position after a character inside of quotes; forgets the quote if that closed it."""
        assert self.quote is not None
        sign = self.quote[0]
        if line[position] == "\\" and sign == '"':
            return position + 2
        if line[position] == sign:
            if sign == "'" and line[position + 1 : position + 2] == "'":
                return position + 2
            self.quote = None
        return position + 1

    def _mismatch(self, number: int, position: int, sign: str) -> Mistake:
        opened, line, column = self.open[-1]
        if any(CLOSING[one] == sign for one, _, _ in self.open):
            what = f"the `{opened}`{self._of(number, line, column)} is not closed"
            return Mistake(
                number, position + 1, what, f"write `{CLOSING[opened]}` before this `{sign}`, or where it ends"
            )
        return Mistake(number, position + 1, f"there is a `{sign}` too many", "remove it")
