"""What plug-ins exist: a folder is a kind, a file's name is a name."""

# ruff: noqa: F821  (annotations are declarations of parameters, as in a plug-in)

import importlib
import multiprocessing
import pydoc
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest
import yaml

import concexp
from concexp import catalog, installed
from concexp.commands import catalogue, plug_in_list
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
    monkeypatch.setattr(installed, "points", lambda kind: {"theirs": (point,)} if kind == "workload" else {})
    monkeypatch.setattr(Sample, "work", print, raising=False)
    monkeypatch.setattr(Sample, "check", print, raising=False)
    monkeypatch.setattr(Sample, "packages", (), raising=False)
    assert "theirs" in catalog.names("workload")
    assert catalog.load("workload", "theirs").__name__ == "Sample"
    assert (catalog.reference("workload", "theirs"), catalog.origin("workload", "theirs")) == (point.value, point.value)
    assert (catalog.reference("workload", "cpu_sum"), catalog.origin("workload", "cpu_sum")) == ("", "")


def test_a_package_that_cannot_be_loaded_is_named(monkeypatch):
    """It is that package's mistake; `concexp list` shows it beside all others."""
    point = EntryPoint("broken", "not_there.at_all:Workload", "concexp.workloads")
    monkeypatch.setattr(installed, "points", lambda kind: {"broken": (point,)} if kind == "workload" else {})
    with pytest.raises(EnvironmentRefused, match=r"the workload 'broken' of .* cannot be loaded: ModuleNotFoundError"):
        catalog.load("workload", "broken")
    listed = {entry["name"]: entry["summary"] for entry in plug_in_list.plug_ins("workload")["workload"]}
    assert listed["broken"].startswith("not usable: ")
    assert not any(triple["workload"] == "broken" for triple in catalogue.support("sync", "none"))
    assert "broken" not in catalog.classes("workload")
    catalog._known_as.cache_clear()
    assert plug_in_list.known_by("ThreadPoolExecutor") == ["thread_pool"]


def test_a_class_that_is_no_plugin_is_refused(monkeypatch):
    """What a workload must have is named, with the class to derive from."""
    point = EntryPoint("bare", f"{__name__}:Base", "concexp.workloads")
    monkeypatch.setattr(installed, "points", lambda kind: {"bare": (point,)} if kind == "workload" else {})
    with pytest.raises(EnvironmentRefused, match=r"is no workload: .*Base has no work, check, packages") as caught:
        catalog.load("workload", "bare")
    assert "concexp.trial.tools.Workload" in caught.value.hint


def test_a_name_of_concexps_own_is_refused(monkeypatch):
    """With both places; all other names go on working, and `list` says why this one does not."""
    point = EntryPoint("counter", f"{__name__}:Sample", "concexp.workloads")
    monkeypatch.setattr(installed, "points", lambda kind: {"counter": (point,)} if kind == "workload" else {})
    catalog.load.cache_clear()
    with pytest.raises(EnvironmentRefused) as caught:
        catalog.load("workload", "counter")
    assert f"{__name__}:Sample" in caught.value.message
    assert "concexp itself (concexp.trial.workloads.counter)" in caught.value.message
    assert catalog.load("workload", "cpu_sum").__module__ == "concexp.trial.workloads.cpu_sum"
    listed = {entry["name"]: entry["summary"] for entry in plug_in_list.plug_ins("workload")["workload"]}
    assert listed["counter"].startswith("not usable: the workload 'counter' is in ")


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


KNOWN = [
    *(("model", "Thread", ["threads"]), ("model", "threading.Thread", ["threads"]), ("model", "Process", ["processes"])),
    *(("model", "ThreadPoolExecutor", ["thread_pool"]), ("model", "ProcessPoolExecutor", ["process_pool"])),
    *(("model", "multiprocessing.Pool", ["mp_pool"]), ("model", "Pool", ["mp_pool"]), ("model", "thread-pool", ["thread_pool"])),
    *(("model", "asyncio.gather", ["{asyncio: {spawn: gather}}"]), ("model", "gather", ["{asyncio: {spawn: gather}}"])),
    *(("model", "TaskGroup", ["{asyncio: {spawn: task_group}}"]), ("model", "to_thread", ["to_thread"])),
    *(("sync", "Lock", ["lock"]), ("sync", "RLock", ["rlock"]), ("sync", "Semaphore", ["semaphore"]), ("sync", "mutex", ["lock"])),
    *(("sync", "Condition", ["condition"]), ("sync", "Event", ["event"]), ("sync", "Barrier", ["barrier"])),
    *(("sync", "Queue", ["queue"]), ("sync", "multiprocessing.Queue", ["queue"]), ("sync", "queue.Queue()", ["queue"])),
    *(("metric", "p99", ["latency_p99_s", "service_time_p99_s"]), ("metric", "RPS", ["throughput"])),
    *(("metric", "p50", ["latency_p50_s", "service_time_p50_s"]), ("metric", "cpu", ["cpus_used"])),
    *(("metric", "latency", ["latency_mean_s", "latency_p50_s", "latency_p99_s"]), ("workload", "sorted", ["sort"])),
    *(("model", "nothing_of_the_kind", []), ("plot", "p99", []), ("plot", "Scaling", ["scaling"])),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "expected"), KNOWN)
