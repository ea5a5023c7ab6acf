"""An experiment whose trials take no time."""

from collections import Counter
from types import SimpleNamespace

from concexp.analysis.adaptive import SequentialPlan
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.run import runner
from concexp.run.storage.journal import Record

HEAD = "workload: cpu_sum\nload: {ops: 1000, scaling: strong}\n"


MODELS = (
    "sweep: {workers: 1}\nmodel: [{simulated: {noise: 0.001, speed: 9000}, as: base}, {simulated: {noise: 0.001}, as: calm}, "
    "{simulated: {noise: 0.05}, as: uneasy}, {simulated: {noise: 0.4}, as: wild}]\n"
)


FOLDER = SimpleNamespace(path=SimpleNamespace(name="a run"), manifest={"machine": {"cpus": 2}})


class Lab:
    """An experiment of simulated trials; by its record each takes one second."""

    def __init__(self, measure, models=MODELS, more="baseline: {model: base}\n"):
        self.spec = parse_text(f"{HEAD}{models}measure: {{{measure}}}\n{more}", "x.yaml")
        self.plan = make_plan(self.spec, 2)
        self.header = runner.header(self.spec, self.plan, FOLDER)
        self.messages = []
        self.runs = runner.Runner(self.spec, self.plan, FOLDER, None, None, None, None)

    def course(self):
        """A fresh sequential plan; what it reports goes into `messages`."""
        return SequentialPlan(self.spec, self.plan, self.header, self.messages.append)

    def measured(self, trial):
        """The record of a trial."""
        return Record({**self.runs.measure(trial), "duration_s": 1.0, "started_at": ""})

    def whole(self):
        """The records of an undisturbed run."""
        course, records = self.course(), []
        while trials := course.next_trials(records):
            records += [self.measured(trial) for trial in trials]
        return records

    def of(self, records, role="measured"):
        """The number of trials of a role, by model."""
        return Counter(record["axes"]["model"] for record in records if record["role"] == role)
