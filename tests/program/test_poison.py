"""Poison in every text that a stranger's journal or YAML holds: it is shown, and nothing in it is obeyed anywhere."""

import itertools
import json
import re
import shutil
from pathlib import Path

import pytest

from concexp import cli, output
from concexp.analysis import results
from concexp.commands import export, report
from concexp.run.storage import journal, schema
from concexp.run.storage.foreign_text import OBEYED, printable
from tests.helpers.pages import HOST
from tests.helpers.program import concexp

OLD = Path(__file__).parents[1] / "data/journals/0.1.0"
POISON = "<img src=x onerror=alert(1)>\x1b]52;c;QUFB\x07\N{RIGHT-TO-LEFT OVERRIDE}[a](javascript:b)|`"
# What identifies a plug-in, a file or a cell: another text there is another thing, or none.
NAMES = re.compile(
    r"\.(cell|role|status|trial|crc32|run|plugins\.\w+|primary|metrics|name|expect|when|of|repetition|what|baseline\..*|form|parallel"
    r"|start_method|startup|shape|python|spec\.(model|sync|workload|sweep|exclude|allow|load|measure|report).*)$"
)


def texts(value, path=""):
    """(path, holder, key, whether it is the key) of every text within a value: values and the keys of maps."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        where = f"{path}.{key}" if isinstance(value, dict) else path
        if isinstance(inner, str):
            yield where, value, key
        yield from texts(inner, where)


def with_labels(lines):
    """Poison in every label: the same in the header and in the lines, since they name each other."""
    text = json.dumps(lines)
    for values in lines[0]["axes"].values():
        for label in values:
            if isinstance(label, str):
                new = json.dumps(label + POISON)
                for key in ("workload", "model", "sync"):
                    text = text.replace(f'"{key}": {json.dumps(label)}', f'"{key}": {new}')
    found = json.loads(text)
    found[0]["axes"] = {
        axis: [label + POISON if isinstance(label, str) else label for label in values]
        for axis, values in lines[0]["axes"].items()
    }
    for line, old in zip(found, lines, strict=True):  # what stands elsewhere under these keys is a plug-in's name
        if "plugins" in old:
            line["plugins"] = old["plugins"]
        if "spec" in old:
            line["spec"] = old["spec"]
    return found


@pytest.fixture(scope="module", params=sorted(path.name for path in OLD.iterdir()))
def page(request, tmp_path_factory):
    """The folder of a page whose journal has poison in every text."""
    folder = shutil.copytree(OLD / request.param, tmp_path_factory.mktemp("poison") / request.param)
    (run,) = (folder / "runs").iterdir()
    lines = [journal.decode(line) for line in (run / journal.NAME).read_bytes().splitlines()]
    lines = with_labels(lines)
    places = 0
    for _, holder, key in [one for line in lines for one in texts(line) if not NAMES.search(one[0])]:
        old = holder[key]
        if POISON in old:
            continue
        holder[key] = old + POISON
        places += 1
    for value in [lines[0]["manifest"]["machine"].get("pressure")]:
        if value:
            value |= {POISON: 0.5}
    lines = repaired(lines)
    (run / journal.NAME).write_bytes(b"".join(map(journal.encode, map(journal.Record, lines))))
    assert places > 50
    ((done, _),) = report.write_pages(folder)
    return done


def repaired(lines):
    """The lines without poison where the schema has rules: in hashes, and in what must be one of some words."""
    checker = schema.Checker()
    for line in lines:
        for _ in range(100):
            draft = journal.Record(json.loads(json.dumps(line)))
            found = checker.header_problem(draft) if line is lines[0] else checker.problem(draft)
            if not found:
                break
            path = found.partition(":")[0].partition(" ")[0]
            holder = line
            *parents, last = re.findall(r"[^.\[\]]+", path)
            for part in parents:
                holder = holder[int(part)] if isinstance(holder, list) else holder[part]
            assert POISON in str(holder[last]), found
            holder[last] = json.loads(json.dumps(holder[last]).replace(json.dumps(POISON)[1:-1], ""))
        assert not found, found
    return lines


def test_nothing_in_a_page_is_obeyed(page):
    """No tag, no link and no picture of the stranger's, no escape sequence, no sign that turns the direction of reading."""
    text = page.read_text("utf-8")
    assert "onerror" in text
    assert not OBEYED.search(text)
    tokens = HOST.parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    html = [token.content for token in itertools.chain(tokens, inline) if token.type in ("html_block", "html_inline")]
    assert not [one for one in html if "onerror" in one or "<img" in one]
    links = [
        child.attrs.get("href", child.attrs.get("src")) for child in inline if child.type in ("link_open", "image")
    ]
    assert not [link for link in links if str(link).startswith("javascript")]


