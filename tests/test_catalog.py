"""What plug-ins exist: a folder is a kind, a file's name is a name."""

# ruff: noqa: F821  (annotations are declarations of parameters, as in a plug-in)

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest

import concexp
from concexp import catalog
from concexp.commands import catalogue
from concexp.errors import EnvironmentRefused, UnknownName

PACKAGE = Path(concexp.__file__).parent


class Base:
    """A base.

    first: of the base
    """

    first: "int >= 1" = 1
    shared = "not a parameter"
    told: ClassVar[str | None] = "not one either"


class Sample(Base):
    """A sample plug-in.
    It has a second line.

    first: of the sample
    hold: how long, as in: this
    """

    hold: "duration > 0" = 1
    share: "fraction" = 0
    rate: "rate" = 5
    size: "size <= 64" = 8
    form: "inline | call" = "inline"
    flag: bool = False
    path: str
    more: dict = {}  # noqa: RUF012


@pytest.mark.parametrize("kind", catalog.KINDS)
def test_names_are_files(kind):
    """The names of a kind are the files of its folder, but for those that begin with an underscore."""
    folder = PACKAGE.joinpath(*catalog.KINDS[kind].split(".")[1:])
    files = [f.stem for f in folder.iterdir() if f.suffix == ".py" and not f.name.startswith("_")]
    assert catalog.names(kind) == tuple(sorted(files))
    assert files


def test_a_class_comes_from_the_file_of_its_name():
    """Loading gives the class that is called like the kind, of the file that is called like the plug-in."""
    found = catalog.load("workload", "counter")
    assert (found.__module__, found.__name__) == ("concexp.trial.workloads.counter", "Workload")


@pytest.mark.parametrize("name", ["cuonter", "", "_function", "__init__", "os", "counter.x", "../models/threads", "é"])
def test_what_no_file_is_called_is_unknown(name):
    """A name is looked up, never imported blindly."""
    with pytest.raises(UnknownName) as caught:
        catalog.load("workload", name)
    assert caught.value.message == f"there is no workload '{name}'"
    assert ("counter" in caught.value.suggestions) == (name in ("cuonter", "counter.x"))


def test_naming_plugins_imports_none():
    """What there is can be told without importing a single plug-in, nor what draws and computes."""
    code = (
        "import sys; from concexp import catalog; [catalog.names(kind) for kind in catalog.KINDS];"
        "print([m for m in sys.modules if m.startswith(('concexp.trial', 'concexp.report', 'concexp.analysis', 'numpy'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_another_packages_plugin(monkeypatch):
    """An entry point of the group `concexp.workloads` is a workload."""
    point = EntryPoint("theirs", f"{__name__}:Sample", "concexp.workloads")
    monkeypatch.setattr(catalog, "_foreign", lambda kind: {"theirs": point} if kind == "workload" else {})
    assert "theirs" in catalog.names("workload")
    assert catalog.load("workload", "theirs").__name__ == "Sample"
    assert (catalog.reference("workload", "theirs"), catalog.origin("workload", "theirs")) == (point.value, point.value)
    assert (catalog.reference("workload", "cpu_sum"), catalog.origin("workload", "cpu_sum")) == ("", "")


def test_a_package_that_cannot_be_loaded_is_named(monkeypatch):
    """It is that package's mistake; `concexp list` shows it beside all others."""
    point = EntryPoint("broken", "not_there.at_all:Workload", "concexp.workloads")
    monkeypatch.setattr(catalog, "_foreign", lambda kind: {"broken": point} if kind == "workload" else {})
    with pytest.raises(EnvironmentRefused, match=r"the workload 'broken' of .* cannot be loaded: ModuleNotFoundError"):
        catalog.load("workload", "broken")
    listed = {entry["name"]: entry["summary"] for entry in catalogue.plug_ins("workload")["workload"]}
    assert listed["broken"].startswith("not usable: ")
    assert not any(triple["workload"] == "broken" for triple in catalogue.support("sync", "none"))


def test_groups_of_entry_points_are_the_folders(monkeypatch):
    """The documented groups: workloads, models, sync, metrics, plots."""
    asked = []
    monkeypatch.setattr(catalog, "entry_points", lambda group: asked.append(group) or ())
    for kind in catalog.KINDS:
        catalog._foreign.__wrapped__(kind)
    assert {"concexp.workloads", "concexp.models", "concexp.sync", "concexp.metrics", "concexp.plots"} <= set(asked)


def test_parameters_are_annotated_attributes():
    """Those of base classes first; what has no annotation, or a ClassVar, is none."""
    assert list(catalog.parameters(Sample)) == [
        "first",
        "hold",
        "share",
        "rate",
        "size",
        "form",
        "flag",
        "path",
        "more",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("first", ("int", 1, "of the sample", 1.0, False, None, False, "", "int >= 1")),
        ("hold", ("duration", 1.0, "how long, as in: this", 0.0, True, None, False, "s", "duration > 0")),
        ("share", ("fraction", 0.0, "", 0.0, False, 1.0, False, "", "fraction >= 0 <= 1")),
        ("rate", ("rate", 5.0, "", 0.0, False, None, False, "1/s", "rate >= 0")),
        ("size", ("size", 8, "", 0.0, False, 64.0, False, "bytes", "size >= 0 <= 64")),
        ("form", ("choice", "inline", "", None, False, None, False, "", "inline | call")),
        ("flag", ("bool", False, "", None, False, None, False, "", "bool")),
        ("path", ("str", None, "", None, False, None, True, "", "str")),
        ("more", ("any", {}, "", None, False, None, False, "", "any")),
    ],
)
def test_what_a_declaration_means(name, expected):
    """Type, default in SI units, meaning, bounds, unit and the words for what is allowed, from one annotation."""
    p = catalog.parameters(Sample)[name]
    assert (p.type, p.default, p.meaning, p.minimum, p.exclusive, p.maximum, p.required, p.unit, p.range) == expected
    assert type(p.default) is type(expected[1])


def test_choices():
    """`a | b` are the words to choose from, in order."""
    assert catalog.parameters(Sample)["form"].choices == ("inline", "call")


def test_summary_and_description():
    """The summary is the first line; the description leaves out what is told of parameters."""
    assert catalog.summary(Sample) == "A sample plug-in."
    assert catalog.description(Sample) == "A sample plug-in.\nIt has a second line."


def test_a_metric_has_no_parameters():
    """What every metric answers to is no parameter of the YAML."""
    assert catalog.parameters(catalog.load("metric", "throughput")) == {}
