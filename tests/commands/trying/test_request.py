"""The command line of `concexp try` -> functions with arguments."""

import pytest

from concexp.commands.trying.request import functions_of, name_of
from concexp.errors import InputError

MINE = """\
import threading
LOCK = threading.Lock()
OTHER = threading.Lock()
def plain(): pass
def sized(size, deep=True): pass
def locked():
    with LOCK: pass
class Suite:
    def time_sort(self): pass
def bench_a(): pass
def bench_b(): pass
raise SystemExit("executed")
"""


@pytest.fixture
def mine(write, tmp_path, monkeypatch):
    """A file my.py in the working folder; it must never be executed here."""
    write("my.py", MINE)
    monkeypatch.chdir(tmp_path)


def read(*targets, given=(), mapping="", over=""):
    return functions_of([f"my.py:{target}" for target in targets], given, mapping, over)


def test_arguments_are_yaml_and_go_to_the_functions_that_have_them(mine):
    """Each function gets those that it has a parameter for."""
    plain, sized = read("plain", "sized", given=["size=3"], mapping="{deep: false}")
    assert (plain.arguments, sized.arguments) == ({}, {"size": 3, "deep": False})
    assert (plain.entry(False), sized.entry(False)) == ("my.py:plain", {"my.py:sized": {"size": 3, "deep": False}})
    assert sized.entry(True)["call"]["returns"] == "sent"
    assert name_of([plain, sized]) == "try_plain_sized"


def test_methods_suites_and_locks(mine):
    """A method is named with its class, a star takes all that fit, and a lock that the source mentions is known by its line."""
    assert [one.name for one in read("Suite.time_sort", "bench_*")] == ["Suite.time_sort", "bench_a", "bench_b"]
    (locked,) = read("locked")
    assert locked.locks == ("LOCK (my.py:2)",)


def test_items_stand_for_the_first_argument(mine):
    """With items, the first parameter needs no argument."""
    (sized,) = read("sized", over="my.py:plain")
    assert sized.entry(False) == {"call": {"target": "my.py:sized", "over": "my.py:plain"}}


@pytest.mark.parametrize(
    ("targets", "more", "says"),
    [
        (["my.py:sized"], {}, "my.py:sized: sized needs size\n  give --arg size=…, or items for size: --over my.py:items"),
        (["my.py:sizde"], {}, "my.py:sizde: my.py defines no function 'sizde'\n  did you mean 'sized'?"),
        (["my.py"], {}, "my.py: it names no function\n  write my.py:plain or my.py:sized or my.py:locked"),
        (["your.py:f"], {}, "your.py:f: cannot read your.py: No such file or directory\n  the path is relative to this folder"),
        (["my.py:plain"], {"given": ["size"]}, "--arg: 'size' is not name=value\n  write --arg size=3"),
        (["my.py:sized"], {"given": ["size=1", "depe=1"]}, "--arg: no function here has a parameter 'depe'\n  did you"),
        (["my.py:sized"], {"given": ["size={"]}, "--arg: "),
        (["my.py:x_*"], {}, "my.py:x_*: nothing in my.py fits 'x_*'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_cure(mine, targets, more, says):
    """Missing arguments, misspelt names, missing files: nothing is started."""
    with pytest.raises(InputError) as caught:
        functions_of(targets, more.get("given", ()), "", "")
    assert str(caught.value).startswith(says)
