"""Workloads that wait: their servers, HTTP as it is spoken, queues as theory has them, a database that loses nothing."""

import ast
import asyncio
import contextlib
import heapq
import http.client
import itertools
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import pytest

from concexp.run.child import stage
from concexp.trial import passes, plugin, servers, tools
from concexp.trial.models.threads import Model as Threads
from concexp.trial.servers import _serve, station
from concexp.trial.workloads import _http_clients, http_get, sqlite
from tests.helpers.forks import trial
from tests.helpers.plugins import REAL_MODELS, build, runs

IO = ("echo", "http_get", "server", "sqlite")
TWENTY = {"ops": 20, "scaling": "strong"}


@pytest.fixture
def serving():
    """Start servers that end with the test."""
    running = []

    def start(name, **parameters):
        running.append(servers.start(name, parameters))
        return running[-1]

    yield start
    for server in running:
        servers.stop(server)


def say(server, *pieces, until=""):
    """Send bytes to a server; all that it answers until it closes, or until the answer ends with `until`."""
    with servers.connect(server) as connection:
        connection.settimeout(30)
        for piece in pieces:
            connection.sendall(piece)
        answer = b""
        while not until or not answer.endswith(until):
            more = connection.recv(65_536)
            if not more:
                break
            answer += more
        return answer


@pytest.mark.parametrize(("workload", "model"), [(w, m) for w in IO for m in REAL_MODELS if runs(w, m, "none", 16)])
def test_many_workers_are_served(workload, model):
    """Sixteen workers and two iterations: each operation is done and accounted for, and nothing is left behind."""
    ending = trial(workload, model, workers=16, load={"ops": 40, "scaling": "strong"}, iterations=2)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    assert [iteration["ops"] for iteration in ending.answer["iterations"]] == [40, 40]


# Servers


NOSY = """
import asyncio, http.client, random
class Nosy(asyncio.Protocol):
    def connection_made(self, transport):
        transport.write(http.client.__file__.encode() + b"|" + random.__file__.encode())
        transport.close()
def factory():
    return Nosy
"""


