"""A run's folder as the home of an experiment: names in `code/`, and what makes a folder that of a run."""

import pytest

from concexp.experiment import kept


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("my.py", "my.py"),
        ("./lib/my.py", "lib/my.py"),
        ("lib/../my.py", "my.py"),
        ("../my.py", "_up/my.py"),
        ("../../lib/my.py", "_up/_up/lib/my.py"),
        ("/srv/my.py", "_root/srv/my.py"),
    ],
)
def test_no_name_leads_out_of_the_folder(written, name):
    """Whatever the YAML says."""
    assert kept.name_of(written) == name


def test_only_a_runs_folder_has_places_of_its_own(tmp_path):
    """A folder `code` beside a YAML of the user's means nothing."""
    (tmp_path / "code").mkdir()
    assert kept.code_place("my.py", tmp_path) == tmp_path / "my.py"
    assert kept.data_home(tmp_path) == tmp_path
    for name in ("experiment.yaml", "resolved.yaml", "manifest.json"):
        (tmp_path / name).touch()
    assert kept.code_place("../my.py", tmp_path) == tmp_path / "code/_up/my.py"
    assert (kept.code_home(tmp_path), kept.data_home(tmp_path)) == (tmp_path / "code", tmp_path / "files")
