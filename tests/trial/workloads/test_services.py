"""Workloads over servers of the user's, and over packages: real PostgreSQL, real Redis, real HTTP, and what lacks is said.

Servers are started from the system's packages (see `tests.helpers.services`), packages are those of the extra `services`.
"""

import importlib
import os
import threading
import time

import pytest

from concexp import catalog, experiment
from concexp.plan.planner import make_plan
from concexp.run import services as services_of_a_run
from concexp.run.interpreters import interpreter
from concexp.run.provided import provided_by
from concexp.trial import passes, plugin, tools
from concexp.trial.models.threads import Model as Threads
from concexp.trial.workloads import _service
from tests.helpers import services
from tests.helpers.children import staged, trial
from tests.helpers.plugins import build

COUNTED = {"ops": 24, "scaling": "strong"}
TIMED = {"duration": 0.02}
PIP = {
    ("postgres", "psycopg"): 'psycopg, which this interpreter does not have: pip install "psycopg[binary,pool]"',
    ("postgres", "asyncpg"): "asyncpg, which this interpreter does not have: pip install asyncpg",
    ("redis", ""): "redis, which this interpreter does not have: pip install redis",
    ("http_get", "requests"): "requests, which this interpreter does not have: pip install requests",
    ("http_get", "httpx"): "httpx, which this interpreter does not have: pip install httpx",
    ("http_get", "aiohttp"): "aiohttp, which this interpreter does not have: pip install aiohttp",
}
SPAWN = ("processes", {"start_method": "spawn"})
# (workload, model, load): each library on workers of each kind that it can have, with connections of their own and in a pool.
TRIED = [
    (("postgres", {}), "threads", COUNTED),
    (("postgres", {}), SPAWN, TIMED),
    (("postgres", {"pool": 2}), "thread_pool", COUNTED),
    (("postgres", {"pool": 2, "delay": 0.001}), "threads", TIMED),
    (("postgres", {"writes": 1.0}), "to_thread", COUNTED),
    (("postgres", {}), "asyncio", COUNTED),
    (("postgres", {"pool": 2, "delay": 0.001, "writes": 0.5}), ("loops", {"limit": 2}), TIMED),
    (("postgres", {"pool": 1}), ("hybrid", {"inner": "asyncio"}), COUNTED),
    (("postgres", {"driver": "asyncpg"}), "asyncio", TIMED),
    (("postgres", {"driver": "asyncpg", "pool": 2, "delay": 0.001, "writes": 0.5}), "asyncio", COUNTED),
    (("redis", {}), "threads", COUNTED),
    (("redis", {"writes": 0.5}), "process_pool", COUNTED),
    (("redis", {"pool": 2, "commands": 3}), "threads", TIMED),
    (("redis", {}), "asyncio", TIMED),
    (("redis", {"pool": 2, "commands": 3, "writes": 0.5}), ("asyncio", {"spawn": "gather"}), COUNTED),
    (("http_get", {"client": "requests"}), "threads", TIMED),
    (("http_get", {"client": "requests", "pool": 2}), "thread_pool", COUNTED),
    (("http_get", {"client": "httpx"}), "processes", COUNTED),
    (("http_get", {"client": "httpx", "pool": 2}), "asyncio", COUNTED),
    (("http_get", {"client": "aiohttp"}), ("loops", {"limit": 2}), COUNTED),
    (("http_get", {"client": "aiohttp", "pool": 2}), "asyncio", TIMED),
]


@pytest.fixture(scope="session")
def addresses():
    """Starts a server at the first call for it; returns the variables with its address. It ends with the tests."""
    running = {}

    def of(name):
        if name not in NEEDING:
            return {}
        if name not in running:
            server = getattr(services, name)()
            running[name] = server, server.__enter__()
        return {build("workload", name).variable: running[name][1]}

    yield of
    for server, _ in running.values():
        server.__exit__(None, None, None)


NEEDING = [name for name in catalog.names("workload") if catalog.load("workload", name).external_server]


