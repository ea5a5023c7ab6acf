"""The verbs that show what there is: plug-ins, keys of the YAML, interpreters, and the schema for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from concexp.cli.options import Tags
from concexp.commands import completion
from concexp.output import say


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
    from concexp.commands import catalogue, collection
    from concexp.run.child import stage
    from concexp.run.interpreters import discovery

    if kind == "pythons":
        rows = discovery.listed(stage.stage_child_code())
        say(json.dumps(rows, indent=1) if as_json else catalogue.pythons_text(rows))
    elif kind == "support":
        triples = catalogue.support()
        say(json.dumps(triples, indent=1) if as_json else catalogue.support_text(triples))
    elif kind == "experiments":
        found = collection.listed(folder, tags or (), out)
        say(json.dumps(found, indent=1) if as_json else collection.listed_text(found))
    else:
        entries = catalogue.plug_ins(kind)
        say(json.dumps(entries, indent=1) if as_json else catalogue.plug_ins_text(entries))


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
