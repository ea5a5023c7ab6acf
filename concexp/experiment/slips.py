"""Texts as people write them by mistake -> what to write instead: signs in expressions, lists without brackets, calls."""

from __future__ import annotations

import re
from collections.abc import Sequence

from concexp import catalog
from concexp.experiment import expressions

LONGEST = 300  # characters: the searches below take time that grows with their square
UNITS = "|".join(sorted(map(re.escape, expressions.UNITS), key=len, reverse=True))
# What stands instead of what, one after the other.
SIGNS = (
    (r"=>|≥", ">="),
    (r"=<|≤", "<="),
    (r"<>|≠|!==", "!="),
    (r"===", "=="),
    (r"\s*&&?\s*", " and "),
    (r"\s*\|\|?\s*", " or "),
    (r"!(?!=)\s*", "not "),
    (r"\bAND\b", "and"),
    (r"\bOR\b", "or"),
    (r"\bNOT\b", "not"),
    (r"\bis not\b", "!="),
    (r"\b(is|equals)\b", "=="),
    (r"×", "*"),
    (r"(?<=\d)\s*(percent|pct)\b", "%"),
    (r"(?<=\d)\s*(times|fold)\b", "x"),
    (r"(?<=\d)\s*(msecs?|milliseconds?)\b", "ms"),
    (r"(?<=\d)\s*(secs?|seconds?)\b", "s"),
    (rf"(?<=\d) +(?=(?:{UNITS})(?!\w))", ""),
    (r"(?<=[\w.])\s*\{([^{}]*)\}", r"[\1]"),
    (r"(?<=[\[,])(\s*[\w.]+)\s*(?:==|:)\s*", r"\1="),
    (r"\b(mean|slope|r2|spread)\(([^(),]+),\s*([\w.]+)\)", r"\1(\2 over \3)"),
)
CALL = re.compile(
    r"\b([A-Za-z_]\w*)(?:\(\s*([\w.=, ]+)\)| (?!and\b|or\b|not\b|in\b|within\b|over\b|where\b)([a-z_]\w*))"
)
LIST = re.compile(r"[\[(]?\s*([^\s,;\[\]()]+(?:\s*[,;]\s*[^\s,;\[\]()]+)+|\S+(?: +-?\S+)+)\s*[\])]?")
RANGE = re.compile(r"(?:range\()?\s*(\d+)\s*(?:-|\.\.\.?|–|to|,)\s*(\d+)\s*\)?")


def of_expression(text: str, claim: bool) -> str:
    """The cure for an expression that cannot be parsed: the same with the usual signs, if that can be parsed; else ""."""
    if len(text) > LONGEST:
        return ""
    meant = text
    for pattern, sign in SIGNS:
        meant = re.sub(pattern, sign, meant)
    meant = _equality(CALL.sub(_selector, meant) if claim else meant)
    try:
        expressions.parse(meant, claim)
    except expressions.ExpressionError:
        return ""
    return f"write `{meant.strip()}`"


def _selector(match: re.Match[str]) -> str:
    """`speedup(threads)` and `speedup threads` -> `speedup[threads]` for a metric; functions are left as they are."""
    metric = match[1] in catalog.names("metric")
    return f"{match[1]}[{(match[2] or match[3]).strip()}]" if metric else match[0]


def _equality(text: str) -> str:
    """A single `=` becomes `==`, except inside of brackets, where it names the axis of a cell."""
    depth, signs = 0, []
    for position, sign in enumerate(text):
        depth += (sign == "[") - (sign == "]")
        alone = (
            sign == "="
            and text[position - 1 : position] not in ("<", ">", "=", "!")
            and text[position + 1 :][:1] != "="
        )
        signs.append("==" if alone and depth == 0 else sign)
    return "".join(signs)


def of_list(text: str) -> str:
    """The cure for several values without the brackets of a list, such as 1,2,4; "" if it is none."""
    match = LIST.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if match is None or ":" in text:
        return ""
    words = [word.lstrip("-") for word in re.split(r"\s*[,;]\s*|\s+", match[1])]
    return f"a list has brackets: [{', '.join(words)}]"


def of_numbers(text: str) -> str:
    """The cure for several numbers as one text: 1,2,4 is a list, 1-8 a range; "" if it is neither."""
    if len(text) > LONGEST:
        return ""
    if match := RANGE.fullmatch(text.strip()):
        first, last = int(match[1]), int(match[2])
        if text.strip().startswith("range"):
            last -= 1
        if first < last and ("," not in text or text.strip().startswith("range")):
            return f"a range is written {{from: {first}, to: {last}, step: 1}}"
    numbers = re.fullmatch(r"[\[(]?\s*[-\d.]+(\s*[,;]\s*|\s+)[-\d.,;\s]*[\])]?", text.strip())
    return of_list(text) if numbers else ""


def of_entry(kind: str, text: str) -> str:
    """The cure for a plug-in that is written as a call, a list without brackets, or a file; "" if it is none of these."""
    names = catalog.names(kind)
    if len(text) > LONGEST:
        return ""
    if call := re.fullmatch(r"(\w+)\((.*)\)", text.strip()):
        found = catalog.meaning(kind, call[1], names)
        given = re.sub(r"\s*=\s*", ": ", call[2].strip())
        if found and "{" not in found[0]:
            return f"write {{{found[0]}: {{{given}}}}}" if ": " in given else f"write {found[0]}"
    words = [word for word in re.split(r"[\s,;]+", text.strip("[]() ")) if word]
    meant = [(catalog.meaning(kind, word.lstrip("-"), names) or [""])[0] for word in words]
    if len(words) > 1 and all(meant):
        dashes = text.lstrip().startswith("-") or " -" in text
        listed = f"[{', '.join(meant)}]"
        return f"an item begins with `- `, a blank included; or write {listed}" if dashes else f"write {listed}"
    if kind == "workload" and re.fullmatch(r"[\w./-]+\.py", text):
        return f"name what it defines: {text}:function"
    return ""


def of_parameter(name: str, parameters: Sequence[catalog.Parameter], text: str) -> str:
    """The cure for one value instead of a map of parameters: the first choice that has it, or the first parameter."""
    fits = [one for one in parameters if text in one.choices] or list(parameters)
    return f"write {{{name}: {{{fits[0].name}: {text}}}}}" if fits else f"{name} has no parameters: write {name}"
