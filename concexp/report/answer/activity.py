"""What workers did with their time, where the experiment asks for timelines: the shares that the picture shows."""

from __future__ import annotations

from concexp.report.sections import timelines
from concexp.report.sections.timelines import Timeline
from concexp.report.text.language import clauses, message, phrases, say
from concexp.report.text.markdown import code, escaped
from concexp.report.view import View

LEAST = 0.05  # of the time: smaller shares are not mentioned
WORDS = {
    "worked": message("{share} % at work"),
    "waited": message("{share} % waiting"),
    "idle": message("{share} % idle"),
}


def sentences(view: View) -> list[str]:
    """One sentence on all timelines that are drawn; empty where none was recorded."""
    by_title: dict[str, list[str]] = {}
    for one in timelines.selection(view):
        labels = {key: one.point.labels.get(key) for key in view.axes if not view.is_choice(key)}
        text = f"{code(view.series_name(one.point))} {_shares(one)}"
        by_title.setdefault(escaped(view.title(labels)), []).append(text)
    parts = [
        say("**{title}**: {text}", title=title, text=phrases(texts)) if title else phrases(texts)
        for title, texts in by_title.items()
    ]
    return [say("In one recorded pass the workers were: {cells}.", cells=clauses(parts))] if parts else []


def _shares(one: Timeline) -> str:
    """`99 % at work (50 % on a CPU)`, `67 % at work + 33 % idle`: the shares of the workers' time from the largest on."""
    known = [(share, name) for name, share in one.shares.items() if name in WORDS and share >= LEAST]
    parts = []
    for share, name in sorted(known, reverse=True):
        differs = name == "worked" and one.cpu_known and share - one.shares["cpu"] >= LEAST
        text = say(WORDS[name], share=f"{100 * share:.0f}")
        if differs:
            text = say("{text} ({share} % on a CPU)", text=text, share=f"{100 * one.shares['cpu']:.0f}")
        parts.append(text)
    return " + ".join(parts)
