"""The lines of a journal after the header: trials, and measurements of the machine between them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from concexp.run.storage.schema.iterations import iterations_mismatch
from concexp.run.storage.schema.types import Axes, CellId, Int64, Items, Number, Part, Positive, Scalar, Word


def _checked(iterations: Any) -> Any:
    if wrong := iterations_mismatch(iterations):
        raise PydanticCustomError("nested", "does not fit", {"place": wrong.place, "problem": wrong.problem})
    return iterations


class Change(Part):
    """A setting of an interpreter or a thread that the code under test changed, and did not change back."""

    what: str = Field(description="the setting")
    before: str = Field(description="its value before any code under test was imported")
    after: str = Field(description="its value after the passes")


class LoopTime(Part):
    """What the event loops of a trial did with their time, in one pass: see `trial/loop_time.py`."""

    loops: Int64 = Field(description="how many there were")
    wall_s: Number = Field(description="how long the pass took, seconds")
    idle_s: Number = Field(description="how long they waited for events, seconds")
    cpu_s: Number = Field(description="CPU time of all their processes, seconds")
    run_queue_wait_s: Number = Field(description="how long these waited for a CPU, seconds")


class Answer(Part):
    """What the child of a trial recorded."""

    iterations: Annotated[Any, AfterValidator(_checked)] | None = Field(
        None, description="the facts of each measured iteration, in order: see `iterations`"
    )
    gil: bool | None = Field(None, description="whether the GIL was on at the start")
    gil_end: bool | None = Field(None, description="whether it was on at the end")
    jit: bool | None = Field(
        None, description="whether the interpreter's compiler was on; null if it does not report it"
    )
    traced: bool | None = Field(None, description="whether a debugger, profiler or coverage tool was attached")
    python: str | None = Field(None, description="version of the interpreter")
    parallel: str | None = Field(None, description="what the model's workers are: threads, processes …")
    start_method: str | None = Field(None, description="how the model started its processes")
    switch_interval: Number | None = Field(None, description="the GIL's switch interval, seconds")
    threads_at_fork: Int64 | None = Field(None, description="threads of the process when it forked")
    loop: LoopTime | None = Field(None, description="what its event loop did, where its workers are coroutines")
    changed: Items[Change] | None = Field(None, description="what the code under test changed of its interpreter")
    steps: Items[dict[str, Any]] | None = Field(
        None,
        description="each step of a search: `rate`, `ops`, `wall_s`, `growth` of the latency, whether it was `too_much`",
    )


class Plugins(Part):
    """The plug-ins behind a cell's labels."""

    workload: str = Field(description="name of the workload")
    model: str = Field(description="name of the concurrency model")
    sync: str = Field(description="name of the synchronisation primitive")


class Leak(Part):
    """Something that a trial left behind."""

    what: str = Field(description="process, socket, shared memory or semaphore")
    name: str = Field(description="command line, address or file name")
    sure: bool = Field(description="whether it was certainly the trial's, and so was ended or removed")


class Hang(Part):
    """Why a trial timed out."""

    kind: str | None = Field(None, description="deadlock, livelock, starvation or slow")
    why: str | None = Field(None, description="what was seen, in words")
    sites: Items[str] | None = Field(None, description="where the workers stood, with how many at each place")
    circle: Items[str] | None = Field(None, description="the circle of waiting workers, a sentence for each")
    waits: Items[str] | None = Field(None, description="the waits outside the circle, a sentence for each")
    forked: Items[str] | None = Field(None, description="the waits for a lock that another thread held at a fork")


