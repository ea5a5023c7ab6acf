"""Line 1 of a journal: the experiment, the machine and the cells, as they were before the first trial."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from concexp.experiment import Answer, Measure
from concexp.run.storage.schema.types import (
    Axes,
    CellId,
    Hexadecimal,
    Int64,
    Items,
    Number,
    Part,
    Positive,
    Scalar,
    Undivided,
)


class Claim(Part):
    """A falsifiable statement of the experiment."""

    expect: str = Field(description="the expression that should hold")
    says: str | None = Field(None, description="the claim in words")
    when: str | None = Field(None, description="the condition under which it is tested")
    of: str | dict[str, Any] | None = Field(
        None, description="the cells that it is about: a condition, or axes and labels"
    )
    published: str | None = Field(None, description="the figure as it was published")
    source: str | None = Field(None, description="where it was published")


class Report(Part):
    """What the page should hold."""

    plots: Items[str] | None = Field(description="names of pictures; null: all that apply")


class Spec(Part):
    """The experiment after `extends`, `--set` and defaults, as far as a page needs it."""

    name: str = Field(description="the experiment's name, also that of its folder")
    question: str = Field(description="what the experiment asks, in words")
    primary: str = Field(description="the metric by which cells are compared")
    measure: Annotated[Measure, Undivided] = Field(description="iterations, repetitions, limits, seed: see the YAML")
    baseline: dict[str, Any] | None = Field(None, description="the labels of the cell to which speedup is relative")
    metrics: Annotated[str | list[str], Undivided] | None = Field(None, description="the metrics that were asked for")
    claims: Annotated[Claim | list[Claim], Undivided] | None = Field(None, description="the claims, or the only one")
    report: Report = Field(description="what the page should hold")
    answer: Annotated[Answer, Undivided] | None = Field(None, description="what competes, where the experiment says so")


class Machine(Part):
    """The machine, as it was when the run began; null where the system does not report a fact."""

    cpus: Positive = Field(description="usable CPUs: affinity, cut by the cgroup's quota")
    logical_cpus: Positive | None = Field(None, description="CPUs of the machine, hyper-threads included")
    processor: str | None = Field(None, description="the processor's name")
    system: str | None = Field(None, description="operating system and release")
    architecture: str | None = Field(None, description="such as x86_64")
    governor: str | None = Field(None, description="what sets the CPUs' frequency")
    clock_source: str | None = Field(None, description="what the kernel reads the time from")
    affinity_cpus: Number | None = Field(None, description="CPUs that the process may run on")
    quota_cpus: Number | None = Field(None, description="CPUs that the cgroup allows; null: no limit")
    physical_cores: Number | None = Field(None, description="cores of the machine")
    threads_per_core: Number | None = Field(None, description="the most CPUs that share a core")
    memory_bytes: Number | None = Field(None, description="physical memory, bytes")
    load_1m: Number | None = Field(None, description="mean length of the run queue over the last minute")
    other_cpus: Number | None = Field(None, description="usable CPUs that other programs kept busy just before")
    swap_used_bytes: Number | None = Field(None, description="swap in use, bytes")
    virtual: str | None = Field(None, description="`hypervisor` in a virtual machine")
    numa_nodes: Annotated[list[Any], Undivided] | None = Field(None, description="for each memory node, its CPUs")
    pressure: dict[str, Number | None] | None = Field(
        None, description="by resource, the share of the last minute in which something waited for it, 0 to 1"
    )


class Interpreter(Part):
    """What an interpreter says about itself."""

    version: str | None = Field(None, description="such as 3.13.1")
    implementation: str | None = Field(None, description="CPython or PyPy")
    compiler: str | None = Field(None, description="what it was compiled with")
    start_method: str | None = Field(None, description="how its multiprocessing starts processes by default")
    configure_flags: str | None = Field(None, description="how it was configured, without paths")
    compile_flags: str | None = Field(None, description="how it was compiled, without paths")
    gil_enabled: bool | None = Field(None, description="whether the GIL is on when it starts")
    requirements: Items[str] | None = Field(None, description="what was installed for it, as the YAML says it")
    packages: dict[str, str] | None = Field(None, description="the packages of its environment, with their versions")


class Doctor(Part):
    """What could distort the run's numbers."""

    summary: str | None = Field(None, description="one line: the hazards by level")


class Git(Part):
    """The repository in which the run was started."""

    commit: Hexadecimal = Field(description="the commit that is checked out")
    dirty: bool | None = Field(None, description="whether tracked files differ from it")


