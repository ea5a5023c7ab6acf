"""What each key of the YAML means, its unit, its default and an example: for `concexp show`, and for keys at a wrong level.

Keys of blocks such as `measure:` come from the models that validate them (`blocks.py`), axes from the table that reads them
(`axis_table.py`); the reader accepts exactly the keys that the tables below name.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from concexp.errors import did_you_mean, meant
from concexp.experiment.axis_table import AXES
from concexp.experiment.blocks import Answer, Block, Execution, Load, Measure, Report
from concexp.experiment.statuses import STATUSES


@dataclass(frozen=True)
class Key:
    """One key of the YAML.

    example   YAML of the root that validates beside a workload and a model
    values    what it takes, in words; unit that of the stored value, "" if it is no quantity
    default   what holds if it is absent
    topic     the topic of `concexp show` that has the keys below it, or ""
    also      other words that people write for it
    """

    name: str
    meaning: str
    example: str
    values: str = ""
    unit: str = ""
    default: str = ""
    topic: str = ""
    also: tuple[str, ...] = ()


def _by_name(*keys: Key) -> dict[str, Key]:
    return {key.name: key for key in keys}


BLOCKS: dict[str, type[Block]] = {
    "measure": Measure, "load": Load, "answer": Answer, "report": Report, "execution": Execution,
}  # fmt: skip


def _block(name: str, example: str) -> Key:
    meaning = (BLOCKS[name].__doc__ or "").partition("` ")[2].rstrip(".")
    return Key(name, meaning, example, "map", topic=name)


SELECTIONS = "maps of labels such as {model: serial, workers: [2, 4]}, or conditions"

ROOT = _by_name(
    Key("name", "the name of the experiment, and of its folder of reports", "name: my_question", "small letters, digits, _",
        default="that of the file, without the digits in front"),
    Key("question", "what the experiment asks, in your words; it heads the page", 'question: "Threads or processes: which?"',
        "text", default="the name", also=("title", "description")),
    Key("tags", "words by which `concexp run` and `list experiments` choose: --tag; they are kept with the run",
        "tags: [cpu, scaling]", "one text or a list"),
    Key("author", "who made the experiment, for those who get a bundle of its run (`concexp bundle`)",
        "author: Ada Lovelace <https://orcid.org/0000-0000-0000-0000>", "one text or a list", also=("authors", "creator")),
    Key("license", "what they may do with it: an SPDX identifier, an address, or words", "license: CC-BY-4.0", "text",
        also=("licence",)),
    Key("workload", "what is done: plug-ins (`concexp list workload`), or your own code (`concexp show call`)",
        "workload: [cpu_sum, {compress: {codec: zlib}, as: zip}]", "one entry or a list", default="required",
        also=("task", "tasks", "benchmark", "function")),
    Key("model", "how it is made concurrent (`concexp list model`)",
        "model: [serial, threads, {processes: {start_method: spawn}, as: spawned}]", "one entry or a list",
        default="required", also=("executor", "concurrency")),
    Key("sync", "what guards or connects the workers (`concexp list sync`)", "workload: counter\nsync: [none, lock]",
        "one entry or a list", default="none", also=("primitive", "synchronisation", "synchronization")),
    Key("background", "a second workload that runs beside the first one and is measured apart",
        "workload: echo\nbackground: cpu_sum\nsweep: {background.workers: [0, 1]}", "one entry", default="nothing",
        topic="execution"),
    Key("sweep", "the axes that vary: a cell for each combination; a list of maps is the union of several sweeps",
        "sweep: {workers: [1, 2, 4]}", "map of axes, or a list of such maps", topic="sweep",
        also=("axes", "grid", "matrix", "parameters", "vary")),
    Key("exclude", "cells to leave out", "sweep: {workers: [1, 2]}\nexclude: [{model: serial}, workers > 4*cpus]", SELECTIONS,
        default="nothing", also=("skip",)),
    _block("load", "load: {duration: 1s}"),
    Key("startup", "when workers are created: once per trial, before each pass, or before each pass and as part of its "
        "measured time", "startup: timed", "once | each | timed", default="once", topic="execution"),
    _block("measure", "measure: {repetitions: 30, timeout: 5m}"),
    Key("baseline", "the cells that speedup and efficiency are relative to; each cell is compared with the one that equals it "
        "on all other axes", "baseline: {model: serial}", "map of labels", default="{model: serial} if that is a model here"),
    Key("primary", "the metric that decides what is best, and that `precision` is about", "primary: cpus_used",
        "name of a metric", default="throughput", topic="metrics"),
    Key("metrics", "metrics that are measured and shown beside the usual ones (`concexp show metrics`)",
        "metrics: [fairness, peak_rss_bytes]", "name of a metric, or a list", default="those that need no probe",
        topic="metrics"),
    Key("allow", "endings that you expect: they do not make `concexp run` exit with 1",
        "allow: [{model: threads, status: invalid}]",
        f"maps of labels with a `status`: {', '.join(STATUSES)}", default="none"),
    Key("claims", "statements that the data supports or refutes", "claims: [{expect: throughput > 1/s}]", "list of maps",
        topic="claims"),
    Key("diagnose", "what looks at the workers, each in one more trial of each cell, whose times count nowhere",
        "diagnose: [profile, gil]", "profile, allocations, gil, switches or counters, or a list of them", default="nothing",
        topic="diagnose", also=("diagnosis", "diagnoser", "profile", "profiler")),
    _block("answer", "sweep: {workers: [1, 2]}\nanswer: {compete: workers}"),
    _block("report", "report: {plots: [scaling]}"),
    _block("execution", "execution: {engine: dask, cluster: local:2}"),
    Key("environment", "environment variables that all trials see, beside PATH, HOME and LANG",
        "environment: {MALLOC_ARENA_MAX: 2, DATABASE_URL: {from: caller}}",
        "map: text, a number, unset, or {from: caller}", default="numerical libraries have one thread", topic="environment",
        also=("env", "environ", "variables")),
    Key("files", "files and folders beside the YAML that user code finds in its working folder", "files: [data.csv]",
        "one path or a list", default="an empty folder", topic="files", also=("file", "data", "inputs")),
    Key("extends", "another YAML, relative to this one: its keys hold where this one does not set them", "extends: common.yaml",
        "path ending in .yaml or .yml", default="none"),
)  # fmt: skip

CLAIM = _by_name(
    Key("says", "the statement in your words", "claims: [{says: threads gain nothing, expect: speedup < 1.1}]", "text",
        default="the text of `expect`", also=("name", "title", "text", "statement")),
    Key("of", "the cells that the claim is about: a map of labels (a list means any of them), or a condition",
        "claims: [{of: {model: threads}, expect: speedup < 1.1}]", "map of labels, or a condition", default="all cells",
        also=("for", "cells", "on")),
    Key("when", "a condition that is tested for each cell after measuring; where it is false, the cell is skipped",
        "claims: [{when: effective_cpus >= 1.8, expect: speedup < 1.1}]", "a condition", default="always", also=("if", "where")),
    Key("expect", "the condition that has to hold in every cell of `of`",
        "claims: [{expect: 'throughput[threads] >= 2 * throughput[serial]'}]", "a condition", default="required",
        also=("claim", "check", "assert", "that")),
    Key("valid", "any: times of trials with a wrong outcome count too",
        "claims: [{valid: any, expect: throughput > 1/s}]", "any", default="they never count"),
    Key("published", "the figure as it was published: the page shows it beside what was measured",
        "claims: [{published: 1.13 times as many, expect: speedup == 1.13 within 5%}]", "text", default="nothing",
        also=("figure", "quote")),
    Key("source", "where it was published, or what the claim rests on: words, an address, or both",
        "claims: [{source: 'https://peps.python.org/pep-0779/', expect: speedup < 1.1}]", "text", default="nothing",
        also=("url", "reference", "cite")),
)  # fmt: skip

# Keys with a meaning of their own inside values: of an entry, of an axis' value, of a range, and of a variable.
ENTRY = _by_name(
    Key("as", "the label of a plug-in with parameters, in tables and selections",
        "workload: [cpu_sum, {cpu_sum: {size: 10}, as: small}]", "text", default="its name"),
    Key("wants", "of a workload: what it needs, a CPU or to wait, where the measurement shall not decide it",
        "workload: {sleep: {}, wants: io}", "cpu or io", default="measured"),
)  # fmt: skip
VALUE = _by_name(
    Key("is", "a value that gets a label of its own by `as`", "sweep: {load: [{is: {ops: 10}, as: short}]}", "any value"),
    Key("as", "that label", "sweep: {load: [{is: {ops: 10}, as: short}]}", "text", default="the value as written"),
)  # fmt: skip
REQUIREMENTS = Key(
    "requirements",
    "what to install for an interpreter, beside `is`: a list, or a file with one in each line",
    'sweep: {python: [{is: "3.13", requirements: [numpy==2.*], as: np}]}',
    "list of texts, or the name of a file",
)
RANGE = _by_name(
    Key("from", "the first number", "sweep: {workers: {from: 1, to: 8, times: 2}}", "number or formula", default="required"),
    Key("to", "the last number; it is always part of the range if a step meets it",
        "sweep: {workers: {from: 1, to: 2*cpus, times: 2}}", "number or formula", default="required"),
    Key("times", "the factor from one number to the next", "sweep: {workers: {from: 1, to: 8, times: 2}}", "number > 1",
        default="`step`"),
    Key("step", "the difference from one number to the next", "sweep: {workers: {from: 1, to: 8, step: 1}}", "number > 0",
        default="`times`"),
)  # fmt: skip
VARIABLE = _by_name(
    Key("from", "the variable has the value that it has where the command is given", "environment: {DATABASE_URL: {from: caller}}",
        "caller", default="required"),
    Key("secret", "only the name is recorded, and what a trial prints hides the value",
        "environment: {API_TOKEN: {from: caller, secret: on}}", "on | off", default="off"),
    Key("default", "the value where the command is given without it; it stands in the YAML, so it is no secret",
        "environment: {REDIS_URL: {from: caller, default: 'redis://localhost'}}", "text or a number", default="an error"),
)  # fmt: skip
ENV = Key("env.NAME", "an environment variable; `unset` removes it", "sweep: {env.OMP_NUM_THREADS: [1, 2, cpus, unset]}",
          "text, a number or formula, or unset", default="`environment:`", topic="environment")  # fmt: skip
ZIP = Key("zip", "axes that move together: the first values of all, then the second ones, …",
          "sweep: {zip: [{load.duration: [1s, 2s], seed: [1, 2]}]}", "list of maps of equally long lists")  # fmt: skip


def of_block(name: str) -> dict[str, Key]:
    """The keys of a block such as `measure:`, from the model that validates them."""
    return {field: _of_field(field, BLOCKS[name].model_fields[field]) for field in BLOCKS[name].model_fields}


def of_sweep() -> dict[str, Key]:
    """The axes of `sweep:`; those that set a key of a block have its meaning."""
    keys = {}
    for name, axis in AXES.items():
        block, _, field = name.rpartition(".")
        if axis.meaning or block not in BLOCKS:
            keys[name] = Key(name, axis.meaning, axis.example, axis.values, axis.unit, axis.default, also=axis.also)
        else:
            below = of_block(block)[field]
            keys[name] = Key(name, below.meaning, axis.example, below.values, below.unit, f"that of `{block}:`")
    return {**keys, ENV.name: ENV, ZIP.name: ZIP}


def everywhere() -> Iterator[tuple[str, Key]]:
    """Each key of the YAML with its path from the root."""
    for name, key in ROOT.items():
        yield name, key
        if name in BLOCKS:
            yield from ((f"{name}.{field}", key) for field, key in of_block(name).items())
    yield from ((f"sweep.{name}", key) for name, key in of_sweep().items())
    yield from ((f"claims.{name}", key) for name, key in CLAIM.items())


def cure(name: str, path: str, known: Sequence[str], written: str) -> str:
    """What to do about an unknown key below `path` with this value: where it belongs, or which key it resembles."""
    axes = [f"{block}.{name}" for block in BLOCKS if path == "sweep" and f"{block}.{name}" in AXES]
    if axes:
        return meant(axes)
    table = list(everywhere())
    misspelt = difflib.get_close_matches(name, known, 1, 0.85)
    if misspelt and not any(key.name == name for _, key in table):
        return meant(misspelt)
    for same in (lambda key: key.name == name, lambda key: name.lower() in key.also):
        homes = [where for where, key in table if same(key) and where != name]
        here = [where.rpartition(".")[2] for where in homes if where.rpartition(".")[0] == path]
        if here:
            return meant(here)
        if homes or any(where == name for where, _ in table):
            places = " or ".join(f"`{_snippet(where, written)}`" for where in homes[:2] or [name])
            return f"it belongs {_level(homes[0] if homes else name)}: write {places}"
    return did_you_mean(name, known)


def _level(where: str) -> str:
    block = where.partition(".")[0]
    return f"below `{block}:`" if "." in where else "at the root"


def _snippet(where: str, written: str) -> str:
    """A value at its place; the first of a list where one value is expected."""
    block, dot, name = where.partition(".")
    if not dot:
        return f"{block}: {written}"
    if block in BLOCKS and name != "plots":
        written = written.lstrip("[").partition(",")[0].rstrip("]")
    return f"claims: [{{{name}: {written}}}]" if block == "claims" else f"{block}: {{{name}: {written}}}"


def _of_field(name: str, field: Any) -> Key:
    extra = field.json_schema_extra
    default = extra["without"] or as_written(field.default, extra["unit"])
    return Key(name, field.description, field.examples[0], _values(field), extra["unit"], default, also=extra["also"])


def as_written(value: Any, unit: str) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if unit.startswith("share"):
        return f"{value:.0%}"
    return f"{value:g}s" if unit == "s" else str(value)


WRITTEN = {
    "s": "duration such as 5ms, 60s or 2m",
    "bytes": "size such as 64B, 4KiB or 2GiB, at least 32MiB",
    "1/s": "rate such as 100/s",
}


def _values(field: Any) -> str:
    """What a field takes, in words."""
    extra, kind = field.json_schema_extra, field.annotation
    parts = list(_unfolded(kind, field.metadata))
    if choices := [choice for part in parts if get_origin(part) is Literal for choice in get_args(part)]:
        return " | ".join(choices)
    if extra["unit"] in WRITTEN:
        return WRITTEN[extra["unit"]]
    if extra["unit"].startswith("share"):
        return "percentage such as 3%"
    if bool in parts:
        return "on | off"
    if int in parts:
        low = next((f" >= {part.ge}" for part in parts if getattr(part, "ge", None) is not None), "")
        return f"whole number{low}"
    lists = [part for part in parts if get_origin(part) is list]
    if any(get_origin(inner) is list for part in lists for inner in get_args(part)):
        return "list of names, or list of such lists"
    return "name or list of names" if lists else "text"


def _unfolded(kind: Any, metadata: list[Any]) -> Iterator[Any]:
    """The types and the limits in an annotation."""
    yield from metadata
    inner = get_args(kind) if get_origin(kind) in (UnionType, Union) or hasattr(kind, "__metadata__") else ()
    if not inner:
        yield kind
    for part in inner:
        yield from getattr(part, "metadata", ())
        yield from _unfolded(part, [])
    yield from getattr(kind, "__metadata__", ())
