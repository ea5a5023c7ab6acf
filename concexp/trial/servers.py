"""Servers for workloads: processes of their own on the loopback address, which end with the trial.

A server is `PYTHON -s -S servers.py NAME PARAMETERS`: it prints its port, then serves until its standard input closes.
"""

import asyncio
import os
import sys


class Server:
    """A running server: its port and process id. May be sent to worker processes."""

    def __init__(self, port, pid):
        self.port = port
        self.pid = pid
        self.process = None

    def __getstate__(self):
        return {"port": self.port, "pid": self.pid, "process": None}


def start(name, parameters):
    """Start a server and wait until it listens."""
    import subprocess

    command = [sys.executable, "-s", "-S", os.path.abspath(__file__), name, repr(parameters)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    line = process.stdout.readline()
    if not line.strip():
        raise RuntimeError("the %s server did not start" % name)
    server = Server(int(line), process.pid)
    server.process = process
    return server


def stop(server):
    """Close a server's standard input, which ends it."""
    server.process.stdin.close()
    server.process.stdout.close()
    server.process.wait()


class Echo(asyncio.Protocol):
    """Send back what came, in messages of `size` bytes, each `delay` seconds after its last byte."""

    def __init__(self, size, delay):
        self.size = size
        self.delay = delay
        self.pending = b""

    def connection_made(self, transport):
        import socket

        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.transport = transport

    def data_received(self, data):
        if not self.delay:
            self.transport.write(data)
            return
        self.pending += data
        while len(self.pending) >= self.size:
            message, self.pending = self.pending[: self.size], self.pending[self.size :]
            asyncio.get_running_loop().call_later(self.delay, self.transport.write, message)


async def serve(protocol):
    """Listen on a free port until standard input closes."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    server = await loop.create_server(protocol, "127.0.0.1", 0, backlog=4096)
    loop.add_reader(0, done.set)  # nobody ever writes there: it becomes readable when the trial is gone
    print(server.sockets[0].getsockname()[1], flush=True)
    await done.wait()
    server.close()


def main(name, parameters):
    """Run the named server."""
    from ast import literal_eval

    given = literal_eval(parameters)
    protocols = {"echo": lambda: Echo(**given)}
    asyncio.run(serve(protocols[name]))


if __name__ == "__main__":
    # As a script, this file's own folder stands first in the path: a module there must not hide one of the library.
    sys.path.pop(0)
    main(*sys.argv[1:])
