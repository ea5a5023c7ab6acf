"""The schema for editors: it accepts every experiment, and rejects what `validate` rejects, at the same key."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from concexp import catalog
from concexp.errors import InputError
from concexp.experiment import json_schema, keys, parse_text, yaml_nodes
from concexp.experiment.axis_table import AXES
from tests.helpers.mistakes import EVERY, HEAD
from tests.helpers.schema_errors import rejected_keys, validator

ROOT = Path(__file__).parents[3]
EXPERIMENTS = sorted([*ROOT.glob("experiments/*.yaml"), *ROOT.glob("reports/*/runs/*/experiment.yaml")])
HEADS = {"": "workload: cpu_sum\nmodel: [serial, threads]\n"}

# Mistakes that no schema knows, by what it would have to know. What is no YAML at all is not among them: no schema sees it.
LABELS = "which labels, axes and values the file itself gives"
NAMES_IN_TEXT = "the names within a condition"
BEYOND = {
    "exclude: {model: Thread}": LABELS,
    "baseline: {model: processes}": LABELS,
    "baseline: {workers: 8}": LABELS,
    "p99 < 10ms": NAMES_IN_TEXT,
    "throughput > 10/sec": NAMES_IN_TEXT,
    "threads.throughput > 1/s": NAMES_IN_TEXT,
    "throughput[Thread] > 1/s": NAMES_IN_TEXT,
    "throughput[workers=8] > 1/s": NAMES_IN_TEXT,
}


def beyond(text):
    """Why the schema cannot know the mistake of a text; "" if it can."""
    return next((why for written, why in BEYOND.items() if text.rstrip().endswith(written)), "")


def problems_of(text):
    """The problems of `validate`, and the text as data; None if it is no YAML."""
    with pytest.raises(InputError) as caught:
        parse_text(text, "x.yaml")
    try:
        return caught.value.problems, yaml_nodes.parse(text, "x.yaml").plain()
    except InputError:
        return caught.value.problems, None


def without_index(key):
    """A key without its place in a list: `validate` names the list where its items are names."""
    return re.sub(r"\[\d+\]$", "", key)


def test_it_is_a_schema():
    """Of the dialect that it names."""
    jsonschema.Draft202012Validator.check_schema(json_schema.schema())


def test_the_shipped_copy_is_fresh():
    """`make schema` writes it."""
    assert json.loads(json_schema.SHIPPED.read_text("utf-8")) == json_schema.schema(), "run `make schema`"


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_it_accepts_every_experiment(path):
    """Those of the lessons, and those in the folders of committed runs."""
    data = yaml_nodes.parse(path.read_text("utf-8"), str(path)).plain()
    assert [f"{list(error.absolute_path)}: {error.message}" for error in validator().iter_errors(data)] == []


@pytest.mark.parametrize(("text", "message"), EVERY)
def test_it_rejects_each_mistake_at_the_same_key(text, message):
    """At least one of the keys that `validate` names, unless it is beyond a schema; then it accepts the file."""
    problems, data = problems_of(text)
    if data is None:
        return
    named = {without_index(problem.path) for problem in problems}
    rejected = {*map(without_index, rejected_keys(data))}
    if beyond(text):
        assert not rejected
    else:
        assert named & rejected, f"validate: {named}; schema: {rejected}"


def test_it_rejects_nothing_else_in_them():
    """Each key that it rejects is one that `validate` names, or holds one."""
    for text in (row.values[0] for row in EVERY):
        problems, data = problems_of(text)
        for key in rejected_keys(data) if data is not None else ():
            shorter = without_index(key)
            assert any(one.path.startswith(shorter) or key.startswith(one.path) for one in problems), (text, key)


@pytest.mark.parametrize(
    ("where", "key"), [*keys.everywhere(), *((f"entry.{name}", key) for name, key in keys.ENTRY.items())]
)
def test_the_example_of_each_key_is_accepted(where, key):
    """`concexp show` prints them."""
    head = "".join(line for line in HEADS[""].splitlines(True) if not key.example.startswith(line.partition(" ")[0]))
    data = yaml_nodes.parse(head + key.example + "\n", "x.yaml").plain()
    assert rejected_keys(data) == set()


def test_every_axis_and_every_parameter_is_described():
    """An editor shows what `concexp show` tells: meaning, unit and default."""
    found = json_schema.schema()["$defs"]
    for key in AXES:
        assert found["axes"]["properties"][key]["description"] if key != "load" and key != "startup" else True
    for kind in ("workload", "model", "sync"):
        for name, cls in catalog.classes(kind).items():
            for parameter in catalog.parameters(cls).values():
                described = found[f"{kind}.{name}.{parameter.name}"]
                assert parameter.meaning.rstrip(". ") in described["description"]
                assert "default" in described


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("sweep: {compress.level: [1, 5ms]}", "sweep.compress.level[1]"),
        ("sweep: {gil: maybe}", "sweep.gil"),
        ("sweep: {env.A-B: 1}", None),
        ("sweep: {measure.budget: 3s}", "sweep.measure.budget"),
        ("sweep: {workers: {from: 1, to: 4}}", "sweep.workers"),
        ("sweep: {workload: cpu_sum}", "sweep.workload"),
        ("sweep: [{workload: cpu_sum, workers: 0}]", "sweep[0].workers"),
        ("sweep: {python: [{is: '3.13', needs: numpy}]}", "sweep.python[0].needs"),
        ("background: {cpu_sum: {sise: 3}}", "background.cpu_sum.sise"),
        ("environment: {PYTHONPATH: x}", "environment.PYTHONPATH"),
        ("measure: {level: 94%}", "measure.level"),
        ("load: {until: p99 > 5ms}", "load.until"),
        ("report: {plots: [pie]}", "report.plots[0]"),
        ("allow: [{status: bad}]", "allow[0].status"),
        ("tags: [3]", "tags[0]"),
        ("extends: common.txt", "extends"),
    ],
)
def test_more_that_it_knows(text, key):
    """What no row of the mistakes has."""
    rejected = rejected_keys(yaml_nodes.parse(f"{HEADS['']}{text}\n", "x.yaml").plain())
    assert rejected == ({key} if key else set())


def test_head_of_the_mistakes_is_accepted():
    """Else each of them would be rejected for nothing."""
    assert rejected_keys(yaml_nodes.parse(HEAD, "x.yaml").plain()) == set()


@pytest.mark.parametrize("path", sorted(ROOT.glob("experiments/*.yaml")), ids=lambda path: path.name)
def test_editors_find_the_schema_of_a_lesson(path):
    """Its first line names the shipped copy, relative to the file."""
    line = path.read_text("utf-8").partition("\n")[0]
    assert line.startswith("# yaml-language-server: $schema=")
    assert (path.parent / line.partition("=")[2]).resolve() == json_schema.SHIPPED