def needed(workload):
    """Skips the test where a package of a workload is not installed; where servers are required it fails."""
    name, parameters = workload
    for package in build("workload", name, **parameters).packages:
        if os.environ.get("CONCEXP_SERVICES") == "required":
            importlib.import_module(package)
        pytest.importorskip(package)


@pytest.fixture
def served(addresses, monkeypatch):
    """Returns a function that builds a workload whose server runs, with its address in this process's environment."""

    def build_it(name, **parameters):
        needed((name, parameters))
        for variable, address in addresses(name).items():
            monkeypatch.setenv(variable, address)
        return build("workload", name, **parameters)

    return build_it


def test_every_workload_is_tested():
    """One that needs a server, or lets a parameter choose a package, is tried here in each form."""
    assert sorted(services.NOWHERE) == NEEDING
    forms = {
        (name, getattr(build("workload", name, **given), "driver", "") or given.get("client", ""))
        for (name, given), *_ in TRIED
    }
    assert forms == set(PIP)


@pytest.mark.parametrize(("workload", "model", "load"), TRIED, ids=str)
def test_each_operation_is_accounted_for(workload, model, load, addresses):
    """Two passes of three workers are done, what the server holds agrees, and no process is left behind."""
    needed(workload)
    ending = trial(workload, model, workers=3, load=load, iterations=2, variables=addresses(workload[0]))
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    for iteration in ending.answer["iterations"]:
        assert iteration["ops"] == load.get("ops", iteration["ops"]) >= 1


@pytest.mark.parametrize("name", NEEDING)
def test_without_its_server_it_is_unsupported(name):
    """Where nothing answers, a trial does nothing, and its reason says where and what to do, without the password."""
    needed((name, {}))
    ending = trial(name, "threads", variables=services.NOWHERE[name])
    ((variable, address),) = services.NOWHERE[name].items()
    assert (ending.status, ending.left_behind) == ("unsupported", 0), ending
    where = f"127.0.0.1:1/{address.rpartition('/')[2]}"
    assert ending.reason.startswith(f"no {build('workload', name).external_server} answers at {where} (")
    assert "Connection refused" in ending.reason
    assert ending.reason.endswith(f"): start one there, or give the address of another in {variable}")
    assert services.PASSWORD not in str(ending)


@pytest.mark.parametrize(("name", "choice"), PIP, ids=str)
def test_without_its_package_it_is_unsupported(name, choice, monkeypatch):
    """An interpreter that has nothing installed names the command that installs it."""
    parameters = {{"postgres": "driver", "http_get": "client"}[name]: choice} if choice else {}
    workload = build("workload", name, **parameters)
    monkeypatch.setattr(plugin, "FOUND", dict.fromkeys(workload.packages, False))
    reason = tools.unsupported(workload, build("model", "asyncio"), None, 2, COUNTED)
    assert reason == f"{name} needs {PIP[name, choice]}"


def test_only_trials_that_need_packages_see_them(write):
    """The standard library's client starts without what is installed; a package's client with it."""
    text = "workload: [http_get, {http_get: {client: aiohttp}, as: theirs}]\nmodel: asyncio\n"
    cells = make_plan(experiment.load(write("x.yaml", text)), 2).cells
    assert {cell.axes["workload"]: cell.needs_site for cell in cells} == {"http_get": False, "theirs": True}


@pytest.mark.parametrize(
    ("workload", "model", "reason"),
    [
        (("postgres", {"driver": "asyncpg"}), "threads", "asyncpg has an asynchronous form only: it needs an event loop"),
        (("http_get", {"client": "aiohttp"}), "process_pool", "aiohttp has an asynchronous form only: it needs"),
        (("http_get", {"client": "aiohttp"}), ("trio", {"offload": True}), "aiohttp has an asynchronous form only, and"),
        (("http_get", {"client": "requests"}), "asyncio", "requests has no asynchronous form: its blocking calls would"),
        (("redis", {}), "trio", "redis is written for asyncio where it awaits"),
        (("http_get", {"pool": 2}), "threads", "http.client has no pool of connections: name another client"),
    ],
    ids=str,
)  # fmt: skip
def test_a_library_runs_only_where_it_is_written_for(workload, model, reason, monkeypatch):
    """The reason names the library, not the workload that uses it."""
    workload = build("workload", workload[0], **workload[1])
    monkeypatch.setattr(plugin, "FOUND", dict.fromkeys(["trio", *workload.packages], True))
    model = build("model", model) if isinstance(model, str) else build("model", model[0], **model[1])
    assert tools.unsupported(workload, model, None, 2, COUNTED).startswith(reason)