def test_a_server_is_found_by_its_file_and_hides_no_library(tmp_path):
    """A new file is a new server; beside files named like modules of the library it still gets the library's."""
    files = {"nosy.py": NOSY.encode(), "random.py": b"raise SystemExit(7)", "selectors.py": b"raise SystemExit(8)"}
    folder = tmp_path / "staged"
    stage.put(folder, {**stage.code(), **{f"concexp/trial/servers/{name}": text for name, text in files.items()}})
    command = [sys.executable, "-s", "-S", str(folder / "concexp/trial/servers/__main__.py"), "nosy", "{}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        server = servers.Server(int(process.stdout.readline()), process.pid)
        told = say(server).decode().split("|")
        process.stdin.close()
        assert process.wait(30) == 0
    assert [Path(path).name for path in told] == ["client.py", "random.py"]
    assert not any(Path(path).is_relative_to(folder) for path in told)


@pytest.mark.parametrize("name", ["echo", "http"])
def test_a_server_ends_when_the_trial_is_gone(name):
    """It belongs to the process group of who started it, and ends when its standard input closes."""
    server = servers.start(name, {"size": 1, "delay": 0.0})
    assert os.getpgid(server.pid) == os.getpgrp()
    assert os.getsid(server.pid) == os.getsid(0)
    server.process.stdin.close()
    assert server.process.wait(30) == 0
    server.process.stdout.close()


def test_a_forked_worker_cannot_keep_a_server_alive():
    """Stopping ends a server although a process that was forked meanwhile still holds the pipe to it."""
    server = servers.start("echo", {"size": 1, "delay": 0.0})
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    worker = context.Process(target=theirs.recv)
    worker.start()
    servers.stop(server)
    assert server.process.returncode is not None
    ours.send(None)
    worker.join()


@pytest.mark.parametrize(("name", "parameters"), [("no_such_server", {}), ("echo", {"colour": "red"})])
def test_a_server_that_cannot_start_is_told(name, parameters, capfd):
    """A server that ends before it listens is an error that names it, and its own traceback is in the output."""
    with pytest.raises(RuntimeError, match=f"the {name} server ended with exit code 1 before it was ready"):
        servers.start(name, parameters)
    assert "Traceback" in capfd.readouterr().err


def test_the_selector_sees_what_is_ready_and_wakes_no_sooner():
    """With a short timeout, a long one or none, it tells what can be read; with nothing to read, it waits to the end."""
    ours, theirs = socket.socketpair()
    with _serve.selector() as selector, ours, theirs:
        selector.register(ours, 1)
        loop = asyncio.SelectorEventLoop(selector)
        begun = loop.time()
        assert selector.select(0.0003) == []
        assert loop.time() - begun >= 0.0003
        theirs.send(b"x")
        for timeout in (0, 0.0003, 60, None):
            assert [key.fileobj for key, _ in selector.select(timeout)] == [ours]
        selector.unregister(ours)
        loop.close()


@pytest.mark.parametrize("delay", [0.0, 0.001])
def test_an_echo_is_cut_into_messages(serving, delay):
    """However the bytes of two messages arrive, both come back whole and in order."""
    server = serving("echo", size=4, delay=delay)
    assert say(server, b"ab", b"cdef", b"gh", until=b"h") == b"abcdefgh"


# HTTP


def test_http_keeps_the_connection(serving):
    """Requests sent at once on one connection are answered in their order, each with the length that it announces."""
    server = serving("http", size=5, delay=0.001)
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 5\r\n\r\n"
    asked = b"GET /7 HTTP/1.1\r\nHost: x\r\n\r\nGET /123456 HTTP/1.1\r\nHost: x\r\nconnection: Close\r\n\r\n"
    assert say(server, asked[:20], asked[20:]).decode() == f"{head}7 7 7{head}12345"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (b"GET /1 HTTP/1.0\r\n\r\n", "200 OK"),
        (b"GET /one HTTP/1.1\r\n\r\n", "404 Not Found"),
        (b"POST /1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "501 Not Implemented"),
        (b"nonsense\r\n\r\n", "400 Bad Request"),
        (b"GET /1 HTTP/1.1\r\n" + b"x" * 70_000, "431 Request Header Fields Too Large"),
    ],
)
def test_http_ends_what_it_cannot_go_on_with(serving, asked, status):
    """Errors and old clients get one answer, and the connection is closed."""
    answer = say(serving("http", size=1, delay=0.0), asked).decode()
    assert answer.startswith(f"HTTP/1.1 {status}\r\n")
    assert answer.count("HTTP/1.1") == 1


@pytest.mark.parametrize(("size", "text"), [(1, "1"), (3, "12 "), (8, "12 12 12")])
def test_the_body_depends_on_the_number(serving, size, text):
    """What the server sends and what the check expects are the number, over and over, to exactly so many bytes."""
    answer = say(serving("http", size=size, delay=0.0), b"GET /12 HTTP/1.0\r\n\r\n")
    assert answer.partition(b"\r\n\r\n")[2].decode() == text == http_get.content(12, size).decode()


@pytest.mark.parametrize("model", ["serial", "thread_pool", "asyncio"])
@pytest.mark.parametrize("parameters", [{"body": 1}, {"body": 300_000}, {"delay": 0.002}], ids=str)
def test_both_clients_read_whole_bodies(model, parameters):
    """Bodies of a byte and of many packets, at once or after a while: both clients read exactly what was asked for."""
    assert trial(("http_get", parameters), model, load=TWENTY).status == "ok"


def parsed(data):
    """What the asynchronous client makes of an answer."""

    async def read():
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await _http_clients.body_of_answer(reader)

    return asyncio.run(read())


