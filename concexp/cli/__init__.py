"""The command line: one function per verb. Only this package exits and knows typer.

Annotations are evaluated here, once: typer would evaluate postponed ones three times for each start of the program.
"""

import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from concexp import __version__
from concexp.cli import catalogue, sharing
from concexp.cli.ci import ci
from concexp.cli.compare import compare
from concexp.cli.init import init
from concexp.cli.options import Against, Drawn, Format, Html, Language, Only, Pages, Progress, Quiet, Sets, Specs, Tags
from concexp.cli.run import run
from concexp.cli.signals import interruptible, loading
from concexp.commands import completion
from concexp.errors import InputError, PageIncomplete, Problem
from concexp.output import command_line, json_text, say, say_result
from concexp.overview import EXAMPLES
from concexp.report.look import Look

app = typer.Typer(help=EXAMPLES, no_args_is_help=True, rich_markup_mode=None)


app.command()(run)


@app.command("try")
def try_(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="FUNCTION...", help="my.py:parse, or package.module:name", autocompletion=completion.functions
        ),
    ],
    arg: Annotated[list[str] | None, typer.Option("--arg", metavar="NAME=VALUE", help="an argument of it")] = None,
    args: Annotated[str, typer.Option(help="all arguments as a YAML map, such as '{size: 3}'")] = "",
    over: Annotated[
        str, typer.Option(metavar="FILE:NAME", help="items, one for each call: a list, or a function of one")
    ] = "",
    models: Annotated[str, typer.Option(help="only these, such as threads,processes")] = "",
    workers: Annotated[str, typer.Option(help="only these numbers, such as 2,4")] = "",
    against: Against = "",
    budget: Annotated[str, typer.Option(help="how long all of it may take, about")] = "60s",
    out: Annotated[Path, typer.Option(help="where the page goes: OUT/<name>/")] = Path("reports"),
    name: Annotated[str, typer.Option(help="of the experiment and its file; without it try_<function>")] = "",
    quiet: Quiet = False,
    progress: Annotated[Progress, typer.Option(help="auto: a bar on a terminal, lines elsewhere")] = Progress.auto,
    language: Pages = None,
) -> None:
    """Find out which model suits a function of yours, without writing a YAML.

    It calls the function in a few short trials to see what it wants (a CPU, the GIL, waiting, a lock, pickling), measures the
    models that suit for as long as the budget lasts, and says what to use, how much faster that is, how sure, what is as good
    and what to beware of. It writes the page, and NAME.yaml to go on from. With --against the contest is between your function as
    it is and as it was in a git revision.

    \b
    concexp try my.py:parse
    concexp try my.py:parse --arg size=3 --budget 2m
    concexp try my.py:parse my.py:parse_fast --over my.py:documents
    concexp try my.py:parse --against main
    concexp try my.py:parse --language zh
    """
    with loading():
        from concexp.commands.trying.attempt import TryRequest, attempt
        from concexp.commands.trying.options import numbers, seconds, words
        from concexp.run.child import process_tree

    process_tree.inherit_orphans()
    asked = TryRequest(
        targets, arg or (), args, over, words(models), numbers(workers), seconds(budget), out, name,
        command_line(), progress.value, quiet, against, language or Language.en,
    )  # fmt: skip
    with interruptible(lambda kept: f"to begin again:\n  {command_line()}"):
        found = attempt(asked, (lambda text: None) if quiet else partial(say, err=True))
    say_result([] if quiet else found.answer, found.lines)
    raise typer.Exit(1 if found.outcome.bad else 0)


@app.command()
def validate(specs: Specs, tags: Tags = None, sets: Sets = None) -> None:
    """Check experiments without starting anything: all mistakes at once, each with its place and how to fix it.

    \b
    concexp validate experiments
    """
    from concexp import experiment
    from concexp.commands import collection
    from concexp.experiment import environment
    from concexp.plan import claim_lint

    problems: list[Problem] = []
    for path in [path for paths in collection.chosen(specs, tags or ()).values() for path in paths]:
        try:
            spec = experiment.load(path, tuple(sets or ()))
            say(f"{path}: ok: {spec.name}: {spec.question}")
            for warning in (*environment.warnings(spec.environment, os.environ), *claim_lint.as_written(spec)):
                say(str(warning), err=True)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)


@app.command()
def plan(
    path: Annotated[
        Path, typer.Argument(metavar="SPEC", help="experiment file (YAML)", autocompletion=completion.experiments)
    ],
    sets: Sets = None,
    only: Only = "",
    against: Against = "",
    out: Annotated[Path, typer.Option(help="where earlier runs are: the forecast uses their durations")] = Path(
        "reports"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="for other programs")] = False,
) -> None:
    """Show the cells of an experiment, those that cannot run with the reason, and how long it takes, without running any.

    \b
    concexp plan experiments/03_lost_updates.yaml
    """
    from concexp import experiment
    from concexp.commands.plan_text import plan_data, plan_text, warnings
    from concexp.plan.planner import make_plan
    from concexp.run.durations import known_before
    from concexp.run.forecast import forecast
    from concexp.run.interpreters import discovery
    from concexp.run.machine import facts

    spec = experiment.load(path, tuple(sets or ()), against)
    planned = make_plan(spec, facts.usable_cpus(), only, discovery.support_for_plan(spec))
    runs = out / spec.name / "runs"
    duration = forecast(spec, planned, known_before(runs, spec.measure, facts.host()))
    found = warnings(spec, planned, runs)
    if as_json:
        say(json_text(plan_data(spec, planned, duration, found)))
    else:
        say(plan_text(spec, planned, duration))
    for warning in found:
        say(str(warning), err=True)


