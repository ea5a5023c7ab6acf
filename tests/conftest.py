"""What all tests share: a machine lock and a cache of their own, apart from those of the user who runs them."""

import pytest

pytest.register_assert_rewrite("tests.helpers")  # so that a failed assertion in a helper shows its values


@pytest.fixture(scope="session", autouse=True)
def own_places(tmp_path_factory):
    """Points the machine lock and the cache of this process and its children into a temporary folder."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("places")
    patch.setenv("CONCEXP_LOCK", str(folder / "lock"))
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    yield
    patch.undo()


@pytest.fixture
def write(tmp_path):
    """Returns a function (name, text) that writes a file into the test's folder and returns its path."""

    def write(name, text):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write
