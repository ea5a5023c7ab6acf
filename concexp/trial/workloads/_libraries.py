"""Workloads whose workers are clients of a server by a library: each with a connection of its own, or several with a pool.

A parameter chooses the library, and the model decides between its blocking and its asynchronous form.
"""

import threading

from concexp.trial import tools

# What workers of this process share: by its key, what was made and how many workers use it.
SHARED = {}
LOCK = threading.Lock()


def share(key, make):
    """What the workers of this process share under a key; the first to come makes it."""
    with LOCK:
        if key not in SHARED:
            SHARED[key] = [make(), 0]
        SHARED[key][1] += 1
        return SHARED[key][0]


def part_with(key):
    """Give up what workers share; the last gets it, to close it, and the others None."""
    with LOCK:
        SHARED[key][1] -= 1
        return None if SHARED[key][1] else SHARED.pop(key)[0]


class Library:
    """Base of a client library: how its connections and pools are made, and the loops that are timed.

    `work` and `work_async` are as in `Workload`; None where the library has no such form. `me.own` is a connection or a pool,
    as `open` or `open_pool` returned it, and the worker's `plan`. `packages` and `pip` are as in `Workload`.
    """

    packages = ()
    pip = ""
    work = None
    work_async = None

    def plan(self, shared):
        """What a worker knows of its operations before the first."""

    def open(self, shared):
        """A connection for one worker."""
        raise NotImplementedError

    def open_pool(self, shared, size):
        """A pool of at most `size` connections, which are opened as they are needed."""
        raise NotImplementedError

    def close(self, connection):
        """End a connection, or a pool."""
        connection.close()

    async def open_async(self, shared):
        """The same for coroutines."""
        raise NotImplementedError

    async def open_pool_async(self, shared, size):
        """The same for coroutines."""
        raise NotImplementedError

    async def close_async(self, connection):
        """The same for coroutines."""
        await connection.close()


class LibraryClient(tools.Workload):
    """Base of a workload that a library carries out. Subclasses give it to `carried_by`, and declare the parameter `pool`."""

    pool: "int >= 0" = 0
    resource = "io"

    def carried_by(self, name, library):
        """Let a library do the operations."""
        self.library = name
        self.backend = library
        self.packages, self.pip = library.packages, library.pip
        self.work, self.work_async = library.work, library.work_async

    def place(self, shared):
        """What distinguishes the `shared` of this workload from that of another role of the trial."""
        return shared

    def enter(self, me):
        if self.pool:
            connection = share(self.place(me.shared), lambda: self.backend.open_pool(me.shared, self.pool))
        else:
            connection = self.backend.open(me.shared)
        me.own = connection, self.backend.plan(me.shared)

    def leave(self, me):
        connection = part_with(self.place(me.shared)) if self.pool else me.own[0]
        if connection is not None:
            self.backend.close(connection)

    async def enter_async(self, me):
        import asyncio  # these libraries are written for its loop: each loop has a pool of its own

        if self.pool:
            key = self.place(me.shared), asyncio.get_running_loop()
            opening = share(key, lambda: asyncio.ensure_future(self.backend.open_pool_async(me.shared, self.pool)))
            connection = await opening
        else:
            connection = await self.backend.open_async(me.shared)
        me.own = connection, self.backend.plan(me.shared)

    async def leave_async(self, me):
        import asyncio

        connection = me.own[0]
        if self.pool and part_with((self.place(me.shared), asyncio.get_running_loop())) is None:
            return  # others still use it
        await self.backend.close_async(connection)