def test_the_asynchronous_client_reads_the_header():
    """Fields in any case and order, with or without a phrase after the status; the body is as long as was said."""
    assert parsed(b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:  4 \r\nA: b\r\n\r\nbodyGET") == b"body"
    assert parsed(b"HTTP/1.0 200\r\nContent-Length:0\r\n\r\n") == b""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404 Not Found"),
        (b"SMTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "SMTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "length"),
    ],
)
def test_the_asynchronous_client_refuses_other_answers(data, words):
    """Another status, another protocol, no length: an error, never a body."""
    with pytest.raises(ConnectionError, match=words):
        parsed(data)


@pytest.mark.parametrize("data", [b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"])
def test_the_asynchronous_client_notices_the_end(data):
    """A connection that ends within an answer is an error."""
    with pytest.raises(asyncio.IncompleteReadError):
        parsed(data)


def test_a_closed_connection_is_not_replaced_in_silence(serving, tmp_path):
    """Each worker keeps its one connection: where it was closed, the work fails instead of opening another."""
    workload = build("workload", "http_get")
    me = tools.WorkerView(0, 1, None, serving("http", size=1024, delay=0.0), str(tmp_path))
    workload.enter(me)
    assert workload.work(me, 2) > 0
    me.own[0].close()
    with pytest.raises(http.client.NotConnected):
        workload.work(me, 1)


def test_bodies_of_other_numbers_are_noticed():
    """The check knows which bodies were to come: the same many of their neighbours are wrong."""
    workload = build("workload", "http_get", body=100)
    bodies = [zlib.crc32(http_get.content(number, 100)) for number in range(5, 25)]
    right, wrong = [passes.Report(0, 1, first, 20, sum(bodies)) for first in (5, 6)]
    assert workload.check(None, passes.Outcome([right], 1.0, 1))[0] == ""
    assert workload.check(None, passes.Outcome([wrong], 1.0, 1))[0] != ""


# The queueing laboratory


class Loop:
    """An event loop's clock and timers without waiting; every timer comes `late`."""

    def __init__(self, late=0.0):
        self.now = 0.0
        self.late = late
        self.timers = []
        self.numbers = itertools.count()

    def time(self):
        return self.now

    def call_at(self, when, function, *arguments):
        timer = Timer(when)
        heapq.heappush(self.timers, (when, next(self.numbers), timer, function, arguments))
        return timer

    def run(self):
        while self.timers:
            when, _, timer, function, arguments = heapq.heappop(self.timers)
            if not timer.cancelled:
                self.now = max(self.now, when + self.late)
                function(*arguments)


class Timer:
    def __init__(self, when):
        self.at = when
        self.cancelled = False

    def when(self):
        return self.at

    def cancel(self):
        self.cancelled = True


class Answers:
    """A connection that notes when which answer was sent."""

    def __init__(self, loop):
        self.loop = loop
        self.sent = []

    def write(self, line):
        self.sent.append((line, self.loop.now))


def simulated(arrivals, services, capacity, late=0.0, **stall):
    """(the station, [(number, departure), …]) after these arrivals, in virtual time."""
    loop = Loop(late)
    answers = Answers(loop)
    one = station.Station(loop, capacity, iter(services).__next__, **stall)
    for number, when in enumerate(arrivals):
        loop.call_at(when - late, one.arrive, number, answers)
    loop.run()
    return one, answers.sent


def test_a_station_serves_in_the_order_of_arrival():
    """Three at once and one later, one place, a second each: a textbook's sums."""
    one, sent = simulated([0, 0, 0, 5], itertools.repeat(1.0), 1)
    assert sent == [(0, 1.0), (1, 2.0), (2, 3.0), (3, 6.0)]
    assert one.counts() == {
        "served": 4,
        "inside": 0,
        "span_s": 6.0,
        "response_s": 1.0 + 2.0 + 3.0 + 1.0,
        "service_s": 4.0,
        "area_s": 3.0 + 2.0 + 1.0 + 1.0,
    }


@pytest.mark.parametrize("capacity", [1, 2, 5])
def test_a_station_agrees_with_the_recursion_for_queues(capacity):
    """Kiefer and Wolfowitz: each request begins when it has come and the earliest place is free. To the last departure."""
    dice = random.Random(capacity)
    arrivals = list(itertools.accumulate(dice.expovariate(1) for _ in range(500)))
    services = [dice.expovariate(0.9 / capacity) for _ in arrivals]
    free, departures = [0.0] * capacity, []
    for arrival, service in zip(arrivals, services, strict=True):
        departures.append(max(arrival, heapq.heappop(free)) + service)
        heapq.heappush(free, departures[-1])
    one, sent = simulated(arrivals, services, capacity)
    assert [when for _, when in sorted(sent)] == pytest.approx(departures)
    counts = one.counts()
    assert counts["response_s"] == pytest.approx(sum(departures) - sum(arrivals))
    assert counts["area_s"] == pytest.approx(counts["response_s"])
    assert counts["span_s"] == pytest.approx(max(departures) - arrivals[0])
    assert counts["service_s"] == pytest.approx(sum(services))


def test_late_timers_do_not_add_up():
    """Where the loop is late, each answer is late once, and the station's rate stays what it should be."""
    _, sent = simulated([0.0] * 10, itertools.repeat(1.0), 1, late=0.25)
    assert [when for _, when in sent] == [number + 1.25 for number in range(10)]


def test_a_stall_moves_everything_behind_it():
    """After the second departure nothing moves for ten seconds: services go on where they stood, the queue waits."""
    _, sent = simulated([0.0, 0.0, 0.5, 2.0, 13.5], [1.0, 1.0, 3.0, 1.0, 1.0], 2, stall=10.0, stall_after=1)
    # 0 departs at 1; then 1 stands still with nothing left to do, 2 and 3 begin when service goes on.
    assert sent == [(0, 1.0), (1, 11.0), (3, 12.0), (2, 14.0), (4, 14.5)]


def test_a_stall_happens_once_in_each_count():
    """The next count begins with a station that works, though the last one ended in a stall, and has its own stall."""
    loop = Loop()
    answers = Answers(loop)
    one = station.Station(loop, 1, itertools.repeat(1.0).__next__, stall=100.0, stall_after=1)
    one.arrive("a", answers)
    loop.call_at(2.0, one.reset)
    for number in (0, 1, 2):
        loop.call_at(3.0, one.arrive, number, answers)
    loop.run()
    assert answers.sent == [("a", 1.0), (0, 4.0), (1, 105.0), (2, 106.0)]
    assert one.counts()["served"] == 3


@pytest.mark.parametrize("model", ["serial", "threads", "processes", "asyncio"])
@pytest.mark.parametrize("spread", ["constant", "exponential"])
def test_the_server_counts_what_it_did(model, spread):
    """Of 20 requests all are counted; nobody is inside who was not sent, and nobody is served in less than his time."""
    given = {"capacity": 2, "service": 0.002, "spread": spread}
    answer = trial(("server", given), model, **({} if model == "serial" else {"workers": 4}), load=TWENTY).answer
    (iteration,) = answer["iterations"]
    counts = iteration["counts"]
    assert counts["server_served"] == 20
    assert 0 < counts["server_in_system"] <= (1 if model == "serial" else 4)
    if spread == "constant":
        assert counts["server_response_s"] >= 0.002
        assert iteration["wall_s"] >= 20 * 0.002 / 2
    # By Little's law; the client's window is a little longer than the server's.
    throughput = iteration["ops"] / iteration["wall_s"]
    assert throughput * counts["server_response_s"] <= counts["server_in_system"] * 1.001
    assert iteration["server_cpu_s"] is not None


def test_a_stall_is_there_in_every_pass():
    """One worker, a stall after ten of twenty requests: no pass is shorter than that, and one response waits for its end."""
    given = {"service": 0.0, "stall": 0.2, "stall_after": 10}
    for iteration in trial(("server", given), "serial", load=TWENTY, iterations=2).answer["iterations"]:
        assert iteration["wall_s"] >= 0.2
        # The stall begins with the tenth answer. The next request waits for what is left of it when it comes, and on a busy
        # machine it comes late.
        assert iteration["counts"]["server_response_s"] >= 0.2 / 2 / 20


def test_a_seed_gives_the_same_services(serving):
    """Two exponential stations of one seed agree on how long they serve, one of another seed does not."""
    sums = []
    for seed in (1, 1, 2):
        given = {"capacity": 1, "service": 0.001, "spread": "exponential", "stall": 0.0, "stall_after": 1}
        server = serving("station", **given, seed=seed)
        assert say(server, b"a\nb\nc\n", until=b"c\n") == b"a\nb\nc\n"
        sums.append(say(server, b"counts\n", until=b"\n"))
    found = [ast.literal_eval(text.decode())["service_s"] for text in sums]
    assert found[0] == found[1] != found[2]
    assert all(one > 0 for one in found)


SEEN = {"served": 10, "inside": 0, "span_s": 2.0, "response_s": 5.0, "service_s": 4.0, "area_s": 5.0}


@pytest.mark.parametrize(
    ("change", "total", "words"),
    [
        ({}, 55, ""),
        ({"served": 9}, 55, "served 9 requests, not 10"),
        ({"served": 11}, 55, "served 11 requests, not 10"),
        ({"inside": 1}, 55, "1 are still inside"),
        ({"response_s": 4.99}, 55, "Little's law"),
        ({"service_s": 4.01}, 55, "4.010 s of service in 2.000 s from 2 places"),
        ({"area_s": 6.2, "response_s": 6.2}, 55, "3.100 requests inside, of 3 workers"),
        ({}, 54, "the answers"),
    ],
)
def test_what_a_server_cannot_have_done_is_noticed(change, total, words):
    """Two places, three workers, ten requests: each law that the counters break is named; the columns tell L and W."""
    outcome = passes.Outcome([passes.Report(0, 1, 0, 4, 10), passes.Report(0, 1, 4, 6, total - 10)], 2.0, 3)
    reason, counts = build("workload", "server", capacity=2).judge({**SEEN, **change}, outcome)
    assert words in reason
    assert bool(words) == bool(reason)
    if not change:
        assert counts == {"server_served": 10, "server_in_system": 2.5, "server_response_s": 0.5}


# SQLite


@pytest.fixture
def database(tmp_path):
    """Do 1500 operations on two threads; the workload, its file, and the outcome."""

    def database(**parameters):
        workload, model = build("workload", "sqlite", **parameters), Threads()
        kit = tools.Kit(tools.Tools(*model.primitives()), build("sync", "none"), None, 2, str(tmp_path))
        shared = workload.prepare(kit)
        model.open(tools.Job(workload, 2, None, shared, str(tmp_path)))
        workload.reset(shared)
        reports = model.run([(0, 900, None), (1 << 40, 600, None)])
        model.close()
        return workload, shared, passes.Outcome(reports, 1.0, 2)

    return database


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 1 / 3, 0.5, 0.999, 1.0])
def test_writes_are_spread_evenly(share):
    """Of every thousand operations exactly the share writes, and of the first k the share of k, to less than one."""
    writes = [writes for writes, _ in build("workload", "sqlite", writes=share).pattern()]
    whole = round(share * 1000)
    assert sum(writes) == whole
    for k in range(1001):
        assert abs(sum(writes[:k]) - k * whole / 1000) < 1
    assert {row for _, row in build("workload", "sqlite").pattern()} == set(range(sqlite.ROWS))