def test_names_that_people_know(kind, name, expected):
    """Classes of the standard library with and without their module, and words of the trade, stand for plug-ins."""
    assert catalog.meaning(kind, name, catalog.names(kind)) == expected


def test_only_what_may_be_used_is_suggested():
    """Of several meanings those that are not known here are left out."""
    assert catalog.meaning("metric", "p99", ["service_time_p99_s"]) == ["service_time_p99_s"]
    assert catalog.cure("metric", "p99", ["service_time_p99_s"]) == "did you mean 'service_time_p99_s'?"


@pytest.mark.parametrize(
    ("kind", "name", "cure"),
    [
        ("model", "lock", "lock is a sync: write `sync: lock`"),
        ("model", "Lock", "Lock is a sync: write `sync: lock`"),
        ("sync", "threads", "threads is a model: write `model: threads`"),
        ("metric", "scaling", "scaling is a plot: write `report: {plots: [scaling]}`"),
        ("workload", "cuonter", "did you mean 'counter'?"),
    ],
)
def test_a_name_of_another_kind(kind, name, cure):
    """A primitive at the key of models is sent to its own key."""
    assert catalog.cure(kind, name) == cure


DECLARED = [
    (kind, name, declared.partition(" {"))
    for kind in catalog.KNOWN_AS
    for name in catalog.names(kind)
    for declared in catalog.load(kind, name).known_as
]


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in ("model", "sync") for name in catalog.names(kind)])
def test_models_and_primitives_say_when_to_use_them(kind, name):
    """Each declares by itself, not by its base, under which names it is known, when to use it and what it costs."""
    own = vars(catalog.load(kind, name))
    assert own["known_as"]
    assert own["suits"]
    assert own["price"]


@pytest.mark.parametrize("name", catalog.names("workload"))
def test_workloads_say_what_they_find_out(name):
    """Each declares the question that it answers."""
    assert vars(catalog.load("workload", name))["suits"]


@pytest.mark.parametrize(("kind", "name", "declared"), DECLARED, ids=[f"{n}-{d[0]}" for _, n, d in DECLARED])
def test_what_is_declared_exists(kind, name, declared):
    """A name with a module of the standard library is there, as far as this interpreter has the module; so are parameters."""
    other, brace, parameters = declared
    newer = ("nterpreter" in other and sys.version_info < (3, 14)) or ("eager" in other and sys.version_info < (3, 12))
    if "." in other and other.partition(".")[0] in sys.stdlib_module_names and not newer:
        assert pydoc.locate(other) is not None
    if brace:
        given = yaml.safe_load("{" + parameters)
        own = catalog.parameters(catalog.load(kind, name))
        assert all(value in own[key].choices for key, value in given.items())


# What these modules have that is neither a model nor a primitive.
NOT_PLUG_INS = {"Timer", "local", "Executor", "Future", "ExceptHookArgs"}


@pytest.mark.parametrize("module", ["threading", "queue", "concurrent.futures", "asyncio.locks", "asyncio.queues"])
def test_what_the_standard_library_offers_is_known(module):
    """Every public class of the modules for concurrency leads to a plug-in, except errors and those in NOT_PLUG_INS."""
    names = importlib.import_module(module)
    public = {name: getattr(names, name) for name in names.__all__ if name not in NOT_PLUG_INS}
    offered = [name for name, one in public.items() if name[0].isupper() and callable(one) and not _is_error(one)]
    unknown = [
        name for name in offered if not any(catalog.meaning(k, name, catalog.names(k)) for k in ("model", "sync"))
    ]
    assert offered
    assert unknown == []


def _is_error(one):
    return isinstance(one, type) and issubclass(one, BaseException)


def test_what_a_context_of_processes_offers_is_known():
    """The same for `multiprocessing`, whose names are methods of a context."""
    primitives = {name for name in dir(multiprocessing.get_context()) if name[0].isupper() and "Error" not in name}
    primitives -= {"AuthenticationError", "BufferTooShort", "RawArray", "RawValue", "TimeoutError"}
    known = {
        name for name in primitives for kind in ("model", "sync") if catalog.meaning(kind, name, catalog.names(kind))
    }
    assert primitives - known == set()
