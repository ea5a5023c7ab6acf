"""The kit: the tools that a model lends, a worker's view, and why a combination is unsupported.

*A model lends tools; a primitive is made of tools; a workload uses the primitive.* `threading`, `multiprocessing` and
`asyncio` offer the same primitives under the same names, so `sync/lock.py` is `tools.make("Lock")` with no branch per
model, and the timed object is the native one. This is the only module that a plug-in has to import: it also offers the
base classes of `plugin`.
"""

from concexp.trial import interpreter_state
from concexp.trial.plugin import Ends, Model, Plugin, Probe, Sync, Watcher, Workload, installed

__all__ = [
    "DryTools",
    "Ends",
    "Job",
    "Kit",
    "Model",
    "Plugin",
    "Probe",
    "Sync",
    "Tools",
    "Unsupported",
    "Watcher",
    "WorkerDied",
    "WorkerView",
    "Workload",
    "background_refusal",
    "form_of",
    "how_it_ended",
    "loop_name",
    "name_of",
    "unsupported",
]  # fmt: skip


class Unsupported(Exception):
    """This combination cannot exist; the text is the reason, a phrase for the report."""


class WorkerDied(Exception):
    """A worker ended without answering; the text says which one, and how."""


def how_it_ended(code):
    """The exit code of a process in words; a signal's is negative."""
    if code >= 0:
        return "ended with exit code %d" % code
    import signal

    try:
        return "was killed by %s" % signal.Signals(-code).name
    except ValueError:
        return "was killed by signal %d" % -code


def name_of(plugin):
    """The YAML name of a plug-in object: the name of its file, unless another package chose one."""
    return plugin.called or type(plugin).__module__.rpartition(".")[2]


def form_of(workload):
    """How a reason names what does a workload's operations: the library that a parameter chose, else the workload."""
    return workload.library or name_of(workload).lstrip("_")


def loop_name(loop):
    """The name of a loop of `Workload.loops`: that of its file and its own; of another package with all its modules."""
    package, _, module = loop.__module__.rpartition(".")
    return "%s.%s" % (module if package.startswith("concexp.trial") else loop.__module__, loop.__name__)


class Tools:
    """The primitives that one model lends, by the names that the standard library gives them.

    `owner` is how a reason names the model's library; `factories` maps a name to what builds it; `array` builds `n`
    shared 64-bit integers, all 0, that every worker can read and write by index. `asynchronous` says that waiting is
    `await` here (`async with primitive:`); `folder` is a temporary folder of this trial; `workers` is how many bodies of
    workers (see `Model.bodies`) will use what is made.
    """

    def __init__(self, owner, factories, array, asynchronous=False, folder="", workers=1):
        self.owner = owner
        self.factories = factories
        self.array = array
        self.asynchronous = asynchronous
        self.folder = folder
        self.workers = workers
        self.started = None
        self.ending = []
        self.pids = []  # of the manager: part of every primitive that is made of it

    def manager(self):
        """The one manager's process of this trial, started at the first call; None where nothing is built."""
        if self.started is None:
            from multiprocessing import active_children

            before = active_children()
            self.started = self.make("Manager")
            if self.started is not None:
                self.at_end(self.started.shutdown)
                self.pids += [process.pid for process in active_children() if process not in before]
        return self.started

    def at_end(self, function):
        """Call `function` when the trial is over, also after a failure: what was made last ends first."""
        self.ending.append(function)

    def end(self):
        """Call the functions given to `at_end`, the last first."""
        while self.ending:
            self.ending.pop()()

    def make(self, name, *arguments, **named):
        """A new native primitive; Unsupported if this model has none of that name."""
        if name not in self.factories:
            raise Unsupported("%s has no %s" % (self.owner, name))
        return self.factories[name](*arguments, **named)


class DryTools(Tools):
    """Tools that build nothing: they only raise Unsupported where the real ones would."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.array = lambda n: None

    def make(self, name, *arguments, **named):
        if name not in self.factories:
            raise Unsupported("%s has no %s" % (self.owner, name))


class WorkerView:
    """One worker's view of a trial: its index, what it shares with the others, and its state.

    index, workers   0 <= index < workers
    sync             the native primitive, or None
    shared           what the workload's `prepare` returned
    folder           a temporary folder of this trial
    first            the number of the next operation; numbers never repeat within a pass
    own              what `enter` put there: a socket, a buffer
    batch            operations between two looks at the clock, in a pass that lasts a given time
    source           where its operations come from, if it has no share of its own: a schedule, or an open loop's arrivals
    watchers         what observes its operations: one for each probe that was asked for and looks at them
    setting, place   how its interpreter is set, and which of the CPUs it is pinned to (see `placement`); None: as it comes
    task             in a pool: `work`, with the watchers around it
    noted            how its interpreter was set before it entered (see `interpreter_state`); None where another worker notes it
    """

    __slots__ = (
        "batch", "first", "folder", "index", "noted", "own", "place", "setting", "shared", "source", "sync", "task", "watchers",
        "workers",
    )  # fmt: skip

    def __init__(self, index, workers, sync, shared, folder, source=None, watchers=()):
        self.index = index
        self.workers = workers
        self.sync = sync
        self.shared = shared
        self.folder = folder
        self.first = 0
        self.own = None
        self.batch = 1
        self.source = source
        self.watchers = watchers
        self.task = None
        self.setting = None
        self.place = index
        self.noted = None

    def take_place(self, notes=True):
        """Pin this worker, set its interpreter and note how it is set: called in the worker itself, before it enters."""
        self.pin()
        if notes:
            self.noted = interpreter_state.take()

    def pin(self):
        """Pin the calling thread to this worker's place, and set its interpreter."""
        if self.setting is not None:
            self.setting.apply(self.place)

    def changes(self):
        """What differs now from how it was noted: called in the worker itself, after its last pass."""
        return [] if self.noted is None else interpreter_state.differences(self.noted, interpreter_state.take())


