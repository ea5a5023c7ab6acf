"""Records are made to be shared: no folder of this machine stands in what a trial said."""

from types import SimpleNamespace

from concexp.run import records


def test_code_has_the_path_that_the_yaml_gives_it(monkeypatch):
    """Whatever the folder; elsewhere the home is `~`."""
    monkeypatch.setenv("HOME", "/home/ada")
    entries = [SimpleNamespace(located=SimpleNamespace(home=home)) for home in ("/data/people/ada/work", "", "/")]
    text = 'File "/data/people/ada/work/sub/my.py", line 3; /home/ada/x.csv; /usr/lib/python3/os.py'
    expected = 'File "sub/my.py", line 3; ~/x.csv; /usr/lib/python3/os.py'
    assert records.without_folders(text, SimpleNamespace(entries=entries)) == expected
