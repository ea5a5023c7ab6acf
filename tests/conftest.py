"""What all tests share: a machine lock and a cache apart from those of the user who runs them, and no useless waits."""

import asyncio
import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast examples are made, and how long one takes, is the machine's affair.
settings.register_profile("concexp", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("concexp")

pytest.register_assert_rewrite("tests.helpers")  # so that a failed assertion in a helper shows its values

# Where most tests run whole programs, or every plug-in in real trials: marked `slow`.
SLOW = (
    "contracts",
    "program",
    "commands/test_selftest.py",
    "run/child/test_launch.py",
    "test_cli.py",
    "trial/models",
    "trial/workloads",
)
# Where tests look at pictures, or draw what only they draw. Elsewhere pictures are blank (see `tests.helpers.blank_pictures`).
DRAWN = (
    "commands/test_api.py",
    "contracts",
    "program/test_page_in_a_browser.py",
    "report/comparison",
    "report/plots",
    "report/test_pictures.py",
    "testing",
)


def pytest_collection_modifyitems(items):
    """Marks the tests of SLOW and of DRAWN."""
    marks = [(within(SLOW), pytest.mark.slow), (within(DRAWN), pytest.mark.drawn)]
    for item in items:
        path = f"{item.path}{os.sep}"
        for places, mark in marks:
            if path.startswith(places):
                item.add_marker(mark)


def pytest_collection_finish():
    """Keeps the collector from going through all that was imported and collected, again and again."""
    gc.collect()
    gc.freeze()


def within(names):
    """The beginnings of the paths of these files, and of the files in these folders, with a separator behind each path."""
    return tuple(f"{Path(__file__).parent / name}{os.sep}" for name in names)


@pytest.fixture(scope="session", autouse=True)
def own_places(tmp_path_factory):
    """Points the machine lock and the cache of this process and its children into a temporary folder.

    The workers of pytest-xdist share the cache, so that the code of trials is compiled once for each interpreter, and no lock.
    """
    patch = pytest.MonkeyPatch()
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    patch.setenv("CONCEXP_LOCK", str(own / "lock"))
    patch.setenv("XDG_CACHE_HOME", str(shared / "cache"))
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def unsynced():
    """Waits for no disk: what tests write need not outlive a power cut. Programs that are started anew sync as ever."""
    patch = pytest.MonkeyPatch()
    patch.setattr(os, "fsync", lambda descriptor: None)
    yield
    patch.undo()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Draws pictures as users see them in the tests marked `drawn`, and leaves them blank in the others.

    Before all fixtures: those of a module are set up before each that belongs to a test alone.
    """
    from tests.helpers import blank_pictures

    (blank_pictures.draw if item.get_closest_marker("drawn") else blank_pictures.leave_blank)()


@pytest.fixture(autouse=True)
def closed_loops(monkeypatch):
    """Closes the event loops of models that a test used in its own process; those of a trial end with its process."""
    loops = []
    make = asyncio.new_event_loop

    def new_event_loop():
        loops.append(make())
        return loops[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", new_event_loop)
    yield
    for loop in loops:
        loop.close()


@pytest.fixture
def write(tmp_path):
    """Returns a function (name, text) that writes a file into the test's folder and returns its path."""

    def write(name, text):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write
