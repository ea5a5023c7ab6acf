"""Files from somebody else: a YAML, a run folder, a journal. They are told of, or refused with their line, and do nothing."""

import ast
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

import concexp as concexp_package
from concexp.analysis import results
from concexp.commands import report
from concexp.errors import Damaged
from concexp.report.sections import user_code
from concexp.run.storage import journal
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import HOST
from tests.helpers.program import concexp


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """The lines of a journal, as maps."""
    run = journal_builder.write(tmp_path_factory.mktemp("lines"), repetitions=1, **scenarios.one_cell()).folder
    return [journal.decode(line) for line in (run / journal.NAME).read_bytes().splitlines()]


def changed(lines, number, where, value):
    """The journal's bytes with something else at one place of one line; `...` takes it away. All checksums fit."""
    found = [json.loads(json.dumps(line)) for line in lines]
    at = found[number - 1]
    for key in where[:-1]:
        at = at[key]
    if value is ...:
        del at[where[-1]]
    else:
        at[where[-1]] = value
    return b"".join(map(journal.encode, found))


@pytest.mark.parametrize(
    ("number", "where", "value", "says"),
    [
        (1, ["spec"], ..., "spec is missing"),
        (1, ["spec", "measure", "iterations"], "many", "spec.measure: {"),
        (1, ["manifest", "machine", "cpus"], 0, "manifest.machine.cpus: 0 cannot stand there"),
        (1, ["manifest", "identity"], "`<script>", "manifest.identity: '`<script>' cannot stand there"),
        (1, ["cells", 0, "axes", "model"], "else", "cells[0].axes.model: 'else' is not one of the labels in `axes`"),
        (3, ["role"], "<b>", "role: '<b>' is no role of a trial"),
        (3, ["cell"], "another", "cell another is not in the header"),
        (3, ["status"], [], "status: [] cannot stand there"),
        (3, ["block"], None, "`block` and `position` of a trial are whole numbers"),
        (3, ["parameters"], [1], "parameters: expected a map, not [1]"),
        (3, ["answer", "iterations"], {}, "its iterations are neither rows nor columns"),
        (3, ["answer", "iterations"], 5, "answer.iterations: expected a list, not 5"),
        (3, ["answer", "iterations", 0, "wall_s"], "1", "answer.iterations[0].wall_s: '1' cannot stand there"),
        (3, ["answer", "iterations", 0, "latency"], [[10**9, 1]], "answer.iterations[0].latency: [[1000000000, 1]]"),
        (3, ["answer", "iterations", 0, "counts"], {f"n{k}": 1 for k in range(3000)}, "more than 2000 names"),
        (2, ["effective_cpus"], "all", "effective_cpus: 'all' cannot stand there"),
        (3, ["answer", "iterations"], [], "answer.iterations: a trial that ended ok has at least one"),
        (3, ["answer", "iterations", 0, "timeline"], {"end": 1, "more": 0}, "timeline.workers is missing"),
        (3, ["answer", "iterations", 0, "latency"], [[10**200, 1]], "answer.iterations[0].latency: [[1000000"),
        (3, ["undone"], 10**200, "undone: 1000000"),
        (3, ["parameters", "workload", "n"], 10**200, "this line is damaged: a number of 201 digits"),
        (3, ["seed"], 10**200, "seed: 1000000"),
    ],
)
def test_what_does_not_fit_is_named_with_its_line(tmp_path, lines, number, where, value, says):
    """A journal whose checksums fit and whose content does not is refused: which line, which key, what stands there."""
    path = tmp_path / journal.NAME
    path.write_bytes(changed(lines, number, where, value))
    with pytest.raises(Damaged) as caught:
        results.load(tmp_path)
    assert f"{path}:{number}: " in caught.value.message
    assert says in caught.value.message
    assert caught.value.hint


def test_lines_that_make_no_sense_together_are_no_traceback(tmp_path, monkeypatch):
    """What fits in every line and still cannot be told is refused as well, with what went wrong."""
    run = journal_builder.write(tmp_path, repetitions=1, **scenarios.one_cell()).folder

    def puzzled(run):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(results, "write", puzzled)
    with pytest.raises(Damaged, match=r"cannot make a page from .*journal\.jsonl: ZeroDivisionError: division by zero"):
        list(report.write_pages(run))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b'{"trial":NaN}', "expected value"),
        (b'{"trial":1e999}', "a number that no float can hold"),
        (b'{"trial":{"a":[1,-1e999]}}', "a number that no float can hold"),
        (b'{"trial":' + b"9" * 101 + b"}", "a number of 101 digits"),
        (b'{"trial":' + b"9" * 100_000 + b"}", "number out of range"),
        (b'{"trial":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "recursion limit"),
        (b'{"trial":"\xff"}', "invalid unicode"),
        (b'["trial"}', "expected `,`"),
        (b'{"trial":"' + b"x" * 5_000_000 + b'"}', "longer than 4 MiB"),
    ],
    ids=["nan", "infinity", "minus infinity", "digits", "many digits", "deep", "bytes", "list", "long"],
)
def test_lines_that_no_json_writer_writes_are_damage(tmp_path, monkeypatch, lines, text, says):
    """Numbers that are none, nesting without end, endless lines: damage of that line, with a checksum that fits."""
    monkeypatch.setattr(journal, "LINE_LIMIT", 4 << 20)
    bad = text[:-1] + b',"crc32":%d}\n' % journal.zlib.crc32(text)
    path = tmp_path / journal.NAME
    path.write_bytes(journal.encode(lines[0]) + bad + journal.encode(lines[1]))
    with pytest.raises(Damaged, match=r"journal\.jsonl:2: this line is damaged: .*" + says):
        journal.read(path)


