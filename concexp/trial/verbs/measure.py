"""One trial: prepare -> gate -> work -> check -> collect. A request comes in, raw facts go out; nothing is judged here."""

import os
import sys

from concexp.trial import interpreter_state, passes, runtime, tools
from concexp.trial.diagnostics import LOCK_WATCH, task_stacks
from concexp.trial.loop_time import LoopTime
from concexp.trial.own_time import outside_ns, sleep
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.placement import setting_of
from concexp.trial.plugin import load_plugin
from concexp.trial.reference import reference_s
from concexp.trial.window import by_worker, counted, timed

SECOND = 1_000_000_000
REST_S = 0.01  # after 2 ms half of the difference was left


def answer(request):
    """A dict with `status`, `reason` and, if the trial went well, its facts.

    The request holds `workload`, `model`, `sync` ({"name": …, "parameters": {…}}), `workers`, `load` ({"ops": n,
    "scaling": strong | weak}, {"duration": s} or {"rate": 1/s, "duration": s, "arrivals": constant | poisson}, this
    perhaps with "until" and "within" for a search), `startup`, `warmup`, `iterations`, `seed`, `luck`, `probes`, `folder` and
    maybe `background` ({"workload": …, "model": …, "workers": n}), `switch_interval` (seconds), `pin` (compact | spread | one),
    `gc` (on | off | freeze | thresholds), `read_back` (names of settings: see `in_force`) and, where a workload has `loops`,
    their `pace` (see `Kit`).
    """
    interpreter_state.seed(request)
    task_stacks.dump_stacks_on_signal(request["folder"])
    if LOCK_WATCH in os.environ:  # a diagnostic trial
        from concexp.trial.diagnostics.lock_watch import install

        install.install()  # before anything that makes a lock is imported
    trial = None
    try:
        trial = Trial(request)
        return trial.run()
    except tools.Unsupported as reason:
        return {"status": "unsupported", "reason": str(reason)}
    except tools.WorkerDied as death:
        return {"status": "crashed", "reason": str(death), "ended_ns": clock()}
    except passes.WorkFailed as failure:
        summary, trace = failure.args
        return {"status": "failed", "reason": summary, "traceback": trace, "ended_ns": clock()}
    except BaseException as error:  # user code may raise anything, SystemExit and KeyboardInterrupt included
        summary, trace = passes.explain(error)
        return {"status": "failed", "reason": summary, "traceback": trace, "ended_ns": clock()}
    finally:
        if trial is not None:
            trial.release()


