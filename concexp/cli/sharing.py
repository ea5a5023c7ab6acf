"""The verbs for sharing a run: pack it, and check and run a received one again."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from concexp.cli.signals import interruptible, loading
from concexp.commands import completion
from concexp.output import command_line, say, say_result


def bundle(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="run folder, or reports/<name>", autocompletion=completion.runs)
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE.zip", help="without it <name>-<run id>.zip")
    ] = None,
    author: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="who made it, instead of `author:` in the YAML: 'Ada <https://orcid.org/...>'"
        ),
    ] = None,
    licence: Annotated[
        str,
        typer.Option(
            "--license", metavar="ID", help="instead of `license:` in the YAML: CC-BY-4.0, an address, or words"
        ),
    ] = "",
) -> None:
    """Pack a run with all that it was made from into one zip that anyone can check: an RO-Crate with the SHA-256 of each file.

    It holds the experiment, the measured code and data, the code of the trials, the journal, tables, page, pictures, and all
    versions; of secret variables only the names. The same run gives the same bytes. `concexp reproduce`, `report`, `compare`
    and `concexp.load` read it.

    \b
    concexp bundle reports/cpu_models
    concexp bundle reports/cpu_models -o cpu.zip --author 'Ada Lovelace' --license CC-BY-4.0
    """
    from concexp.commands.bundle import make_bundle

    made = make_bundle(run, out, author or (), licence)
    for note in made.notes:
        say(note, err=True)
    say(f"{made.path}: {len(made.sizes)} files, {made.path.stat().st_size:,} bytes")
    say(f"SHA-256 {made.sha256}")


def reproduce(
    path: Annotated[Path, typer.Argument(metavar="BUNDLE", help="a zip of `concexp bundle`")],
    quick: Annotated[bool, typer.Option("--quick", help="one short repetition of everything")] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="execute the code in the bundle; without it that code is only listed")
    ] = False,
    out: Annotated[Path, typer.Option(help="where the run and the comparison go")] = Path("reproduced"),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="never ask: however long it takes, go on")] = False,
) -> None:
    """Check a bundle, show what would run and what cannot run here and why, run it, and compare the two runs on a page.

    A bundle whose files are not as they were is refused. Code, files and variables that it brings for the trials are listed,
    and used only with --trust. Interpreters are found here by their versions; nothing is installed.

    \b
    concexp reproduce cpu_models.zip --quick
    concexp reproduce cpu_models.zip --trust --out elsewhere
    """
    with loading():
        from concexp.commands.questions import Questions, on_terminal
        from concexp.commands.reproduce import ReproduceRequest, reproduce
        from concexp.run.child import process_tree

    process_tree.inherit_orphans()
    request = ReproduceRequest(path, quick, trust, out, command_line())
    questions = Questions(asks=not yes and on_terminal())
    with interruptible(lambda kept: f"{kept}; to go on:\n  {command_line()}"):
        done = reproduce(request, partial(say, err=True), questions)
    say_result(done.outcome.answer, done.lines)
    raise typer.Exit(1 if done.outcome.bad else 0)
