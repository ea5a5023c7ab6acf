"""Variables, files and run folders, as users meet them: real trials, and whole runs sent to someone else."""

import dataclasses
import json
import os
import shutil

import pytest

from concexp.run.hidden import Hidden
from concexp.run.provided import Provided
from tests.helpers.children import function, trial
from tests.helpers.program import concexp, run_folder

SECRET = "hunter2-and-more"
SHOWS = """\
import os
NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONMALLOC", "TOKEN")
def work():
    seen = [os.environ.get(name) for name in NAMES]
    raise RuntimeError(repr(seen) + (" hashed" if hash("a") == 4644417185603328019 else ""))
"""
REST = "load: {ops: 2, scaling: strong}\nmeasure: {repetitions: 1, iterations: 1, warmup: 0}\n"


@pytest.mark.parametrize(
    "model",
    ["threads", *(("processes", {"start_method": method}) for method in ("fork", "spawn", "forkserver"))],
    ids=str,
)
def test_variables_reach_every_worker_before_its_interpreter_starts(model, write):
    """Also those that only a starting interpreter reads; a secret is there, and hidden in what comes back."""
    hidden = Hidden({"TOKEN": SECRET})
    given = {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": None, "PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0"}
    path = write("mine.py", SHOWS)
    ending = trial(function(path), model, provided=Provided(given, hidden))
    assert ending.status == "failed"
    assert ending.reason.startswith("RuntimeError: ['3', None, 'malloc', '***TOKEN***']")
    assert SECRET not in repr(dataclasses.asdict(ending))


def manifest(run):
    return json.loads((run / "manifest.json").read_text())


def test_a_secret_is_written_nowhere(write, tmp_path):
    """Neither by a trial that prints it, returns it and raises it, nor by the preflight; its name is."""
    write(
        "mine.py",
        "import os, sys\nTOKEN = os.environ['TOKEN']\n"
        "def works(): return {TOKEN.replace('-', '_'): 1.0}\n"
        "def fails(): print(TOKEN, file=sys.stderr); raise ValueError(f'no access with {TOKEN}')\n",
    )
    write("x.yaml", "workload: [mine.py:works, mine.py:fails]\nmodel: [serial, processes]\nsweep: {workers: 2}\n"
                    f"environment: {{TOKEN: {{from: caller, secret: true}}}}\nallow: [{{status: failed}}]\n{REST}")  # fmt: skip
    given = {**os.environ, "TOKEN": SECRET}
    done = concexp(tmp_path, "run", "x.yaml", env=given)
    assert done.returncode == 0, done.stderr
    run = run_folder(tmp_path)
    texts = [path.read_bytes() for path in (tmp_path / "reports").rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in text for text in [*texts, (done.stdout + done.stderr).encode()])
    assert "no access with ***TOKEN***" in (run / "journal.jsonl").read_text()
    assert manifest(run)["secrets"] == ["TOKEN"]
    assert "`TOKEN` (secret: its value is recorded nowhere)" in (tmp_path / "reports/x/README.md").read_text()
    lacking = concexp(tmp_path, "run", "x.yaml")
    assert lacking.returncode == 2
    assert "x.yaml:4:22: environment.TOKEN: TOKEN is not set where this command was given" in lacking.stderr


def test_what_user_code_lacks_is_named_with_its_key(write, tmp_path):
    """In the preflight, where nothing is measured; with these keys it runs."""
    write("mine.py", "import os\ndef work(): return float(open(os.environ['DATA']).read())\n")
    text = f"workload: mine.py:work\nmodel: serial\n{REST}"
    write("x.yaml", text)
    assert "add {DATA: …} or {DATA: {from: caller}}" in concexp(tmp_path, "run", "x.yaml").stderr
    write("x.yaml", f"{text}environment: {{DATA: d/data.txt}}\n")
    assert "`files: [d/data.txt]`" in concexp(tmp_path, "run", "x.yaml").stderr
    (tmp_path / "d").mkdir()
    write("d/data.txt", "42")
    write("x.yaml", f"{text}environment: {{DATA: d/data.txt}}\nfiles: d\n")
    planned = concexp(tmp_path, "plan", "x.yaml").stdout
    assert "environment: DATA=d/data.txt" in planned
    assert "files: d (2 bytes): a copy in each trial's folder" in planned
    done = concexp(tmp_path, "run", "x.yaml")
    assert done.returncode == 0, done.stderr
    assert "d/data.txt](runs/" in (tmp_path / "reports/x/README.md").read_text()
    before = manifest(run_folder(tmp_path))["identity"]
    write("d/data.txt", "43")
    assert concexp(tmp_path, "run", "x.yaml", "--out", "other").returncode == 0
    (again,) = (tmp_path / "other/x/runs").iterdir()
    assert manifest(again)["identity"] != before


def test_a_runs_folder_is_the_same_question_elsewhere(write, tmp_path):
    """With what the YAML extends, --set, code from other folders, helpers and files: the same identity, and the same cells."""
    for folder in ("exp/sub", "lib/pack", "exp/data", "base"):
        (tmp_path / folder).mkdir(parents=True)
    write("lib/outer.py", "import outer_helper\ndef work(): return outer_helper.ONE\n")
    write("lib/outer_helper.py", "from pack import ONE\n")
    write("lib/pack/__init__.py", "ONE = 1.0\n")
    write("exp/sub/inner.py", "def work():\n    import lazy, beside\n    return float(open('data/n.txt').read())\n")
    write("exp/sub/lazy.py", "")
    write("exp/beside.py", "")
    write("exp/mod.py", "def work(): return 2.0\n")
    write("exp/data/n.txt", "3")
    write("base/common.yaml", "measure: {repetitions: 1, iterations: 1, warmup: 0}\n")
    write("exp/01_my_question.yaml", "extends: ../base/common.yaml\nworkload: [../lib/outer.py:work, sub/inner.py:work, mod:work]\n"
                          "model: serial\nload: {ops: 2, scaling: strong}\nfiles: data/\n")  # fmt: skip
    done = concexp(tmp_path / "exp", "run", "01_my_question.yaml", "--set", "tags=[a]")
    assert done.returncode == 0, done.stderr
    run = run_folder(tmp_path / "exp", "my_question")
    kept = {path.relative_to(run / "code").as_posix() for path in (run / "code").rglob("*.py")}
    outer = {"_up/lib/outer.py", "_up/lib/outer_helper.py", "_up/lib/pack/__init__.py"}
    assert kept == {*outer, "sub/inner.py", "sub/lazy.py", "beside.py", "mod.py"}
    sent = tmp_path / "sent"
    shutil.copytree(run, sent / "run")
    for folder in ("exp", "lib", "base"):
        shutil.rmtree(tmp_path / folder)
    copy = sent / "run/experiment.yaml"
    assert f"{copy}: ok: my_question: my question" in concexp(sent, "validate", str(copy)).stdout
    assert "3 cells" in concexp(sent, "plan", str(copy)).stdout
    again = concexp(sent, "run", str(copy))
    assert again.returncode == 0, again.stderr
    facts = manifest(run_folder(sent, "my_question"))
    assert facts["identity"] == manifest(sent / "run")["identity"]
    shutil.rmtree(sent / "run/files")
    lacking = concexp(sent, "validate", str(copy))
    assert lacking.returncode == 2
    assert "this run kept only what has at most 16 MiB" in lacking.stderr
