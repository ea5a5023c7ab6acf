"""Records are made to be shared: no folder of this machine stands in what a trial said."""

from types import SimpleNamespace

import pytest

from concexp.run import records


def test_code_has_the_path_that_the_yaml_gives_it(monkeypatch):
    """Whatever the folder; elsewhere the home is `~`."""
    monkeypatch.setenv("HOME", "/home/ada")
    entries = [SimpleNamespace(located=SimpleNamespace(home=home)) for home in ("/data/people/ada/work", "", "/")]
    text = 'File "/data/people/ada/work/sub/my.py", line 3; /home/ada/x.csv; /usr/lib/python3/os.py'
    expected = 'File "sub/my.py", line 3; ~/x.csv; /usr/lib/python3/os.py'
    assert records.without_folders(text, SimpleNamespace(entries=entries)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/srv/env/lib/python3.11/site-packages/joblib/x.py:12: W", "…/site-packages/joblib/x.py:12: W"),
        ('File "/usr/lib/python3.14t/threading.py", line 3', 'File "…/lib/python3.14t/threading.py", line 3'),
        ("/usr/lib/python3/dist-packages/yaml.py", "…/dist-packages/yaml.py"),
        ("{'/tmp/concexp-trial-t00kouii/t/memory': 1}", "{'…/t/memory': 1}"),
        ("lib/python3.11/x a/site-packages /etc/hosts C:/x", "lib/python3.11/x a/site-packages /etc/hosts C:/x"),
    ],
)
def test_libraries_and_trials_have_no_place(text, expected):
    """Warnings and tracebacks name the folder of an environment and that of the trial, which say something of the machine."""
    assert records.without_home(text) == expected
