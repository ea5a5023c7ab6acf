"""Readers-writer lock: many readers, or one writer.

The second problem of Courtois, Heymans & Parnas 1971: once a writer waits, no reader comes in any more. They solve it
with semaphores; here it is a condition and three shared numbers.
"""

from concexp.trial import tools

READERS, WRITING, WAITING = 0, 1, 2  # readers inside, whether a writer is inside, writers that wait


class ReadersWriterLock:
    """The lock of threads and processes: `with lock:` is the writer's side, `with lock.reader:` the reader's."""

    def __init__(self, changed, state):
        self.changed = changed
        self.state = state
        self.reader = Reader(changed, state)

    def __enter__(self):
        changed, state = self.changed, self.state
        with changed:
            state[WAITING] += 1
            try:
                while state[READERS] or state[WRITING]:
                    changed.wait()
            except BaseException:
                state[WAITING] -= 1
                changed.notify_all()  # readers may have waited for this writer only
                raise
            state[WAITING] -= 1
            state[WRITING] = 1

    def __exit__(self, *error):
        with self.changed:
            self.state[WRITING] = 0
            self.changed.notify_all()


class Reader:
    """The reader's side of it."""

    def __init__(self, changed, state):
        self.changed = changed
        self.state = state

    def __enter__(self):
        changed, state = self.changed, self.state
        with changed:
            while state[WRITING] or state[WAITING]:
                changed.wait()
            state[READERS] += 1

    def __exit__(self, *error):
        with self.changed:
            self.state[READERS] -= 1
            if not self.state[READERS]:
                self.changed.notify_all()


class AsyncReadersWriterLock:
    """The lock of coroutines: `async with lock:` is the writer's side, `async with lock.reader:` the reader's."""

    def __init__(self, changed, state):
        self.changed = changed
        self.state = state
        self.reader = AsyncReader(changed, state)

    async def __aenter__(self):
        changed, state = self.changed, self.state
        async with changed:
            state[WAITING] += 1
            try:
                while state[READERS] or state[WRITING]:
                    await changed.wait()
            except BaseException:
                state[WAITING] -= 1
                changed.notify_all()
                raise
            state[WAITING] -= 1
            state[WRITING] = 1

    async def __aexit__(self, *error):
        async with self.changed:
            self.state[WRITING] = 0
            self.changed.notify_all()


class AsyncReader:
    """The reader's side of it."""

    def __init__(self, changed, state):
        self.changed = changed
        self.state = state

    async def __aenter__(self):
        changed, state = self.changed, self.state
        async with changed:
            while state[WRITING] or state[WAITING]:
                await changed.wait()
            state[READERS] += 1

    async def __aexit__(self, *error):
        async with self.changed:
            self.state[READERS] -= 1
            if not self.state[READERS]:
                self.changed.notify_all()


class Sync(tools.Sync):
    """Many readers or one writer: `with lock:` is the writer's side, `with lock.reader:` the reader's.

    Writers are preferred: while one waits, no reader comes in. So writers that never pause keep readers out for ever.
    """

    known_as = ("readers-writer lock", "read-write lock", "rwlock")
    suits = "data that is read often and long, and seldom written"
    price = "a condition and two counters in Python: several times a lock"

    def build(self, tools, capacity):
        kind = AsyncReadersWriterLock if tools.asynchronous else ReadersWriterLock
        return kind(tools.make("Condition"), tools.array(3))