class TrialRecord(Part):
    """One trial, or, with status `unsupported`, a cell that cannot run."""

    trial: str = Field(description="its id, unique in the run")
    role: str = Field(description="what it is for: see `experiment.statuses`")
    cell: CellId = Field(description="the id of its cell")
    axes: Axes = Field(description="the labels of its cell")
    plugins: Plugins = Field(description="the plug-ins behind the labels")
    parameters: dict[str, dict[str, Any]] = Field(description="the parameters of each plug-in, by kind")
    load: dict[str, Scalar] = Field(description="operations, duration (s) or rate (1/s)")
    unit: Word = Field(description="what one operation is")
    wants: str = Field(description="what the workload declares, or the experiment says, that it needs: cpu or io")
    wants_fixed: bool | None = Field(None, description="true if the experiment says it: then no measurement decides")
    status: str = Field(description="how it ended: see `experiment.statuses`")
    reason: str = Field(description="why it did not end well; an empty text if it did")
    block: Int64 | None = Field(None, description="its block")
    position: Int64 | None = Field(None, description="its place in the block")
    repetition: Int64 | None = Field(None, description="which trial of its cell it is, from 0")
    seed: Int64 | None = Field(
        None, description="seed of hashing, a fork's that of its template; in older journals of its workload as well"
    )
    luck: Int64 | None = Field(None, description="seed of what its workload draws, the same in all trials of a block")
    left_behind: Int64 | None = Field(None, description="processes that had to be ended after it had answered")
    orphans: Int64 | None = Field(None, description="processes that outlived its child; null if the child did not end")
    stopped: bool | None = Field(None, description="true if a signal stopped its child for a while")
    not_forked: str | None = Field(None, description="why it had a fresh process although it was to be a fork")
    undone: Int64 | None = Field(None, description="operations not done because of a fault")
    duration_s: Number | None = Field(None, description="from its start to the end of the clean-up, seconds")
    detected_s: Number | None = Field(None, description="from a fault until it was noticed, seconds")
    started_at: str | None = Field(None, description="its start, UTC, ISO 8601")
    host: str | None = Field(None, description="id of the machine, 8 hex digits")
    output: str | None = Field(None, description="the end of what it printed, if it ended badly")
    stacks: str | None = Field(None, description="where its threads and tasks stood when its time was over")
    traceback: str | None = Field(None, description="the exception that ended it")
    startup: str | None = Field(None, description="once, each or timed: when workers are created")
    shape: str | None = Field(None, description="tasks or workers")
    runtime: dict[str, Any] | None = Field(None, description="how its interpreter was set, by axis")
    leaked: Items[Leak] | None = Field(None, description="what it left behind")
    hang: Hang | None = Field(None, description="why it timed out")
    answer: Answer | None = Field(None, description="what its child recorded; null if it did not answer")


class Joined(Part):
    """A host of a cluster as it joined the run."""

    processor: str | None = Field(None, description="the processor's name")
    system: str | None = Field(None, description="operating system and release")
    doctor: str | None = Field(None, description="the hazards by level, one line")
    clocks: dict[str, dict[str, Number | None]] | None = Field(
        None, description="by interpreter: cost and step of its clock, overshoot of its sleep, seconds"
    )
    clock_offset_s: Number | None = Field(None, description="how far its clock was ahead of the coordinator's, seconds")
    remarks: Items[str] | None = Field(None, description="in what it differs from where the run was begun")


class MachineRecord(Part):
    """One measurement of the machine by spinners, between trials."""

    trial: str = Field(description="its id, unique in the run")
    role: str = Field(description="always `machine`")
    block: Int64 = Field(description="the block before whose trials it was made")
    effective_cpus: Number | None = Field(description="the CPUs that the machine gave; null if not measured")
    cpus: Positive = Field(description="usable CPUs, which is the number of spinners")
    started_at: str = Field(description="its start, UTC, ISO 8601")
    host: str | None = Field(None, description="id of the machine, 8 hex digits")
    joined: Joined | None = Field(None, description="what is known of a host of a cluster, when it joined the run")
    duration_s: Number | None = Field(None, description="from its start to its end, seconds")
    cpu_s: Number | None = Field(None, description="CPU time of the spinners together, seconds")
    run_queue_wait_s: Number | None = Field(None, description="how long they waited for a CPU, seconds")
    alone_per_s: Items[Number] | None = Field(
        None, description="rounds per second of one spinner alone, each time it ran"
    )
    together_per_s: Items[Number] | None = Field(None, description="the same of all spinners together")