class UserEntry(Part):
    """One entry of user code, as the preflight saw it."""

    form: str = Field(description="function, coroutine function …")
    returns: str = Field(description="what its result means to the measurement")
    target: str = Field(description="its name in the YAML")
    check: str = Field(description="the function that checks its result, or an empty text")
    over: str = Field("", description="what gives the items that it is called with, or an empty text")
    outcomes: dict[str, str] | None = Field(None, description="the grades of what its calls can come to, by name")
    version: str = Field(description="version of its package, or an empty text")
    packages: dict[str, dict[str, str]] | None = Field(
        None, description="what it imported of what is installed, by interpreter and name: the versions"
    )


class Compared(Part):
    """How many cells of a workload return the same as in a plain loop."""

    cells: Int64 = Field(description="the number of cells that were compared")
    differ: Int64 = Field(description="the number of those that differ: their trials are invalid")
    unlike: str = Field(description="why its values, or some of them, could not be compared, or an empty text")


class Preflight(Part):
    """What a trial of the user's code gave before the run."""

    answers: dict[str, Compared] | None = Field(None, description="whether its values are the same, by label")
    differing: dict[str, str] | None = Field(
        None, description="why a cell's trials are invalid: what it returns, and what a plain loop returns, by its id"
    )
    entries: dict[str, UserEntry] | None = Field(None, description="the entries of user code, by label")
    libraries: dict[str, dict[str, str]] | None = Field(
        None, description="the packages that workloads and models need, by interpreter and name: the versions"
    )
    servers: dict[str, str] | None = Field(None, description="the user's servers, by name: the versions")


class KeptFile(Part):
    """One file of `files:`."""

    sha256: Hexadecimal = Field(description="SHA-256 of its content")
    bytes: Int64 = Field(description="its size")
    kept: bool = Field(description="whether files/ holds a copy; a large file is known by its hash alone")


class Manifest(Part):
    """Under which circumstances the run was made."""

    concexp: str = Field(description="version of concexp")
    identity: Hexadecimal = Field(description="SHA-256 of the spec, the code and the interpreters")
    seed: Int64 = Field(description="seed of the order of trials")
    command: str = Field(description="the command line")
    started_at: str | None = Field(None, description="begin of the run, UTC, ISO 8601")
    machine: Machine = Field(description="the machine")
    interpreters: dict[str, Interpreter] = Field(description="the interpreters that ran trials, by label")
    clocks: dict[str, dict[str, Number | None]] | None = Field(
        None, description="by interpreter: cost and step of its clock, overshoot of its sleep, seconds"
    )
    doctor: Doctor | None = Field(None, description="hazards")
    isolation: str | None = Field(
        None, description="what keeps trials apart, and what they share, where not each had a fresh process"
    )
    git: Git | None = Field(None, description="the repository; null outside one")
    user_code: dict[str, str] | None = Field(
        None, description="SHA-256 of each of the user's files, by its name in code/"
    )
    preflight: Preflight | None = Field(None, description="what the user's code is")
    execution: dict[str, str] | None = Field(
        None, description="engine and strategy, where the hosts of a cluster ran the trials"
    )
    plug_ins: dict[str, str] | None = Field(
        None, description="plug-ins of other packages, by kind/name: their versions"
    )
    environment: dict[str, str | None] | None = Field(
        None, description="variables that the experiment sets for its trials; null: one that is not there"
    )
    secrets: Items[str] | None = Field(None, description="names of variables whose values are written nowhere")
    files: dict[str, KeptFile] | None = Field(None, description="the files in the trials' working folder, by name")


class PlannedCell(Part):
    """A cell of the plan."""

    cell: CellId = Field(description="its id, a hash of labels and parameters")
    axes: Axes = Field(description="its labels")
    reason: str = Field(description="why it cannot run; an empty text if it can")


class Pace(Part):
    """How much work fills a given time, for workloads whose operations do."""

    python: str = Field(description="label of the interpreter on which it was measured, for all")
    rounds_per_s: dict[str, Number] = Field(description="by loop: rounds per second of CPU time")


class Header(Part):
    """Line 1."""

    run: str = Field(description="the run's id, which names its folder")
    written: str | None = Field(None, description="the experiment as it was written, a YAML that stands alone")
    spec: Spec = Field(description="the experiment")
    manifest: Manifest = Field(description="the circumstances")
    axes: dict[str, Items[Scalar]] = Field(description="the labels of each axis, in their order")
    cells: Items[PlannedCell] = Field(description="all cells, those that cannot run included")
    pace: Pace | None = Field(
        None, description="the same in all trials; older journals lack it: each trial had its own"
    )
