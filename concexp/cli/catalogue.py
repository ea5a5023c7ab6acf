"""The verbs that show what there is: plug-ins, keys of the YAML, interpreters, and the schema for editors."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from concexp.commands import completion
from concexp.output import say


def list_(
    kind: Annotated[str, typer.Argument(help="a kind, pythons or support", autocompletion=completion.listed)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="for other programs")] = False,
) -> None:
    """List what there is of a kind (workload, model, sync, metric or plot), or of all.

    `list support` shows which workload runs on which model with which primitive, or why not.
    `list pythons` starts every interpreter that it finds on this machine, and shows how `sweep: {python: …}` names it.

    \b
    concexp list model
    concexp list support
    concexp list pythons
    """
    from concexp.commands import catalogue
    from concexp.run.child import stage
    from concexp.run.interpreters import discovery

    if kind == "pythons":
        rows = discovery.listed(stage.stage_child_code())
        say(json.dumps(rows, indent=1) if as_json else catalogue.pythons_text(rows))
    elif kind == "support":
        triples = catalogue.support()
        say(json.dumps(triples, indent=1) if as_json else catalogue.support_text(triples))
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
