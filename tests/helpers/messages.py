"""All messages of the page, found in the sources; `python -m tests.helpers.messages` brings the catalogues up to date with them.

A message is the text in a call of `say`, `message`, `translated` or `counted`, the name in one of `plural`, or what a plug-in is
called. It is an English template: what stands in braces is a name, and the call gives its value.
"""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from jinja2 import nodes

import concexp
from concexp import catalog
from concexp.analysis import doubt_codes
from concexp.experiment.blocks import DEFAULT_LANGUAGE, LANGUAGES
from concexp.report import page
from concexp.report.text import language
from concexp.report.text.numbers import more_of

PACKAGE = Path(concexp.__file__).parent
REPORT = PACKAGE / "report"
TRYING = PACKAGE / "commands" / "trying"  # its answer is in the language of the page, too
CONTEXT = "\x04"
SAYING = ("say", "message", "translated")
# Texts of the page that are arguments of these are names of things, in the singular.
COUNTING = ("plural",)


@dataclass
class Message:
    """A message: its plural or "", and where it stands."""

    text: str
    plural: str = ""
    places: list[str] = field(default_factory=list)


class Mistake(Exception):
    """A call that no catalogue can serve."""


def names_in(text: str) -> set[str]:
    """The names in the braces of a template."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def in_sources() -> dict[str, Message]:
    """All messages by their texts."""
    found: dict[str, Message] = {}
    for text, plural, place in (*_in_python(), *_in_templates(), *_of_plugins()):
        one = found.setdefault(text, Message(text, plural))
        one.plural = one.plural or plural
        if place not in one.places:
            one.places.append(place)
    return found


def _in_python() -> Iterator[tuple[str, str, str]]:
    for file in [*sorted(REPORT.rglob("*.py")), *sorted(TRYING.glob("*.py"))]:
        place = file.relative_to(REPORT if file.is_relative_to(REPORT) else PACKAGE).as_posix()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                yield from ((*one, place) for one in _of_call(node, file))


def _of_call(call: ast.Call, file: Path) -> Iterator[tuple[str, str]]:
    name, where = call.func.id, f"{file}:{call.lineno}"
    if name in SAYING:
        for text in texts_of(call.args[0], where):
            given = {one.arg for one in call.keywords}
            if name == "say" and None not in given and names_in(text) != given:
                raise Mistake(f"{where}: {text!r} names {sorted(names_in(text))}, and is given {sorted(given)}")
            yield text, ""
    elif name == "countable":
        text = call.args[0].value
        yield f"{{count}} {text}", f"{{count}} {more_of(text)}"
    elif name in COUNTING and len(call.args) > 1:
        yield from ((f"{{count}} {text}", f"{{count}} {more_of(text)}") for text in texts_of(call.args[1], where))
    elif name == "counted" and isinstance(call.args[1], ast.Constant):
        given = {one.arg for one in call.keywords} | {"count"}
        for one in call.args[1:3]:
            if None not in given and not names_in(one.value) <= given:
                raise Mistake(
                    f"{where}: {one.value!r} names {sorted(names_in(one.value))}, and is given {sorted(given)}"
                )
        yield call.args[1].value, call.args[2].value


def texts_of(node: ast.expr, where: str) -> list[str]:
    """The texts that an argument can be, as far as they stand there; those of a variable are marked by `message` elsewhere."""
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [*texts_of(node.body, where), *texts_of(node.orelse, where)]
    if isinstance(node, ast.JoinedStr | ast.BinOp):
        raise Mistake(f"{where}: a message is one literal text, with names in braces and their values as arguments")
    return []


def _in_templates() -> Iterator[tuple[str, str, str]]:
    """The messages in the Markdown templates, as Jinja itself finds them."""
    for file in sorted((REPORT / "templates").glob("*.md")):
        where = file.relative_to(REPORT).as_posix()
        tree = page.markdown_templates().parse(file.read_text("utf-8"))
        for call in tree.find_all(nodes.Call):
            name = getattr(call.node, "name", "")
            if name == "say":
                given = {one.key for one in call.kwargs}
                for text in _constants(call.args[0]):
                    if names_in(text) != given:
                        raise Mistake(f"{where}: {text!r} names {sorted(names_in(text))}, and is given {sorted(given)}")
                    yield text, "", where
            elif name == "plural":
                yield from ((f"{{count}} {t}", f"{{count}} {more_of(t)}", where) for t in _constants(call.args[1]))


def _constants(node: object) -> list[str]:
    if isinstance(node, nodes.CondExpr):
        return [*_constants(node.expr1), *_constants(node.expr2)]
    return [node.value] if isinstance(node, nodes.Const) else []


def _of_plugins() -> Iterator[tuple[str, str, str]]:
    """What the page says of plug-ins and of doubts, whose modules know nothing of pages."""
    for name, cls in catalog.classes("metric").items():
        texts = [cls.title, cls.verb, cls.participle, cls.unit if cls.verb else ""]
        yield from ((text, "", f"metric {name}") for text in texts if text)
    for name, cls in catalog.classes("plot").items():
        signs = [text for text, _ in getattr(cls, "signs", ()) if isinstance(text, str)]
        texts = [catalog.summary(cls), getattr(cls, "note", ""), *signs]
        yield from ((text, "", f"picture {name}") for text in texts if text)
    for name, cls in catalog.classes("workload").items():
        yield f"{language.OPERATION}{CONTEXT}{cls.unit}", "", f"workload {name}"
    yield from (
        (text, "", "analysis/doubt_codes.py")
        for text in (*doubt_codes.MEANING.values(), *doubt_codes.IN_BRIEF.values(), doubt_codes.UNKNOWN)
    )


def key_of(entry: polib.POEntry) -> str:
    """An entry of a catalogue by its context and its text, as gettext itself keeps it."""
    return f"{entry.msgctxt}{CONTEXT}{entry.msgid}" if entry.msgctxt else entry.msgid


def file_of(name: str) -> Path:
    """The catalogue of a language."""
    return language.CATALOGUES / f"{name}.po"


def catalogue(name: str) -> polib.POFile:
    """The catalogue of a language, empty if there is none yet."""
    if file_of(name).exists():
        return polib.pofile(str(file_of(name)), wrapwidth=0)
    made = polib.POFile(wrapwidth=0)
    made.metadata = {"Language": name, "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit",
                     "Plural-Forms": "nplurals=1; plural=0;"}  # fmt: skip
    return made


def update(name: str) -> list[str]:
    """Adds new messages to a catalogue, drops those that are gone; returns the texts that lack a translation."""
    known = catalogue(name)
    old = {key_of(entry): entry for entry in known}
    del known[:]
    for text, one in in_sources().items():
        was = old.get(text)
        context, _, bare = text.rpartition(CONTEXT)
        entry = polib.POEntry(
            msgctxt=context or None, msgid=bare, msgid_plural=one.plural, comment=", ".join(one.places)
        )
        if one.plural:
            entry.msgstr_plural = {0: was.msgstr_plural.get(0, "") or was.msgstr} if was else {0: ""}
        else:
            entry.msgstr = was.msgstr or (was.msgstr_plural or {}).get(0, "") if was else ""
        known.append(entry)
    known.save(str(file_of(name)))
    return [key_of(entry) for entry in known if not entry.translated()]


if __name__ == "__main__":
    for one in LANGUAGES:
        if one != DEFAULT_LANGUAGE:
            lacking = update(one)
            print(f"{file_of(one)}: {len(lacking)} without a translation", *lacking, sep="\n  ")
