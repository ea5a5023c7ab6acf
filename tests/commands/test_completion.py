"""What the Tab key offers: the functions, and the program as a shell asks it."""

import os
import subprocess
import sys

import pytest

from concexp.commands import completion

PROGRAM = "import sys; sys.argv = ['concexp']; from concexp.__main__ import main; main()"


def offered(words, folder):
    """What a shell gets after these words, the last of which is being typed."""
    environment = {**os.environ, "_CONCEXP_COMPLETE": "complete_bash", "COMP_WORDS": words}
    environment["COMP_CWORD"] = str(len(words.split(" ")) - 1)
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("concexp va", {"validate"}),
        ("concexp show thr", {"threads", "thread_pool", "throughput"}),
        ("concexp list s", {"sync", "support"}),
        ("concexp run x", {"x.yaml"}),
    ],
)
def test_a_shell_gets_what_fits(words, expected, tmp_path, write):
    """Verbs, names, kinds and experiments, by the environment variables of the completion."""
    write("x.yaml", "workload: sleep\n")
    assert set(offered(words, tmp_path)) == expected


def test_names_of_what_is_shown():
    """Topics, keys and plug-ins by their bare names; with a slash those of the kind."""
    assert {"measure", "metrics", "messages_per_s", "mandelbrot"} <= set(completion.shown("m"))
    assert completion.shown("sync/lo") == ["sync/lock"]
    assert completion.shown("nothing_like_this") == []


def test_experiments_here_and_one_folder_below(tmp_path, write, monkeypatch):
    """YAML files with their paths as typed; hidden folders and other files are left out."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.yaml", "b.yml", "c.txt", "sub/a.yaml", "sub/deep/a.yaml", ".hid/a.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write(name, "")
    assert completion.experiments("") == ["a.yaml", "sub/a.yaml", "b.yml"]
    assert completion.experiments("sub/") == ["sub/a.yaml", "sub/deep/a.yaml"]
    assert completion.experiments(f"{tmp_path}/s") == [f"{tmp_path}/sub/a.yaml"]
    assert completion.experiments("[x") == []


def test_runs_and_folders_of_reports(tmp_path, monkeypatch):
    """`reports/x`, and the runs in it."""
    monkeypatch.chdir(tmp_path)
    for run in ("one", "two"):
        (tmp_path / "reports/x/runs" / run).mkdir(parents=True)
        (tmp_path / "reports/x/runs" / run / "manifest.json").write_text("{}")
    assert completion.runs("") == ["reports/x"]
    assert completion.runs("reports/x/") == ["reports/x/runs/one", "reports/x/runs/two"]
    assert completion.runs("reports/x/runs/o") == ["reports/x/runs/one"]


def test_functions_of_files_here(tmp_path, write, monkeypatch):
    """Python files, and after the colon what they define; nothing is executed, and a file that is no Python offers nothing."""
    monkeypatch.chdir(tmp_path)
    write("my.py", "def parse(): pass\nclass Suite: pass\nraise SystemExit\n")
    write("bad.py", "def (")
    assert completion.functions("m") == ["my.py:"]
    assert completion.functions("my.py:") == ["my.py:parse", "my.py:Suite"]
    assert completion.functions("my.py:p") == ["my.py:parse"]
    assert completion.functions("bad.py:") == completion.functions("none.py:") == []
