"""The maps `measure:`, `load:`, `answer:`, `report:` and `execution:` as models: what each key takes, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from concexp.experiment import cluster_names, units
from concexp.experiment import value_schemas as values

# Each with the schema of how it is written: the models hold SI units.
Positive = Annotated[int, BeforeValidator(units.integer), Field(ge=1), WithJsonSchema(values.integer(1))]
NotNegative = Annotated[int, BeforeValidator(units.integer), Field(ge=0), WithJsonSchema(values.integer(0))]
Seconds = Annotated[float, BeforeValidator(units.duration), Field(gt=0), WithJsonSchema(values.DURATION)]
Memory = Annotated[int, BeforeValidator(units.memory), WithJsonSchema(values.SIZE)]
Rate = Annotated[float, BeforeValidator(units.rate), Field(gt=0), WithJsonSchema(values.RATE)]
LEVELS = (0.9, 0.95, 0.99)


def _level(value: Any) -> float:
    """One of LEVELS: for other levels bootstrap-t has no order statistics."""
    level = round(units.percentage(value), 6)
    if level not in LEVELS:
        raise ValueError(f"a level is 90%, 95% or 99%, not {units.for_message(value)}")
    return level


Until = Annotated[str, BeforeValidator(units.until), WithJsonSchema(values.UNTIL)]
Percentage = Annotated[float, BeforeValidator(units.percentage), WithJsonSchema(values.PERCENTAGE)]
Flag = Annotated[bool, BeforeValidator(units.flag), WithJsonSchema(values.FLAG)]
Startup = Literal["once", "each", "timed"]
Scaling = Literal["strong", "weak"]
Arrivals = Literal["constant", "poisson"]
Pin = Literal["none", "compact", "spread", "one"]
ONE_CPU = "one"  # of these, that which leaves the workers one CPU
Isolation = Literal["process", "fork"]
FORK = "fork"  # of these, that which forks trials
Language = Literal["en", "zh"]
LANGUAGES: tuple[str, ...] = get_args(Language)
DEFAULT_LANGUAGE = "en"
Better = Literal["lower", "higher"]
Figures = Literal["png", "svg", "pdf"]
DEFAULT_FIGURES = "png"

# Whole blocks that are measured before intervals decide what comes next: with fewer trials they are too uncertain.
MIN_PILOT_BLOCKS = 8
SEARCH_WITHIN = 0.05  # how close a search for the highest rate comes, as a share
DEFAULT_MAX_BLOCKS = 50  # of a cell, with `precision` but without `max_repetitions`


class Block(BaseModel):
    """A map of the YAML that has no other keys than these."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def key(default: Any, meaning: str, example: str, unit: str = "", without: str = "", also: tuple[str, ...] = ()) -> Any:
    """A field with what `concexp show` says about it.

    example   YAML of the root that validates beside a workload and a model
    unit      of the value, as it is stored; "" if it is no quantity
    without   what holds if the key is absent, where the default itself does not say so
    also      other words that people write for it
    """
    shown: dict[str, Any] = {"unit": unit, "without": without, "also": also}
    return Field(default, description=meaning, examples=[example], json_schema_extra=shown)


