"""A bundle on its way: made here, reproduced by another user in an empty folder, refused after one byte was changed."""

import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from tests.helpers import bundles, containers
from tests.helpers.program import concexp

EXPERIMENT = """\
question: Does a stranger get the same?
workload: [cpu_sum, my.py:work]
model: [serial, threads]
sweep: {workers: [2]}
load: {duration: 50ms}
measure: {repetitions: 3, iterations: 1, warmup: 0}
"""
CODE = """\
import helper


def work():
    return helper.total(200)
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """(the bundle of a run of own code, the folder of that run)."""
    folder = tmp_path_factory.mktemp("distinctive_place")
    (folder / "x.yaml").write_text(EXPERIMENT)
    (folder / "my.py").write_text(CODE)
    (folder / "helper.py").write_text("def total(n):\n    return sum(range(n))\n")
    assert concexp(folder, "run", "x.yaml", "--yes").returncode == 0
    done = concexp(folder, "bundle", "reports/x", "-o", "x.zip")
    assert done.returncode == 0, done.stderr
    assert f"SHA-256 {bundles.sha256((folder / 'x.zip').read_bytes())}" in done.stdout
    return folder / "x.zip", folder


@pytest.fixture
def stranger():
    """(the folder of another user, without anything in it, and that user's TMPDIR)."""
    if reason := containers.why_not():
        pytest.skip(reason)
    home, temporary = containers.folders()
    (home / "home").mkdir()
    shutil.chown(home / "home", containers.UID, containers.UID)
    yield home, temporary
    shutil.rmtree(home)


def reproduced(stranger, *arguments):
    """What `concexp reproduce` does there."""
    home, temporary = stranger
    command = (sys.executable, "-m", "concexp", "reproduce", *arguments)
    done = containers.run(home, temporary, *command, HOME=str(home / "home"))
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    return done


@pytest.mark.timeout(600)
def test_a_stranger_reproduces_it(bundle, stranger):
    """First nothing runs; with --trust it does, and ends with a page that compares the two runs."""
    path, _ = bundle
    home, temporary = stranger
    shutil.copy(path, home / "x.zip")
    done = reproduced(stranger, "x.zip", "--quick")
    assert done.returncode == 2
    assert "code/helper.py" in done.stderr
    assert not (home / "reproduced").exists()
    done = reproduced(stranger, "x.zip", "--quick", "--trust")
    assert done.returncode == 0, done.stderr[-3000:]
    (run,) = (home / "reproduced/x/runs").iterdir()
    assert (run / "code/my.py").read_text() == CODE
    assert [one.name for one in temporary.iterdir() if one.name.startswith("concexp")] == []
    page = Path(home / done.stdout.splitlines()[-1].partition(": ")[2])
    text = page.read_text("utf-8")
    assert run.name in text
    (theirs,) = (bundle[1] / "reports/x/runs").iterdir()
    assert theirs.name in text


def test_one_changed_byte_is_refused(bundle, stranger):
    """By the checksum of the file in which it lies, whether or not the zip's own checksum was put right."""
    path, _ = bundle
    home, _ = stranger
    journal = bytearray(bundles.contents(path)["journal.jsonl"])
    journal[len(journal) // 2] ^= 1
    bundles.changed(path, home / "x.zip", {"journal.jsonl": bytes(journal)}, sums=False)
    done = reproduced(stranger, "x.zip", "--quick", "--trust")
    assert done.returncode == 3
    assert "x.zip: journal.jsonl was changed: its SHA-256 is" in done.stderr
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as opened:
        entry = opened.getinfo("journal.jsonl")
    start = entry.header_offset + len(entry.FileHeader())
    raw[start + entry.compress_size // 2] ^= 1
    (home / "x.zip").write_bytes(raw)
    done = reproduced(stranger, "x.zip", "--quick", "--trust")
    assert done.returncode == 3
    assert "Bad CRC-32" in done.stderr or "cannot be read" in done.stderr
    assert not (home / "reproduced").exists()


def test_nothing_in_it_names_this_machine(bundle):
    """No folder of the user who made it: neither in paths nor in any text."""
    path, folder = bundle
    for name, content in bundles.contents(path).items():
        assert folder.name.encode() not in content, name
        assert str(containers.ROOT).encode() not in content, name
