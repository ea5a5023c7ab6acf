"""What the parent and the workers of many processes and coroutines do beside the work, which takes the work's CPUs."""

import multiprocessing
import os
import selectors

import pytest

from concexp.trial import tools
from concexp.trial.models import hybrid, processes


class Sent(list):
    """A pipe's end that only remembers."""

    send = list.append


def test_reports_of_a_loop_go_out_together():
    """While one of its workers is still at work, no report is sent; then each goes through its own pipe, in every pass."""
    pipes = [Sent(), Sent(), Sent()]
    outbox = hybrid.Outbox(3)
    send = [outbox.sender(pipe) for pipe in pipes]
    for number in range(2):
        for worker in (2, 0):
            send[worker](("report", worker))
            assert [len(pipe) for pipe in pipes] == [number] * 3
        send[1](("report", 1))
        assert [len(pipe) for pipe in pipes] == [number + 1] * 3
    assert pipes == [[("report", worker)] * 2 for worker in range(3)]


def test_a_failure_goes_out_at_once():
    """The others may wait for the one that failed, and never say anything."""
    pipe = Sent()
    hybrid.Outbox(3).sender(pipe)(("failed", ("why", "where")))
    assert pipe == [("failed", ("why", "where"))]


class Crew:
    """A model whose workers are pipes of this test: `shared` of them belong to each process."""

    def __init__(self, workers, shared):
        self.pipes, self.far = map(list, zip(*[multiprocessing.Pipe() for _ in range(workers)], strict=True))
        ends = [os.pipe() for _ in range(workers // shared)]
        self.ends = [ends[worker // shared][0] for worker in range(workers)]
        self.ending = [ends[worker // shared][1] for worker in range(workers)]
        self.crew = [multiprocessing.Process()] * workers

    collect, message = processes.Model.collect, processes.Model.message

    def close(self):
        for pipe in (*self.pipes, *self.far):
            pipe.close()
        for end in {*self.ends, *self.ending}:
            os.close(end)


@pytest.fixture
def crew(monkeypatch):
    """Twelve workers in three processes, whose ends are no processes' in truth."""
    monkeypatch.setattr(multiprocessing.Process, "join", lambda self, timeout: None)
    one = Crew(12, 4)
    yield one
    one.close()


def test_the_parent_registers_each_worker_once(crew, monkeypatch):
    """However many messages come one by one: it would take CPUs from workers that are still at work."""
    registered = []

    class Counting(selectors.DefaultSelector):
        def register(self, *arguments):
            registered.append(arguments)
            return super().register(*arguments)

        def select(self, timeout=None):
            found = super().select(timeout)
            return found[:1]

    monkeypatch.setattr(selectors, "DefaultSelector", Counting)
    for index, pipe in enumerate(crew.far):
        pipe.send(("report", index))
    assert crew.collect("report") == list(range(12))
    assert len(registered) == 12 + 3


def test_a_last_message_is_read_though_the_process_has_ended(crew):
    """And a worker that ended without one is named."""
    for index, pipe in enumerate(crew.far[:-1]):
        pipe.send(("left", index))
    os.write(crew.ending[-1], b"x")
    with pytest.raises(tools.WorkerDied, match="worker 11"):
        crew.collect("left")