class Measure(Block):
    """`measure:` how often each cell is measured, how long at most, and how precisely."""

    warmup: NotNegative = key(
        1, "passes at the beginning of each trial that no number includes", "measure: {warmup: 3}", "passes"
    )
    iterations: Positive = key(
        3,
        "measured passes inside each trial; they are never counted as independent samples",
        "measure: {iterations: 20}",
        "passes",
        also=("passes", "loops"),
    )
    repetitions: Positive = key(
        10,
        "trials of each cell. Each is a process of its own and an independent sample: more of them make intervals narrower. With "
        "`precision` or `max_repetitions`, the number to begin with",
        "measure: {repetitions: 30}",
        "trials",
        also=("repeats", "repeat", "reps", "runs", "trials", "samples"),
    )
    precision: Percentage | None = key(
        None,
        "add trials until the interval of the primary metric is this narrow: half its width, relative to the mean",
        "measure: {precision: 3%}",
        "share of the mean",
        "every cell has `repetitions` trials",
    )
    max_repetitions: Positive | None = key(
        None,
        "the most trials that a cell gets: those that the machine disturbed are measured again until `repetitions` are "
        "undisturbed; with `precision`, until the interval is narrow",
        "measure: {repetitions: 5, max_repetitions: 10}",
        "trials",
        f"`repetitions`; with `precision` {DEFAULT_MAX_BLOCKS}, or `repetitions` if that is more",
    )
    budget: Seconds | None = key(
        None,
        "begin no further block of trials that would exceed this time of measuring, for the whole run",
        "measure: {budget: 10m}",
        "s",
        "no limit",
    )
    level: Annotated[float, BeforeValidator(_level), WithJsonSchema(values.LEVEL)] = key(
        0.95,
        "confidence level of all intervals, and of verdicts on claims: 90%, 95% or 99%",
        "measure: {level: 99%}",
        "share",
    )
    timeout: Seconds = key(
        60.0,
        "a trial that takes longer is killed; it keeps its row, with the status `timeout` and its stacks",
        "measure: {timeout: 5m}",
        "s",
        also=("limit", "max_time"),
    )
    memory: Memory | None = key(
        None,
        "a trial is killed when its processes together hold more than this",
        "measure: {memory: 2GiB}",
        "bytes",
        "no limit",
    )
    pin: Pin = key(
        "none",
        "the CPUs that workers are bound to: none leaves that to the system, compact puts them close together, "
        "spread far apart, one puts all of them on the same CPU",
        "measure: {pin: spread}",
    )
    isolation: Isolation = key(
        "process",
        "what keeps trials apart: process starts an interpreter for each, fork forks them from a warm one, which makes many short "
        "trials cheap. Forks share the layout of memory, the seed of hashes and what the warm process has imported, which are "
        "concexp's own modules; code of yours is imported by each trial. Linux only; `interpreters`, `interpreter_pool` and "
        "models of installed packages start an interpreter all the same",
        "measure: {isolation: fork}",
    )
    seed: Annotated[int, BeforeValidator(units.integer), WithJsonSchema(values.integer())] = key(
        1, "decides the order of the trials and all that workloads draw at random", "measure: {seed: 7}"
    )
    control: Flag = key(
        True,
        "measure one cell twice in every block: their difference is the noise floor of the run",
        "measure: {control: off}",
    )

    @property
    def blocks(self) -> int:
        """The number of whole blocks that are planned before anything is measured."""
        return self.repetitions if self.precision is None else max(MIN_PILOT_BLOCKS, self.repetitions)

    @property
    def max_blocks(self) -> int:
        """The limit of blocks, and so of the measured trials of a cell."""
        if self.max_repetitions is not None:
            return self.max_repetitions
        return self.blocks if self.precision is None else max(DEFAULT_MAX_BLOCKS, self.blocks)

    @property
    def open_ended(self) -> Mapping[str, Any]:
        """The keys that let each block depend on those before it, with their values."""
        keys = {"precision": self.precision, "max_repetitions": self.max_repetitions, "budget": self.budget}
        return {name: value for name, value in keys.items() if value is not None}

    def to_yaml(self) -> dict[str, Any]:
        """The map for YAML, with all defaults and units; keys without a value are left out."""
        data = self.model_dump(exclude_none=True)
        for name in {"budget", "timeout"} & set(data):
            data[name] = f"{data[name]:.12g}s"
        if self.memory is not None:
            data["memory"] = f"{self.memory}B"
        data["level"] = f"{100 * self.level:.12g}%"
        if self.precision is not None:
            data["precision"] = f"{100 * self.precision:.12g}%"
        return data


class Load(Block):
    """`load:` how much work each pass has: a number of operations, a time, or a rate at which operations arrive."""

    ops: Positive | None = key(
        None,
        "operations in each pass",
        "load: {ops: 1000, scaling: strong}",
        "operations",
        "a `duration`",
        ("operations", "n", "count", "requests"),
    )
    duration: Seconds | None = key(
        None,
        "repeat operations for this time; with a `rate`, operations arrive for this time",
        "load: {duration: 1s}",
        "s",
        "`ops`, or else the workload's own load",
        ("seconds", "time"),
    )
    scaling: Scaling | None = key(
        None,
        "what `ops` counts: strong is for all workers together, weak is for each worker. Required if `workers` varies",
        "load: {ops: 64, scaling: weak}",
    )
    rate: Rate | None = key(
        None,
        "an open loop: operations arrive at this rate whether or not a worker is free, and latency counts from their arrival",
        "load: {rate: 100/s, duration: 5s}",
        "1/s",
        "a closed loop: each worker begins the next operation when the last one has ended",
        ("rps", "qps"),
    )
    arrivals: Arrivals | None = key(
        None,
        "with `rate`: at equal intervals, or at random ones",
        "load: {rate: 100/s, arrivals: poisson, duration: 5s}",
        without="constant",
    )
    until: Until | None = key(
        None,
        "with `rate`: each trial searches for the highest rate that is served, from `rate` on, in steps of `duration`: until it "
        "is `overloaded`, or until a percentile of the latency exceeds a limit",
        "load: {rate: 1000/s, duration: 2s, until: latency_p99_s > 50ms}",
        without="no search",
    )
    within: Percentage | None = key(
        None,
        "with `until`: how close the search comes to that rate",
        "load: {rate: 100/s, duration: 1s, until: overloaded, within: 10%}",
        "share of the rate",
        f"{SEARCH_WITHIN:.0%}",
    )


