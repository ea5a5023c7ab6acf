"""The command `concexp compare`."""

from pathlib import Path
from typing import Annotated

import typer

from concexp.cli.options import JUnit, Pages, SummaryFile
from concexp.cli.signals import loading
from concexp.commands import completion
from concexp.output import command_line, say, say_result


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN...", help="A B, or A1 A2 vs B1 B2, or a history", autocompletion=completion.runs),
    ],
    metric: Annotated[list[str] | None, typer.Option(help="instead of the primary metric; may be repeated")] = None,
    across: Annotated[
        list[str] | None, typer.Option(metavar="AXIS", help="an axis by which the runs differ on purpose")
    ] = None,
    tolerance: Annotated[str, typer.Option(help="the difference that does not matter")] = "5%",
    check: Annotated[bool, typer.Option("--check", help="exit 1 on a regression beyond the tolerance")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="like --check, and exit 1 if a cell is inconclusive")
    ] = False,
    junit: JUnit = None,
    summary_file: SummaryFile = None,
    language: Pages = None,
    out: Annotated[Path | None, typer.Option(help="the folder of the page; without it reports/compare_<A>_<B>")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for other programs; the page is written as well")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="print only where the page is, and what failed")] = False,
) -> None:
    """Compare stored runs of two commits, days, machines or interpreters: what differs, and what is not just noise.

    A run is a run folder, reports/<name> (its latest run), a bundle, a journal, or the id of a run. Of two runs the first is the
    baseline; with `vs` several runs stand on each side, and three or more of a side show how far two runs of the same thing differ;
    more than two runs without it are a history, with steps marked. Cells are matched by what they are. The page says first what
    differs around the figures, and if the machine did, no regression is named for it.

    \b
    concexp compare reports/x/runs/20260101T120000Z-1a2b3c4d reports/x
    concexp compare a1 a2 a3 vs b1 b2 b3 --check --tolerance 5%
    concexp compare reports/x/runs/*
    """
    with loading():
        from concexp.commands.check import Check, difference_lines, failed
        from concexp.commands.compare import compare_runs, split_sides, verdicts, write_comparison
        from concexp.commands.outputs import Outputs

    asked = Check.supported if strict else Check.not_refuted if check else Check.off
    outputs = Outputs(junit, summary_file, asked)
    found = compare_runs(*split_sides(runs), metric or (), across or (), tolerance)
    page = write_comparison(found, out, command_line(), language or "")
    checked = verdicts(found) if asked or outputs.wanted else []
    outputs.add_comparison(found, checked, page.path)
    lines = difference_lines(checked, found.tolerance, asked)
    if as_json:
        import json

        from concexp.report.comparison.data import as_json as data

        say(json.dumps({**data(found), "page": str(page.path)}, indent=1, ensure_ascii=False))
        for line in lines:
            say(line, err=True)
    else:
        say_result([] if quiet else page.answer, [*lines, str(page.path)])
    raise typer.Exit(1 if failed(checked, asked) else 0)
