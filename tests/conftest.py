"""What all tests share: no test may meet the machine-wide lock or the cache of a real user."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_places(tmp_path_factory):
    """A lock and a cache of this test process's own."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("places")
    patch.setenv("CONCEXP_LOCK", str(folder / "lock"))
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    yield
    patch.undo()


@pytest.fixture
def write(tmp_path):
    """Write a text to a file of the test's folder; its path."""

    def write(name, text):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write