class Trial:
    """The state of one trial, from its request to its answer."""

    def __init__(self, request):
        self.request = request
        self.workload = load_plugin("workloads", request["workload"])
        self.workload.luck = request["luck"]
        self.model = load_plugin("models", request["model"])
        self.sync = load_plugin("sync", request["sync"])
        self.probes = [load_plugin("probes", {"name": name}) for name in request["probes"]]
        self.workers = request["workers"] if self.model.needs_workers else 1
        self.bodies = self.model.bodies(self.workers)
        self.setting = setting_of(request)
        # The model's own tools: how operations are handed out is never observed, only the waits of the work itself.
        self.tools = tools.Tools(*self.model.primitives(), self.model.asynchronous, request["folder"], self.bodies)
        self.kit = self.make_kit()
        self.shared = None
        self.source = None
        self.largest_share = None
        self.prepared = False
        self.phases = {}
        self.steps = None  # of a search
        self.threads_at_fork = None
        self.outside_ns = 0  # of the workers' clocks
        self.watch = interpreter_state.Watch()
        self.native_threads = None  # beside the first, with all workers
        self.job = None
        self.background = self.make_background(request.get("background"))
        self.loop_time = LoopTime(self.model, self.workload, request["load"], self.background is None)

    def make_kit(self):
        """The kit that the workload prepares itself with: a probe with trials of its own may give it another."""
        ops = self.counted_ops(self.request["load"])
        kit = tools.Kit(self.tools, self.sync, None, self.bodies, self.request["folder"], ops, self.request.get("pace"))
        for probe in self.probes:
            if probe.own_trials:
                kit = probe.kit(kit, self.workload)
        return kit

    def make_background(self, given):
        """The background that the request names, or None."""
        if not given or not given["workers"]:
            return None
        from concexp.trial.background import Background

        workload, model = load_plugin("workloads", given["workload"]), load_plugin("models", given["model"])
        workload.luck = self.request["luck"]
        reason = tools.background_refusal(workload, model, given["workers"])
        if reason:
            raise tools.Unsupported(reason)
        probe = load_plugin("probes", {"name": "workers"})
        folder, pace = self.request["folder"], self.request.get("pace")
        return Background(workload, model, given["workers"], folder, probe, self.setting, pace)

    def run(self):
        """Run all passes; returns the answer."""
        request, model = self.request, self.model
        reason = tools.unsupported(self.workload, model, self.sync, self.workers, request["load"])
        if reason:
            raise tools.Unsupported(reason)
        self.setting.set_interpreter()  # threads and forks inherit it
        self.set_up()
        before = {"gil": runtime.gil_enabled(), "traced": runtime.is_traced()}
        iterations = self.run_passes()
        if self.background is not None:
            self.note_workers(self.background.close())
        invalid = [iteration["invalid"] for iteration in iterations if iteration["invalid"]]
        if self.lost_threads():
            invalid.insert(0, self.lost_threads())
        return dict(
            before,
            status="invalid" if invalid else "ok",
            reason=invalid[0] if invalid else "",
            gil_end=runtime.gil_enabled(),
            jit=runtime.jit_enabled(),
            switch_interval=runtime.switch_interval(),
            python="%d.%d.%d" % sys.version_info[:3],
            parallel=model.parallel,
            threads_at_fork=self.threads_at_fork,
            outside_ns=self.outside_ns,
            changed=self.watch.facts(),
            phases=self.phases,
            iterations=iterations,
            **({} if self.steps is None else {"steps": self.steps}),
            **({} if self.loop_time.fact is None else {"loop": self.loop_time.fact}),
            **model.facts(),
        )

    def set_up(self):
        """Make everything that the workers share, before they exist."""
        begin = clock()
        self.model.set_up()
        self.watch.look()
        self.model.inside(self.prepare)
        self.phases["prepare_s"] = (clock() - begin) / SECOND
        self.job = tools.Job(
            self.workload, self.bodies, self.kit.primitive, self.shared, self.request["folder"], self.source, self.probes,
            self.setting,
        )  # fmt: skip

    def prepare(self):
        """Build the primitive, what the workers share, and where they get their operations from."""
        capacity = getattr(self.workload, "capacity", 0)
        self.kit.primitive = self.kit.new_primitive(capacity)
        self.shared = self.workload.prepare(self.kit)
        self.prepared = True
        load = self.request["load"]
        if "rate" in load:
            from concexp.trial.arrivals import Arrivals

            self.source = Arrivals(self.tools, load, self.request["luck"], self.model.in_turns)
            return
        ops = self.counted_ops(load)
        self.source = self.model.source(self.workload, self.tools, ops, self.bodies)
        if ops is not None and hasattr(self.workload, "costs"):
            costs = self.workload.costs(ops)
            self.largest_share = max(costs) / sum(costs)

    def counted_ops(self, load):
        """The number of operations of a pass, all workers together; None where the load gives a time."""
        if "ops" not in load:
            return None
        return load["ops"] * (self.workers if load["scaling"] == "weak" else 1)

    def run_passes(self):
        """Run the warm-up and the measured passes, opening and closing the workers as `startup` says.

        Returns the facts of each measured pass; of a search, those of the pass at the highest rate that was served.
        """
        request, search = self.request, self.make_search(self.request["load"])
        if search is not None:
            self.source.change_rate(search.rate)
        iterations = []
        opened, number, more = None, 0, True
        # Between the passes, and before workers whose creation may be timed; the end of one pass is the beginning of the next.
        speed = reference_s()
        while more:
            if opened is None:
                opened = self.open()
            if self.background is not None and number == 0:
                threads = runtime.count_threads()
                self.background.open()  # after the first role's workers: a fork should find no other threads
                self.note_fork(self.background.model, threads)
            iteration = self.one_pass(opened, warming=number < request["warmup"])
            before, speed = speed, reference_s()
            number += 1
            if number > request["warmup"]:
                iteration.update(reference_before_s=before, reference_after_s=speed)
                iterations.append(iteration)
                left = request["warmup"] + request["iterations"] - number
                more = left > 0 if search is None else search.note(iteration)
            if request["startup"] != "once" or not more:
                self.close()
                opened = None
            if search is not None and more:
                self.source.change_rate(search.rate)
        if search is None:
            return iterations
        self.steps = search.steps
        wrong = [iteration for iteration in iterations if iteration["invalid"]]
        return [(wrong or [search.best])[0]]

    def make_search(self, load):
        """The search that the load asks for, or None."""
        if "until" not in load:
            return None
        from concexp.trial.search import Search

        return Search(load["rate"], load["duration"], load["until"], load["within"], self.request["seed"])

    def open(self):
        """Start the workers. Returns (begin, seconds from the first creation to the last worker being ready)."""
        # A fork copies what is there: leave it little to copy, and nothing for the collector to touch later.
        passes.settle()
        threads = runtime.count_threads()
        self.watch.note()
        begin = clock()
        self.model.open(self.job)
        end = clock()
        self.watch.look()
        self.phases["create_s"] = (self.model.created - begin) / SECOND
        self.phases["ready_s"] = (end - self.model.created) / SECOND
        self.note_fork(self.model, threads)
        return begin, (end - begin) / SECOND

    def note_fork(self, model, threads):
        """Keep the number of threads that were alive when a model forked: a lock that one holds stays locked for ever."""
        if model.facts().get("start_method") == "fork":
            self.threads_at_fork = max(self.threads_at_fork or 0, threads)

    def close(self):
        """End the workers."""
        self.watch.note()
        if self.model.threaded and not self.model.processes():
            self.native_threads = runtime.count_threads() - 1
        begin = clock()
        changes = self.model.close()
        self.phases["join_s"] = (clock() - begin) / SECOND
        self.note_workers(changes)

    def note_workers(self, changes):
        """Keep the changes that workers noticed; `changes` has a list for each."""
        for one in changes or ():
            self.watch.add(one)
        self.watch.look()

    def lost_threads(self):
        """Why the workers were not the threads that they should be, or an empty text."""
        if not self.model.threaded:
            return ""
        if self.native_threads is not None and self.native_threads < self.workers:
            counts = self.workers, self.native_threads
            return self.watch.lost_threads() or "the %d workers had only %d threads of the system" % counts
        return self.watch.lost_threads()

    def one_pass(self, opened, warming):
        """Run one pass of all workers; returns the facts of one iteration. `opened` is what `open` returned."""
        orders, ops = self.make_ready()
        observation = Observation(self.probes, self.processes(), self.workload.servers(self.shared))
        observation.begin()
        asked = clock()
        reports = self.loop_time.run(orders, warming)
        self.outside_ns = max(self.outside_ns, outside_ns(reports, asked, clock()))
        facts = observation.end(reports)
        self.loop_time.note(facts)
        if self.background is not None:
            facts.update(self.background.end())
        begin, startup_s = opened
        # A timed start-up began before the probes looked around: that look is not part of its time.
        creation = begin + observation.begin_ns if self.request["startup"] == "timed" else None
        if ops is None:
            window = timed(reports, self.duration(), creation, self.bodies)
        else:
            arriving = self.duration() if "rate" in self.request["load"] else 0
            window = counted(reports, ops, creation, arriving)
        outcome = passes.Outcome(reports, window.wall_s, self.bodies, self.source is not None)
        invalid, counts = self.model.inside(self.workload.check, self.shared, outcome)
        facts.update(worker_references(reports))
        return {**facts, **self.facts(window, reports, startup_s), "counts": counts, "invalid": invalid}

    def make_ready(self):
        """Everything before the probes: shared state, a clean heap, the background. Returns `orders()`."""
        self.model.inside(self.reset)
        orders = self.orders(self.request["load"])
        if self.request["startup"] != "timed":  # there nothing may come between creation and work
            passes.settle()
        if self.background is not None:
            self.background.begin()
        return orders

    def reset(self):
        """Put shared state back to its beginning, and all operations back to where they are taken from."""
        self.workload.reset(self.shared)
        if self.source is not None:
            self.source.reset()

    def orders(self, load):
        """([one orders tuple per body], operations in all, or None where the load gives a time)."""
        ops = self.counted_ops(load)
        if self.source is not None:
            return [(0, None, None)] * self.bodies, len(self.source)
        if ops is None:
            # Far apart, so that no two workers ever do an operation of the same number.
            return [(i << 40, None, self.duration()) for i in range(self.bodies)], None
        return [(first, n, None) for first, n in self.workload.shares(ops, self.bodies)], ops

    def duration(self):
        """The time that the load gives, ns."""
        return int(self.request["load"]["duration"] * SECOND)

    def processes(self):
        """Process ids whose CPU time and memory count, this process's apart.

        Both roles count: where they share a process, their CPU time and memory cannot be separated.
        """
        background = [] if self.background is None else self.background.model.processes()
        return [*self.model.processes(), *background, *self.kit.tools.pids]

    def facts(self, window, reports, startup_s):
        """What the window says, by column name. Fewer reports than bodies: the model hides what each worker did."""
        hidden = len(reports) != self.bodies
        ops, seconds = (None, None) if hidden else by_worker(reports, self.workers)
        return {
            "wall_s": window.wall_s,
            "ops": window.ops,
            "window_s": window.window_s,
            "startup_s": startup_s,
            "start_skew_s": window.start_skew_s,
            "stop_skew_s": window.stop_skew_s,
            "all_active": window.all_active,
            "worker_ops": ops,
            "worker_s": seconds,
            "largest_share": self.largest_share,
        }

    def release(self):
        """End servers and the like, also after a failure."""
        if self.prepared:
            self.workload.release(self.shared)
        if self.background is not None:
            self.background.release()
        self.kit.tools.end()


