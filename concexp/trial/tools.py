"""The kit: what a model lends, what a worker holds, and what cannot be.

*A model lends tools; a primitive is made of tools; a workload uses the primitive.* `threading`, `multiprocessing` and
`asyncio` offer the same primitives under the same names, so `sync/lock.py` is `tools.make("Lock")` with no branch per
model, and what is timed is the native object.
"""


class Unsupported(Exception):
    """This combination cannot exist; the text is the reason, a phrase for the report."""


class WorkerDied(Exception):
    """A worker ended without answering; the text says which, and how."""


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
    """The YAML name of a plug-in object: the name of its file."""
    return type(plugin).__module__.rpartition(".")[2]


class Tools:
    """The primitives that one model lends, by the names that the standard library gives them.

    `owner` is how a reason names the model's library; `factories` maps a name to what builds it; `array` builds `n`
    shared 64-bit integers, all 0, that every worker can read and write by index. `asynchronous` says that waiting is
    `await` here (`async with primitive:`); `folder` is a temporary folder of this trial; `workers` is how many workers
    will use what is made.
    """

    def __init__(self, owner, factories, array, asynchronous=False, folder="", workers=1):
        self.owner = owner
        self.factories = factories
        self.array = array
        self.asynchronous = asynchronous
        self.folder = folder
        self.workers = workers

    def make(self, name, *arguments):
        """A new native primitive; Unsupported if this model has none of that name."""
        if name not in self.factories:
            raise Unsupported("%s has no %s" % (self.owner, name))
        return self.factories[name](*arguments)


class DryTools(Tools):
    """Tools that only tell whether they would work: nothing is built, so asking costs nothing."""

    def __init__(self, *lent, **more):
        super().__init__(*lent, **more)
        self.array = lambda n: None

    def make(self, name, *arguments):
        if name not in self.factories:
            raise Unsupported("%s has no %s" % (self.owner, name))


class Me:
    """One worker's own view: who it is, what it shares, and where it stands.

    index, workers   0 <= index < workers
    sync             the native primitive, or None
    shared           what the workload's `prepare` returned
    folder           a temporary folder of this trial
    first            the number of the next operation; numbers never repeat within a pass
    own              whatever `enter` put there: a socket, a buffer
    batch            operations between two looks at the clock, in a pass that lasts a given time
    source           where its operations come from, if it has no share of its own: a schedule, or an open loop's arrivals
    watchers         what observes its operations: one for each probe that was asked for and looks at them
    task             in a pool: `work`, with the watchers around it
    """

    __slots__ = ("batch", "first", "folder", "index", "own", "shared", "source", "sync", "task", "watchers", "workers")

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


class Kit:
    """What a workload may use to prepare itself: the model's tools, the built primitive, and the trial's measures.

    `ops` is how many operations a pass has in all, None where time is what is given.
    """

    def __init__(self, tools, sync, primitive, workers, folder, ops=None):
        self.tools = tools
        self.sync = sync
        self.primitive = primitive
        self.workers = workers
        self.folder = folder
        self.ops = ops

    def another(self, capacity=0):
        """One more primitive of the kind that the experiment names, for work that needs several; None for `none`."""
        return self.sync.build(self.tools, capacity)


class Plugin:
    """Parameters as attributes: `Plugin(size=3)` overrides the class's annotated default."""

    def __init__(self, **parameters):
        for name, value in parameters.items():
            setattr(self, name, value)


class Workload(Plugin):
    """What every workload answers to; a plug-in overrides what differs.

    shape   "tasks": independent operations, handed to a model one by one or in shares;
            "workers": N bodies that share state, each on a worker of its own
    wants   "cpu" or "io": what an operation mostly uses; a scaling verdict needs CPUs only for the first
    takes   the roles or names of the primitives that it can use
    packages  what must be installed for the interpreter beside the standard library
    load    its own load, used where the experiment names none
    unit    what one operation is, in the singular
    """

    shape = "tasks"
    wants = "cpu"
    takes = ("none",)
    packages = ()
    load = {"duration": 0.5}
    unit = "operation"
    work_async = None  # a coroutine function with the same arguments as `work`, where there is one

    def refuses(self, model, sync, workers, load):
        """Why this workload cannot run so, or an empty text."""
        return ""

    def prepare(self, kit):
        """Build what the workers share, once per trial, before they exist."""

    def reset(self, shared):
        """Put shared state back to its beginning, before each pass."""

    def shares(self, ops, workers):
        """(first, n) for each worker: contiguous, as equal as can be."""
        size, rest = divmod(ops, workers)
        return [(i * size + min(i, rest), size + (i < rest)) for i in range(workers)]

    def enter(self, me):
        """A worker's own set-up, in the worker, before the first pass."""

    async def enter_async(self, me):
        """The same for a coroutine."""
        self.enter(me)

    def leave(self, me):
        """A worker's own tear-down, after its last pass."""

    async def leave_async(self, me):
        """The same for a coroutine."""
        self.leave(me)

    def work(self, me, n):
        """Do operations me.first … me.first + n - 1 in a plain loop; return an int that depends on each of them."""
        raise NotImplementedError

    def check(self, shared, outcome):
        """(reason, counts): why the outcome is wrong (empty: it is right) and what was counted, by column name."""
        return "", {}

    def servers(self, shared):
        """Process ids of the servers that this workload started: their CPU time is told apart."""
        return []

    def release(self, shared):
        """End what `prepare` started."""