class Pass:
    """One pass of six threads, not yet judged."""

    def __init__(self, workload, folder):
        self.workload, self.model = workload, Threads()
        kit = tools.Kit(tools.Tools(*self.model.primitives(), False, str(folder), 6), None, None, 6, str(folder), 60)
        self.shared = workload.prepare(kit)
        self.model.open(tools.Job(workload, 6, None, self.shared, str(folder)))
        workload.reset(self.shared)
        reports = self.model.run([(first, n, None) for first, n in workload.shares(60, 6)])
        self.outcome = passes.Outcome(reports, 1e9, 6)

    def verdict(self):
        return self.workload.check(self.shared, self.outcome)[0]

    def close(self):
        self.model.close()
        self.workload.release(self.shared)


SPOIL = {
    "postgres": lambda one: one.workload.backend.ask(f"UPDATE {one.shared} SET updates = updates + 1 WHERE row = 0"),
    "redis": lambda one: one.workload.backend.ask([("INCR", f"{one.shared}:updates:0")]),
}
LEFT = {
    "postgres": lambda one: one.backend.ask("SELECT tablename FROM pg_tables WHERE tablename ~ '^concexp_'")[0],
    "redis": lambda one: one.backend.ask([("KEYS", "concexp_*")])[0],
}
CONNECTIONS = {
    "postgres": lambda one: one.backend.ask(
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )[0][0][0],
    "redis": lambda one: len(one.backend.ask([("CLIENT", "LIST")])[0].splitlines()) - 1,
}


@pytest.mark.parametrize("name", NEEDING)
def test_its_check_asks_the_server(name, served, tmp_path):
    """What workers returned and what the server holds have to agree; afterwards nothing is left on it."""
    workload = served(name, writes=1.0)
    one = Pass(workload, tmp_path)
    try:
        assert one.verdict() == ""
        one.outcome.total += 1
        assert one.verdict() == "what was read is not what the rows hold"
        SPOIL[name](one)
        assert one.verdict() == "the rows hold 61 updates, not 60"
        workload.reset(one.shared)
        assert one.verdict() == "the rows hold 0 updates, not 60"
    finally:
        one.close()
    assert LEFT[name](workload) == []


@pytest.mark.parametrize("pool", [0, 2])
@pytest.mark.parametrize("name", NEEDING)
def test_a_pool_limits_the_connections(name, pool, served, tmp_path):
    """The server sees a connection for each of six workers, or at most those of the pool."""
    workload = served(name, pool=pool, **({"delay": 0.001} if name == "postgres" else {}))
    deadline = time.monotonic() + 30
    while CONNECTIONS[name](workload) and time.monotonic() < deadline:  # a server notices late that one was closed
        time.sleep(0.02)
    one = Pass(workload, tmp_path)
    try:
        assert one.verdict() == ""
        assert CONNECTIONS[name](workload) in ([6] if pool == 0 else [1, 2])
    finally:
        one.close()


