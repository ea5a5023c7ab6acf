"""Workloads whose workers are clients: each has a connection of its own to a server process of the trial."""

from concexp.trial import servers, tools


class Client(tools.Workload):
    """Base of a client. `prepare` returns the `Server`; `me.own` is a socket, or a stream's (reader, writer) for a coroutine."""

    resource = "io"

    def servers(self, shared):
        return [shared.pid]

    def release(self, shared):
        servers.stop(shared)

    def enter(self, me):
        me.own = servers.connect(me.shared)

    def leave(self, me):
        me.own.close()

    async def enter_async(self, me):
        import asyncio

        me.own = await asyncio.open_connection("127.0.0.1", me.shared.port)

    async def leave_async(self, me):
        _, writer = me.own
        writer.close()
        await writer.wait_closed()
