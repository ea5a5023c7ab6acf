"""A cluster of real Dask workers on this machine: calls, their failures, lost workers, and where anything listens."""

import os
import signal
import sys
import threading
import time
from types import SimpleNamespace

import psutil
import pytest

from concexp.errors import EnvironmentRefused
from concexp.run.cluster import connection
from concexp.run.cluster.connection import RESOURCE, connected


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Two workers on this machine."""
    with connected("local:2", tmp_path_factory.mktemp("here")) as one:
        yield one


def pid_and_resources():
    from distributed import get_worker

    return os.getpid(), dict(get_worker().state.total_resources)


def fails():
    raise ValueError("as it should")


def test_a_call_runs_on_the_worker_that_it_is_for(local):
    """Each worker is a process of its own, has the resource that one call at a time can have, and answers for itself."""
    workers = sorted(local.workers())
    assert len(workers) == 2
    first = [local.call(worker, pid_and_resources).result(20) for worker in workers]
    again = [local.call(worker, pid_and_resources).result(20) for worker in workers]
    assert first == again
    assert len({os.getpid(), *(pid for pid, _ in first)}) == 3
    assert [resources[RESOURCE] for _, resources in first] == [1, 1]


def test_an_answer_wakes_no_thread_of_its_own(local):
    """It is awaited in the loop that it comes to: ten thousand of them would wake a thread of callbacks as often."""
    local.call(min(local.workers()), pid_and_resources).result(20)
    assert not [thread.name for thread in threading.enumerate() if "Callback" in thread.name]


def test_an_exception_comes_back(local):
    """What a call raises is raised where its result is asked for."""
    with pytest.raises(ValueError, match="as it should"):
        local.call(min(local.workers()), fails).result(20)


def test_nothing_listens_beyond_loopback(local):
    """Neither the scheduler nor a worker nor their pages for diagnosis can be reached from another machine."""
    here = psutil.Process()
    listening = [
        one.laddr.ip
        for process in (here, *here.children(recursive=True))
        for one in process.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3
    assert set(listening) == {"127.0.0.1"}


def test_a_killed_worker_is_gone_and_another_one_comes(local):
    """Its address is no longer among the workers, what it was asked for can be cancelled, and a new worker takes its place."""
    worker = min(local.workers())
    pid, _ = local.call(worker, pid_and_resources).result(20)
    waiting = local.call(worker, time.sleep, 60)
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while worker in (there := local.workers()) or len(there) < 2:
        assert time.monotonic() < deadline, there
        time.sleep(0.05)
    assert waiting.cancel()
    assert local.call(min(there), pid_and_resources).result(20)[0] != pid


@pytest.mark.parametrize("answer", [OSError("gone"), {}, RuntimeError("closed")], ids=repr)
def test_a_scheduler_that_is_gone_ends_the_run(answer):
    """Whatever Dask's client makes of it: exit code 3, and what to do."""

    def scheduler_info(count):
        if isinstance(answer, Exception):
            raise answer
        return answer

    loop = SimpleNamespace(asyncio_loop=None)
    one = connection.Connection(SimpleNamespace(loop=loop, scheduler_info=scheduler_info), "tcp://host:1")
    with pytest.raises(EnvironmentRefused, match="the scheduler of tcp://host:1 does not answer any more") as refused:
        one.workers()
    assert "same command" in refused.value.hint


def test_a_function_makes_a_cluster(local, tmp_path):
    """A module beside the YAML, with a function that returns what Dask can connect to; it leaves no trace in the path."""
    address = local._client.scheduler.address
    (tmp_path / "my_cluster_here.py").write_text(f"def make():\n    return {address!r}\n")
    with connected("my_cluster_here:make", tmp_path) as one:
        assert one.workers() == local.workers()
    assert str(tmp_path) not in sys.path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no_such_module:make", "no_such_module:make makes no cluster"),
        ("os:no_such_function", "os:no_such_function makes no cluster"),
        ("tcp://127.0.0.1:9", "cannot connect to tcp://127.0.0.1:9"),
        ("tls://127.0.0.1:9", "needs certificates"),
    ],
)
def test_no_cluster_is_refused(name, words, tmp_path, monkeypatch):
    """With the name and the reason."""
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(EnvironmentRefused, match=words),
        connected(name, tmp_path),
    ):
        pass


def test_without_dask_the_extra_is_named(tmp_path, monkeypatch):
    """Dask is optional: who needs it is told how to get it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EnvironmentRefused) as refused, connected("local:1", tmp_path):
        pass
    assert refused.value.hint == "pip install 'concexp[cluster]'"
    assert connection.RESOURCE == "concexp"