app.command("list")(catalogue.list_)
app.command()(catalogue.show)
app.command()(catalogue.schema)


@app.command()
def report(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...", help="runs, reports/<name>, reports, or bundles", autocompletion=completion.runs
        ),
    ],
    html: Html = False,
    figures: Drawn = None,
    quiet: Quiet = False,
    language: Pages = None,
) -> None:
    """Make the page of a run again from its journal alone, and print its answer.

    Of a folder of experiments, it makes the page of each one's latest complete run, and an index of them, README.md: what each
    asked and found. A README.md of yours there stays as it is. A page in another language lies beside the first one, and both are
    made again from then on.

    \b
    concexp report reports/cpu_models
    concexp report reports/cpu_models --html
    concexp report reports/cpu_models --figures pdf
    concexp report reports/cpu_models --language zh
    concexp report reports
    """
    from concexp.commands.report import write_pages

    lacking: list[PageIncomplete] = []
    for path in paths:
        look = Look(figures or "", html)
        for page in write_pages(path, lacking.append, language or "", look, partial(say, err=True)):
            say_result([] if quiet else page.answer, [str(page.path)])
    for error in lacking:
        say(str(error), err=True)
    raise typer.Exit(1 if lacking else 0)


for command in (compare, ci, sharing.bundle, sharing.reproduce):
    app.command()(command)


@app.command()
def export(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="run folder, or reports/<name>", autocompletion=completion.runs)
    ],
    form: Annotated[Format, typer.Option("--format", help="pyperf: seconds per operation, for `pyperf compare_to`")],
    cells: Annotated[bool, typer.Option("--cells", help="a row per cell (this, unless --trials is given)")] = False,
    trials: Annotated[
        bool, typer.Option("--trials", help="a row per measured iteration; with --cells in JSON")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="the file to write; stdout without it")] = None,
) -> None:
    """Give a run's numbers to other programs, as they were recorded.

    \b
    concexp export reports/cpu_models --format csv
    concexp export reports/cpu_models --format parquet --trials --out trials.parquet
    concexp export reports/cpu_models --format pyperf --out now.json
    """
    from concexp.commands.export import export_run

    tables = [name for name, chosen in (("cells", cells), ("trials", trials)) if chosen]
    export_run(run, form.value, tables, out)


app.command()(init)


@app.command("doctor")
def doctor_(
    out: Annotated[Path, typer.Option(help="where reports would go")] = Path("reports"),
    as_json: Annotated[bool, typer.Option("--json", help="for other programs")] = False,
) -> None:
    """Check what could spoil measurements on this machine now, and how to fix it; takes a few seconds (it runs CPU spinners).

    It is advice: the exit code is 0 whatever it finds, and 3 only if it cannot look (no place for the trials' code).

    \b
    concexp doctor
    """
    from concexp.commands import doctor

    findings = doctor.examine(out)
    say(json_text(doctor.findings_data(findings)) if as_json else doctor.findings_text(findings))


@app.command("selftest")
def selftest_(
    out: Annotated[Path | None, typer.Option(help="keep the run and its page in OUT/selftest/")] = None,
    repetitions: Annotated[
        int | None,
        typer.Option(min=1, help="more make the intervals narrower; fewer than 3 only show that everything works"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for other programs")] = False,
    progress: Annotated[Progress, typer.Option(help="auto: a bar on a terminal, lines elsewhere")] = Progress.auto,
) -> None:
    """Measure what has known answers, in the ordinary way, and compare: a minute or two.

    Each verdict is ok, WRONG, or withheld with the reason, as on a machine that gives fewer CPUs than it shows. Exit code
    1 if something is WRONG, 3 if it cannot run, otherwise 0.

    \b
    concexp selftest
    concexp selftest --out reports
    """
    from concexp.commands import selftest

    with interruptible(lambda kept: f"to begin again:\n  {command_line()}"):
        verdicts = selftest.run(out, repetitions, progress.value, command_line())
    say(json_text(selftest.verdicts_data(verdicts)) if as_json else selftest.verdicts_text(verdicts))
    raise typer.Exit(1 if selftest.any_wrong(verdicts) else 0)


def _version(given: bool) -> None:
    if given:
        from concexp.run.machine import facts

        say(f"concexp {__version__} ({facts.python_and_system()})")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="print the versions of concexp and Python"),
    ] = False,
) -> None:
    pass


_root.__doc__ = EXAMPLES


def run_command_line() -> None:
    """Run the command that the first word names: typer then need not read the options of all others at each start."""
    word = "".join(sys.argv[1:2])
    named = [one for one in app.registered_commands if word == (one.name or getattr(one.callback, "__name__", ""))]
    if named:  # otherwise typer lists all, or suggests a similar name
        app.registered_commands = named
    app()
