"""The command `concexp run`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from concexp.cli.options import (
    Against,
    Cluster,
    Drawn,
    Html,
    JUnit,
    Only,
    Pages,
    Progress,
    Quiet,
    Sets,
    Specs,
    SummaryFile,
    Tags,
    Tolerance,
)
from concexp.cli.signals import interruptible, loading
from concexp.output import command_line, resume_command, say_result
from concexp.report.look import Look


def run(
    specs: Specs,
    tags: Tags = None,
    out: Annotated[Path, typer.Option(help="where reports go: OUT/<name>/")] = Path("reports"),
    sets: Sets = None,
    only: Only = "",
    against: Against = "",
    quick: Annotated[bool, typer.Option("--quick", help="one short repetition of everything")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="do not complete an unfinished run, start a new one")] = False,
    no_report: Annotated[
        bool, typer.Option("--no-report", help="measure only; `concexp report` makes the page")
    ] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="exit 1 if a claim is refuted, or a version is slower by more than tolerated"),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="like --check, and exit 1 if a verdict is inconclusive or a claim not judged"),
    ] = False,
    tolerance: Tolerance = "",
    junit: JUnit = None,
    summary_file: SummaryFile = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="refuse if another run measures on this machine")] = False,
    cluster: Cluster = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="never ask: however long it takes, go on")] = False,
    quiet: Quiet = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="a line per trial, all notes, every claim with all its evidence")
    ] = False,
    progress: Annotated[Progress, typer.Option(help="auto: a bar on a terminal, lines elsewhere")] = Progress.auto,
    language: Pages = None,
    html: Html = False,
    figures: Drawn = None,
) -> None:
    """Run experiments, print their answers and write their reports; an unfinished run of the same experiment is completed.

    On a terminal it asks before a run of more than 10 minutes, and offers to wait while other programs compute. The run's
    folder has a log, run.log.

    \b
    concexp run experiments/01_cpu_models.yaml
    concexp run x.yaml --strict -q
    concexp run x.yaml --against main --check --tolerance 3% --junit verdicts.xml
    concexp run x.yaml --set measure.repetitions=3 --only 'workers <= 2'
    concexp run experiments --tag gil
    """
    with loading():
        from concexp.run.machine.neighbours import Watch

        watch: Watch | None = Watch()  # other programs show themselves while the rest is imported
        from concexp.commands import collection
        from concexp.commands.check import Check
        from concexp.commands.outputs import Outputs
        from concexp.commands.questions import Questions, on_terminal
        from concexp.commands.replicate import run_anywhere
        from concexp.commands.run import RunRequest
        from concexp.run.child import process_tree

    process_tree.inherit_orphans()
    failures = 0
    checked = Check.supported if strict else Check.not_refuted if check else Check.off
    outputs = Outputs(junit, summary_file, checked)
    questions = Questions(asks=not (yes or quiet) and on_terminal())
    by_path = collection.chosen(specs, tags or ())
    experiments = [path for paths in by_path.values() for path in paths]
    for number, path in enumerate(experiments):
        with interruptible(partial("{1}; to go on:\n  {0}".format, resume_command(experiments[:number], by_path))):
            request = RunRequest(
                path, tuple(sets or ()), only, out, quick, fresh, not no_wait, command_line(), quiet, verbose,
                against=against, tolerance=tolerance, language=language or "", look=Look(figures or "", html), cluster=cluster,
                listed=outputs.wanted,
            )  # fmt: skip
            outcome = run_anywhere(request, progress.value, not no_report, checked, questions, watch)
            watch = None  # what they did during this run says nothing of the next one
            outputs.add_run(outcome)
        say_result([] if quiet else outcome.answer, outcome.lines)
        failures += outcome.bad + len(outcome.failed)
    raise typer.Exit(1 if failures else 0)
