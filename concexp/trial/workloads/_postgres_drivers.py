"""Drivers of PostgreSQL, each with its own pool of connections: psycopg 3 for both kinds of workers, asyncpg for coroutines.

Each connection commits after each statement.
"""

import os

from concexp.trial.workloads._rows import PERIOD
from concexp.trial.workloads._service import PATIENCE, Backend

VARIABLE = "DATABASE_URL"


class Driver(Backend):
    """Base of a driver.

    pattern   [(whether it writes, (the row,))] of the operations with number % PERIOD == 0, 1, …
    delay     how long each statement waits on the server before it begins, seconds
    mark      how its statements name their one parameter
    """

    mark = ""

    def __init__(self, pattern, delay):
        self.pattern = [(writes, (row,)) for writes, row in pattern]
        self.delay = delay

    def plan(self, shared):
        """(the pattern, the statement that reads a row, the one that writes a row)."""
        waits = ("pg_sleep(%.6f)" % self.delay) if self.delay else ""
        read = "SELECT label FROM %s%s WHERE row = %s" % (shared, waits and ", " + waits, self.mark)
        write = "UPDATE %s SET updates = updates + 1%s WHERE row = %s" % (shared, waits and " FROM " + waits, self.mark)
        return self.pattern, read, write

    def ask(self, *statements):
        """The rows of each statement, over a connection of its own: a list of lists of sequences."""
        raise NotImplementedError


class Psycopg(Driver):
    """psycopg 3; it prepares a statement after it was executed five times."""

    packages = ("psycopg",)
    pip = '"psycopg[binary,pool]"'
    mark = "%s"

    def connect(self, connection, **more):
        """A connection of a class of psycopg's; where there is no URL, libpq looks for its own variables (PGHOST, …)."""
        return connection.connect(os.environ.get(VARIABLE, ""), autocommit=True, **more)

    def ask(self, *statements):
        import psycopg

        with self.connect(psycopg.Connection, connect_timeout=PATIENCE) as connection:
            cursors = [connection.execute(statement) for statement in statements]
            return [cursor.fetchall() if cursor.description else [] for cursor in cursors]

    def errors(self):
        import psycopg

        return psycopg.Error, OSError

    def trouble(self, error):
        import psycopg

        if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
            return False, "libpq cannot read it"  # its message quotes what it could not read
        text = str(error)
        answered = isinstance(error, psycopg.Error) and (error.sqlstate is not None or "FATAL:" in text)
        return answered, text.rpartition("failed: ")[2] or type(error).__name__

    def open(self, shared):
        import psycopg

        return self.connect(psycopg.Connection)

    def open_pool(self, shared, size):
        from psycopg_pool import ConnectionPool

        pool = ConnectionPool(os.environ.get(VARIABLE, ""), min_size=1, max_size=size, open=False, **self.of_pool())
        pool.open(wait=True)
        return pool

    async def open_async(self, shared):
        import psycopg

        return await self.connect(psycopg.AsyncConnection)

    async def open_pool_async(self, shared, size):
        from psycopg_pool import AsyncConnectionPool

        pool = AsyncConnectionPool(
            os.environ.get(VARIABLE, ""), min_size=1, max_size=size, open=False, **self.of_pool()
        )
        await pool.open(wait=True)
        return pool

    def of_pool(self):
        """The arguments of a pool: workers may wait for a connection as long as the trial lasts."""
        return {"kwargs": {"autocommit": True}, "timeout": 3600.0, "num_workers": 1}

    def work(self, me, n):
        connection, (pattern, read, write) = me.own
        execute = connection.execute
        total = 0
        for number in range(me.first, me.first + n):
            writes, row = pattern[number % PERIOD]
            if writes:
                total += execute(write, row).rowcount
            else:
                total += execute(read, row).fetchone()[0]
        return total

    async def work_async(self, me, n):
        connection, (pattern, read, write) = me.own
        execute = connection.execute
        total = 0
        for number in range(me.first, me.first + n):
            writes, row = pattern[number % PERIOD]
            if writes:
                total += (await execute(write, row)).rowcount
            else:
                total += (await (await execute(read, row)).fetchone())[0]
        return total


class PooledPsycopg(Psycopg):
    """The same where workers share a pool: each operation takes a connection and gives it back."""

    packages = ("psycopg", "psycopg_pool")

    def work(self, me, n):
        pool, (pattern, read, write) = me.own
        take = pool.connection
        total = 0
        for number in range(me.first, me.first + n):
            writes, row = pattern[number % PERIOD]
            with take() as connection:
                if writes:
                    total += connection.execute(write, row).rowcount
                else:
                    total += connection.execute(read, row).fetchone()[0]
        return total

    async def work_async(self, me, n):
        pool, (pattern, read, write) = me.own
        take = pool.connection
        total = 0
        for number in range(me.first, me.first + n):
            writes, row = pattern[number % PERIOD]
            async with take() as connection:
                if writes:
                    total += (await connection.execute(write, row)).rowcount
                else:
                    total += (await (await connection.execute(read, row)).fetchone())[0]
        return total


class Asyncpg(Driver):
    """asyncpg; it prepares each statement, and its pool resets a connection when it comes back, a round trip more."""

    packages = ("asyncpg",)
    mark = "$1"

    def ask(self, *statements):
        import asyncio
        import threading

        import asyncpg

        async def answers():
            connection = await asyncpg.connect(os.environ.get(VARIABLE), timeout=PATIENCE)
            try:
                return [[tuple(row) for row in await connection.fetch(statement)] for statement in statements]
            finally:
                await connection.close()

        found, errors = [], []

        def run():
            try:
                found.extend(asyncio.run(answers()))
            except Exception as error:
                errors.append(error)

        # In a thread, since the model's own loop may be the one that asks.
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]
        return found

    def errors(self):
        import asyncpg

        return asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, OSError, TimeoutError

    def trouble(self, error):
        import asyncpg

        if isinstance(error, ValueError):
            return False, "asyncpg cannot read it"  # its message quotes what it could not read
        return isinstance(error, asyncpg.PostgresError), str(error) or type(error).__name__

    async def open_async(self, shared):
        import asyncpg

        return await asyncpg.connect(os.environ.get(VARIABLE))

    async def open_pool_async(self, shared, size):
        import asyncpg

        return await asyncpg.create_pool(os.environ.get(VARIABLE), min_size=1, max_size=size)

    async def work_async(self, me, n):
        connection, (pattern, read, write) = me.own
        fetch, execute = connection.fetchval, connection.execute  # a pool has the same methods
        total = 0
        for number in range(me.first, me.first + n):
            writes, row = pattern[number % PERIOD]
            if writes:
                total += await execute(write, *row) == "UPDATE 1"
            else:
                total += await fetch(read, *row)
        return total


def driver(name, pool, pattern, delay):
    """The driver of a name, in the form that uses a pool if `pool` is not 0."""
    forms = {"psycopg": (Psycopg, PooledPsycopg), "asyncpg": (Asyncpg, Asyncpg)}
    return forms[name][bool(pool)](pattern, delay)
