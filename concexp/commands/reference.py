"""What `concexp show TOPIC` prints on the keys of the YAML, from the models and tables that the reader validates by."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping

from concexp import catalog
from concexp.experiment import (
    claims_reference,
    diagnosers,
    expressions,
    keys,
    provided_reference,
    units,
    user_code,
    user_code_reference,
    version_names,
)
from concexp.experiment.keys import Key

WIDTH = 120


def topic(name: str) -> str | None:
    """The reference of a topic, or of one key of the root; None if there is no such topic or key."""
    if name in TOPICS:
        return TOPICS[name]()
    return "\n".join(_key(keys.ROOT[name], name)) if name in keys.ROOT else None


def _block(name: str) -> str:
    return _keys(f"{name}: {keys.ROOT[name].meaning}", keys.of_block(name))


def _sweep() -> str:
    return "\n".join(
        [
            _keys(f"sweep: {keys.ROOT['sweep'].meaning}", keys.of_sweep()),
            "",
            *_text(
                "Parameters are axes too: sweep: {compress.level: [1, 9]} for what has that label, {model.chunk: [1, 8]} for all "
                "models with such a parameter. Numbers may be formulas of `cpus` (the CPUs that the machine gives) and of other "
                f"axes, with + - * / and {', '.join(expressions.FUNCTIONS)}: sweep: {{workers: [1, cpus, 2*cpus]}}."
            ),
            "",
            _keys("A value with a label of its own:", {**keys.VALUE, keys.REQUIREMENTS.name: keys.REQUIREMENTS}),
            "",
            _keys("A range of numbers:", keys.RANGE),
        ]
    )


def _yaml() -> str:
    return "\n".join(
        [
            _keys("An experiment is a YAML map with these keys:", keys.ROOT),
            "",
            *_text(
                "An entry of `workload`, `model`, `sync` and `background` is a name, or {name: {parameter: value}, as: label}. "
                "`concexp show NAME` has its parameters."
            ),
            "",
            _keys("", keys.ENTRY),
            "",
            f"Durations  {' '.join(units.SECONDS)}, such as 5ms; 0 needs no unit",
            f"Sizes      {' '.join(units.BYTES)}, such as 4KiB; a bare number is bytes",
            "Rates      100/s, 5/ms        Shares     3%        Flags      on off true false",
            "",
            *_text(
                'Text that holds ": " or " #", or begins with one of [ ] { } > | * & ! % @ `, stands in quotes; so does a version: '
                '"3.13". Keys of the root that begin with a dot may hold anchors. `concexp validate` lists all mistakes at once.'
            ),
        ]
    )


def _metrics() -> str:
    lines = _keys("", {name: keys.ROOT[name] for name in ("primary", "metrics")}, "metrics").splitlines()
    for name, cls in catalog.classes("metric").items():
        facts = [cls.unit or "no unit", f"{cls.better} is better" if cls.better else "", cls.shown]
        facts.append("needs load: {rate: …}" if cls.open_loop else "")
        lines += ["", f"{name}: {', '.join(filter(None, facts))}", *_text(catalog.summary(cls), "    ")]
    return "\n".join(lines).lstrip("\n")


def _report() -> str:
    lines = [_block("report"), "", "Pictures:"]
    for name, cls in catalog.classes("plot").items():
        lines += [f"  {name}", *_text(catalog.summary(cls), "      ")]
    return "\n".join(lines)


def _execution() -> str:
    root = {name: key for name, key in keys.ROOT.items() if key.topic == "execution"}
    root.pop("execution")
    parts = {*keys.BLOCKS, *keys.ROOT}
    axes = {name: key for name, key in keys.of_sweep().items() if name.partition(".")[0] not in parts - {"background"}}
    axes = {f"sweep.{name}": key for name, key in axes.items() if key != keys.ZIP}
    return "\n".join(
        [
            *_text(
                "How trials are executed. Each trial is a fresh process with an environment built from nothing, or a fork of a "
                "warm one (`measure.isolation`); trials run one "
                "after the other, block by block, in a random order that `measure.seed` decides. `concexp show measure` has their "
                "number and limits, `concexp show load` their work. What your code finds in them: `concexp show environment`, "
                "`concexp show files`."
            ),
            "",
            _keys("", {**root, **axes}, "execution"),
            "",
            _block("execution"),
        ]
    )


def _claims() -> str:
    return "\n".join(
        [_keys(f"claims: {keys.ROOT['claims'].meaning}", keys.CLAIM), "", claims_reference.LANGUAGE.rstrip()]
    )


DIAGNOSES = """\
The page has a table for each diagnoser, and says why a number is missing. The run's folder has all of them in diagnoses.csv, and
what was recorded in journal.jsonl, in records of role `pictured`; in Python, concexp.load(...).diagnoses is the table. All other
trials are the same, in the same order, with and without `diagnose`."""


def _diagnose() -> str:
    """The key, and what each diagnoser looks at, without the names of its facts, which are for programs."""
    lines = _key(keys.ROOT["diagnose"], "diagnose", "diagnose")
    for name, probe in diagnosers.diagnosers().items():
        about, *more = catalog.description(probe).split("\n\n")
        lines += ["", f"{name}:", *_text(about, "    ")]
        lines += [line for part in more if not part.startswith("Fact:") for line in _text(part, "    ")]
    return "\n".join([*lines, "", *_text(DIAGNOSES)])


def _environment() -> str:
    root, axis = keys.ROOT["environment"], {f"sweep.{keys.ENV.name}": keys.ENV}
    return "\n\n".join(
        [
            _keys("", {"environment": root}, "environment"),
            _keys("A value that the caller has:", keys.VARIABLE),
            _keys("A variable as an axis:", axis, "environment"),
            provided_reference.ENVIRONMENT,
        ]
    )


def _files() -> str:
    return "\n\n".join([_keys("", {"files": keys.ROOT["files"]}, "files"), provided_reference.FILES])


TOPICS: Mapping[str, Callable[[], str]] = {
    "yaml": _yaml,
    "sweep": _sweep,
    "measure": lambda: _block("measure"),
    "load": lambda: _block("load"),
    "answer": lambda: _block("answer"),
    "execution": _execution,
    "metrics": _metrics,
    "report": _report,
    "claims": _claims,
    "diagnose": _diagnose,
    "environment": _environment,
    "files": _files,
    user_code.LONG: lambda: user_code_reference.REFERENCE,
    version_names.AXIS: lambda: version_names.REFERENCE,
}


def _keys(title: str, table: Mapping[str, Key], topic: str = "") -> str:
    """A title and the keys below it; those of `topic` need no reference to it."""
    lines = _text(title) if title else []
    for name, key in table.items():
        lines += ["", *_key(key, name, topic)] if lines else _key(key, name, topic)
    return "\n".join(lines)


def _key(key: Key, name: str, topic: str = "") -> list[str]:
    """The lines on one key: what it takes and its unit, its default, its meaning and an example."""
    facts = [key.values + (f" ({key.unit})" if key.unit else "")]
    facts.append("required" if key.default == "required" else f"default: {key.default}" if key.default else "")
    lines = [*_text(f"{name}: {'; '.join(filter(None, facts))}", "", "    "), *_text(key.meaning, "    ")]
    lines += [f"        {line}" for line in key.example.splitlines()]
    return lines + ([f"    More: concexp show {key.topic}"] if key.topic not in ("", topic) else [])


def _text(text: str, indent: str = "", more: str | None = None) -> list[str]:
    """The text in lines; all after the first have the indent `more`."""
    more = indent if more is None else more
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=more, break_on_hyphens=False)


def names() -> Iterable[str]:
    """All topics, and the keys of the root."""
    return dict.fromkeys([*TOPICS, *keys.ROOT])
