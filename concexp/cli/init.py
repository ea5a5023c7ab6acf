"""The verb for beginnings: a first experiment, or a package of plug-ins."""

from typing import Annotated

import typer

from concexp.commands import completion
from concexp.output import say


def init(
    name: Annotated[str, typer.Argument(help="of the experiment or package: small letters, digits and underscores")],
    plugin: Annotated[
        bool, typer.Option("--plugin", help="write a package with a workload, a metric, and tests of them")
    ] = False,
    workload: Annotated[
        str, typer.Option(help="what is done: a plug-in, or my.py:function", autocompletion=completion.functions)
    ] = "",
    model: Annotated[str, typer.Option(metavar="MODELS", help="which compete, such as threads,processes")] = "",
    sync: Annotated[str, typer.Option(metavar="PRIMITIVES", help="which guard the workers, such as none,lock")] = "",
    workers: Annotated[str, typer.Option(metavar="NUMBERS", help="such as 1,2,cpus")] = "",
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="never ask: take the proposal where nothing is said")
    ] = False,
) -> None:
    """Write NAME.yaml, a small experiment to begin with, and the schema by which editors know its keys.

    On a terminal it asks what to compare, as far as the options do not say it. `--plugin` writes the folder NAME instead: a
    package to install and go on from.

    \b
    concexp init my_question
    concexp init counting --workload counter --model threads,processes --sync none,lock
    concexp init parsing --workload my.py:parse
    concexp init --plugin my_plugins
    """
    from concexp.commands.init import Choices, asked, write_experiment
    from concexp.commands.init_plugin import write_plugin
    from concexp.commands.questions import on_terminal
    from concexp.commands.trying.options import words

    if plugin:
        folder = write_plugin(name)
        say(f"{folder}: now `pip install -e '{folder}[test]'`, then `pytest {folder}`; {folder}/README.md says more")
        return
    choices = Choices(workload, words(model), words(sync), words(workers))
    if on_terminal() and not yes:
        choices = asked(choices)
    experiment, *beside = write_experiment(name, choices)
    for path in beside:
        say(f"{path}: for editors")
    say(f"{experiment}: now `concexp run {experiment}`")
