"""Clients that ask an HTTP server of the trial for bodies: the standard library's, and those that people install.

Each asks for `/NUMBER` and returns the sum of the CRC-32 of the bodies.
"""

import zlib

from concexp.trial.workloads._libraries import Library

HOST = "127.0.0.1"
PATIENCE = 20.0  # seconds that a request may take


class Http(Library):
    """Base of an HTTP client."""

    def plan(self, shared):
        """The address of all bodies, to be completed by the number."""
        return "http://%s:%d/%%d" % (HOST, shared.port)


class Stdlib(Http):
    """`http.client`, and for coroutines a client that is written out over asyncio's streams."""

    def open(self, shared):
        connection = connection_class()(HOST, shared.port)
        connection.connect()
        connection.auto_open = False  # a connection that was lost must not be replaced in silence
        return connection

    async def open_async(self, shared):
        import asyncio

        return await asyncio.open_connection(HOST, shared.port)

    async def close_async(self, connection):
        _, writer = connection
        writer.close()
        await writer.wait_closed()

    def work(self, me, n):
        (connection, _), crc32 = me.own, zlib.crc32
        total = 0
        for number in range(me.first, me.first + n):
            connection.request("GET", "/%d" % number)
            answer = connection.getresponse()
            if answer.status != 200:
                raise ConnectionError("the server answered %d %s" % (answer.status, answer.reason))
            total += crc32(answer.read())
        return total

    async def work_async(self, me, n):
        ((reader, writer), _), crc32 = me.own, zlib.crc32
        request = b"GET /%%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept-Encoding: identity\r\n\r\n" % me.shared.port
        total = 0
        for number in range(me.first, me.first + n):
            writer.write(request % number)
            await writer.drain()
            total += crc32(await body_of_answer(reader))
        return total


class Requests(Http):
    """`requests.Session`, which is for blocking code."""

    packages = ("requests",)

    def open(self, shared):
        return self.open_pool(shared, 1)

    def open_pool(self, shared, size):
        import requests
        from requests.adapters import HTTPAdapter

        session = requests.Session()
        session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=size, pool_block=True))
        return session

    def work(self, me, n):
        (client, url), crc32 = me.own, zlib.crc32
        get = client.get
        total = 0
        for number in range(me.first, me.first + n):
            answer = get(url % number, timeout=PATIENCE)
            answer.raise_for_status()
            total += crc32(answer.content)
        return total


class Httpx(Http):
    """`httpx.Client` and `httpx.AsyncClient`."""

    packages = ("httpx",)

    def settings(self, size):
        """The arguments of a client of at most `size` connections. Nothing is encrypted: no certificates are loaded."""
        import httpx

        limits = httpx.Limits(max_connections=size, max_keepalive_connections=size)
        return {"limits": limits, "timeout": PATIENCE, "verify": False}

    def open(self, shared):
        return self.open_pool(shared, 1)

    def open_pool(self, shared, size):
        import httpx

        return httpx.Client(**self.settings(size))

    async def open_async(self, shared):
        return await self.open_pool_async(shared, 1)

    async def open_pool_async(self, shared, size):
        import httpx

        return httpx.AsyncClient(**self.settings(size))

    async def close_async(self, connection):
        await connection.aclose()

    def work(self, me, n):
        (client, url), crc32 = me.own, zlib.crc32
        get = client.get
        total = 0
        for number in range(me.first, me.first + n):
            answer = get(url % number)
            answer.raise_for_status()
            total += crc32(answer.content)
        return total

    async def work_async(self, me, n):
        (client, url), crc32 = me.own, zlib.crc32
        get = client.get
        total = 0
        for number in range(me.first, me.first + n):
            answer = await get(url % number)
            answer.raise_for_status()
            total += crc32(answer.content)
        return total


class Aiohttp(Http):
    """`aiohttp.ClientSession`, which is for coroutines."""

    packages = ("aiohttp",)

    async def open_async(self, shared):
        return await self.open_pool_async(shared, 1)

    async def open_pool_async(self, shared, size):
        import aiohttp

        limits = {"connector": aiohttp.TCPConnector(limit=size), "timeout": aiohttp.ClientTimeout(total=PATIENCE)}
        return aiohttp.ClientSession(raise_for_status=True, **limits)

    async def work_async(self, me, n):
        (client, url), crc32 = me.own, zlib.crc32
        get = client.get
        total = 0
        for number in range(me.first, me.first + n):
            async with get(url % number) as answer:
                total += crc32(await answer.read())
        return total


LIBRARIES = {"stdlib": Stdlib, "requests": Requests, "httpx": Httpx, "aiohttp": Aiohttp}


def connection_class():
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
