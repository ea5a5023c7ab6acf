"""Reasons that records and the analysis hold as English texts, in the language of the page.

The layers below know no languages, and journals keep what was said. So a reason is recognised by the message that it was made
from, and said again with the same names and figures in it. What is not recognised, such as the text of a user's exception, stays
as it is.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import cache

from concexp.experiment.blocks import DEFAULT_LANGUAGE
from concexp.report.text.language import current, listed, message, say, translated

# From the analysis and the plan, from preflights, and from trials. `tests/report/text/test_reasons.py` finds each in the sources.
REASONS = (
    message("more operations arrived than were served, so that the latency depends on how long the load lasted"),
    message("{share} % of only {count} operations is a matter of chance: it takes {fewest}"),
    message("it was not run"),
    message("none of the cells that it is about was run"),
    message("it takes {asked} CPUs, and there are {count}"),
    message("it takes {asked} effective CPUs, and there were {count}"),
    message("it is about {guard}, and {facts}"),
    message("no Python {value} was found in pyenv's and uv's folders, the system's and the PATH"),
    message("there are {labels}"),
    message("this machine gives {count} of the {workers} CPUs that its workers could use"),
    message("no trial counts"),
    message("only {count} of {all} trials count"),
    message("the others are doubtful ({doubts})"),
    message("all are doubtful ({doubts})"),
    message("a verdict on {what} needs {count}"),
    message("{metric} was not recorded"),
    message("there is no cell with {labels} beside it"),
    message("{metric} needs a baseline, and this cell has none"),
    message("every outcome was wrong, and the time of a wrong outcome proves nothing"),
    message("none of {count} trials ended well ({endings})"),
    message("{count} of {all} trials did not end well ({endings})"),
    message("and the others do not speak for them"),
    message("it has no numbers: {endings}"),
    message("{name} has no asynchronous form: its blocking calls would stop the event loop"),
    message("{name} has an asynchronous form only: it needs an event loop, such as that of asyncio"),
    message("{model} has no {tool}"),
    message("CPython 3.14 or later has interpreters in the standard library; this is {value}"),
    message("no answer after {duration}"),
    message("the pool replaced a worker that had died, and waits for the task that was lost with it"),
    message("worker {number} {how}"),
    message("a rank died, and mpiexec {how}"),
    message("the trial's process {how} before it answered"),
    message("the process that forks trials {how}"),
    message("trials can be forked on Linux only: leave out `isolation: fork`"),
    message("{name} is not installed for this interpreter: pip install {what}"),
    message(
        "none of the laws fits: even {name} misses the points by {share} % of their mean, more than the "
        "noise of the trials explains"
    ),
)
# How a process ended.
ENDINGS = (
    message("was killed by {signal}"),
    message("ended with exit code {code} without answering"),
    message("ended with exit code {code}"),
)
# What the facts in a condition are; only there, since a user's text may look the same.
CONDITIONS = (message("{name} is unknown"), message("{name} does not apply"), message("{name} is {value}"))
# Between a reason and the next one.
JOINTS = {
    "; ": message("{reason}; {detail}"),
    ": ": message("{reason}: {detail}"),
    ", ": message("{reason}, {detail}"),
}
NUMBER, WORD, TEXT = r"[\d.,]+", r"[\w.-]+", r"[^;]+?"
NUMBERS = ("share", "count", "fewest", "all", "workers", "code", "number", "asked")
TEXTS = ("guard", "facts", "labels", "endings", "doubts", "value", "what", "how")
DURATION = r"[\d.,]+ \w+"
WHAT = (message("time"), message("a mean"))  # that a verdict is on


def reason_text(text: str) -> str:
    """A reason in the current language, as far as it is recognised."""
    if current() == DEFAULT_LANGUAGE or not text:
        return text
    if (known := _said(text, REASONS)) is not None:
        return known
    for joint, joined in JOINTS.items():
        for match in re.finditer(re.escape(joint), text):
            first = _said(text[: match.start()], REASONS)
            if first is not None:
                return say(joined, reason=first, detail=reason_text(text[match.end() :]))
    for joint in ("; ", ": "):
        head, found, rest = text.partition(joint)
        if found and (detail := reason_text(rest)) != rest:
            return say(JOINTS[joint], reason=reason_text(head), detail=detail)
    return text


def _said(text: str, reasons: Sequence[str]) -> str | None:
    """A whole reason in the current language; None if it is not one of these."""
    for one in reasons:
        if found := _pattern(one).fullmatch(text):
            return say(one, **{name: _value(name, value) for name, value in found.groupdict().items()})
    return None


def _value(name: str, value: str) -> str:
    """What stands in a reason at this name."""
    if name == "facts":
        return listed([_said(fact, CONDITIONS) or fact for fact in value.split(", ")])
    if name == "endings":
        return listed([" ".join(map(translated, part.split(" "))) for part in value.split(", ")])
    if name == "how":
        return _said(value, ENDINGS) or value
    return translated(value) if name == "what" else value


@cache
def _pattern(reason: str) -> re.Pattern[str]:
    """What a reason looks like with its names and figures."""
    parts = []
    for literal, name, _, _ in string.Formatter().parse(reason):
        parts.append(re.escape(literal))
        if name is not None:
            kind = NUMBER if name in NUMBERS else TEXT if name in TEXTS else DURATION if name == "duration" else WORD
            parts.append(f"(?P<{name}>{kind})")
    return re.compile("".join(parts))