def test_a_run_folder_full_of_links_is_told_without_touching_what_they_point_to(tmp_path):
    """`report` writes beside a stranger's journal, whatever is there already: files elsewhere stay as they are."""
    run = journal_builder.write(tmp_path, repetitions=3, **scenarios.scaling()).folder
    outside = tmp_path / "outside"
    outside.mkdir()
    precious = [outside / "precious", outside / "comparison.png", outside / "scaling.png"]
    for path in precious:
        path.write_text("mine")
    for name in ("results.parquet", "cells.csv"):
        (run / name).symlink_to(precious[0])
    (tmp_path / "README.md").symlink_to(precious[0])
    (tmp_path / "figures").symlink_to(outside)
    ((page, _),) = report.write_pages(tmp_path)
    assert [path.read_text() for path in precious] == ["mine"] * 3
    assert page.read_text().startswith("# Which model")
    assert (tmp_path / "figures/scaling.png").is_file()
    assert not any(path.is_symlink() for path in [*run.iterdir(), *tmp_path.iterdir()])


def test_a_files_name_makes_no_link_of_its_own():
    """The name of a file in a stranger's manifest stands in one link, into the run's folder, whatever is in it."""
    view = SimpleNamespace(run=SimpleNamespace(manifest={"user_code": {"a) [x](http://b) <script>.py": "0" * 64}}))
    ((file, _),) = user_code.files(view, "runs/x")
    (inline,) = (token for token in HOST.parse(file) if token.type == "inline")
    links = [child.attrs["href"] for child in inline.children if child.type == "link_open"]
    assert links == ["runs/x/code/a%29%20%5Bx%5D%28http%3A//b%29%20%3Cscript%3E.py"]
    assert not any(child.type == "html_inline" for child in inline.children)


def test_looking_at_a_strangers_experiment_runs_nothing_of_it(tmp_path, write):
    """`validate` and `plan` neither start an interpreter that a YAML names by its path nor import the code that it names."""
    sign = tmp_path / "it-ran"
    interpreter = write("python", f"#!/bin/sh\ntouch {sign}\n")
    interpreter.chmod(0o755)
    write("code.py", f"open({str(sign)!r}, 'w')\ndef work(): pass\n")
    write("x.yaml", "workload: code.py:work\nmodel: threads\nsweep: {python: [{is: ./python, as: theirs}]}\n")
    for verb in ("validate", "plan"):
        done = concexp(tmp_path, verb, "x.yaml")
        assert done.returncode == 0, done.stderr
        assert not sign.exists()


@pytest.mark.parametrize(
    "text",
    ["name: ../x", "name: /tmp/x", "name: a/b", "name: 'a\\b'", "name: ..", f"name: {'a' * 300}", 'name: "a\\n"'],
)
def test_no_name_leaves_the_folder_of_reports(tmp_path, write, text):
    """An experiment's name is a folder's: what is none, or leads elsewhere, is a mistake in its line."""
    write("x.yaml", f"workload: sleep\nmodel: simulated\n{text}\n")
    done = concexp(tmp_path, "run", "x.yaml", "--out", "reports/deep")
    assert done.returncode == 2
    assert "x.yaml:3:7: name: " in done.stderr
    assert os.listdir(tmp_path) == ["x.yaml"]


def test_nothing_that_is_read_can_be_code():
    """The parent unpickles nothing, evaluates nothing, and builds no objects from YAML."""
    package = Path(concexp_package.__file__).parent
    found = set()
    for file in package.rglob("*.py"):
        if file.is_relative_to(package / "trial"):
            continue  # the child runs the user's code: that is what it is for
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                found |= {alias.name for alias in node.names} & {"pickle", "marshal", "shelve", "dill", "runpy"}
            elif isinstance(node, ast.Call):
                found |= {ast.unparse(node.func)} & {"eval", "exec", "compile", "yaml.load", "yaml.unsafe_load"}
    assert found == set()
