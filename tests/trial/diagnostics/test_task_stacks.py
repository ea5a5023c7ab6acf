"""A process that is asked where its tasks stand tells it once, however often it is asked."""

import os
import signal

from concexp.trial.diagnostics import task_stacks
from concexp.trial.diagnostics.lock_watch import registry


def test_who_is_asked_twice_tells_once(tmp_path, monkeypatch):
    """The second signal comes before the handler's first line has run: what the first one wrote is not begun again."""
    before, asked = signal.getsignal(signal.SIGUSR1), []

    def told():
        asked.append(len(asked))
        if len(asked) == 1:
            handler(signal.SIGUSR1, None)
        return {"time": len(asked)}

    monkeypatch.setattr(registry, "snapshot", told)
    try:
        task_stacks.dump_stacks_on_signal(str(tmp_path))
        handler = signal.getsignal(signal.SIGUSR1)
        handler(signal.SIGUSR1, None)
        handler(signal.SIGUSR1, None)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert asked == [0]
    assert sorted(os.listdir(tmp_path)) == [f"{registry.FILE}{os.getpid()}", f"{task_stacks.NAME}{os.getpid()}"]
    assert (tmp_path / f"{registry.FILE}{os.getpid()}").read_text() == "{'time': 1}"
