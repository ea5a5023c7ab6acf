"""Runs all lessons of `experiments/`, one after the other, and says at the end how each went.

A lesson that is finished on this machine is left out: its latest complete run asked the same of the same code. An unfinished one
is completed. One that fails does not stop the others. Ctrl-C does, and the same command goes on. At the end the list of lessons,
experiments/README.md, is written anew, with the reports that there are.

python benchmarks/gallery.py                     all: about an hour and a half
python benchmarks/gallery.py 16 23 --out /tmp/r  some, by their numbers
python benchmarks/gallery.py --quick --out /tmp/r
python benchmarks/gallery.py --index             the list alone
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from concexp import experiment
from concexp.errors import InputError
from concexp.experiment import Spec, kept, standalone, yaml_nodes
from concexp.report import reading_order
from concexp.run.forecast import duration_text
from concexp.run.machine import facts
from concexp.run.storage import run_folder

ROOT = Path(__file__).parents[1]
EXPERIMENTS, REPORTS = ROOT / "experiments", ROOT / "reports"
INDEX = "README.md"
INTERRUPTED = 130
BAR = re.compile(r"(?<!\\)\|")  # between the cells of a table
WORDS = ("says", "published", "source")  # keys of a claim that no verdict depends on
ENDINGS = {
    0: "done",
    1: "done, but a trial ended badly: see its page",
    2: "not begun: the experiment is wrong",
    3: "not begun: the environment was refused",
}


# The chapters of the list, with the numbers of their lessons in reading order.
CHAPTERS = {
    "Threads and the GIL": (0, 1, 16, 4, 17, 13, 30, 43, 44, 48, 5),
    "Locks, and what they are for": (3, 60, 24, 21, 6, 22, 11, 23, 55, 57, 33),
    "Processes and pools": (18, 36, 19, 20, 53, 45, 47, 15),
    "Messages and shared memory": (7, 26, 27, 54, 28, 29),
    "Sharing work out": (8, 58, 61, 59),
    "Errors and dead workers": (9, 65, 10),
    "Waiting, and the event loop": (2, 51, 52, 25, 12, 31, 32, 49, 56),
    "Servers of yours, and libraries that ask them": (62, 63, 64),
    "numpy, memory and the collector": (34, 35, 46),
    "Without a GIL": (50, 40, 41, 42, 39),
    "Measuring": (37, 38, 14),
}
HEAD = """\
<!-- Written by `python benchmarks/gallery.py --index`. -->

# Lessons

