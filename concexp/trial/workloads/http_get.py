"""Real HTTP: GET requests to a server in a process of its own."""

import zlib

from concexp.trial import servers
from concexp.trial.workloads._http_clients import LIBRARIES, connection_class
from concexp.trial.workloads._libraries import LibraryClient


def content(number, size):
    """What the server must answer to `GET /number`: the number and a space, over and over."""
    text = b"%d " % number
    return (text * -(-size // len(text)))[:size]


class Workload(LibraryClient):
    """Ask an HTTP/1.1 server for `/NUMBER` and read the answer, over connections that stay open.

    The server is a process of its own; its CPU time is recorded apart. The standard library has `http.client` for plain
    workers, which leaves the header to the parser for e-mail; it has no such client for coroutines, so theirs is written
    out here over asyncio's streams, and does less. Between the two, client and model differ together. requests is for
    plain workers, aiohttp for coroutines, and httpx for both. A pool of httpx that threads share can close a connection that
    another one is about to use (httpcore 1.0.9): then a request fails, or waits for its time limit of 20 s.

    client: what asks: the standard library, or a package that is installed for the interpreter
    body: bytes of an answer's body
    delay: how long the server waits before it answers
    pool: connections that the workers of one process share, in the client's own pool; 0: each worker has one of its own
    """

    known_as = (
        "http.client.HTTPConnection",
        "urllib.request.urlopen",
        "http",
        "requests.get {client: requests}",
        "requests.Session {client: requests}",
        "requests {client: requests}",
        "httpx.Client {client: httpx}",
        "httpx.AsyncClient {client: httpx}",
        "httpx {client: httpx}",
        "aiohttp.ClientSession {client: aiohttp}",
        "aiohttp {client: aiohttp}",
    )
    suits = "how models cope with HTTP requests"

    client: "stdlib | requests | httpx | aiohttp" = "stdlib"
    body: "size >= 1" = 1024
    delay: "duration >= 0" = 0.0
    unit = "request"

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.carried_by(self.client if self.client != "stdlib" else "", LIBRARIES[self.client]())

    def refuses(self, model, sync, workers, load):
        return "http.client has no pool of connections: name another client" if self.pool and not self.library else ""

    def prepare(self, kit):
        if not self.library:
            connection_class()  # a worker that is forked finds the module there: importing it is not part of a model's start-up
        for package in self.packages:
            __import__(package)
        return servers.start("http", {"size": int(self.body), "delay": self.delay})

    def place(self, shared):
        return shared.port

    def servers(self, shared):
        return [shared.pid]

    def release(self, shared):
        servers.stop(shared)

    def check(self, shared, outcome):
        size = int(self.body)
        numbers = (number for first, n in outcome.ranges for number in range(first, first + n))
        expected = sum(zlib.crc32(content(number, size)) for number in numbers)
        return ("" if outcome.total == expected else "the bodies are not those that were asked for"), {}