class Outcome:
    """What a pass came to, for the workload's check.

    ranges   (first, n) of the operations done, those included that the window does not count
    ops      their number
    late     how many of them the window may leave out
    total    the sum of what `work` returned for all of them
    wall_s   the window, seconds
    """

    def __init__(self, reports, wall_s, workers, whole=False):
        self.ranges = [(report[2], report[3]) for report in reports]
        if whole:  # from one source: together they did all of them, in whatever order
            self.ranges = [(0, sum(n for _, n in self.ranges))]
        self.ops = sum(n for _, n in self.ranges)
        self.late = sum(report[4] + report[5] for report in reports)
        self.total = sum(report[6] for report in reports)
        self.wall_s = wall_s
        self.workers = workers

    def per_residue(self, modulus):
        """How many of the operations done have number % modulus == 0, 1, …: a list of `modulus` counts."""
        counts = [0] * modulus
        for first, n in self.ranges:
            whole, rest = divmod(n, modulus)
            for r in range(modulus):
                counts[r] += whole
            for k in range(rest):
                counts[(first + k) % modulus] += 1
        return counts


def unsupported(workload, model, sync, workers, load):
    """Why this combination cannot run on any machine, or an empty text; starts and builds nothing."""
    try:
        if sync is not None:
            sync.build(DryTools(*model.lends(), model.asynchronous, workers=workers), 0)
    except Unsupported as reason:
        return str(reason)
    if sync is not None and sync.role not in workload.takes and name_of(sync) not in workload.takes:
        if workload.takes == ("none",):
            return "%s shares nothing between its workers: there is nothing to guard or to connect" % (
                name_of(workload).lstrip("_")
            )
        return "%s works with %s, not with %s" % (
            name_of(workload).lstrip("_"),
            " or ".join(workload.takes),
            name_of(sync),
        )
    for package in workload.packages:
        from importlib.util import find_spec

        if find_spec(package) is None:
            return "%s needs %s, which this interpreter does not have" % (name_of(workload), package)
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


class Model(Plugin):
    """What every model answers to.

    parallel        "one" thread of execution, several "threads" of one interpreter, or several "processes"
    asynchronous    True where workers are coroutines: a primitive is waited for with `await`
    lasting         whether its workers stay for a whole pass and can take their operations from a source (`Me.source`)
    opens           whether it can carry an open loop
    needs_workers   False where the number of workers does not apply
    simulated       True where no trial is run at all
    """

    parallel = "one"
    asynchronous = False
    lasting = False
    opens = False
    needs_workers = True
    simulated = False

    def lends(self):
        """(owner, factories, array) for Tools."""
        raise NotImplementedError

    def refuses(self, workload, sync, workers, load):
        """Why this model cannot carry the workload, or an empty text."""
        return ""

    def source(self, workload, lent, ops, workers):
        """Where workers get their operations from, if not each has a share of its own; built once per trial."""

    def set_up(self):
        """Whatever must be there before anything is made of the model's tools; once per trial."""

    def inside(self, function, *arguments):
        """Call `function` where the model's primitives may be built and used."""
        return function(*arguments)

    def open(self, job):
        """Start the workers; returns when each has entered. Sets `created`, the clock after the last was created, ns."""
        raise NotImplementedError

    def run(self, orders):
        """One pass: a list of reports (see `passes`), one per worker, or one for all where the model hides its workers."""
        raise NotImplementedError

    def close(self):
        """End the workers and wait for them."""
        raise NotImplementedError

    def processes(self):
        """Process ids of the workers, this process not among them."""
        return []

    def facts(self):
        """What the model resolved for itself, for the record."""
        return {}


class Sync(Plugin):
    """What every primitive answers to.

    role    "none"; "guard": mutual exclusion, used as `with primitive:`; "channel": carries items (`put`, `get`);
            "shards": a sequence of guards, of which a worker takes the one that belongs to its part of the data;
            "signal": lets workers wait for each other
    """

    role = "guard"

    def build(self, tools, capacity):
        """The native object; `capacity` is how many items a channel holds, 0 for no limit."""
        raise NotImplementedError


class Probe(Plugin):
    """What every probe answers to. It observes from outside the timed loop, unless it has a watcher.

    alone   whether it changes what it looks at, and so needs trials of its own: see `probes.Alone`
    """

    alone = False

    @classmethod
    def needed(cls, load):
        """Whether trials with such a load have it even where no metric asks for it."""
        return False

    def begin(self, processes, servers):
        """Remember where things stand before a pass; `processes` and `servers` are lists of process ids."""

    def end(self, processes, servers):
        """What happened since `begin`, by column name."""
        return {}

    def watcher(self):
        """Who looks at each operation of one worker, in the worker; None where nobody has to."""

    def merged(self, seen):
        """Facts of the pass, by name, from what the workers' watchers saw."""
        return {}


class Watcher:
    """Looks at the operations of one worker. `name` is its probe's."""

    name = ""

    def around(self, work, me):
        """`work`, observed; also the moment before a pass begins."""
        return work

    def around_async(self, work, me):
        """The same for a coroutine function."""
        return work

    def seen(self):
        """What was seen since the last time, as literals; the moment after a pass."""


class Job:
    """What a model needs to know to start its workers."""

    def __init__(self, workload, workers, sync, shared, folder, source=None, probes=()):
        self.workload = workload
        self.workers = workers
        self.sync = sync
        self.shared = shared
        self.folder = folder
        self.source = source
        self.probes = probes

    def me(self, index):
        """The view of worker `index`."""
        watchers = tuple(watcher for watcher in (probe.watcher() for probe in self.probes) if watcher is not None)
        return Me(index, self.workers, self.sync, self.shared, self.folder, self.source, watchers)