def test_what_was_left_behind_long_ago_is_removed(served):
    """A table of a trial that was killed yesterday goes; that of another trial now, and the user's own, stay."""
    workload = served("postgres")
    old, young, own = f"concexp_{int(time.time()) - 90_000}_ab", f"concexp_{int(time.time())}_ab", "concexp_mine"
    try:
        workload.backend.ask(*(f"CREATE TABLE {name} (x integer)" for name in (old, young, own)))
        assert workload.absence() == ""
        assert sorted(name for (name,) in LEFT["postgres"](workload)) == sorted([young, own])
    finally:
        workload.backend.ask(*(f"DROP TABLE IF EXISTS {name}" for name in (old, young, own)))


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "redis-py"])
def test_a_server_that_refuses_is_unsupported(driver, addresses, monkeypatch):
    """With a wrong password the reason says so, and shows neither this one nor the right one."""
    name, parameters = ("redis", {}) if driver == "redis-py" else ("postgres", {"driver": driver})
    needed((name, parameters))
    ((variable, address),) = addresses(name).items()
    monkeypatch.setenv(variable, address.replace(services.PASSWORD, "wrong-one"))
    workload = build("workload", name, **parameters)
    reason = workload.absence()
    where = address.partition("@")[2]
    assert reason.startswith(f"{workload.external_server} at {where} refuses (")
    assert reason.endswith(f"): correct the address in {variable}")
    assert "wrong-one" not in reason
    assert services.PASSWORD not in reason


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "redis-py"])
@pytest.mark.parametrize(
    "url", ["postgresql://me:hu#sh@h.invalid/db", "redis://me:hu/sh@h.invalid", "hu:sh", "host=x password=hush"]
)
def test_a_damaged_address_shows_no_password(driver, url, monkeypatch):
    """Libraries quote what they cannot read, or take part of a password for a host."""
    name, parameters = ("redis", {}) if driver == "redis-py" else ("postgres", {"driver": driver})
    needed((name, parameters))
    workload = build("workload", name, **parameters)
    monkeypatch.setenv(workload.variable, url)
    reason = workload.absence()
    assert reason
    assert not any(part in reason for part in ("hu#", "hu/", "sh@", "hu:", "hush", "'hu"))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", "localhost:5432"),
        ("postgresql://me:hush@db.example:6000/shop?sslmode=require", "db.example:6000/shop"),
        ("redis://:hush@cache", "cache:5432"),
        ("postgresql:///shop", "localhost:5432/shop"),
        ("host=db password=hush", "an address that is not a URL"),
        ("redis://h:port", "an address that is not a URL"),
    ],
)
def test_an_address_is_shown_without_credentials(url, shown):
    """Host, port and database alone."""
    assert _service.place_of(url, ("localhost", "5432")) == shown


def test_a_run_asks_before_its_first_trial(write, addresses, tmp_path):
    """Only cells whose server does not answer get a reason; each environment is asked for itself."""
    needed(("redis", {}))
    ((variable, address),) = addresses("redis").items()
    nowhere = services.NOWHERE["redis"][variable].replace(services.PASSWORD, "x")
    text = (
        f"workload: [noop, redis]\nmodel: threads\nsweep: {{env.{variable}: [{{is: '{address}', as: here}}, "
        f"{{is: '{nowhere}', as: nowhere}}]}}\n"
    )
    spec = experiment.load(write("x.yaml", text))
    plan, pythons = make_plan(spec, 2), {"current": interpreter.current(staged())}
    answers = services_of_a_run.ask_servers(plan, pythons, staged(), Unlocked(), provided_by(spec, {}))
    reasons = answers.reasons
    assert list(answers.versions) == ["Redis"]
    assert answers.versions["Redis"][0].isdigit()
    axes = [cell.axes for cell in plan.cells if cell.id in reasons]
    assert [(one["workload"], one[f"env.{variable}"]) for one in axes] == [("redis", "nowhere")]
    assert all(reason.startswith("no Redis answers at 127.0.0.1:1/0") for reason in reasons.values())


class Unlocked:
    """A machine's lock that is free."""

    def held(self):
        return threading.Lock()


def test_workers_share_one_pool_until_the_last_leaves(served, tmp_path):
    """The first to enter makes it, and the last to leave closes it; another role of the trial has its own."""
    first, second = served("redis", pool=2), served("redis", pool=2)
    views = [tools.WorkerView(0, 2, None, shared, str(tmp_path)) for shared in ("a", "a", "b")]
    for workload, me in zip((first, first, second), views, strict=True):
        workload.enter(me)
    clients = [me.own[0] for me in views]
    assert clients[0] is clients[1]
    assert clients[0] is not clients[2]
    closed = []
    for client in {id(client): client for client in clients}.values():
        client.close = lambda client=client: closed.append(client)
    first.leave(views[0])
    assert closed == []
    first.leave(views[1])
    assert closed == [clients[0]]
    second.leave(views[2])
    assert closed == [clients[0], clients[2]]
