"""Short real trials of few cells -> what each function wants. Runs them as any experiment, in a folder that is removed."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from concexp import experiment
from concexp.analysis import blocking, demand
from concexp.analysis.costs import Costs
from concexp.analysis.results import Run
from concexp.commands.run import RunRequest, run_experiment
from concexp.commands.trying.kind import PROBED, Facts
from concexp.commands.trying.models import ALONE, COROUTINES, PROCESSES, THREADS, Candidate, of_group
from concexp.commands.trying.request import Function, problem
from concexp.errors import ConcexpError, InputError, Problem
from concexp.experiment.statuses import MEASURED
from concexp.run.storage.journal import Record

WINDOW_S = 0.25  # of a trial
ENDED = {"timeout": "did not end", "failed": "failed", "crashed": "crashed", "invalid": "gave a wrong outcome"}
FRAME = re.compile(r'File "(?!<)([^"]+)", line (\d+)')


@dataclass(frozen=True)
class Probe:
    """What probing needs: the functions, the models that there are, the seconds after which a trial is given up, and the folder."""

    functions: Sequence[Function]
    models: Sequence[Candidate]
    timeout: float
    folder: Path
    command: str

    def look(self) -> tuple[dict[str, Facts], float]:
        """(what each function wants, by target; the seconds that the trials took, without waits for other runs).

        InputError where one cannot be called, ConcexpError where one does not end.
        """
        alone = of_group(self.models, ALONE)[:1]
        first, forms, run = self._run("alone", [{"model": alone[0].name}])
        self._require_well(first)
        shares = demand.shares_by_cell(run.firsts)
        facts = {one.target: _alone(one, first[one.target][0], forms[one.target], shares) for one in self.functions}
        rest, _, more = self._run("together", self._together(any(one.awaited for one in facts.values())))
        blocked = blocking.shares_by_cell(more.firsts)
        found = {target: _together(one, rest[target], self.models, blocked) for target, one in facts.items()}
        return found, sum(Costs(one.records).spent for one in (run, more))

    def _together(self, awaited: bool) -> list[dict[str, Any]]:
        """The grids that show how calls get on with each other."""
        threads = [model for model in of_group(self.models, THREADS) if not model.pool]
        pools = [model for model in of_group(self.models, PROCESSES) if model.pool]
        loops = of_group(self.models, COROUTINES) if awaited else []
        return [
            {"model": model.name, "workers": workers}
            for models, workers in ((threads, PROBED), (pools, 1), (loops, PROBED))
            for model in models[:1]
        ]

    def _run(self, name: str, grids: list[dict[str, Any]]) -> tuple[dict[str, list[Record]], dict[str, str], Run]:
        """(the records of one trial of each cell, and what each function is, by target; the run as tables)."""
        question = {
            "name": f"probe_{name}",
            "workload": [one.entry(sent=True) for one in self.functions],
            "sweep": grids,
            "load": {"duration": f"{WINDOW_S}s"},
            "measure": {
                "warmup": 0,
                "iterations": 1,
                "repetitions": 1,
                "control": "off",
                "timeout": f"{self.timeout:g}s",
            },
        }
        try:
            spec = experiment.of_data(question, "concexp try")
            request = RunRequest(Path("try"), out=self.folder, quiet=True, spec=spec, command=self.command)
            outcome = run_experiment(request, "none", page=False)
        except InputError as error:
            raise InputError([self._at_function(one) for one in error.problems]) from None
        by_target: dict[str, list[Record]] = {one.target: [] for one in self.functions}
        for record in outcome.measured.journal.records:
            if record.role == MEASURED:
                by_target[record["axes"]["workload"]].append(record)
        entries = outcome.measured.folder.manifest["preflight"]["entries"]
        forms = {target: str(entry["form"]) for target, entry in entries.items()}
        return by_target, forms, outcome.measured.results

    def _at_function(self, one: Problem) -> Problem:
        """A problem of the made-up YAML as one of the function that it is about."""
        number = re.search(r"workload\[(\d+)\]", one.path)
        place = self.functions[int(number[1]) if number else 0].target
        message = re.sub(r" on every model \([^)]*\)", "", one.message)
        return problem(place, message.removeprefix(f"{Path(place).name} "), one.hint)

    def _require_well(self, records: Mapping[str, Sequence[Record]]) -> None:
        """ConcexpError where the trial of a function alone did not end well."""
        for function in self.functions:
            record = records[function.target][0]
            if record["status"] != "ok":
                raise ConcexpError(*self._bad_end(function, record))

    def _bad_end(self, function: Function, record: Mapping[str, Any]) -> tuple[str, str]:
        """(message, hint) of a trial that ended badly."""
        how = ENDED.get(record["status"], record["status"])
        # A traceback ends with the innermost frame, and a dump of stacks begins with it.
        frames = FRAME.findall(record["traceback"])[::-1] or FRAME.findall(record["stacks"])
        own = [(Path(file).name, line) for file, line in frames if Path(file).name in function.target]
        where = f" at {own[0][0]}:{own[0][1]}" if own else ""
        if record["status"] == "timeout":
            message = f"{function.target} {how} within {self.timeout:g} s{where and f': it was{where}'}"
            return message, "if it only needs longer, give it time: --budget 10m; if it waits for input, give it that"
        return f"{function.target} {how}{where}: {record['reason']}", "call it by itself first"


def _alone(function: Function, record: Record, form: str, shares: Mapping[str, float]) -> Facts:
    """What one worker alone shows; `shares` of a CPU that the work of a cell wants."""
    one = record["answer"]["iterations"][0]
    wall = max(one["wall_s"] - (one.get("run_queue_wait_s") or 0.0), one.get("cpu_s") or 0.0, 1e-9)
    return Facts(
        form=form,
        op_s=wall / one["ops"],
        busy=shares[record["cell"]],
        result=one["counts"].get("pickled_bytes"),
        gil=record["answer"].get("gil") is not False,
        locks=function.locks,
    )


def _together(
    alone: Facts, records: Sequence[Record], models: Sequence[Candidate], blocked: Mapping[str, float]
) -> Facts:
    """What is known of a function, with what its calls beside each other show; `blocked`: of an event loop, by cell."""
    groups = {model.name: model.group for model in models}
    found = alone
    for record in records:
        group = groups[record["plugins"]["model"]]
        if record["status"] != "ok":
            if group == PROCESSES:
                found = replace(found, refused=_why(record))
            continue
        one = record["answer"]["iterations"][0]
        seconds, wall = one["wall_s"] / one["ops"], one["wall_s"]
        cpu, waited = one.get("cpu_s") or 0.0, one.get("run_queue_wait_s") or 0.0
        if group == THREADS:
            found = replace(found, used=cpu / wall, wanted=(cpu + waited) / wall, gain=alone.op_s / seconds)
        elif group == COROUTINES:
            found = replace(found, loop_gain=alone.op_s / seconds, blocks=record["cell"] in blocked)
        else:
            found = replace(found, sending=cpu / one["ops"] - alone.busy * alone.op_s)
    return found


def _why(record: Mapping[str, Any]) -> str:
    """Why pools of processes cannot run it: the reason without the name of the cell."""
    return str(record["reason"]).partition(" cannot run so: ")[2] or str(record["reason"])


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for the runs that only probe."""
    return tempfile.TemporaryDirectory(prefix="concexp-try-")
