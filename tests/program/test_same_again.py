"""The same journal gives the same files, byte by byte, whatever surrounds the process that makes them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from concexp.commands import report
from concexp.errors import Damaged
from tests.helpers import journal_builder, scenarios

HOSTILE = "font.size: 30\nlines.linewidth: 9\nsavefig.dpi: 50\naxes.facecolor: black\nimage.cmap: gray\n"
CLAIMS = [
    {"says": "processes scale", "of": {"model": "processes", "workload": "cpu_sum"}, "expect": "speedup > 1.05"},
    {"says": "threads do not", "of": {"model": "threads", "workload": "cpu_sum"}, "expect": "speedup < 1.001"},
    {"expect": "lost_updates[lock] == 0"},
]


def mixed():
    """Many kinds of cells in one run: enough trials for resampling, bad ends, lost updates, hostile labels, watchers, claims."""
    cells = journal_builder.sweep(workers=(1, 2, 4), rate=journal_builder.amdahl(0.02, 1.9), noise=0.05)
    for make in (scenarios.syncs, scenarios.bad, scenarios.hostile, scenarios.observed):
        cells += [longer(one) for one in make()["cells"]]
    cells = list({one["id"]: one for one in cells}.values())
    beside = [("control", cells[0]), scenarios.watched()["beside"][1]]
    spec = {"claims": CLAIMS, "metrics": ["throughput", "speedup", "efficiency", "lost_updates", "wait_share"]}
    return {"cells": cells, "beside": beside, "repetitions": 21, "spec": spec}


def longer(cell):
    """A cell whose trials end well beyond its list of statuses."""
    own = {**cell, "observed": longer(cell["observed"])} if cell.get("observed") else cell
    return {**own, "status": [*cell["status"], *["ok"] * 21]} if isinstance(cell.get("status"), list) else own


def files(folder):
    """The files that were written, by path."""
    made = [path for path in folder.rglob("*") if path.is_file() and path.name not in ("journal.jsonl", "mine.txt")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in made}


@pytest.fixture(scope="module")
def journals(tmp_path_factory):
    """Two folders of reports, `one` and `other`, each with the same journal and nothing else of ours."""
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    journal_builder.write(one / "reports" / "mixed", **mixed())
    shutil.copytree(one / "reports", other / "reports")
    return one, other


def reported(path, cwd, cpus, **variables):
    """Runs `concexp report` in a separate process, on `cpus` CPUs, with these environment variables; returns its output."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON", "TZ"))
    }
    root = str(Path(__file__).parents[2])
    allowed = sorted(os.sched_getaffinity(0))[:cpus] if hasattr(os, "sched_setaffinity") else []
    done = subprocess.run(
        [sys.executable, "-m", "concexp", "report", str(path)], cwd=cwd, capture_output=True, text=True, encoding="utf-8",
        env={**environment, "PYTHONPATH": root, **variables},
        preexec_fn=(lambda: os.sched_setaffinity(0, allowed)) if allowed else None,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_whatever_surrounds_the_process(journals, tmp_path):
    """Hash seed, time zone, locale, matplotlib's settings, CPUs, working folder, other files: the same bytes of every file."""
    one, other = journals
    quiet = one / "settings"
    quiet.mkdir()
    reported("reports", one, 1, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8", MPLCONFIGDIR=str(quiet))
    loud = tmp_path / "settings"
    loud.mkdir()
    (loud / "matplotlibrc").write_text(HOSTILE)
    run = next((other / "reports/mixed/runs").iterdir())
    (other / "reports/mixed/mine.txt").write_text("other files")
    (run / "mine.txt").write_text("other files")
    reported(
        run, loud, 2, PYTHONHASHSEED="4321", TZ="Pacific/Auckland", LC_ALL="POSIX", PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0", MPLCONFIGDIR=str(loud),
    )  # fmt: skip
    first, second = files(one / "reports"), files(other / "reports")
    assert first.pop("README.md")  # the index, which is made of whole folders of reports only
    assert set(first) >= {"mixed/README.md", "mixed/figures/scaling.png", f"mixed/runs/{run.name}/cells.csv"}
    assert set(first) >= {f"mixed/runs/{run.name}/results.parquet"}
    assert [name for name in sorted({*first, *second}) if first.get(name) != second.get(name)] == []
    page = first["mixed/README.md"].decode()
    assert f"[{run.name}](runs/{run.name})" in page
    assert str(one) not in page


def test_all_of_a_folder_and_what_is_none(tmp_path, monkeypatch):
    """A folder of several experiments stands for each of them; other folders in it are ignored; one without any is refused."""
    monkeypatch.chdir(tmp_path)
    for name in ("b", "a"):
        journal_builder.write(Path("reports") / name, **scenarios.one_cell())
    Path("reports/notes").mkdir()
    Path("reports/notes/x.md").write_text("mine")
    pages = [page for page, _ in report.write_pages(Path("reports"))]
    assert list(map(str, pages)) == ["reports/a/README.md", "reports/b/README.md", "reports/README.md"]
    assert all(page.exists() for page in pages)
    assert "notes" not in Path("reports/README.md").read_text("utf-8")
    with pytest.raises(Damaged, match="notes holds no run"):
        list(report.write_pages(Path("reports/notes")))
