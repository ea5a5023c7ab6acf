"""What `concexp init` does: writes a first experiment that runs as it is, with the schema for editors beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from concexp import catalog, experiment
from concexp.commands.questions import read_line
from concexp.errors import EnvironmentRefused, InputError, Problem
from concexp.experiment import json_schema, user_code
from concexp.experiment.reader import NAME
from concexp.experiment.spec import Entry
from concexp.plan.planner import make_plan
from concexp.run.machine import facts
from concexp.run.storage import run_folder
from concexp.trial.tools import unsupported

WORKLOAD, MODELS, WORKERS = "cpu_sum", ("serial", "threads", "processes"), ("1", "2")
COLUMN = 34  # of the comments
TEMPLATE = """\
# yaml-language-server: $schema={schema}
question: {question}

{workload}# `concexp list workload`, or your own: my_code.py:my_function
{model}# `concexp list model`; `concexp show threads` says what one of them is
{sync}
sweep:
{workers}# numbers may be formulas: cpus, 2*cpus

measure:
{repetitions}# fresh processes per cell: more make the intervals narrower

{allow}
{load}# work of each pass; without it: the workload's own
{claims}# what you expect; `concexp run --check` judges it: see `concexp show claims`
#   - expect: {claim}
"""


@dataclass(frozen=True)
class Choices:
    """What to compare, as the command line or the answers to questions name it; empty for what is not said."""

    workload: str = ""
    models: tuple[str, ...] = ()
    syncs: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()

    def completed(self) -> Choices:
        """The same with a default for whatever is not said."""
        return Choices(
            self.workload or WORKLOAD,
            self.models or MODELS,
            self.syncs or primitives_for(self.workload or WORKLOAD),
            self.workers or WORKERS,
        )


def write_experiment(name: str, choices: Choices) -> list[Path]:
    """Write NAME.yaml, and the schema if it is not there, into the current folder; returns their paths.

    InputError for what is not there, EnvironmentRefused for what cannot run here, or if NAME.yaml exists.
    """
    if not NAME.fullmatch(name):
        raise InputError([_problem("NAME", f"'{name}' cannot be a name", "small letters, digits, underscores")])
    path, schema = Path(f"{name}.yaml"), Path(json_schema.FILE)
    given = {"workload": (choices.workload,) * bool(choices.workload), "model": choices.models, "sync": choices.syncs}
    for key, names in given.items():
        if problem := mistake(key, names):
            raise InputError([_problem(f"--{key}", *problem)])
    text = _text(choices.completed())
    make_plan(experiment.parse_text(text, str(path)), facts.usable_cpus())  # refused where no cell can run here
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        written = [path]
        if not schema.exists():
            schema.write_text(json_schema.text(), encoding="utf-8")
            written.append(schema)
    except FileExistsError:
        raise EnvironmentRefused(f"{path} is there already", "choose another name, or remove it") from None
    except OSError as error:
        raise run_folder.refused(error, path) from error
    return written


def _problem(place: str, message: str, cure: str) -> Problem:
    return Problem(place, 0, 0, "", message, cure)


def mistake(kind: str, names: Sequence[str]) -> tuple[str, str] | None:
    """(what is wrong, cure) with the first of these names that no plug-in has, and that is no code of the user's."""
    for name in names:
        if not (kind == "workload" and user_code.is_target(name)) and not catalog.exists(kind, name):
            return f"there is no {kind} '{name}'", catalog.cure(kind, name)
    return None


def primitives_for(workload: str) -> tuple[str, ...]:
    """The primitives to begin with: without any and with a lock where both can be, else the first that threads can use."""
    if user_code.is_target(workload):
        return ("none",)
    work = Entry.default("workload", workload).build()
    threads = Entry.default("model", "threads").build()
    fitting = [
        name
        for name in catalog.classes("sync")
        if not unsupported(work, threads, Entry.default("sync", name).build(), 2, work.load)
    ]
    preferred = [name for name in ("none", "lock", "queue") if name in fitting]
    return tuple(preferred[:2] if "none" in preferred else (preferred or fitting or ["none"])[:1])


def _text(choices: Choices) -> str:
    """The experiment, with what each key is for."""
    what = choices.workload if not user_code.is_target(choices.workload) else choices.workload.rpartition(":")[2]
    subject = "primitive" if len(choices.models) == 1 and len(choices.syncs) > 1 else "model"
    sync = choices.syncs != ("none",)
    races = "none" in choices.syncs and "guard" in _takes(choices.workload)
    first, last = choices.models[0], choices.models[-1]
    claim = f"throughput[{last}] > throughput[{first}]" if first != last else "throughput > 1/s"
    return TEMPLATE.format(
        schema=json_schema.FILE,
        question=f"Which {subject} suits {what}?",
        workload=_line("workload", choices.workload),
        model=_line("model", _listed(choices.models)),
        sync=_line("sync", _listed(choices.syncs)) + "# `concexp list sync`\n" if sync else "",
        workers=_line("  workers", _listed(choices.workers)),
        repetitions=_line("  repetitions", "5"),
        allow=_line("allow", "[{sync: none, status: invalid}]") + "# updates that get lost are a result\n"
        if races
        else "",
        load=_line("# load", "{duration: 1s}"),
        claims=_line("# claims", ""),
        claim=claim,
    )


def _takes(workload: str) -> tuple[str, ...]:
    """The interfaces of primitives that a workload can use; none are known of code of the user's."""
    return () if user_code.is_target(workload) else tuple(catalog.load("workload", workload).takes)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"[{', '.join(words)}]"


def _line(key: str, value: str) -> str:
    """`key: value` with blanks up to the column of the comments."""
    return f"{key}: {value}".ljust(COLUMN - 2) + "  "


# Questions -----------------------------------------------------------------------------------------------------------


def asked(given: Choices, read: Callable[[str], str] = read_line) -> Choices:
    """Ask for what the command line does not say; an empty line takes the proposal."""
    ask = partial(_answer, read)
    workload = given.workload or ask("workload", "What is done, a plug-in or your own my.py:function?", (WORKLOAD,))[0]
    found = replace(given, workload=workload)
    found = replace(found, models=given.models or ask("model", "Which models compete?", MODELS))
    proposed = () if mistake("workload", (workload,)) else primitives_for(workload)
    if not given.syncs and proposed and proposed != ("none",):
        found = replace(found, syncs=ask("sync", "Which primitives guard or connect the workers?", proposed))
    return replace(found, workers=given.workers or ask("", "How many workers?", WORKERS))


def _answer(read: Callable[[str], str], kind: str, question: str, proposed: Sequence[str]) -> tuple[str, ...]:
    """The words of an answer, asked again until each is known."""
    hint = f" (concexp list {kind})" if kind else ""
    while True:
        line = read(f"{question}{hint} [{', '.join(proposed)}] ")
        words = tuple(line.replace(",", " ").split()) or tuple(proposed)
        problem = mistake(kind, words) if kind else None
        if problem is None or not line:
            return words
        question, hint = f"{problem[0]}: {problem[1]}\n{question.rpartition(chr(10))[2]}", hint
