"""A cluster without Dask: its workers are threads of this process, each with a host's name, and end when a test says so."""

import collections.abc
import concurrent.futures
import contextlib
import contextvars
import pickle
import threading

import pytest

from concexp.run.cluster import host
from concexp.run.machine import facts

_here = contextvars.ContextVar("host", default="")
_memory = contextvars.ContextVar("memory")


class PerWorker(collections.abc.MutableMapping):
    """A module's dict as each worker has its own: they are threads here, and processes elsewhere."""

    def __getitem__(self, key):
        return _memory.get()[key]

    def __setitem__(self, key, value):
        _memory.get()[key] = value

    def __delitem__(self, key):
        del _memory.get()[key]

    def __iter__(self):
        return iter(_memory.get())

    def __len__(self):
        return len(_memory.get())


class FakeConnection:
    """Stands for `Connection`. What travels is pickled, as it is by Dask; `before` is called with each call before it is made."""

    name = "a fake cluster"

    def __init__(self):
        self.hosts = {}  # worker -> its host
        self.cpus = {}  # host -> usable CPUs, 2 where it is not here
        self.before = lambda worker, function, arguments: None
        self.calls = []
        self.opened = {}  # worker -> the runs that were opened there: each worker is a process of its own
        self.busy, self.most_busy = {}, {}
        self.together = 0  # no step is taken before so many workers have opened the run
        self._open, self._opening = 0, threading.Condition()
        self._lock = threading.Lock()
        self._threads = concurrent.futures.ThreadPoolExecutor(8)

    def start(self, worker, name):
        self.hosts[worker] = name
        self.opened[worker] = {}

    def end(self, worker):
        """The worker is gone, in the middle of whatever it does."""
        self.hosts.pop(worker, None)

    def workers(self):
        return set(self.hosts)

    def wait_for_open(self, workers):
        """Wait until so many workers have opened the run."""
        with self._opening:
            assert self._opening.wait_for(lambda: self._open >= workers, 20)

    def call(self, worker, function, *arguments):
        self.calls.append((worker, function.__name__))
        answer = concurrent.futures.Future()
        packed = pickle.dumps((function, arguments))
        self._threads.submit(self._run, worker, packed, answer)
        return answer

    def _run(self, worker, packed, answer):
        function, arguments = pickle.loads(packed)
        if function is host.perform:
            self.wait_for_open(self.together)
        try:
            self.before(worker, function.__name__, arguments)
        except ConnectionError:
            self.end(worker)
        except Exception as error:
            self._answer(answer.set_exception, error)
            return
        if worker not in self.hosts:
            return  # nobody answers
        name = self.hosts[worker]
        _here.set(name)
        with self._lock:
            self.busy[name] = self.busy.get(name, 0) + (function is host.perform)
            self.most_busy[name] = max(self.most_busy.get(name, 0), self.busy[name])
        try:
            _memory.set(self.opened[worker])
            result = pickle.dumps(function(*arguments))
        except Exception as error:
            result = error
        with self._lock:
            self.busy[name] -= function is host.perform
        with self._opening:
            self._open += function is host.open_run
            self._opening.notify_all()
        if isinstance(result, Exception):
            self._answer(answer.set_exception, result)
        else:
            self._answer(answer.set_result, pickle.loads(result))

    def _answer(self, give, what):
        with contextlib.suppress(concurrent.futures.InvalidStateError):  # it was cancelled meanwhile
            give(what)

    def close(self):
        self._threads.shutdown()


@pytest.fixture
def cluster(monkeypatch):
    """A cluster without workers yet."""
    connection = FakeConnection()
    real = facts.facts
    monkeypatch.setattr(host, "_opened", PerWorker())
    monkeypatch.setattr(facts, "host", lambda: _here.get() or "here0000")
    monkeypatch.setattr(facts, "facts", lambda: {**real(), "cpus": connection.cpus.get(_here.get(), 2)})
    yield connection
    connection.close()