Each is one YAML that is read in a minute: a question, the wrong way beside the right one, what you should see, and claims that a
run can refute. `concexp run experiments/NN_name.yaml` measures it in about two minutes, `make gallery` runs all of them. Lessons
18 and 39 to 50 claim [what others published](#published-figures). Answers are those of the machine that each page names; a claim
that could not be judged there says why.

"""
RUN_IT = "run it"


def index(experiments: Path = EXPERIMENTS, reports: Path = REPORTS) -> str:
    """The list of lessons by chapters, in Markdown: question, and where there is a report, its answer and its verdicts.

    The first ones are in the order of reports/path.yaml, which the pages follow as well.
    """
    lessons = {int(path.name[:2]): (path, experiment.load(path, (), "")) for path in numbered(experiments)}
    by_name = {spec.name: number for number, (_, spec) in lessons.items()}
    rows = answers(reports)

    def link(number: int) -> str:
        path, spec = lessons[number]
        return f"[{spec.question}]({path.name})"

    parts = [f"{HEAD}## To begin with\n\n"]
    for place, step in enumerate(reading_order.read(reports), 1):
        why = step.why.get("en", "")
        parts.append(f"{place}. {why}{' ' * bool(why)}{link(by_name[step.report])}\n")
    for title, numbers in CHAPTERS.items():
        parts.append(f"\n## {title}\n\n| | question | answer | claims |\n| --- | --- | --- | --- |\n")
        for number in numbers:
            name = lessons[number][1].name
            answer, claims = rows.get(name, ("", ""))
            known = (reports / name / INDEX).is_file()
            report = f"[report](../reports/{name}/{INDEX})" if known else RUN_IT
            parts.append(f"| {number:02} | {link(number)} | {answer}{' ' * bool(answer)}{report} | {claims} |\n")
    parts.append("\n## Published figures\n\n| | claimed | measured | verdict |\n| --- | --- | --- | --- |\n")
    for number, (_, spec) in lessons.items():
        parts += published(number, spec, reports)
    return "".join(parts)


def published(number: int, spec: Spec, reports: Path) -> list[str]:
    """A line for each claim of a published figure: as it was published, and what the page of the lesson says of it."""
    from concexp.report.sections.claims import claimed, escaped

    judged = claims_on(reports / spec.name / INDEX)
    lines = []
    for claim in spec.claims:
        if claim.published:
            words = escaped(claim.says)
            measured, verdict = next(
                (
                    known[1:]
                    for known in judged
                    if known[0] == words or known[0].startswith((f"{words}. ", f"{words} ("))
                ),
                ("", RUN_IT),
            )
            lines.append(f"| {number:02} | {claimed(claim)} | {measured} | {verdict} |\n")
    return lines


def answers(reports: Path) -> dict[str, tuple[str, str]]:
    """(answer, claims) of each report by its name, from the index that `concexp report reports` writes."""
    found = {}
    for row in table_rows(reports / INDEX):
        name = re.search(r"\]\(([^/)]+)/README(?:\.\w+)?\.md\)", row[1]) if len(row) == 5 else None
        if name:
            answer = row[2].partition(" **What to do:**")[0].replace(f"]({name[1]}/", f"](../reports/{name[1]}/")
            found[name[1]] = answer, row[3]
    return found


def claims_on(page: Path) -> list[list[str]]:
    """The rows of the table of claims on a page: claimed, measured, verdict."""
    return [row for row in table_rows(page, "| claimed | measured | verdict |") if len(row) == 3]


def table_rows(page: Path, head: str = "") -> list[list[str]]:
    """The cells of each row of the tables in a Markdown file, or of the one with this head; none where there is no file."""
    lines = page.read_text("utf-8").splitlines() if page.is_file() else []
    if head:
        lines = lines[lines.index(head) + 2 :] if head in lines else []
        lines = list(itertools.takewhile(lambda line: line.startswith("|"), lines))
    return [[cell.strip() for cell in BAR.split(line)[1:-1]] for line in lines if line.startswith("|")]


def numbered(folder: Path, wanted: Sequence[int] = ()) -> list[Path]:
    """The lessons in a folder in their order; only those with the `wanted` numbers, if there are any."""
    lessons = {path: int(path.name[:2]) for path in sorted(folder.glob("[0-9][0-9]_*.yaml"))}
    return [path for path, number in lessons.items() if not wanted or number in wanted]


def is_finished(lesson: Path, out: Path) -> bool:
    """Whether the latest complete run of a lesson on this machine asked what the lesson asks now, of the same user code."""
    try:
        spec = experiment.load(lesson, (), "")
    except InputError:
        return False  # `concexp run` says what is wrong
    runs = [path for path in sorted((out / spec.name / "runs").glob("*")) if (path / kept.MANIFEST).is_file()]
    for run in reversed(runs):
        manifest = run_folder.read_manifest(run)
        if not run_folder.is_complete(run) or manifest.get("host") != facts.host():
            continue
        code = manifest.get("user_code", {})
        return asked((run / kept.EXPERIMENT).read_text("utf-8")) == asked(standalone.text_of(spec)) and all(
            (lesson.parent / name).is_file() and sha256(lesson.parent / name) == known for name, known in code.items()
        )
    return False


def asked(text: str) -> Any:
    """What an experiment asks, without comments and without the words of its claims."""
    data = yaml_nodes.parse(text, "").plain()
    claims = data.get("claims") or []
    listed = claims if isinstance(claims, list) else [claims]
    return {**data, "claims": [{key: one[key] for key in one if key not in WORDS} for one in listed]}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def concexp(*arguments: str) -> int:
    """Runs a command of concexp's at the root, and returns its exit code."""
    return subprocess.run([sys.executable, "-m", "concexp", *arguments], cwd=ROOT, check=False).returncode


def run_all(lessons: Sequence[Path], out: Path, quick: bool = False) -> dict[Path, str]:
    """Runs the lessons that are not finished; returns how each of them went, in words."""
    went: dict[Path, str] = {}
    for number, lesson in enumerate(lessons, 1):
        if not quick and is_finished(lesson, out):
            went[lesson] = "finished before"
            continue
        print(f"\n[{number} of {len(lessons)}] {lesson.name}", flush=True)
        begin = time.monotonic()
        # The command stands on the page: one that anybody can type in a clone.
        name = str(lesson.relative_to(ROOT)) if lesson.is_relative_to(ROOT) else str(lesson)
        where = [] if out.resolve() == REPORTS else ["--out", str(out.resolve())]
        code = concexp("run", name, *where, "--yes", *(["--quick"] if quick else []))
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        took = duration_text(time.monotonic() - begin)
        went[lesson] = f"{ENDINGS.get(code, f'ended with exit code {code}')} ({took})"
    return went


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("numbers", nargs="*", type=int, help="of lessons; without any, all")
    parser.add_argument("--out", type=Path, default=REPORTS, help="where reports go")
    parser.add_argument("--quick", action="store_true", help="one short repetition of everything")
    parser.add_argument("--index", action="store_true", help=f"only write experiments/{INDEX}")
    asked = parser.parse_args(arguments)
    if asked.index:
        (EXPERIMENTS / INDEX).write_text(index(), "utf-8")
        return 0
    lessons = numbered(EXPERIMENTS, asked.numbers)
    try:
        went = run_all(lessons, asked.out, asked.quick)
    except KeyboardInterrupt:
        print("interrupted: the same command goes on")
        return INTERRUPTED
    if asked.out.resolve() == REPORTS:
        (EXPERIMENTS / INDEX).write_text(index(), "utf-8")
    print()
    for lesson, words in went.items():
        print(f"{lesson.stem:32} {words}")
    good = sum(words.startswith(("done (", "finished")) for words in went.values())
    print(f"{good} of {len(went)} lessons are finished and well")
    return 0 if good == len(went) else 1


if __name__ == "__main__":
    sys.exit(main())
