"""Profiles on the page: the lines at which workers stood, and where they come from."""

from concexp.report.sections import profiles, timelines
from concexp.report.view import View
from tests.helpers import journal_builder

LOOP = ["concexp/trial/workloads/cpu_sum.py", 24, "work"]
LOCK = ["concexp/trial/workloads/counter.py", 74, "inline_guarded"]
WAIT = ["<library>/threading.py", 327, "wait"]


def worker(*places):
    """What the probe records of a worker: (samples, on a CPU, frames, text of the innermost one) each."""
    found = [[samples, on_cpu, frames, [text] * len(frames)] for samples, on_cpu, frames, text in places]
    return {"samples": sum(one[0] for one in places), "elsewhere": 0, "places": found}


def view(folder, **profiled):
    """The view of a run with a cell for each model, and the profiles of their workers."""
    cells = [
        journal_builder.cell("counter", model, "lock", workers=2, looked={"profile": {"profile": one}})
        for model, one in profiled.items()
    ]
    return View(journal_builder.write(folder, cells, spec={"baseline": {}}))


def test_the_most_frequent_lines(tmp_path):
    """Of all workers together, the measured code's own line; lines with less than a twentieth are left out."""
    shown = view(
        tmp_path,
        threads=[
            worker((60, 0, [WAIT, LOCK], "with guard:"), (2, 2, [LOOP], "x += k")),
            worker((20, 10, [LOCK], "with guard:"), (18, 18, [LOOP], "x += k")),
        ],
    )
    assert profiles.sentences(shown) == [
        "Profiles come from 1 trial of its own, whose times count nowhere. Coroutines that wait do not show.",
        r"threads ×2: 80 % at `with guard:` (concexp/trial/workloads/counter.py:74, inline\_guarded), "
        r"of that 12 % on a CPU; 20 % at `x += k` (concexp/trial/workloads/cpu\_sum.py:24, work), of that 100 % on a CPU.",
    ]


def test_a_run_without_profiles_says_nothing(tmp_path):
    """Nor does a timeline count as one, or a profile as a timeline."""
    assert profiles.sentences(View(journal_builder.write(tmp_path / "a", [journal_builder.cell()]))) == []
    picture = journal_builder.timeline([], end=9)
    drawn = journal_builder.write(tmp_path / "b", [journal_builder.cell(model="threads", workers=2, pictured=picture)])
    assert profiles.sentences(View(drawn)) == []
    assert timelines.sentences(view(tmp_path / "c", threads=[worker((1, 1, [LOOP], "x += k"))])) == []


def test_a_cell_that_was_never_seen_at_work_is_counted(tmp_path):
    """As one whose workers are hidden in a pool, or coroutines."""
    shown = view(tmp_path, threads=[worker((1, 1, [LOOP], "x += k"))], processes=[None, None])
    assert profiles.sentences(shown)[-1].startswith("1 cell has no profile: ")
