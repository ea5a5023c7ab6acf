"""What all tests share: a machine lock and a cache of their own, apart from those of the user who runs them."""

import asyncio
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


def pytest_collection_modifyitems(items):
    """Marks the tests of SLOW."""
    folder = Path(__file__).parent
    slow = tuple(folder / name for name in SLOW)
    for item in items:
        if any(item.path == path or path in item.path.parents for path in slow):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def own_places(tmp_path_factory):
    """Points the machine lock and the cache of this process and its children into a temporary folder."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("places")
    patch.setenv("CONCEXP_LOCK", str(folder / "lock"))
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    yield
    patch.undo()


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
