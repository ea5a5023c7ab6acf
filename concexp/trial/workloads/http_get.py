"""Real HTTP: GET requests to a server in a process of its own."""

import zlib

from concexp.trial import servers
from concexp.trial.workloads._client import Client


def content(number, size):
    """What the server must answer to `GET /number`: the number and a space, over and over."""
    text = b"%d " % number
    return (text * -(-size // len(text)))[:size]


class Workload(Client):
    """Ask an HTTP/1.1 server for `/NUMBER` and read the answer; each worker has one connection, which stays open.

    The server is a process of its own; its CPU time is recorded apart. Plain workers use `http.client` of the standard
    library, which leaves the header to the parser for e-mail; there is no such client for coroutines, so theirs is
    written out here over asyncio's streams, and does less. Between the two, client and model differ together.

    body: bytes of an answer's body
    delay: how long the server waits before it answers
    """

    known_as = ("http.client.HTTPConnection", "urllib.request.urlopen", "requests.get", "aiohttp", "httpx", "http")
    suits = "how models cope with HTTP requests"

    body: "size >= 1" = 1024
    delay: "duration >= 0" = 0.0
    unit = "request"

    def prepare(self, kit):
        client()  # a worker that is forked finds the module there: importing it is not part of a model's start-up
        return servers.start("http", {"size": int(self.body), "delay": self.delay})

    def enter(self, me):
        me.own = client()("127.0.0.1", me.shared.port)
        me.own.connect()
        me.own.auto_open = False  # a connection that was lost must not be replaced in silence

    def work(self, me, n):
        connection, crc32 = me.own, zlib.crc32
        total = 0
        for number in range(me.first, me.first + n):
            connection.request("GET", "/%d" % number)
            answer = connection.getresponse()
            if answer.status != 200:
                raise ConnectionError("the server answered %d %s" % (answer.status, answer.reason))
            total += crc32(answer.read())
        return total

    async def work_async(self, me, n):
        (reader, writer), crc32 = me.own, zlib.crc32
        request = b"GET /%%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept-Encoding: identity\r\n\r\n" % me.shared.port
        total = 0
        for number in range(me.first, me.first + n):
            writer.write(request % number)
            await writer.drain()
            total += crc32(await body_of_answer(reader))
        return total

    def check(self, shared, outcome):
        size = int(self.body)
        numbers = (number for first, n in outcome.ranges for number in range(first, first + n))
        expected = sum(zlib.crc32(content(number, size)) for number in numbers)
        return ("" if outcome.total == expected else "the bodies are not those that were asked for"), {}


def client():
    """The class of a plain worker's connection; imported late, since it brings the parser for e-mail with it."""
    from http.client import HTTPConnection

    return HTTPConnection


async def body_of_answer(reader):
    """Read one HTTP/1.1 answer whose length is given; its body. ConnectionError for any other answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].split(b"\r\n")
    version, _, status = first.partition(b" ")
    if not version.startswith(b"HTTP/1.") or status[:3] != b"200":
        raise ConnectionError("the server answered %s" % first.decode("latin-1"))
    for line in lines:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return await reader.readexactly(int(value))
    raise ConnectionError("the server did not give the length of its answer")
