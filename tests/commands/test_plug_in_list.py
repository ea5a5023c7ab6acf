"""What `list` prints on plug-ins, for people and for programs, and the cache that it comes from."""

import json
import re

import pytest

from concexp import catalog
from concexp.commands import plug_in_list
from concexp.errors import ConcexpError


@pytest.mark.parametrize("kind", plug_in_list.SHOWN_KINDS)
def test_the_list_names_every_plug_in(kind):
    """Data and text hold every name with a summary; the data can be written as JSON."""
    (entries,) = plug_in_list.plug_ins(kind).values()
    assert [entry["name"] for entry in entries] == list(catalog.names(kind))
    assert all(entry["summary"].endswith((".", ".)")) for entry in entries), entries
    text = plug_in_list.plug_ins_text({kind: entries})
    assert all(f"  {entry['name']} " in text for entry in entries)
    json.dumps(entries)


def test_parameters_have_unit_range_default_and_meaning():
    """The data has what a program needs to offer a parameter to its users."""
    (echo,) = [entry for entry in plug_in_list.plug_ins("workload")["workload"] if entry["name"] == "echo"]
    delay = {p["name"]: p for p in echo["parameters"]}["delay"]
    assert (delay["type"], delay["unit"], delay["default"]) == ("duration", "s", 0.0)
    assert delay["meaning"]


def test_an_unknown_kind_gets_a_suggestion():
    """`list modle` is a mistake whose cure is suggested."""
    with pytest.raises(ConcexpError, match="model"):
        plug_in_list.plug_ins("modle")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and the path of the file in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "concexp" / plug_in_list.CACHED


def test_a_second_list_imports_no_plug_in(cache, monkeypatch):
    """It says the same as the first, which asked every plug-in."""
    first = plug_in_list.plug_ins("")
    assert first == {
        kind: [plug_in_list._entry(kind, name) for name in catalog.names(kind)] for kind in plug_in_list.SHOWN_KINDS
    }
    monkeypatch.setattr(catalog, "load", lambda kind, name: pytest.fail(f"{kind} {name} was loaded"))
    assert plug_in_list.plug_ins("") == first
    assert plug_in_list.plug_ins("plot") == {"plot": first["plot"]}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"sources": []}', "nul\0"])
def test_a_damaged_cache_is_made_again(cache, content):
    """Whatever stands in the file, the list is right, and the file is whole again."""
    cache.parent.mkdir()
    cache.write_text(content)
    (entries,) = plug_in_list.plug_ins("sync").values()
    assert [entry["name"] for entry in entries] == list(catalog.names("sync"))
    assert json.loads(cache.read_text())["entries"]["sync"] == entries
    assert [path.name for path in cache.parent.iterdir()] == [cache.name]


def test_a_changed_file_of_a_plug_in_is_read_again(cache, monkeypatch):
    """Each Python file that the list depends on is among the sources, and none is trusted once it has changed."""
    plug_in_list.plug_ins("sync")
    kept = json.loads(cache.read_text())
    sources = [source[0] for source in kept["sources"][1:]]
    for part in ("trial/sync/lock.py", "trial/plugin.py", "report/plots/scaling.py", "analysis/metrics/__init__.py"):
        assert sum(source.endswith(f"concexp/{part}") for source in sources) == 1
    kept["entries"]["sync"][0]["summary"] = "of another time"
    cache.write_text(json.dumps(kept))
    assert plug_in_list.plug_ins("sync")["sync"][0]["summary"] == "of another time"
    changed = plug_in_list._sources()
    changed[1][2] += 1
    monkeypatch.setattr(plug_in_list, "_sources", lambda: changed)
    assert plug_in_list.plug_ins("sync")["sync"][0]["summary"] != "of another time"


def test_a_list_needs_no_cache(tmp_path, monkeypatch):
    """Where nothing can be written, as with a file for a folder, the list is the same."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert [entry["name"] for entry in plug_in_list.plug_ins("model")["model"]] == list(catalog.names("model"))


def test_a_plug_in_of_another_package_is_not_kept(cache, monkeypatch):
    """It hides one of the same name, and is asked each time: its files are not among the sources."""
    plug_in_list.plug_ins("sync")
    monkeypatch.setattr(catalog, "reference", lambda kind, name: "theirs:Sync" if name == "lock" else "")
    monkeypatch.setattr(plug_in_list, "_entry", lambda kind, name: {"name": name, "summary": "theirs"})
    listed = {entry["name"]: entry["summary"] for entry in plug_in_list.plug_ins("sync")["sync"]}
    assert [name for name, summary in listed.items() if summary == "theirs"] == ["lock"]


@pytest.mark.parametrize(
    ("kind", "cure"),
    [
        ("ThreadPoolExecutor", "concexp show thread_pool"),
        ("lock", "concexp show lock"),
        ("primitives", "did you mean 'sync'?"),
        ("tasks", "did you mean 'workload'?"),
        ("models", "did you mean 'model'?"),
    ],
)
def test_list_of_what_is_no_kind(kind, cure):
    """`list lock` leads to `show lock`; another word for a kind leads to the kind."""
    with pytest.raises(ConcexpError, match=re.escape(cure)):
        plug_in_list.plug_ins(kind)
