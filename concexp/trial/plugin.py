"""The base classes of the plug-ins of the sealed child: workload, model, primitive, probe."""

import sys

CLASSES = {"workloads": "Workload", "models": "Model", "sync": "Sync", "probes": "Probe"}  # by folder
FOUND = {}  # package -> whether this interpreter has it


def module_of(name):
    """The module of this dotted name, imported where it is not yet; `importlib` would have to be imported for it."""
    __import__(name)
    return sys.modules[name]


def installed(package):
    """Whether this interpreter has a package; looks once, and does not import it."""
    if package not in FOUND:
        from importlib.util import find_spec

        FOUND[package] = find_spec(package) is not None
    return FOUND[package]


def load_plugin(kind, entry):
    """The plug-in object that a request names ({"name": …, "parameters": {…}}); imports that one file.

    One of another package has a `reference` too, package.module:Class; its files lie beside this package.
    """
    module, _, attribute = entry.get("reference", "").partition(":")
    found = module_of(module or "concexp.trial.%s.%s" % (kind, entry["name"]))
    for part in (attribute or CLASSES[kind]).split("."):
        found = getattr(found, part)
    plugin = found(**entry.get("parameters", {}))
    plugin.yaml_name = entry["name"] if module else ""
    return plugin


class Plugin:
    """Parameters as attributes: `Plugin(size=3)` overrides the class's annotated default.

    known_as  names under which people know it: those in Python with their modules, and other words; `show` and messages suggest
              it for each of them, and for `module.name {parameter: value}` it with these parameters
    suits     when to use it; for a workload, what it finds out
    price     what it costs beside the work itself; not of workloads and probes
    packages  what must be installed for the interpreter beside the standard library, by the names that are imported: without
              it a trial sees no installed package; where a parameter decides, an object has its own, and so `pip`
    pip       the arguments of `pip install` that install it, where they are not the package's name; None: pip cannot
    yaml_name  the YAML name of a plug-in of another package; "" where that is the name of its file
    """

    known_as = ()
    suits = ""
    price = ""
    packages = ()
    pip = ""
    yaml_name = ""

    def __init__(self, **parameters):
        for name, value in parameters.items():
            setattr(self, name, value)


class Workload(Plugin):
    """Base of every workload; a plug-in overrides what differs.

    shape     "tasks": independent operations, handed to a model one by one or in shares;
              "workers": N bodies that share state, each on a worker of its own
    resource  "cpu" or "io": what an operation mostly uses; a scaling verdict needs CPUs only for the first
    takes     the interfaces or names of the primitives that it can use
    external_server  the server of the user that it needs, by its name: see `absence`
    library   the package that carries its operations out, where a parameter chooses it: so a reason calls it
    load      its own load, used where the experiment names none
    unit      what one operation is, in the singular
    draws     what is drawn by `dice`, as `concexp show` tells it; an empty text where nothing is random
    luck      the number that all draws depend on: another one in each block, the same in all trials of a block
    loops     functions (rounds, x) of which operations do as many rounds as fill a given CPU time: see `Kit.rounds`
    """

    shape = "tasks"
    resource = "cpu"
    takes = ("none",)
    external_server = ""
    library = ""
    load = {"duration": 0.5}
    unit = "operation"
    draws = ""
    luck = 0  # set before `prepare`
    loops = ()
    # A coroutine function with the same arguments as `work`, where there is one; `work` is None where there is nothing else.
    work_async = None

    def refuses(self, model, sync, workers, load):
        """Why this workload cannot run so, or an empty text."""
        return ""

    def absence(self):
        """Why its external server cannot be used, or an empty text; asked before a run, in the environment of the trials."""
        return ""

    def server_version(self):
        """The version of its external server, once `absence` has found it; an empty text if there is none."""
        return ""

    def prepare(self, kit):
        """Build what the workers share, once per trial, before they exist; what it returns is `shared` in the other methods.

        Attributes that are set on `self` reach every worker.
        """

    def dice(self, *which):
        """A `random.Random` that depends on the luck and on `which` alone: a seed of the YAML, an operation's number …

        Cells are compared within a block, so what they drew must not differ there; from block to block it must, for else the
        interval would not cover it.
        """
        from random import Random

        return Random("/".join(map(str, (self.luck, *which))))

    def reset(self, shared):
        """Put shared state back to its beginning, before each pass."""

    def shares(self, ops, workers):
        """(first, n) for each worker: contiguous, as equal as can be."""
        size, rest = divmod(ops, workers)
        return [(i * size + min(i, rest), size + (i < rest)) for i in range(workers)]

    def enter(self, me):
        """Set up one worker, in the worker, before its first pass."""

    async def enter_async(self, me):
        """The same for a coroutine."""
        self.enter(me)

    def leave(self, me):
        """Tear down one worker, in the worker, after its last pass."""

    async def leave_async(self, me):
        """The same for a coroutine."""
        self.leave(me)

    def work(self, me, n):
        """Do operations me.first … me.first + n - 1 in a plain loop; return an int that depends on each of them."""
        raise NotImplementedError

    def check(self, shared, outcome):
        """(reason, counts): why the outcome is wrong (empty: it is right) and what was counted, by column name.

        `outcome` is a `passes.Outcome`: `ops`, `total` (the sum of what `work` returned), `ranges`, `wall_s`, `workers`.
        """
        return "", {}

    def servers(self, shared):
        """Process ids of the servers that this workload started: their CPU time is recorded apart."""
        return []

    def release(self, shared):
        """End what `prepare` started."""


