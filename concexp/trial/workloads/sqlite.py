"""A real database: readers and writers of one SQLite file."""

import os

from concexp.trial import tools
from concexp.trial.workloads._rows import PERIOD, ROWS, Rows, label

PATIENCE = 60.0  # seconds that a transaction waits for the lock of the file: no trial should end by it


class Workload(Rows):
    """Read and update rows of one SQLite database that all workers share; each operation is a transaction of its own.

    Each worker has its own connection. SQLite lets one of them write at a time; a worker that finds the file locked sleeps a
    little and tries again. Which operations write is decided by their numbers, evenly spread, so that every update can
    be accounted for. There is no asynchronous SQLite in the standard library.

    writes: share of the operations that update a row, to a thousandth; the others read one
    journal: wal is a write-ahead log, where readers and a writer need not wait for each other; delete is the rollback journal
    synchronous: when SQLite waits for the device: off never, normal at the critical moments, full at every commit
    """

    known_as = ("sqlite3.connect", "database", "db")
    suits = "how models cope with a database in a file"

    journal: "wal | delete" = "wal"
    synchronous: "off | normal | full" = "normal"
    packages = ("_sqlite3",)  # sqlite3 is always there; what some builds lack is the C module under it
    pip = None
    unit = "transaction"

    def prepare(self, kit):
        import tempfile

        path = os.path.join(tempfile.mkdtemp(dir=kit.folder), "rows.sqlite")  # a trial's two roles may both be this one
        connection = connect(path)
        mode = connection.execute("PRAGMA journal_mode=%s" % self.journal).fetchall()[0][0]
        if mode != self.journal:
            raise tools.Unsupported("SQLite has no journal %s on this file system: %s" % (self.journal, mode))
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE counter (row INTEGER PRIMARY KEY, label INTEGER, updates INTEGER)")
        connection.executemany("INSERT INTO counter VALUES (?, ?, 0)", [(row, label(row)) for row in range(ROWS)])
        connection.execute("COMMIT")
        connection.close()  # none may live on in a worker that is forked
        return path

    def reset(self, shared):
        connection = connect(shared)
        connection.execute("UPDATE counter SET updates = 0")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # each pass begins with an empty log
        connection.close()

    def enter(self, me):
        connection = connect(me.shared)
        connection.execute("PRAGMA synchronous=%s" % self.synchronous)
        me.own = connection, [(writes, (row,)) for writes, row in self.pattern()]

    def leave(self, me):
        me.own[0].close()

    def work(self, me, n):
        connection, pattern = me.own
        execute = connection.execute
        total = 0
        for number in range(me.first, me.first + n):
            writes, row = pattern[number % PERIOD]
            if writes:
                total += execute("UPDATE counter SET updates = updates + 1 WHERE row = ?", row).rowcount
            else:
                total += execute("SELECT label FROM counter WHERE row = ?", row).fetchall()[0][0]
        return total

    def check(self, shared, outcome):
        connection = connect(shared)
        found = [updates for (updates,) in connection.execute("SELECT updates FROM counter ORDER BY row").fetchall()]
        connection.close()
        return self.verdict(found, outcome), {}


def connect(path):
    """A connection that commits after each statement."""
    import sqlite3

    # One worker at a time uses a connection, but where coroutines offload their work, that may be another thread each time.
    return sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