@pytest.mark.parametrize("journal", ["wal", "delete"])
@pytest.mark.parametrize("synchronous", ["off", "normal", "full"])
def test_the_database_is_as_was_asked(journal, synchronous, tmp_path):
    """The file has the journal, and each connection the care, that the experiment names; the check agrees."""
    workload = build("workload", "sqlite", journal=journal, synchronous=synchronous)
    shared = workload.prepare(tools.Kit(None, None, None, 1, str(tmp_path)))
    me = tools.WorkerView(0, 1, None, shared, str(tmp_path))
    workload.enter(me)
    assert me.own[0].execute("PRAGMA journal_mode").fetchall() == [(journal,)]
    assert me.own[0].execute("PRAGMA synchronous").fetchall() == [(["off", "normal", "full"].index(synchronous),)]
    workload.leave(me)
    given = {"journal": journal, "synchronous": synchronous, "writes": 0.5}
    assert trial(("sqlite", given), "processes", load=TWENTY).status == "ok"


@pytest.mark.parametrize("writes", [0.0, 0.25, 1.0])
def test_every_update_arrives(database, writes):
    """The rows hold as many updates as operations wrote; the next pass begins at none."""
    workload, shared, outcome = database(writes=writes)
    assert workload.check(shared, outcome) == ("", {})
    with contextlib.closing(sqlite.connect(shared)) as connection:
        assert connection.execute("SELECT sum(updates) FROM counter").fetchall() == [(1500 * writes,)]
        workload.reset(shared)
        assert connection.execute("SELECT sum(updates) FROM counter").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE counter SET updates = updates - 1 WHERE row = 7", "the rows hold 149 updates, not 150"),
        ("UPDATE counter SET updates = updates + 1 WHERE row = 7", "the rows hold 151 updates, not 150"),
        ("UPDATE counter SET updates = updates + CASE row WHEN 7 THEN 1 ELSE -1 END WHERE row IN (7, 8)", "belong"),
    ],
)
def test_an_update_that_is_lost_or_misplaced_is_noticed(database, damage, words):
    """One update too few, too many or in another row: the check says so."""
    workload, shared, outcome = database()
    with contextlib.closing(sqlite.connect(shared)) as connection:
        connection.execute(damage)
    assert words in workload.check(shared, outcome)[0]


