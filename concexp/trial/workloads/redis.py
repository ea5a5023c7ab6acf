"""A real Redis: readers and writers of counters, one command or many in a round trip."""

import os

from concexp.trial.workloads._rows import PERIOD, ROWS, Rows, label
from concexp.trial.workloads._service import LEFTOVERS, PATIENCE, Backend, Service

VARIABLE = "REDIS_URL"
HERE = "redis://localhost:6379/0"


class Redis(Backend):
    """redis-py, which has the same methods for blocking code and for coroutines. `me.own` is a client, with a pool of its own.

    pattern   [(whether it writes, the row)] of the operations with number % PERIOD == 0, 1, …
    """

    packages = ("redis",)

    def __init__(self, pattern):
        self.pattern = pattern

    def plan(self, shared):
        """[(whether it writes, the key)] of the operations with number % PERIOD == 0, 1, …"""
        return [(writes, "%s:%s:%d" % (shared, "updates" if writes else "label", row)) for writes, row in self.pattern]

    def client(self, module, pool, size, **more):
        """A client of redis or of redis.asyncio, over at most `size` connections."""
        connections = pool.from_url(os.environ.get(VARIABLE) or HERE, max_connections=size, **more)
        return module.Redis.from_pool(connections)

    def open(self, shared):
        import redis

        return self.client(redis, redis.ConnectionPool, 1)

    def open_pool(self, shared, size):
        import redis

        return self.client(redis, redis.BlockingConnectionPool, size, timeout=None)

    async def open_async(self, shared):
        import redis.asyncio

        return self.client(redis.asyncio, redis.asyncio.ConnectionPool, 1)

    async def open_pool_async(self, shared, size):
        import redis.asyncio

        return self.client(redis.asyncio, redis.asyncio.BlockingConnectionPool, size, timeout=None)

    async def close_async(self, connection):
        await connection.aclose()

    def ask(self, commands):
        """The answers to a list of commands, each a tuple, over a connection of its own, in one round trip."""
        import redis

        options = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
        client = self.client(redis, redis.ConnectionPool, 1, **options)
        try:
            pipeline = client.pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)
            return pipeline.execute()
        finally:
            client.close()

    def errors(self):
        import redis

        return redis.RedisError, ValueError, OSError

    def trouble(self, error):
        from redis import exceptions

        if isinstance(error, ValueError):
            return False, "redis-py cannot read it"  # its message quotes what it could not read
        refused = exceptions.AuthenticationError, exceptions.AuthorizationError, exceptions.ResponseError
        return isinstance(error, refused), str(error) or type(error).__name__

    def work(self, me, n):
        client, keys = me.own
        get, incr = client.get, client.incr
        total = 0
        for number in range(me.first, me.first + n):
            writes, key = keys[number % PERIOD]
            total += incr(key) > 0 if writes else int(get(key))
        return total

    async def work_async(self, me, n):
        client, keys = me.own
        get, incr = client.get, client.incr
        total = 0
        for number in range(me.first, me.first + n):
            writes, key = keys[number % PERIOD]
            total += (await incr(key)) > 0 if writes else int(await get(key))
        return total


class Pipelined(Redis):
    """The same with several commands in each round trip."""

    def __init__(self, pattern, commands):
        super().__init__(pattern)
        self.commands = commands

    def batch(self, client, writes, key):
        """A pipeline that holds the commands of one operation."""
        pipeline = client.pipeline(transaction=False)
        command = pipeline.incr if writes else pipeline.get
        for _ in range(self.commands):
            command(key)
        return pipeline

    def work(self, me, n):
        client, keys = me.own
        batch = self.batch
        total = 0
        for number in range(me.first, me.first + n):
            writes, key = keys[number % PERIOD]
            answers = batch(client, writes, key).execute()
            total += len(answers) if writes else sum(map(int, answers))
        return total

    async def work_async(self, me, n):
        client, keys = me.own
        batch = self.batch
        total = 0
        for number in range(me.first, me.first + n):
            writes, key = keys[number % PERIOD]
            answers = await batch(client, writes, key).execute()
            total += len(answers) if writes else sum(map(int, answers))
        return total


class Workload(Rows, Service):
    """Read and increment counters in your Redis, with redis-py; each operation is a round trip.

    The server is yours, started by you: give its address in REDIS_URL, and pass it on: `environment: {REDIS_URL: {from:
    caller, secret: on}}`; without it, it is that of this machine, at port 6379. Where none answers, the cells are unsupported.
    The keys are made for each trial and deleted after it. Which operations write is decided by their numbers, evenly spread,
    so that every increment can be accounted for.

    writes: share of the operations that increment a counter (INCR), to a thousandth; the others read a value (GET)
    commands: commands in each round trip, the same one so many times; more than 1 go in a pipeline
    pool: connections that the workers of one process share, in redis-py's own pool; 0: each worker has one of its own
    """

    known_as = ("redis.Redis", "redis.asyncio.Redis", "redis.asyncio", "redis-py", "aioredis", "valkey", "cache")
    suits = "how many connections, threads or coroutines a Redis server is worth, or whether a pipeline is worth more"

    commands: "int >= 1" = 1
    external_server = "Redis"
    variable = VARIABLE
    unit = "round trip"

    def __init__(self, **parameters):
        super().__init__(**parameters)
        pattern = self.pattern()
        self.carried_by("redis-py", Redis(pattern) if self.commands == 1 else Pipelined(pattern, self.commands))

    def default(self):
        return "localhost", "6379"

    def build(self, name):
        # Keys that a killed trial leaves behind end by themselves.
        labels = [("SET", key, label(row), "EX", LEFTOVERS) for row, key in enumerate(self.names(name, "label"))]
        self.backend.ask(labels)
        return name

    def server_version(self):
        return self.backend.ask([("INFO", "server")])[0]["redis_version"]

    def names(self, shared, what):
        """The keys of all rows: of what is read, or of what is incremented."""
        return ["%s:%s:%d" % (shared, what, row) for row in range(ROWS)]

    def remove(self, shared):
        self.backend.ask([("DEL", *self.names(shared, "label"), *self.names(shared, "updates"))])

    def reset(self, shared):
        self.backend.ask([("SET", key, 0, "EX", LEFTOVERS) for key in self.names(shared, "updates")])

    def check(self, shared, outcome):
        (found,) = self.backend.ask([("MGET", *self.names(shared, "updates"))])
        return self.verdict([int(one) for one in found], outcome, self.commands), {}
