"""One trial: prepare -> gate -> work -> check -> collect. A request comes in, raw facts go out; nothing is judged here."""

import os
import sys
from time import perf_counter_ns as clock

from concexp.trial import passes, tools
from concexp.trial.diagnostics import task_stacks
from concexp.trial.diagnostics.lock_watch import install, registry
from concexp.trial.placement import setting_of

SECOND = 1_000_000_000


def measure(request):
    """The answer to a request of verb `measure`: a dict with `status`, `reason` and, if it went well, the facts.

    The request holds `workload`, `model`, `sync` ({"name": …, "parameters": {…}}), `workers`, `load` ({"ops": n,
    "scaling": strong | weak}, {"duration": s} or {"rate": 1/s, "duration": s, "arrivals": constant | poisson}), `startup`,
    `warmup`, `iterations`, `seed`, `probes`, `folder` and maybe `background` ({"workload": …, "model": …, "workers": n}),
    `switch_interval` (seconds) and `pin` (compact | spread).
    """
    import random

    random.seed(request["seed"])
    task_stacks.dump_stacks_on_signal(request["folder"])
    if registry.wanted():  # before anything that makes a lock is imported
        install.install()
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


def load_plugin(kind, entry):
    """The plug-in object that a request names; imports that one file."""
    from importlib import import_module

    module = import_module("concexp.trial.%s.%s" % (kind, entry["name"]))
    return getattr(module, {"workloads": "Workload", "models": "Model", "sync": "Sync", "probes": "Probe"}[kind])(
        **entry.get("parameters", {})
    )


class Trial:
    """The state of one trial, from its request to its answer."""

    def __init__(self, request):
        self.request = request
        self.workload = load_plugin("workloads", request["workload"])
        self.model = load_plugin("models", request["model"])
        self.sync = load_plugin("sync", request["sync"])
        self.probes = [load_plugin("probes", {"name": name}) for name in request["probes"]]
        self.workers = request["workers"]
        self.setting = setting_of(request)
        # The model's own tools: how operations are handed out is never observed, only what the work itself waits for.
        self.lent = tools.Tools(*self.model.primitives(), self.model.asynchronous, request["folder"], self.workers)
        ops = self.counted(request["load"])
        self.kit = tools.Kit(self.lent, self.sync, None, self.workers, request["folder"], ops)
        for probe in self.probes:
            if probe.own_trials:
                self.kit = probe.kit(self.kit, self.workload)
        self.shared = None
        self.source = None
        self.largest_share = None
        self.prepared = False
        self.phases = {}
        self.threads_at_fork = None
        self.job = None
        self.background = self.second(request.get("background"))

    def run(self):
        """All passes; the answer."""
        request, model = self.request, self.model
        reason = tools.unsupported(self.workload, model, self.sync, self.workers, request["load"])
        if reason:
            raise tools.Unsupported(reason)
        if self.setting.switch_interval is not None:  # for whoever inherits it
            sys.setswitchinterval(self.setting.switch_interval)
        begin = clock()
        model.set_up()
        model.inside(self.prepare)
        self.phases["prepare_s"] = (clock() - begin) / SECOND
        self.job = tools.Job(
            self.workload, self.workers, self.kit.primitive, self.shared, request["folder"], self.source, self.probes,
            self.setting,
        )  # fmt: skip
        facts = {"gil": gil(), "traced": traced()}
        iterations = []
        opened = None
        count = request["warmup"] + request["iterations"]
        for number in range(count):
            if opened is None:
                opened = self.open()
            if self.background is not None and number == 0:
                alive = threads()
                self.background.open()  # after the first role's workers: a fork should find no other threads
                self.note_fork(self.background.model, alive)
            iteration = self.one_pass(opened)
            if number >= request["warmup"]:
                iterations.append(iteration)
            if request["startup"] != "once" or number == count - 1:
                self.close()
                opened = None
        if self.background is not None:
            self.background.close()
        bad = [i["invalid"] for i in iterations if i["invalid"]]
        return dict(
            facts,
            status="invalid" if bad else "ok",
            reason=bad[0] if bad else "",
            gil_end=gil(),
            jit=jit(),
            switch_interval=sys.getswitchinterval() if hasattr(sys, "getswitchinterval") else None,
            python="%d.%d.%d" % sys.version_info[:3],
            parallel=model.parallel,
            threads_at_fork=self.threads_at_fork,
            phases=self.phases,
            iterations=iterations,
            **model.facts(),
        )

    def second(self, given):
        """The background that the request names, or None."""
        if not given or not given["workers"]:
            return None
        from concexp.trial.background import Background

        workload, model = load_plugin("workloads", given["workload"]), load_plugin("models", given["model"])
        reason = tools.background_refusal(workload, model, given["workers"])
        if reason:
            raise tools.Unsupported(reason)
        probe = load_plugin("probes", {"name": "workers"})
        return Background(workload, model, given["workers"], self.request["folder"], probe, self.setting)

    def prepare(self):
        """Build the primitive and what the workers share."""
        capacity = getattr(self.workload, "capacity", 0)
        self.kit.primitive = self.kit.another(capacity)
        self.shared = self.workload.prepare(self.kit)
        self.prepared = True
        load = self.request["load"]
        if "rate" in load:
            from concexp.trial.arrivals import Arrivals

            self.source = Arrivals(self.lent, load, self.request["seed"])
        else:
            ops = self.counted(load)
            self.source = self.model.source(self.workload, self.lent, ops, self.workers)
            if ops is not None and hasattr(self.workload, "costs"):
                costs = self.workload.costs(ops)
                self.largest_share = max(costs) / sum(costs)

    def counted(self, load):
        """How many operations a pass has in all; None where time is what is given."""
        if "ops" not in load:
            return None
        return load["ops"] * (self.workers if load["scaling"] == "weak" else 1)

    def reset(self):
        """Before each pass: shared state at its beginning, and all operations still to be done."""
        self.workload.reset(self.shared)
        if self.source is not None:
            self.source.reset()

    def open(self):
        """Start the workers; (begin, seconds from the first creation to the last worker being ready)."""
        # A fork copies what is there: leave it little to copy, and nothing for the collector to touch later.
        passes.settle()
        alive = threads()
        begin = clock()
        self.model.open(self.job)
        end = clock()
        self.phases["create_s"] = (self.model.created - begin) / SECOND
        self.phases["ready_s"] = (end - self.model.created) / SECOND
        self.note_fork(self.model, alive)
        return begin, (end - begin) / SECOND

    def note_fork(self, model, alive):
        """Keep how many threads were alive when a model forked: a lock that another one holds would stay locked for ever."""
        if model.facts().get("start_method") == "fork":
            self.threads_at_fork = max(self.threads_at_fork or 0, alive)

    def close(self):
        begin = clock()
        self.model.close()
        self.phases["join_s"] = (clock() - begin) / SECOND

    def one_pass(self, opened):
        """One pass of all workers: the facts of one iteration."""
        model, workload, request = self.model, self.workload, self.request
        load = request["load"]
        model.inside(self.reset)
        orders, ops = self.orders(load)
        timed = request["startup"] == "timed"
        if not timed:  # between creation and work nothing may come in, where both are measured together
            passes.settle()
        if self.background is not None:
            self.background.begin()
        # Both roles count: where they share a process, nobody can tell their CPU time and memory apart.
        processes = model.processes() + (self.background.model.processes() if self.background is not None else [])
        processes = processes + self.kit.tools.pids
        servers = workload.servers(self.shared)
        looking = clock()
        for probe in self.probes:
            probe.begin(processes, servers)
        looked = clock() - looking
        reports = model.run(orders)
        seen = [one for report in reports for one in (report[7] if len(report) > 7 else ())]
        facts = {}
        for probe in self.probes:
            facts.update(probe.end(processes, servers))
            name = tools.name_of(probe)
            facts.update(probe.merged([one[name] for one in seen if name in one]))
        if self.background is not None:
            facts.update(self.background.end())
        # A timed start-up began before the probes looked around: that look is none of its time.
        window = Window(reports, ops, opened[0] + looked if timed else None)
        outcome = passes.Outcome(reports, window.wall_s, self.workers, self.source is not None)
        invalid, counts = model.inside(workload.check, self.shared, outcome)
        return dict(
            facts,
            wall_s=window.wall_s,
            ops=window.ops,
            startup_s=opened[1],
            start_skew_s=window.start_skew_s,
            stop_skew_s=window.stop_skew_s,
            all_active=window.all_active,
            worker_ops=window.worker_ops if len(reports) == self.workers else None,
            worker_s=window.worker_s if len(reports) == self.workers else None,
            largest_share=self.largest_share,
            counts=counts,
            invalid=invalid,
        )

    def orders(self, load):
        """(one orders tuple per worker, operations in all or None where time is what is given)."""
        ops = self.counted(load)
        if self.source is not None:
            return [(0, None, None)] * self.workers, len(self.source)
        if ops is None:
            # Far apart, so that no two workers ever do an operation of the same number.
            return [(i << 40, None, int(load["duration"] * SECOND)) for i in range(self.workers)], None
        return [(first, n, None) for first, n in self.workload.shares(ops, self.workers)], ops

    def release(self):
        """End servers and the like, also after a failure."""
        if self.prepared:
            self.workload.release(self.shared)
        if self.background is not None:
            self.background.release()
        self.kit.tools.end()


