"""Runs an experiment where it says: on one machine, shared by hosts, or as a whole on each host, which are then compared."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from concexp.commands.check import Check
from concexp.commands.machines import Place, hosts_of
from concexp.commands.measured import MeasuredRun, read
from concexp.commands.questions import Questions
from concexp.commands.run import RunOutcome, RunRequest, concluded, load_spec, logged, prepared, run_experiment, set_up
from concexp.commands.session import Session
from concexp.errors import EnvironmentRefused, InputError, Interrupted
from concexp.plan.cell import PlannedTrial
from concexp.run.machine.neighbours import Watch
from concexp.run.provided import sharing
from concexp.run.runner import Runner
from concexp.run.storage import journal

if TYPE_CHECKING:  # most runs are on this machine, and need no event loop for a cluster
    from concexp.run.cluster.coordinator import Coordinator
    from concexp.run.cluster.hosts import Hosts

# Once all other hosts have done their part, a host that was lost is waited for this long.
PATIENCE_S = 60.0


def run_anywhere(
    request: RunRequest, progress_kind: str, page: bool, check: Check, questions: Questions, watch: Watch | None = None
) -> RunOutcome:
    """Run one experiment, or complete its unfinished runs, and write its pages; `watch` as for `run_experiment`."""
    request = replace(request, spec=load_spec(request))
    assert request.spec is not None
    execution = request.spec.execution
    if execution.engine == "local" or execution.strategy == "spread":
        return run_experiment(request, progress_kind, page, check, questions, watch)
    with logged(request, progress_kind, Questions(asks=False), watch) as session:
        with hosts_of(request.spec, session) as hosts:
            assert hosts is not None
            runs = _measured_on_each(request, hosts, check, page, session)
        session.close()
        return _compared(request, runs, page, check)


Measured = tuple[Runner, frozenset[str], bool]  # a host's run, the ids of its trials, whether it is complete


def _measured_on_each(request: RunRequest, hosts: Hosts, check: Check, page: bool, session: Session) -> list[Measured]:
    """Have each host that is here do a whole run, all at the same time; each run has a folder of its own."""
    from concexp.run.cluster.coordinator import Coordinator, complete
    from concexp.run.cluster.parcel import packed
    from concexp.run.cluster.strategies import Whole

    assert request.spec is not None
    together = _Together(session)
    coordinators: list[Coordinator] = []
    with contextlib.ExitStack() as closing:
        for name, (first, *_) in hosts.by_host().items():
            place = Place(hosts, first.description["machine"], name)
            setup = set_up(request, request.spec, check, page, session, place)
            provided = closing.enter_context(sharing(setup.provided, session.say))
            run, _outlook = prepared(request, replace(setup, provided=provided), session)
            if not coordinators:
                session.opened(run.folder.path)
            run.listener = together  # type: ignore[assignment]
            coordinators.append(
                Coordinator(run, hosts, packed(run, request.only, os.environ, request.wait), Whole(name))
            )
        try:
            for one in coordinators:
                one.begin(closing.enter_context(journal.Writer(one.runner.folder.journal)))
            together.all_began()
            complete(hosts, coordinators, PATIENCE_S)
        except KeyboardInterrupt:
            raise Interrupted((), session.kept) from None
        for one in coordinators:
            one.close()
    found = [(one.runner, one.trials, one.is_complete()) for one in coordinators]
    for runner, _, whole in found:
        if not whole:
            session.say(f"the run of {runner.host} is unfinished: the same command completes it when that host is back")
    if not any(whole for _, _, whole in found):
        raise EnvironmentRefused("no host ended its run", "give the same command again: every finished trial is kept")
    return found


class _Together:
    """The listener of several runs at once: passes on what happens to the session, which hears of one run."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._total = self._done = self._hosts = 0

    def run_started(self, total: int, done: int) -> None:
        self._total, self._done, self._hosts = self._total + total, self._done + done, self._hosts + 1

    def all_began(self) -> None:
        """All runs have begun: their trials are counted together."""
        self.session.run_started(self._total, self._done)

    def trial_started(self, trial: PlannedTrial, host: str) -> None:
        # Hosts measure trials of the same ids.
        self.session.trial_started(replace(trial, id=f"{host} {trial.id}"), host)

    def trial_ended(self, record: dict[str, Any]) -> None:
        self.session.trial_ended({**record, "trial": f"{record['host']} {record['trial']}"})

    def hosts_changed(self, hosts: int) -> None: ...

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)


def _compared(request: RunRequest, runs: Sequence[Measured], page: bool, check: Check) -> RunOutcome:
    """The pages of the runs, and the page that compares their hosts."""
    from concexp.commands.compare import compare_runs, default_folder, write_comparison

    assert request.spec is not None
    outcomes = []
    for number, (runner, trials, whole) in enumerate(runs):
        if whole:  # the page of the experiment is that of the first host, the others' lie beside their journals
            own = read(runner.folder), trials, page, check
            outcomes.append(concluded(request, request.spec, *own, beside=number > 0))
    unfinished = sum(not whole for _, _, whole in runs)
    lines = [line for outcome in outcomes for line in outcome.lines]
    bad = sum(outcome.bad for outcome in outcomes) + unfinished
    failed = [verdict for outcome in outcomes for verdict in outcome.failed]
    measured: list[MeasuredRun] = [outcome.measured for outcome in outcomes]
    answer = outcomes[0].answer
    if page and len(measured) > 1:
        try:
            comparison = compare_runs([one.results for one in measured])
        except InputError as error:
            lines.append(f"no comparison: {'; '.join(problem.message for problem in error.problems)}")
        else:
            written = write_comparison(comparison, default_folder(comparison, request.out), request.command)
            answer, lines = written.answer, [*lines, f"comparison of the hosts: {written.path}"]
    checked = [verdict for outcome in outcomes for verdict in outcome.checked]
    return RunOutcome(measured[0], answer, lines, bad, checked, failed)