class Kit:
    """What a workload may use to prepare itself: the model's tools, the built primitive, and the trial's measures.

    `ops` is how many operations a pass has in all, None where time is what is given. `pace` has the rounds per second of
    CPU time of each loop that the workload names in `loops`, by `loop_name`: the same in all trials of a run.
    """

    def __init__(self, tools, sync, primitive, workers, folder, ops=None, pace=None):
        self.tools = tools
        self.sync = sync
        self.primitive = primitive
        self.workers = workers
        self.folder = folder
        self.ops = ops
        self.pace = {} if pace is None else pace

    def rounds(self, loop, seconds):
        """How many rounds of a loop are work for this CPU time where nothing hinders it: a float."""
        return self.pace[loop_name(loop)] * seconds

    def new_primitive(self, capacity=0):
        """One more primitive of the kind that the experiment names, for work that needs several; None for `none`."""
        return self.sync.build(self.tools, capacity)

    def pair(self):
        """(one, other): the Ends of a connection for two workers, made of the primitive that the experiment names."""
        return self.sync.pair(self.tools)


def lacks(plugin):
    """Which package a plug-in needs and this interpreter does not have, in words, or an empty text."""
    return package_missing(name_of(plugin), plugin.packages, plugin.pip)


def package_missing(name, packages, pip=None):
    """The same for the plug-in of a name that needs these packages; with what `pip` has to be told, unless that is None."""
    for package in packages:
        if not installed(package):
            how = "" if pip is None else ": pip install %s" % (pip or package)
            return "%s needs %s, which this interpreter does not have%s" % (name, package, how)
    return ""


def unsupported(workload, model, sync, workers, load):
    """Why this combination cannot run on any machine, or an empty text; starts and builds nothing."""
    missing = model.missing() or (lacks(sync) if sync is not None else "")
    if missing:
        return missing
    workers = model.bodies(workers)
    try:
        if sync is not None:
            sync.build(DryTools(*model.primitives(), model.asynchronous, workers=workers), 0)
    except Unsupported as reason:
        return str(reason)
    if sync is not None and sync.interface not in workload.takes and name_of(sync) not in workload.takes:
        if workload.takes == ("none",):
            return "%s shares nothing between its workers: there is nothing to guard or to connect" % (
                name_of(workload).lstrip("_")
            )
        return "%s works with %s, not with %s" % (
            name_of(workload).lstrip("_"),
            " or ".join(workload.takes),
            name_of(sync),
        )
    missing = lacks(workload)
    if missing:
        return missing
    if workload.work is None and not model.asynchronous:
        return "%s has an asynchronous form only: it needs an event loop, such as that of asyncio" % form_of(workload)
    if "rate" in load:
        if workload.shape == "workers":
            return "an open loop needs operations that do not wait for each other; %s has workers that share state" % (
                name_of(workload)
            )
        if not model.opens:
            return "%s has no open loop" % name_of(model)
    return model.refuses(workload, sync, workers, load) or workload.refuses(model, sync, workers, load)


def background_refusal(workload, model, workers):
    """Why this cannot be the second role of a trial, or an empty text."""
    if workload.shape == "workers" or workload.takes != ("none",):
        return "%s cannot run in the background: its workers share state" % name_of(workload)
    if not model.lasting:
        return "%s cannot carry a background: it has no workers that stay" % name_of(model)
    if workers > 1 and not model.needs_workers:
        return "%s has one worker, so it cannot carry a background of %d" % (name_of(model), workers)
    return unsupported(workload, model, None, workers, {"duration": 1.0})


class Job:
    """What a model needs to know to start its workers."""

    def __init__(self, workload, workers, sync, shared, folder, source=None, probes=(), setting=None):
        self.workload = workload
        self.workers = workers
        self.sync = sync
        self.shared = shared
        self.folder = folder
        self.source = source
        self.probes = probes
        self.setting = setting

    def me(self, index, place=None):
        """The view of worker `index`; `place` where it shares one with others, as coroutines do their loop's."""
        watchers = tuple(watcher for watcher in (probe.watcher() for probe in self.probes) if watcher is not None)
        me = WorkerView(index, self.workers, self.sync, self.shared, self.folder, self.source, watchers)
        me.setting = self.setting
        me.place = index if place is None else place
        return me
