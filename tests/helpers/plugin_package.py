"""A package with a plug-in of each kind, installed into an environment of its own as an installer leaves it."""

import sysconfig
import textwrap
import venv
from pathlib import Path

FILES = {
    "theirs_for_concexp/__init__.py": "",
    "theirs_for_concexp/sums.py": """\
        def doubled(first, n, times):
            return sum(number * times for number in range(first, first + n))
        """,
    "theirs_for_concexp/in_trials.py": """\
        from concexp.trial import tools
        from concexp.trial.models.threads import Model as Threads
        from concexp.trial.sync.lock import Sync as Lock
        from theirs_for_concexp.sums import doubled


        class Doubling(tools.Workload):
            \"\"\"Double numbers.

            times: how often
            \"\"\"

            times: "int >= 1" = 2
            unit = "doubling"

            def work(self, me, n):
                return doubled(me.first, n, self.times)

            def check(self, shared, outcome):
                expected = sum(self.times * (n * first + n * (n - 1) // 2) for first, n in outcome.ranges)
                return ("" if outcome.total == expected else "wrong"), {"doublings": outcome.ops}


        class TheirLock(Lock):
            \"\"\"A lock of theirs.\"\"\"


        class TheirThreads(Threads):
            \"\"\"Threads of theirs.\"\"\"


        class Needy(Doubling):
            \"\"\"Doublings that need what is nowhere.\"\"\"

            packages = ("nowhere_to_be_found",)
        """,
    "theirs_for_concexp/metrics.py": """\
        from concexp.analysis import metrics


        class DoublingsPerSecond(metrics.Metric):
            \"\"\"Doublings per second.\"\"\"

            title = "doublings"
            unit = "1/s"
            better = "higher"

            def of(self, frame):
                return self.recorded(frame, "doublings") / frame["wall_s"]
        """,
    "theirs_for_concexp/plots.py": """\
        class Plot:
            \"\"\"Doublings of each cell, as they draw them.\"\"\"

            section = "comparison"
            order = 200
            title = ""

            def prepare(self, view):
                return [point for point in view.points if point.value("doublings_per_s").has_value]

            def draw(self, view, prepared, path):
                from matplotlib.figure import Figure

                figure = Figure(figsize=(4, 3))
                axes = figure.subplots()
                axes.bar(range(len(prepared)), [point.value("doublings_per_s").mean for point in prepared])
                figure.savefig(path)
                return f"{len(prepared)} bars of theirs."
        """,
}
ENTRY_POINTS = """\
[concexp.workloads]
doubling = theirs_for_concexp.in_trials:Doubling
needy = theirs_for_concexp.in_trials:Needy
[concexp.sync]
their_lock = theirs_for_concexp.in_trials:TheirLock
[concexp.models]
their_threads = theirs_for_concexp.in_trials:TheirThreads
[concexp.metrics]
doublings_per_s = theirs_for_concexp.metrics:DoublingsPerSecond
[concexp.plots]
their_picture = theirs_for_concexp.plots:Plot
"""


def environment(folder):
    """Make an environment that has all that this interpreter has installed; returns its interpreter and its packages' folder."""
    venv.create(folder, with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    ours = sysconfig.get_path("purelib")
    (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    return folder / "bin/python", site


def install(site, name="theirs-for-concexp", version="1.2", entry_points=ENTRY_POINTS, files=FILES):
    """Put a package there, with the facts that an installer writes."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    facts = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "entry_points.txt": entry_points}
    record = "".join(f"{path},,\n" for path in files)
    for path, text in {
        **{site / path: textwrap.dedent(text) for path, text in files.items()},
        **{info / path: text for path, text in {**facts, "RECORD": record}.items()},
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
