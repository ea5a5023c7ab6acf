"""The primitive that a user's function asks for by a parameter named `sync`: what the function gets."""

# The interfaces of primitives (see `plugin.Sync`): what it does with one is the function's own affair.
INTERFACES = ("none", "guard", "channel", "shards", "signal", "stream", "state")
NAME = "sync"
# Methods that asyncio's primitives have as coroutines.
AWAITED = ("acquire", "wait", "wait_for", "put", "get", "join")


class NoGuard:
    """What `sync: none` gives: `with` and `async with` do nothing. It is false, so that code can tell."""

    def __bool__(self):
        return False

    def __enter__(self):
        return None

    def __exit__(self, *error):
        return None

    async def __aenter__(self):
        return None

    async def __aexit__(self, *error):
        return None


NO_GUARD = NoGuard()


class Awaitable:
    """A primitive that blocks, for a coroutine function whose worker has a loop to itself: it may block that loop.

    So one function does for asyncio and for threads: `async with sync`, `await sync.get()`.
    """

    def __init__(self, native):
        self.native = native

    def __getattr__(self, name):
        found = getattr(self.native, name)
        if name not in AWAITED:
            return found

        async def call(*arguments, **named):
            return found(*arguments, **named)

        return call

    async def __aenter__(self):
        return self.native.__enter__()

    async def __aexit__(self, *error):
        return self.native.__exit__(*error)


def given(native, awaits, asynchronous):
    """What a function gets for a worker's primitive: it may await it (`awaits`), and must if the primitive is `asynchronous`."""
    if native is None:
        return NO_GUARD
    return Awaitable(native) if awaits and not asynchronous else native
