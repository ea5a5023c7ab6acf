"""The command `concexp ci`."""

from pathlib import Path
from typing import Annotated

import typer

from concexp.cli.options import Against, Progress, Sets, Specs, SummaryFile, Tags, Tolerance
from concexp.cli.signals import interruptible, loading
from concexp.output import command_line, say


def ci(
    specs: Specs,
    tags: Tags = None,
    against: Against = "",
    tolerance: Tolerance = "",
    strict: Annotated[bool, typer.Option("--strict", help="fail also what is inconclusive or was not judged")] = False,
    sets: Sets = None,
    out: Annotated[Path, typer.Option(help="the folder of all files that it writes")] = Path("concexp-ci"),
    summary_file: SummaryFile = None,
    name: Annotated[str, typer.Option(help="heads the comment, and tells it from those of other jobs")] = "concexp",
    progress: Annotated[Progress, typer.Option(help="auto: a bar on a terminal, lines elsewhere")] = Progress.auto,
) -> None:
    """Check experiments in continuous integration: their claims, and your code as it is against a revision of it.

    OUT gets junit.xml (the verdicts), summary.md and comment.md (under GitHub's limits; the comment begins with a hidden line by
    which it is found again), reports/ with the pages and their HTML files, and a bundle of each run. Exit code 1 if a claim is
    refuted, a version is slower by more than tolerated, or a trial ends badly; 2 or 3 if an experiment cannot run.

    \b
    concexp ci experiments/*.yaml --against origin/main --tolerance 5%
    """
    with loading():
        from concexp.commands.check import Check
        from concexp.commands.ci import CiRequest, check_in_ci
        from concexp.run.child import process_tree

    process_tree.inherit_orphans()
    asked = CiRequest(
        specs, against, tolerance, Check.supported if strict else Check.not_refuted, tuple(sets or ()), out, summary_file,
        name, tags or (), command_line(),
    )  # fmt: skip
    with interruptible(lambda kept: f"{kept}; to go on:\n  {command_line()}"):
        code = check_in_ci(asked, progress.value, say)
    raise typer.Exit(code)
