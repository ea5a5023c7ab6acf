"""A real PostgreSQL: readers and writers of one table, over a connection each or a pool."""

import os

from concexp.trial.workloads._postgres_drivers import VARIABLE, driver
from concexp.trial.workloads._rows import ROWS, Rows, label
from concexp.trial.workloads._service import PREFIX, Service, is_left_over


class Workload(Rows, Service):
    """Read and update rows of a table in your PostgreSQL; each operation is one statement, and a transaction of its own.

    The server is yours, started by you: give its address in DATABASE_URL, or in libpq's variables (PGHOST, PGUSER, …), and
    pass it on: `environment: {DATABASE_URL: {from: caller, secret: on}}`. Where none answers, the cells are unsupported. The
    table is made for each trial and dropped after it. Which operations write is decided by their numbers, evenly spread, so
    that every update can be accounted for. Threads and processes use a driver's blocking form, coroutines its asynchronous
    one; asyncpg has that alone.

    driver: the package that talks to the server
    writes: share of the operations that update a row, to a thousandth; the others read one
    delay: how long each statement waits in the server before it begins, as a slow query would (pg_sleep)
    pool: connections that the workers of one process share, in the driver's own pool; 0: each worker has one of its own
    """

    known_as = (
        "psycopg",
        "psycopg.connect",
        "psycopg.AsyncConnection",
        "psycopg_pool.ConnectionPool",
        "psycopg2",
        "asyncpg {driver: asyncpg}",
        "asyncpg.connect {driver: asyncpg}",
        "asyncpg.create_pool {driver: asyncpg}",
        "postgresql",
        "sql",
    )
    suits = "how many connections, threads or coroutines a PostgreSQL server is worth"

    driver: "psycopg | asyncpg" = "psycopg"
    delay: "duration >= 0" = 0.0
    external_server = "PostgreSQL"
    variable = VARIABLE
    unit = "transaction"

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.carried_by(self.driver, driver(self.driver, self.pool, self.pattern(), self.delay))

    def default(self):
        return os.environ.get("PGHOST", "localhost"), os.environ.get("PGPORT", "5432")

    def build(self, name):
        old = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename ~ '^%s'" % PREFIX
        values = ", ".join("(%d, %d, 0)" % (row, label(row)) for row in range(ROWS))
        (tables, *_) = self.backend.ask(
            old,
            "CREATE TABLE %s (row integer PRIMARY KEY, label integer, updates integer) WITH (fillfactor = 50)" % name,
            "INSERT INTO %s VALUES %s" % (name, values),
            "ANALYZE %s" % name,
        )
        for (table,) in tables:
            if is_left_over(table):
                self.remove(table)
        return name

    def server_version(self):
        return self.backend.ask("SHOW server_version")[0][0][0].partition(" ")[0]

    def remove(self, shared):
        self.backend.ask("DROP TABLE IF EXISTS %s" % shared)

    def reset(self, shared):
        # Updates leave old versions of rows behind: each pass begins without them.
        self.backend.ask("UPDATE %s SET updates = 0 WHERE updates > 0" % shared, "VACUUM %s" % shared)

    def check(self, shared, outcome):
        ((*rows,),) = self.backend.ask("SELECT updates FROM %s ORDER BY row" % shared)
        return self.verdict([updates for (updates,) in rows], outcome), {}
