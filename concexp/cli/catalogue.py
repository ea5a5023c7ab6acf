"""The verbs that show what there is: plug-ins, keys of the YAML, interpreters, and the schema for editors."""

from pathlib import Path
from typing import Annotated

import typer

from concexp.cli.options import Tags
from concexp.commands import completion
from concexp.output import json_text, say


def list_(
    kind: Annotated[
        str, typer.Argument(help="a kind, pythons, support or experiments", autocompletion=completion.listed)
    ] = "",
    folder: Annotated[
        Path | None, typer.Argument(help="of experiments: `experiments` if it is there, or this one")
    ] = None,
    tags: Tags = None,
    out: Annotated[Path, typer.Option(help="where earlier runs are: times come from them")] = Path("reports"),
    as_json: Annotated[bool, typer.Option("--json", help="for other programs")] = False,
) -> None:
    """List what there is of a kind (workload, model, sync, metric or plot), or of all.

    `list experiments` shows what those of a folder ask, their tags, and how long each takes here.
    `list support` shows which workload runs on which model with which primitive, or why not.
    `list pythons` starts every interpreter that it finds on this machine, and shows how `sweep: {python: …}` names it.

    \b
    concexp list model
    concexp list support
    concexp list pythons
    concexp list experiments --tag gil
    """
    if kind == "pythons":
        from concexp.commands.catalogue import pythons_text
        from concexp.run.child import stage
        from concexp.run.interpreters import discovery

        rows = discovery.listed(stage.stage_child_code())
        say(json_text(rows) if as_json else pythons_text(rows))
    elif kind == "support":
        from concexp.commands.catalogue import support, support_text

        triples = support()
        say(json_text(triples) if as_json else support_text(triples))
    elif kind == "experiments":
        from concexp.commands.experiment_list import listed, listed_text

        found = listed(folder, tags or (), out)
        say(json_text(found) if as_json else listed_text(found))
    else:
        from concexp.commands.plug_in_list import plug_ins, plug_ins_text

        entries = plug_ins(kind)
        say(json_text(entries) if as_json else plug_ins_text(entries))


def show(
    name: Annotated[str, typer.Argument(help="counter, model/threads, yaml, …", autocompletion=completion.shown)],
    everything: Annotated[bool, typer.Option("--all", help="each combination that it runs in, or why not")] = False,
) -> None:
    """Show what a plug-in is, its parameters, when to use it and what it costs; or what the keys of the YAML mean.

    Topics: yaml (all keys), measure, load, sweep, execution, metrics, report, claims; call (your own code), code (its versions),
    environment, files.

    \b
    concexp show counter
    concexp show model/processes --all
    concexp show measure
    """
    from concexp.commands import catalogue

    say(catalogue.description(name, everything))


def schema() -> None:
    """Print the JSON Schema of experiments, for editors: all keys and plug-ins, those of installed packages included.

    An editor with YAML support completes and checks a file that names it in its first line:
    # yaml-language-server: $schema=concexp.schema.json

    \b
    concexp schema > concexp.schema.json
    """
    from concexp.experiment import json_schema

    say(json_schema.text().rstrip("\n"))