def worker_references(reports):
    """Seconds of the reference loop in the workers that measured it before their pass, and after it; None where none did."""
    pairs = [one["reference"] for report in reports for one in report.seen if "reference" in one]
    before, after = ([seconds for seconds in column if seconds is not None] for column in zip(*pairs or [(None, None)]))
    return {"worker_reference_before_s": before or None, "worker_reference_after_s": after or None}


class Observation:
    """The probes of one pass. `begin_ns` is how long they took to look around before it, with the rest that follows."""

    def __init__(self, probes, processes, servers):
        self.probes = probes
        self.processes = processes
        self.servers = servers

    def begin(self):
        """Let all probes look around, and rest for a moment; the pass follows at once.

        Workers of most models wait at a gate before they work, and so has one that works in the coordinator's own thread:
        on a virtual machine a thread that had run on since its process began was a fifth slower than after a wait, and
        `threads` with one worker seemed to be a fifth faster than `serial`.
        """
        begin = clock()
        with runtime.PromptSwitches():
            for probe in self.probes:
                probe.begin(self.processes, self.servers)
        sleep(REST_S)
        self.begin_ns = clock() - begin

    def end(self, reports):
        """The facts of all probes, by column name, with what their watchers saw in the workers."""
        seen = [one for report in reports for one in report.seen]
        facts = {}
        for probe in self.probes:
            with runtime.PromptSwitches():
                facts.update(probe.end(self.processes, self.servers))
            name = tools.name_of(probe)
            facts.update(probe.merged([one[name] for one in seen if name in one]))
        return facts
