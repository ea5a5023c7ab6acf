"""Follows a run as it goes on: shows its progress and the time left, keeps its log, and asks before it takes long."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from concexp.commands.progress import Silent, trial_label
from concexp.commands.questions import LONG_S, Questions
from concexp.commands.run_log import RunLog
from concexp.plan.cell import PlannedTrial
from concexp.run.forecast import Forecast, duration_text, plural_trials
from concexp.run.machine.neighbours import Watch
from concexp.run.outlook import Outlook

# The first trials show how long a run takes once there are this many, or once this many seconds have passed.
FIRST_TRIALS, FIRST_S, PATIENCE_S = 4, 10.0, 60.0
UPDATE_S = 1.0  # between two computations of the time left


class Session:
    """The listener of a run: passes what happens on to the display and the log, and keeps the outlook.

    `limit` is the run's budget, seconds; None for none. `watch` is on other programs while the run is set up: from now on, unless
    it was begun before.
    """

    def __init__(self, display: Silent, questions: Questions, log: RunLog, watch: Watch | None = None) -> None:
        self.display, self.questions, self.log = display, questions, log
        self.outlook: Outlook | None = None
        self.limit: float | None = None
        self.folder: Path | None = None
        self.watch = watch or Watch()
        self.total = self.done = 0
        self._started = time.monotonic()
        self._measured = 0  # trials of this session
        self._unforeseen = False  # True until the first trials have shown how long the run takes
        self._asked = False
        self._updated = float("-inf")
        self._running: dict[str, tuple[PlannedTrial, float]] = {}  # by the trial's id, with the moment of its start
        self._hosts = 1  # that measure at once

    def opened(self, folder: Path) -> None:
        """The run has this folder."""
        self.folder = folder
        self.log.open(folder)

    def foreseen(self, forecast: Forecast, outlook: Outlook) -> None:
        """Show the forecast of the whole plan; `outlook` is that of the trials."""
        self.outlook, self.limit = outlook, forecast.measure.budget
        self.forecast(forecast.text)

    def run_started(self, total: int, done: int) -> None:
        self.total, self.done = total, done
        self._started = time.monotonic()
        if self.outlook is not None:
            self.outlook.begin(done)
            self._unforeseen = self.outlook.unknown > 0
            if not self._unforeseen or self.seconds_left > LONG_S:
                self._ask()
        self.log.write(f"{plural_trials(total)}, {done} of them from before")
        self.display.run_started(total, done)

    def hosts_changed(self, hosts: int) -> None:
        """So many hosts measure at once."""
        self._hosts = max(1, hosts)

    def trial_started(self, trial: PlannedTrial, host: str = "") -> None:
        self._running[trial.id] = trial, time.monotonic()
        number, where = self.done + len(self._running), f" on {host}" if host else ""
        self.log.write(f"trial {number}/{self.total}, block {trial.block}{where}: {trial_label(trial)}")
        self.display.trial_started(trial, host)

    def trials_added(self, trials: int) -> None:
        self.total += trials
        self.log.write(f"{plural_trials(trials)} more")
        self.display.trials_added(trials)

    def trial_ended(self, record: dict[str, Any]) -> None:
        now = time.monotonic()
        self.done += 1
        self._measured += 1
        if record["status"] != "ok":
            self.log.write(f"{record['trial']}: {record['status']}: {record['reason']}")
        trial, began = self._running.pop(record["trial"], (None, now))
        if self.outlook is not None and trial is not None:
            self.outlook.ended(trial, now - began)
            if now - self._updated > UPDATE_S:
                self._updated = now
                self.display.left = duration_text(self.seconds_left)
        self.display.trial_ended(record)
        self._look(now)

    def note(self, text: str) -> None:
        self.log.write(text)
        self.display.note(text)

    def forecast(self, text: str) -> None:
        self.log.write(text)
        self.display.forecast(text)

    def say(self, text: str) -> None:
        self.log.write(text)
        self.display.say(text)

    def close(self) -> None:
        self.display.close()

    @property
    def seconds_left(self) -> float:
        """How long the rest of the plan takes, as far as is known, and no longer than the budget allows."""
        seconds = self.outlook.seconds / self._hosts if self.outlook is not None else 0.0
        if self.limit is not None:
            seconds = min(seconds, max(0.0, self.limit - (time.monotonic() - self._started)))
        return seconds

    @property
    def kept(self) -> str:
        """What of the run is on disk, in words."""
        if self.folder is None:
            return "nothing was measured yet"
        # A record may be on disk of which this session has not heard yet: it does not say that there is none.
        count = f": {self.done:,} of {plural_trials(self.total)}" if self.done else ""
        return f"every finished trial is kept{count} in {self.folder}"

    def _look(self, now: float) -> None:
        """Once the first trials have shown how long the run takes, say so, and ask whether that is too long."""
        elapsed = now - self._started
        if not self._unforeseen or elapsed < FIRST_S or (self._measured < FIRST_TRIALS and elapsed < PATIENCE_S):
            return
        self._unforeseen = False
        if self.seconds_left > FIRST_S:
            self.forecast(
                f"takes about {duration_text(self.seconds_left)} more, as the first {plural_trials(self._measured)} show"
            )
            self._ask()

    def _ask(self) -> None:
        """Ask once, and interrupt the run if it takes long and the user does not want that."""
        seconds = self.seconds_left
        if self._asked or seconds <= LONG_S or not self.questions.asks:
            return
        self._asked = True
        self.display.pause()
        if not self.questions.long_run(duration_text(seconds)):
            raise KeyboardInterrupt
        self.display.resume()