def test_what_readers_found_is_checked(database):
    """Readers of wrong rows are noticed, though no update is missing."""
    workload, shared, outcome = database()
    outcome.total += 1
    assert workload.check(shared, outcome)[0] == "what was read is not what the rows hold"


def test_a_locked_file_is_waited_for(tmp_path):
    """A writer that finds the file locked does not fail: it waits until it is its turn."""
    workload = build("workload", "sqlite", writes=1.0)
    shared = workload.prepare(tools.Kit(None, None, None, 1, str(tmp_path)))
    begun, done = threading.Event(), []

    def write():
        me = tools.WorkerView(0, 1, None, shared, str(tmp_path))
        workload.enter(me)
        me.own[0].set_trace_callback(lambda statement: begun.set())
        done.append(workload.work(me, 1))
        workload.leave(me)

    writer = threading.Thread(target=write)
    with contextlib.closing(sqlite.connect(shared)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        writer.start()
        assert begun.wait(30)
        assert done == []
        holder.execute("COMMIT")
    writer.join()
    assert done == [1]


def test_coroutines_have_no_database():
    """asyncio refuses SQLite, with the reason."""
    reason = tools.unsupported(build("workload", "sqlite"), build("model", "asyncio"), None, 2, TWENTY)
    assert reason == "sqlite has no asynchronous form: its blocking calls would stop the event loop"


def test_an_interpreter_without_sqlite_is_told(monkeypatch):
    """Where the interpreter was built without SQLite, the cell is unsupported, and the plug-in can still be loaded."""
    monkeypatch.setattr(plugin, "FOUND", {"_sqlite3": False})
    reason = tools.unsupported(build("workload", "sqlite"), build("model", "threads"), None, 2, TWENTY)
    assert reason == "sqlite needs _sqlite3, which this interpreter does not have"