@pytest.mark.parametrize(("form", "tables"), [("csv", ["cells"]), ("csv", ["trials"]), ("json", ["cells", "trials"])])
def test_nothing_in_an_export_is_obeyed(page, form, tables):
    """Nor in the files for other programs, cells.csv included."""
    run = results.load(page.parent)
    text = b"".join(export.file_chunks(run, form, tables)).decode("utf-8")
    assert "onerror" in text
    assert not OBEYED.search(text.replace("\n", ""))
    assert not OBEYED.search((run.folder / "cells.csv").read_text("utf-8"))


YAML = """\
question: "\\e]52;c;QUFB\\a\\e[2J \\u202Egnp"
workload: [{cpu_sum: {}, as: "a\\e[31m\\u202E"}]
model: [{simulated: {outcome: failed}, as: "m\\e]0;x\\a"}]
measure: {repetitions: 1}
"""


@pytest.mark.parametrize(
    "verb", [["validate"], ["plan"], ["plan", "--json"], ["run", "--progress", "plain"], ["run", "--quick"]]
)
def test_a_terminal_is_never_told_what_to_do(tmp_path, write, verb):
    """Whatever a YAML holds, in texts, labels, reasons, and in the values and keys that errors quote."""
    write("x.yaml", YAML)
    write("wrong.yaml", YAML + 'primary: "\\e[2J"\n"\\e[2J": 1\nclaims: {expect: "\\e[2J > 1"}\n')
    for name in ("x.yaml", "wrong.yaml"):
        done = concexp(tmp_path, verb[0], name, *verb[1:])
        assert "Traceback" not in done.stderr
        assert not OBEYED.search(done.stdout + done.stderr)
    assert "\\x1b" in done.stdout + done.stderr


def test_what_a_lock_says_is_only_shown(tmp_path, write, monkeypatch):
    """Any user of the machine may write the file of the lock."""
    import fcntl

    lock = tmp_path / "lock"
    lock.write_text("\x1b]52;c;QUFB\x07 another run, process 5\n")
    write("x.yaml", "workload: noop\nmodel: serial\nload: {ops: 1, scaling: strong}\n")
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = concexp(tmp_path, "run", "x.yaml", "--no-wait", env={**journal.os.environ, "CONCEXP_LOCK": str(lock)})
    assert done.returncode == 3
    assert "\\x1b]52" in done.stderr
    assert not OBEYED.search(done.stderr)


def test_there_is_one_way_to_the_terminal():
    """Only `say` writes: whoever adds a command cannot forget what makes a text harmless."""
    source = Path(output.__file__).read_text("utf-8")
    body = source.partition("def say(")[2].partition("\ndef ")[0]
    assert "printable(text)" in body
    files = sorted(Path(cli.__file__).parent.glob("*.py"))
    rest = source.replace(body, "") + "".join(file.read_text("utf-8") for file in files)
    assert not re.findall(r"\bprint\(|echo\(|(?<!os)\.write\(|os\.write\(2, (?!printable)", rest)


@pytest.mark.parametrize("text", ["plain", "äöü – ≥ 日本語 \U0001f600", "a\tb\nc", "e\N{COMBINING ACUTE ACCENT}"])
def test_what_is_harmless_is_shown_as_it_is(text):
    """Letters of all languages, tabs and line breaks."""
    assert printable(text) == text