class Model(Plugin):
    """Base of every model.

    parallel        "one" thread of execution, several "threads" of one interpreter, or several "processes"
    asynchronous    True where workers are coroutines: a primitive is waited for with `await`
    lasting         whether its workers stay for a whole pass and can take their operations from a source (`WorkerView.source`)
    opens           whether it can carry an open loop
    threaded        True where each worker is a thread that Python code starts: it must not be replaced by something else
    daemonic        True where the workers are daemons of multiprocessing, which may not start processes of their own
    in_turns        True where workers are written as threads, and take turns in one thread by a patched standard library
    needs_workers   False where the number of workers does not apply
    simulated       True where no trial is run at all
    may_be_forked   False where a trial needs a process that was started anew, and not one that was forked from a warm one; where
                    `packages` are needed, it always gets one
    """

    parallel = "one"
    asynchronous = False
    lasting = False
    opens = False
    threaded = False
    daemonic = False
    in_turns = False
    needs_workers = True
    simulated = False
    may_be_forked = True

    def primitives(self):
        """(owner, factories, array) for Tools."""
        raise NotImplementedError

    def bodies(self, workers):
        """The number of bodies that carry the work of so many workers, each with a view (`WorkerView`) and a report of its own.

        One each, unless a worker carries several at once; then body k belongs to worker k modulo `workers`.
        """
        return workers if self.needs_workers else 1

    def missing(self):
        """Why this model cannot be had from this interpreter, or an empty text."""
        for package in self.packages:
            if not installed(package):
                return "%s is not installed for this interpreter: pip install %s" % (package, self.pip or package)
        return ""

    def refuses(self, workload, sync, workers, load):
        """Why this model cannot carry the workload, or an empty text."""
        return ""

    def source(self, workload, tools, ops, workers):
        """The source of all workers' operations, or None if each has a share of its own; built once per trial."""

    def set_up(self):
        """Start what must exist before anything is made of the model's tools; once per trial."""

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
        """End the workers and wait for them; returns for each the changes that it noticed: see `WorkerView.changes`."""
        raise NotImplementedError

    def processes(self):
        """Process ids of the workers, this process not among them."""
        return []

    def loops(self):
        """The number of event loops that carry all the work of its workers; 0 where it is not done in event loops."""
        return 0

    def watch_idle(self):
        """Begin to count how long its event loop waits; returns a function that ends it and gives the ns.

        None where that cannot be seen.
        """
        return

    def facts(self):
        """What the model chose by itself, for the record, by name."""
        return {}


class Sync(Plugin):
    """Base of every primitive.

    interface  "none"; "guard": mutual exclusion, used as `with primitive:`; "channel": carries items (`put`, `get`);
               "shards": a sequence of guards, of which a worker takes the one that belongs to its part of the data;
               "signal": lets workers wait for each other; "stream": carries bytes and nothing else, as a channel does;
               "state": numbers that all workers see
    ends       of a channel or a stream: "many" workers may use either side, or "one" each
    sized      whether it knows how many items it holds (`qsize`)
    joins      whether a taker reports that an item is done (`task_done`), and others can wait for that (`join`)
    """

    interface = "guard"
    ends = "many"
    joins = False
    sized = False

    def build(self, tools, capacity):
        """The native object; `capacity` is how many items a channel holds, 0 for no limit."""
        raise NotImplementedError

    def pair(self, tools):
        """(one, other): two Ends of a connection that carries messages both ways, for one worker each."""
        to, fro = self.build(tools, 0), self.build(tools, 0)
        if to is None:  # dry tools: nothing is built
            return None
        return Ends(to.put, fro.get), Ends(fro.put, to.get)


class Ends:
    """Where one worker puts its messages and gets those of another: native methods, so that a call costs nothing more."""

    __slots__ = ("get", "put")

    def __init__(self, put, get):
        self.put = put
        self.get = get

    def __reduce__(self):
        return Ends, (self.put, self.get)


class Probe(Plugin):
    """Base of every probe. A probe observes from outside the timed loop, unless it has a watcher.

    own_trials  True where it changes what it observes, and so needs trials of its own: see `probes.SeparateProbe`
    columns     the facts that it records of each iteration, by name, with the kind of their values:
                "number"     int or float, or None where the system does not report it
                "numbers"    a list with a number or None for each worker, or None
                "list"       a list of any shape, mostly with one entry for each worker
                "histogram"  a sorted list of (class, count), see `probes.latency`
                "timeline"   the dict that `probes.timeline` describes
                A fact that an iteration lacks was not observed. The kind decides how a journal is checked and stored.
    """

    own_trials = False
    columns = {}

    @classmethod
    def always_on(cls, load):
        """Whether trials with such a load have it even where no metric asks for it."""
        return False

    def begin(self, processes, servers):
        """Read the state before a pass; `processes` and `servers` are lists of process ids."""

    def end(self, processes, servers):
        """The facts of the pass since `begin`, by column name."""
        return {}

    def watcher(self):
        """A new watcher for one worker, or None if the probe needs none."""

    def merged(self, seen):
        """The facts of the pass by column name, from what the workers' watchers saw."""
        return {}


class Watcher:
    """Observes the operations of one worker, in the worker. `name` is the name of its probe."""

    name = ""

    def around(self, work, me):
        """`work` with the observation around it; called just before each pass."""
        return work

    def around_async(self, work, me):
        """The same for a coroutine function."""
        return work

    def seen(self):
        """What was observed since the last call, as literals; called just after each pass."""
