"""Socket pair: two connected sockets, the kernel's own connection between two workers."""

from concexp.trial import tools
from concexp.trial.tools import Ends

HEAD = 8  # bytes in front of a message, its length
TOGETHER = 65_536  # a message up to this size is sent together with its head: one system call instead of two


class Stream:
    """Whole messages over a socket, for threads and processes."""

    def __init__(self, socket):
        self.socket = socket

    def put(self, message):
        head = len(message).to_bytes(HEAD, "big")
        if len(message) <= TOGETHER:
            self.socket.sendall(head + message)
        else:
            self.socket.sendall(head)
            self.socket.sendall(message)

    def get(self):
        size = int.from_bytes(self.exactly(HEAD), "big")
        return self.exactly(size)

    def exactly(self, size):
        """The next `size` bytes; EOFError if the other side has closed."""
        found = bytearray(size)
        view, got = memoryview(found), 0
        while got < size:
            n = self.socket.recv_into(view[got:])
            if not n:
                raise EOFError("the other side closed the connection")
            got += n
        return found


class AsyncStream:
    """The same for coroutines."""

    def __init__(self, socket):
        socket.setblocking(False)
        self.socket = socket

    async def put(self, message):
        from asyncio import get_running_loop

        send, head = get_running_loop().sock_sendall, len(message).to_bytes(HEAD, "big")
        if len(message) <= TOGETHER:
            await send(self.socket, head + message)
        else:
            await send(self.socket, head)
            await send(self.socket, message)

    async def get(self):
        size = int.from_bytes(await self.exactly(HEAD), "big")
        return await self.exactly(size)

    async def exactly(self, size):
        """The next `size` bytes; EOFError if the other side has closed."""
        from asyncio import get_running_loop

        receive = get_running_loop().sock_recv_into
        found = bytearray(size)
        view, got = memoryview(found), 0
        while got < size:
            n = await receive(self.socket, view[got:])
            if not n:
                raise EOFError("the other side closed the connection")
            got += n
        return found


class Sync(tools.Sync):
    """Two connected sockets (`socket.socketpair`), and messages with their length in front."""

    known_as = ("socket.socketpair", "socket.socket")
    suits = "streams of bytes between two workers"
    price = "a system call and a copy on either side"

    interface = "stream"
    ends = "one"

    def build(self, tools, capacity):
        both = self.pair(tools)
        return None if both is None else Ends(both[0].put, both[1].get)

    def pair(self, tools):
        made = tools.make("SocketPair")
        if made is None:
            return None
        for socket in made:
            tools.at_end(socket.close)
        kind = AsyncStream if tools.asynchronous else Stream
        one, other = map(kind, made)
        return Ends(one.put, one.get), Ends(other.put, other.get)