def _names(value: Any) -> Any:
    """One name counts as a list of one."""
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_names), WithJsonSchema(values.NAMES)]


def _groups(value: Any) -> Any:
    """Groups of labels; one group may stand without the outer brackets."""
    return [value] if isinstance(value, list) and all(isinstance(one, str) for one in value) else value


class Answer(Block):
    """`answer:` what competes on the page, and what is only a condition."""

    compete: Names = key(
        [],
        "the axes whose values compete: the answer says which value is best by the primary metric. Axes that are named in "
        "neither list are conditions, but for `workers` and parameters of what competes: each contestant has its best ones. Of "
        "primitives alone (`sync`), `none` does not compete: it is what the others are compared with",
        "sweep: {workers: [1, 2]}\nanswer: {compete: workers}",
        without="what varies: models, else primitives, else the swept axis or the functions of yours, else `workers`",
    )
    for_each: Names = key(
        [],
        "the axes for each of whose values the answer compares; the best value of all other axes is taken",
        "sweep: {workers: [1, 2]}\nanswer: {compete: model, for_each: workers}",
        without="all axes that vary, but for those that `compete` leaves out",
    )
    versus: Annotated[list[list[str]], BeforeValidator(_groups), WithJsonSchema(values.GROUPS)] = key(
        [],
        "groups of workloads that do the same, such as a function before and after a change: those of a group compete",
        "workload: [cpu_sum, {cpu_sum: {size: 10}, as: small}]\nanswer: {versus: [cpu_sum, small]}",
        without="workloads are not compared, unless they are all that varies and functions of yours",
    )
    by: str | None = key(
        None,
        "the metric that tells which is best, such as a number that your code returned",
        "answer: {by: returned.lag_ms, better: lower}",
        without="the primary metric; at a given rate, the latency",
    )
    better: Better | None = key(
        None,
        "whether a lower or a higher number is better, where the metric of `by` leaves that open, as those of yours do",
        "answer: {by: returned.lag_ms, better: lower}",
        without="what the metric says",
    )


class Report(Block):
    """`report:` what the page shows."""

    plots: Annotated[list[str] | None, BeforeValidator(_names)] = key(
        None,
        "the pictures of the page, by name",
        "report: {plots: [scaling, comparison]}",
        without="all that suit the run",
    )
    language: Language = key(
        DEFAULT_LANGUAGE,
        "the language of the page and its pictures: English, or Chinese (beside the English page, in README.zh.md)",
        "report: {language: zh}",
    )
    figures: Figures = key(
        DEFAULT_FIGURES,
        "the format of the pictures: `svg` and `pdf` stay sharp at any size, as in a paper. No host shows a PDF on a page: there "
        "a PNG stands for it and leads to it. `concexp report --figures` draws those of a finished run anew",
        "report: {figures: svg}",
    )


class Execution(Block):
    """`execution:` where trials run: on this machine, or on those of a Dask cluster."""

    engine: Literal["local", "dask"] = key(
        "local",
        "what runs the trials: this machine, or the workers of a Dask cluster (`docs/machines.md`)",
        "execution: {engine: dask, cluster: local:2}",
    )
    cluster: Annotated[str, BeforeValidator(cluster_names.checked)] = key(
        "",
        "the cluster: the address of its scheduler, `local:4` for so many workers on this machine, or `module:function` of a "
        "module beside the YAML, whose function returns a cluster (of dask-jobqueue, for example)",
        "execution: {engine: dask, cluster: tcp://127.0.0.1:8786}",
        without="that of --cluster",
    )
    strategy: Literal["spread", "replicate"] = key(
        "spread",
        "what the hosts do: equal ones share the blocks of one run, or each of them does a whole run, and they are compared",
        "execution: {engine: dask, cluster: local:2, strategy: replicate}",
    )
