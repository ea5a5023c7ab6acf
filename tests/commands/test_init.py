"""`init`: the first experiment."""

from tests.helpers.program import concexp


def test_init_writes_an_experiment_that_is_valid_and_overwrites_nothing(tmp_path):
    """The first experiment is valid as written; a second `init` is refused; a wrong name is a mistake."""
    assert concexp(tmp_path, "init", "mine").returncode == 0
    assert concexp(tmp_path, "validate", "mine.yaml").returncode == 0
    before = (tmp_path / "mine.yaml").read_bytes()
    assert concexp(tmp_path, "init", "mine").returncode == 3
    assert (tmp_path / "mine.yaml").read_bytes() == before
    assert concexp(tmp_path, "init", "../mine").returncode == 2