class Window:
    """The measured window of one pass, from the workers' reports.

    Where operations were counted, it lasts from the first start to the last stop and holds them all. Where time was
    given, the first finisher ends it for all, and what was still under way, a batch or a pool's task, does not count.
    """

    def __init__(self, reports, ops, creation):
        starts = [report[0] for report in reports]
        stops = [report[1] for report in reports]
        begin = min(starts)
        if ops is None:
            end = min(stops)
            self.worker_ops = [
                done - after - (late if stop > end else 0)
                for _, stop, _, done, late, after in (report[:6] for report in reports)
            ]
            self.ops = sum(self.worker_ops)
        else:
            end = max(stops)
            self.worker_ops = [report[3] for report in reports]
            self.ops = ops
        self.worker_s = [(min(stop, end) - start) / SECOND for start, stop in zip(starts, stops)]
        self.wall_s = (end - (begin if creation is None else creation)) / SECOND
        self.start_skew_s = (max(starts) - begin) / SECOND
        self.stop_skew_s = (max(stops) - min(stops)) / SECOND
        self.all_active = max(0.0, (min(stops) - max(starts)) / max(1, end - begin))


def gil():
    """Whether the GIL is on at this moment."""
    return sys._is_gil_enabled() if hasattr(sys, "_is_gil_enabled") else True


def jit():
    """Whether this interpreter's compiler is on; None where it does not tell."""
    return sys._jit.is_enabled() if hasattr(sys, "_jit") else None


def threads():
    """How many threads this process has, those of C libraries included where the system tells."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        import _thread

        return 1 + _thread._count()


def traced():
    """Whether a debugger, a profiler or a coverage tool is looking at this interpreter."""
    monitoring = getattr(sys, "monitoring", None)
    watched = monitoring is not None and any(monitoring.get_tool(i) is not None for i in range(6))
    return sys.gettrace() is not None or sys.getprofile() is not None or watched
